"""The outbox: cards reach their channel at least once, as one message each, whatever the channel does meanwhile."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, make_alert

from fermata.flows.deliver import deliver_due
from fermata.flows.resting import list_rests
from fermata.kit.errors import OperationalError
from fermata.testing.records import make_entry


async def list_due(stage, *, within=timedelta(0)):
    """Give the cards whose time has come, or will have come by then."""
    now = stage.clock.now() + within
    return await stage.store.read(lambda transaction: transaction.outbox.list_due(now))


async def test_card_is_delivered_with_the_receipt_of_the_one_before(chatty_stage, channel):
    """The first delivery has no receipt; each later one changes the message that is there."""
    receipt = await chatty_stage.send()
    await deliver_due(chatty_stage.context)
    await chatty_stage.engine.drain()

    await deliver_due(chatty_stage.context)

    assert channel.receipts == [None, f"message of {receipt.incidents[0]}"]
    assert channel.cards[1].can_decide


async def test_nothing_due_delivers_nothing(chatty_stage, channel):
    """A card that was delivered is not delivered again."""
    await chatty_stage.send()
    await deliver_due(chatty_stage.context)

    assert await deliver_due(chatty_stage.context) == 0
    assert len(channel.cards) == 1


async def test_channel_that_is_down_is_tried_again_later_and_later(chatty_stage, channel):
    """A failure plans the next try: after 1 s, 2 s, 4 s; meanwhile the channel is left alone."""
    channel.failures = 3
    await chatty_stage.send()
    waits = []
    for _ in range(3):
        assert await deliver_due(chatty_stage.context) == 0
        (waiting,) = await list_due(chatty_stage, within=timedelta(hours=1))
        waits.append(round((waiting.due_at - chatty_stage.clock.now()).total_seconds()))
        assert await deliver_due(chatty_stage.context) == 0
        chatty_stage.clock.advance(timedelta(seconds=waits[-1]))

    assert await deliver_due(chatty_stage.context) == 1
    assert waits == [1, 2, 4]


@pytest.mark.parametrize("failures", [9, 60])
async def test_wait_grows_to_five_minutes_and_no_further(chatty_stage, channel, failures):
    """A channel that was down for long gets its card within five minutes of coming back."""
    channel.failures = failures
    await chatty_stage.send()
    for _ in range(failures):
        await deliver_due(chatty_stage.context)
        (waiting,) = await list_due(chatty_stage, within=timedelta(hours=1))
        chatty_stage.clock.advance(waiting.due_at - chatty_stage.clock.now())

    assert waiting.due_at - chatty_stage.clock.now() <= timedelta(minutes=5)
    assert await deliver_due(chatty_stage.context) == 1


async def test_last_failure_is_kept_in_words(chatty_stage, channel):
    """Whoever asks why a card is late finds the reason."""
    channel.failures = 1
    await chatty_stage.send()

    await deliver_due(chatty_stage.context)

    (waiting,) = await list_due(chatty_stage, within=timedelta(hours=1))
    assert waiting.last_error == "The chat is down: it was told to be"


async def test_rest_of_a_channel_says_what_to_do(chatty_stage, channel):
    """Whoever asks for the status hears how it is mended, not the service's own word for it alone."""
    channel.failures = 1
    await chatty_stage.send()

    await deliver_due(chatty_stage.context)

    told = await chatty_stage.store.read(lambda transaction: list_rests(transaction).tell())
    assert list(told) == ["chat"]
    assert told["chat"].endswith(": The chat is down: it was told to be. Wait")


async def test_card_that_changes_during_its_delivery_is_delivered_again(build_stage):
    """A newer card wins: what was sent while it changed is sent anew."""

    class Changing(ScriptedChannel):
        async def deliver(self, card, *, key, receipt, room=""):
            if not self.cards:
                await stage.engine.drain()  # The investigation ends while the card is on its way.
            return await super().deliver(card, key=key, receipt=receipt, room=room)

    channel = Changing()
    stage = build_stage(Scripted(channel=channel))
    await stage.send()

    assert await deliver_due(stage.context) == 1
    assert await deliver_due(stage.context) == 1

    assert [card.can_decide for card in channel.cards] == [False, True]


async def test_card_that_changes_while_its_channel_is_down_is_sent_once(chatty_stage, channel):
    """Only the newest card of an incident waits."""
    channel.failures = 1
    await chatty_stage.send()
    await deliver_due(chatty_stage.context)
    await chatty_stage.engine.drain()
    chatty_stage.clock.advance(timedelta(seconds=5))

    await deliver_due(chatty_stage.context)

    assert [card.can_decide for card in channel.cards] == [True]


async def test_channel_that_crashes_holds_up_no_other_card(build_stage):
    """A bug in a channel costs its own cards a delay, and those of others nothing."""

    class Broken(ScriptedChannel):
        async def deliver(self, card, *, key, receipt, room=""):
            raise ZeroDivisionError

    well = ScriptedChannel("well")
    stage = build_stage(Scripted(channel=Broken("broken")), Scripted(channel=well))
    await stage.send()

    assert await deliver_due(stage.context) == 1
    assert len(well.cards) == 1


async def test_card_of_a_channel_that_was_removed_waits_for_nobody(chatty_stage):
    """A channel taken out of the settings receives nothing any more, and its cards are not tried forever."""
    await chatty_stage.send()
    await chatty_stage.engine.drain()
    chatty_stage.scripted = {}
    chatty_stage.restart()

    await deliver_due(chatty_stage.context)

    assert await list_due(chatty_stage, within=timedelta(hours=1)) == []


