"""`fermata incidents similar | recurring`: what was like this before, and what keeps coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.kit.clock import format_instant
from fermata.kit.ids import LATEST

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.flows.similar import History
    from fermata.rules.similar import Past, Recurring, Similar


def add_to(incidents: typer.Typer) -> None:
    """Add these commands to `fermata incidents`."""
    incidents.command("similar")(similar)
    incidents.command("recurring")(recurring)


def similar(
    incident: Annotated[
        str, typer.Argument(help="Incident id, its last characters, an alert's name, or `latest`.")
    ] = LATEST,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many, the most alike first.")] = 5,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Find earlier incidents like this one: by cause, place, alert and words, each with why and how it ended."""
    from fermata.flows.similar import find_earlier

    async def work(house: House) -> History:
        found = await house.readings.find_incident(incident)
        return await find_earlier(house.context, found.id, limit)

    history = with_house(work, needs_systems=False)
    if as_json:
        print_json(
            {
                "incident": history.incident_id,
                "compared": history.compared,
                "similar": [_write_similar(item) for item in history.similar],
            }
        )
        return
    print_table(
        ("incident", "began", "alike", "why", "how it ended"),
        (
            (
                item.past.id,
                format_instant(item.past.started_at),
                f"{item.score:.0%}",
                f"{item.past.title}: {'; '.join(item.why)}",
                item.past.ended if item.past.is_over else f"not over: {item.past.ended}",
            )
            for item in history.similar
        ),
        empty=f"None of {history.compared} earlier incidents is like {history.incident_id}."
        if history.compared
        else f"No earlier incident is known than {history.incident_id}: there is nothing to compare it with.",
    )


def recurring(
    fewest: Annotated[int, typer.Option("--fewest", min=2, help="Incidents that a factor was found in.")] = 2,
    *,
    as_json: JsonFlag = False,
) -> None:
    """List the contributing factors that were found in more than one incident, the most frequent first."""
    from fermata.flows.similar import find_recurring

    async def work(house: House) -> tuple[list[Recurring], int]:
        found, read = await find_recurring(house.context, fewest)
        return list(found), read

    found, read = with_house(work, needs_systems=False)
    if as_json:
        print_json({"incidents": read, "recurring": [_write_recurring(item) for item in found]})
        return
    print_table(
        ("cause", "where", "times", "first", "last", "incidents"),
        (
            (
                item.cause,
                item.place or "several places",
                str(len(item.pasts)),
                format_instant(item.pasts[0].started_at),
                format_instant(item.pasts[-1].started_at),
                ", ".join(past.id for past in item.pasts[-3:]),
            )
            for item in found
        ),
        empty=f"No cause was found {fewest} times or more; incidents looked through: {read:,}.",
    )
    if found:
        say("One that comes back was mitigated, not mended: `fermata postmortem tick` makes a ticket of an action.")


def _write_similar(item: Similar) -> dict[str, Any]:
    how = {"ended": item.past.ended, "is_over": item.past.is_over}
    return {**_write_past(item.past), "score": item.score, "why": list(item.why), **how}


def _write_recurring(item: Recurring) -> dict[str, Any]:
    return {"cause": item.cause, "place": item.place or None, "incidents": [_write_past(past) for past in item.pasts]}


def _write_past(past: Past) -> dict[str, Any]:
    return {"id": past.id, "title": past.title, "started_at": format_instant(past.started_at)}
