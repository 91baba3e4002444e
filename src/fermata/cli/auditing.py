"""`fermata audit verify | settings show, schema | policy test | actions`: proof, and what is permitted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from fermata.cli.groups import WholeHelp
from fermata.cli.opening import get_handle, load, with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.cli.replacing import NO_ROOM, write_output
from fermata.domain.entity import Entity
from fermata.domain.ids import PersonId
from fermata.kit.errors import NotFoundError, OperationalError, UserError

_audit = typer.Typer(cls=WholeHelp, help="Prove that the journal is whole.", no_args_is_help=True)
_settings = typer.Typer(cls=WholeHelp, help="See what is set, and from where.", no_args_is_help=True)
_policy = typer.Typer(cls=WholeHelp, help="Ask the policy.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_audit, name="audit")
    app.add_typer(_settings, name="settings")
    app.add_typer(_policy, name="policy")
    app.command()(actions)


@_audit.command()
def verify(
    expect: Annotated[
        str | None, typer.Option(help="The head hash you kept elsewhere; another one means a rewritten chain.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Recompute the whole hash chain; exit 1 and name the entry where it does not hold."""
    kept = _read_hash(expect) if expect is not None else None
    report = with_house(lambda house: house.readings.verify_journal(), needs_systems=False)
    known = kept in (None, report.head) or with_house(lambda house: _has_entry(house, kept), needs_systems=False)
    if as_json:
        print_json(report.to_json() | {"holds": report.holds and known, "expected_head_found": known})
    else:
        for fault in report.faults:
            say(f"entry {fault.sequence}: {fault.kind}: {fault.text}")
        if not known:
            reason = "the chain was rewritten, or this is a backup from before that entry"
            typer.echo(f"No entry has the hash you kept ({kept}): {reason}.")
        verdict = "holds" if report.holds and known else "DOES NOT HOLD"
        typer.echo(f"The journal {verdict}: {report.entries} entries, head {report.head}")
        if not report.entries and not report.faults:
            say("Nothing is proved by that: nothing was written here yet, or another store stands in its place.")
    if not report.holds or not known:
        raise typer.Exit(1)


def _read_hash(text: str) -> str:
    """Return a hash as entries have it; the `sha256:` before it may be missing.

    Raises:
        UserError: It is none. An empty one is mostly a head that could not be fetched, and must not pass for a proof.
    """
    digest = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UserError(
            "The hash to expect is empty" if not digest else f"{text!r} is no hash of an entry",
            why="it has 64 hexadecimal digits behind `sha256:`, and nothing was compared",
            do="Give the whole head that you kept: `fermata audit verify --json | jq -r .head` wrote it",
        )
    return f"sha256:{digest}"


async def _has_entry(house: Any, digest: str) -> bool:
    return bool(
        await house.store.read(lambda transaction: any(entry.hash == digest for entry in transaction.journal.iterate()))
    )


@_settings.command("show")
def show_settings(*, as_json: JsonFlag = False) -> None:
    """Print every value with its origin; secrets as ***."""
    from fermata.kit.redaction import redact

    loaded = load()
    rows = []
    tree = loaded.settings.model_dump(mode="json")
    tree["systems"] = {name: section.model_dump(mode="json") for name, section in loaded.systems.items()}
    for path, value in _flatten(tree, ()):
        origin = next((loaded.origins[key] for key in _prefixes(path) if key in loaded.origins), None)
        hidden = origin is not None and origin.secret and value not in ("", None)
        # A password may also stand inside a value, such as a database's URL.
        rows.append((path, "***" if hidden else redact(str(value)).text, origin.text if origin else "default"))
    if as_json:
        print_json([{"path": path, "value": value, "origin": origin} for path, value, origin in rows])
        return
    print_table(("setting", "value", "origin"), rows, empty="")