async def test_channel_that_comes_back_changes_its_old_message(chatty_stage, channel):
    """A channel that was removed and put back finds the message it had posted, and posts no second one."""
    receipt = await chatty_stage.send()
    await deliver_due(chatty_stage.context)
    await chatty_stage.engine.drain()
    systems = chatty_stage.scripted
    chatty_stage.scripted = {}
    chatty_stage.restart()
    await deliver_due(chatty_stage.context)
    chatty_stage.scripted = systems
    chatty_stage.restart()

    await chatty_stage.resolve()
    await deliver_due(chatty_stage.context)

    assert channel.receipts == [None, f"message of {receipt.incidents[0]}"]


async def test_deliveries_are_metered(chatty_stage, channel):
    """Cards delivered and cards delayed are counted for each channel."""
    channel.failures = 1
    await chatty_stage.send()
    await deliver_due(chatty_stage.context)
    chatty_stage.clock.advance(timedelta(seconds=5))
    await deliver_due(chatty_stage.context)

    text = chatty_stage.context.meters.render().decode()
    assert 'fermata_cards_total{channel="chat",result="failed"} 1.0' in text
    assert 'fermata_cards_total{channel="chat",result="delivered"} 1.0' in text


async def test_cards_of_many_incidents_all_go_out(chatty_stage, channel):
    """A storm's cards go out a batch at a time, until none waits."""
    for number in range(25):
        await chatty_stage.send(make_alert(f"Down{number}", f"service{number}"))

    delivered = [await deliver_due(chatty_stage.context) for _ in range(3)]

    assert delivered == [20, 5, 0]
    assert len({card.incident_id for card in channel.cards}) == 25


class Picky(ScriptedChannel):
    """A chat that refuses every card whose plan waits, and counts how often."""

    refused = 0

    async def deliver(self, card, *, key, receipt, room=""):
        """Refuse it, or remember it."""
        if card.can_decide:
            self.refused += 1
            raise OperationalError("It is too long")
        return await super().deliver(card, key=key, receipt=receipt, room=room)


async def test_card_that_is_refused_for_ever_keeps_no_other_from_its_room(build_stage):
    """Tried first, as its plan waits, it would let the room rest anew each time that the room is due."""
    chat = Picky()
    stage = build_stage(Scripted(channel=chat))
    await stage.hold()
    for _ in range(6):
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(minutes=1))
    await stage.send(make_alert("Other", "other"))
    for _ in range(6):
        stage.clock.advance(timedelta(minutes=6))
        await deliver_due(stage.context)

    assert [card.title for card in chat.cards if "Other" in card.title]


async def test_card_that_is_refused_for_ever_keeps_the_next_one_for_half_a_minute_only(build_stage):
    """Alone in its room it fails for long, and then somebody waits for a plan there."""
    chat = Picky()
    stage = build_stage(Scripted(channel=chat))
    await stage.hold()
    for _ in range(60):
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(minutes=1))
    stage.clock.advance(-timedelta(seconds=59))
    await stage.send(make_alert("Other", "other"))
    stage.clock.advance(timedelta(seconds=30))
    await deliver_due(stage.context)

    assert [card.title for card in chat.cards if "Other" in card.title]


class Closing(ScriptedChannel):
    """A chat that fails as it was told to, and remembers who came."""

    error = None

    async def deliver(self, card, *, key, receipt, room=""):
        """Fail, or remember the card."""
        if self.error is not None:
            raise self.error
        return await super().deliver(card, key=key, receipt=receipt, room=room)


@pytest.mark.parametrize("is_known", [True, False])
async def test_plan_that_waits_comes_first_after_an_outage(build_stage, is_known):
    """However long it was, and whatever failed meanwhile; where the fault is unknown, one other card may probe."""
    chat = Closing()
    chat.error = OperationalError("It was archived")
    chat.error.is_of_place = is_known
    stage = build_stage(Scripted(channel=chat))
    for number in range(9):
        await stage.send(make_alert(f"Other{number}", f"other{number}"))
    await stage.hold()
    for _ in range(1200):
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(seconds=1))
    chat.error = None
    for _ in range(30):
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(seconds=1))

    decidable = [card.can_decide for card in chat.cards]
    assert len(decidable) == 10
    assert decidable.index(True) <= (0 if is_known else 1)


async def test_card_that_is_refused_for_ever_is_put_off_ever_longer_while_others_arrive(build_stage):
    """Each refusal costs its room a second, so there are few of them."""
    chat = Picky()
    stage = build_stage(Scripted(channel=chat))
    await stage.hold()
    for number in range(30):
        await stage.send(make_alert(f"Other{number}", f"other{number}"))
        for _ in range(10):
            await deliver_due(stage.context)
            stage.clock.advance(timedelta(seconds=1))

    assert len([card for card in chat.cards if "Other" in card.title]) >= 29
    (held,) = [entry for entry in await list_due(stage, within=timedelta(hours=1)) if entry.card.can_decide]
    assert held.attempts >= 5
    assert chat.refused < 40


async def test_plan_that_waits_comes_first_whichever_its_room(build_stage):
    """A channel delivers one card at a time, whatever room it is for."""
    chat = ScriptedChannel()
    stage = build_stage(Scripted(channel=chat))
    now = stage.clock.now()
    await stage.store.write(
        lambda transaction: [
            transaction.outbox.put(f"chat:{room}", f"inc-{room}", make_entry(can_decide=room == "b").card, now=now)
            for room in "ab"
        ]
    )

    await deliver_due(stage.context)

    assert [card.can_decide for card in chat.cards] == [True, False]
