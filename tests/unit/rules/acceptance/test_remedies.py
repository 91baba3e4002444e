"""A model's action is not taken where the catalogue knows that only a person can help."""

import pytest
from tests.unit.rules.acceptance.test_judging import LOG, claim, judge, suggest
from tests.unit.rules.incident_case import blame, conclude, make_case

from fermata.rules.acceptance import judge_plan, remedies
from fermata.rules.acceptance.remedies import find_no_help
from fermata.rules.signatures import CATALOGUE


@pytest.mark.parametrize(
    ("action", "cause", "guilty", "refused"),
    [
        ("kubernetes.rollout_restart", "service_selector_mismatch", None, True),
        ("kubernetes.delete_pod", "missing_secret_key", None, True),
        ("kubernetes.scale", "tls_certificate_expired", None, True),
        ("docker.restart_container", "paused_process", None, True),
        # What a person must do is what it does, or it takes back the change that is blamed.
        ("kubernetes.set_resources", "cpu_limit_too_low", None, False),
        ("kubernetes.uncordon", "node_cordon_mismatch", None, False),
        ("kubernetes.rollback_to_revision", "service_selector_mismatch", None, True),
        ("github.open_pull_request", "service_selector_mismatch", "4755b7c1", False),
        # Why it is so is open, or nobody wrote down that nothing helps.
        ("docker.restart_container", "dependency_unavailable", None, False),
        ("kubernetes.rollout_restart", "image_pull_failed", None, False),
        ("kubernetes.rollout_restart", "memory_limit_exceeded", None, False),
        ("kubernetes.rollout_restart", "other: the selector is wrong", None, False),
        ("acme.renew_certificate", "tls_certificate_expired", None, False),
    ],
)
def test_action_is_refused_for_a_cause_that_only_a_person_mends(action, cause, guilty, refused):
    """The reason names the cause, and what a person must do about it."""
    fault = find_no_help(action, cause, guilty)

    assert bool(fault) is refused
    assert not refused or f"does not help against {cause}, for which a person must " in fault


def test_exceptions_are_of_causes_that_say_none():
    """A cause that left the catalogue, or that has an action by now, needs no exception any more."""
    said = {signature.id for signature in CATALOGUE if signature.action.startswith("none: ")}

    assert frozenset().union(*remedies._DOES.values()) <= said


def test_no_action_stands_against_what_only_a_person_mends():
    """Whether it comes with the answer or is chosen afterwards: it is told, and what a person must do stays."""
    case, restart = make_case(LOG), suggest("supervisor.restart")
    told = "supervisor.restart: it does not help against service_selector_mismatch, for which a person must correct"

    judged = judge(claim(cause="service_selector_mismatch", person_must="Correct the selector.", **restart))
    found, dropped = judge_plan(
        {"actions": [restart["suggestion"]]}, case, conclude(blame(LOG, cause="service_selector_mismatch")), {}
    )

    assert judged.accepted
    assert judged.hypotheses[0].suggestions == found == ()
    assert judged.hypotheses[0].person_must == "acme/sage says: Correct the selector."
    assert told in judged.left_out[0]
    assert told in dropped[0]
