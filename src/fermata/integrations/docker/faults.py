"""What can go wrong with a call to an engine, kept apart by what is known of its effect.

An action must know whether its call may have taken effect: `NotDelivered` (certainly not), `AnswerLost` (perhaps),
`EngineRefused` (the engine itself said no; a 5xx may leave traces, which the caller looks at).
"""

from __future__ import annotations

import errno
import re
from datetime import timedelta

import httpx2

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404
# Too many requests, and what a proxy answers while the engine behind it does not.
_PASSING = (429, 502, 503, 504)
_LONGEST_REASON = 300
# Ids are known by their first 12 digits, and 64 of them leave no room for the reason.
_FULL_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_LONGEST_WAIT_DIGITS = 5  # Over a day; a longer or a dated wait is left to the caller.


class NotDelivered(TransientError):
    """The call did not reach the engine: certainly nothing happened."""


class AnswerLost(TransientError):
    """The call may have reached the engine, and no usable answer came back."""


class EngineRefused(OperationalError):
    """The engine, or what stands in front of it, answered that it did not do what it was asked."""

    def __init__(self, what: str, *, status: int, said: str, why: str = "", do: str = "") -> None:
        super().__init__(what, why=why or said, do=do, status=status)
        self.status = status
        """The HTTP status."""
        self.said = said
        """Its own words, redacted and cut."""


class EngineBusy(EngineRefused, TransientError):
    """The engine, or what stands in front of it, asks to come again later."""

    def __init__(
        self, what: str, *, status: int, said: str, do: str = "", retry_after: timedelta | None = None
    ) -> None:
        super().__init__(what, status=status, said=said, do=do)
        self.retry_after = retry_after


class NoSuchObject(EngineRefused):
    """The object does not exist, or does not any more."""


def describe_unreached(url: str, call: str, error: Exception) -> NotDelivered:
    """Return why the engine could not be reached, and what to do about it."""
    cause: BaseException | None = error
    number = None
    while cause is not None and number is None:
        number = getattr(cause, "errno", None)
        cause = cause.__cause__ or cause.__context__
    todo = "Check that the Docker engine runs and that docker.socket names it"
    if number in (errno.EACCES, errno.EPERM):
        todo = "Let this user open the socket: add it to the group `docker`, or put a socket proxy in front"
    if "certificate" in str(error).lower() or "ssl" in str(error).lower():
        todo = "Check docker.tls_ca, tls_cert and tls_key; the name in the address must stand in its certificate"
    return NotDelivered(
        f"The Docker engine at {url} cannot be reached",
        why=redact(str(error) or type(error).__name__).text[:_LONGEST_REASON],
        do=todo,
        call=call,
    )


def describe_lost(url: str, call: str, error: Exception, timeout_s: float) -> AnswerLost:
    """Return how a call that may have been delivered ended without an answer."""
    if isinstance(error, TimeoutError):
        return AnswerLost(
            f"The Docker engine at {url} did not answer {call} within {timeout_s:g} s",
            why="It is busy, or hangs",
            do="Look at its log; raise docker.timeout_s if it is merely slow",
            call=call,
        )
    return AnswerLost(
        f"The connection to the Docker engine at {url} broke during {call}",
        why=redact(str(error) or type(error).__name__).text[:_LONGEST_REASON],
        do="Look whether the engine still runs: docker version",
        call=call,
    )


def _cut(said: str) -> str:
    """Return an engine's words at most so long, cut in the middle.

    Its errors are wrapped, outermost first (`Cannot restart: driver failed: bind: address already in use`): what people
    need stands at the end.
    """
    if len(said) <= _LONGEST_REASON:
        return said
    half = (_LONGEST_REASON - 3) // 2
    return f"{said[:half]} … {said[-half:]}"


def describe_refusal(url: str, call: str, response: httpx2.Response, said: str) -> EngineRefused:
    """Return a refusal in words, with the permission that is missing where that is the reason."""
    status = response.status_code
    said = _cut(redact(_FULL_ID.sub(r"\1", said)).text.strip()) or "it gave no reason"
    what = f"The Docker engine at {url} answered {call} with HTTP {status}"
    if status == _NOT_FOUND:
        return NoSuchObject(what, status=status, said=said, do="It may have been removed meanwhile: docker ps --all")
    if status in _UNAUTHORIZED:
        todo = f"Allow {call} where the access is decided: in the socket proxy or in the authorization plugin"
        return EngineRefused(what, status=status, said=said, do=todo)
    if status in _PASSING:
        wait = response.headers.get("Retry-After", "")
        usable = wait.isdecimal() and len(wait) <= _LONGEST_WAIT_DIGITS
        delay = timedelta(seconds=int(wait)) if usable else None
        return EngineBusy(what, status=status, said=said, do="It may pass; see its log", retry_after=delay)
    if response.is_redirect:
        return EngineRefused(what, status=status, said=said, do="Check docker.socket: an engine never redirects")
    return EngineRefused(what, status=status, said=said, do="See the engine's log")
