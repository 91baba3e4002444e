"""Curves of an incident's time from what collectors bring: names, pieces of a long time, and what is missing."""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, MetricFacts, Series
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.metrics.trail import SPAN, MetricsTrail, cut_window
from fermata.ports.trail import TrailScope
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON, make_alert

CHECKOUT = Entity(system="kubernetes", kind="service", namespace="shop", name="checkout")
QUERY = "rate(http_errors_total[60s])"
SETTLING = ((-90.0, 0.0), (-60.0, 0.2), (-30.0, 0.6))
RAMP = (*SETTLING, (0.0, 1.0), (60.0, 5.0))


class Metrics:
    """A collector that brings what it is given, and notes what it was asked."""

    name = "metrics.some"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def wants(self, scope):
        return bool(scope.entities)

    async def collect(self, scope):
        self.asked.append(scope)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def make_evidence(*series, purpose="errors", title="checkout: errors (http_errors_total)", query=QUERY, **changes):
    """Return the answer to one query, of points or of (labels, points)."""
    rows = [one if isinstance(one[0], dict) else ({"job": "checkout"}, one) for one in series]
    facts = MetricFacts(
        expression=query,
        unit="/s",
        purpose=purpose,
        step_s=60,
        series=tuple(Series(labels=labels, points=points) for labels, points in rows),
    )
    values = {
        "incident_id": "inc-1",
        "kind": EvidenceKind.METRICS,
        "collector": "metrics.some",
        "entity": CHECKOUT,
        "title": title,
        "query": "query_range ...",
        "observed_at": NOON,
        "fresh_until": NOON,
        "facts": facts.to_json(),
    }
    return Evidence(**(values | changes))


def double(times):
    """Give the same ramp, that many times as high."""
    return tuple((at, times * value) for at, value in RAMP)


@pytest.fixture
def read():
    """Give a reader of three hours, or as many as are wanted."""

    async def run(*collectors, hours=3, alerts=(), entities=(CHECKOUT,), **more):
        scope = TrailScope(start=NOON, end=NOON + timedelta(hours=hours), entities=entities, alerts=alerts)
        return await MetricsTrail("metrics", collectors, FakeClock(), **more).read_trail(scope)

    return run


async def test_answer_becomes_a_curve_with_its_query(read):
    """Its name is what people may call it, and its id is the same in the next draft."""
    evidence = make_evidence(RAMP)

    first, again = [await read(Metrics([evidence]), link=lambda query, start, _: f"https://m/{query}/{start:%H}")] * 2

    (curve,) = first.curves
    assert (curve.name, curve.unit) == ("checkout errors", "/s")
    assert (list(curve.times), list(curve.values)) == ([0.0, 60.0], [1.0, 5.0])
    assert curve.query == "rate(http_errors_total[60s])"
    assert curve.url == "https://m/rate(http_errors_total[60s])/12"
    assert curve.id == again.curves[0].id
    assert curve.id.startswith("metrics:checkout-errors-")


async def test_alerts_own_expression_is_called_by_the_alerts_words(read):
    """Words that a channel may use, before all others."""
    memory = make_evidence(double(2), purpose="memory", title="checkout: memory (rss)", query="rss")
    alert = make_evidence(RAMP, purpose="alert", title="HighErrorRate: the value its rule watches, > 2", query="a")
    named = make_evidence(double(3), purpose="alert", title="CheckoutErrors: the value its rule watches", query="b")

    part = await read(Metrics([memory, alert, named]))

    names = [curve.name for curve in part.curves]
    assert names == ["checkout (high error rate)", "checkout (checkout errors)", "checkout memory"]


async def test_several_series_of_one_answer_bear_what_tells_them_apart(read):
    """Three of them at most: those that moved most come first."""
    rows = [({"job": "checkout", "pod": f"p{number}"}, double(number + 1)) for number in range(5)]

    part = await read(Metrics([make_evidence(*rows)]))

    assert [curve.name for curve in part.curves] == [f"checkout errors p{number}" for number in range(3)]
    assert len({curve.id for curve in part.curves}) == 3


async def test_what_never_moved_and_what_was_only_wanted_is_left_out(read):
    """A flat line tells nothing; a limit is no measurement."""
    flat = make_evidence((*SETTLING, (0.0, 1.0), (60.0, 1.0)))
    limit = make_evidence(RAMP, purpose="memory_limit")

    part = await read(Metrics([flat, limit]))

    assert part.curves == []


