"""One look at the store for all open streams; each is told once what it does not know yet."""

import asyncio

import pytest
from tests.unit.web import story
from tests.unit.web.house import House

from fermata.domain.person import FERMATA
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.web.streams import MOST_OF_A_SESSION, MOST_STREAMS, Streams, TooManyStreamsError, wait_for_news

OTHER = "inc-0000000000000000"


@pytest.fixture
def house():
    """Give a house with six entries in its journal."""
    return House(FakeClock(story.NOW))


@pytest.fixture
def streams(house):
    """Give streams that look without waiting."""
    return Streams(house, house, look_every_s=0)


async def test_stream_is_told_what_happened_after_it_began(house, streams):
    """Each incident once, in order; asked again, nothing is new."""
    async with streams.open("s", None) as stream:
        for incident_id in (OTHER, story.INCIDENT_ID, OTHER, None):
            house.happen(incident_id)
        await wait_for_news(stream, 1)
        news = streams.read_news(stream)

        assert (news.sequence, news.incidents, news.switched) == (10, (OTHER, story.INCIDENT_ID), False)
        assert streams.read_news(stream) is None


async def test_quiet_store_wakes_nobody(house, streams):
    """Without an entry a stream sleeps until its own time is over."""
    async with streams.open("s", None) as stream:
        await wait_for_news(stream, 0.02)

        assert not stream.woken.is_set()
        assert streams.read_news(stream) is None


async def test_halt_is_told_without_an_entry(house, streams):
    """A halt is a file first: it is in force when the journal could not take it."""
    async with streams.open("s", None) as stream:
        await house.halt(FERMATA, "rehearsal")
        await wait_for_news(stream, 1)
        news = streams.read_news(stream)

        assert (news.incidents, news.switched) == ((), True)


async def test_returning_tab_is_told_what_it_missed(house, streams):
    """A tab that says where it was is told what came since, once it is there again."""
    async with streams.open("s", None) as first:
        house.happen(OTHER)
        await wait_for_news(first, 1)
        async with streams.open("s", 6) as second:
            news = streams.read_news(second)

            assert second.woken.is_set() is False
            assert (news.incidents, news.switched) == ((OTHER,), True)


async def test_tab_that_was_away_for_long_is_told_to_look_at_everything(house, streams):
    """What is not remembered cannot be named, and is never left out."""
    async with streams.open("s", 2) as stream:
        assert streams.read_news(stream).incidents is None


async def test_place_ahead_of_the_journal_is_not_believed(house, streams):
    """A store that was restored has a shorter journal than the tab remembers."""
    async with streams.open("s", 999) as stream:
        streams.read_news(stream)
        house.happen(OTHER)
        await wait_for_news(stream, 1)

        assert streams.read_news(stream).incidents == (OTHER,)


async def test_storm_beyond_memory_is_told_without_names(house, streams):
    """A thousand entries between two looks of a stream are not all remembered."""
    async with streams.open("s", None) as stream:
        entry = house.entries[-1]
        house.entries += [entry.model_copy(update={"sequence": 7 + number}) for number in range(1100)]
        while streams._head < 1106:
            await wait_for_news(stream, 1)
            stream.woken.clear()

        assert streams.read_news(stream).incidents is None


async def test_nobody_listening_nobody_looks(house, streams):
    """The look begins with the first stream and ends with the last."""
    async with streams.open("a", None):
        async with streams.open("b", None):
            pass
        assert streams.is_looking
    assert not streams.is_looking


@pytest.mark.parametrize(
    ("count", "name"), [(MOST_OF_A_SESSION, lambda _: "s"), (MOST_STREAMS, str)], ids=["one session", "all"]
)
async def test_crowd_is_refused(streams, count, name):
    """One stream too many is refused in words, and the others stay."""
    opened = [streams.open(name(number), None) for number in range(count)]
    for stream in opened:
        await stream.__aenter__()

    with pytest.raises(TooManyStreamsError, match="too many live pages"):
        await streams.open("s", None).__aenter__()

    for stream in opened:
        await stream.__aexit__(None, None, None)


async def test_session_that_ends_closes_its_streams_only(streams):
    """Signing out wakes one's own tabs and nobody else's."""
    async with streams.open("ada", None) as own, streams.open("mei", None) as foreign:
        streams.end_session("ada")

        assert (own.is_ended, own.woken.is_set()) == (True, True)
        assert (foreign.is_ended, foreign.woken.is_set()) == (False, False)


async def test_store_that_cannot_be_read_ends_the_look(house, streams):
    """Every stream wakes to find that nobody looks; the next one to open tries again."""
    async with streams.open("s", None) as stream:
        house.fault = OperationalError("The store is locked")
        await wait_for_news(stream, 1)

        assert not streams.is_looking
        with pytest.raises(OperationalError):
            await streams.open("s", None).__aenter__()
        house.fault = None
        async with streams.open("s", None):
            assert streams.is_looking
    await asyncio.sleep(0)
