"""Signing in by a one-time link that `fermata login` prints, and the cookie that stands for it afterwards.

A GET never uses the link up: chats and mail programs open links to show previews. The button does.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fermata.flows.sessions import Session
from fermata.kit.errors import UnauthenticatedError
from fermata.web.desk import Desk, get_desk
from fermata.web.forms import read_form, refuse_other_session

_LONGEST_TOKEN = 200
"""Tokens and session ids are far shorter; anything longer is not looked up."""


def name_cookie(*, secure: bool) -> str:
    """Return the cookie's name: `__Host-` makes browsers refuse it from subdomains, and needs https."""
    return "__Host-fermata" if secure else "fermata"


async def find_session(request: Request) -> Session | None:
    """Return the session of whoever asks, or `None`."""
    desk = get_desk(request)
    session_id = request.cookies.get(name_cookie(secure=desk.secure), "")
    if not session_id or len(session_id) > _LONGEST_TOKEN:
        return None
    session = await desk.house.sessions.find(session_id)
    return session if session is not None and desk.clock.now() < session.expires_at else None


async def require_session(request: Request) -> Session:
    """Return the session of whoever asks.

    Raises:
        UnauthenticatedError: Nobody is signed in.
    """
    session = await find_session(request)
    if session is None:
        raise UnauthenticatedError(
            "You are not signed in",
            why="this page shows incidents to people it knows",
            do="Run `fermata login` on the machine Fermata runs on, and open the link it prints",
        )
    return session


async def show_sign_in(request: Request) -> Response:
    """Answer GET /login: a button for whoever brings a token, and the way to get one for everyone else."""
    token = request.query_params.get("token", "")
    if not token:
        await require_session(request)
        return RedirectResponse("/", status_code=303)
    return HTMLResponse(get_desk(request).pages.render("login.html", token=token[:_LONGEST_TOKEN]))


async def sign_in(request: Request) -> Response:
    """Answer POST /login: use the token up and set the cookie.

    Raises:
        UnauthenticatedError: The token is unknown, used or expired.
    """
    desk = get_desk(request)
    token = (await read_form(request)).get("token", "")
    session = await desk.house.sessions.redeem(token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if session is None:
        raise UnauthenticatedError(
            "This link does not work any more",
            why="a sign-in link works once, and only for a short time",
            do="Run `fermata login` again and open the new link",
        )
    response = RedirectResponse("/", status_code=303)
    keep_session(response, session, desk)
    return response


def keep_session(response: Response, session: Session, desk: Desk) -> None:
    """Give the browser the cookie that stands for a session, for as long as that lasts."""
    response.set_cookie(
        name_cookie(secure=desk.secure),
        session.id,
        max_age=max(0, int((session.expires_at - desk.clock.now()).total_seconds())),
        path="/",
        secure=desk.secure,
        httponly=True,
        samesite="strict",
    )


async def sign_out(request: Request) -> Response:
    """Answer POST /logout: end the session here and in the browser."""
    desk = get_desk(request)
    session = await require_session(request)
    refuse_other_session(await read_form(request), session)
    await desk.house.sessions.end(session.id)
    desk.streams.end_session(session.id)
    response = HTMLResponse(desk.pages.render("signed_out.html", trouble=None, again="", retry=False))
    response.delete_cookie(
        name_cookie(secure=desk.secure), path="/", secure=desk.secure, httponly=True, samesite="strict"
    )
    return response
