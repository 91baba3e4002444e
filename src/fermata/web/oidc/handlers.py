"""Signing in through the provider: to it, and back. A cookie carries the attempt; nothing is stored before it ends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fermata.kit.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from fermata.web.desk import Desk, get_desk
from fermata.web.oidc.provider import Attempt, Provider, name_error
from fermata.web.query import PLAIN_QUERY
from fermata.web.signin import keep_session

_SECONDS = 600
"""For the way to the provider and back, a password and a second factor among it."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PLACE = re.compile(
    r"/(?:(?:incidents|postmortems|experiments)/[a-z0-9-]{1,64}|experiments|graph|journal|costs|halt|resume)?"
    rf"(?:\?{PLAIN_QUERY})?",
    re.ASCII,
)
"""Pages somebody may come back to: our own, with a plain query at most."""
_LONGEST_CODE = 4096


async def begin(request: Request) -> Response:
    """Answer GET /oidc/start?next=: send the browser to the provider, with an attempt that only it can finish.

    Raises:
        NotFoundError: No provider is configured.
        OperationalError: The provider cannot be asked.
    """
    desk = get_desk(request)
    provider = _require_provider(desk)
    secret, place = secrets.token_urlsafe(32), request.query_params.get("next", "/")
    attempt = _derive(secret)
    # Not the verifier itself (RFC 7636, 4.2): who reads this address cannot redeem the code.
    challenge = _encode(hashlib.sha256(attempt.verifier.encode()).digest())
    response = RedirectResponse(
        await provider.write_address(attempt, challenge, _write_callback(request, desk)), status_code=303
    )
    response.set_cookie(
        _name_cookie(desk),
        f"{secret}.{place if _PLACE.fullmatch(place) else '/'}",
        max_age=_SECONDS,
        path="/",
        secure=desk.secure,
        httponly=True,
        # Lax: the browser comes back from another site.
        samesite="lax",
    )
    return response


async def finish(request: Request) -> Response:
    """Answer GET /oidc/callback: prove who came back, and open their session.

    Raises:
        UnauthenticatedError: It is nobody's attempt, it failed, or the token does not hold.
        ForbiddenError: The provider knows them, and nobody here is them. Journalled.
        OperationalError: The provider cannot be asked.
    """
    desk = get_desk(request)
    provider = _require_provider(desk)
    query = request.query_params
    secret, _, place = request.cookies.get(_name_cookie(desk), "").partition(".")
    attempt = _derive(secret) if _SECRET.fullmatch(secret) else None
    if attempt is None or not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
        raise UnauthenticatedError(
            "You are not signed in",
            why="this is not the end of an attempt that this browser began, or it took longer than ten minutes",
            do="Try again",
        )
    # RFC 9207: an answer that names its issuer names ours.
    if query.get("iss", desk.house.web.oidc.issuer) != desk.house.web.oidc.issuer:
        raise UnauthenticatedError("You are not signed in", why="another provider answered", do="Try again")
    code = query.get("code", "")
    if "error" in query or not 0 < len(code) <= _LONGEST_CODE:
        reason = name_error(query.get("error"))
        raise UnauthenticatedError("You are not signed in", why=f"the provider said {reason}", do="Try again")
    handle = await provider.identify(code, attempt, _write_callback(request, desk))
    session = await desk.house.sessions.admit("oidc", handle)
    if session is None:
        raise ForbiddenError(
            "You are not known here",
            why=f"{provider.name} says you are {handle}, and nobody in `people:` has that handle",
            do=f"Ask for `handles: {{oidc: {handle}}}` in the settings",
        )
    # A page of our own that asks for the next one: the strict cookie does not come along on the way from elsewhere.
    page = desk.pages.render(
        "oidc_done.html", name=session.person.name, place=place if _PLACE.fullmatch(place) else "/"
    )
    response = HTMLResponse(page)
    keep_session(response, session, desk)
    response.delete_cookie(_name_cookie(desk), path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


def _require_provider(desk: Desk) -> Provider:
    if desk.provider is None:
        raise NotFoundError(
            "Nobody signs in through a provider here",
            why="server.oidc names none",
            do="Run `fermata login` on the machine Fermata runs on",
        )
    return desk.provider


def _derive(secret: str) -> Attempt:
    """Return the three values of an attempt: from one secret, and none of them tells another."""
    return Attempt(*(_encode(hmac.digest(secret.encode(), use, "sha256")) for use in (b"state", b"nonce", b"verifier")))


def _encode(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _write_callback(request: Request, desk: Desk) -> str:
    """Return our own address, as it is registered with the provider; without a public one, that of this machine."""
    base = desk.house.web.public_url.rstrip("/") or f"http://{request.headers.get('host', '')}"
    return f"{base}/oidc/callback"


def _name_cookie(desk: Desk) -> str:
    return "__Host-fermata_attempt" if desk.secure else "fermata_attempt"
