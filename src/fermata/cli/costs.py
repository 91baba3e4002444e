"""`fermata costs`: what was spent on models, from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, print_table, say, wrap_hanging
from fermata.kit.units import format_count

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.flows.costs import Costs
    from fermata.rules.costs import CostReport

By = Literal["day", "incident", "kind", "model"]
"""The values of `rules.costs.CostsBy`, for `--help`: its module needs pydantic, which takes a tenth of a second."""
_BAR, _LONGEST_BAR, _SHORTEST_BAR = 24, 40, 8
"""Columns of the longest bar: without a terminal, where there is room, and before other columns make room for it."""
_EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
_FULL = "\u2588"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(costs)


def costs(
    by: Annotated[By, typer.Option(help="What a line stands for.")] = "day",
    days: Annotated[
        int, typer.Option(min=1, max=3660, help="How many days in UTC, today among them; an incident is told whole.")
    ] = 30,
    incident: Annotated[
        str | None, typer.Option(help="Of one incident: its id, its last characters, an alert's name, or `latest`.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show what models cost, with what is left of the budgets. Failed calls and cut answers are counted."""
    from fermata.rules.budget import tell_left
    from fermata.rules.costs import CostsBy

    has_targets = False

    async def work(house: House) -> tuple[str | None, Costs]:
        nonlocal has_targets
        has_targets = bool(house.settings.models.targets)
        found = await house.readings.find_incident(incident) if incident is not None else None
        incident_id = found.id if found else None
        return incident_id, await house.readings.report_costs(CostsBy(by), days, incident_id)

    incident_id, found = with_house(work, needs_systems=False)
    if as_json:
        left = [{**each.to_json(), "left_usd": str(each.left_usd)} for each in found.left]
        print_json({"by": by, "days": days, "incident": incident_id, **found.report.to_json(), "left": left})
        return
    if incident is not None:
        empty = "Nothing was spent on this incident: no model was asked about it."
    elif has_targets:
        empty = f"Nothing was spent {'today' if days == 1 else f'in the last {days:,} days'}: no model was asked."
    else:
        empty = "Nothing was spent: no model was asked. Signatures are free; `models:` in the settings adds models."
    _print_report(found.report, by, empty)
    if has_targets or found.report.lines:
        _say_all(map(tell_left, found.left))


def _print_report(report: CostReport, by: str, empty: str) -> None:
    columns = _list_columns(report, by)
    width = get_line_width(get_console())
    if width is not None and _find_room(columns, width) < _SHORTEST_BAR:
        columns.pop("cached", None)
    bar = _BAR if width is None else max(min(_find_room(columns, width), _LONGEST_BAR), 1)
    bars = ["", *_draw_bars([line.cost_usd for line in report.lines], bar)]
    table = [_align(cells, to_left=position == 0) for position, cells in enumerate(columns.values())]
    table.insert(2, bars)
    header, *rows = zip(*table, strict=True)
    print_table(header, rows, empty=wrap_hanging(empty, width=width, indent=0))
    if report.lines:
        _say_all(_tell_total(report))


def _list_columns(report: CostReport, by: str) -> dict[str, list[str]]:
    """Return the cells of each column but the bars', its title first. What is nothing in every line is left out."""
    numbers = {
        "calls": [line.calls for line in report.lines],
        "failed": [line.failed for line in report.lines],
        "tokens in": [line.input_tokens for line in report.lines],
        "cached": [line.cached_tokens for line in report.lines],
        "out": [line.output_tokens for line in report.lines],
    }
    return {
        by: [by, *(line.name for line in report.lines)],
        "cost": ["cost", *_write_costs([line.cost_usd for line in report.lines])],
        **{
            name: [name, *(f"{number:,}" if number else "-" for number in column)]
            for name, column in numbers.items()
            if any(column) or name not in ("failed", "cached")
        },
    }


def _find_room(columns: dict[str, list[str]], width: int) -> int:
    """Return the columns that are left for the bars; two stand between each."""
    return width - sum(max(map(len, cells)) + 2 for cells in columns.values())


def _align(cells: Sequence[str], *, to_left: bool) -> list[str]:
    width = max(map(len, cells))
    return [cell if to_left else cell.rjust(width) for cell in cells]


def _write_costs(amounts: Sequence[Decimal]) -> list[str]:
    """Write amounts with as many places as let the smallest be told from nothing, the same in each line."""
    smallest = min((amount for amount in amounts if amount), default=Decimal(1))
    places = 2 if smallest >= Decimal("0.1") else 4
    least = Decimal(1).scaleb(-places)
    return [
        "-" if not amount else f"<${least}" if amount < least / 2 else f"${amount:,.{places}f}" for amount in amounts
    ]


def _draw_bars(amounts: Sequence[Decimal], width: int) -> Iterator[str]:
    """Draw amounts beside each other, in eighths of a column; whatever was spent is seen."""
    most = max(amounts, default=Decimal(0))
    for amount in amounts:
        eighths = max(int(8 * width * amount / most), 1) if amount else 0
        yield (_FULL * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _tell_total(report: CostReport) -> Iterator[str]:
    from fermata.rules.budget import write_usd

    total = report.total
    yield f"Total {write_usd(total.cost_usd)} for {format_count(total.calls, 'call')}."
    if total.failed:
        yield f"{format_count(total.failed, 'call')} failed: `fermata models blame` says whose doing it was."
    if total.estimated_usd:
        yield f"Of it {write_usd(total.estimated_usd)} is estimated: nobody confirmed it (cut answers, calls given up)."
    if total.pending:
        calls = format_count(total.pending, "call")
        told = "has not ended: the most it may cost" if total.pending == 1 else "have not ended: the most they may cost"
        yield f"Of it {write_usd(total.reserved_usd)} is reserved for {calls} that {told}."
    if report.frontier_usd is not None and report.frontier_usd > total.cost_usd:
        told = f"All answered tokens at the price of {report.frontier_target}, the dearest that answered"
        yield f"{told}: {write_usd(report.frontier_usd)}."


def _say_all(sentences: Iterable[str]) -> None:
    width = get_line_width(get_console())
    for sentence in sentences:
        say(wrap_hanging(sentence, width=width, indent=0))
