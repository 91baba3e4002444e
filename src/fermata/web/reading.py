"""Pages to read: the list of incidents, and the journal.

The live part of the list is also served alone, for the script that keeps it current.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fermata.domain.ids import IncidentId
from fermata.domain.incident import UNFINISHED_STATES, Incident, IncidentState
from fermata.flows.halt import Halt
from fermata.flows.readings import MOST_PENDING, Readings
from fermata.kit.digest import compute_digest, shorten
from fermata.kit.errors import NotFoundError, UserError
from fermata.web.assets import get_asset_url
from fermata.web.desk import Desk, get_desk
from fermata.web.query import parse_query
from fermata.web.said import forget, hear
from fermata.web.signin import require_session
from fermata.web.words import is_over

PAGE_SIZE = 50
JOURNAL_PAGE_SIZE = 100
_LARGEST_NUMBER = 10**12
INCIDENT_ID = re.compile(r"[a-z0-9-]{1,64}")
"""What an incident's id may look like in an address."""


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
    if not INCIDENT_ID.fullmatch(text):
        raise NotFoundError("There is no such incident", do="Start from the list of incidents: /")
    return IncidentId(text)


async def show_home(request: Request) -> Response:
    """Answer GET /: what waits for a person first, then what is going on, then what is over."""
    desk, session = get_desk(request), await require_session(request)
    context = await _load_home(request, desk)
    page = desk.pages.render("home.html", session=session, said=hear(request, session), **context)
    return answer_once(request, page)


async def show_home_part(request: Request) -> Response:
    """Answer GET /fragments/home: the live part of the home page, or 304."""
    desk = get_desk(request)
    await require_session(request)
    return _answer_part(request, desk, "parts/home_live.html", await _load_home(request, desk))


async def show_journal(request: Request) -> Response:
    """Answer GET /journal: whether the chain holds, and its entries, newest first.

    Query: `before` (a sequence number) pages back; `verify=now` recomputes the chain.
    """
    desk, session = get_desk(request), await require_session(request)
    if request.query_params.get("verify") == "now":
        await desk.chain.look(again=True)
        return RedirectResponse("/journal", status_code=303)
    return HTMLResponse(desk.pages.render("journal.html", session=session, **await _load_journal(request, desk)))


async def show_journal_part(request: Request) -> Response:
    """Answer GET /fragments/journal: the newest entries, or 304."""
    desk = get_desk(request)
    await require_session(request)
    return _answer_part(request, desk, "parts/journal_live.html", await _load_journal(request, desk))


def _answer_part(request: Request, desk: Desk, template: str, context: Mapping[str, Any]) -> Response:
    unchanged = find_unchanged(request, context["version"])
    page = "" if unchanged else desk.pages.render(template, **context)
    return unchanged or HTMLResponse(page, headers=write_tag(context["version"]))


async def _load_journal(request: Request, desk: Desk) -> dict[str, Any]:
    chain = await desk.chain.look()
    newest = chain.report.entries + 1
    before = min(parse_number(request.query_params.get("before"), newest), newest)
    # The chain may have grown since it was looked at: on the newest page, what was added since is shown as well.
    limit = JOURNAL_PAGE_SIZE if before < newest else 10 * JOURNAL_PAGE_SIZE
    found = await desk.house.readings.list_journal(None, max(0, before - JOURNAL_PAGE_SIZE - 1), limit)
    entries = tuple(entry for entry in found if entry.sequence < before or before == newest)[-JOURNAL_PAGE_SIZE:]
    halt = await desk.house.switch.find()
    return {
        "halt": halt,
        "chain": chain,
        "entries": tuple(reversed(entries)),
        "older": entries[0].sequence if entries and entries[0].sequence > 1 else None,
        "is_newest": before == newest,
        "version": compute_version(entries[-1].hash if entries else "", chain.report.to_json(), tell_halt(halt)),
    }


