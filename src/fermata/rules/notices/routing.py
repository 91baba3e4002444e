"""Where a card goes: the first route that covers it, in the order of the settings; every channel where none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from pydantic import Field

from fermata.domain.alert import Alert, Severity
from fermata.domain.incident import Incident
from fermata.domain.record import Instant, Record, Text
from fermata.kit.units import format_duration
from fermata.rules.notices.quiet_hours import QuietHours

_TEAM_LABELS = ("team", "owner", "squad")
_ENVIRONMENT_LABELS = ("environment", "env", "stage", "deployment_environment")
"""Labels as alert rules commonly carry them; each value of each of them counts."""


class Notice(Record):
    """What routes look at."""

    severity: Severity
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    can_decide: bool = False
    """True while a plan waits for a person."""


class Route(Record):
    """These cards go there. What is left empty covers everything."""

    id: Text
    """Short name, in the journal and in `fermata notify explain`."""
    severities: tuple[Severity, ...] = ()
    """Of the incident: the worst of its alerts."""
    services: tuple[str, ...] = ()
    """Globs over the names of what the incident is about, and over the label `service`."""
    teams: tuple[str, ...] = ()
    """Globs over the labels `team`, `owner`, `squad`."""
    environments: tuple[str, ...] = ()
    """Globs over the labels `environment`, `env`, `stage`, `deployment_environment`."""
    addresses: tuple[Text, ...] = Field(min_length=1)
    """A channel (`slack`), or a room of it (`slack:C0123`, `github:acme/shop`)."""
    escalate_to: tuple[Text, ...] = ()
    """Where it goes besides when nobody decides in time; empty: as `notify.escalate_to` says."""
    escalate_after: timedelta | None = None
    """How long a plan may wait before that; empty: as `notify.escalate_after` says."""


class Digests(Record):
    """Low severities in one card for a span of time, unless a plan waits for somebody."""

    severities: tuple[Severity, ...] = ()
    """Which; empty is none: each incident has a card of its own."""
    every: timedelta = timedelta(hours=24)
    """The span, counted from midnight UTC."""


class Notify(Record):
    """All that decides where cards go. The default is: every channel, at once."""

    routes: tuple[Route, ...] = ()
    quiet: QuietHours | None = None
    digest: Digests = Digests()
    fallback: tuple[Text, ...] = ()
    """The first of these whose channel works gets the cards of a channel that fails."""
    fallback_after: timedelta = timedelta(minutes=1)
    """How long a channel has to have failed."""
    escalate_to: tuple[Text, ...] = ()
    """Where a plan goes besides when nobody decides; empty: nowhere."""
    escalate_after: timedelta | None = None
    """How long a plan may wait before that; empty: half of the time it is open."""


class Routing(Record):
    """Where a card goes."""

    route: str
    """The route that covers it; empty for the default."""
    addresses: tuple[str, ...]
    reasons: tuple[str, ...]
    """Why there, and why not now, in words."""
    held_until: Instant | None = None
    """Quiet hours: it is not posted before. What is posted already is kept true all the same."""
    digest_at: Instant | None = None
    """It has no card of its own, but a line in the digest of that instant."""
    escalate_to: tuple[str, ...] = ()
    escalate_after: timedelta | None = None


def find_closed_rooms(addresses: Iterable[str], rooms: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return what is wrong with addresses whose room gets no card, a sentence for each.

    Args:
        rooms: By channel, of those that show cards in named rooms only.
    """
    return [
        f"{address}: no card will be shown there, since {channel} shows cards in {', '.join(rooms[channel])} only, "
        "where it hears what is answered. Correct the address, or add the room to that channel's settings"
        for address in dict.fromkeys(addresses)
        for channel, _, room in (address.partition(":"),)
        if room and channel in rooms and room not in rooms[channel]
    ]


def find_channel(address: str) -> str:
    """Return the channel of an address: what stands before its first colon."""
    return address.partition(":")[0]


