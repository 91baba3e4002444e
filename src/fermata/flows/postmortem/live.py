"""From an incident's id to the draft of its post-mortem: what was heard, what systems tell afterwards, our own journal.

What could not be read is named in the draft, and what was deleted since is not in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from fermata.domain.alert import Alert
from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident
from fermata.domain.own_fact import OwnFact
from fermata.domain.trail import Dropped, PostmortemDraft, Trail
from fermata.flows.context import FlowContext
from fermata.flows.listening import find_heard_since
from fermata.flows.observe import find_missed, hide_message, hide_person, keep_messages, strike_forgotten
from fermata.flows.postmortem.accounts import name_alike, name_authors
from fermata.flows.postmortem.asking import ask_trails
from fermata.flows.postmortem.heard_talk import Names, to_participants, to_trail_messages
from fermata.flows.postmortem.neighbours import list_neighbours
from fermata.flows.postmortem.own_record import OwnRecord, read_own_record, rename_actors
from fermata.flows.postmortem.seen_changes import leave_out_told
from fermata.flows.postmortem.vanished import find_vanished
from fermata.ports.store import Transaction
from fermata.ports.trail import TrailPart, TrailScope
from fermata.rules.foreign_talk import Neighbour, list_foreign
from fermata.rules.kept import take_back
from fermata.rules.own_facts import join_facts
from fermata.rules.timeline import draft_postmortem

BEFORE = timedelta(minutes=60)
"""From the window's start to the first sign: what caused it was mostly deployed or said within the hour."""
AFTER = timedelta(hours=2)
"""From the end to the window's end: what is still said then is about something else."""
_CONNECTS = timedelta(seconds=30)
"""A listener is said to listen when it begins to connect; what is asked for twice is kept once."""
_MOST_MESSAGES = 200_000
_NO_MORE = "the settings name it no more: nothing of it was read"
_ISSUE = re.compile(r"[#!]\d+$")
"""What a forge's room ends with: `shop/checkout#12`."""


@dataclass(frozen=True)
class Told:
    """Everything that is known of an incident's time."""

    incident: Incident
    trail: Trail
    heard: Mapping[str, HeardMessage]
    """By the id that a draft cites."""
    facts: Sequence[OwnFact]
    """What Fermata itself recorded; its entries are among the trail's messages."""
    gaps: tuple[str, ...]
    asked: frozenset[str] = frozenset()
    """Addresses of the rooms that were read, and names of the other systems: what the rest told before is not gone."""
    neighbours: tuple[Neighbour, ...] = ()
    """Incidents that were on in its rooms before it began."""

    @cached_property
    def own(self) -> frozenset[str]:
        """Return the ids of what Fermata itself recorded."""
        return frozenset(citation for fact in self.facts for citation in fact.entry.citations)

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Return the ids of messages that were said about an incident before this one."""
        said = [message for message in self.trail.messages if message.id not in self.own]
        return list_foreign(said, self.neighbours, (entity.name for entity in self.incident.entities))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store says before anybody is asked."""

    incident: Incident
    alerts: Sequence[Alert]
    start: datetime
    end: datetime
    own_rooms: frozenset[str]
    """Addresses of rooms that its card went to; empty where no card was shown in a chat."""
    heard_since: Mapping[str, datetime]
    own: OwnRecord
    neighbours: tuple[Neighbour, ...]
    lost: Sequence[str]
    """Chats that its card went to, and that the settings name no more."""


def find_window(incident: Incident, alerts: Sequence[Alert], now: datetime) -> tuple[datetime, datetime]:
    """Return the time that belongs to an incident: from an hour before its first sign to two hours after its end."""
    first = min([incident.started_at, incident.opened_at, *(alert.starts_at for alert in alerts)])
    end = incident.resolved_at + AFTER if incident.resolved_at is not None else now
    return first - BEFORE, max(min(end, now), first)


