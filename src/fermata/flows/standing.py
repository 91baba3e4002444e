"""Which roles somebody has at this moment, by the settings and their groups, and who may still decide at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from fermata.domain.ids import IncidentId, PersonId
from fermata.domain.person import GroupRole, Person
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.domain.record import FrozenMap, Record
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.identity import Handle, find_person, list_handles, read_person
from fermata.kit.errors import GuardRefused, InvariantBroken, NotFoundError, OperationalError
from fermata.kit.units import format_duration
from fermata.ports.desk import Guest
from fermata.ports.store import Transaction
from fermata.rules.approval import refuse_unentitled

T = TypeVar("T")

Wall = Callable[[Transaction], None]
"""Refuses in the transaction that would do it, by raising `GuardRefused`."""

_PATIENCE = timedelta(seconds=2)
"""Somebody waits for the answer to a click; a group that cannot be read by then gives no role."""

_ASKED = timedelta(minutes=1)
"""How long the word of a channel about somebody counts: it was asked at the click, and is asked again after that."""


_PAUSES = (timedelta(seconds=1), timedelta(seconds=5))
"""Before a channel that did not answer is asked again: longer than a lost packet, shorter than a plan's patience."""


class GivenYes(Protocol):
    """An approval of a plan, or of a rehearsal."""

    @property
    def person_id(self) -> PersonId:
        """Return who gave it."""
        ...

    @property
    def channel(self) -> str:
        """Return where."""
        ...

    @property
    def approved_at(self) -> datetime:
        """Return when."""
        ...


class Standing(Record):
    """Somebody with every role they have now."""

    person: Person
    doubts: tuple[str, ...] = ()
    """Groups that could not be asked, in words: they gave no role."""


async def find_standing(context: FlowContext, person: Person) -> Standing:
    """Return a person with the roles of the groups they are in, asked for now. What cannot be asked gives none."""
    wanted = [group for group in context.groups if group.role not in person.roles]
    if not wanted or person.bot:
        return Standing(person=person)
    channels = dict.fromkeys(group.channel for group in wanted)
    handles = [handle for handle in await list_handles(context, person) if handle.channel in channels]
    answers = await asyncio.gather(
        *(contain(f"groups of {handle.channel}", partial(_ask, context, handle)) for handle in handles)
    )
    roles: dict[str, None] = dict.fromkeys(person.roles)
    for handle, answer in zip(handles, answers, strict=True):
        roles |= dict.fromkeys(_list_roles(wanted, handle.channel, answer.value or ()))
    doubts = [
        f"the groups of {handle.channel} could not be asked ({answer.failure})"
        for handle, answer in zip(handles, answers, strict=True)
        if answer.failed
    ]
    return Standing(person=person.model_copy(update={"roles": tuple(roles)}), doubts=tuple(doubts))


async def write_behind(context: FlowContext, wall: Wall | None, work: Callable[[Transaction], T]) -> T:
    """Write in one transaction what a wall does not keep from whoever asked; `None`: nothing keeps it.

    Raises:
        GuardRefused: The wall does.
    """

    def guarded(transaction: Transaction) -> T:
        if wall is not None:
            wall(transaction)
        return work(transaction)

    return await context.store.write(guarded)


async def guard_plan(context: FlowContext, guest: Guest, incident_id: IncidentId, undone: str) -> Wall:
    """Return what keeps a guest from taking a plan that waits from those who decide it.

    Looking again and ending the incident withdraw it, and a snooze keeps it from whoever would be told next: a no by
    another name. Groups are asked here, since that may take seconds; the rest is judged in the transaction that takes
    it, on what is held and on who is linked by then.

    Args:
        undone: What is not done, and why not, as the first words of the refusal.
    """
    person = await find_person(context, guest.channel, guest.handle)
    standing = await find_standing(context, person) if person else None

    def refuse(transaction: Transaction) -> None:
        held = _find_held(transaction, incident_id)
        if held is None:
            return
        if standing is None or read_person(transaction, context, guest.channel, guest.handle) != person:
            raise GuardRefused(
                "unknown_person",
                f"{undone}; nobody of the settings is {guest.handle} on {guest.channel}",
                do=f"Whoever that is carries `handles: {{{guest.channel}: {guest.handle}}}` under `people:`",
            )
        if refusal := refuse_unentitled(standing.person, held, standing.doubts):
            raise GuardRefused("wrong_role", f"{undone}; {refusal}")

    return refuse


def _find_held(transaction: Transaction, incident_id: IncidentId) -> Plan | None:
    """Return the plan that is held; none where nothing is, or where what is stored cannot be decided."""
    held = transaction.proposals.find_for_incident(incident_id)
    if held is None or held.state is not ProposalState.OPEN:
        return None
    try:
        return transaction.proposals.get_plan(held.plan_id)
    except (InvariantBroken, NotFoundError):
        return None  # A new look, or an end, is the way out of it, for everybody.


