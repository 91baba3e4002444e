"""`fermata chaos facts`: timeouts, retries, pools and what becomes of errors, read from code into a service graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.chaos_graph import GraphOption, LiveOption, ask_live
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.cli.replacing import write_output
from fermata.kit.unwritable import describe_unwritable

if TYPE_CHECKING:
    from fermata.flows.code_facts import CodeFacts, ReadCode
    from fermata.flows.service_graph import GraphSources

_MOST_REFUSED = 20


def add_to(app: typer.Typer) -> None:
    """Add the command to its group."""
    app.command(name="facts")(show_facts)


def show_facts(
    code: Annotated[
        list[str],
        typer.Option(metavar="[SERVICE=]FOLDER", help="Code, in folders named like services, or of one service."),
    ],
    graph: GraphOption = None,
    *,
    live: LiveOption = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the graph with the facts here.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no model: patterns alone, and no settings.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read from code how each call of a graph is made; every fact names the line it stands in.

    Patterns of common clients find timeouts, retries and pools. A configured model also reads what becomes of errors;
    what it says is looked up in the code, and refused where it does not stand. Nothing of the code is run.
    """
    from fermata.flows.service_graph import GraphSources

    sources = GraphSources(graphs=tuple(graph or ()))
    found = _find(read_sources_code(sources, code, is_live=live), offline=offline)
    for problem in found.problems:
        say(f"fermata: {problem}", err=True)
    if output is not None:
        _write(found, output)
    if as_json:
        print_json(found.to_json())
        return
    told = found.to_json()
    print_table(
        ("call", "field", "value", "source"),
        ((item["call"], item["field"], _show(item["value"]), item["source"]) for item in told["facts"]),
        empty="No fact was found.",
    )
    for item in told["refused"][:_MOST_REFUSED]:
        say(f"refused: {item['claim']}: {item['why']}")
    if len(found.refused) > _MOST_REFUSED:
        say(f"refused: {len(found.refused) - _MOST_REFUSED} more; --json has them all")
    say(f"model: {found.asked}")


def read_sources_code(sources: GraphSources, code: list[str], *, is_live: bool) -> ReadCode:
    """Read code beside one `graph.json` as it stands, or beside what several sources and running systems tell.

    Raises:
        UserError: A source cannot be read, or there is none.
    """
    from fermata.flows.code_facts import read_code, read_merged_code
    from fermata.flows.service_graph import GraphSources, gather_graph

    folders = [split_folder(text) for text in code]
    if not is_live and len(sources.graphs) == 1 and sources == GraphSources(graphs=sources.graphs):
        return read_code(sources.graphs[0], folders)
    return read_merged_code(gather_graph(sources, ask_live() if is_live else ()), folders)


def _find(code: ReadCode, *, offline: bool) -> CodeFacts:
    from fermata.flows.code_facts import ask_facts, find_facts

    if offline:
        return find_facts(code, "not asked (--offline): patterns alone")
    from fermata.cli.opening import explain_no_model, with_house

    if why := explain_no_model():
        return find_facts(code, f"{why}: patterns alone")
    return with_house(lambda house: ask_facts(house.context, code))


def split_folder(text: str) -> tuple[str, Path]:
    """Return the service, empty without one, and the folder that an option names."""
    service, sign, folder = text.partition("=")
    return (service, Path(folder)) if sign else ("", Path(text))


def _write(found: CodeFacts, path: Path) -> None:
    from fermata.rules.servicegraph.writing import write_graph

    try:
        write_output(path, json.dumps(write_graph(found.graph), indent=2) + "\n")
    except OSError as error:
        raise describe_unwritable(path, error) from error
    say(f"fermata: the graph with the facts is in {path}", err=True)


def _show(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
