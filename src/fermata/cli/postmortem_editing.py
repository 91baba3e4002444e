"""`fermata postmortem show | edit | keep | tick`: what people make of a draft. An edit is never overwritten."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.incidents import IncidentArgument
from fermata.cli.opening import get_actor, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.domain.action import Outcome
from fermata.domain.ids import IncidentId
from fermata.kit.errors import FermataError, UserError
from fermata.kit.ids import LATEST

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.domain.postmortem import Postmortem
    from fermata.flows.postmortem.draft_files import DraftAgain
    from fermata.flows.postmortem.drafting import Drafted
    from fermata.flows.postmortem.editing import Saved
    from fermata.flows.postmortem.keeping import Generated
    from fermata.flows.postmortem.ticking import Ticked
    from fermata.flows.tickets import TicketDraft

_FAILED = 1


def add_to(group: typer.Typer) -> None:
    """Add these commands to `fermata postmortem`."""
    for name, command in (("show", show), ("edit", edit), ("keep", keep), ("tick", tick)):
        group.command(name)(command)


def show(
    incident: IncidentArgument = LATEST,
    *,
    diff: Annotated[bool, typer.Option("--diff", help="What people changed since it was generated.")] = False,
    dropped: Annotated[
        bool, typer.Option("--dropped", help="The messages that no line tells, with their ids.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show an incident's post-mortem as people left it."""
    from fermata.kit.diffs import write_diff

    found = with_house(lambda house: _get(house, incident), needs_systems=False)
    if as_json:
        print_json(found.to_json())
    elif diff:
        say(write_diff("post-mortem", found.base, found.text) or "Nobody changed it since it was generated.")
    elif dropped:
        for item in found.draft.get("dropped", ()):
            say(_write_dropped(item, found.sources.get(item["id"], {})))
    else:
        say(found.text)


def edit(incident: IncidentArgument = LATEST) -> None:
    """Edit a post-mortem in $EDITOR. Edits of others that came meanwhile are merged in, or shown to you first."""
    found = with_house(lambda house: _get(house, incident), needs_systems=False)
    text, read = found.text, found.text
    while True:
        edited = _open_editor(text)
        if edited == read:
            say("Nothing was changed.")
            return
        try:
            saved = _save(found.incident_id, edited, read)
        except FermataError:
            if edited.strip():
                say(f"fermata: your text lies in {_write_aside(found.incident_id, edited)}", err=True)
            raise
        if saved.is_saved:
            merged = " Others had saved meanwhile; both are in it." if saved.is_merged else ""
            hidden = " What looks like a secret in it was hidden." if saved.is_redacted else ""
            say(f"Saved as version {saved.postmortem.version}.{merged}{hidden}")
            for note in saved.notes:
                say(f"fermata: {note}", err=True)
            return
        say("Somebody else changed the same place. Your words stand; theirs would be:")
        say(saved.diff.rstrip("\n"))
        if not sys.stdin.isatty() or not typer.confirm("Open it again, with both?", default=True):
            _put_aside(found.incident_id, saved.text)
        text, read = saved.text, saved.postmortem.text


