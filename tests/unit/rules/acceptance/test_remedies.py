"""A model's action is not taken where the catalogue knows that only a person can help."""

import pytest

from fermata.rules.acceptance import remedies
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
