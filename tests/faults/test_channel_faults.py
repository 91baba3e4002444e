"""Channels on bad days: down for an hour, gone between a message and its receipt, clicked by everybody at once.

A real store; the fake is the channel alone.
"""

import asyncio
import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event
from tests.unit.flows.stage import PEOPLE, Scripted, ScriptedChannel, Stage, make_alert

from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.flows.deliver import deliver_due
from fermata.flows.rerouting import reroute_stranded
from fermata.flows.sweep import measure
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.desk import Guest
from fermata.store.connect import open_store
from fermata.testing.message_file import MessageFileSettings, MessageSystem
from fermata.testing.records import NOON, make_card

HOUR = timedelta(hours=1)
CLICKERS = 8


class Chat(ScriptedChannel):
    """A chat that can be down, counts what it is asked, and finds a message by its key."""

    def __init__(self):
        super().__init__()
        self.asked = 0
        self.down = False
        self.messages = {}
        self.limit = None

    async def deliver(self, card, *, key, receipt, room=""):
        """Take the card, or fail."""
        self.asked += 1
        if self.down:
            raise TransientError("The chat is down", retry_after=self.limit)
        self.messages[key, room] = card
        return f"{room}/{key}"


@pytest.fixture
def chat():
    """Give the chat."""
    return Chat()


@pytest.fixture
def stage(tmp_path, sqlite_store, chat):
    """Give a house with the chat."""
    return Stage(tmp_path, sqlite_store, [Scripted(channel=chat)])


async def test_chat_that_is_down_for_an_hour_gets_every_card_within_five_minutes(stage, chat):
    """Meanwhile it is left alone: not asked for each of the cards, nor each time one changes."""
    chat.down = True
    await stage.send(*(make_alert(f"Down{number}", f"service{number}") for number in range(60)))
    down_until = stage.clock.now() + HOUR
    while stage.clock.now() < down_until:
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(seconds=30))
    asked = chat.asked
    await stage.resolve(*(make_alert(f"Down{number}", f"service{number}") for number in range(30)))
    chat.down = False
    back_at = stage.clock.now()

    while len(chat.messages) < 60:
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(seconds=1))

    assert stage.clock.now() - back_at <= timedelta(minutes=5)
    assert asked < 30
    states = [card.subtitle.partition(";")[0] for card in chat.messages.values()]
    assert states.count("resolved") == 30


async def test_chat_that_asks_for_patience_is_given_it(stage, chat):
    """A limit of the service counts for all of its rooms, and ends when it said."""
    chat.down, chat.limit = True, timedelta(seconds=40)
    await stage.send(make_alert(), make_alert("Other", "search"))
    for _ in range(39):
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(seconds=1))
    assert chat.asked == 1

    chat.down = False
    stage.clock.advance(timedelta(seconds=2))
    await deliver_due(stage.context)

    assert len(chat.messages) == 2


async def test_storm_of_a_thousand_alerts_is_one_card(tmp_path, sqlite_store, chat):
    """One incident, one message, however often it changes."""
    stage = Stage(tmp_path, sqlite_store, [Scripted(channel=chat)])
    for batch in range(4):
        await stage.send(*(make_alert(f"Alert{batch * 250 + number}", "checkout") for number in range(250)))
        await deliver_due(stage.context)
    await stage.engine.drain()
    await deliver_due(stage.context)

    assert len(chat.messages) == 1
    assert chat.asked <= 5


async def test_crash_between_message_and_receipt_makes_no_second_message(tmp_path, sqlite_store):
    """The process dies after the chat took the message: the next one finds it, and changes it."""

    class Death(BaseException):
        """Nothing catches it."""

    deaths = ["card:after"]

    def interrupt(point):
        if deaths and point == deaths[0]:
            deaths.pop()
            raise Death

    clock = SystemClock()
    settings = MessageFileSettings(path=tmp_path / "messages.json")
    dying, living = (MessageSystem(settings, clock, interrupt=each) for each in (interrupt, lambda _: None))
    stage = Stage(tmp_path, sqlite_store, [dying])
    await stage.send()
    with pytest.raises(Death):
        await deliver_due(stage.context)
    stage.scripted = {"messages": living}
    stage.restart()

    await deliver_due(stage.context)
    await stage.engine.drain()
    await deliver_due(stage.context)

    (message,) = living.channel.read()
    assert "Plan digest" in message.text


@pytest.fixture
def count_queries(sqlite_store):
    """Give a function that counts the statements of some work."""

    async def count(work):
        seen = []
        database = sqlite_store.database

        def note(_connection, _cursor, statement, *_):
            seen.append(statement)

        event.listen(database, "before_cursor_execute", note)
        try:
            await work()
        finally:
            event.remove(database, "before_cursor_execute", note)
        return len(seen)

    return count


