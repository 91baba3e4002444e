"""`fermata metrics rank`: which service a disturbance began at, from files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, print_json, print_table, say

if TYPE_CHECKING:
    from fermata.rules.metrics.shift import Shift

_MOST_MOVED = 10
_metrics = typer.Typer(cls=WholeHelp, help="Read metrics over the service graph.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_metrics, name="metrics")


# Alone under its group, a command would take the group's place.
@_metrics.callback()
def _prepare() -> None:
    pass


@_metrics.command()
def rank(
    more: Annotated[list[Path] | None, typer.Argument(help="More files of metrics.")] = None,
    metrics: Annotated[
        list[Path] | None, typer.Option(help="Files or folders of metrics: Prometheus answers, series, tables.")
    ] = None,
    graph: Annotated[Path | None, typer.Option(help="The service graph, graph.json.")] = None,
    target: Annotated[str | None, typer.Option(help="The node that was alerted: only it and its callees.")] = None,
    onset: Annotated[str | None, typer.Option(help="When the trouble began: RFC 3339 or epoch seconds.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Rank the services a disturbance may have begun at, most likely first; an empty ranking says nothing is abnormal.

    Slowness and failures come back from callee to caller: what a service shows and its callees do not account for is
    its own.
    """
    from fermata.flows.bundle.metric_rank import rank_files
    from fermata.rules.metrics.words import describe_stop

    ranked = rank_files([*(metrics or []), *(more or [])], graph, target=target, onset=_read_onset(onset))
    for warning in ranked.warnings:
        say(f"fermata: {warning}", err=True)
    items = ranked.ranking.items
    if as_json:
        print_json(
            {
                "ranking": [
                    {
                        "node": item.node,
                        "metric": item.metric,
                        "score": item.score,
                        "onset": _write_instant(item.onset),
                        "why": item.why,
                    }
                    for item in items
                ],
                "abnormal": ranked.ranking.abnormal,
                "why": ranked.ranking.why,
                "moved": [
                    {
                        "node": item.shift.series.service,
                        "metric": item.shift.series.metric,
                        "onset": _write_instant(item.shift.onset),
                        "why": item.why,
                    }
                    for item in ranked.moved
                ],
                "stopped": [
                    {
                        "node": stop.node,
                        "metric": stop.metric,
                        "since": _write_instant(stop.since),
                        "why": describe_stop(stop),
                    }
                    for stop in ranked.stopped
                ],
            }
        )
        return
    # What moved may be the very thing, and a false all-clear makes people look away.
    calm = "Nothing is abnormal" if ranked.is_calm else "No origin is named"
    print_table(
        ("node", "score", "since", "why"),
        ((item.node, f"{item.score:.2f}", _write_instant(item.onset), item.why) for item in items),
        empty=f"{calm}: {ranked.ranking.why}.",
    )
    _print_more("Moved far, and not judged", [(*_name(item.shift), item.why) for item in ranked.moved])
    _print_more(
        "Not measured any more",
        [(stop.node, _write_instant(stop.since), describe_stop(stop)) for stop in ranked.stopped],
    )


def _name(shift: Shift) -> tuple[str, str]:
    return shift.series.service, _write_instant(shift.onset)


def _print_more(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    if not rows:
        return
    more = f" ({len(rows) - _MOST_MOVED} more: see --json)" if len(rows) > _MOST_MOVED else ""
    say(f"\n{title}{more}:")
    print_table(("node", "since", "what"), rows[:_MOST_MOVED], empty="")


def _read_onset(text: str | None) -> float | None:
    from fermata.flows.bundle.parsing import read_instant
    from fermata.kit.errors import UserError

    if text is None:
        return None
    instant = read_instant(text)
    if instant is None:
        raise UserError(f"{text} is no time", do="Write it as 2026-11-23T09:51:00Z or as epoch seconds")
    return instant.timestamp()


def _write_instant(epoch: float) -> str:
    from fermata.kit.clock import format_instant

    return format_instant(datetime.fromtimestamp(epoch, UTC))
