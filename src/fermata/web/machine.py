"""JSON for machines: the same readings as the pages, and the three probes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fermata.kit.errors import FermataError, OperationalError
from fermata.web.desk import get_desk
from fermata.web.reading import parse_incident_id, parse_number
from fermata.web.signin import find_session, require_session

_MOST = 200
_DEFAULT = 50


async def list_incidents(request: Request) -> Response:
    """Answer GET /v1/incidents?limit=&offset=: newest first."""
    await require_session(request)
    limit = parse_number(request.query_params.get("limit"), _DEFAULT, at_most=_MOST)
    offset = parse_number(request.query_params.get("offset"), 0)
    incidents = await get_desk(request).house.readings.list_incidents(limit, offset)
    return JSONResponse({"incidents": [incident.to_json() for incident in incidents]})


async def show_incident(request: Request) -> Response:
    """Answer GET /v1/incidents/{id}: everything that is known of it."""
    await require_session(request)
    incident_id = parse_incident_id(request.path_params["incident_id"])
    return JSONResponse((await get_desk(request).house.readings.show(incident_id)).to_json())


async def list_pending(request: Request) -> Response:
    """Answer GET /v1/pending: the plans that wait for a person, the one that expires first at the front."""
    await require_session(request)
    pending = await get_desk(request).house.readings.list_pending()
    return JSONResponse({"pending": [item.to_json() for item in pending]})


async def list_journal(request: Request) -> Response:
    """Answer GET /v1/journal?incident=&after=&limit=: entries in order; `after` is the last sequence number seen."""
    await require_session(request)
    query = request.query_params
    incident_id = parse_incident_id(query["incident"]) if "incident" in query else None
    after = parse_number(query.get("after"), 0)
    limit = parse_number(query.get("limit"), _DEFAULT, at_most=_MOST)
    entries = await get_desk(request).house.readings.list_journal(incident_id, after, limit)
    return JSONResponse({"entries": [entry.to_json() for entry in entries]})


async def tell_alive(request: Request) -> Response:
    """Answer GET /healthz: the process answers. Asks nobody, so it says nothing of the store.

    With `?challenge=` (32 to 64 hex digits) it says besides, to who can read the store, that it is the one that serves
    it: `fermata check` asks so.
    """
    challenge = request.query_params.get("challenge", "")
    try:
        proof = await get_desk(request).house.prove(challenge) if challenge else ""
    except OperationalError:
        proof = ""  # A process whose store is gone is alive, and proves nothing.
    return JSONResponse({"alive": True, "proof": proof} if proof else {"alive": True})


async def tell_ready(request: Request) -> Response:
    """Answer GET /readyz: 200 when alerts and decisions can be taken, 503 and what is missing when not.

    Why something is missing names hosts and rooms, so that only those who are signed in are told.
    """
    house = get_desk(request).house
    checks = await house.is_ready()
    if ready := all(check.ok for check in checks):
        # Told as it is, and no reason to be unready: alerts, the page and the commands work without a channel.
        checks = [*checks, *await house.check_channels()]
    told = [check.to_json() for check in checks]
    if not await _is_signed_in(request):
        told = [{"name": check.name, "ok": check.ok} for check in checks]
    content = {"ready": ready, "checks": told}
    return JSONResponse(content, status_code=200 if ready else 503)


async def _is_signed_in(request: Request) -> bool:
    try:
        return await find_session(request) is not None
    except FermataError:  # What keeps sessions is what may be missing.
        return False


async def show_metrics(request: Request) -> Response:
    """Answer GET /metrics in Prometheus' text format."""
    metrics = await get_desk(request).house.render_metrics()
    return Response(metrics, media_type="text/plain; version=0.0.4; charset=utf-8")