def describe_notice(incident: Incident, alerts: Iterable[Alert], *, can_decide: bool) -> Notice:
    """Return what routes look at, of an incident and its alerts."""
    labels = [alert.labels for alert in alerts]

    def read(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(label[name] for label in labels for name in names if label.get(name)))

    services = dict.fromkeys((*(entity.name for entity in incident.entities), *read(("service",))))
    return Notice(
        severity=incident.severity,
        services=tuple(services),
        teams=read(_TEAM_LABELS),
        environments=read(_ENVIRONMENT_LABELS),
        can_decide=can_decide,
    )


def route_notice(notify: Notify, notice: Notice, channels: Sequence[str], now: datetime) -> Routing:
    """Decide where a card goes.

    Args:
        channels: Those that are configured: an address of another is left out, and where none is left, the card goes to
            every channel rather than nowhere.
    """
    route = next((route for route in notify.routes if not _list_misses(route, notice)), None)
    if route is None:
        why = "no route covers it" if notify.routes else "there are no routes"
        addresses, reasons = list(channels), [f"every channel: {why}"]
    else:
        addresses = [address for address in route.addresses if find_channel(address) in channels]
        reasons = [f"route {route.id}: {_explain(route, notice)}"]
        lost = [address for address in route.addresses if address not in addresses]
        reasons += [f"not {', '.join(lost)}: no such channel is configured"] if lost else []
        if not addresses:
            addresses = list(channels)
            reasons.append("every channel instead")
    digest_at = _find_digest(notify.digest, notice, now)
    quiet = notify.quiet
    held_until = quiet.find_end(now) if quiet is not None and notice.severity in quiet.severities else None
    if digest_at is not None:
        span = format_duration(notify.digest.every)
        reasons.append(f"in the digest of every {span}: {notice.severity.value}, and no plan waits")
    elif held_until is not None:
        reasons.append(f"not before {held_until:%Y-%m-%d %H:%M} UTC: {notice.severity.value} waits in quiet hours")
    escalate_to = (route.escalate_to if route else ()) or notify.escalate_to
    return Routing(
        route=route.id if route else "",
        addresses=tuple(addresses),
        reasons=tuple(reasons),
        held_until=held_until if digest_at is None else None,
        digest_at=digest_at,
        escalate_to=tuple(address for address in escalate_to if find_channel(address) in channels),
        escalate_after=(route.escalate_after if route else None) or notify.escalate_after,
    )


def plan_escalation(routing: Routing, opened_at: datetime, expires_at: datetime) -> datetime | None:
    """Return when a plan that nobody has decided is shown to the next ones; `None`: never, since there are none."""
    if not routing.escalate_to:
        return None
    at = opened_at + (routing.escalate_after or (expires_at - opened_at) / 2)
    return at if at < expires_at else None


def _find_digest(digests: Digests, notice: Notice, now: datetime) -> datetime | None:
    if notice.can_decide or notice.severity not in digests.severities:
        return None
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spans = (now - midnight) // digests.every + 1
    return midnight + spans * digests.every


def _list_misses(route: Route, notice: Notice) -> list[str]:
    """Return what of a route does not cover a notice."""
    severity = not route.severities or notice.severity in route.severities
    globs = (
        ("services", route.services, notice.services),
        ("teams", route.teams, notice.teams),
        ("environments", route.environments, notice.environments),
    )
    misses = [name for name, patterns, values in globs if patterns and not _find_matches(patterns, values)]
    return misses if severity else ["severities", *misses]


def _find_matches(patterns: Iterable[str], values: Sequence[str]) -> list[str]:
    return [value for value in values if any(fnmatchcase(value, pattern) for pattern in patterns)]


def _explain(route: Route, notice: Notice) -> str:
    parts = [notice.severity.value] if route.severities else []
    for word, patterns, values in (
        ("service", route.services, notice.services),
        ("team", route.teams, notice.teams),
        ("environment", route.environments, notice.environments),
    ):
        parts += [f"{word} {matched}" for matched in _find_matches(patterns, values)[:1]]
    return ", ".join(parts) or "it covers everything"
