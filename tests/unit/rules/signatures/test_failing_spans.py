"""Where requests begin to fail, by their traces."""

from datetime import timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import TraceFacts, TraceSpan
from fermata.rules.signatures.checks import list_checks
from fermata.rules.signatures.failing_spans import ask_for_failing_span


@pytest.fixture
def trace(scene):
    """Give a writer of traces: each span `id, parent, service, operation, fails` and attributes."""
    onset = scene.build().scope.onset

    def write(*told, trace_id="t", entity="service/checkout", after_s=1):
        spans = tuple(
            TraceSpan(
                trace_id=trace_id,
                span_id=own,
                parent_id=parent,
                service=service,
                operation=operation,
                started_at=onset + timedelta(seconds=after_s),
                duration_s=1.0,
                error=fails,
                attributes=dict(more[0]) if more else {},
            )
            for own, parent, service, operation, fails, *more in told
        )
        scene.add(EvidenceKind.TRACES, entity, [span.operation for span in spans], TraceFacts(spans=spans))
        return scene.build()

    return write


DATABASE = {"server.address": "cards-db", "status.message": "Read timed out"}
CHAIN = (
    ("a", "", "checkout", "POST /checkout", True),
    ("b", "a", "checkout", "POST /pay", True, {"server.address": "pay"}),
    ("c", "b", "pay", "POST /pay", True),
    ("d", "c", "pay", "SELECT cards", True, DATABASE),
    ("e", "c", "pay", "GET /rates", False),
)


def test_span_below_which_nothing_failed_is_asked_about(trace):
    """Its callers fail since it does; it is cited with its line, its peer and its own words."""
    case = trace(*CHAIN)

    (check,) = list_checks(case, [], [])

    assert check == ask_for_failing_span(case)
    assert check.startswith(
        "Find out why 'SELECT cards' of pay, asked of cards-db, fails with 'Read timed out' (line 4 of '"
    )
    assert "once it failed first, since" in check


def test_where_most_traces_fail_comes_first(trace):
    """One request that failed elsewhere is not what all the others feel."""
    trace(("a", "", "checkout", "GET /cart", True), trace_id="s")
    trace(*CHAIN)

    case = trace(*CHAIN, trace_id="u")

    assert "'SELECT cards' of pay" in ask_for_failing_span(case)
    assert "in 2 traces it failed first" in ask_for_failing_span(case)


def test_failure_that_its_caller_caught_hurts_nobody(trace):
    """A cache that does not answer, and a database that does."""
    case = trace(
        ("a", "", "checkout", "POST /checkout", False),
        ("b", "a", "checkout", "GET cache", True),
    )

    assert ask_for_failing_span(case) == ""


def test_trace_in_two_files_is_one(trace):
    """Some exporters write a file for each service."""
    trace(*CHAIN[:2])

    case = trace(*CHAIN[2:], entity="service/pay")

    assert "'SELECT cards' of pay" in ask_for_failing_span(case)


def test_failures_are_told_since_the_earliest_of_all_files(trace):
    """The first file need not hold the first failure."""
    trace(*CHAIN, after_s=90)

    case = trace(*CHAIN, trace_id="u", after_s=30)

    at = case.scope.onset + timedelta(seconds=30)
    assert f"in 2 traces it failed first, since {at:%H:%M:%S} UTC" in ask_for_failing_span(case)


def test_trace_that_passes_no_alerted_service_tells_nothing(trace):
    """Somebody else's failures are not what the alert is about."""
    case = trace(("a", "", "mailer", "send", True, {"server.address": "mailer"}))

    assert ask_for_failing_span(case) == ""


def test_span_without_words_is_named_all_the_same(trace):
    """Neither a peer nor a reason is known; a service is no peer of its own."""
    case = trace(("a", "", "checkout", "", True, {"server.address": "checkout"}))

    assert ask_for_failing_span(case).startswith("Find out why 'a call' of checkout fails (line 1 of ")


def test_span_above_itself_ends(trace):
    """A broken exporter's parents go in a circle, and nobody is known to feel it."""
    case = trace(
        ("a", "b", "checkout", "x", True), ("b", "a", "checkout", "y", True), ("c", "b", "checkout", "z", True)
    )

    assert ask_for_failing_span(case) == ""


def test_traces_that_cannot_be_read_tell_nothing(scene):
    """The conclusion names them as a gap."""
    scene.add(EvidenceKind.TRACES, "service/checkout", ["?"], {"spans": 1})

    assert ask_for_failing_span(scene.build()) == ""
