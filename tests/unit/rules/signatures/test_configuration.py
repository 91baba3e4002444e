from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.kit.redaction import describe_secret
from fermata.rules.signatures.configuration import INVALID_ENVIRONMENT_VALUE

ENTITY = "supervisor:process/checkout"
TIMEOUT = "PAYMENT_TIMEOUT_MS"
CRITICAL = "2026-11-23T09:50:58Z CRITICAL checkout: setting PAYMENT_TIMEOUT_MS must be a whole number, found '250ms'"
REFUSED = "ValueError: invalid literal for int() with base 10: '250ms'"


def test_drifted_value_that_the_failure_names_is_set_back(scene, stack):
    """The name stands in the failure and the live value is not the declared one."""
    scene.state("crash_loop", exit_code=1).logs([CRITICAL, *stack(REFUSED)])
    scene.environment({"CURRENCY": "EUR", TIMEOUT: "250ms"}).desired({"CURRENCY": "EUR", TIMEOUT: "250"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    (suggestion,) = found.suggestions
    assert (suggestion.name, suggestion.parameters) == ("supervisor.set_env", {"name": TIMEOUT, "value": "250"})
    assert found.confidence == 0.9
    assert [citation.quote for citation in found.citations] == [
        CRITICAL,
        REFUSED,
        f"{TIMEOUT}=250ms",
        f"{TIMEOUT}=250",
    ]


def test_value_alone_is_enough_in_an_exception(scene, stack):
    """A program may say only what it could not read."""
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.confidence == 0.8
    assert len(found.citations) == 3


@pytest.mark.parametrize(("line", "found"), [('ERROR bad timeout "EUR"', True), ("ERROR paid in EUR, declined", False)])
def test_plain_line_must_quote_the_value(scene, line, found):
    """In running text a value may stand for other reasons."""
    scene.logs([line]).environment({"CURRENCY": "EUR"}).desired({"CURRENCY": "USD"})

    assert bool(scene.match(INVALID_ENVIRONMENT_VALUE)) is found


def test_declared_variable_that_is_absent_is_added(scene, stack):
    """A missing variable is drift too."""
    scene.logs(stack(f"KeyError: '{TIMEOUT}'")).environment({"CURRENCY": "EUR"}).desired({TIMEOUT: "250"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.suggestions[0].parameters == {"name": TIMEOUT, "value": "250"}
    assert "which is not set" in found.text


@pytest.mark.parametrize(("live", "confidence"), [({"CURRENCY": "EUR"}, 0.95), ({TIMEOUT: "250ms"}, 0.8)])
def test_variable_of_a_file_that_was_not_read_needs_its_reading_first(scene, stack, live, confidence):
    """To set it to what stands in the file would be done twice: the file is to be read."""
    failure = f"KeyError: '{TIMEOUT}'" if TIMEOUT not in live else REFUSED
    scene.logs(stack(failure)).environment(live).desired({TIMEOUT: "250"}, read_by="systemctl daemon-reload")

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    path = "/etc/systemd/system/checkout.service"
    assert found.confidence == confidence
    assert found.suggestions == ()
    assert found.text.endswith(f"{path} declares '250', and was changed since it was read last.")
    assert found.person_must == (
        f"Run `systemctl daemon-reload`, then restart checkout: a restart alone starts it without what was changed in "
        f"{path}."
    )


def test_value_as_declared_is_not_drift(scene, stack):
    """What runs is what was declared: the setting may be wrong, and nothing here knows a better one."""
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250ms"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


def test_undeclared_variable_needs_a_person(scene, stack):
    """Nobody said what it should be."""
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert (found.suggestions, found.confidence) == ((), 0.5)
    assert TIMEOUT in found.person_must


@pytest.mark.parametrize(
    ("before", "told", "when"), [("250", "'250'", 5), ("<redacted 9f86d081>", "another value", -1)]
)
def test_value_of_the_container_before_is_told(scene, stack, before, told, when):
    """Nobody declared it, and what ran before did well with another one; one that is hidden stays so."""
    changed_at = ONSET - timedelta(minutes=when)
    facts = ChangeFacts(id="docker:1", kind="deployment", title="anew", changed_at=changed_at, diff_read=True)
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"})
    scene.add(EvidenceKind.CHANGE, "process/other", [f"-env {TIMEOUT}=1"], facts)
    scene.add(EvidenceKind.CHANGE, ENTITY, ["-env COPY=1", f"-env {TIMEOUT}={before}", f"+env {TIMEOUT}=250ms"], facts)
    scene.change("0123456789", {"checkout.py": [1]})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    words = f"{abs(when)}m {'before' if when > 0 else 'after'} the alert began"
    assert f"It had {told} before checkout was created anew, {words}." in found.text
    assert f"back to {told}" in found.person_must
    assert (found.confidence, found.suggestions) == (0.8, ())
    assert found.citations[-1].quote == f"-env {TIMEOUT}={before}"


@pytest.mark.parametrize(("minutes", "is_proposed"), [(5, True), (1200, False)])
def test_container_is_created_anew_with_the_value_before(scene, stack, minutes, is_proposed):
    """Where it ran with another one until an hour before; what ran for longer did well with the present one."""
    ref = "docker:container/checkout/shop-checkout-1"
    changed_at = ONSET - timedelta(minutes=minutes)
    facts = ChangeFacts(id="docker:1", kind="deployment", title="anew", changed_at=changed_at, diff_read=True)
    scene.add(EvidenceKind.LOGS, ref, stack(REFUSED), {"stream": "stderr"})
    scene.add(
        EvidenceKind.ENVIRONMENT, ref, [f"{TIMEOUT}=250ms"], {"variables": {TIMEOUT: "250ms"}, "origin": "docker"}
    )
    scene.add(EvidenceKind.CHANGE, ref, [f"-env {TIMEOUT}=250", f"+env {TIMEOUT}=250ms"], facts)

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert [dict(one.parameters) for one in found.suggestions] == (
        [{"setting": f"env {TIMEOUT}", "value": "250"}] if is_proposed else []
    )
    assert ("where it is declared, too" in found.person_must) is is_proposed


def test_value_that_ran_for_long_is_no_likelier_for_another_one_before(scene, stack):
    """It is told, and nothing more believed."""
    changed_at = ONSET - timedelta(hours=20)
    facts = ChangeFacts(id="docker:1", kind="deployment", title="anew", changed_at=changed_at, diff_read=True)
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"})
    scene.add(EvidenceKind.CHANGE, ENTITY, ["-env COPY=1", "+env COPY=2"], facts)
    scene.add(EvidenceKind.CHANGE, ENTITY, [f"-env {TIMEOUT}=250", f"+env {TIMEOUT}=250ms"], facts)

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.confidence == 0.5
    assert "It had '250' before checkout was created anew" in found.text


def test_undeclared_variable_is_silent_beside_a_drifted_one(scene, stack):
    """Both stand in the failure; one of them is known to be off."""
    scene.logs([CRITICAL, *stack(REFUSED)])
    scene.environment({TIMEOUT: "250ms", "COPY": "250ms"}).desired({TIMEOUT: "250"})

    assert [found.suggestions[0].parameters["name"] for found in scene.match(INVALID_ENVIRONMENT_VALUE)] == [TIMEOUT]


def test_undeclared_variable_needs_an_exception_about_values(scene, stack):
    """A refused connection holds an address from the environment, and the address is not what is wrong."""
    scene.logs(stack("ConnectionError: 127.0.0.1:8001 refused")).environment({"PROFILE_HOST": "127.0.0.1:8001"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


@pytest.mark.parametrize("value", ["25", "true", "localhost"])
def test_trivial_value_proves_nothing(scene, stack, value):
    """Such values stand in many messages by chance."""
    scene.logs(stack(f"ValueError: {value}")).environment({"SETTING": value}).desired({"SETTING": "other"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


@pytest.mark.parametrize("message", ["ValueError: 2500", "ValueError: MY_PORT is 1", "ValueError: x250"])
def test_part_of_a_word_is_another_word(scene, stack, message):
    """250 is not 2500, and PORT is not MY_PORT."""
    scene.logs(stack(message)).environment({"PORT": "250"}).desired({"PORT": "251"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


def test_secret_is_compared_by_digest_and_never_planned(scene, stack):
    """A drifted secret is named to a person; no value of it is in a plan or a text."""
    scene.logs(stack("KeyError: 'DB_PASSWORD'"))
    scene.environment({"DB_PASSWORD": describe_secret("old")}).desired({"DB_PASSWORD": describe_secret("new")})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.suggestions == ()
    assert found.person_must == "Set DB_PASSWORD of checkout as declared: a secret is never put into a plan."
    assert "another value" in found.text
    assert describe_secret("new") not in found.text


def test_secret_by_name_is_one_even_when_its_value_came_through(scene, stack):
    """Collectors drop secrets; a name that one of them missed is caught here again."""
    scene.logs(stack("ValueError: 'hunter22' for DB_PASSWORD"))
    scene.environment({"DB_PASSWORD": "hunter22"}).desired({"DB_PASSWORD": "hunter23"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.suggestions == ()
    assert "DB_PASSWORD, whose value is hidden" in found.text


def test_digests_of_different_forms_cannot_differ(scene, stack):
    """Not comparable is not drift."""
    scene.logs(stack("KeyError: 'SALT'")).environment({"SALT": describe_secret("x")})
    scene.desired({"SALT": "[redacted:assignment:9f86]"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


@pytest.mark.parametrize(("live", "found"), [("250ms", True), ("250", False)])
def test_hidden_live_value_is_compared_with_what_is_declared_in_the_open(scene, live, found):
    """Live values are digests unless allowed by name; the declared one may be shown, and so may be set."""
    scene.logs([CRITICAL]).environment({TIMEOUT: describe_secret(live)}).desired({TIMEOUT: "250"})

    matches = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert [item.suggestions[0].parameters["value"] for item in matches] == (["250"] if found else [])
    assert all("whose value is hidden" in item.text for item in matches)


def test_undeclared_value_must_be_quoted(scene, stack):
    """A path in an exception does not speak of the HOME it begins with."""
    scene.logs(stack("ValueError: /root/settings.json is empty")).environment({"HOME": "/root"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


def test_equal_secrets_are_no_drift(scene, stack):
    """The same digest is the same secret."""
    same = {"SALT": describe_secret("x")}

    assert scene.logs(stack("KeyError: 'SALT'")).environment(same).desired(same).match(INVALID_ENVIRONMENT_VALUE) == []


def test_other_service_declares_nothing_for_this_one(scene, stack):
    """Declarations are matched by the service's name."""
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250"}, name="profile")

    assert scene.match(INVALID_ENVIRONMENT_VALUE)[0].suggestions == ()


def test_action_that_nobody_offers_is_left_to_a_person(scene, stack):
    """The words still hold the declared value."""
    scene.actions = frozenset()
    scene.logs(stack(REFUSED)).environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250"})

    (found,) = scene.match(INVALID_ENVIRONMENT_VALUE)

    assert found.person_must == f"Set {TIMEOUT} of checkout to '250', as declared."


def test_healthy_logs_and_missing_environment_are_silent(scene, stack):
    """Drift alone breaks nothing, and a failure alone is not about a setting."""
    assert scene.logs(stack(REFUSED)).match(INVALID_ENVIRONMENT_VALUE) == []

    scene.evidence.clear()
    scene.logs(["INFO fine"]).environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE) == []


def test_latest_failure_that_speaks_of_it_is_cited(scene, stack):
    """A later failure about something else does not hide it."""
    scene.logs([*stack(REFUSED), *stack("TypeError: other")])
    scene.environment({TIMEOUT: "250ms"}).desired({TIMEOUT: "250"})

    assert scene.match(INVALID_ENVIRONMENT_VALUE)[0].citations[0].quote == REFUSED


@pytest.mark.parametrize(("path", "found"), [("/a", True), ("/b", False)])
def test_hidden_url_is_compared_by_its_digest_wherever_it_leads(scene, stack, path, found):
    """A collector says where a hidden URL leads; whoever read the declaration does not."""
    scene.logs(stack("KeyError: 'DB_URL'")).desired({"DB_URL": describe_secret("http://db:80/b")})
    scene.environment({"DB_URL": f"{describe_secret(f'http://db:80{path}')} at http://db:80"})

    assert bool(scene.match(INVALID_ENVIRONMENT_VALUE)) is found
