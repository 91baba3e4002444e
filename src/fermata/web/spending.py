"""GET /costs: what models cost, as `fermata costs` tells it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.kit.errors import UserError
from fermata.rules.costs import CostsBy
from fermata.web.desk import get_desk
from fermata.web.reading import parse_number
from fermata.web.signin import require_session

_DAYS = 30
_MOST_DAYS = 3660
"""As the command line has it."""


async def show_costs(request: Request) -> Response:
    """Answer GET /costs?by=&days=: the ledger summed by day, incident, kind or model, and what is left of budgets.

    Raises:
        UserError: `by` is none of these, or `days` no number of days.
    """
    desk, session = get_desk(request), await require_session(request)
    query = request.query_params
    days = parse_number(query.get("days") or None, _DAYS, at_most=_MOST_DAYS)
    try:
        by = CostsBy(query.get("by", CostsBy.DAY))
    except ValueError as error:
        raise UserError("Costs are not summed by that", do=f"Choose {', '.join(CostsBy)}") from error
    page = desk.pages.render(
        "costs.html",
        session=session,
        halt=await desk.house.switch.find(),
        costs=await desk.house.readings.report_costs(by, max(1, days)),
        by=by,
        days=max(1, days),
        most_days=_MOST_DAYS,
        choices=tuple(CostsBy),
    )
    return HTMLResponse(page)
