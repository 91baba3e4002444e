"""The door for alerts: proves who sends, bounds what is sent, answers after the commit.

Never open: without a configured credential it answers 503. A refused body is journalled by the house, whatever the
reason, so that "no alerts came" and "alerts were turned away" can be told apart afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fermata.domain.alert import SIGNED_WITHIN, Signed, stamp_body
from fermata.kit.digest import compute_bytes_digest
from fermata.kit.errors import (
    FermataError,
    NotFoundError,
    OperationalError,
    TooLargeError,
    UnauthenticatedError,
    UserError,
)
from fermata.kit.log import get_log
from fermata.settings.tree import ServerSettings
from fermata.web.body import SlowBodyError, discard_body, read_body
from fermata.web.desk import Desk, get_desk

_log = get_log("web")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})")
"""Grafana and Sentry write the digits alone."""
_SECONDS = re.compile(r"[0-9]{1,12}")


class IntakeClosedError(OperationalError):
    """No credential is configured, so nobody can prove to be a source."""


async def receive_alerts(request: Request) -> Response:
    """Answer POST /v1/alerts/{source}: 202 after the commit, with what became of the alerts.

    Raises:
        UserError: Refused, and journalled: 400, 401, 404, 408, 413 or 415.
        OperationalError: 503; the sender tries again.
    """
    desk = get_desk(request)
    # A slash at the end is a way to write the same address; redirects are not followed by those who send.
    source = request.path_params.get("source", "").removesuffix("/")
    named = source if _SOURCE.fullmatch(source) else "unknown"
    try:
        body, signed = await _read_proven_body(request, desk.house.web, desk.clock.now())
        if named != source:
            raise NotFoundError(
                "There is no alert source of this name",
                why="a source's name is lower-case letters, digits, '-' and '_'",
                do="Check the webhook's path: /v1/alerts/<source>, such as /v1/alerts/alertmanager",
            )
        receipt = await desk.house.intake.receive(source, body, signed)
    except (UserError, IntakeClosedError) as refusal:
        await _journal_refusal(desk, named, refusal)
        raise
    return JSONResponse(
        {
            "accepted": receipt.alerts,
            "new": receipt.new,
            "incidents": list(receipt.incidents),
            "truncated": receipt.truncated,
            "refused": receipt.refused,
            "held_back": list(receipt.held_back),
        },
        status_code=202,
    )


async def _read_proven_body(request: Request, settings: ServerSettings, now: datetime) -> tuple[bytes, Signed | None]:
    if not (settings.alert_token or settings.alert_hmac_secret or settings.alert_sentry_secret):
        raise IntakeClosedError(
            "Alerts are not accepted",
            why="no credential is configured, and the intake is never open to everyone",
            do="Set server.alert_token (or alert_hmac_secret, or alert_sentry_secret), and start Fermata again",
        )
    if has_bearer(request.headers.get("authorization", ""), settings.alert_token):
        _refuse_encoding(request)
        return await read_body(request, settings.max_body_bytes), None
    claim = _find_claim(request, settings)
    if claim is not None:
        _refuse_encoding(request)
        body = await read_body(request, settings.max_body_bytes)
        stamp = claim.stamp
        content = stamp_body(stamp, body) if stamp else body
        if is_signed(claim.signature, claim.secret, content):
            if stamp:
                _refuse_old(stamp, now)
            return body, Signed(digest=compute_bytes_digest(content), is_stamped=bool(stamp))
    else:
        # A stranger's body is never kept: it is counted off and thrown away.
        await discard_body(request, settings.max_body_bytes)
    raise UnauthenticatedError(
        "The alerts were not accepted",
        why="the request carries no valid bearer token and no valid signature",
        do="Send 'Authorization: Bearer <server.alert_token>', or 'X-Fermata-Signature: sha256=<hex>' of the body, "
        "or of '<X-Fermata-Timestamp>:<body>'; of Sentry, set server.alert_sentry_secret",
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """A signature that a request carries, and with what it has to have been made."""

    signature: str
    secret: str
    stamp: str = ""
    """The time that is signed along; empty where the body is signed alone."""


def _find_claim(request: Request, settings: ServerSettings) -> _Claim | None:
    """Return the signature of a request for which there is a secret; `None` where there is none."""
    headers = request.headers
    ours, sentrys = headers.get("x-fermata-signature", ""), headers.get("sentry-hook-signature", "")
    if ours and (secret := settings.alert_hmac_secret):
        return _Claim(ours, secret, headers.get("x-fermata-timestamp", "").strip())
    # Who knows the token may sign with it, and does not hand it to whatever listens: with the time, so that whoever
    # recorded it has nothing.
    if ours and (token := settings.alert_token) and (stamp := headers.get("x-fermata-timestamp", "").strip()):
        return _Claim(ours, token, stamp)
    if sentrys and settings.alert_sentry_secret:
        # The body alone: `Sentry-Hook-Timestamp` is outside of it, so that whoever recorded one can write another time.
        return _Claim(sentrys, settings.alert_sentry_secret)
    return None


def _refuse_old(stamp: str, now: datetime) -> None:
    """Refuse what was signed too long ago, or for later: somebody may have recorded it."""
    # Digits alone and not too many, for `int` takes signs and spaces, too, and any length.
    off_s = abs(now.timestamp() - int(stamp)) if _SECONDS.fullmatch(stamp) else None
    most_s = SIGNED_WITHIN.total_seconds()
    if off_s is None or off_s > most_s:
        why = f"its time is {off_s:,.0f} s off" if off_s is not None else "its time is no number of seconds"
        raise UnauthenticatedError(
            "The alerts were not accepted",
            why=f"they are signed, and {why}; at most {most_s:.0f} s are accepted",
            do="Sign the seconds since 1970 of now, and set the clocks of both machines",
        )


def has_bearer(header: str, token: str | None) -> bool:
    """Answer whether an Authorization header carries the token; compared in constant time. No token, no entry."""
    scheme, _, given = header.partition(" ")
    # Headers arrive as latin-1 text of the bytes that were sent; the setting is UTF-8.
    sent = given.strip().encode("latin-1", errors="replace")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(sent, (token or "").encode())


def is_signed(header: str, secret: str, body: bytes) -> bool:
    """Answer whether the header is the HMAC-SHA256 of the raw body; compared in constant time."""
    match = _SIGNATURE.fullmatch(header.strip())
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(match[1].lower() if match else "", expected)


class EncodedBodyError(UserError):
    """The body is compressed: unpacking it would undo the limit on its length."""

    status = 415


def _refuse_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise EncodedBodyError("The body is compressed", why="it is read as it is sent", do="Send it as plain JSON")


async def _journal_refusal(desk: Desk, source: str, refusal: FermataError) -> None:
    try:
        await desk.house.intake.refuse(source, _name_reason(refusal), f"{refusal.what}: {refusal.why}")
    except OperationalError as error:
        # The refusal stands whether or not it could be written down.
        _log.warning("body.refusal_not_journalled", source=source, error=str(error))


_REASONS: tuple[tuple[type[FermataError], str], ...] = (
    (UnauthenticatedError, "unauthenticated"),
    (TooLargeError, "too_large"),
    (NotFoundError, "unknown_source"),
    (SlowBodyError, "incomplete"),
    (IntakeClosedError, "no_credential"),
)


def _name_reason(refusal: FermataError) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(refusal, kind)), "malformed")
