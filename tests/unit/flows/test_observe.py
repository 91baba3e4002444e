"""The observer keeps what is said without its secrets, forgets what is deleted, and never keeps a click waiting."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, Scripted

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.flows import observe
from fermata.flows.observe import Watch, find_missed, strike_forgotten, sweep_heard
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.observer import Observer
from fermata.settings import Settings
from fermata.settings.observer import ObserverSettings
from fermata.store.tables import metadata

MINUTE = timedelta(minutes=1)
SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def make_heard(number=1, text="checkout is down", **changes):
    """Give a message of one room, said `number` minutes after noon."""
    values = {"platform": "slack", "room": "C1", "id": f"{number}.0", "at": NOON + number * MINUTE, "user": "U1"}
    return HeardMessage.model_validate({**values, "text": text, **changes})


def list_heard(stage, *rooms):
    """Give what is kept of rooms."""
    with stage.store.begin_read() as transaction:
        return transaction.trail.list_messages("slack", rooms or ("C1",), NOON, NOON + timedelta(days=99))


def read_quotes(stage, *messages):
    """Give what a draft may use of messages."""
    with stage.store.begin_read() as transaction:
        return [item.text for item in strike_forgotten(transaction, "slack", ["C1"], messages)]


@pytest.fixture
def watch(stage):
    """Give an observer."""
    return Watch(stage.context)


@pytest.fixture
def writes(stage, monkeypatch):
    """Give the list of write transactions, which grows."""
    found, write = [], stage.store.write

    async def count(work):
        found.append(work)
        return await write(work)

    monkeypatch.setattr(stage.store, "write", count)
    return found


async def test_only_observed_rooms_are_wanted(build_stage):
    """Rooms that cards are posted to unless others are named; switched off, none."""
    cards, homes = ["slack:C1", "discord", "console"], {"discord": "7", "slack": "C0"}

    built = [ObserverSettings.model_validate(values).build(cards, homes) for values in ({}, {"rooms": ["slack:C2"]})]
    off = ObserverSettings(enabled=False, rooms=("slack:C2",)).build(cards, homes)
    stage = build_stage(observer={"rooms": ["slack:C9"]})
    watch: Observer = Watch(stage.context)

    assert [sorted(item.rooms) for item in built] == [["discord:7", "slack:C0", "slack:C1"], ["slack:C2"]]
    assert (off.rooms, off.list_rooms("slack")) == (frozenset(), ())
    assert built[0].list_rooms("slack") == ("C0", "C1")
    assert [sorted(item.common) for item in built] == [[], ["slack:C2"]]
    assert [built[0].find_room(address) for address in ("slack", "slack:C5", "console")] == ["slack:C0", "slack:C5", ""]
    assert [watch.wants("slack", "C9"), watch.wants("slack", "C1"), watch.wants("discord", "C9")] == [
        True,
        False,
        False,
    ]


def test_room_without_a_place_is_a_fault():
    """`slack` alone says nothing about what may be heard."""
    with pytest.raises(ValueError, match="write it like slack:C0123ABCD"):
        Settings.model_validate({"observer": {"rooms": ["slack"]}})


async def test_secrets_are_hidden_before_anything_is_kept(stage, watch):
    """In texts, in names of files and in names of people."""
    await watch.hear(make_heard(text=f"key={SECRET}", files=(f"{SECRET}.txt",)))
    await watch.meet(HeardPerson(platform="slack", user="U1", name=f"al {SECRET}"))

    with stage.store.begin_read() as transaction:
        rows = transaction.connection.exec_driver_sql("SELECT record FROM heard_messages").scalars().all()
        rows += transaction.connection.exec_driver_sql("SELECT record FROM heard_people").scalars().all()
    assert len(rows) == 2
    assert all("[redacted:" in row and SECRET not in row for row in rows)


async def test_endless_message_is_cut_at_a_line(stage, watch):
    """A secret that the cut would halve must not stay as half a secret."""
    await watch.hear(make_heard(text=f"{'x ' * 19_990}\nkey={SECRET}"))

    (kept,) = list_heard(stage)
    assert kept.text.endswith("\n[cut]")
    assert SECRET[:12] not in kept.text


async def test_deleted_message_leaves_no_text(stage, watch):
    """Neither it nor its quote is told, although the event of its birth comes again."""
    await watch.hear(make_heard(text="the CEO broke prod again"))
    await watch.forget("slack", "C1", "1.0", NOON + MINUTE)
    await watch.hear(make_heard(text="the CEO broke prod again"))
    await watch.hear(make_heard(2, "> The CEO broke prod again\nplease delete that"))

    with stage.store.begin_read() as transaction:
        stored = [transaction.connection.execute(table.select()).all() for table in metadata.sorted_tables]
    assert "broke prod" not in str(stored).replace("> The CEO broke prod again", "", 1)
    assert read_quotes(stage, *list_heard(stage), make_heard(text="from history")) == ["please delete that"]


async def test_line_of_a_deleted_message_is_struck_from_a_sentence_that_quotes_it(stage, watch):
    """Whatever signs stand around it; half a line leaves another digest, and stays."""
    await watch.hear(make_heard(text="Server list is gone for everyone!!!"))
    await watch.forget("slack", "C1", "1.0", NOON + MINUTE)

    quotes = ['"server list is gone for everyone" nah mine\'s there', '"server list is gone" hm']
    assert read_quotes(stage, *(make_heard(number, text) for number, text in enumerate(quotes, 5))) == [
        "nah mine's there",
        quotes[1],
    ]


async def test_changed_words_are_not_quoted_any_more(stage, watch):
    """A quote of the older form is struck; a bot that says the same of another alert is not."""
    await watch.hear(make_heard(text="firing: checkout is down\nsee the board"))
    await watch.hear(make_heard(text="resolved\nsee the board", edited_at=NOON + 2 * MINUTE))

    quotes = ["> firing: checkout is down", "firing: checkout is down", "> see the board"]
    assert read_quotes(stage, *(make_heard(number, text) for number, text in enumerate(quotes, 5))) == ["", *quotes[1:]]


async def test_reactions_and_pins_are_kept_in_order(stage, watch):
    """What is told one after the other, at once, is kept one after the other."""
    await asyncio.gather(
        watch.hear(make_heard()),
        watch.react("slack", "C1", "1.0", name="eyes", user="U2", present=True),
        watch.react("slack", "C1", "1.0", name="fire", user="U2", present=True),
        watch.react("slack", "C1", "1.0", name="fire", user="U2", present=False),
        watch.pin("slack", "C1", "1.0", present=True),
        watch.hear(make_heard(2)),
    )

    first, second = list_heard(stage)
    assert (dict(first.reactions), first.is_pinned) == ({"eyes": 1}, True)
    assert (dict(second.reactions), second.is_pinned) == ({}, False)


async def test_flood_is_written_in_batches(stage, watch, writes):
    """A bot that posts two thousand lines at once costs a handful of transactions, and loses none of its lines."""
    await asyncio.gather(*(watch.hear(make_heard(number, f"line {number}")) for number in range(2_000)))

    assert len(list_heard(stage)) == 2_000
    assert len(writes) <= 2_000 / 500 + 1
    assert b'fermata_heard_total{platform="slack",what="message"} 2000.0' in stage.context.meters.render()


async def test_click_waits_for_one_batch_at_most(stage, watch, monkeypatch):
    """While a flood is on its way, at most one transaction of it stands before anybody else's."""
    begun, done, write = [], [], stage.store.write

    async def follow(work):
        begun.append(work)
        await write(work)
        done.append(work)

    monkeypatch.setattr(stage.store, "write", follow)
    flood = [asyncio.create_task(watch.hear(make_heard(number))) for number in range(1_500)]
    await asyncio.wait(flood[:1])
    before, ended = len(begun), []
    ahead = before - len(done)

    await write(lambda _: ended.append(len(begun)))
    await asyncio.gather(*flood)

    assert ahead <= 1
    assert ended[0] <= before + 1  # What the flood brings meanwhile stands behind.


