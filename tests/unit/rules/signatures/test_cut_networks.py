"""A container that is off the network of what it calls is named with who moved, by what, and how to put it back."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW, ONSET
from tests.unit.rules.signatures.test_callees import container, logs

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, WorkloadPhase
from fermata.rules.signatures.callees import match_unreachable
from fermata.rules.signatures.cut_networks import NETWORK_NOT_SHARED

REF = "docker:container/checkout/shop_checkout_1"
QUOTES = "docker:container/quotes/shop_quotes_1"
UNKNOWN = "Error: getaddrinfo ENOTFOUND quotes"
NAMELESS = "socket.gaierror: [Errno -3] Temporary failure in name resolution"
BACK, FRONT = "shop_back", "shop_front"
COMPOSE = [
    "diff --git a/compose.yaml b/compose.yaml",
    "--- a/compose.yaml",
    "+++ b/compose.yaml",
    "@@ -1,7 +1,6 @@",
    " services:",
    "   quotes:",
    "     networks:",
    "       - front",
    "-      - back",
    "   other:",
]


def ago(seconds):
    """Give so many seconds."""
    return timedelta(seconds=seconds)


def moved(scene, ref=QUOTES, network=BACK, *, title="its network is another"):
    """Say that a container left a network."""
    facts = ChangeFacts(id=f"docker:{ref}", kind="config", title=title, changed_at=ONSET, diff_read=True)
    return scene.add(EvidenceKind.CHANGE, ref, ["--- before", f"-network {network}"], facts)


def shop(scene, *, caller=(BACK,), callee=(FRONT,), text=UNKNOWN, **facts):
    """Say that checkout calls quotes in vain, and in which networks both are."""
    container(scene, REF, networks=caller)
    container(scene, QUOTES, networks=callee, names=("quotes",), **facts)
    return logs(scene, (text, ago(1)))


@pytest.mark.parametrize(
    ("facts", "how", "must"),
    [
        (
            {"created_at": ONSET},
            "was made anew without it at 09:51:00 UTC",
            "Then list it for quotes below `networks:`",
        ),
        ({}, "was taken off it by hand at 09:51:00 UTC", "Find out who disconnected it"),
    ],
)
def test_container_that_left_the_network_of_its_caller_is_named(scene, facts, how, must):
    """Docker's DNS knows a name only within a network; one that was made before it left was taken off by hand."""
    moved(shop(scene, **facts))

    (found,) = scene.match(NETWORK_NOT_SHARED)

    assert (found.entity.ref, found.confidence) == (QUOTES, 0.9)
    assert f"shop_checkout_1 is in {BACK}, and shop_quotes_1 {how}" in found.text
    assert found.person_must.startswith(
        f"Put it back now: `docker network connect --alias quotes {BACK} shop_quotes_1`"
    )
    assert must in found.person_must
    assert f"-network {BACK}" in [citation.quote for citation in found.citations]
    assert not match_unreachable(scene.build())


def test_caller_that_left_is_named_itself(scene):
    """Of both it is the one that moved."""
    moved(shop(scene, caller=(), callee=(BACK,)), REF)

    assert scene.match(NETWORK_NOT_SHARED)[0].entity.ref == REF


def test_commit_that_took_the_network_away_is_cited(scene):
    """Compose puts its project before the name of a network."""
    container(scene, REF, networks=(BACK,))
    container(scene, QUOTES, networks=(FRONT,), names=("quotes",), created_at=ONSET)
    logs(scene, (UNKNOWN, ago(1)))
    moved(scene)
    scene.change("c0ffee12", {}, diff=COMPOSE)

    (found,) = scene.match(NETWORK_NOT_SHARED)

    assert "c0ffee1 (Change c0ffee12) took the network from its settings." in found.text
    assert "`git revert c0ffee1`" in found.person_must
    assert found.citations[-1].quote == "-      - back"


def test_name_that_the_failure_does_not_tell_is_read_from_the_variables(scene):
    """Python's resolver names nobody."""
    moved(shop(scene, text=NAMELESS))
    variables = {"CACHE": "//elsewhere:1/", "QUOTES_URL": "http://quotes:8080/"}
    scene.add(EvidenceKind.ENVIRONMENT, REF, ["QUOTES_URL=..."], EnvironmentFacts(variables=variables, origin="Env"))

    assert scene.match(NETWORK_NOT_SHARED)[0].entity.ref == QUOTES


def quiet_never_moved(scene):
    """Neither of both is known to have left the other's network."""
    shop(scene)


def quiet_elsewhere(scene):
    """It left a network in which its caller never was."""
    moved(shop(scene), network="shop_other")


def quiet_shared(scene):
    """They share another network."""
    moved(shop(scene, caller=(BACK, FRONT)))


def quiet_replica(scene):
    """Another container of that name is reached."""
    moved(shop(scene))
    container(scene, "docker:container/quotes/shop_quotes_2", networks=(BACK,), names=("quotes",))


def quiet_unsaid(scene):
    """Of one that uses its host's network nothing is known."""
    moved(shop(scene, callee=None))


def quiet_of_another(scene):
    """The alert is about neither."""
    moved(shop(scene))
    scene.names = ["cache"]


def quiet_other_failure(scene):
    """What it fails on is no call."""
    moved(shop(scene, text="KeyError: 'total'"))


def quiet_nameless(scene):
    """Its variables name only what it reaches."""
    moved(shop(scene, text=NAMELESS))
    container(scene, "docker:container/db/shop_db_1", networks=(BACK,), names=("db",))
    facts = EnvironmentFacts(variables={"DB": "//db:1/"}, origin="Env")
    scene.add(EvidenceKind.ENVIRONMENT, REF, ["DB=..."], facts)


@pytest.mark.parametrize(
    "arrange",
    [
        quiet_never_moved,
        quiet_elsewhere,
        quiet_shared,
        quiet_replica,
        quiet_unsaid,
        quiet_of_another,
        quiet_other_failure,
        quiet_nameless,
    ],
)
def test_what_does_not_say_so_is_left_alone(scene, arrange):
    """Each takes away one thing that the finding rests on."""
    arrange(scene)

    assert not scene.match(NETWORK_NOT_SHARED)


def test_move_whose_container_does_not_say_when_it_was_made_names_no_commit(scene):
    """Which settings it was made with is not known."""
    container(scene, REF, networks=(BACK,))
    container(scene, QUOTES, networks=(FRONT,), names=("quotes",), created_at=None, started_at=None)
    moved(logs(scene, (UNKNOWN, ago(1))))
    scene.change("c0ffee12", {}, diff=COMPOSE)

    assert "c0ffee1" not in scene.match(NETWORK_NOT_SHARED)[0].text


def test_container_that_was_stopped_calls_nobody(scene):
    """Somebody wanted it to be down."""
    container(scene, REF, networks=(BACK,), phase=WorkloadPhase.STOPPED)
    container(scene, QUOTES, networks=(FRONT,), names=("quotes",))
    moved(logs(scene, (UNKNOWN, ago(1)), newest_at=NOW))

    assert not scene.match(NETWORK_NOT_SHARED)