async def test_same_measurement_is_told_once(read):
    """Failed requests are a part of all requests, and often what the alert watches."""
    alert = make_evidence(RAMP, purpose="alert", title="HighErrorRate: the value its rule watches", query="a")
    failed = make_evidence(({"outcome": "error"}, double(2)), query="b")
    every = [({"outcome": "error"}, double(3)), ({"outcome": "ok"}, double(4))]
    traffic = make_evidence(*every, purpose="traffic", title="checkout: traffic (http_requests_total)", query="c")
    same = make_evidence(RAMP, query="d")

    part = await read(Metrics([alert, failed, traffic, same]))

    assert [curve.query for curve in part.curves] == ["a", "b", "c"]
    assert part.curves[-1].name == "checkout traffic ok"


async def test_rate_that_is_not_whole_yet_is_no_onset(read):
    """The first points of a series are left out, in its first piece alone."""
    part = await read(Metrics([make_evidence(RAMP)]))

    assert part.curves[0].times[0] == 0.0


async def test_pieces_of_a_long_time_are_one_curve(read):
    """Its beginning and its end, as fine as they must be; the time between is a gap."""
    collector = Metrics([make_evidence(RAMP)], [make_evidence(((9_000.0, 1.0),))])

    part = await read(collector, hours=12)

    (curve,) = part.curves
    assert list(curve.times) == [0.0, 60.0, 9_000.0]
    assert [(one.window_start, one.window_end) for one in collector.asked] == [
        (NOON, NOON + SPAN),
        (NOON + timedelta(hours=8), NOON + timedelta(hours=12)),
    ]
    assert part.gaps == ("metrics: not asked from 2026-11-23 16:00 to 2026-11-23 20:00 UTC",)


@pytest.mark.parametrize(("hours", "lengths"), [(3, [3]), (4, [4]), (6, [3, 3]), (8, [4, 4]), (30, [4, 4])])
def test_window_is_cut_into_equal_pieces(hours, lengths):
    """Equal, so that both are asked with the same step and the same query."""
    end = NOON + timedelta(hours=hours)

    pieces = cut_window(NOON, end)

    assert [(stop - start) / timedelta(hours=1) for start, stop in pieces] == lengths
    assert (pieces[0][0], pieces[-1][1]) == (NOON, end)


async def test_onset_is_the_first_alerts_start(read):
    """Of several moves, the nearest to it is told; without an alert it is an hour into the window."""
    collector = Metrics([make_evidence(RAMP)])

    await read(collector, alerts=(make_alert(starts_at=NOON + timedelta(minutes=70)),))
    await read(collector)

    assert [one.onset - NOON for one in collector.asked] == [timedelta(minutes=70), timedelta(minutes=60)]


async def test_failure_is_a_gap_and_the_rest_is_there(read):
    """In words, with the collector's name; a token in them is hidden."""
    failing = Metrics(OperationalError("It cannot be asked", why="glpat-" + "Ab3dEf6hIj9kLm2nOp5q"))

    part = await read(failing, Metrics([make_evidence(RAMP)]))

    assert len(part.curves) == 1
    (gap,) = part.gaps
    assert gap.startswith("metrics.some not read: It cannot be asked: ")
    assert "Ab3d" not in gap


async def test_limit_is_waited_for(read):
    """Once it is over, everything is there."""
    limited = TransientError("Slow down", retry_after=timedelta(seconds=7))

    part = await read(Metrics(limited, [make_evidence(RAMP)]))

    assert len(part.curves) == 1
    assert part.gaps == ()


async def test_queries_that_were_refused_are_a_gap(read):
    """But not that a point had no finite value: that is every day's business."""
    refused = make_evidence(RAMP, cut="1 of 4 queries were refused, the first: bad")
    usual = make_evidence(RAMP, cut="2 points without a finite value (NaN or infinity)")

    part = await read(Metrics([refused, usual]))

    assert part.gaps == ("metrics.some: 1 of 4 queries were refused, the first: bad",)


async def test_nothing_is_asked_about_nobody(read):
    """Neither without an entity and an alert, nor of a collector that wants none of it."""
    collector = Metrics([make_evidence(RAMP)])

    part = await read(collector, entities=())
    unwanted = await read(collector, entities=(), alerts=(make_alert(),))

    assert (part.curves, part.gaps) == ((), ())
    assert unwanted.curves == []
    assert collector.asked == []


async def test_deployments_that_it_knows_are_told_once(read):
    """With the time and the author that it has, although both pieces brought them."""
    facts = ChangeFacts(id="d1", kind="deployment", title="checkout v42", author="ada", changed_at=NOON, ref="v42")
    change = make_evidence(RAMP, kind=EvidenceKind.CHANGE, facts=facts.to_json())

    part = await read(Metrics([change]), hours=6)

    (deploy,) = part.deploys
    assert (deploy.id, deploy.at, deploy.author, deploy.service) == ("metrics:deployment-d1", NOON, "ada", "checkout")
