"""Cards of plans that wait are looked at again where others may take them away, so many at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted
from tests.unit.flows.test_notify import SECTIONS, Chat, name_channels

from fermata.domain.proposal import ProposalState
from fermata.flows.deliver import deliver_due
from fermata.flows.later import Chore, list_due
from fermata.flows.renewing import plan_renewal, renew_some, resume_renewal


@pytest.fixture
def forum():
    """Give a chat that nobody can take away from."""
    return Chat("scripted-1")


class Board(Chat):
    """A place whose messages others may take away."""

    renew_every = timedelta(minutes=1)


@pytest.fixture
def board():
    """Give the board."""
    return Board("scripted-0")


@pytest.fixture
def beside(build_stage, board, forum):
    """Give a stage with a board and a chat."""
    return build_stage(Scripted(channel=board), Scripted(channel=forum), **SECTIONS)


async def test_plan_that_waits_is_shown_again_where_others_may_close_it(beside, board, forum):
    """The same card under its own receipt, as often as the channel asks; a chat gets it once."""
    await beside.hold()
    await deliver_due(beside.context)

    for _ in range(2):
        beside.clock.advance(timedelta(minutes=1, seconds=1))
        await deliver_due(beside.context)

    assert name_channels(board, forum) == [3, 1]
    assert board.cards[0] == board.cards[2]
    assert board.receipts[0] is None
    assert board.receipts[2] == board.receipts[1] is not None


async def test_plan_that_was_decided_is_shown_again_no_more(beside, board):
    """What the decision changed goes out; after that nothing is looked at."""
    view = await beside.hold()
    await beside.decide(view)
    await deliver_due(beside.context)

    for _ in range(2):
        beside.clock.advance(timedelta(minutes=1, seconds=1))
        await deliver_due(beside.context)

    assert name_channels(board) == [1]


async def test_renewal_keeps_a_card_that_waits_already(beside, board):
    """A board that is down is not asked more often because its card is due again."""
    await beside.hold()
    board.failures = 1
    await deliver_due(beside.context)
    beside.clock.advance(timedelta(minutes=1, seconds=1))

    await deliver_due(beside.context)

    assert (name_channels(board), board.receipts) == ([1], [None])


def shelve(transaction, view, count, channel="scripted-0"):
    """Let many plans wait, each shown in a channel; give their incidents."""
    incidents = [f"inc-{number:02}" for number in range(count)]
    for name in incidents:
        proposal = view.proposal.model_copy(update={"id": f"prop-{name}", "incident_id": name})
        transaction.proposals.open(view.plan, proposal)
        transaction.outbox.put(channel, name, view.card, now=view.proposal.opened_at)
    for entry in transaction.outbox.list_due(view.proposal.opened_at, limit=1000, channel=channel):
        transaction.outbox.mark_delivered(entry, f"message of {entry.key}", now=view.proposal.opened_at)
    return incidents


async def test_looks_take_nothing_from_cards_that_are_on_their_way(beside):
    """A channel takes so many changes a minute, and a card that it takes tells as much as a look."""
    view = await beside.hold()
    await deliver_due(beside.context)
    now = beside.clock.now()

    with beside.store.begin() as transaction:
        shelve(transaction, view, 5)
        transaction.outbox.put("scripted-0", "inc-new", view.card.model_copy(update={"can_decide": False}), now=now)
        renew_some(transaction, beside.context, "scripted-0", now)
        (entry,) = transaction.outbox.list_due(now, channel="scripted-0")
        transaction.outbox.mark_delivered(entry, "message", now=now)
        renew_some(transaction, beside.context, "scripted-0", now)
        after = transaction.outbox.list_due(now, channel="scripted-0")

    assert entry.key == "inc-new"
    assert len(after) == 6


async def test_more_plans_than_a_round_bears_take_turns(beside):
    """Twenty a minute, whoever opened first; each has its turn before one has a second."""
    view = await beside.hold()
    await deliver_due(beside.context)
    now, seen = beside.clock.now(), []

    with beside.store.begin() as transaction:
        shelve(transaction, view, 49)
        for _ in range(5):
            renew_some(transaction, beside.context, "scripted-0", now)
            due = transaction.outbox.list_due(now, limit=1000, channel="scripted-0")
            for entry in due:
                transaction.outbox.mark_delivered(entry, entry.receipt, now=now)
            seen.append([entry.key for entry in due])

    assert [len(keys) for keys in seen] == [20] * 5
    every = [key for keys in seen for key in keys]
    assert len({key for keys in seen[:3] for key in keys}) == 50
    assert {every.count(key) for key in every} == {2}


async def test_one_round_is_noted_however_many_plans_wait(beside):
    """Every change of every card finds the same note."""
    view = await beside.hold()
    now = beside.clock.now()

    with beside.store.begin() as transaction:
        shelve(transaction, view, 5)
        for seconds in range(3):
            plan_renewal(transaction, beside.context, view.proposal, now.replace(second=seconds))
        noted = [due for due in list_due(transaction, now + timedelta(minutes=2)) if due.chore is Chore.RENEW]

    assert len(noted) == 1


async def test_impatient_channel_is_not_asked_more_than_every_three_seconds(beside, board):
    """Whatever its settings say: one plan a round, and rounds are three seconds apart."""
    board.renew_every = timedelta(seconds=1)
    view = await beside.hold()
    await deliver_due(beside.context)
    now = beside.clock.now()

    with beside.store.begin() as transaction:
        shelve(transaction, view, 3)
        renew_some(transaction, beside.context, "scripted-0", now)
        due = transaction.outbox.list_due(now, channel="scripted-0")
        noted = [due for due in list_due(transaction, now + timedelta(seconds=4)) if due.chore is Chore.RENEW]

    assert (len(due), len(noted)) == (1, 1)


async def test_nothing_is_noted_where_nothing_can_be_taken_away(beside, board):
    """No plan, none that waits, and no such channel: no round."""
    view = await beside.hold()
    context, now = beside.context, beside.clock.now()
    chats = replace(context, channels={"scripted-1": context.channels["scripted-1"]})
    decided = view.proposal.model_copy(update={"state": ProposalState.REJECTED})

    with beside.store.begin() as transaction:
        for due in list_due(transaction, now + timedelta(days=1)):
            transaction.flags.remove(due.name)
        plan_renewal(transaction, context, None, now)
        plan_renewal(transaction, context, decided, now)
        plan_renewal(transaction, chats, view.proposal, now)
        renew_some(transaction, chats, "scripted-0", now)
        renew_some(transaction, context, "scripted-0", view.proposal.expires_at)

        assert list_due(transaction, now + timedelta(days=1)) == []


async def test_plan_that_was_held_before_an_upgrade_is_looked_after(beside, board):
    """The older Fermata noted no round for this channel; nothing is written where one is noted, or no plan waits."""
    idle = await resume_renewal(beside.context)
    view = await beside.hold()
    await deliver_due(beside.context)
    with beside.store.begin() as transaction:
        for due in list_due(transaction, beside.clock.now() + timedelta(days=1)):
            transaction.flags.remove(due.name)

    resumed = [await resume_renewal(beside.context) for _ in range(2)]
    beside.clock.advance(timedelta(minutes=1, seconds=1))
    await deliver_due(beside.context)

    assert (idle, resumed, name_channels(board)) == (False, [True, False], [2])
    beside.clock.advance(view.proposal.expires_at - beside.clock.now() + timedelta(minutes=5))
    assert not await resume_renewal(beside.context)


async def test_each_channel_keeps_its_own_pace(build_stage):
    """One that asks for a look a minute makes none of another that asks for one in five: a forge counts its calls."""
    quick, slow = Board("scripted-0"), Board("scripted-1")
    slow.renew_every = timedelta(minutes=5)
    both = build_stage(Scripted(channel=quick), Scripted(channel=slow), **SECTIONS)
    await both.hold()
    await deliver_due(both.context)

    for _ in range(10):
        both.clock.advance(timedelta(minutes=1))
        await deliver_due(both.context)

    assert name_channels(quick, slow) == [11, 3]


async def test_note_of_an_older_fermata_hands_over_to_the_channels(beside):
    """Its `all` was every channel's; what waits then goes on being looked at."""
    view = await beside.hold()
    now = beside.clock.now()

    with beside.store.begin() as transaction:
        for due in list_due(transaction, now + timedelta(days=1)):
            transaction.flags.remove(due.name)
        renew_some(transaction, beside.context, "all", now)
        noted = [(due.chore, due.about) for due in list_due(transaction, now + timedelta(minutes=2))]

    assert view.proposal.state is ProposalState.OPEN
    assert noted == [(Chore.RENEW, "scripted-0")]
