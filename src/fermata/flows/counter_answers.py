"""How anything asked at the counter ends: an answer in words and an entry in the journal, whatever was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Person
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.identity import find_person, name_guest
from fermata.kit.errors import FermataError
from fermata.kit.log import get_log
from fermata.kit.redaction import redact, redact_cut
from fermata.ports.desk import Guest, Reply

_log = get_log("counter")
_KEPT_WORDS = 300
"""Of what was asked and answered, for the journal: enough to know what it was about."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    guest: Guest
    what: str
    """The command or the button."""
    words: str = ""
    """Theirs, as they came."""
    incident_id: IncidentId | None = None
    known_only: bool = True
    """Only people of the settings get it; others are told so."""
    only_stops: bool = False
    """Nothing acts because of it, so that it counts also while the channel cannot say whether they may decide."""


Work = Callable[[Person | None], Awaitable[Reply]]
"""Does what was asked for the person who asked; `None` only where `known_only` is false."""


async def answer(context: FlowContext, request: Request, work: Work) -> Reply:
    """Do it if they may, and answer. Errors of ours end here as an answer; bugs leave through here.

    The answer is redacted: it may quote what was observed.
    """
    person = None
    try:
        person = await find_person(context, request.guest.channel, request.guest.handle)
        refusal = _refuse(request, person)
        reply = Reply(text=refusal, ok=False) if refusal else await work(person)
    except FermataError as error:
        reply = Reply(text=str(error), ok=False)
    reply = reply.model_copy(update={"text": redact(reply.text).text})
    await _journal(context, request, person, reply)
    return reply


def _refuse(request: Request, person: Person | None) -> str:
    """Return why somebody is not served, or nothing."""
    guest = request.guest
    if guest.bot or (person is not None and person.bot):
        return "Not done: machine accounts are not served. A person must ask."
    if guest.barred and not (guest.is_unsure and request.only_stops):
        return f"Not done: {guest.channel} lets you do nothing here: {guest.barred}."
    if person is None and request.known_only:
        own = f" --account {guest.name or guest.handle}" if guest.overheard else ""
        return (
            f"Not done: nobody in the settings is {guest.handle} on {guest.channel}. If you are somebody there, let an "
            f"admin run `fermata link --as YOU --channel {guest.channel}{own}`, and enter the code it prints here."
        )
    return ""


async def _journal(context: FlowContext, request: Request, person: Person | None, reply: Reply) -> None:
    event = JournalEvent(
        kind="guest.answered",
        actor=name_guest(request.guest, person),
        incident_id=request.incident_id,
        data={
            "command": request.what,
            "words": redact_cut(request.words, _KEPT_WORDS).text,
            "answer": reply.text[:_KEPT_WORDS],
            "ok": reply.ok,
        },
    )
    now = context.clock.now()
    # What was done stands, and must be answered, also where it cannot be written down (a halt, a full disk).
    written = await contain(
        "journal",
        lambda: context.store.write(lambda transaction: transaction.journal.append(event, now)),
    )
    if written.failed:
        _log.warning("guest.not_journalled", command=request.what, reason=written.failure)
