"""`fermata costs`: what was spent on models, from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.flows.costs import Costs
from fermata.rules.budget import Left, write_usd
from fermata.rules.costs import CostReport, CostsBy

if TYPE_CHECKING:
    from fermata.bootstrap import House

_BAR = 24
"""Columns of the longest bar."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(costs)


def costs(
    by: Annotated[CostsBy, typer.Option(help="What a line stands for.")] = CostsBy.DAY,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far back.")] = 30,
    incident: Annotated[
        str | None, typer.Option(help="Of one incident: its id, its last characters, an alert's name, or `latest`.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show what models cost, with what is left of the budgets. Failed calls and cut answers are counted."""

    async def work(house: House) -> Costs:
        found = await house.readings.find_incident(incident) if incident is not None else None
        return await house.readings.report_costs(by, days, found.id if found else None)

    found = with_house(work)
    if as_json:
        lefts = [left.to_json() for left in found.left]
        print_json({"by": by.value, "days": days, **found.report.to_json(), "left": lefts})
        return
    _print_report(found.report, found.left, by)


def _print_report(report: CostReport, lefts: Sequence[Left], by: CostsBy) -> None:
    most = max((line.cost_usd for line in report.lines), default=Decimal(0))
    rows = [
        (
            line.name,
            write_usd(line.cost_usd),
            "\u2588" * int(_BAR * line.cost_usd / most) if most else "",
            f"{line.calls:,}" + (f" ({line.failed:,} failed)" if line.failed else ""),
            f"{line.input_tokens:,}" + (f" ({line.cached_tokens:,} cached)" if line.cached_tokens else ""),
            f"{line.output_tokens:,}",
        )
        for line in report.lines
    ]
    empty = "Nothing was spent: no model was asked. Signatures are free; `models:` in the settings adds models."
    print_table((by.value, "cost", "", "calls", "tokens in", "tokens out"), rows, empty=empty)
    if not rows:
        return
    total = report.total
    say(f"Total {write_usd(total.cost_usd)} for {total.calls:,} calls.")
    if total.estimated_usd:
        say(f"Of it {write_usd(total.estimated_usd)} is estimated: nobody confirmed it (cut answers, calls given up).")
    if report.frontier_usd is not None and report.frontier_usd > total.cost_usd:
        told = f"All of it by {report.frontier_target}, at what a token cost there: {write_usd(report.frontier_usd)}."
        say(told)
    for left in lefts:
        say(f"Left {left.budget}: {write_usd(left.left_usd)} of {write_usd(left.limit_usd)}.")
