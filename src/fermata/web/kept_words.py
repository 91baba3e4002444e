"""What somebody typed into a page while their session ended: given back to them, and taken along once they are back.

Nothing is stored, and nothing is decided: the words go from the browser to the page that the same browser is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.flows.sessions import Session
from fermata.kit.errors import ForbiddenError, UnauthenticatedError, UserError
from fermata.web.desk import get_desk
from fermata.web.forms import belongs_to, read_form, refuse_other_session
from fermata.web.signin import find_session, require_session

EDIT_BYTES = 6 * 1024 * 1024
"""The longest text twice, as it was read and as it is now, with every third character written as %XX."""
_STRANGER_BYTES = 1024 * 1024
"""What is read of somebody who has no session, to be given back at once: ten times a long post-mortem's form."""


async def read_words_form(request: Request, place: str) -> tuple[Session, Mapping[str, str]] | Response:
    """Return who sends a form with a long text, and its fields; or the page that gives the words back to them.

    Args:
        place: The path of the page that the form is on.

    Raises:
        UnauthenticatedError: Nobody is signed in, and there are no words to give back.
        ForbiddenError: The form is of another session or another site, and there are none.
        TooLargeError: It is longer than any text.
    """
    session = await find_session(request)
    if session is None:
        try:
            fields = await read_form(request, _STRANGER_BYTES)
        except UserError:
            fields = {}
        if not find_typed(fields):
            await require_session(request)
        return _give_back(request, None, fields, place)
    fields = await read_form(request, EDIT_BYTES)
    if find_typed(fields) and not belongs_to(fields, session):
        return _give_back(request, session, fields, place)
    refuse_other_session(fields, session)
    return session, fields


def find_text(fields: Mapping[str, str]) -> str:
    """Return what the field for editing held: it is named by the version that was in it."""
    return next((value for name, value in fields.items() if name == "text" or name.startswith("text-")), "")


def find_typed(fields: Mapping[str, str]) -> str:
    """Return what somebody made of the text that they read; empty when they changed nothing."""
    text, read = find_text(fields), fields.get("read", "")
    return "" if text.replace("\r\n", "\n") == read.replace("\r\n", "\n") else text


def _give_back(request: Request, session: Session | None, fields: Mapping[str, str], place: str) -> Response:
    desk = get_desk(request)
    # As they are: a hidden character that is written out is another text, for whoever typed it and for the merge.
    text, read = escape(find_text(fields)), escape(fields.get("read", ""))
    page = desk.pages.render("kept_words.html", session=session, text=text, read=read, place=place)
    return HTMLResponse(page, status_code=(ForbiddenError if session else UnauthenticatedError).status)
