"""`fermata chaos graph`: the service graph from manifests, compose files, traces and metrics, drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.opening import load
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.cli.replacing import write_output
from fermata.kit.unwritable import describe_unwritable

if TYPE_CHECKING:
    from fermata.flows.service_graph import GraphSources
    from fermata.rules.servicegraph.merging import MergedGraph
    from fermata.rules.servicegraph.partial import PartialGraph

GraphOption = Annotated[list[Path] | None, typer.Option(help="A service graph, graph.json. May be given again.")]
ManifestsOption = Annotated[list[Path] | None, typer.Option(help="Kubernetes manifests: a folder or a file.")]
ComposeOption = Annotated[
    list[Path] | None, typer.Option(help="A compose file; given again, laid over the one before.")
]
TracesOption = Annotated[
    list[Path] | None, typer.Option(help="Traces as OTLP JSON or Jaeger JSON: a file or a folder.")
]
JaegerOption = Annotated[list[Path] | None, typer.Option(help="An answer of Jaeger's /api/dependencies.")]
LiveOption = Annotated[bool, typer.Option("--live", help="Also ask the systems of fermata.yaml, read-only.")]
_MOST_WARNINGS = 20


def add_to(app: typer.Typer) -> None:
    """Add the command to its group."""
    app.command(name="graph")(show_graph)


def make_sources(
    graph: list[Path] | None,
    manifests: list[Path] | None,
    *,
    compose: list[Path] | None,
    traces: list[Path] | None,
    jaeger: list[Path] | None,
) -> GraphSources:
    """Return the sources that the options name."""
    from fermata.flows.service_graph import GraphSources

    return GraphSources(
        graphs=tuple(graph or ()),
        manifests=tuple(manifests or ()),
        compose=tuple(compose or ()),
        traces=tuple(traces or ()),
        jaeger=tuple(jaeger or ()),
    )


def ask_live() -> list[PartialGraph]:
    """Return what the settings and their systems tell.

    Raises:
        UserError: The settings hold faults, or tell of no calls and name no system that knows a graph.
    """
    from fermata.bootstrap import build_systems
    from fermata.flows.graph_systems import DEADLINE, ask_systems
    from fermata.kit.clock import SystemClock

    def tell(names: Sequence[str]) -> None:
        say(f"fermata: waiting for {', '.join(names)}, {DEADLINE.total_seconds():g} s at most", err=True)

    loaded = load()
    systems = build_systems(loaded, SystemClock())
    return asyncio.run(ask_systems(systems, topology=loaded.settings.topology, on_wait=tell))


def show_graph(  # noqa: PLR0913 - each source is an option
    graph: GraphOption = None,
    manifests: ManifestsOption = None,
    compose: ComposeOption = None,
    traces: TracesOption = None,
    jaeger: JaegerOption = None,
    *,
    live: LiveOption = False,
    svg: Annotated[Path | None, typer.Option(help="Write a drawing to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw who calls whom, from every source that is given, and say where they disagree.

    Values of variables are never shown: only the hosts that they name are read. `--json` prints a graph.json with the
    source of every fact.
    """
    from fermata.flows.service_graph import gather_graph

    sources = make_sources(graph, manifests, compose=compose, traces=traces, jaeger=jaeger)
    merged = gather_graph(sources, ask_live() if live else ())
    warn(merged.problems)
    if svg is not None:
        _write_svg(merged, svg)
    if as_json:
        from fermata.rules.servicegraph.writing import write_graph

        print_json(write_graph(merged))
    elif svg is None:
        _print_graph(merged)


def warn(problems: Iterable[str]) -> None:
    """Say on stderr what could not be used: the first few, and how many more."""
    listed = list(problems)
    for problem in listed[:_MOST_WARNINGS]:
        say(f"fermata: {problem}", err=True)
    if len(listed) > _MOST_WARNINGS:
        say(f"fermata: {len(listed) - _MOST_WARNINGS} more could not be used", err=True)


def _write_svg(merged: MergedGraph, path: Path) -> None:
    from fermata.rules.servicegraph.drawing import draw_svg

    try:
        write_output(path, draw_svg(merged))
    except OSError as error:
        raise describe_unwritable(path, error) from error
    say(f"{len(merged.nodes)} services and {len(merged.edges)} calls are drawn in {path}")


def _print_graph(merged: MergedGraph) -> None:
    from fermata.rules.servicegraph.text import draw_text

    for line in draw_text(merged):
        say(line)
    told = ", ".join(
        f"{name} ({basis}: {nodes} services, {edges} calls)" for name, basis, nodes, edges in merged.sources
    )
    say(f"\nfrom {told}")
    for note in merged.notes:
        say(f"note: {note}")
    for one, other in merged.lookalikes:
        say(f"note: {one} and {other} look alike, and are kept apart")
    if merged.conflicts:
        say("")
        rows = (
            (item.where, item.key, _write(item.kept), "; ".join(_write(fact) for fact in item.others))
            for item in merged.conflicts
        )
        print_table(("sources disagree", "on", "kept", "not kept"), rows, empty="")


def _write(fact: Any) -> str:
    return f"{fact.value} ({fact.basis}: {fact.source})"
