"""The API server's answers that are not what was asked for, in words for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

_LONGEST = 500
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Refused(OperationalError):
    """The API server, or a webhook behind it, said no."""

    def __init__(self, what: str, *, code: int, message: str, do: str = "") -> None:
        super().__init__(what, why=message, do=do, code=code)
        self.code = code
        """The HTTP status."""
        self.message = message
        """Its own words, redacted and cut."""


class NotThere(Refused):
    """The object, or its kind, does not exist."""


class Busy(Refused, TransientError):
    """It cannot do it now; nobody knows whether it did a part."""


def describe_refusal(where: str, call: str, code: int, body: bytes) -> Refused:
    """Return the error for an answer whose status is not below 300."""
    message = redact(_read_message(body)).text[:_LONGEST] or "It gave no reason"
    what = f"Kubernetes at {where} refused to {call} (HTTP {code})"
    if code == httpx2.codes.NOT_FOUND:
        return NotThere(what, code=code, message=message, do="Look whether Chaos Mesh is installed: kubectl get crd")
    if code in _PASSING:
        return Busy(what, code=code, message=message, do="It may pass")
    if code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return Refused(what, code=code, message=message, do="Grant it: docs/systems/chaosmesh.md lists what is needed")
    return Refused(what, code=code, message=message, do="Ask the same by hand with kubectl")


def describe_failure(where: str, call: str, error: Exception) -> TransientError:
    """Return the error for a call that brought no answer."""
    why = redact(str(error) or type(error).__name__).text[:_LONGEST]
    do = "Check that it runs and can be reached from here: kubectl version"
    return TransientError(f"Kubernetes at {where} did not answer: {call}", why=why, do=do)


def read_object(where: str, call: str, body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        OperationalError: It is none.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise OperationalError(f"Kubernetes at {where} gave no JSON", why=call, do="Check its address") from error
    if not isinstance(value, dict):
        raise OperationalError(f"Kubernetes at {where} gave no object", why=call, do="Check its address")
    return value


def _read_message(body: bytes) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return ""  # A page is for a browser.
    return str(value.get("message") or "") if isinstance(value, Mapping) else ""
