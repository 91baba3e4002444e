"""What stopped, piles up or only warns: no failure, and nothing that is well shows it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.signatures.standstill import find_standstill

START = datetime(2026, 11, 23, 8, 51, tzinfo=UTC)
MINUTES = 61
"""From the window's start to a minute after the alert's."""


def say(*told, step=30):
    """Write lines: (message, first minute, last minute), each every so many seconds, in order of time."""
    lines = []
    for message, begin, end in told:
        for second in range(begin * 60, end * 60, step):
            at = START + timedelta(seconds=second)
            lines.append((second, f"{at:%Y-%m-%dT%H:%M:%SZ} {message.replace('#', str(second))}"))
    return [text for _, text in sorted(lines, key=lambda pair: pair[0])]


def measure(scene, told):
    """Add metrics of the window, by minute: (service, metric) -> (usual, later), or a list of values."""
    rows = [
        Series(
            labels={"service": service, "__name__": metric},
            points=tuple(
                (START.timestamp() + 60 * minute, value)
                for minute, value in enumerate(
                    values if isinstance(values, list) else [values[0]] * 40 + [values[1]] * 21
                )
            ),
        )
        for (service, metric), values in told.items()
    ]
    facts = MetricFacts(expression="m", purpose="bundle", step_s=60, series=tuple(rows))
    return scene.add(EvidenceKind.METRICS, "service/shop", [f"row {number}" for number in range(len(rows))], facts)


@pytest.fixture
def calm(scene):
    """Give a scene whose alert is over, with a process that runs."""
    scene.resolved = True
    return scene.state("running")


def test_metric_that_stopped_is_named(calm):
    """Its stop comes before what piles up behind it, however far that went."""
    measure(calm, {("rabbit", "queue_depth"): (50.0, 9000.0), ("worker", "messages_consumed:rate"): (100.0, 0.0)})

    assert find_standstill(calm.build()) == (
        "Explain why worker messages_consumed:rate fell from 100 to 0, since 09:31 UTC and to the end."
    )


def test_queue_that_fills_is_named(calm):
    """A queue by a name that says nothing of queues, too."""
    measure(calm, {("rabbit", "depth"): (50.0, 9000.0)})

    assert "rabbit depth rose from 50 to 9,000 (180 times)" in find_standstill(calm.build())


def test_metric_that_came_back_or_hardly_moved_is_calm(calm):
    """What resolved is over; a third less is weather."""
    over = [100.0] * 40 + [0.0] * 8 + [100.0] * 13
    measure(calm, {("worker", "rate"): over, ("web", "requests"): (100.0, 70.0), ("web", "latency"): (0.1, 0.1)})

    assert find_standstill(calm.build()) == ""


def test_case_without_alert_takes_the_head_of_the_metrics_for_normal(calm):
    """So does one whose metrics begin with the alert only."""
    measure(calm, {("worker", "rate"): (100.0, 0.0)})
    case = calm.build()

    assert "fell from 100 to 0" in find_standstill(replace(case, alerts=()))

    late = replace(case, scope=case.scope.model_copy(update={"onset": START + timedelta(minutes=16)}))
    assert "fell from 100 to 0" in find_standstill(late)


def test_log_that_went_silent_is_named(calm):
    """The window goes on half an hour without it."""
    calm.logs(say(("INFO consumed #", 0, 30)))

    assert find_standstill(calm.build()) == (
        "Find out why the log of checkout is silent since 09:20:30 UTC "
        "(line 60 of 'logs of supervisor:process/checkout')."
    )


@pytest.mark.parametrize(
    "lines",
    [
        say(("INFO consumed #", 0, MINUTES)),
        say(("INFO consumed #", 0, 55)),
        say(("INFO consumed #", 0, 9)),
        say(("INFO consumed #", 0, 2), ("INFO consumed #", 12, 40)),
        [line.replace("Z ", " ") for line in say(("INFO consumed #", 0, 30))],
        [line.partition(" ")[2] for line in say(("INFO consumed #", 0, 30))],
        [],
    ],
    ids=["goes on", "ten minutes", "few", "had pauses", "no zone", "no time", "empty"],
)
def test_log_that_merely_pauses_is_calm(calm, lines):
    """Silence counts against what was usual, and where the clock is known."""
    calm.logs(lines)

    assert find_standstill(calm.build()) == ""


def test_message_that_is_no_longer_said_is_named(calm):
    """Everything is "info", and nothing is paid any more."""
    calm.logs(say(("INFO result=paid id=#", 0, 30), ("INFO result=declined id=#", 30, MINUTES)))

    assert find_standstill(calm.build()) == (
        "Find out why checkout no longer logs what it logged until 09:20:30 UTC: "
        "'2026-11-23T09:20:30Z INFO result=paid id=1770' (line 60 of 'logs of supervisor:process/checkout')."
    )


@pytest.mark.parametrize(
    "lines",
    [
        say(("INFO ok #", 0, MINUTES), ("ERROR refused #", 0, 30)),
        say(("INFO ok #", 0, MINUTES), ("WARN slow #", 0, 30)),
        say(("INFO ok #", 0, MINUTES), ("INFO fell back #", 14, 40)),
        say(("INFO ok #", 0, MINUTES), ("INFO waits for the database, try #", 0, 11)),
        say(("INFO ok #", 0, MINUTES), ("INFO other #", 0, MINUTES)),
        say(*[("INFO ok #", 0, MINUTES)] * 4, ("INFO batch #", 0, 30)),
    ],
    ids=["failure", "warning", "began late", "startup", "goes on", "one of many"],
)
def test_message_that_ends_in_health_is_calm(calm, lines):
    """That failures are no longer logged is good news; retries end, and rare messages come and go."""
    calm.logs(lines)

    assert find_standstill(calm.build()) == ""


def test_log_that_only_warns_is_named(calm):
    """Whether it did from the first line on or not."""
    told = "Explain '2026-11-23T09:51:30Z WARN payment stuck' (line 122 of 'logs of supervisor:process/checkout')"
    calm.logs(say(("WARN payment stuck", 0, MINUTES)))

    assert find_standstill(calm.build()) == f"{told}: it goes on warning of it."


def test_warnings_that_were_not_there_before_are_named(calm):
    """A few among many lines, where the first half had none."""
    calm.logs(say(*[("INFO ok #", 0, MINUTES)] * 4, ("WARN payment stuck", 50, MINUTES)))

    assert "WARN payment stuck" in find_standstill(calm.build())


@pytest.mark.parametrize(
    "lines",
    [
        say(*[("INFO ok #", 0, MINUTES)] * 4, ("WARN deprecated", 0, MINUTES)),
        say(("INFO ok #", 0, MINUTES), ("WARN slow", 59, MINUTES)),
        say(("INFO ok #", 0, MINUTES), ("WARN slow", 35, 45)),
    ],
    ids=["routine", "few", "over"],
)
def test_warnings_of_a_healthy_log_are_calm(calm, lines):
    """Programs warn of old settings for years."""
    calm.logs(lines)

    assert find_standstill(calm.build()) == ""