async def test_sweep_costs_the_same_with_ten_thousand_open_cards(stage, chat, count_queries, sqlite_store):
    """Ten thousand cards that are shown, and as many of a channel that is down: no look costs more for it."""
    chat.down = True
    await stage.send()
    await deliver_due(stage.context)

    async def look():
        await deliver_due(stage.context)
        await reroute_stranded(stage.context)
        await measure(stage.context)

    few = await count_queries(look)
    with sqlite_store.begin() as transaction:
        card = make_card()
        for number in range(10_000):
            transaction.outbox.put("chat", f"inc-{number}", card, now=NOON)
        transaction.connection.exec_driver_sql("UPDATE outbox SET is_delivered = 1 WHERE rowid % 2 = 0")

    many = await count_queries(look)

    assert many == few
    assert many < 40


def click_at_once(url, folder, view):
    """Click in the same instant, each in a thread with a store and a house of its own; give the answers."""
    barrier, answers = threading.Barrier(CLICKERS), []

    def click(number):
        handle = ("alice", "bob")[number % 2]
        ruling = Ruling.REJECT if number % 4 == 3 else Ruling.APPROVE
        store = open_store(url)
        try:
            desk = Stage(folder / str(number), store).house.desk
            nonce = view.card.plan_digest.removeprefix("sha256:")[:16]
            guest = Guest(channel="console", handle=handle)
            barrier.wait()
            answers.append(asyncio.run(desk.decide(guest, ruling, incident_id=view.incident.id, nonce=nonce)))
        finally:
            store.close()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(CLICKERS)]
    for number, thread in enumerate(threads):
        (folder / str(number)).mkdir()
        thread.start()
    for thread in threads:
        thread.join()
    return answers


async def test_everybody_who_clicks_at_once_is_answered_and_one_decides(tmp_path, store_url):
    """Two people, four times each, in the same instant, each over a connection of its own: one decision."""
    store = open_store(store_url)
    stage = Stage(tmp_path, store)
    view = await stage.hold()

    answers = await asyncio.to_thread(click_at_once, store_url, tmp_path, view)

    after = await stage.show(view.incident.id)
    accepted = [answer for answer in answers if answer.accepted]
    assert (len(answers), len(accepted)) == (CLICKERS, 1)
    assert {answer.rule for answer in answers if not answer.accepted} == {"already_decided"}
    assert after.proposal.state in (ProposalState.APPROVED, ProposalState.REJECTED)
    await stage.engine.drain()
    assert stage.count_marks() == (1 if after.proposal.state is ProposalState.APPROVED else 0)
    assert (await stage.house.readings.verify_journal()).holds
    store.close()


@pytest.mark.parametrize("seed", range(5))
async def test_of_any_clicks_only_those_that_count_do_anything(tmp_path, sqlite_store, seed, monkeypatch):
    """Strangers, machines, barred guests, old cards and a store that fails now and then: no wrong execution."""
    dice = random.Random(seed)  # noqa: S311 - a test that can be repeated
    stage = Stage(tmp_path, sqlite_store)
    view = await stage.hold()
    nonce = view.card.plan_digest.removeprefix("sha256:")[:16]
    known = {person["id"] for person in PEOPLE}
    own, deciders, answered = sqlite_store.write, [], 0

    async def write(work):
        if dice.random() < 0.2:
            raise TransientError("The store is busy")
        return await own(work)

    monkeypatch.setattr(sqlite_store, "write", write)
    for _ in range(60):
        guest = Guest(
            channel=dice.choice(["console", "console", "chat"]),
            handle=dice.choice(["alice", "max", "robot", "mallory", "fermata"]),
            bot=dice.random() < 0.3,
            barred=dice.choice(["", "", "no write permission"]),
        )
        shown = dice.choice([nonce, nonce, "0" * 16, nonce[:4], ""])
        try:
            answer = await stage.house.desk.decide(guest, Ruling.APPROVE, incident_id=view.incident.id, nonce=shown)
        except OperationalError:
            continue
        answered += 1
        assert answer.text
        if isinstance(answer, Answer) and answer.accepted:
            deciders.append((guest, shown))
    monkeypatch.setattr(sqlite_store, "write", own)

    await stage.engine.drain()

    assert answered > 30
    assert len(deciders) <= 1
    assert all(
        (guest.channel, guest.handle, guest.bot, guest.barred, shown) == ("console", "alice", False, "", nonce)
        for guest, shown in deciders
    )
    assert stage.count_marks() == len(deciders)
    assert known >= {approval.person_id for approval in (await stage.show(view.incident.id)).approvals}
