"""Saved rehearsals are diagnosed offline, and held against what is known of them."""

import json
from pathlib import Path

import pytest
from tests.unit.rules.rehearsed.rehearsed_scene import collapse

from fermata.flows.experiments.casefile import save_case
from fermata.flows.signature_cases import find_cases, run_case, try_case
from fermata.kit.errors import UserError
from fermata.testing.experiments import make_experiment


@pytest.fixture
def cases(tmp_path):
    """Give a folder with two cases: one whose calls were seen on the wire, and one whose were not."""
    save_case(make_experiment(), collapse(), tmp_path / "cases" / "seen")
    save_case(make_experiment(), collapse(wire=()), tmp_path / "cases" / "unseen")
    (tmp_path / "cases" / "notes").mkdir()
    return tmp_path / "cases"


def edit(case, **changes):
    """Change what is expected of a case."""
    path = case / "expected.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_slow_callee_is_named_from_the_calls_on_the_wire(cases):
    """No model, and the same answer each time."""
    outcome = run_case(cases / "seen").to_json()

    assert outcome == run_case(cases / "seen").to_json()
    assert (outcome["outcome"], outcome["target"], outcome["fault"]) == ("named", "checkout->payment", "latency")
    assert (outcome["leading"]["cause"], outcome["leading"]["entity"]) == ("service_degraded", "payment")
    assert outcome["runner_up"] is None


def test_case_without_evidence_of_the_target_never_passes(cases):
    """Journeys alone tell that something is wrong, and not what."""
    outcome = run_case(cases / "unseen").to_json()

    assert (outcome["outcome"], outcome["why"]) == ("silent", "no evidence of payment was kept")
    assert outcome["leading"]["entity"] == "pay"


def test_log_that_was_kept_tests_the_signature_that_reads_it(tmp_path):
    """Narrowed to that one; without the log the same case does not pass."""
    seen = tmp_path / "seen" / "logs"
    seen.mkdir(parents=True)
    words = "ERROR sqlalchemy.exc.TimeoutError: QueuePool limit of size 20 overflow 0 reached, connection timed out"
    times = ("12:00:06", "12:00:07", "12:00:08")
    (seen / "checkout.log").write_text("".join(f"2026-11-23T{time}Z {words}\n" for time in times))
    for name, beside in (("with", seen.parent), ("without", None)):
        save_case(make_experiment(), collapse(), tmp_path / name, beside=beside)
        edit(tmp_path / name, accepted=[{"service": "checkout", "causes": ["connection_pool_exhausted"]}])

    kept, lost = (run_case(tmp_path / name).to_json() for name in ("with", "without"))

    assert (kept["outcome"], kept["leading"]["cause"]) == ("named", "connection_pool_exhausted")
    assert (lost["outcome"], lost["leading"]["cause"]) == ("wrong", "service_degraded")


def test_answer_that_was_not_accepted_is_wrong(cases):
    """A team may narrow what counts."""
    edit(cases / "seen", accepted=[{"service": "payment", "causes": ["database_slow_queries"]}])

    outcome = run_case(cases / "seen").to_json()

    assert outcome["outcome"] == "wrong"
    assert outcome["why"].startswith("service_degraded at payment leads")


def test_cases_are_found_below_a_folder_each_once(cases):
    """In the order of their names."""
    found = find_cases([cases / "unseen", cases])

    assert [path.name for path in found] == ["unseen", "seen"]


@pytest.mark.parametrize("name", ["notes", "nothing"])
def test_folder_without_a_case_is_refused(cases, name):
    """A test of nothing passes nothing."""
    with pytest.raises(UserError, match="holds no case"):
        find_cases([cases / name])


@pytest.mark.parametrize("changes", [{"accepted": []}, {"version": 2}, {"fault": {"kind": "rain"}}])
def test_what_is_expected_must_be_readable(cases, changes):
    """It is named, and no case passes for it."""
    edit(cases / "seen", **changes)

    with pytest.raises(UserError, match=r"expected\.json cannot be read"):
        run_case(cases / "seen")


def test_case_that_cannot_be_read_keeps_no_other_from_being_tried(cases):
    """It is told by the field that is missing."""
    edit(cases / "seen", fault={"kind": "cpu"})

    broken, other = (try_case(cases / name).to_json() for name in ("seen", "unseen"))

    assert broken == {
        "case": str(cases / "seen"),
        "outcome": "unreadable",
        "why": "fault: a fault cpu needs its size: load_percent",
    }
    assert other["outcome"] == "silent"


def test_place_without_a_case_is_named_even_when_it_is_a_dot(tmp_path, monkeypatch):
    """The full stop of the sentence is not taken for it."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UserError, match=r"^\. holds no case"):
        find_cases([Path()])


def test_broken_file_is_refused_without_stray_marks(cases):
    """What goes wrong at no field names none."""
    (cases / "seen" / "expected.json").write_text("{")

    with pytest.raises(UserError, match=r"cannot be read\. Invalid JSON"):
        run_case(cases / "seen")


def test_accepted_cause_that_no_signature_has_is_flagged(cases):
    """A typing error would otherwise never be named, and nobody would know why."""
    causes = ["oom_kiled", "service_degraded", "zzz"]
    edit(cases / "seen", accepted=[{"service": "payment", "causes": causes}])

    outcome = run_case(cases / "seen")

    assert outcome.verdict.naming.value == "named"
    assert outcome.warnings[:2] == (
        "expected.json accepts oom_kiled, which no signature names. Is it oom_killed?",
        "expected.json accepts zzz, which no signature names. `fermata signatures` lists them.",
    )
