"""Which side of a refused call was made anew with another credential, of what runs on; never a value."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET
from tests.unit.rules.signatures.test_callees import LONG_AGO, container, logs

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, MountFacts
from fermata.rules.signatures.credentials import CREDENTIAL_REFUSED

REF = "docker:container/checkout/shop_checkout_1"
DB = "docker:container/db/shop_db_1"
REFUSED = 'password authentication failed for user "shop"'
ANEW = ONSET - timedelta(seconds=10)
SECRET = MountFacts(path="/run/secrets/db_password", source="bind of /srv/shop/secrets/db_password", is_read_only=True)


def made_anew(scene, ref, *lines):
    """Say what became different when a container was made anew."""
    change = ChangeFacts(id=f"docker:{ref}", kind="config", title="anew", changed_at=ANEW, diff_read=True)
    return scene.add(EvidenceKind.CHANGE, ref, ["--- before", *lines], change)


def calls(scene, *, made=ANEW, mounts=(), text=REFUSED):
    """Say that checkout runs, was made at some time, and is refused."""
    container(scene, REF, created_at=made, started_at=made, mounts=mounts)
    facts = EnvironmentFacts(variables={"DATABASE": "//db:5432/shop"}, origin="Env")
    scene.add(EvidenceKind.ENVIRONMENT, REF, ["DATABASE=..."], facts)
    return logs(scene, (text, timedelta(seconds=1)))


@pytest.mark.parametrize("text", [REFUSED, "POST http://db:5432/charge: 401 Unauthorized"])
def test_caller_that_was_made_anew_with_another_password_is_told(scene, text):
    """The other side has not been made since."""
    calls(scene, text=text)
    container(scene, DB, names=("db",))
    made_anew(scene, REF, "-env DB_PASSWORD=<redacted 11111111>", "+env DB_PASSWORD=<redacted 22222222>")

    (found,) = scene.match(CREDENTIAL_REFUSED)

    assert (found.confidence, found.entity.ref) == (0.85, REF)
    assert (
        "shop_checkout_1 was made anew at 09:50:50 UTC with another DB_PASSWORD; shop_db_1 was made before"
        in found.text
    )
    assert "redacted" not in found.text
    assert found.person_must.startswith("Give both sides the same credential")


def test_server_that_was_made_anew_is_told(scene):
    """Its clients hold what they were given."""
    calls(scene, made=LONG_AGO)
    container(scene, DB, names=("db",), created_at=ANEW, started_at=ANEW)
    made_anew(scene, DB, "-env APP_PASSWORD=<redacted 11111111>", "+env APP_PASSWORD=<redacted 22222222>")

    assert (
        "shop_db_1 was made anew at 09:50:50 UTC with another APP_PASSWORD" in scene.match(CREDENTIAL_REFUSED)[0].text
    )


def test_change_of_which_the_other_side_is_not_known_is_told_all_the_same(scene):
    """A server outside has no container."""
    calls(scene)
    made_anew(scene, REF, "-env DATABASE_URL=<redacted 11111111>", "+env DATABASE_URL=<redacted 22222222>")

    assert scene.match(CREDENTIAL_REFUSED)[0].text.endswith("with another DATABASE_URL.")


def test_file_of_a_secret_that_others_were_given_before_is_told(scene):
    """What stood in it when they started they may hold still."""
    calls(scene, mounts=(MountFacts(path="/data", source="volume data"), SECRET))
    container(scene, DB, names=("db",), mounts=(SECRET,))
    container(scene, "docker:container/web/shop_web_1", mounts=(SECRET,))

    (found,) = scene.match(CREDENTIAL_REFUSED)

    assert found.confidence == 0.75
    assert "read /run/secrets/db_password (bind of /srv/shop/secrets/db_password) as it is since" in found.text
    assert "shop_db_1, shop_web_1 were made before and not since, and may hold what stood" in found.text


def quiet_old(scene):
    """Neither side was made anew."""
    calls(scene, made=LONG_AGO)
    container(scene, DB, names=("db",))


def quiet_same(scene):
    """It was made anew with what it had, and has no file of a secret that others have."""
    calls(scene, mounts=(SECRET,))
    container(scene, DB, names=("db",))
    made_anew(scene, REF, "-env TTL=1", "+env TTL=2", "-env API_TOKEN=<redacted 11111111>")


def quiet_before(scene):
    """It was refused before it was made anew."""
    made = ONSET + timedelta(seconds=59, milliseconds=500)
    calls(scene, made=made)
    made_anew(scene, REF, "-env DB_PASSWORD=<redacted 11111111>", "+env DB_PASSWORD=<redacted 22222222>")


def quiet_elsewhere(scene):
    """Whoever answers 403 is not given the file that changed."""
    calls(scene, mounts=(SECRET,), text="GET http://web:80/ status code 403")
    container(scene, DB, names=("db",), mounts=(SECRET,))
    container(scene, "docker:container/web/shop_web_1", names=("web",))


@pytest.mark.parametrize("arrange", [quiet_old, quiet_same, quiet_before, quiet_elsewhere])
def test_refusal_that_no_new_credential_explains_is_left_alone(scene, arrange):
    """A program that runs logs the mistyped passwords of its users, too."""
    arrange(scene)

    assert not scene.match(CREDENTIAL_REFUSED)


def test_refusal_without_variables_or_state_of_the_caller_is_left_alone(scene):
    """Nobody knows when it was made, nor whom it calls."""
    logs(scene, (REFUSED, timedelta(seconds=1)))

    assert not scene.match(CREDENTIAL_REFUSED)
