"""Forms that change something: small, from our own pages, by the person whose session it is."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from fermata.flows.sessions import Session
from fermata.kit.errors import ForbiddenError, UserError
from fermata.web.body import read_body
from fermata.web.desk import get_desk

FORM_BYTES = 16 * 1024
"""The longest form: a reason of 500 characters, each written as %XX up to four times, with room to spare."""
_MOST_FIELDS = 10
_LONGEST_WORDS = 2000
"""Four times what is kept of a reason: it is cut where secrets in it are hidden, and half of one would pass."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


async def read_form(request: Request, at_most: int = FORM_BYTES) -> Mapping[str, str]:
    """Return the fields of a form that one of our own pages sent.

    Args:
        at_most: Bytes of the longest form that is taken.

    Raises:
        ForbiddenError: The browser says the form came from elsewhere.
        TooLargeError: It is longer than that.
        UserError: It is no such form, or names a field twice.
    """
    refuse_foreign(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UserError("This is not a form of this page", why=f"its type is {kind or 'not given'}", do="Use the page")
    body = await read_body(request, at_most, do="Nothing was done. Go back, and send a shorter text")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise UserError("This is not a form of this page", why="it cannot be read", do="Use the page") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UserError("This is not a form of this page", why="it names a field twice", do="Use the page")
    return fields


def refuse_other_session(fields: Mapping[str, str], session: Session) -> None:
    """Refuse a form that does not carry this session's secret.

    Raises:
        ForbiddenError: It does not.
    """
    if not belongs_to(fields, session):
        raise ForbiddenError(
            "Nothing was done",
            why="the form does not belong to your session; you may have signed in again since",
            do="Go back, reload the page and decide again",
        )


def belongs_to(fields: Mapping[str, str], session: Session) -> bool:
    """Answer whether a form carries this session's secret; compared in constant time."""
    return bool(session.csrf) and hmac.compare_digest(fields.get("csrf", "").encode(), session.csrf.encode())


def refuse_foreign(request: Request) -> None:
    """Refuse a request that another site's page started, by what the browser says of it.

    `Referrer-Policy: no-referrer` makes browsers send `Origin: null` with our own forms, and Sec-Fetch-Site comes only
    over https or to this machine. Where both are silent, the session's secret in the form has to do.

    Raises:
        ForbiddenError: Sec-Fetch-Site or Origin names another site.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    if site not in (None, "same-origin") or (origin != "null" and not _is_own(origin, request)):
        raise ForbiddenError(
            "Nothing was done",
            why="the request came from another site",
            do="Open Fermata's own page and decide there",
            origin=origin,
        )


def _is_own(origin: str, request: Request) -> bool:
    public = urlsplit(get_desk(request).house.web.public_url)
    own = {f"http://{request.headers.get('host', '')}".lower(), f"{public.scheme}://{public.netloc}".lower()}
    return origin.lower() in own


def clean_words(text: str) -> str:
    """Return what a person typed, without control characters and cut to 2,000 characters; newlines stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()[:_LONGEST_WORDS]
