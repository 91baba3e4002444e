"""Buttons of our own pages: who pressed one, and what they are told whose session had ended by then.

Somebody who pressed "Halt everything" and reads only that they are not signed in may believe that it is halted.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fermata.flows.sessions import Session
from fermata.kit.errors import UnauthenticatedError, UserError
from fermata.web.desk import get_desk
from fermata.web.forms import FORM_BYTES, clean_words, read_form, refuse_other_session
from fermata.web.reading import INCIDENT_ID
from fermata.web.said import Said, say
from fermata.web.signin import find_session

_WORDS = ("reason", "question", "link")
"""Fields that people type into."""


class NotDoneError(UnauthenticatedError):
    """A button was pressed, nobody is signed in, and so nothing was done.

    Args:
        page: Path of the page that the button is on.
        words: What was typed beside it: to be shown to the same browser, and to nobody else. Empty when nothing was.
    """

    def __init__(self, page: str, words: str) -> None:
        super().__init__(
            "Nothing was done: you are signed out",
            why="what you pressed was not carried out",
            do="Sign in, open the page again and press it there",
        )
        self.page = page
        """Where the button is."""
        self.words = words
        """What was typed."""


async def read_click(request: Request, page: str = "", at_most: int = FORM_BYTES) -> tuple[Session, Mapping[str, str]]:
    """Return who pressed a button, and the fields of its form.

    Args:
        page: Path of the page that the button is on; without one, that of the incident that the form names.
        at_most: As in `forms.read_form`.

    Raises:
        NotDoneError: Nobody is signed in.
        ForbiddenError: The form came from elsewhere, or is of another session.
        TooLargeError: It is longer than that.
        UserError: It is no such form.
    """
    session = await find_session(request)
    if session is None:
        try:
            fields = await read_form(request, FORM_BYTES)
        except UserError:
            fields = {}  # Of another site, or no form: there are no words of ours in it.
        raise NotDoneError(page or find_page(fields), _find_words(fields))
    fields = await read_form(request, at_most)
    refuse_other_session(fields, session)
    return session, fields


def find_page(fields: Mapping[str, str]) -> str:
    """Return the path of the incident's page that a form names; the list of incidents when it names none."""
    incident_id = fields.get("incident_id", "")
    return f"/incidents/{incident_id}" if INCIDENT_ID.fullmatch(incident_id) else "/"


def _find_words(fields: Mapping[str, str]) -> str:
    return next((words for name in _WORDS if (words := clean_words(fields.get(name, "")))), "")


def say_at(request: Request, place: str, session: Session, said: Said) -> Response:
    """Answer a click: the page at an address, which tells once what came of it."""
    # 303: reloading the next page asks for it again, and never sends the click again.
    response = RedirectResponse(place, status_code=303)
    say(response, session, said, secure=get_desk(request).secure)
    return response
