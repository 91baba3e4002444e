"""A post-mortem's page: the draft beside what was said, deployed and measured, and everything people do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.domain.action import Outcome
from fermata.domain.ids import IncidentId
from fermata.domain.postmortem import Postmortem
from fermata.flows.sessions import Session
from fermata.kit.diffs import write_diff
from fermata.web.clicks import read_click, say_at
from fermata.web.deciding import name_actor
from fermata.web.desk import Desk, get_desk
from fermata.web.forms import read_form
from fermata.web.incidents import CANVAS
from fermata.web.kept_words import EDIT_BYTES, find_text, find_typed, read_words_form
from fermata.web.prose import Sources, list_plots, render_prose
from fermata.web.reading import answer_once, parse_incident_id
from fermata.web.said import Said, hear
from fermata.web.signin import find_session, require_session

if TYPE_CHECKING:  # They load the rules of language, which most that is served never needs.
    from fermata.flows.postmortem.editing import Saved
    from fermata.flows.postmortem.keeping import Generated

_LONGEST_ITEM = 300


async def show_postmortem(request: Request) -> Response:
    """Answer GET /postmortems/{id}: the document, each line with what it is taken from, and a field to edit it in."""
    desk, session, incident_id = await _begin(request)
    found = await (await desk.house.open_postmortems()).find(incident_id)
    page = await _render(desk, session, incident_id, found, said=hear(request, session))
    return answer_once(request, page)


async def draft(request: Request) -> Response:
    """Answer POST /postmortems/{id}/draft: draft it from what is known now. What people wrote stays."""
    begun = await _begin_edit(request)
    if isinstance(begun, Response):
        return begun
    desk, session, incident_id, fields = begun
    if (clash := await _save_typed(request, fields)) is not None:
        return clash
    before = await (await desk.house.open_postmortems()).find(incident_id)
    generated = await (await desk.house.open_postmortems()).draft(incident_id, name_actor(session))
    changed = write_diff("post-mortem", before.text, generated.postmortem.text) if before is not None else ""
    text = "Drafted from everything that is known now."
    if before is not None:
        text = "Drafted again: what changed is below." if changed else "Drafted again: nothing new came in."
    return await _answer_generated(request, generated, text, changed)


async def save(request: Request) -> Response:
    """Answer POST /postmortems/{id}/save: keep a person's text, merged with what others saved meanwhile.

    Where both changed the same place nothing is saved: the page comes back with both, for this person to decide.
    """
    begun = await _begin_edit(request)
    if isinstance(begun, Response):
        return begun
    desk, session, incident_id, fields = begun
    text, read = find_text(fields), fields.get("read", "")
    saved = await (await desk.house.open_postmortems()).save(incident_id, text, read, name_actor(session))
    if saved.is_saved:
        merged = " Somebody else had saved meanwhile; both are in it." if saved.is_merged else ""
        hidden = " What looks like a secret in it was hidden." if saved.is_redacted else ""
        notes = "".join(f" {note}." for note in saved.notes)
        return say_at(
            request, f"/postmortems/{incident_id}", session, Said(accepted=True, text=f"Saved.{merged}{hidden}{notes}")
        )
    return await _answer_clash(request, saved)


async def _save_typed(request: Request, fields: Mapping[str, str]) -> Response | None:
    """Save what somebody typed before they pressed another button of the page; what to answer when that collides."""
    text = find_typed(fields)
    if not text:
        return None
    desk, session, incident_id = await _begin(request)
    editors = await desk.house.open_postmortems()
    saved = await editors.save(incident_id, text, fields.get("read", ""), name_actor(session))
    return None if saved.is_saved else await _answer_clash(request, saved)


async def _answer_clash(request: Request, saved: Saved) -> Response:
    desk, session, incident_id = await _begin(request)
    text = "Not saved: somebody else changed the same place. Your words stand below; theirs are in the difference."
    page = await _render(
        desk,
        session,
        incident_id,
        saved.postmortem,
        said=Said(accepted=False, text=text),
        diff=saved.diff,
        text=saved.text,
    )
    return HTMLResponse(page, status_code=409)


async def keep(request: Request) -> Response:
    """Answer POST /postmortems/{id}/keep: take a dropped message back into the timeline."""
    begun = await _begin_edit(request)
    if isinstance(begun, Response):
        return begun
    desk, session, incident_id, fields = begun
    message = fields.get("message", "")[:_LONGEST_ITEM]
    if (clash := await _save_typed(request, fields)) is not None:
        return clash
    generated = await (await desk.house.open_postmortems()).keep(incident_id, message, name_actor(session))
    return await _answer_generated(request, generated, "Taken back into the timeline.")


async def go_on(request: Request) -> Response:
    """Answer POST /postmortems/{id}/words: the page with words that a session's end kept from being saved.

    Nothing is saved by it: the field holds them, and saving merges from what was read when they were typed.
    """
    if await find_session(request) is None and isinstance(again := await _begin_edit(request), Response):
        return again
    desk, session, incident_id = await _begin(request)
    fields = await read_form(request, EDIT_BYTES)
    found = await (await desk.house.open_postmortems()).find(incident_id)
    said = Said(accepted=False, text="Not saved yet: your words stand below. Save them.")
    read = fields.get("read", "").replace("\r\n", "\n")
    return HTMLResponse(await _render(desk, session, incident_id, found, said=said, text=find_text(fields), read=read))


async def ask_ticket(request: Request) -> Response:
    """Answer GET /postmortems/{id}/ticket: the ticket of an action item as it would be made, and the button."""
    desk, session, incident_id = await _begin(request)
    item = request.query_params.get("item", "")[:_LONGEST_ITEM]
    editors = await desk.house.open_postmortems()
    places = [place.ref for place in editors.list_places()]
    place = request.query_params.get("place", places[0] if len(places) == 1 else "")
    prepared = await editors.prepare(incident_id, item, place) if place in places else None
    return HTMLResponse(
        desk.pages.render(
            "ticket.html",
            session=session,
            halt=await desk.house.switch.find(),
            incident_id=incident_id,
            item=item,
            places=places,
            prepared=prepared,
        )
    )


async def make_ticket(request: Request) -> Response:
    """Answer POST /postmortems/{id}/ticket: make the ticket that was shown, or note the link of one."""
    desk, incident_id = get_desk(request), parse_incident_id(request.path_params["incident_id"])
    session, fields = await read_click(request, f"/postmortems/{incident_id}", EDIT_BYTES)
    item = fields.get("item", "")[:_LONGEST_ITEM]
    house, actor = await desk.house.open_postmortems(), name_actor(session)
    if fields.get("link"):
        await house.link(incident_id, item, fields["link"], actor)
        return say_at(
            request, f"/postmortems/{incident_id}", session, Said(accepted=True, text="Ticked, with that link.")
        )
    shown = fields.get("shown", "").replace("\r\n", "\n")
    ticked = await house.make(incident_id, item, fields.get("place", ""), shown, actor)
    if ticked is None:
        text = "No ticket was made: it would be another one than you saw. Look again."
        return say_at(request, f"/postmortems/{incident_id}", session, Said(accepted=False, text=text))
    said = Said(accepted=ticked.result.outcome is Outcome.DONE, text=ticked.result.detail)
    return say_at(request, f"/postmortems/{incident_id}", session, said)


async def _begin_edit(request: Request) -> tuple[Desk, Session, IncidentId, Mapping[str, str]] | Response:
    """Return what a form with typed words is about; or what gives them back where the session they began in is over."""
    incident_id = parse_incident_id(request.path_params["incident_id"])
    begun = await read_words_form(request, f"/postmortems/{incident_id}")
    return begun if isinstance(begun, Response) else (get_desk(request), begun[0], incident_id, begun[1])


async def _begin(request: Request) -> tuple[Desk, Session, IncidentId]:
    session = await require_session(request)
    return get_desk(request), session, parse_incident_id(request.path_params["incident_id"])


async def _answer_generated(request: Request, generated: Generated, text: str, changed: str = "") -> Response:
    """Answer on the next page, or on this very one when there is a difference to show: no cookie holds it."""
    desk, session, incident_id = await _begin(request)
    diff = generated.merged.diff if generated.merged is not None else ""
    if not diff and not changed:
        return say_at(request, f"/postmortems/{incident_id}", session, Said(accepted=True, text=text))
    words = f"{text} Where people had edited, their words stand." if diff else text
    page = await _render(
        desk,
        session,
        incident_id,
        generated.postmortem,
        said=Said(accepted=True, text=words),
        diff=diff,
        changed=changed,
    )
    return HTMLResponse(page)


async def _render(  # noqa: PLR0913 - a page and what stands on it; all but the first four are what a click came to
    desk: Desk,
    session: Session,
    incident_id: IncidentId,
    found: Postmortem | None,
    *,
    said: Said | None,
    diff: str = "",
    changed: str = "",
    text: str | None = None,
    read: str | None = None,
) -> str:
    view = await desk.house.readings.show(incident_id)
    # In a thread: a long document takes a part of a second, and everybody else's page would wait for it.
    shown = await asyncio.to_thread(_present, found, is_clash=text is not None) if found is not None else {}
    return desk.pages.render(
        "postmortem.html",
        session=session,
        halt=await desk.house.switch.find(),
        incident=view.incident,
        found=found,
        said=said,
        diff=diff,
        changed=changed,
        is_open=text is not None,
        # As they are: the field must give back what it was given, character by character.
        text=_as_is(text if text is not None else found.text if found else ""),
        read=_as_is(read if read is not None else found.text if found else ""),
        canvas=CANVAS,
        plots_left_out=0,
        **({"plots": (), "prose": Markup(), "has_title": False, "edits": "", "unlisted": ()} | shown),
    )


def _present(found: Postmortem, *, is_clash: bool) -> dict[str, Any]:
    # Where two collide one thing is to be done: no other button of the page may decide it by the way.
    sources = Sources(found, has_takers=not is_clash)
    prose = render_prose(found.text, sources)
    onset = found.draft.get("key_times", {}).get("started")
    began = datetime.fromisoformat(onset).astimezone(UTC) if onset else None
    edits = write_diff("post-mortem", found.base, found.text)
    return {
        "prose": prose,
        "has_title": "<h1>" in prose,
        "plots": list_plots(found, began),
        "edits": edits,
        "unlisted": sources.list_unlisted(),
    }


def _as_is(text: str) -> Markup:
    return escape(text)