@_settings.command("schema")
def print_schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it there instead of to stdout; a file is replaced.")
    ] = None,
) -> None:
    """Print the JSON Schema of fermata.yaml, for editors: the systems that are installed here included.

    An editor finds it by the file's first line: `# yaml-language-server: $schema=PATH`. `fermata init` writes both.
    """
    from fermata.settings.schema import export_schema

    if output is None:
        print_json(export_schema())
        return
    try:
        write_output(output, json.dumps(export_schema(), indent=2) + "\n")
    except OSError as error:
        do = "Free space on its disk" if error.errno in NO_ROOM else "Name another file"
        raise OperationalError(f"{output} cannot be written", why=error.strerror or str(error), do=do) from error
    say(f"The schema is in {output}. For an editor, begin fermata.yaml with: # yaml-language-server: $schema={output}")


def _flatten(value: Any, path: tuple[str, ...]) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [item for key, child in value.items() for item in _flatten(child, (*path, str(key)))]
    if isinstance(value, list) and value:
        return [item for index, child in enumerate(value) for item in _flatten(child, (*path, str(index)))]
    return [(".".join(path), value)]


def _prefixes(path: str) -> list[str]:
    """Return the path and its parents, longest first: a value inside a list carries the list's origin."""
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


@_policy.command("test")
def ask_policy(
    action: Annotated[str, typer.Argument(help="Catalogue name: supervisor.restart")],
    resource: Annotated[str, typer.Argument(help="Entity: supervisor:process/checkout")],
    person: Annotated[str, typer.Option("--as", help="Person id; otherwise who you are.")] = "",
    blast_radius: Annotated[int, typer.Option(help="Objects that would be touched.")] = 1,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say whether someone may have this action done to this resource now, and by which rule. Exit 1 when not."""
    from fermata.bootstrap import build_systems
    from fermata.domain.alert import Severity
    from fermata.kit.clock import SystemClock
    from fermata.rules.policy import Question, explain_for_person

    loaded = load()
    clock = SystemClock()
    catalogue = {
        entry.spec.name: entry.spec
        for system in build_systems(loaded, clock).values()
        for entry in system.list_actions()
    }
    if action not in catalogue:
        known = ", ".join(sorted(catalogue)) or "no configured system offers any"
        raise NotFoundError(f"{action} is not in the catalogue", why=known, do="Run `fermata actions`")
    try:
        target = Entity.parse(resource)
    except ValueError as error:
        raise UserError(f"{resource!r} is not a resource", why=str(error)) from error
    people = {item.id: item for item in loaded.settings.people}
    chosen = people.get(PersonId(person)) if person else _find_self(people.values())
    if chosen is None:
        raise NotFoundError(f"No person {person or get_handle()!r} in the settings", do="Add them under `people:`")
    question = Question(
        action=action,
        risk=catalogue[action].risk,
        target=target,
        parameters={},
        blast_radius=blast_radius,
        severity=Severity.CRITICAL,
        now=clock.now(),
    )
    decision = explain_for_person(loaded.settings.policy.build(), question, chosen)
    if as_json:
        print_json(decision)
    else:
        say(f"{'yes' if decision.permitted else 'no'}: {decision.reason}")
    if not decision.permitted:
        raise typer.Exit(1)


def _find_self(people: Any) -> Any:
    return next((item for item in people if item.handles.get("console") == get_handle()), None)


def actions(*, as_json: JsonFlag = False) -> None:
    """List the catalogue: every action that could ever be proposed with these settings."""
    from fermata.bootstrap import build_systems
    from fermata.kit.clock import SystemClock

    systems = build_systems(load(), SystemClock())
    specs = sorted(
        (entry.spec for system in systems.values() for entry in system.list_actions()), key=lambda spec: spec.name
    )
    if as_json:
        print_json(specs)
        return
    print_table(
        ("action", "risk", "reversible", "what it does"),
        ((spec.name, spec.risk.value, "yes" if spec.reversible else "no", spec.summary) for spec in specs),
        empty="No configured system offers actions; see `systems:` in the settings.",
    )
