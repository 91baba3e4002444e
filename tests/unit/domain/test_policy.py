"""Guardrails that can be written, and those that cannot."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import FREEZE, GUARDRAIL, NOON

from fermata.domain.policy import MAX_APPROVAL, Approvers, FreezeWindow, Guardrail, Policy


def test_guardrail_without_approvers_is_refused():
    """Someone must be able to say yes."""
    with pytest.raises(ValidationError, match="at least one role or person"):
        Approvers()


@pytest.mark.parametrize("approvers", [{"roles": ("oncall",)}, {"people": ("ada",)}])
def test_role_or_person_is_enough(approvers):
    """Either can say yes."""
    assert Approvers(**approvers)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"actions": []},
        {"resources": []},
        {"approvals": 0},
        {"approvals": 11},
        {"max_blast_radius": 0},
        {"max_risk": "extreme"},
        {"valid_for": "PT0S"},
        {"valid_for": "PT25H"},
        {"cooldown": "-PT1S"},
    ],
    ids=str,
)
def test_guardrail_outside_its_limits_is_refused(changes):
    """Nothing covered, nobody needed, valid for days: each is a fault, not a default."""
    with pytest.raises(ValidationError):
        Guardrail.from_json(GUARDRAIL.to_json() | changes)


def test_approval_is_never_valid_for_days():
    """The longest a guardrail may ask for is a day."""
    assert timedelta(hours=24) == MAX_APPROVAL
    assert Guardrail.from_json(GUARDRAIL.to_json() | {"valid_for": "PT24H"}).valid_for == MAX_APPROVAL


@pytest.mark.parametrize("ends_at", [NOON, NOON - timedelta(seconds=1)])
def test_freeze_that_ends_before_it_starts_is_refused(ends_at):
    """It would freeze nothing, and its author believes it does."""
    with pytest.raises(ValidationError, match="must end after it starts"):
        FreezeWindow.from_json(FREEZE.to_json() | {"ends_at": ends_at.isoformat()})


def test_freeze_covers_everything_unless_told():
    """The cautious default."""
    assert FreezeWindow(id="x", starts_at=NOON, ends_at=FREEZE.ends_at, reason="x").resources == ("*",)


@pytest.mark.parametrize(
    "parts",
    [
        {"guardrails": (GUARDRAIL, GUARDRAIL)},
        {"freezes": (FREEZE, FREEZE)},
        {"guardrails": (GUARDRAIL,), "freezes": (FREEZE.model_copy(update={"id": GUARDRAIL.id}),)},
    ],
    ids=["guardrails", "freezes", "both"],
)
def test_shared_id_is_refused(parts):
    """A card names the guardrail by its id: it must mean one thing."""
    with pytest.raises(ValidationError, match="share an id"):
        Policy(**parts)


def test_empty_policy_is_valid():
    """It permits nothing, which is the default."""
    assert Policy().guardrails == ()
