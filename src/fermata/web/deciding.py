"""Clicks that change something: approve, reject, halt, resume. Each is answered in words on the next page.

Nothing is decided here: a click is passed on with the digest that was on the page, and the rules judge it.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fermata.domain.ids import ProposalId
from fermata.domain.person import Actor
from fermata.domain.proposal import Ruling
from fermata.kit.errors import NotFoundError
from fermata.web.desk import get_desk
from fermata.web.forms import clean_words, read_session_form
from fermata.web.house import Session
from fermata.web.said import Said, say
from fermata.web.signin import require_session

CHANNEL = "page"
"""How the journal and people's handles name this channel."""
_ID = re.compile(r"[a-z0-9-]{1,64}")


async def approve(request: Request) -> Response:
    """Answer POST /proposals/{id}/approve."""
    return await _decide(request, Ruling.APPROVE)


async def reject(request: Request) -> Response:
    """Answer POST /proposals/{id}/reject."""
    return await _decide(request, Ruling.REJECT)


async def _decide(request: Request, ruling: Ruling) -> Response:
    desk, session = get_desk(request), await require_session(request)
    fields = await read_session_form(request, session)
    proposal_id = request.path_params["proposal_id"]
    if not _ID.fullmatch(proposal_id):
        raise NotFoundError("There is no such proposal", do="Start from the list of incidents: /")
    answer = await desk.house.decisions.decide(
        ProposalId(proposal_id),
        ruling,
        channel=CHANNEL,
        handle=session.person.id,
        person_id=session.person.id,
        shown_digest=fields.get("shown_digest", ""),
        reason=clean_words(fields.get("reason", "")),
    )
    incident_id = fields.get("incident_id", "")
    place = f"/incidents/{incident_id}" if _ID.fullmatch(incident_id) else "/"
    return _say_at(request, place, session, Said(accepted=answer.accepted, text=answer.text))


async def ask_halt(request: Request) -> Response:
    """Answer GET /halt: what halting does, and the button."""
    return await _show(request, "halt.html")


async def halt(request: Request) -> Response:
    """Answer POST /halt: stop every execution."""
    desk, session = get_desk(request), await require_session(request)
    fields = await read_session_form(request, session)
    reason = clean_words(fields.get("reason", "")) or "no reason given"
    await desk.house.switch.halt(_name_actor(session), reason)
    text = "Halted. No action starts until somebody resumes; one that is under way in its system runs to its end."
    return _say_at(request, "/", session, Said(accepted=True, text=text))


async def ask_resume(request: Request) -> Response:
    """Answer GET /resume: what is halted and why, and the button."""
    return await _show(request, "resume.html")


async def resume(request: Request) -> Response:
    """Answer POST /resume: let executions run again."""
    desk, session = get_desk(request), await require_session(request)
    await read_session_form(request, session)
    await desk.house.switch.resume(_name_actor(session))
    return _say_at(request, "/", session, Said(accepted=True, text="Resumed. Approved plans may run again."))


async def _show(request: Request, template: str) -> Response:
    desk, session = get_desk(request), await require_session(request)
    return HTMLResponse(desk.pages.render(template, session=session, halt=await desk.house.switch.find()))


def _name_actor(session: Session) -> Actor:
    return Actor(kind="person", id=session.person.id, channel=CHANNEL)


def _say_at(request: Request, place: str, session: Session, said: Said) -> Response:
    # 303: reloading the next page asks for it again, and never sends the click again.
    response = RedirectResponse(place, status_code=303)
    say(response, session, said, secure=get_desk(request).secure)
    return response
