"""Actions: the order of risks, and a blast radius that counts."""

import pytest
from pydantic import ValidationError

from fermata.domain.action import BlastRadius, Risk


def test_risks_rise():
    """Low is below medium is below high."""
    assert [risk.rank for risk in (Risk.LOW, Risk.MEDIUM, Risk.HIGH)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("risk", "raised"), [(Risk.LOW, Risk.MEDIUM), (Risk.MEDIUM, Risk.HIGH), (Risk.HIGH, Risk.HIGH)]
)
def test_raised_risk_is_one_step_higher(risk, raised):
    """There is nothing above high."""
    assert risk.raised() is raised


def test_blast_radius_counts_at_least_its_target():
    """Nothing touched is no action."""
    with pytest.raises(ValidationError):
        BlastRadius(count=0, entities=(), text="nothing")
