"""Gathering: all collectors at once, under one deadline, and every fault of theirs is a stated gap."""

import asyncio
import time
from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope
from fermata.flows.gather import gather
from fermata.flows.meters import Meters
from fermata.kit.errors import OperationalError
from fermata.ports.handing import expect, hand_over
from fermata.testing.records import NOON, make_evidence

SCOPE = Scope(
    incident_id="inc-1",
    alerts=(),
    entities=(Entity(kind="service", name="checkout"),),
    onset=NOON,
    window_start=NOON - timedelta(hours=1),
    window_end=NOON,
)
SECOND = timedelta(seconds=1)


class Collector:
    """A collector that takes its time, and then brings evidence or fails."""

    def __init__(self, name, *, takes_s=0.0, fails=None, wanted=True):
        self.name, self.takes_s, self.fails, self.wanted = name, takes_s, fails, wanted
        self.was_cancelled = False

    def wants(self, scope):
        """Answer as it was told to."""
        if isinstance(self.wanted, Exception):
            raise self.wanted
        return self.wanted

    async def collect(self, scope):
        """Wait, then bring or fail."""
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.fails:
            raise self.fails
        return [make_evidence(text=self.name, collector=self.name)]


class Stubborn(Collector):
    """A collector that does not let go when it is cancelled."""

    async def collect(self, scope):
        """Refuse the first cancellation."""
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
        return []


async def test_collectors_run_beside_each_other():
    """The wall time is the slowest collector's, not the sum; evidence comes in the collectors' order."""
    collectors = [Collector(f"a.{number}", takes_s=0.2) for number in range(10)]

    gathering = await gather(collectors, SCOPE, 5 * SECOND, Meters())

    assert [item.collector for item in gathering.evidence] == [collector.name for collector in collectors]
    assert timedelta(seconds=0.2) <= gathering.took < SECOND


async def test_slow_collector_is_a_gap_and_the_others_count():
    """At the deadline a collector is cancelled, the gap says after how long, and what the others brought is kept."""
    slow = Collector("a.slow", takes_s=30)

    gathering = await gather([slow, Collector("a.quick")], SCOPE, SECOND / 5, Meters())

    (gap,) = gathering.gaps
    assert (gap.collector, gap.reason) == ("a.slow", "timed out after 200ms")
    assert [item.collector for item in gathering.evidence] == ["a.quick"]
    assert slow.was_cancelled


class _Late(Collector):
    """A collector that hangs the first time."""

    async def collect(self, scope):
        """Hang once, then bring what there is."""
        self.takes_s, takes_s = 0.0, self.takes_s
        await asyncio.sleep(takes_s)
        return [make_evidence(text=self.name, collector=self.name)]


class _LateWithTheRest(_Late):
    """A collector that has read a part when it hangs, be it that there was nothing."""

    def __init__(self, name, *parts):
        super().__init__(name, takes_s=30)
        self.parts = parts

    async def collect(self, scope):
        """Hand over the first part, then hang once."""
        hand_over("pods", *self.parts)
        return [*self.parts, *await super().collect(scope)]


@pytest.mark.parametrize("parts", [(), (make_evidence(text="pods", collector="a.one"),)])
async def test_a_part_is_no_reason_not_to_ask_once_more(parts):
    """As long as nobody was done in time, half of it is no more than nothing of it."""
    gathering = await gather(
        [_LateWithTheRest("a.one", *parts), _Late("a.two", takes_s=30)], SCOPE, SECOND / 10, Meters()
    )

    assert [item.collector for item in gathering.evidence] == [*("a.one" for _ in parts), "a.one", "a.two"]
    assert gathering.gaps == ()


async def test_who_is_late_twice_keeps_what_was_read():
    """The second time may bring less than the first."""

    class Worse(Collector):
        async def collect(self, scope):
            if self.takes_s == 30:
                hand_over("pods", make_evidence(text="pods", collector=self.name))
            self.takes_s += 1
            await asyncio.sleep(self.takes_s)

    gathering = await gather([Worse("a.one", takes_s=30)], SCOPE, SECOND / 20, Meters())

    assert len(gathering.evidence) == len(gathering.gaps) == 1


async def test_all_are_asked_once_more_when_nobody_answers_in_time():
    """A machine that was too busy for a moment is no reason to know nothing."""
    gathering = await gather([_Late("a.one", takes_s=30), _Late("a.two", takes_s=30)], SCOPE, SECOND / 10, Meters())

    assert [item.collector for item in gathering.evidence] == ["a.one", "a.two"]
    assert gathering.gaps == ()
    assert gathering.took >= SECOND / 10


async def test_only_who_was_late_is_asked_once_more():
    """What was brought in time stays, and is not asked for again."""
    quick, slow = Collector("a.quick"), [_Late("a.logs", takes_s=30), _Late("b.logs", takes_s=30)]

    gathering = await gather([quick, *slow], SCOPE, SECOND / 5, Meters())

    assert [item.collector for item in gathering.evidence] == ["a.quick", "a.logs", "b.logs"]
    assert gathering.gaps == ()


async def test_who_is_late_twice_is_a_gap_with_the_longer_time():
    """No third time: a person waits for the card."""
    gathering = await gather([Collector("a.slow", takes_s=30)], SCOPE, SECOND / 20, Meters())

    assert [gap.reason for gap in gathering.gaps] == ["timed out after 100ms"]


