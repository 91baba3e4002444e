"""`fermata postmortem draft`: the cited draft of a post-mortem, from a bundle or of an incident."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli import postmortem_editing, postmortem_exporting
from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, print_json, say
from fermata.cli.postmortem_editing import write_draft
from fermata.cli.waiting import show_waiting
from fermata.kit.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from fermata.flows.postmortem.drafting import Drafted
    from fermata.rules.corrected_times import Corrections

_postmortem = typer.Typer(
    cls=WholeHelp, help="Draft post-mortems from what was said, deployed and measured.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    postmortem_editing.add_to(_postmortem)
    postmortem_exporting.add_to(_postmortem)
    app.add_typer(_postmortem, name="postmortem")


# Alone under its group, a command would take the group's place.
@_postmortem.callback()
def _prepare() -> None:
    pass


@_postmortem.command("draft")
def draft_one(  # noqa: PLR0913 - one parameter for each option
    incident: Annotated[
        str, typer.Argument(help="An incident's id or the end of it, or `latest`: drafted from what was heard.")
    ] = "",
    *,
    bundle: Annotated[
        list[Path] | None,
        typer.Option(
            "--bundle",
            "--export",
            help="Instead: a folder with chat.json, changes/ and metrics/, or a chat's export (docs/postmortem.md).",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Of an export: a channel, or a span of time as START..END. May be given several times."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the Markdown here; a file that exists stays as it is.")
    ] = None,
    template: Annotated[Path | None, typer.Option(help="A template for the Markdown, instead of the shipped one.")] = (
        None
    ),
    update: Annotated[
        bool, typer.Option("--update", help="Merge the new draft into the file of --output: edits and ticks stay.")
    ] = False,
    dropped: Annotated[
        bool, typer.Option("--dropped", help="Of a bundle: list the messages that no line tells, with their words.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no model; without it one labels what rules are unsure of.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Draft a post-mortem of an incident, a bundle or an export.

    By rules, every line citing what it is taken from.
    """
    text = _read_template(template)
    folder = _take_one(bundle or [])
    _refuse_unused(has_bundle=folder is not None, only=bool(only), dropped=dropped, update=update and output is None)
    if folder is None:
        _draft_incident(incident, text, output, is_update=update, as_json=as_json, offline=offline)
        return
    if incident:
        raise UserError("Name an incident or a bundle", why="both were named", do="Leave one of them out")
    from fermata.cli.postmortem_labelling import find_label
    from fermata.flows.postmortem.drafting import draft_bundle
    from fermata.flows.postmortem.export_talk import parse_wanted

    wanted = parse_wanted(only) if only else None
    label = find_label(offline=offline)

    def draft(kept: Collection[str] = (), prefix: str | None = None, corrections: Corrections | None = None) -> Drafted:
        with show_waiting("reading and drafting", sys.stderr):
            drafted = draft_bundle(
                folder, text, kept=kept, prefix=prefix, wanted=wanted, label=label, corrections=corrections
            )
        for warning in drafted.warnings:
            say(f"fermata: {warning}", err=True)
        return drafted

    drafted = draft() if output is None else write_draft(output, draft, is_update=update)
    if as_json:
        print_json(drafted.to_json())
    elif dropped:
        for line in drafted.list_dropped():
            say(line)
    elif output is None:
        say(drafted.document)


def _draft_incident(
    incident: str, template: str | None, output: Path | None, *, is_update: bool, as_json: bool, offline: bool
) -> None:
    from fermata.cli.postmortem_live import draft_live

    if not incident:
        raise UserError(
            "Nothing was named to draft from",
            do="Name an incident (`fermata postmortem draft latest`), or a folder with --bundle",
        )
    if is_update:
        raise UserError(
            "--update is for a bundle's file",
            why="the post-mortem of an incident is saved by Fermata, which merges it there",
            do="Draft without it, and see `fermata postmortem show`",
        )
    try:
        draft_live(incident, template, output, as_json=as_json, offline=offline)
    except NotFoundError as error:
        if not Path(incident).exists():
            raise
        raise UserError(error.what, why="it is a file or a folder", do=f"Add --bundle before {incident}") from error


def _take_one(paths: Sequence[Path]) -> Path | None:
    if len(paths) > 1:
        raise UserError(
            "One bundle or one export can be drafted from",
            why=f"{' and '.join(map(str, paths))} were named",
            do="Leave one out, or put the export into the bundle's folder: what lies there is read together",
        )
    return paths[0] if paths else None


def _refuse_unused(*, has_bundle: bool, only: bool, dropped: bool, update: bool) -> None:
    """Refuse options that would change nothing: whoever gave one believes that it does.

    Raises:
        UserError: One of them.
    """
    if only and not has_bundle:
        raise UserError(
            "--only is about a chat's export",
            why="an incident's draft reads the rooms of its card",
            do="Leave it out, or name the export with --export",
        )
    if dropped and not has_bundle:
        raise UserError(
            "--dropped lists what a bundle's draft leaves out",
            do="Draft without it, and see `fermata postmortem show --dropped`",
        )
    if update and has_bundle:
        raise UserError("--update needs a file to merge into", do="Name it with --output")


def _read_template(path: Path | None) -> str | None:
    if path is None:
        return None
    from fermata.flows.postmortem.unreadable import explain_unreadable

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = explain_unreadable(error)
        raise UserError(f"The template {path} cannot be read", why=why, do="Name a text file") from error
