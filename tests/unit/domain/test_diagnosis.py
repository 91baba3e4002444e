"""Diagnoses: every claim cites, and the verdict agrees with the hypotheses."""

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import CITATION, HYPOTHESIS

from fermata.domain.diagnosis import ChangeVerdict, Citation, Diagnosis, Hypothesis, Verdict


def test_citation_runs_forwards():
    """Its last line does not come before its first."""
    with pytest.raises(ValidationError, match="comes before its first"):
        Citation(evidence_id="ev-1", first_line=4, last_line=3, quote="x")
    assert Citation(evidence_id="ev-1", first_line=4, last_line=4, quote="x").last_line == 4


@pytest.mark.parametrize("changes", [{"first_line": 0}, {"quote": ""}])
def test_citation_of_nothing_is_refused(changes):
    """Lines begin at 1, and a quote has words."""
    with pytest.raises(ValidationError):
        Citation.from_json(CITATION.to_json() | changes)


def test_claim_without_a_citation_is_refused():
    """An unproven explanation still rests on something that was seen."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        Hypothesis.from_json(HYPOTHESIS.to_json() | {"citations": []})


@pytest.mark.parametrize("confidence", [-0.1, 1.1])
def test_confidence_is_a_share(confidence):
    """Between 0 and 1."""
    with pytest.raises(ValidationError):
        Hypothesis.from_json(HYPOTHESIS.to_json() | {"confidence": confidence})


@pytest.mark.parametrize(
    ("verdict", "hypotheses"),
    [(Verdict.IDENTIFIED, ()), (Verdict.UNDETERMINED, (HYPOTHESIS,)), (Verdict.HEALTHY, (HYPOTHESIS,))],
)
def test_verdict_that_contradicts_its_hypotheses_is_refused(verdict, hypotheses):
    """Identified means there is one, and nothing else does."""
    with pytest.raises(ValidationError, match="only then may there be one"):
        Diagnosis(verdict=verdict, hypotheses=hypotheses)


def test_leading_hypothesis_is_the_first():
    """Order is rank; an honest "undetermined" has none."""
    second = HYPOTHESIS.model_copy(update={"cause": "other"})

    assert Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(second, HYPOTHESIS)).leading is second
    assert Diagnosis(verdict=Verdict.UNDETERMINED).leading is None


def test_diagnosis_stored_before_changes_were_weighed_still_loads():
    """Rows of an older version have no `changes`: nothing was weighed."""
    stored = Diagnosis(verdict=Verdict.UNDETERMINED).to_json()
    del stored["changes"]

    assert Diagnosis.from_json(stored).changes == ()


@pytest.mark.parametrize("changes", [{"blame": 1.1}, {"blame": -0.1}, {"why": ""}, {"id": ""}])
def test_change_is_judged_within_bounds_and_with_a_reason(changes):
    """Blame is a share, and nobody is blamed or cleared without words."""
    with pytest.raises(ValidationError):
        ChangeVerdict(**({"id": "9f1c2ab", "blame": 0.5, "why": "it wrote the line"} | changes))
