"""Which roles somebody has at this moment: those of the settings, and those of the groups they are in now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from fermata.domain.ids import PersonId
from fermata.domain.person import GroupRole, Person
from fermata.domain.record import Record
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.identity import Handle, list_handles
from fermata.kit.errors import OperationalError
from fermata.kit.units import format_duration

_PATIENCE = timedelta(seconds=2)
"""Somebody waits for the answer to a click; a group that cannot be read by then gives no role."""


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


async def find_standings(
    context: FlowContext, ids: Iterable[PersonId]
) -> tuple[Mapping[PersonId, Person], Sequence[str]]:
    """Return those who are still in the settings with the roles they have now, and what could not be asked."""
    people = [context.people[person_id] for person_id in dict.fromkeys(ids) if person_id in context.people]
    standings = await asyncio.gather(*(find_standing(context, person) for person in people))
    doubts = dict.fromkeys(doubt for standing in standings for doubt in standing.doubts)
    return {standing.person.id: standing.person for standing in standings}, tuple(doubts)


def _list_roles(wanted: Iterable[GroupRole], channel: str, groups: Sequence[str]) -> list[str]:
    return [group.role for group in wanted if group.channel == channel and group.id in groups]


async def _ask(context: FlowContext, handle: Handle) -> Sequence[str]:
    directory = context.directories.get(handle.channel)
    if directory is None:
        raise OperationalError("It knows no groups", why=f"{handle.channel} is not configured, or has none")

    async def ask() -> Sequence[str]:
        return await directory.list_groups(handle.handle)

    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await context.home.run(ask)
    except TimeoutError as error:
        raise OperationalError(f"It did not answer within {format_duration(_PATIENCE)}") from error
