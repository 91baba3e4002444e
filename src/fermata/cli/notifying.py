"""`fermata notify explain`: where a card would go, when, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.groups import WholeHelp
from fermata.cli.opening import load, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.domain.alert import Severity
from fermata.kit.errors import UserError
from fermata.kit.units import format_duration

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.rules.notices import Routing

_group = typer.Typer(cls=WholeHelp, no_args_is_help=True, help="Where cards go.")


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.add_typer(_group, name="notify")


@_group.command()
def explain(  # noqa: PLR0913 - one option for each thing that a route looks at
    severity: Annotated[str, typer.Option(help="critical, high, warning or info.")] = "critical",
    service: Annotated[str, typer.Option(help="What the incident is about.")] = "",
    team: Annotated[str, typer.Option(help="The alert's label `team`.")] = "",
    environment: Annotated[str, typer.Option(help="The alert's label `environment`.")] = "",
    at: Annotated[str, typer.Option(help="When, as 2026-11-24T03:00+01:00; now when absent.")] = "",
    *,
    plan: Annotated[bool, typer.Option(help="A plan waits for a decision.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Say where a card would go by the settings, when, and why. Sends nothing."""
    from fermata.rules.notices import Notice, find_closed_rooms, route_notice

    notify = load().settings.notify.build()
    channels, rooms = with_house(_list_channels)
    notice = Notice(
        severity=_read_severity(severity),
        services=(service,) if service else (),
        teams=(team,) if team else (),
        environments=(environment,) if environment else (),
        can_decide=plan,
    )
    routing = route_notice(notify, notice, channels, _read_instant(at))
    if as_json:
        print_json(routing)
        return
    say(f"Goes to {', '.join(routing.addresses) or 'nobody: no channel is configured'}")
    closed = find_closed_rooms([*routing.addresses, *routing.escalate_to, *notify.fallback], rooms)
    for line in [*closed, *_tell(routing, notify.fallback)]:
        say(f"  {line}")


async def _list_channels(house: House) -> tuple[tuple[str, ...], Mapping[str, Sequence[str]]]:
    """Return the channels, and the rooms of those that show cards in rooms of their settings only."""
    from fermata.ports.channel import NamesRooms

    channels = house.context.channels
    return tuple(channels), {name: one.list_rooms() for name, one in channels.items() if isinstance(one, NamesRooms)}


def _tell(routing: Routing, fallback: tuple[str, ...]) -> list[str]:
    lines = list(routing.reasons)
    if routing.escalate_to:
        after = format_duration(routing.escalate_after) if routing.escalate_after else "half of the plan's validity"
        lines.append(f"nobody decides within {after}: {', '.join(routing.escalate_to)} too")
    if fallback:
        lines.append(f"a channel that fails: {', '.join(fallback)}, the first that works")
    return lines


def _read_severity(text: str) -> Severity:
    try:
        return Severity(text.lower())
    except ValueError as error:
        raise UserError(f"{text!r} is no severity", do="Write critical, high, warning or info") from error


def _read_instant(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is no instant", do="Write it like 2026-11-24T03:00+01:00") from error
    if at.tzinfo is None:
        raise UserError(f"{text!r} has no time zone", do="Write it like 2026-11-24T03:00+01:00, or with a Z behind it")
    return at
