"""The one place where a web handler's errors end: an answer in three parts for the caller, one line in the log for us.

This is the surface's only broad except. No answer ever carries a stack trace, a body or a header of the request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fermata.kit.errors import (
    FermataError,
    GuardRefused,
    InvariantBroken,
    OperationalError,
    TransientError,
    UnauthenticatedError,
    UserError,
)
from fermata.kit.ids import new_id
from fermata.kit.log import get_log
from fermata.kit.seldom import Seldom, write_kept_back
from fermata.web.clicks import NotDoneError
from fermata.web.desk import Desk
from fermata.web.hosts import is_intake
from fermata.web.query import PLAIN_QUERY

_log = get_log("web")
_INTAKE = "Send alerts by POST to /v1/alerts/<source>, such as /v1/alerts/webhook"
_MACHINE_PATHS = ("/v1/", "/healthz", "/readyz", "/metrics", "/fragments/", "/events")


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a caller sees it."""

    status: int
    what: str
    why: str = ""
    do: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    """Path of the page to go on from, when it is another than the address that was asked for."""
    words: str = ""
    """What somebody typed, to be given back to them."""


class ErrorBoundary:
    """Turns whatever a handler raises into an answer."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._told = Seldom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer for it if it fails before an answer began."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        request = Request(scope)
        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return  # Nobody is left to answer, and what they did not finish sending was not taken.
        except FermataError as error:
            trouble = self._explain(request, error)
        except Exception as error:  # noqa: BLE001 - the web handler is one of the four boundaries
            trouble = self._confess(request, error)
        else:
            return
        if not started:
            await render_trouble(self._desk, request, trouble)(scope, receive, send)

    def _explain(self, request: Request, error: FermataError) -> Trouble:
        facts = {"method": request.method, "path": request.scope["path"], "error": error.what}
        if isinstance(error, UserError):
            _log.info("request.refused", status=error.status, **facts)
            if isinstance(error, NotDoneError):
                return Trouble(error.status, error.what, error.why, error.do, page=error.page, words=error.words)
            return Trouble(error.status, error.what, error.why, error.do, _demand_proof(request, error))
        if isinstance(error, GuardRefused):
            _log.warning("request.refused", rule=error.rule, **facts)
            return Trouble(409, error.what, error.why, error.do)
        if isinstance(error, InvariantBroken):
            return self._confess(request, error)
        if isinstance(error, OperationalError):
            # Sources send again and pages look again, twice a second, as long as a store is away.
            kept_back = self._told.count(f"{request.method} {request.scope['path']} {error.what}")
            if kept_back is not None:
                _log.warning("request.not_served", **facts, **write_kept_back(kept_back))
            return Trouble(503, error.what, error.why, _advise(request, error), _ask_patience(error))
        return self._confess(request, error)

    def _confess(self, request: Request, error: Exception) -> Trouble:
        run_id = new_id("web", self._desk.clock.now())
        _log.error("request.failed", run_id=run_id, method=request.method, path=request.scope["path"], exc_info=error)
        changed = request.method not in ("GET", "HEAD")
        return Trouble(
            500,
            "Fermata could not answer: this is a fault in Fermata, not in what you did",
            "It is not certain whether your request was recorded; look at the incident before you send it again"
            if changed
            else "Nothing was changed by this request",
            f"Look for {run_id} in Fermata's log",
        )


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Answer for what the router itself refuses: an unknown path, a method that is not there."""
    desk: Desk = request.app.state.desk
    status, headers = (error.status_code, error.headers or {}) if isinstance(error, HTTPException) else (500, {})
    what = {404: "There is no such page", 405: "This address does not take that method"}.get(status, "Not served")
    path, why, do = request.scope["path"], "", "Start from the list of incidents: /"
    if is_intake(path):
        # Whoever set up a webhook is told what it lacks, and not sent to a page.
        why, do = f"it was sent by {request.method}", _INTAKE
    elif request.method == "POST":
        # Our own pages lead to none such: a tool sends alerts to an address with a slip in it.
        do = _INTAKE
    if request.method == "POST":
        # A machine sends something here, and nobody takes it: that must not go unseen.
        _log.info("request.refused", status=status, method=request.method, path=path, error=what)
    return render_trouble(desk, request, Trouble(status, what, why, do, headers))


def render_trouble(desk: Desk, request: Request, trouble: Trouble) -> Response:
    """Return the trouble as JSON for machines and as a page for people.

    Reads the path as it was sent: `request.url` is built from the Host header, which may be the very trouble.
    """
    headers = dict(trouble.headers)
    path = request.scope["path"]
    if path.startswith(_MACHINE_PATHS):
        content = {"error": trouble.what, "why": trouble.why, "do": trouble.do}
        return JSONResponse(content, status_code=trouble.status, headers=headers)
    if trouble.status == UnauthenticatedError.status:
        # A link from a chat arrives without the SameSite=Strict cookie. Asked again by our own page, it comes along.
        own = request.method == "GET" and path != "/login" and not path.startswith(("//", "/oidc/"))
        again = _write_place(request, path) if own else trouble.page
        foreign = request.headers.get("sec-fetch-site") == "cross-site"
        page = desk.pages.render("signed_out.html", trouble=trouble, again=again, retry=own and foreign)
    else:
        page = desk.pages.render("error.html", trouble=trouble)
    return HTMLResponse(page, status_code=trouble.status, headers=headers)


def _write_place(request: Request, path: str) -> str:
    """Return the page that was asked for, with its query where that is a plain one."""
    query = request.scope["query_string"].decode("latin-1")
    return quote(path) + (f"?{query}" if re.fullmatch(PLAIN_QUERY, query, re.ASCII) else "")


def _demand_proof(request: Request, error: UserError) -> Mapping[str, str]:
    is_proof_wanted = is_intake(request.scope["path"]) and isinstance(error, UnauthenticatedError)
    return {"WWW-Authenticate": "Bearer"} if is_proof_wanted else {}


def _advise(request: Request, error: OperationalError) -> str:
    """Return what to do: whoever pressed something does not know whether it counted, and must not take it for done."""
    path, do = request.scope["path"], error.do.rstrip(".")
    if path == "/halt":
        # Who is signed in stands in the store: this page cannot halt without it, and must not seem to.
        instead = "Nothing was halted: `fermata halt` on the machine of Fermata needs neither this page nor the store"
        return f"{instead}. {do}" if do else instead
    if request.method == "GET" or path == "/login" or path.startswith(_MACHINE_PATHS):
        return do
    look = "Then see on its page whether that counted, before you press it again"
    return f"{do}. {look}" if do else look


def _ask_patience(error: OperationalError) -> Mapping[str, str]:
    if isinstance(error, TransientError) and error.retry_after is not None:
        return {"Retry-After": str(math.ceil(error.retry_after.total_seconds()))}
    return {}
