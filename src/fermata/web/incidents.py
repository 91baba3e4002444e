"""One incident: its page, the live part of it for the script, and each piece of its evidence whole."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts
from fermata.flows.readings import IncidentView
from fermata.flows.sessions import Session
from fermata.kit.errors import NotFoundError
from fermata.rules.costs import CostsBy, report_costs
from fermata.rules.moments import list_moments
from fermata.rules.plots import drawing as plots
from fermata.web.alerts import MOST_ALERTS, list_alerts
from fermata.web.deciding import SNOOZES
from fermata.web.desk import Desk, get_desk
from fermata.web.excerpts import Excerpt, cut, list_cited, list_earlier, list_excerpts
from fermata.web.reading import (
    answer_once,
    compute_version,
    find_unchanged,
    parse_incident_id,
    tell_halt,
    write_tag,
)
from fermata.web.runs import list_runs
from fermata.web.said import hear
from fermata.web.signin import require_session
from fermata.web.words import find_snooze

_MOST_PLOTS = 9
"""Three rows on a desk. What is cited comes first; the rest is in the evidence."""
CANVAS = {
    "width": plots.WIDTH,
    "height": plots.HEIGHT,
    "left": plots.LEFT,
    "right": plots.RIGHT,
    "top": plots.TOP,
    "bottom": plots.BOTTOM,
}
"""The measures that the template of drawings needs."""


async def show_incident(request: Request) -> Response:
    """Answer GET /incidents/{id}: the card, the decision, and everything they rest on."""
    desk, session = get_desk(request), await require_session(request)
    context = await _load(request, desk, session)
    page = await asyncio.to_thread(_write, desk, "incident.html", context | {"said": hear(request, session)})
    return answer_once(request, page)


async def show_incident_part(request: Request) -> Response:
    """Answer GET /fragments/incidents/{id}: the live part of an incident's page, or 304."""
    desk, session = get_desk(request), await require_session(request)
    context = await _load(request, desk, session)
    if (unchanged := find_unchanged(request, context["version"])) is not None:
        return unchanged
    page = await asyncio.to_thread(_write, desk, "parts/incident_live.html", context)
    return HTMLResponse(page, headers=write_tag(context["version"]))


async def show_evidence(request: Request) -> Response:
    """Answer GET /incidents/{id}/evidence/{evidence_id}: every line of one piece.

    Raises:
        NotFoundError: The incident has no such evidence.
    """
    desk, session = get_desk(request), await require_session(request)
    view = await desk.house.readings.show(parse_incident_id(request.path_params["incident_id"]))
    wanted = request.path_params["evidence_id"]
    item = next((item for item in view.evidence if item.id == wanted), None)
    if item is None:
        raise NotFoundError("There is no such evidence", do="Start from its incident's page")
    page = desk.pages.render(
        "evidence.html",
        session=session,
        halt=await desk.house.switch.find(),
        view=view,
        excerpt=cut(item, list_cited(view), whole=True),
    )
    return HTMLResponse(page)


def _write(desk: Desk, template: str, context: dict[str, Any]) -> str:
    """Return the page. To be called in a thread: one of a storm of alerts must not keep every other one waiting."""
    return desk.pages.render(template, **context, **present(context["view"], desk.clock.now()))


async def _load(request: Request, desk: Desk, session: Session) -> dict[str, Any]:
    incident_id = parse_incident_id(request.path_params["incident_id"])
    view = await desk.house.readings.show(incident_id)
    halt = await desk.house.switch.find()
    last = view.journal[-1].hash if view.journal else ""
    return {
        "session": session,
        "view": view,
        "halt": halt,
        "live_url": f"/fragments/incidents/{incident_id}",
        # The session's secret is in the forms: a form of an earlier session is replaced at the next look.
        "version": compute_version(
            view.incident.to_json(),
            view.card.to_json(),
            last,
            [len(view.evidence), len(view.costs)],
            session.csrf,
            tell_halt(halt),
        ),
    }


def present(view: IncidentView, now: datetime) -> dict[str, Any]:
    """Return what the page shows beside the card. Worked out only where it is shown: most looks find nothing new.

    Pure, and not for the loop: the digests over a log of 100,000 lines take most of a second.
    """
    excerpts = list_excerpts(view)
    drawn = _draw(view, excerpts)
    return {
        "alerts": list_alerts(view),
        "most_alerts": MOST_ALERTS,
        "excerpts": excerpts,
        "earlier": list_earlier(view, excerpts),
        "anchors": {(excerpt.id, row.line.number) for excerpt in excerpts for row in excerpt.rows},
        "timeline": list_moments(view, {place: excerpt.id for place, excerpt in enumerate(excerpts)}),
        "plots": drawn[:_MOST_PLOTS],
        "plots_left_out": len(drawn[_MOST_PLOTS:]),
        "canvas": CANVAS,
        "runs": list_runs(view),
        "snoozes": SNOOZES,
        "snoozed_until": find_snooze(view, now),
        "costs": report_costs(view.costs, CostsBy.MODEL),
    }


def _draw(view: IncidentView, excerpts: tuple[Excerpt, ...]) -> list[dict[str, Any]]:
    """Return the drawings of all metrics, those with cited lines first."""
    metrics = [excerpt for excerpt in excerpts if excerpt.item.kind is EvidenceKind.METRICS]
    drawn = []
    for excerpt in sorted(metrics, key=lambda excerpt: not excerpt.cited):
        try:
            facts = MetricFacts.from_json(excerpt.item.facts)
        except ValidationError:
            continue  # Lines without series, or an old form of them: they stand in the evidence.
        plot = plots.draw(facts, view.incident.started_at)
        if plot is not None:
            drawn.append({"plot": plot, "title": excerpt.item.title, "evidence_id": excerpt.id, "query": ""})
    return drawn