async def test_collector_that_does_not_let_go_is_left_behind():
    """A collector that ignores its cancellation delays the gathering by a moment, not by its own time."""
    began = time.monotonic()

    gathering = await gather([Stubborn("a.stubborn")], SCOPE, SECOND / 10, Meters())

    assert time.monotonic() - began < 0.9
    assert gathering.gaps[0].collector == "a.stubborn"


async def test_expected_failure_is_a_gap_with_its_reason():
    """A system that cannot be asked is a gap in its own words."""
    failing = Collector("a.down", fails=OperationalError("supervisord does not answer", why="connection refused"))

    gathering = await gather([failing, Collector("a.up")], SCOPE, SECOND, Meters())

    assert [gap.reason for gap in gathering.gaps] == ["supervisord does not answer: connection refused"]
    assert len(gathering.evidence) == 1


async def test_gap_says_what_to_do_about_it():
    """Who reads the card can often mend it: the missing grant, the service to start."""
    failing = Collector("a.down", fails=OperationalError("It was refused", why="no right", do="GRANT SELECT ON t TO f"))

    gathering = await gather([failing], SCOPE, SECOND, Meters())

    assert gathering.gaps[0].reason == "It was refused: no right. GRANT SELECT ON t TO f"


async def test_crash_is_a_gap_that_shows_no_values():
    """A bug in a collector is a gap that names its kind; what it said stays in the log, it may hold anything."""
    gathering = await gather([Collector("a.bug", fails=KeyError("hunter2"))], SCOPE, SECOND, Meters())

    assert gathering.gaps[0].reason == "it crashed (KeyError); the trace is in Fermata's log"


async def test_collector_that_crashes_when_asked_whether_it_wants_is_a_gap():
    """The question alone must not take the incident down either."""
    gathering = await gather([Collector("a.bug", wanted=KeyError("x")), Collector("a.up")], SCOPE, SECOND, Meters())

    assert [gap.collector for gap in gathering.gaps] == ["a.bug"]
    assert len(gathering.evidence) == 1


async def test_collector_that_does_not_want_the_scope_is_not_asked():
    """Not asking is no gap."""
    gathering = await gather([Collector("a.other", wanted=False, fails=KeyError())], SCOPE, SECOND, Meters())

    assert (gathering.evidence, gathering.gaps) == ((), ())


async def test_cancelled_gathering_cancels_its_collectors():
    """When the run is cancelled, nothing goes on asking outside systems."""
    slow = Collector("a.slow", takes_s=30)
    task = asyncio.create_task(gather([slow], SCOPE, 60 * SECOND, Meters()))
    await asyncio.sleep(0.01)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert slow.was_cancelled


async def test_gaps_and_seconds_are_metered():
    """Each collector's time is observed, and each gap counted under its name."""
    meters = Meters()

    await gather([Collector("a.down", fails=KeyError()), Collector("a.slow", takes_s=9)], SCOPE, SECOND / 10, meters)

    text = meters.render().decode()
    assert 'fermata_gaps_total{collector="a.down"} 1.0' in text
    assert 'fermata_gaps_total{collector="a.slow"} 1.0' in text
    assert 'fermata_collector_seconds_count{collector="a.down"} 1.0' in text


async def test_secrets_of_titles_facts_and_failures_never_come_in():
    """Whatever a collector forgot is hidden here: a commit's subject, an annotation, an address in a failure."""

    class Careless(Collector):
        async def collect(self, scope):
            return [
                make_evidence(title="Rotate DB_PASSWORD=swordfish1", facts={"cause": "set env API_TOKEN=swordfish1"})
            ]

    failing = Collector("b", fails=OperationalError("No answer", why="postgres://shop:swordfish1@db/shop is gone"))

    gathering = await gather([Careless("a"), failing], SCOPE, SECOND, Meters())

    assert len(gathering.evidence) == len(gathering.gaps) == 1
    assert "swordfish1" not in str(gathering.to_json())
    assert "[redacted:" in gathering.evidence[0].title


class Piecewise(Collector):
    """A collector that reads several things one after the other, and hands each over when it is there."""

    async def collect(self, scope):
        """Read pods and events at once, and then take its time for the logs."""
        expect("pods", "events", "logs")
        pieces = [
            make_evidence(text=part, collector=self.name, title="DB_PASSWORD=swordfish1") for part in ("pods", "events")
        ]
        hand_over("pods", pieces[0])
        hand_over("events", pieces[1])
        return [*pieces, *await super().collect(scope)]


async def test_what_was_read_before_the_deadline_stays():
    """A collector that is cut off loses what it did not read, and nothing else; the gap names both."""
    gathering = await gather([Piecewise("a.pieces", takes_s=30), Collector("a.last")], SCOPE, SECOND / 5, Meters())

    assert [item.collector for item in gathering.evidence] == ["a.pieces", "a.pieces", "a.last"]
    (gap,) = gathering.gaps
    assert gap.reason == "cut off after 200ms; read: pods, events; not read: logs"
    assert "swordfish1" not in str(gathering.to_json())


async def test_what_was_read_before_a_failure_stays():
    """Half an answer and the reason why it is half: both are facts."""
    failing = Piecewise("a.pieces", fails=OperationalError("the engine went away"))

    gathering = await gather([failing], SCOPE, SECOND, Meters())

    assert len(gathering.evidence) == 2
    assert [gap.reason for gap in gathering.gaps] == ["the engine went away"]


async def test_collector_that_ends_brings_each_piece_once():
    """What was handed over on the way is in what it returns."""
    gathering = await gather([Piecewise("a.pieces")], SCOPE, SECOND, Meters())

    assert len(gathering.evidence) == 3
    assert gathering.gaps == ()
