"""`fermata chaos plan`: what to rehearse first, from a service graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from fermata.cli import (
    chaos_demo,
    chaos_facts,
    chaos_graph,
    chaos_proxy,
    chaos_reading,
    chaos_report,
    chaos_run,
    chaos_spec,
    chaos_stop,
)
from fermata.cli.chaos_places import warn_of_production
from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, print_table, say, wrap_hanging

_COLUMNS = ("item", "target", "weak point", "fault", "expected", "why")
_PIPE_COLUMNS, _LEAST_COLUMNS = 100, 32
"""Of the plan where no terminal says how wide it is, and of its reasons at least, whatever the names take."""

_chaos = typer.Typer(
    cls=WholeHelp,
    help="Rehearse faults: plan, check, run, stop, judge. Nothing is injected without a person's word.",
    no_args_is_help=True,
)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    chaos_demo.add_to(_chaos)
    chaos_proxy.add_to(_chaos)
    chaos_graph.add_to(_chaos)
    chaos_facts.add_to(_chaos)
    chaos_spec.add_to(_chaos)
    chaos_run.add_to(_chaos)
    chaos_stop.add_to(_chaos)
    chaos_report.add_to(_chaos)
    app.add_typer(_chaos, name="chaos")


# Alone under its group, a command would take the group's place.
@_chaos.callback()
def _prepare() -> None:
    pass


@_chaos.command()
def plan(  # noqa: PLR0913 - each source is an option
    graph: chaos_graph.GraphOption = None,
    manifests: chaos_graph.ManifestsOption = None,
    compose: chaos_graph.ComposeOption = None,
    traces: chaos_graph.TracesOption = None,
    jaeger: chaos_graph.JaegerOption = None,
    *,
    live: chaos_graph.LiveOption = False,
    code: chaos_reading.CodeOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Items at most.")] = 40,
    model: chaos_reading.ModelOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the weak points of a service graph, best worth a rehearsal first, with what each fault is expected to do.

    Nothing is injected. Where an input is missing the prediction is "unknown", and says which input would settle it.
    Several sources are merged first: see `fermata chaos graph`. Where the settings name a model, it is asked what the
    rules have missed; code checks each suggestion, and computes all numbers.
    """
    sources = chaos_graph.make_sources(graph, manifests, compose=compose, traces=traces, jaeger=jaeger)
    rules = chaos_reading.make_plan(sources, code, is_live=live, limit=limit)
    read = chaos_reading.read(rules, is_wanted=model)
    made = read.plan
    for warning in made.warnings:
        say(f"fermata: {warning}", err=True)
    chaos_reading.tell(read)
    warn_of_production(dict.fromkeys(end for item in made.items for end in str(item["target"]).split("->")))
    if as_json:
        print_json(made.items)
        return
    rows = [_write_row(number, item) for number, item in zip(read.numbers, made.items, strict=True)]
    print_table(_COLUMNS, _fold_reasons(rows), empty="No weak point can be told from this graph.")


def _write_row(number: int | None, item: Mapping[str, Any]) -> tuple[str, ...]:
    from fermata.rules.chaosspecs.proxy import can_relay

    settled = item.get("settled_by", ())
    asks = f" [settled by: {', '.join(settled)}]" if settled and item["predict"] == "unknown" else ""
    said = "".join(f" [{item[key]}]" for key in ("source", "remark") if key in item)
    size = _write_numbers(item["scenario"]["magnitude"])
    by = "" if can_relay(item["target"], item["fault"]) else "; no fault proxy can, Chaos Mesh or Gremlin may"
    why = f"{item['why']}{said} [rehearse with {size}{by}]{asks}"
    return (str(number or "-"), item["target"], item["kind"].replace("_", " "), item["fault"], item["predict"], why)


def _fold_reasons(rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Break the reasons, which are sentences, where no terminal does; the other cells of a row stay on its first line.

    Whoever searches in a pipe finds item, target and fault in one line, and whoever reads need not scroll sideways.
    """
    if not rows or get_line_width(get_console()) is not None:
        yield from rows
        return
    others = sum(2 + max(map(len, column)) for column in list(zip(_COLUMNS, *rows, strict=True))[:-1])
    width = max(_PIPE_COLUMNS - others, _LEAST_COLUMNS)
    for *cells, why in rows:
        yield (*cells, wrap_hanging(why, width=width, indent=0))


def _write_numbers(numbers: Mapping[str, Any]) -> str:
    written = (f"{value:g}" if isinstance(value, float) else str(value) for value in numbers.values())
    return ", ".join(f"{name} {value}" for name, value in zip(numbers, written, strict=True))
