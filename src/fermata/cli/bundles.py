"""`fermata investigate --bundle`, `fermata incidents export`, `fermata signatures`: diagnosis without anything live."""

from __future__ import annotations

import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli import signature_cases
from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, get_console, print_json, print_table, say
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.flows.bundle.diagnose import Diagnosed
    from fermata.rules.signatures import Signature


def _read_folder(text: str) -> Path:
    # An empty variable in a script would otherwise name the working directory.
    if not text.strip():
        message = "it is empty: give the folder that holds the bundle"
        raise typer.BadParameter(message)
    return Path(text)


BundleOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--bundle",
        parser=_read_folder,
        metavar="PATH",
        help="A folder to diagnose instead of a live incident (docs/bundle.md).",
    ),
]
OfflineFlag = Annotated[bool, typer.Option("--offline", help="With --bundle: ask no model at all.")]


def investigate_bundle(folder: Path, *, as_json: bool, offline: bool = False) -> None:
    """Diagnose a bundle and print the answer on stdout; what could not be used is named on stderr.

    Args:
        offline: Ask no model, and read no settings.
    """
    from fermata.flows.bundle.answer import compose_answer
    from fermata.flows.bundle.diagnose import diagnose_bundle
    from fermata.flows.bundle.misplaced import describe_unread
    from fermata.flows.bundle.read import read_bundle

    started = time.monotonic()
    bundle = read_bundle(folder)
    # On a terminal the report says it again, a few lines further down.
    is_told = not as_json and get_console().is_terminal
    told = {gap.reason for gap in bundle.gaps} if is_told else set()
    for warning in bundle.warnings:
        if warning not in told:
            say(f"fermata: {warning}", err=True)
    if bundle.unknown_files and not is_told:
        say(f"fermata: {describe_unread(bundle.unknown_files)}", err=True)
    diagnosed: Diagnosed = diagnose_bundle(bundle)
    if not offline:
        diagnosed = _ask_models(diagnosed)
    answer = compose_answer(diagnosed, time.monotonic() - started)
    if as_json:
        print_json(answer)
        return
    from fermata.cli.diagnoses import print_diagnosis

    print_diagnosis(diagnosed)


def _ask_models(diagnosed: Diagnosed) -> Diagnosed:
    """Add a model's opinion where the settings name one: the only thing about a bundle that needs settings."""
    from fermata.cli.opening import load, with_house

    try:
        targets = load().settings.models.targets
    except UserError as error:
        say(f"fermata: no model is asked: {error.what}", err=True)
        return diagnosed
    if not targets:
        return diagnosed
    from fermata.flows.analyse import find_analyst
    from fermata.flows.bundle.opinion import add_opinion

    return with_house(lambda house: add_opinion(diagnosed, find_analyst(house.context)))


class _Causes(WholeHelp):
    """Takes a cause for a command's name as well: `fermata signatures disk_full` shows it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = not args or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["show", *args])


signatures = typer.Typer(
    cls=_Causes, help="List the causes that are diagnosed without a model; show one; test them on saved cases."
)
signature_cases.add_to(signatures)


@signatures.command(name="show")
def show_signature(
    cause: Annotated[str, typer.Argument(help="A cause's id, as the list and a diagnosis write it.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show one cause: what it looks at, what rules it out, what its confidence rests on, and what it proposes."""
    from fermata.rules.signatures import CATALOGUE

    by_id = {item.id: item for item in CATALOGUE}
    found = by_id.get(cause.strip().lower().replace("-", "_"))
    if found is None:
        close = get_close_matches(cause.lower(), by_id, n=1)
        raise UserError(
            f"No signature names {cause!r}",
            do=f"Is it {close[0]}?" if close else "List them with `fermata signatures`",
        )
    if as_json:
        print_json(_describe_signature(found))
        return
    say(f"{found.id}: {found.title}")
    for head, text in (
        ("looks at", ", ".join(kind.value for kind in found.looks_at)),
        ("names", found.specificity.words),
        ("ruled out by", found.ruled_out_by),
        ("confidence", found.confidence_note),
        ("action", found.action),
        ("see", found.anchor),
    ):
        say(f"  {head}: {text}")


@signatures.callback(invoke_without_command=True)
def list_signatures(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the causes that can be diagnosed without a model, with what each looks at and what rules it out."""
    if context.invoked_subcommand is not None:
        return
    from fermata.rules.signatures import CATALOGUE

    if as_json:
        print_json([_describe_signature(item) for item in CATALOGUE])
        return
    if not get_console().is_terminal:
        for item in CATALOGUE:
            typer.echo(f"{item.id}\t{item.title}")
        return
    rows = ((item.id, item.title, ", ".join(kind.value for kind in item.looks_at), item.action) for item in CATALOGUE)
    print_table(("cause", "what it is", "looks at", "action"), rows, empty="The catalogue is empty.")


def _describe_signature(item: Signature) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "looks_at": [kind.value for kind in item.looks_at],
        "ruled_out_by": item.ruled_out_by,
        "confidence": item.confidence_note,
        "action": item.action,
        "names": item.specificity.words,
        "docs": item.anchor,
    }
