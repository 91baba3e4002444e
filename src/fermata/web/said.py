"""What someone who clicked is told on the next page: carried by a cookie that only this session could have written.

Not in the address: a link must not be able to put "approved" on somebody's page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from starlette.requests import Request
from starlette.responses import Response

from fermata.domain.record import Record
from fermata.flows.sessions import Session

COOKIE = "fermata_said"
_SECONDS = 60
_LONGEST = 800
"""Cookies hold 4,096 bytes, and a character may need 8 of them here."""


class Said(Record):
    """One answer to one click."""

    accepted: bool
    text: str


def say(response: Response, session: Session, said: Said, *, secure: bool) -> None:
    """Attach the answer to a redirect."""
    short = said.model_copy(update={"text": said.text[:_LONGEST]})
    payload = base64.urlsafe_b64encode(json.dumps(short.to_json(), ensure_ascii=False).encode()).decode()
    response.set_cookie(
        COOKIE,
        f"{payload}.{_sign(payload, session)}",
        max_age=_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def hear(request: Request, session: Session) -> Said | None:
    """Return the answer that came with the request, or `None` when there is none or it was not signed here."""
    payload, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not payload or not hmac.compare_digest(signature.encode(), _sign(payload, session).encode()):
        return None
    return Said.from_json(json.loads(base64.urlsafe_b64decode(payload)))


def forget(request: Request, response: Response) -> None:
    """Make the answer appear once."""
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _sign(payload: str, session: Session) -> str:
    return hmac.new(session.csrf.encode(), payload.encode(), hashlib.sha256).hexdigest()
