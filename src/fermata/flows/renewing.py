"""Cards of plans that wait are looked at again where others may have closed or changed them: a schedule a channel.

A forge counts calls by the account, not by the issue. So not each plan has a clock of its own: each round looks at so
many, the others have their turn in the next ones, and a hundred plans cost no more calls a minute than twenty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.context import FlowContext
from fermata.flows.later import Chore, is_planned, plan_later
from fermata.ports.channel import Renewed
from fermata.ports.store import Transaction
from fermata.rules.notices import find_channel

_GAP = timedelta(seconds=3)
"""Between two looks, on average: 1,200 an hour, of a few calls each, where GitHub allows 5,000 calls (15,000 to an app
of an Enterprise). Comments, cards and evidence need the others."""
_TURN = "renewals/"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_OPEN = 10_000
_MOST_LOOKED_AT = 1_000
"""Plans a round, shown in such a channel or not: whether they are is asked one by one."""


def plan_renewal(transaction: Transaction, context: FlowContext, proposal: Proposal | None, now: datetime) -> None:
    """Note when each channel that asks for it has its next round, where a plan waits. Noted again it is one note."""
    if proposal is None or proposal.state is not ProposalState.OPEN:
        return
    for name, at in _list_rounds(context, now):
        plan_later(transaction, at, Chore.RENEW, name, {})


async def resume_renewal(context: FlowContext) -> bool:
    """Note the next round of plans that wait already where it is not; answer whether one was missing.

    They were held by an older Fermata, or while another one of its channels was not configured.
    """
    now = context.clock.now()
    rounds = _list_rounds(context, now)

    def read(transaction: Transaction) -> Proposal | None:
        if all(is_planned(transaction, at, Chore.RENEW, name) for name, at in rounds):
            return None
        waiting = transaction.proposals.list_in_state(ProposalState.OPEN, _MOST_OPEN)
        return next((one for one in waiting if now < one.expires_at), None)

    missing = await context.store.read(read)
    if missing is not None:
        await context.store.write(lambda transaction: plan_renewal(transaction, context, missing, now))
    return missing is not None


def renew_some(transaction: Transaction, context: FlowContext, name: str, now: datetime) -> None:
    """Make due again the cards whose turn it is: an issue that somebody closed or deleted shows its plan to nobody.

    Args:
        name: The channel whose round it is. One that asks for none, as the `all` of an older Fermata, hands over to
            those that do.
    """
    every = _find_pace(context, name)
    listed = transaction.proposals.list_in_state(ProposalState.OPEN, _MOST_OPEN)
    waiting = sorted((one for one in listed if now < one.expires_at), key=lambda one: one.id)
    if not waiting:
        return
    if every is not None:
        last = str((transaction.flags.find(_TURN + name) or {}).get("last", ""))
        turn = [*(one for one in waiting if one.id > last), *(one for one in waiting if one.id <= last)]
        left = max(every // _GAP, 1)
        # Where a card is on its way, that tells as much as a look, and the room takes so many changes a minute.
        busy = transaction.outbox.list_waiting(now)
        for proposal in turn[:_MOST_LOOKED_AT]:
            last = proposal.id
            left -= _renew(transaction, name, proposal, now, busy)
            if left <= 0:
                break
        transaction.flags.put(_TURN + name, {"last": last})
    plan_renewal(transaction, context, waiting[0], now)


def _renew(transaction: Transaction, name: str, proposal: Proposal, now: datetime, busy: Sequence[str]) -> int:
    """Return in how many places of a channel the card is due again."""
    return sum(
        transaction.outbox.renew(place.channel, proposal.incident_id, now=now)
        for place in transaction.outbox.list_places(proposal.incident_id)
        if find_channel(place.channel) == name and place.channel not in busy
    )


def _list_rounds(context: FlowContext, now: datetime) -> Sequence[tuple[str, datetime]]:
    """Return each channel that asks for rounds, with its next one: all plans of a channel share it."""
    paces = ((name, _find_pace(context, name)) for name in context.channels)
    return [(name, _EPOCH + every * ((now - _EPOCH) // every + 1)) for name, every in paces if every is not None]


def _find_pace(context: FlowContext, name: str) -> timedelta | None:
    channel: object = context.channels.get(name)
    return max(channel.renew_every, _GAP) if isinstance(channel, Renewed) else None
