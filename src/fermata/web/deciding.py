"""Clicks that change something: approve, reject, snooze, halt, resume. Each is answered in words on the next page.

Nothing is decided here: a click is passed on with the digest that was on the page, and the rules judge it.
"""

from __future__ import annotations

import re
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.domain.ids import ProposalId
from fermata.domain.person import Actor
from fermata.domain.proposal import Ruling
from fermata.flows.halt import RESUMED
from fermata.flows.sessions import Session
from fermata.kit.errors import NotFoundError, UserError
from fermata.ports.desk import Guest
from fermata.web.clicks import find_page, read_click, say_at
from fermata.web.desk import get_desk
from fermata.web.forms import clean_words
from fermata.web.reading import parse_incident_id
from fermata.web.said import Said
from fermata.web.signin import require_session

SNOOZES = {30: "30 minutes", 120: "2 hours", 480: "8 hours"}
"""Minutes to keep still for -> words: a meeting, an afternoon, a night."""
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
    desk = get_desk(request)
    session, fields = await read_click(request)
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
    return say_at(request, find_page(fields), session, Said(accepted=answer.accepted, text=answer.text))


async def snooze(request: Request) -> Response:
    """Answer POST /incidents/{id}/snooze: keep still about it for the minutes that were chosen.

    Raises:
        UserError: Nobody could have chosen that on the page.
    """
    desk, incident_id = get_desk(request), parse_incident_id(request.path_params["incident_id"])
    session, fields = await read_click(request, f"/incidents/{incident_id}")
    if fields.get("minutes") not in {str(minutes) for minutes in SNOOZES}:
        raise UserError("That is no time to keep still for", do="Choose one of the list")
    reply = await desk.house.desk.snooze(_name_guest(session), incident_id, timedelta(minutes=int(fields["minutes"])))
    return say_at(request, f"/incidents/{incident_id}", session, Said(accepted=reply.ok, text=reply.text))


async def resolve(request: Request) -> Response:
    """Answer POST /incidents/{id}/resolve: end it by hand, as the same word in a chat does."""
    desk, incident_id = get_desk(request), parse_incident_id(request.path_params["incident_id"])
    session, fields = await read_click(request, f"/incidents/{incident_id}")
    words = f"resolve {incident_id} {clean_words(fields.get('reason', ''))}"
    reply = await desk.house.desk.command(_name_guest(session), words)
    return say_at(request, f"/incidents/{incident_id}", session, Said(accepted=reply.ok, text=reply.text))


async def ask_for_more(request: Request) -> Response:
    """Answer POST /incidents/{id}/more: look again, or answer a question from what was observed.

    A question is answered on this very page, which may take a minute; an answer may be longer than a cookie.
    """
    desk, incident_id = get_desk(request), parse_incident_id(request.path_params["incident_id"])
    session, fields = await read_click(request, f"/incidents/{incident_id}")
    question = clean_words(fields.get("question", ""))
    reply = await desk.house.desk.ask_for_more(_name_guest(session), incident_id, question)
    if not question:
        return say_at(request, f"/incidents/{incident_id}", session, Said(accepted=reply.ok, text=reply.text))
    page = desk.pages.render(
        "answer.html",
        session=session,
        halt=await desk.house.switch.find(),
        incident_id=incident_id,
        question=question,
        reply=reply,
    )
    return HTMLResponse(page)


async def ask_halt(request: Request) -> Response:
    """Answer GET /halt: what halting does, and the button."""
    return await _show(request, "halt.html")


async def halt(request: Request) -> Response:
    """Answer POST /halt: stop every execution."""
    desk = get_desk(request)
    session, fields = await read_click(request, "/halt")
    reason = clean_words(fields.get("reason", "")) or "no reason given"
    await desk.house.switch.halt(name_actor(session), reason)
    text = "Halted. No action starts until somebody resumes; one that runs goes on to its end, and a rehearsal ends."
    return say_at(request, "/", session, Said(accepted=True, text=text))


async def ask_resume(request: Request) -> Response:
    """Answer GET /resume: what is halted and why, and the button."""
    return await _show(request, "resume.html")


async def resume(request: Request) -> Response:
    """Answer POST /resume: let executions run again."""
    desk = get_desk(request)
    session, _ = await read_click(request, "/resume")
    await desk.house.switch.resume(name_actor(session))
    return say_at(request, "/", session, Said(accepted=True, text=f"Resumed. {RESUMED}"))


async def _show(request: Request, template: str) -> Response:
    desk, session = get_desk(request), await require_session(request)
    return HTMLResponse(desk.pages.render(template, session=session, halt=await desk.house.switch.find()))


def _name_guest(session: Session) -> Guest:
    return Guest(channel=CHANNEL, handle=session.person.id, name=session.person.name, bot=session.person.bot)


def name_actor(session: Session) -> Actor:
    """Return who is signed in, as the journal has it."""
    return Actor(kind="person", id=session.person.id, channel=CHANNEL)
