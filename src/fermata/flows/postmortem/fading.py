"""Words that no line cites leave a post-mortem when their time is up: only what a document cites stays for good.

A draft keeps the words of what it left out, so that whoever edits can take a message back. Those are the room's talk,
kept for as long as the observer keeps it. Fermata's own record stays: it stands in the journal anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.postmortem import FOUND, OWN, Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.later import Chore, plan_later
from fermata.ports.store import Transaction

_LISTS = ("timeline", "impact", "contributing_factors", "actions")
_PLANNED = "postmortems/fading"
"""That those of an older Fermata have their time, too."""
_PAGE = 50


def plan_fading(transaction: Transaction, postmortem: Postmortem, keep: timedelta) -> None:
    """Note when the last of what no line cites has been kept for as long as it may be."""
    said = [at for _, at in _list_uncited(postmortem)]
    if said:
        plan_later(transaction, max(said) + keep, Chore.FADE, postmortem.incident_id, {})


def fade_one(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> None:
    """Take out what is kept too long; what was said later, as one made again may hold, has its time noted anew."""
    found = transaction.postmortems.find(incident_id)
    if found is None:
        return
    faded = fade(found, now - context.observing.keep)
    if faded is not found:
        # The time and the name stay those of the last who changed what is read.
        faded = faded.model_copy(update={"version": found.version + 1})
        transaction.postmortems.save(faded)
        data = {"version": faded.version, "messages": len(_list_uncited(found)) - len(_list_uncited(faded))}
        event = JournalEvent(kind="postmortem.faded", actor=FERMATA, incident_id=incident_id, data=data)
        transaction.journal.append(event, now)
    plan_fading(transaction, faded, context.observing.keep)


def fade(postmortem: Postmortem, before: datetime) -> Postmortem:
    """Return a post-mortem without the words that were said before an instant and no line cites; else the same one.

    When a person spoke stays: times are told by it.
    """
    over = {name for name, at in _list_uncited(postmortem) if at < before}
    if not over:
        return postmortem
    changes = {
        "sources": {
            name: {**source, "text": ""} if name in over else source for name, source in postmortem.sources.items()
        },
        "draft": {
            **postmortem.draft,
            "dropped": [item for item in postmortem.draft.get("dropped", ()) if item["id"] not in over],
        },
    }
    return Postmortem.model_validate({**postmortem.model_dump(), **changes})


async def plan_earlier(context: FlowContext) -> int:
    """Note the time of every post-mortem that an older Fermata drafted, once; return how many."""
    if await context.store.read(lambda transaction: transaction.flags.find(_PLANNED)) is not None:
        return 0

    def work(transaction: Transaction) -> int:
        count = 0
        while page := transaction.postmortems.list_recent(_PAGE, count):
            count += len(page)
            for postmortem in page:
                plan_fading(transaction, postmortem, context.observing.keep)
        transaction.flags.put(_PLANNED, {"count": count})
        return count

    return await context.store.write(work)


def _list_uncited(postmortem: Postmortem) -> Sequence[tuple[str, datetime]]:
    """Return messages that no line cites and that have words, with when they were said."""
    cited = {*postmortem.kept, *_list_cited(postmortem)}
    return [
        (name, datetime.fromisoformat(source["at"]))
        for name, source in postmortem.sources.items()
        if source["kind"] == "message" and source.get("at") and source["text"]
        if name not in cited and not name.startswith(OWN)
    ]


def _list_cited(postmortem: Postmortem) -> Iterator[str]:
    """Yield what lines rest on, and times that the rules found."""
    draft = postmortem.draft
    for name in _LISTS:
        for entry in draft.get(name, ()):
            yield from entry["citations"]
    for found in (*draft.get("key_time_sources", {}).values(), *draft.get(FOUND, {}).values()):
        if found.get("citation"):
            yield found["citation"]
