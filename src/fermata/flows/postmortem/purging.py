"""Deleted messages go out of post-mortems for good, soon after: no trace of them is kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.context import FlowContext
from fermata.flows.observe import DELETED
from fermata.kit.loading import load_aside
from fermata.ports.store import Transaction

_MOST = 100
"""Deleted messages looked after in one run; the next one takes the rest."""


async def purge_deleted(context: FlowContext) -> int:
    """Take deleted messages out of every post-mortem that holds them; return how many post-mortems changed."""

    def read(transaction: Transaction) -> tuple[Sequence[str], Sequence[IncidentId]]:
        names = [name for name, _ in transaction.flags.list_named(DELETED, limit=_MOST)]
        # Outside of the write transaction: it reads every post-mortem.
        return names, transaction.postmortems.list_citing([name.removeprefix(DELETED) for name in names])

    names, citing = await context.store.read(read)
    if not names:
        return 0
    if citing:  # Its rules of language take a while to load, and most deletions are no post-mortem's.
        await load_aside("fermata.flows.postmortem.recheck")
    now = context.clock.now()

    def work(transaction: Transaction) -> int:
        changed = sum(_strike(transaction, incident_id, now) for incident_id in citing)
        for name in names:
            transaction.flags.remove(name)
        return changed

    return await context.store.write(work)


def _strike(transaction: Transaction, incident_id: IncidentId, now: datetime) -> bool:
    from fermata.flows.postmortem.recheck import recheck

    found = transaction.postmortems.find(incident_id)
    struck = recheck(transaction, found) if found is not None else None
    if found is None or struck is None or struck is found:
        return False
    changes = {"version": found.version + 1, "updated_at": now, "updated_by": FERMATA.id}
    transaction.postmortems.save(struck.model_copy(update=changes))
    event = JournalEvent(
        kind="postmortem.struck",
        actor=FERMATA,
        incident_id=incident_id,
        data={"version": found.version + 1, "messages": len(found.sources) - len(struck.sources)},
    )
    transaction.journal.append(event, now)
    return True
