import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ResourceFacts
from fermata.rules.signatures.throttling import CPU_LIMIT_REACHED

SLOW = ["Traceback (most recent call last):", '  File "/app/api.py", line 8, in get', "TimeoutError: timed out"]
LINES = ["memory 14 MiB", "cpu limit: 0.05 cores", "cpu throttled now: in 8 of the last 10 periods"]


def limit(scene, *, said=SLOW, phase="running", lines=LINES, **facts):
    """Say what a process may compute, and what became of it."""
    values = {"cpu_limit_cores": 0.05, "cpu_periods": 10, "cpu_throttled_periods": 8} | facts
    scene.state(phase).logs(said)
    return scene.add(EvidenceKind.RESOURCES, "supervisor:process/checkout", lines, ResourceFacts(**values))


def test_slow_process_that_waits_for_its_limit_most_of_the_time_is_named(scene):
    """That it is throttled is measured, and slowness is what that does."""
    diagnosis = limit(scene).diagnose()

    assert diagnosis.verdict is Verdict.IDENTIFIED
    assert diagnosis.leading.cause == "cpu_limit_reached"
    assert "has used up its CPU limit of 0.05 cores in 8 of 10 periods" in diagnosis.leading.text
    assert [citation.quote for citation in diagnosis.leading.citations] == [LINES[2], LINES[1]]
    assert diagnosis.leading.person_must.startswith("Raise the CPU limit of checkout where it is declared")


@pytest.mark.parametrize(
    "values",
    [
        {"said": [*SLOW[:2], "ValueError: no such customer"]},
        {"phase": "crash_loop"},
        {"lines": []},
        {"cpu_limit_cores": None},
        {"cpu_periods": 4, "cpu_throttled_periods": 4},
        {"cpu_periods": None, "cpu_throttled_periods": None},
        {"cpu_throttled_periods": 4},
    ],
)
def test_limit_is_not_blamed_for_what_it_does_not_do(scene, values):
    """Nobody speaks of slowness, it does not run, there is no limit, or it is hardly used up."""
    assert limit(scene, **values).match(CPU_LIMIT_REACHED) == []


def test_limit_of_one_whose_use_was_not_read_is_not_blamed(scene):
    """Slow for what nobody looked at."""
    assert scene.state("running").logs(SLOW).match(CPU_LIMIT_REACHED) == []


def test_limit_of_another_process_is_not_blamed(scene):
    """What computes at its limit beside it may well do so."""
    facts = ResourceFacts(cpu_limit_cores=0.05, cpu_periods=10, cpu_throttled_periods=8)
    scene.state("running").logs(SLOW).state("running", name="report")
    scene.add(EvidenceKind.RESOURCES, "supervisor:process/report", LINES, facts)

    assert scene.match(CPU_LIMIT_REACHED) == []
