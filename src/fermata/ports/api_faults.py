"""An API's answers that are not what was asked for: each in words for people, with its remedy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import hide_known, is_secret_name, redact
from fermata.kit.units import format_duration

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_NESTED = 8
"""Levels of a body in which a reason is looked for; GitHub's and Jira's are three at most."""
_REASON_KEYS = ("message", "error_description", "detail", "error", "errors", "errorMessages", "title")


class NotThere(OperationalError):
    """What was asked for does not exist, or is hidden from this credential (APIs do not tell the two apart)."""


@dataclass(frozen=True, slots=True)
class ApiTarget:
    """Where an API is and how it is asked."""

    name: str
    """As people call it: `Jira`."""
    url: str
    """Without a trailing slash; paths are put behind it."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every call, credentials among them."""
    timeout_s: float = 5
    """Of one call, answer included."""
    most_at_once: int = 4
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    permissions: str = ""
    """What the credential needs, in words: told when the answer is 401 or 403."""
    settings_key: str = ""
    """The settings section that says all this, for the message: `jira`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that arrived whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self) -> Any:
        """Return the body's JSON value; `None` for an empty body.

        Raises:
            ValueError: It is not JSON, or lists within lists without end.
        """
        try:
            return json.loads(self.body) if self.body.strip() else None
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def is_limit(reply: Reply, wait: timedelta | None) -> bool:
    """Answer whether it says that it was asked too often.

    GitHub says so with 403 and an empty quota, or a wait; Linear with 400 and a code in the body.
    """
    if reply.status == httpx2.codes.TOO_MANY_REQUESTS:
        return True
    if reply.status == httpx2.codes.BAD_REQUEST and b'"RATELIMITED"' in reply.body:
        return True
    is_spent = reply.headers.get("x-ratelimit-remaining", "") == "0"
    return reply.status == httpx2.codes.FORBIDDEN and (is_spent or wait is not None)


def describe_refusal(target: ApiTarget, call: str, reply: Reply, wait: timedelta | None) -> OperationalError:
    """Return the error for an answer whose status is not below 300.

    Args:
        call: Method and path.
        wait: What `Retry-After` asks for.
    """
    said = hide_sent(target, find_reason(reply.body))[:300] or "It gave no reason"
    status, key = reply.status, target.settings_key
    what = f"{say_where(target)} answered {cut_query(call)} with HTTP {status}"
    if status in (httpx2.codes.NOT_FOUND, httpx2.codes.GONE):
        return NotThere(what, why=said, do="It may be gone, or the credential may not see it", status=status)
    if is_limit(reply, wait) or status in _PASSING:
        do = f"It may pass; it asks to wait {format_duration(wait)}" if wait else "It may pass"
        return TransientError(what, why=said, do=do, retry_after=wait, status=status)
    do = "Ask the same by hand"
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        verb = "Renew" if status == httpx2.codes.UNAUTHORIZED else "Widen"
        do = f"{verb} the credential of {key}" + (f": it needs {target.permissions}" if target.permissions else "")
    elif status < httpx2.codes.BAD_REQUEST:
        said, do = "It redirects, which is not followed", f"Check {key}.url: a login page or a moved address does this"
        return OperationalError(what, why=said, do=do, status=status, location=reply.headers.get("location", ""))
    refused = OperationalError(what, why=said, do=do, status=status)
    refused.is_of_place = status == httpx2.codes.UNAUTHORIZED
    return refused


def describe_shape(target: ApiTarget, path: str, why: str) -> OperationalError:
    """Return the error for an answer that cannot be read.

    Args:
        why: What is wrong with it, without its content.
    """
    return OperationalError(
        f"{say_where(target)} gave an answer that is not its API's",
        why=f"{cut_query(path)}: {why}",
        do=f"Check that {target.settings_key}.url points at the API itself, not at a page in front of it",
        path=path,
    )


def describe_failure(target: ApiTarget, error: httpx2.HTTPError, path: str) -> OperationalError:
    """Return the error for a call that brought no answer; an untrusted certificate is not transient."""
    said = hide_sent(target, str(error) or type(error).__name__)[:300]
    if "CERTIFICATE" in said.upper():
        return OperationalError(
            f"{say_where(target)} is not trusted",
            why=said,
            do=f"If the certificate is right, name its authority in {target.settings_key}.ca_file",
            path=path,
        )
    return TransientError(
        f"{say_where(target)} cannot be reached",
        why=said,
        do=f"Check that it runs and that {target.settings_key}.url is right",
        path=path,
    )


def hide_sent(target: ApiTarget, said: str) -> str:
    """Return what an API said without secrets, and without the credentials of the call, whatever they look like."""
    sent = [value for name, value in target.headers.items() if is_secret_name(name)]
    return redact(hide_known(said, sent)).text


def say_where(target: ApiTarget) -> str:
    """Return the API's name and address."""
    return f"{target.name} at {target.url}"


def cut_query(call: str) -> str:
    """Keep query parameters out of messages: they may carry a token."""
    return call.partition("?")[0]


def find_reason(body: bytes) -> str:
    """Return what an error's body says, from the keys that APIs use for it; else the start of the text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        text = body[:300].decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text  # A page is for a browser.
    return _find_text(value, _MOST_NESTED)


def _find_text(value: Any, levels: int) -> str:
    """Return the text of a reason; whatever is nested below these levels tells nothing."""
    if isinstance(value, str):
        return value
    if levels == 0:
        return ""
    if isinstance(value, Sequence):
        return "; ".join(text for item in value if (text := _find_text(item, levels - 1)))
    if isinstance(value, Mapping):
        found = (_find_text(value[key], levels - 1) for key in _REASON_KEYS if key in value)
        said = next((text for text in found if text), "")
        # "Validation Failed" is what GitHub says of everything; its list says of what.
        more = _find_details(value.get("errors")) if value.get("message") else ""
        return f"{said.rstrip('.')}: {more}" if more and more != said else said
    return ""


def _find_details(errors: Any) -> str:
    """Return what a list of errors says, each by its text, else by its field and code; no list within it is read."""
    if not isinstance(errors, list):
        return ""
    rows = (one if isinstance(one, Mapping) else {"message": one} for one in errors)
    return "; ".join(text for text in map(_find_detail, rows) if text)


def _find_detail(row: Mapping[str, Any]) -> str:
    said = (row[key] for key in _REASON_KEYS if isinstance(row.get(key), str))
    return next(filter(None, said), "") or " ".join(str(row[key]) for key in ("field", "code") if row.get(key))