async def find_standings(
    context: FlowContext, ids: Iterable[PersonId]
) -> tuple[Mapping[PersonId, Person], Sequence[str]]:
    """Return those who are still in the settings with the roles they have now, and what could not be asked."""
    people = [context.people[person_id] for person_id in dict.fromkeys(ids) if person_id in context.people]
    standings = await asyncio.gather(*(find_standing(context, person) for person in people))
    doubts = dict.fromkeys(doubt for standing in standings for doubt in standing.doubts)
    return {standing.person.id: standing.person for standing in standings}, tuple(doubts)


class Deciders(Record):
    """Those whose approvals may still count, and what is known against the others."""

    people: FrozenMap[PersonId, Person]
    bars: tuple[str, ...] = ()
    """Who may decide nothing any more where they approved, and why."""
    doubts: tuple[str, ...] = ()
    """What could not be asked, in words: it gave no role, and nobody counts by it."""

    def explain(self, refusal: GuardRefused, again: str) -> GuardRefused | None:
        """Return a refusal for too few approvals with who is barred, or with what could not be asked; else `None`.

        Args:
            again: What to do once everybody can be asked, behind "then".
        """
        if refusal.rule != "not_enough_approvals" or not (self.bars or self.doubts):
            return None
        if not self.doubts:
            why = "; ".join([refusal.why, *self.bars])
            return GuardRefused("not_enough_approvals", refusal.what, why=why, do=refusal.do, **refusal.facts)
        # The guard names who does not count; of those whom nobody could ask about, that would say too much.
        why = "; ".join(["Too few of its approvals are certain to count", *self.bars, *self.doubts])
        do = f"Make it answer again, then {again}"
        return GuardRefused("unknown_state", refusal.what, why=why, do=do)


async def refuse_undecided(
    context: FlowContext,
    approvals: Sequence[GivenYes],
    judge: Callable[[Mapping[PersonId, Person], datetime], None],
    again: str,
) -> None:
    """Refuse what too few of those who approved may still decide.

    What a channel does not answer is asked twice more: nobody waits for a click here, and an approved plan that is
    refused is refused for good.

    Args:
        judge: Refuses by those who may still decide, at an aware UTC instant.
        again: What to do once everybody can be asked, behind "then".

    Raises:
        GuardRefused: What `judge` refuses by; `unknown_state` where what could not be asked decided it; `halt`: it was
            halted meanwhile.
    """
    pauses = iter(_PAUSES)
    while True:
        now = context.clock.now()
        deciders = await find_deciders(context, approvals, now)
        try:
            return judge(deciders.people, now)
        except GuardRefused as refusal:
            explained = deciders.explain(refusal, again)
            if explained is None:
                raise
            pause = next(pauses, None) if deciders.doubts else None
            if pause is None:
                raise explained from refusal
        await context.clock.sleep(pause.total_seconds())
        context.halt.refuse(again)


async def find_deciders(context: FlowContext, approvals: Sequence[GivenYes], now: datetime) -> Deciders:
    """Return those who approved and may still, with the roles they have now.

    Of what was approved longer than a minute ago, the channels that know accounts are asked whether that account may
    still decide. Somebody who has no account there any more (a link that was taken back) may not, and neither may
    one whom the channel could not be asked about.
    """
    people, doubts = await find_standings(context, (approval.person_id for approval in approvals))
    old = [one for one in approvals if one.channel in context.directories and now - one.approved_at >= _ASKED]
    answers = await asyncio.gather(
        *(contain(f"accounts of {one.channel}", partial(_find_bar, context, one)) for one in old)
    )
    asked = list(zip(old, answers, strict=True))
    unasked = [
        f"{one.channel} could not be asked whether {one.person_id} may still decide ({answer.failure})"
        for one, answer in asked
        if answer.failed
    ]
    barred = {one.person_id for one, answer in asked if answer.failed or answer.value}
    return Deciders(
        people={person_id: person for person_id, person in people.items() if person_id not in barred},
        bars=tuple(f"{one.person_id} on {one.channel}: {answer.value}" for one, answer in asked if answer.value),
        doubts=(*doubts, *unasked),
    )


async def _find_bar(context: FlowContext, approval: GivenYes) -> str:
    person = context.people.get(approval.person_id)
    handles = await list_handles(context, person) if person else ()
    mine = [handle for handle in handles if handle.channel == approval.channel]
    directory = context.directories[approval.channel]
    bar = f"no account of {approval.channel} is {approval.person_id} any more"
    for handle in mine:
        bar = await _wait(context, partial(directory.find_bar, handle.handle))
        if not bar:
            break
    return bar


def _list_roles(wanted: Iterable[GroupRole], channel: str, groups: Sequence[str]) -> list[str]:
    return [group.role for group in wanted if group.channel == channel and group.id in groups]


async def _ask(context: FlowContext, handle: Handle) -> Sequence[str]:
    directory = context.directories.get(handle.channel)
    if directory is None:
        raise OperationalError("It knows no groups", why=f"{handle.channel} is not configured, or has none")

    return await _wait(context, partial(directory.list_groups, handle.handle))


async def _wait(context: FlowContext, ask: Callable[[], Awaitable[T]]) -> T:
    async def answer() -> T:
        return await ask()

    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await context.home.run(answer)
    except TimeoutError as error:
        raise OperationalError(f"It did not answer within {format_duration(_PATIENCE)}") from error
