"""`fermata postmortem export`: a post-mortem leaves for where people read it, and edits made there stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import get_actor, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.ids import LATEST

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.ports.publisher import Published

_LEFT = 1
_WORDS = {"created": "Published", "updated": "Updated", "unchanged": "Nothing to do, it says the same"}


def add_to(group: typer.Typer) -> None:
    """Add this command to `fermata postmortem`."""
    group.command("export")(export)


def export(
    source: Annotated[
        str, typer.Argument(help="An incident's id or the end of it, or `latest`; or a draft's Markdown file.")
    ] = LATEST,
    *,
    to: Annotated[
        str,
        typer.Option(
            help="markdown:FILE, github:OWNER/REPO, gitlab:GROUP/PROJECT, confluence:SPACE, notion:PAGE or "
            "googledocs:FOLDER; of those that the settings name."
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite what people changed there since the last export.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Export a post-mortem; again updates the same page. Secrets and deleted messages do not leave."""
    path = Path(source)
    is_file = path.suffix.lower() in (".md", ".markdown")

    async def work(house: House) -> Published:
        from fermata.flows.postmortem.publishing import find_target, publish_file, publish_postmortem

        target, by = find_target(house.systems, to), get_actor(house)
        if is_file:
            return await publish_file(house.context, path, target, by, is_forced=force)
        incident = await house.readings.find_incident(source)
        return await publish_postmortem(house.context, incident.id, target, by, is_forced=force)

    published = with_house(work)
    if as_json:
        print_json(published.to_json())
    else:
        _tell(published)
    if published.state == "left":
        raise typer.Exit(_LEFT)


def _tell(published: Published) -> None:
    for note in published.notes:
        say(f"fermata: {note}", err=True)
    if published.state == "left":
        where = f" ({published.url})" if published.url else ""
        say(f"Left as it is{where}: {published.why}. Take over what you want of it, or add --force.", err=True)
    else:
        say(f"{_WORDS[published.state.value]}: {published.url}")