async def test_store_that_fails_is_told_to_the_service(stage, watch, monkeypatch):
    """Whoever told the observer hears of it, the next one is kept, and the gap is known to the draft."""
    write = stage.store.write

    async def fail(work):
        raise TransientError("The store is full", do="Make room")

    monkeypatch.setattr(stage.store, "write", fail)
    with pytest.raises(OperationalError, match="full"):
        await watch.hear(make_heard())
    monkeypatch.setattr(stage.store, "write", write)
    await watch.hear(make_heard(2))

    with stage.store.begin_read() as transaction:
        missed = [find_missed(transaction, platform) for platform in ("slack", "discord")]
    assert [item.id for item in list_heard(stage)] == ["2.0"]
    assert missed[0] is not None
    assert missed[1] is None
    assert b'fermata_heard_lost_total{platform="slack"} 1.0' in stage.context.meters.render()


async def test_crash_of_a_batch_is_no_silence(watch, monkeypatch):
    """A bug of ours fails those who wait, and the next one is tried anew."""
    monkeypatch.setattr(observe, "_hide", lambda _: 1 / 0)

    with pytest.raises(TransientError, match=r"it crashed \(ZeroDivisionError\)"):
        await watch.hear(make_heard())
    monkeypatch.undo()

    await watch.hear(make_heard())


async def test_observer_that_is_behind_refuses(watch, monkeypatch):
    """A store that stands still must not fill memory: the service is asked to come again."""
    monkeypatch.setattr(observe, "_MOST_WAITING", 3)

    told = await asyncio.gather(*(watch.hear(make_heard(number)) for number in range(5)), return_exceptions=True)

    assert [type(item) for item in told] == [type(None)] * 3 + [TransientError] * 2


