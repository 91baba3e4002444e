"""Networks that a running container was taken off by hand: nobody made it anew, so that no deployment tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.integrations.docker.blueprint import NETWORK
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import is_set_aside, parse_instant
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.site import Site, Target, find_target
from fermata.integrations.docker.wire import Event, Listed
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines

_COLLECTOR = "docker.changes"


async def list_left_networks(
    site: Site, session: EngineSession, scope: Scope, listed: Sequence[Listed], remembered: Remembered
) -> list[Evidence]:
    """Return for each network that one of the containers was taken off, and is not in now, a change of its settings.

    Args:
        listed: Those that are meant, and those beside them.
    """
    try:
        events = await session.list_disconnects(scope.window_start, scope.window_end)
    except OperationalError:
        events = []  # What was seen while Fermata served may tell it all the same.
    found = []
    for one in listed:
        if one.state != "running" or is_set_aside(one.name):
            continue
        told = [event for event in events if event.actor.attributes.get("container") == one.id]
        left = {**await _list_seen(remembered, one), **{event.name: event.at for event in told}}
        gone = {network: at for network, at in left.items() if not one.is_in(network)}
        target = await find_target(session, one.id) if gone else None
        if target is not None:
            found += _describe(site, scope, target, gone, told)
    return found


async def _list_seen(remembered: Remembered, listed: Listed) -> Mapping[str, datetime]:
    try:
        return await remembered.list_left(listed)
    except OperationalError:
        return {}


def _describe(
    site: Site, scope: Scope, target: Target, gone: Mapping[str, datetime], told: Sequence[Event]
) -> list[Evidence]:
    name, known = target.name, {event.name for event in told}
    # An end takes a container off its networks, too, and its start puts it back: by hand is what came in this run.
    started_at = parse_instant(target.inspected.state.started_at)
    by_hand = {network: at for network, at in gone.items() if started_at is None or at >= started_at}
    return [
        site.build_evidence(
            scope,
            target.entity,
            hide_lines([_tell(name, network, at, is_exact=network in known), f"-{NETWORK}{network}"]),
            ChangeFacts(
                id=f"docker:{target.inspected.id[:12]}/{network}",
                kind="config",
                title=f"{name} was taken off network {network} by hand",
                changed_at=at,
                diff_read=True,
                service=target.inspected.service or name,
                state=target.inspected.state.status,
            ),
            kind=EvidenceKind.CHANGE,
            collector=_COLLECTOR,
            title=f"{name} was taken off network {network} by hand",
            query=f"docker events --filter type=network --filter event=disconnect; docker inspect {name}",
        )
        for network, at in sorted(by_hand.items())
    ]


def _tell(name: str, network: str, at: datetime, *, is_exact: bool) -> str:
    word = "at" if is_exact else "before"
    return f"{name} was taken off network {network} {word} {format_instant(at)}, while it ran"
