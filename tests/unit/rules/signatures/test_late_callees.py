from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import CallEdge, GraphFacts, LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.checks import list_checks
from fermata.rules.signatures.late_callees import DEPENDENCY_SLOW, ask_who_answers

CALLER, CALLEE, OTHER = (f"docker:container/{name}" for name in ("checkout", "pay-1", "stock-1"))
LATE = "ERROR GET http://pay:8000/charge failed: TimeoutError: timed out"
NAMELESS = "ERROR java.net.http.HttpTimeoutException: request timed out"
NGINX = (
    "2026/11/23 09:52:00 [error] 7#7: *1 upstream timed out (110: Operation timed out) while reading response header "
    'from upstream, client: 172.18.0.9, server: , request: "GET / HTTP/1.1", upstream: "http://172.18.0.5:8000/"'
)


def run(scene, ref, *, phase=WorkloadPhase.RUNNING, started=timedelta(hours=2), **facts):
    """Say that a container runs, and how others reach it."""
    record = StateFacts(phase=phase, system_state=phase.value, started_at=ONSET - started, **facts)
    return scene.add(EvidenceKind.STATE, ref, [f"{ref} is running"], record)


def call(scene, *lines, times=3, started=timedelta(hours=2), phase=WorkloadPhase.RUNNING):
    """Say what a caller's calls end in, and who is there."""
    run(scene, CALLER, started=started)
    scene.add(EvidenceKind.LOGS, CALLER, list(lines) * times, {"stream": "stderr"})
    run(scene, CALLEE, names=("pay",), addresses=("172.18.0.5",), phase=phase)
    return run(scene, OTHER, names=("stock",), addresses=("172.18.0.6",))


@pytest.mark.parametrize("line", [LATE, NGINX])
def test_one_that_runs_and_answers_too_late_is_where_to_look(scene, line):
    """It is up, so no alert may ever be about it."""
    diagnosis = call(scene, line).diagnose()

    assert diagnosis.leading.cause == "dependency_slow"
    assert diagnosis.leading.entity.ref == CALLEE
    assert diagnosis.leading.text.startswith("checkout waits for pay-1 in vain, 3 times, and pay-1 runs")
    assert diagnosis.leading.suggestions == ()
    assert [citation.quote for citation in diagnosis.leading.citations] == [line, line, f"{CALLEE} is running"]


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ((LATE,), {"times": 2}),
        ((LATE, LATE.replace("pay", "stock")), {}),
        ((LATE,), {"started": timedelta(minutes=1)}),
        ((LATE,), {"phase": WorkloadPhase.STOPPED}),
        ((LATE.replace("pay:8000", "api.example.com"),), {}),
        ((LATE.replace("TimeoutError: timed out", "ConnectionRefusedError: refused"),), {}),
        (("ERROR could not pay stock: TimeoutError: timed out",), {}),
    ],
)
def test_one_that_runs_is_not_blamed_for_other_failures(scene, lines, values):
    """Too few, several callees, a caller just started, one that is down, an outsider, another kind, or no host."""
    assert call(scene, *lines, **values).match(DEPENDENCY_SLOW) == []


def test_one_of_which_nothing_but_its_log_is_known_is_not_blamed(scene):
    """Whether it runs, and since when, nobody said."""
    scene.add(EvidenceKind.LOGS, CALLER, [LATE] * 3, {"stream": "stderr"})
    scene.add(EvidenceKind.LOGS, CALLEE, ["listening"], {"stream": "stderr"})

    assert scene.match(DEPENDENCY_SLOW) == []


def test_one_that_was_made_anew_kept_nobody_waiting_before(scene):
    """A proxy waits in vain for the address of what is being replaced."""
    run(scene, CALLER)
    at = ONSET - timedelta(seconds=5)
    scene.add(EvidenceKind.LOGS, CALLER, [LATE] * 3, LogFacts(oldest_at=at, newest_at=at, seconds=(0, 0, 0)))
    run(scene, CALLEE, names=("pay",), started=timedelta(seconds=4))
    assert scene.match(DEPENDENCY_SLOW) == []

    run(scene, CALLEE, names=("pay",), started=timedelta(seconds=6))
    scene.evidence.pop(-2)

    assert [found.entity.ref for found in scene.match(DEPENDENCY_SLOW)] == [CALLEE]


@pytest.mark.parametrize(
    ("line", "edges", "begins"),
    [
        (
            NAMELESS,
            (("checkout", "pay"),),
            "See whether pay answers: checkout is known to call nothing else, and",
        ),
        (NAMELESS, (("checkout", "pay"), ("checkout", "stock")), "See which of pay, stock does not answer: checkout"),
        (NAMELESS, (("pay", "checkout"),), ""),
        (LATE, (("checkout", "pay"),), ""),
        ("ERROR KeyError: 'total'", (("checkout", "pay"),), ""),
    ],
)
def test_those_that_a_nameless_timeout_may_mean_are_told(scene, line, edges, begins):
    """The graph knows whom it calls; a line that names one of them, or tells of something else, needs no guess."""
    calls = tuple(CallEdge(caller=caller, callee=callee) for caller, callee in edges)
    scene.add(EvidenceKind.GRAPH, "service/graph", ["calls"], GraphFacts(edges=calls))
    case = call(scene, line).build()

    asked = ask_who_answers(case, case.workloads[0])

    assert (asked[: len(begins)], bool(asked)) == (begins, bool(begins))
    assert not asked or list_checks(case, [], [])[0] == asked