async def read_incident(context: FlowContext, incident_id: IncidentId) -> Told:
    """Return everything that is known of an incident's time; every system is asked at once, under a deadline.

    Raises:
        NotFoundError: No such incident.
    """
    now = context.clock.now()
    known = await context.store.read(lambda transaction: _read_known(transaction, context, incident_id, now))
    rooms = _choose_rooms(context, known)
    scopes = {source.name: _build_scope(context, known, rooms, source.name) for source in context.trails}
    parts = await ask_trails(context, scopes)
    hidden = await asyncio.to_thread(lambda: [_hide(part) for part in (known.own.part, *parts.values())])
    await _keep(context, hidden[1:], now)
    fetched = [message for part in hidden for message in part.messages]

    def read(transaction: Transaction) -> tuple[Sequence[HeardMessage], Sequence[HeardPerson]]:
        messages = _read_heard(transaction, known, rooms, fetched)
        return messages, [*_read_people(transaction, messages), *(person for part in hidden for person in part.people)]

    heard, found = await context.store.read(read)
    vanished = {item.key for name, part in parts.items() for item in find_vanished(heard, part, scopes[name])}
    messages = [message for message in heard if message.key not in vanished]
    people = name_alike(found, context.people.values())
    unasked = [name for name in sorted(rooms) if name not in parts]
    gaps = [gap for part in hidden for gap in part.gaps] + [
        gap for name in unasked if (gap := _explain_unasked(name, rooms[name], known))
    ]
    gaps += [f"{name}: its card is there, and {_NO_MORE}" for name in known.lost]
    if vanished:
        gaps.append(f"left out, since the history has it no longer: {len(vanished):,} of what was heard")
    deploys = name_authors((deploy for part in hidden for deploy in part.deploys), found, people)
    trail = Trail(
        title=known.incident.title,
        messages=to_trail_messages(messages, people),
        people=to_participants(people),
        channels=_list_channels(known, messages),
        deploys=sorted(deploys, key=lambda deploy: deploy.at),
        curves=[curve for part in hidden for curve in part.curves],
        start=known.start,
    )
    told = leave_out_told(known.own.facts, known.own.part, parts.values())
    facts = rename_actors(told, Names(people).find_handle)
    addresses = {f"{platform}:{room}" for platform, names in rooms.items() for room in names}
    asked = frozenset(addresses | (set(parts) - set(context.observing.homes)))
    by_key = {message.key: message for message in messages}
    return Told(known.incident, trail, by_key, facts, tuple(gaps), asked, known.neighbours)


def draft_said(told: Told) -> tuple[Trail, PostmortemDraft]:
    """Return what people and their bots said and deployed, and its draft by rules.

    What was recorded needs no reading: the rules of language, and a model's labels, are for what is said. So it is with
    what was said about another incident before. Takes up to seconds of processor time on a large channel: not on an
    event loop.
    """
    without = told.own | told.foreign
    said = replace(
        told.trail,
        messages=[message for message in told.trail.messages if message.id not in without],
        deploys=[deploy for deploy in told.trail.deploys if deploy.id not in without],
    )
    return said, draft_postmortem(said)


def draft_told(told: Told, kept: Sequence[str] = (), said: PostmortemDraft | None = None) -> PostmortemDraft:
    """Return the draft. Takes up to seconds of processor time on a large channel: not on an event loop.

    Args:
        kept: Ids of messages that people took back into the timeline.
        said: The draft of what was said, where it has labels; without it rules alone draft.
    """
    draft = said if said is not None else draft_said(told)[1]
    foreign = [Dropped(name, "another incident") for name in sorted(told.foreign)]
    draft = replace(draft, dropped=(*draft.dropped, *foreign))
    bots = {message.id for message in told.trail.messages if message.is_bot and message.id not in told.own}
    return take_back(join_facts(draft, told.facts, bots), told.trail, kept)


