"""What follows `/fermata` in a chat: a word, and what it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.person import Person
from fermata.domain.proposal import ProposalState
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.counter_answers import Request, answer
from fermata.flows.curate import Curation, tell_resolved
from fermata.flows.halt import RESUMED, describe_halt, tell_halt
from fermata.flows.identity import Links, name_guest
from fermata.flows.listening import list_states
from fermata.flows.readings import Readings
from fermata.flows.resting import list_rests
from fermata.flows.standing import guard_plan
from fermata.flows.switch import Switch
from fermata.kit.errors import NotFoundError, UserError
from fermata.kit.listing import write_some
from fermata.kit.loading import load_aside
from fermata.ports.desk import Guest, Reply
from fermata.ports.store import Transaction
from fermata.rules.budget import write_usd

if TYPE_CHECKING:
    from fermata.flows.ask import Reply as Said

_LONGEST = 2_000
_MOST_LISTED = 10
_MOST_RECENT = 200
"""Incidents among which a room's last one is looked for."""
_QUOTED_LINES = 3
_LIVE = tuple(state for state in IncidentState if state not in (IncidentState.RESOLVED, IncidentState.MERGED))
_DECISIONS = frozenset({"approve", "reject", "snooze"})
_HOW_TO_DECIDE = (
    "A plan is decided on its card, by its buttons or the lines that stand there: they carry what was seen."
)
_HELP = f"""/fermata status: whether anything is halted, what waits for a person, which channels listen
/fermata incidents: what is going on
/fermata ask why is checkout slow?: an answer from live state, or of one incident:
  `ask inc-... why`, `ask --incident latest why`
/fermata halt REASON: no action starts any more, at once
/fermata resume: actions may start again
/fermata resolve INCIDENT REASON: it is over, fixed by hand; a plan that waits is withdrawn
/fermata generate-postmortem [INCIDENT] [share]: the draft of its post-mortem; without an id, of this room's last one
/fermata link CODE: say who you are, with the code that `fermata link` prints
{_HOW_TO_DECIDE}"""
_CALLING = frozenset({IncidentState.HELD, IncidentState.NEEDS_PERSON})
_SHARE = "share"
_OF_INCIDENT = "--incident"
"""Before the incident that a question is about, as on the command line: also for `latest`, or the end of an id."""
_NO_INCIDENT = "Name the incident, and say why it is over: `/fermata resolve inc-... rolled back by hand`"
_NO_QUESTION = "Ask something: `/fermata ask why is checkout slow?`"


@dataclass(frozen=True, slots=True)
class _Command:
    run: Callable[[Guest, Person | None, str], Awaitable[Reply]]
    known_only: bool = True
    only_stops: bool = False