async def _load_home(request: Request, desk: Desk) -> dict[str, Any]:
    query = parse_query(request.query_params.get("q", ""), request.query_params.get("state", ""))
    offset = parse_number(request.query_params.get("offset"), 0)
    readings = desk.house.readings
    if query.is_asked:
        states = (IncidentState(query.state),) if query.state else ()
        incidents = await readings.search_incidents(query.words, states, PAGE_SIZE + 1, offset)
    else:
        incidents = await readings.list_incidents(PAGE_SIZE + 1, offset)
    # Whoever searches looks for one thing; what waits for them stands on the page they came from.
    pending = await readings.list_pending() if offset == 0 and not query.is_asked else ()
    halt = await desk.house.switch.find()
    held = {item.incident.id for item in pending}
    shown = [incident for incident in incidents[:PAGE_SIZE] if incident.id not in held]
    is_first_of_many = offset == 0 and not query.is_asked and len(incidents) > PAGE_SIZE
    if is_first_of_many:
        # By age alone an outage is lost behind the warnings that came after it.
        known = held | {incident.id for incident in shown}
        shown += [one for one in await readings.list_severe(PAGE_SIZE) if one.id not in known]
    # What is held and waits for nobody is approved, or has just expired; most looks show none.
    is_in_doubt = any(incident.state is IncidentState.HELD for incident in shown)
    approved = await readings.list_approved() if is_in_doubt else frozenset()
    listed = [] if query.is_asked else shown
    totals = await _count(readings, len(held)) if is_first_of_many else {"needing": 0, "active": 0}
    return {
        "query": query,
        "found": shown if query.is_asked else [],
        "halt": halt,
        "pending": pending,
        "approved": approved,
        "needing": _sort_by_urgency(i for i in listed if i.state is IncidentState.NEEDS_PERSON),
        "active": _sort_by_urgency(i for i in listed if i.state is not IncidentState.NEEDS_PERSON and not is_over(i)),
        "totals": totals,
        "waiting": await readings.count_pending() if len(pending) >= MOST_PENDING else len(pending),
        "over": [incident for incident in listed if is_over(incident)],
        "offset": offset,
        "next_offset": offset + PAGE_SIZE if len(incidents) > PAGE_SIZE else None,
        "previous_offset": max(0, offset - PAGE_SIZE) if offset else None,
        "live_url": query.write_address(offset, base="/fragments/home"),
        "version": compute_version(
            [incident.to_json() for incident in (*incidents, *shown)],
            totals,
            [[item.proposal.to_json(), len(item.approvals)] for item in pending],
            sorted(approved),
            tell_halt(halt),
            [query.text, query.state],
        ),
    }


async def _count(readings: Readings, held: int) -> dict[str, int]:
    """Return how many there are beside those on the page, which is not all of them."""
    needing = await readings.count_incidents((IncidentState.NEEDS_PERSON,))
    live = await readings.count_incidents(UNFINISHED_STATES)
    return {"needing": needing, "active": live - needing - held}


def _sort_by_urgency(incidents: Any) -> list[Incident]:
    return sorted(incidents, key=lambda incident: (incident.severity.rank, -incident.started_at.timestamp()))


def tell_halt(halt: Halt | None) -> list[str] | None:
    """Return what a version is made of, of a halt: distances in time do not count."""
    return None if halt is None else [halt.by, halt.reason, str(halt.since)]


def compute_version(*parts: Any) -> str:
    """Return what changes exactly when the live part's content does. `parts` are JSON types."""
    return shorten(compute_digest([get_asset_url("fermata.css"), *parts]))


def find_unchanged(request: Request, version: str) -> Response | None:
    """Return 304 when the page that asks shows this version already."""
    tag = write_tag(version)["ETag"]
    return Response(status_code=304, headers={"ETag": tag}) if request.headers.get("if-none-match") == tag else None


def write_tag(version: str) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{version}"'}


def answer_once(request: Request, page: str) -> Response:
    """Answer with a page, on which what a click came to stands once."""
    response = HTMLResponse(page)
    forget(request, response)
    return response
