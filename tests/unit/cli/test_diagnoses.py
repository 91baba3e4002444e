"""What a model said about a diagnosis, as people read it in a terminal."""

import pytest
from tests.unit.rules.incident_case import blame

from fermata.cli.diagnoses import print_diagnosis
from fermata.domain.analysis import Analysis, AnalysisOutcome
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.flows.bundle.diagnose import Diagnosed, diagnose_bundle
from fermata.flows.bundle.read import read_bundle


@pytest.fixture
def diagnosed(tmp_path):
    """Give a folder with one log, and what signatures make of it."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "checkout.log").write_text("2026-11-23T12:03:02Z ERROR request failed\n")
    return diagnose_bundle(read_bundle(tmp_path))


def tell(diagnosed, capsys, *others, **said):
    """Give the report's lines when a model said this, with what is beside the first hypothesis."""
    first = {"suggests": True, "person_must": "Raise the limit."}
    hypotheses = tuple(blame(diagnosed.case.evidence[0], **changes) for changes in (first, *others))
    analysis = Analysis(outcome=AnalysisOutcome.ACCEPTED, text="acme/sage: confirms the first.", **said)
    diagnosis = Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=hypotheses, analysis=analysis)
    print_diagnosis(Diagnosed(diagnosed.bundle, diagnosed.case, diagnosis))
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_what_became_of_a_models_suggestion_is_told(diagnosed, capsys):
    """What was dropped and why, whose the action is, and what a person should look at: the card has it, too."""
    lines = tell(
        diagnosed,
        capsys,
        left_out=("There is no action 'shell.run' in the catalogue",),
        action_by="acme/small",
        checks=("Count the connections.",),
    )

    told = lines[lines.index("What a model said") :]
    assert "The action was chosen by acme/small." in told
    assert "Left out: There is no action 'shell.run' in the catalogue" in told
    assert "It would check: Count the connections." in told
    assert "A person must act, too: Raise the limit." in told


def test_what_a_person_would_have_to_do_stands_beside_another_cause(diagnosed, capsys):
    """A model that says the same as the first may know better what to do."""
    other = {"tier": "acme/sage", "person_must": "acme/sage says: Create the index again."}

    lines = tell(diagnosed, capsys, other)

    assert "A person would have to act: acme/sage says: Create the index again." in lines
    assert "What else was said, and why it is not the first" in lines
    assert not any(line.startswith(("Left out", "The action was chosen")) for line in lines)


def test_files_that_nobody_reads_are_missing(tmp_path, capsys):
    """Whoever sends warnings elsewhere has to learn of them from the report."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "checkout.log").write_text("2026-11-23T12:03:02Z ERROR request failed\n")
    (tmp_path / "psql").mkdir()
    (tmp_path / "psql" / "locks.txt").write_text("x\n")

    print_diagnosis(diagnose_bundle(read_bundle(tmp_path)))

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[lines.index("What is missing") + 1] == "files nobody reads: psql/locks.txt"