class Commands:
    """Carries commands out for whoever may."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._switch = Switch(context)
        self._links = Links(context)
        self._words = {
            "status": _Command(self._tell_status, known_only=False),
            "incidents": _Command(self._list_incidents, known_only=False),
            "ask": _Command(self._ask),
            "halt": _Command(self._halt, only_stops=True),
            "resume": _Command(self._resume),
            "resolve": _Command(self._resolve),
            "link": _Command(self._link, known_only=False),
            "help": _Command(self._help, known_only=False),
            "generate-postmortem": _Command(self._generate_postmortem),
        }

    async def run(self, guest: Guest, text: str) -> Reply:
        """Carry a command out, and answer. An unknown word is named, and answered with what there is."""
        word, _, rest = text.strip()[:_LONGEST].partition(" ")
        command = self._words.get(word.lower())
        # A code is a key until it is used, also where its command is mistyped, and the journal is read by many.
        is_code = word.lower() == "link"
        if command is None:
            is_code = "link" in text.lower() or await self._holds_code(text)
            word = "link ..." if is_code else word
            command, rest = self._words["help"], word
        words = "" if is_code else text.strip()
        request = Request(
            guest,
            word.lower()[:40] or "help",
            words=words,
            known_only=command.known_only,
            only_stops=command.only_stops,
        )
        return await answer(self._context, request, lambda person: command.run(guest, person, rest.strip()))

    async def _holds_code(self, text: str) -> bool:
        """Answer whether a text may hold a code; where nobody can tell, it may."""
        found = await contain("link codes", lambda: self._links.holds_code(text[:_LONGEST]))
        return found.value is not False

    async def _help(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        """List the commands.

        Args:
            rest: The word that is none of them: without its name a typing error looks like an answer.
        """
        del guest
        if rest.lower() in _DECISIONS:
            return Reply(text=f"There is no command {rest[:40]!r}. {_HOW_TO_DECIDE}", ok=False)
        near = next(iter(get_close_matches(rest.lower(), self._words, n=1)), "") if rest else ""
        meant = f" Did you mean {near!r}?" if near else ""
        is_unknown = bool(rest) and near != rest.lower()
        unknown = [f"There is no command {rest[:40]!r}.{meant} There are:"] if is_unknown else []
        who = f"You are {person.name} ({person.id}) to Fermata." if person else "Fermata does not know who you are."
        return Reply(text="\n".join([*unknown, _HELP, who]), ok=not unknown)

    async def _generate_postmortem(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        """Draft it; shown to the room only on request: what was said in one room is not for every other."""
        # Whoever only takes clicks must not pay for the rules of language.
        await load_aside("fermata.flows.postmortem.telling")
        from fermata.flows.postmortem.keeping import generate_postmortem
        from fermata.flows.postmortem.telling import tell_generated, tell_saved

        words = [word for word in rest.split() if word.lower() != _SHARE]
        is_shared = len(words) < len(rest.split())
        if len(words) > 1:
            raise UserError(
                f"{words[1][:40]!r} is not understood",
                why="one incident is named, and `share` shows it to the room",
                do="Write it like /fermata generate-postmortem latest share",
            )
        incident, others = await self._choose_incident(guest, words)
        generated = await generate_postmortem(self._context, incident.id, name_guest(guest, person))
        if guest.overheard and not is_shared:
            return Reply(text=tell_saved(generated, self._context.public_url))
        text = tell_generated(generated, self._context.public_url, is_shared=is_shared)
        return Reply(text=f"{text}{_tell_others(others)}", public=is_shared)

    async def _choose_incident(self, guest: Guest, words: Sequence[str]) -> tuple[Incident, Sequence[Incident]]:
        """Return the incident that is named; without a name, that of the card, or the newest of the room they ask in.

        With it the others of the room that go on, where nobody named one: it may be one of those that was meant.

        Raises:
            NotFoundError: There is none, or it cannot be told which.
        """
        if name := next(iter(words), guest.about):
            return await Readings(self._context).find_incident(name), ()
        observing, asked_in = self._context.observing, f"{guest.channel}:{guest.room}"

        def read(transaction: Transaction) -> Sequence[Incident]:
            recent = transaction.incidents.list_recent(_MOST_RECENT)
            if not guest.room:
                return recent[:1]
            here: list[Incident] = []
            for incident in recent:
                # Of those that are over only the newest of the room can be meant.
                if here and not incident.is_live:
                    continue
                places = transaction.outbox.list_places(incident.id)
                if any(observing.find_room(place.channel) == asked_in for place in places):
                    here.append(incident)
            return here

        found = await self._context.store.read(read)
        if not found:
            raise NotFoundError("This room has no incident of late", do="Name one: /fermata incidents lists them")
        return found[0], found[1:]

    async def _tell_status(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        del guest, rest
        halt = await self._switch.find()

        def read(transaction: Transaction) -> tuple[int, int, int, int, Sequence[str]]:
            return (
                transaction.proposals.count_in_state(ProposalState.OPEN),
                transaction.incidents.count_in_states((IncidentState.NEEDS_PERSON,)),
                transaction.incidents.count_in_states(_LIVE),
                transaction.outbox.count_undelivered(),
                [
                    *(f"{name}: {state.text}" for name, state in list_states(transaction).items()),
                    *(f"{name}: {text}" for name, text in list_rests(transaction).tell().items()),
                ],
            )

        held, called, live, undelivered, listeners = await self._context.store.read(read)
        lines = [
            f"HALTED: {describe_halt(halt)}. No action starts." if halt else "Nothing is halted.",
            f"Plans that wait for a person: {held}. Incidents where a person must act: {called}.",
            f"Incidents that go on: {live}. Cards on their way: {undelivered}.",
            # Why something fails may name hosts and rooms: that is for people, not for whoever happens to be there.
            *(listeners if person else ()),
        ]
        return Reply(text="\n".join(lines))

    async def _list_incidents(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        del guest, person, rest

        def read(transaction: Transaction) -> Sequence[Incident]:
            return [item for item in transaction.incidents.list_recent(200) if item.state in _LIVE]

        live = await self._context.store.read(read)
        if not live:
            return Reply(text="Nothing is going on.")
        # Those that call for somebody first, the worst of them first; of equals those whose plan waits, since it
        # expires; then the newest, as they come.
        live = sorted(live, key=_rank)
        lines = [_write_incident(incident) for incident in live[:_MOST_LISTED]]
        more = [f"and {len(live) - _MOST_LISTED} more: see the page"] if len(live) > _MOST_LISTED else []
        return Reply(text="\n".join([*lines, *more]))

    async def _ask(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        del guest, person
        first, _, others = rest.partition(" ")
        if first == _OF_INCIDENT:
            name, _, others = others.strip().partition(" ")
            incident_id: IncidentId | None = (await Readings(self._context).find_incident(name)).id
        else:
            incident_id = await self._find_incident(first)
        question = others.strip() if incident_id else rest
        if not question:
            return Reply(text=_NO_QUESTION, ok=False)
        return await answer_question(self._context, question, incident_id)

    async def _find_incident(self, text: str) -> IncidentId | None:
        """Return the incident that a question begins with, if it does."""
        try:
            found = await self._context.store.read(lambda transaction: transaction.incidents.get(IncidentId(text)))
        except NotFoundError:
            return None
        return found.id

    async def _halt(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        halt = await self._switch.halt(name_guest(guest, person), rest)
        told = "No action starts until somebody resumes, and a rehearsal that runs ends."
        return Reply(text=f"{tell_halt(halt)}. {told}", public=True)

    async def _resume(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        del rest
        halt = await self._switch.resume(name_guest(guest, person))
        if halt is None:
            return Reply(text="Nothing was halted.")
        return Reply(text=f"Resumed. It was {describe_halt(halt)}. {RESUMED}", public=True)

    async def _resolve(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        name, _, reason = rest.partition(" ")
        if not name:
            return Reply(text=_NO_INCIDENT, ok=False)
        incident = await Readings(self._context).find_incident(name)
        wall = await guard_plan(
            self._context, guest, incident.id, "Not resolved: a plan waits, which that would withdraw"
        )
        by = name_guest(guest, person)
        resolved = await Curation(self._context).resolve(incident.id, by, reason.strip(), wall)
        return Reply(text=tell_resolved(resolved), public=True)

    async def _link(self, guest: Guest, person: Person | None, rest: str) -> Reply:
        del person
        linked = await self._links.redeem(guest, rest)
        return Reply(text=linked.text, ok=linked.person is not None)


def _tell_others(others: Sequence[Incident]) -> str:
    """Return that other incidents of the room go on, and how one of them is named; empty for none."""
    if not others:
        return ""
    shown = write_some([f"{incident.title} ({incident.id})" for incident in others], _QUOTED_LINES)
    return f"\nThis room's newest was taken; others go on: {shown}. Name one: /generate-postmortem INCIDENT"


def _rank(incident: Incident) -> tuple[bool, int, bool]:
    return incident.state not in _CALLING, incident.severity.rank, incident.state is not IncidentState.HELD


def _write_incident(incident: Incident) -> str:
    about = incident.entities[0].name if incident.entities else "unknown"
    # Most titles name the service already.
    words = incident.title if about in incident.title else f"{about}: {incident.title}"
    state = incident.state.value.replace("_", " ")
    return (
        f"{incident.id} [{incident.severity.value}] {words} ({state}, since {incident.started_at:%Y-%m-%d %H:%M} UTC)"
    )


async def answer_question(context: FlowContext, words: str, incident_id: IncidentId | None) -> Reply:
    """Return what is known of a question, as a channel shows it; see `flows.ask`."""
    await load_aside("fermata.flows.ask")  # A server that nobody asks goes without the rules of diagnosis.
    from fermata.flows.ask import ask

    return write_reply(await ask(context, words, incident_id=incident_id))


def write_reply(said: Said) -> Reply:
    """Write what was found out as plain lines, each claim with the lines it rests on."""
    titles = {item.id: item.title for item in said.evidence}
    lines: list[str] = []
    for claim in said.said:
        lines.append(f"{claim.by}: {claim.text}" if claim.by else claim.text)
        for citation in claim.citations:
            quoted = citation.quote.split("\n")[:_QUOTED_LINES]
            title = titles.get(citation.evidence_id, citation.evidence_id)
            lines += [f"    {title}:{number}  {text}" for number, text in enumerate(quoted, citation.first_line)]
    lines += [f"Missing: {gap}" for gap in said.missing]
    asked = f"cost {write_usd(said.cost_usd)}" if said.analyses else "no model was asked"
    return Reply(text="\n".join([*lines, f"({asked})"]))