def _read_known(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> _Known:
    incident = transaction.incidents.get(incident_id)
    alerts = transaction.alerts.list_by_ids(incident.alert_ids)
    start, end = find_window(incident, alerts, now)
    places = [place.channel for place in transaction.outbox.list_places(incident_id) if place.is_shown]
    found = {address: context.observing.find_room(address) for address in places}
    lost = {address for address, room in found.items() if not room and address not in context.channels}
    heard = {source.name: _find_heard_since(transaction, source.name) for source in context.trails}
    heard |= {name: _find_heard_since(transaction, name) for name in context.observing.homes}
    return _Known(
        incident=incident,
        alerts=alerts,
        start=start,
        end=end,
        own_rooms=frozenset(filter(None, found.values())),
        heard_since={name: since for name, since in heard.items() if since is not None},
        own=read_own_record(transaction, incident_id, context.people),
        neighbours=list_neighbours(transaction, context, incident, start, start + BEFORE),
        lost=sorted(lost),
    )


def _find_heard_since(transaction: Transaction, name: str) -> datetime | None:
    since = find_heard_since(transaction, name)
    if since is None:
        return None
    since += _CONNECTS
    missed = find_missed(transaction, name)
    return max(since, missed) if missed is not None else since


def _choose_rooms(context: FlowContext, known: _Known) -> Mapping[str, Sequence[str]]:
    """Return the rooms to read by platform: those of its card, and those that were named for every incident."""
    observing = context.observing
    addresses = known.own_rooms | observing.common or observing.rooms
    rooms: dict[str, list[str]] = {}
    for address in sorted(addresses):
        platform, _, room = address.partition(":")
        rooms.setdefault(platform, []).append(room)
    return rooms


def _build_scope(context: FlowContext, known: _Known, rooms: Mapping[str, Sequence[str]], name: str) -> TrailScope:
    own = tuple(rooms.get(name, ()))
    is_heard = all(context.observing.covers(name, room) for room in own)
    services = (entity.name for entity in known.incident.entities)
    return TrailScope(
        start=known.start,
        end=known.end,
        rooms=own,
        entities=known.incident.entities,
        alerts=tuple(known.alerts),
        words=tuple(dict.fromkeys((known.incident.id, known.incident.title, *services))),
        known_from=known.heard_since.get(name) if is_heard else None,
    )


def _hide(part: TrailPart) -> TrailPart:
    return replace(
        part,
        messages=[hide_message(message) for message in part.messages],
        people=[hide_person(person) for person in part.people],
    )


async def _keep(context: FlowContext, parts: Sequence[TrailPart], now: datetime) -> None:
    """Keep what a history told of observed rooms: a service may let it be read a page a minute."""
    messages = [
        message
        for part in parts
        for message in part.messages
        if context.observing.covers(message.platform, message.room)
    ]
    people = [person for part in parts for person in part.people if context.observing.list_rooms(person.platform)]
    if not messages and not people:
        return

    def work(transaction: Transaction) -> None:
        transaction.trail.meet(people, now)
        keep_messages(transaction, messages, now)

    await context.store.write(work)


def _read_heard(
    transaction: Transaction, known: _Known, rooms: Mapping[str, Sequence[str]], fetched: Sequence[HeardMessage]
) -> Sequence[HeardMessage]:
    """Return what was heard and fetched, each once, without what was deleted and what quotes that."""
    found: dict[str, dict[str, HeardMessage]] = {platform: {} for platform in rooms}
    for message in fetched:
        found.setdefault(message.platform, {})[message.key] = message
    for platform, names in rooms.items():
        # What is kept has the last form, and people's reactions.
        kept = transaction.trail.list_messages(platform, names, known.start, known.end, _MOST_MESSAGES)
        found[platform] |= {message.key: message for message in kept}
    return [
        message
        for platform, messages in found.items()
        for message in strike_forgotten(transaction, platform, rooms.get(platform, ()), list(messages.values()))
        if known.start <= message.at <= known.end
    ]


def _read_people(transaction: Transaction, messages: Sequence[HeardMessage]) -> Sequence[HeardPerson]:
    users: dict[str, set[str]] = {}
    for message in messages:
        users.setdefault(message.platform, set()).add(message.user)
    return [person for platform, ids in users.items() for person in transaction.trail.list_people(platform, ids)]


def _list_channels(known: _Known, messages: Sequence[HeardMessage]) -> Sequence[str]:
    """Return the channels that are the incident's own; empty when all of them are, or nobody can say."""
    if not known.own_rooms:
        return ()
    chats = {address.partition(":")[0] for address in known.own_rooms}
    rooms = {(message.platform, message.room) for message in messages}
    # An issue is told only if it names the incident, whatever else its repository is about.
    others = {
        room
        for platform, room in rooms
        if platform in chats and f"{platform}:{room}" not in known.own_rooms and not _ISSUE.search(room)
    }
    return sorted({room for _, room in rooms} - others) if others else ()


def _explain_unasked(name: str, rooms: Sequence[str], known: _Known) -> str:
    """Return what is missing of a chat whose history nobody can ask; empty when it was heard all the time."""
    since = known.heard_since.get(name)
    if since is not None and since <= known.start:
        return ""
    heard = f"before {since:%Y-%m-%d %H:%M} UTC" if since is not None else "while nobody listened"
    return f"{name} {', '.join(rooms)}: what was said {heard} is not known"
