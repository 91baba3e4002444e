"""`fermata postmortem draft`: the cited draft of a post-mortem, from a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.errors import UserError

_postmortem = typer.Typer(help="Draft post-mortems from what was said, deployed and measured.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_postmortem, name="postmortem")


# Alone under its group, a command would take the group's place.
@_postmortem.callback()
def _prepare() -> None:
    pass


@_postmortem.command("draft")
def draft_one(
    *,
    bundle: Annotated[Path, typer.Option(help="A folder with chat.json, changes/ and metrics/ (docs/postmortem.md).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the Markdown here; a file that exists stays as it is.")
    ] = None,
    template: Annotated[Path | None, typer.Option(help="A template for the Markdown, instead of the shipped one.")] = (
        None
    ),
    as_json: JsonFlag = False,
) -> None:
    """Draft the post-mortem of a bundle's incident without any model: every line cites what it is taken from."""
    from fermata.flows.postmortem.drafting import draft_bundle

    drafted = draft_bundle(bundle, _read_template(template))
    for warning in drafted.warnings:
        say(f"fermata: {warning}", err=True)
    if output is not None:
        _write_new(output, drafted.document)
        say(f"Written to {output}.", err=True)
    if as_json:
        print_json(drafted.to_json())
    elif output is None:
        say(drafted.document)


def _read_template(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The template {path} cannot be read", why=str(error), do="Name a text file") from error


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UserError(
            f"{path} was not written", why="it exists, and may hold edits", do="Name another file, and compare the two"
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be written", why=error.strerror or "", do="Name another file") from error
