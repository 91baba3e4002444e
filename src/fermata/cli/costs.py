"""`fermata costs`: what was spent on models, from the ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.rules.budget import Left, list_left, write_usd
from fermata.rules.costs import CostReport, CostsBy, report_costs

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

    async def work(house: House) -> tuple[CostReport, list[Left]]:
        context = house.context
        now = context.clock.now()
        found = await house.readings.find_incident(incident) if incident is not None else None
        attempts = await context.store.read(
            lambda transaction: transaction.spending.list_attempts(
                now - timedelta(days=days), now + timedelta(days=1), found.id if found else None
            )
        )
        latest = attempts[-1].model_copy(update={"at": now}) if attempts else None
        spent = await context.store.read(lambda transaction: transaction.spending.sum_spent(latest)) if latest else None
        lefts = list_left(context.budgets, spent, latest) if latest and spent else []
        return report_costs(attempts, by), lefts

    report, lefts = with_house(work)
    if as_json:
        print_json({"by": by.value, "days": days, **report.to_json(), "left": [left.to_json() for left in lefts]})
        return
    _print_report(report, lefts, by)


def _print_report(report: CostReport, lefts: list[Left], by: CostsBy) -> None:
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