def keep(
    incident: IncidentArgument,
    message: Annotated[str, typer.Argument(help="Its id, as `fermata postmortem show --dropped` lists it.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Take a dropped message back into the timeline."""

    async def work(house: House) -> Generated:
        from fermata.flows.postmortem.editing import keep_message

        found = await house.readings.find_incident(incident)
        return await keep_message(house.context, found.id, message, get_actor(house))

    generated = with_house(work)
    if as_json:
        print_json(generated.postmortem.to_json())
        return
    say(f"{message} is in the timeline of version {generated.postmortem.version}.")
    if generated.merged is not None:
        tell_conflicts(len(generated.merged.conflicts), generated.merged.diff, say_line=say)


def tick(
    incident: IncidentArgument = LATEST,
    item: Annotated[str, typer.Argument(help="The action item's id; without one, they are listed.")] = "",
    *,
    to: Annotated[str, typer.Option(help="Where to make it: jira:SHOP, linear:OPS, github:shop/checkout.")] = "",
    link: Annotated[str, typer.Option(help="A ticket that you made yourself, anywhere: only its link is noted.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Make the ticket without asking again.")] = False,
) -> None:
    """Make an action item a ticket, after a look at it.

    It is made once, and linked from the post-mortem.
    """
    if not item:
        _list_items(incident)
    elif link:
        with_house(lambda house: _link(house, incident, item, link))
        say(f"{item} is ticked, and links to {link}.")
    else:
        prepared = with_house(lambda house: _prepare(house, incident, item, to))
        say(prepared.words)
        if not yes:
            _confirm()
        ticked = with_house(lambda house: _make(house, prepared))
        say(ticked.result.detail)
        if ticked.result.outcome is not Outcome.DONE:
            raise typer.Exit(_FAILED)


def _write_dropped(item: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    from fermata.flows.postmortem.drafting import write_dropped_message

    if not source:
        return f"{item['id']} ({item['why']})"
    at = datetime.fromisoformat(source["at"])
    return write_dropped_message(item["id"], item["why"], at=at, who=source["who"], text=source["text"])


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "No ticket was made",
            why="there is no terminal to ask at",
            do="Add --yes once you have read what it will say",
        )
    typer.confirm("Make exactly this ticket?", abort=True)


def _list_items(incident: str) -> None:
    from fermata.flows.postmortem.ticking import list_actions

    found = with_house(lambda house: _get(house, incident), needs_systems=False)
    items = list_actions(found)
    for box in items:
        url = found.ticks.get(box.id)
        say(f"{box.id}  {box.text}{f'  {url}' if url else ''}")
    if not items:
        say("There is no action item. Write one under Actions: `- [ ] ...`")


async def _get(house: House, incident: str) -> Postmortem:
    from fermata.flows.postmortem.editing import get_postmortem

    return await get_postmortem(house.context, (await house.readings.find_incident(incident)).id)


def _open_editor(text: str) -> str:
    """Return the text as it was when the editor ended."""
    from fermata.settings.editor import find_editor

    command = find_editor()
    with tempfile.TemporaryDirectory(prefix="fermata-") as folder:
        path = Path(folder) / "post-mortem.md"
        path.write_text(text, encoding="utf-8")
        try:
            ended = subprocess.run([*command, str(path)], check=False)
        except OSError as error:
            why = f"{command[0]}: {error.strerror}"
            raise UserError("No editor could be started", why=why, do="Set EDITOR to one that is installed") from error
        if ended.returncode != 0:
            why = f"{command[0]} ended with {ended.returncode}"
            raise UserError("Nothing was saved", why=why, do="Edit again, and leave the editor with a save")
        # What an editor wrote otherwise is still that person's.
        return path.read_text(encoding="utf-8", errors="replace")


def _save(incident_id: IncidentId, text: str, read: str) -> Saved:
    async def work(house: House) -> Saved:
        from fermata.flows.postmortem.editing import save_text

        return await save_text(house.context, incident_id, text, read, get_actor(house))

    return with_house(work, needs_systems=False)


def _write_aside(incident_id: str, text: str) -> Path:
    """Keep an edit that was not saved in a new file: nothing that somebody wrote is lost."""
    path = Path(f"postmortem-{incident_id}.md")
    number = 1
    while path.exists():
        number += 1
        path = Path(f"postmortem-{incident_id}-{number}.md")
    path.write_text(text, encoding="utf-8")
    return path


def _put_aside(incident_id: str, text: str) -> None:
    """Keep an edit that somebody else's stands in the way of, and say where."""
    path = _write_aside(incident_id, text)
    raise UserError(
        "The edit was not saved",
        why="somebody else changed the same place",
        do=f"Your text lies in {path}: put what you want of it in with `fermata postmortem edit {incident_id}`",
    )


async def _prepare(house: House, incident: str, item: str, place: str) -> TicketDraft:
    from fermata.flows.postmortem.ticking import prepare_ticket

    found = await house.readings.find_incident(incident)
    return await prepare_ticket(house.context, found.id, item, place)


async def _make(house: House, prepared: TicketDraft) -> Ticked:
    from fermata.flows.postmortem.ticking import make_ticket

    return await make_ticket(house.context, prepared, get_actor(house))


async def _link(house: House, incident: str, item: str, url: str) -> Postmortem:
    from fermata.flows.postmortem.ticking import link_ticket

    found = await house.readings.find_incident(incident)
    return await link_ticket(house.context, found.id, item, url, get_actor(house))


def write_draft(path: Path, draft: DraftAgain, *, is_update: bool) -> Drafted:
    """Write a draft to a file, or merge it into one, and say what became of it.

    Raises:
        UserError: The file exists and is not to be updated, or cannot be.
    """
    from fermata.flows.postmortem.draft_files import update, write_new

    if not is_update or not path.exists():
        drafted = write_new(path, draft)
        say(f"Written to {path}.", err=True)
        return drafted
    updated = update(path, draft)
    say(f"Merged into {path}." if updated.has_changed else f"{path} stays as it is: nothing new.", err=True)
    tell_conflicts(len(updated.conflicts), updated.diff, say_line=lambda line: say(line, err=True))
    return updated.drafted


def tell_conflicts(count: int, diff: str, *, say_line: Callable[[str], None]) -> None:
    """Say where edits stand in the way of what was generated, with the diff that would take it over."""
    if not count:
        return
    places = "1 place that you edited is" if count == 1 else f"{count} places that you edited are"
    say_line(f"{places} generated otherwise now; your words stay. Take over what you want of this:")
    say_line(diff.rstrip("\n"))
