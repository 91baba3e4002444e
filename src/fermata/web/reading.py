"""Pages to read: incidents, one incident, the journal.

Each live part is also served alone, for the script that polls.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fermata.domain.alert import Severity
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident, IncidentState
from fermata.kit.digest import compute_digest, shorten
from fermata.kit.errors import NotFoundError, UserError
from fermata.web.assets import get_asset_url
from fermata.web.desk import Desk, get_desk
from fermata.web.house import Halt, Session
from fermata.web.said import forget, hear
from fermata.web.signin import require_session
from fermata.web.words import is_over

PAGE_SIZE = 50
JOURNAL_PAGE_SIZE = 100
_LARGEST_NUMBER = 10**12
_INCIDENT_ID = re.compile(r"[a-z0-9-]{1,64}")


def parse_number(text: str | None, default: int, *, at_most: int = _LARGEST_NUMBER) -> int:
    """Return a whole number from a query parameter.

    Raises:
        UserError: It is no whole number from 0 to `at_most`.
    """
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,13}", text) or int(text) > at_most:
        raise UserError(f"{text[:40]!r} is not a number Fermata can use here", do=f"Give 0 to {at_most}")
    return int(text)


def parse_incident_id(text: str) -> IncidentId:
    """Return an incident's id from an address.

    Raises:
        NotFoundError: No incident could have it.
    """
    if not _INCIDENT_ID.fullmatch(text):
        raise NotFoundError("There is no such incident", do="Start from the list of incidents: /")
    return IncidentId(text)


async def show_home(request: Request) -> Response:
    """Answer GET /: what waits for a person first, then what is going on, then what is over."""
    desk, session = get_desk(request), await require_session(request)
    context = await _load_home(request, desk)
    page = desk.pages.render("home.html", session=session, said=hear(request, session), **context)
    return _answer_once(request, page)


async def show_home_part(request: Request) -> Response:
    """Answer GET /fragments/home: the live part of the home page, or 304."""
    desk = get_desk(request)
    await require_session(request)
    return _answer_part(request, desk, "parts/home_live.html", await _load_home(request, desk))


async def show_incident(request: Request) -> Response:
    """Answer GET /incidents/{id}: the card, the decision, the evidence and the incident's journal."""
    desk, session = get_desk(request), await require_session(request)
    context = await _load_incident(request, desk, session)
    page = desk.pages.render("incident.html", said=hear(request, session), **context)
    return _answer_once(request, page)


async def show_incident_part(request: Request) -> Response:
    """Answer GET /fragments/incidents/{id}: the live part of an incident's page, or 304."""
    desk, session = get_desk(request), await require_session(request)
    return _answer_part(request, desk, "parts/incident_live.html", await _load_incident(request, desk, session))


async def show_journal(request: Request) -> Response:
    """Answer GET /journal: whether the chain holds, and its entries, newest first.

    Query: `before` (a sequence number) pages back; `verify=now` recomputes the chain.
    """
    desk, session = get_desk(request), await require_session(request)
    if request.query_params.get("verify") == "now":
        await desk.chain.look(again=True)
        return RedirectResponse("/journal", status_code=303)
    chain = await desk.chain.look()
    newest = chain.report.entries + 1
    before = min(parse_number(request.query_params.get("before"), newest), newest)
    # The chain may have grown since it was looked at: on the newest page, what was added since is shown as well.
    limit = JOURNAL_PAGE_SIZE if before < newest else 10 * JOURNAL_PAGE_SIZE
    found = await desk.house.readings.list_journal(None, max(0, before - JOURNAL_PAGE_SIZE - 1), limit)
    entries = tuple(entry for entry in found if entry.sequence < before or before == newest)[-JOURNAL_PAGE_SIZE:]
    page = desk.pages.render(
        "journal.html",
        session=session,
        halt=await desk.house.switch.find(),
        chain=chain,
        entries=tuple(reversed(entries)),
        older=entries[0].sequence if entries and entries[0].sequence > 1 else None,
        is_newest=before == newest,
    )
    return HTMLResponse(page)


async def _load_home(request: Request, desk: Desk) -> dict[str, Any]:
    offset = parse_number(request.query_params.get("offset"), 0)
    readings = desk.house.readings
    incidents = await readings.list_incidents(PAGE_SIZE + 1, offset)
    pending = await readings.list_pending() if offset == 0 else ()
    halt = await desk.house.switch.find()
    held = {item.incident.id for item in pending}
    shown = [incident for incident in incidents[:PAGE_SIZE] if incident.id not in held]
    return {
        "halt": halt,
        "pending": pending,
        "needing": _sort_by_urgency(i for i in shown if i.state is IncidentState.NEEDS_PERSON),
        "active": _sort_by_urgency(i for i in shown if i.state is not IncidentState.NEEDS_PERSON and not is_over(i)),
        "over": [incident for incident in shown if is_over(incident)],
        "offset": offset,
        "next_offset": offset + PAGE_SIZE if len(incidents) > PAGE_SIZE else None,
        "previous_offset": max(0, offset - PAGE_SIZE) if offset else None,
        "severities": tuple(Severity),
        "live_url": f"/fragments/home?offset={offset}",
        "version": _compute_version(
            [incident.to_json() for incident in incidents], [item.proposal.to_json() for item in pending], _tell(halt)
        ),
    }


def _sort_by_urgency(incidents: Any) -> list[Incident]:
    return sorted(incidents, key=lambda incident: (incident.severity.rank, -incident.started_at.timestamp()))


async def _load_incident(request: Request, desk: Desk, session: Session) -> dict[str, Any]:
    incident_id = parse_incident_id(request.path_params["incident_id"])
    view = await desk.house.readings.show(incident_id)
    halt = await desk.house.switch.find()
    last = view.journal[-1].hash if view.journal else ""
    return {
        "session": session,
        "view": view,
        "halt": halt,
        # An id is a digest over all lines: worked out for each line, a long log would hold up the server for minutes.
        "anchors": {(key, line.number) for item in view.evidence for key in (item.id,) for line in item.lines},
        "live_url": f"/fragments/incidents/{incident_id}",
        # The session's secret is in the forms: a form of an earlier session is replaced at the next look.
        "version": _compute_version(
            view.incident.to_json(), view.card.to_json(), last, len(view.evidence), session.csrf, _tell(halt)
        ),
    }


def _tell(halt: Halt | None) -> list[str] | None:
    return None if halt is None else [halt.by, halt.reason, str(halt.since)]


def _compute_version(*parts: Any) -> str:
    """Return what changes exactly when the live part's content does; distances in time do not count."""
    return shorten(compute_digest([get_asset_url("fermata.css"), *parts]))


def _answer_part(request: Request, desk: Desk, template: str, context: dict[str, Any]) -> Response:
    tag = f'"{context["version"]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return HTMLResponse(desk.pages.render(template, **context), headers={"ETag": tag})


def _answer_once(request: Request, page: str) -> Response:
    response = HTMLResponse(page)
    forget(request, response)
    return response