async def test_old_words_are_removed_in_bounded_batches(build_stage, monkeypatch):
    """What was said longer ago than it is kept goes; nothing is written when there is nothing to remove."""
    stage = build_stage(observer={"rooms": ["slack:C1"], "keep": "2d"})
    watch = Watch(stage.context)
    monkeypatch.setattr(observe, "_SWEPT", 2)
    for number in range(5):
        await watch.hear(make_heard(number))
    before = await sweep_heard(stage.context)
    stage.clock.advance(timedelta(days=2, minutes=2, seconds=30))

    swept = [await sweep_heard(stage.context) for _ in range(3)]

    assert (before, swept) == (0, [2, 1, 0])

    assert [item.id for item in list_heard(stage)] == ["3.0", "4.0"]


async def test_clock_that_leaps_ahead_takes_nothing_for_a_day(build_stage):
    """A wrong clock can be mended meanwhile: `fermata check` says so, and mended it finds everything there."""
    stage = build_stage(observer={"rooms": ["slack:C1"], "keep": "30d"})
    await Watch(stage.context).hear(make_heard())
    await sweep_heard(stage.context)
    assert not await stage.house.check_clock()
    stage.clock.advance(timedelta(weeks=6))

    leapt = await sweep_heard(stage.context)
    (finding,) = await stage.house.check_clock()
    stage.clock.advance(-timedelta(weeks=6))
    mended = await sweep_heard(stage.context)

    assert (leapt, mended, len(list_heard(stage))) == (0, 0, 1)
    assert not finding.ok
    assert finding.text.startswith("It leapt from 2026-11-23T12:")
    assert not await stage.house.check_clock()


async def test_machine_that_is_on_for_an_afternoon_a_week_forgets_too(build_stage):
    """It leaps at every start, and never goes on for a day: its afternoons are added up."""
    stage = build_stage(observer={"rooms": ["slack:C1"], "keep": "30d"})
    await Watch(stage.context).hear(make_heard())
    await sweep_heard(stage.context)
    swept = []

    for _ in range(12):
        stage.clock.advance(timedelta(days=7) - timedelta(hours=4))
        for _ in range(8):
            swept.append(await sweep_heard(stage.context))
            stage.clock.advance(timedelta(minutes=30))

    assert sum(swept) == 1
    assert not list_heard(stage)


async def test_machine_that_stood_still_forgets_a_day_later(build_stage):
    """What was to go goes: nobody mended the clock, so it is right."""
    stage = build_stage(observer={"rooms": ["slack:C1"], "keep": "30d"})
    await Watch(stage.context).hear(make_heard())
    await sweep_heard(stage.context)
    stage.clock.advance(timedelta(weeks=6))
    await sweep_heard(stage.context)

    stage.clock.advance(timedelta(days=1))

    assert await sweep_heard(stage.context) == 1
    assert list_heard(stage) == []


async def test_room_that_is_no_longer_observed_is_forgotten(build_stage, monkeypatch):
    """Deletions there would not be heard any more: what was kept of it goes, in bounded batches, and once."""
    stage = build_stage(observer={"rooms": ["slack:C1", "slack:C2"]})
    monkeypatch.setattr(observe, "_SWEPT", 2)
    for number in range(3):
        await Watch(stage.context).hear(make_heard(number, room="C2"))
        await Watch(stage.context).hear(make_heard(number))
    before = await sweep_heard(stage.context)
    stage.restart(observer={"rooms": ["slack:C1"]})

    swept = [await sweep_heard(stage.context) for _ in range(3)]

    assert (before, swept) == (0, [2, 1, 0])
    assert {message.room for message in list_heard(stage, "C1", "C2")} == {"C1"}


async def test_listener_that_stops_loses_nothing(stage, watch):
    """Whoever was told to stop waiting is not waited for, and what it told is kept."""
    telling = asyncio.create_task(watch.hear(make_heard()))
    await asyncio.sleep(0)
    telling.cancel()

    await watch.hear(make_heard(2))

    assert [item.id for item in list_heard(stage)] == ["1.0", "2.0"]
    assert telling.cancelled()


async def test_only_who_hears_an_observed_room_is_attached(build_stage):
    """Listening to talk takes rights of its own: a chat without an observed room needs none of them."""
    heard = []

    class Ear(Scripted):
        def find_listener(self):
            return self

        def attach(self, observer):
            heard.append(observer)

    build_stage(Ear(), observer={"rooms": ["discord:7"]})
    before = list(heard)
    build_stage(Ear(), observer={"rooms": ["scripted-0:C1"]})

    assert (before, [type(item) for item in heard]) == ([], [Watch])
