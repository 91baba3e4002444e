"""From whatever a provider's adapter raises to what the rules read. Any exception but a cancelled wait is a failure.

The classes are looked at by name: this module is imported without pydantic-ai, and a class that is renamed there falls
back on its HTTP status.
"""

from __future__ import annotations

import json
from typing import Any

from fermata.domain.model import AttemptOutcome
from fermata.kit.redaction import hide_known, redact
from fermata.rules.routing import Failure

_LONGEST = 600
# pydantic-ai 2.68, exceptions.py; the first class of an error's family that is listed decides.
_BY_CLASS = {
    "ModelQuotaExceededError": AttemptOutcome.OUT_OF_CREDIT,
    "ModelRateLimitError": AttemptOutcome.RATE_LIMITED,
    "ModelContextWindowExceededError": AttemptOutcome.CONTEXT_TOO_LONG,
    "ModelAuthenticationError": AttemptOutcome.UNAUTHORISED,
    "ModelRequestTimeout": AttemptOutcome.TIMED_OUT,
    "ModelTimeoutError": AttemptOutcome.TIMED_OUT,
    "TimeoutError": AttemptOutcome.TIMED_OUT,
    "ModelUnavailableError": AttemptOutcome.OVERLOADED,
    "ModelServerError": AttemptOutcome.OVERLOADED,
    "ModelConnectionError": AttemptOutcome.UNREACHABLE,
    "ContentFilterError": AttemptOutcome.REFUSED,
    "ModelRequestRejectedError": AttemptOutcome.REFUSED,
    "UserError": AttemptOutcome.REFUSED,
    # botocore: no credentials on this machine, or half of them.
    "NoCredentialsError": AttemptOutcome.UNAUTHORISED,
    "PartialCredentialsError": AttemptOutcome.UNAUTHORISED,
    "EndpointConnectionError": AttemptOutcome.UNREACHABLE,
    "ConnectTimeoutError": AttemptOutcome.UNREACHABLE,
    "ReadTimeoutError": AttemptOutcome.TIMED_OUT,
    "TransportError": AttemptOutcome.UNREACHABLE,
    "OSError": AttemptOutcome.UNREACHABLE,
}
# Nothing left this machine: the name is not known, the connection was refused.
_NOT_SENT = ("pool", "connect")
_NOT_SENT_CLASSES = ("ConnectError", "ConnectTimeout", "EndpointConnectionError", "ConnectTimeoutError", "UserError",
                     "NoCredentialsError", "PartialCredentialsError")  # fmt: skip


def describe_failure(error: BaseException, key: str = "") -> Failure:
    """Return what is known of a failed call. Its words are redacted and cut: a provider may repeat the prompt.

    Args:
        key: What the call was sent with, hidden before a cut could leave a half of it.
    """
    names = [cls.__name__ for cls in type(error).__mro__]
    cause = [cls.__name__ for link in _list_causes(error) for cls in type(link).__mro__]
    said = next((_BY_CLASS[name] for name in names if name in _BY_CLASS), AttemptOutcome.BAD_ANSWER)
    status = getattr(error, "status_code", None)
    code, kind = getattr(error, "provider_error_code", None), getattr(error, "provider_error_type", None)
    is_unsent = getattr(error, "phase", None) in _NOT_SENT or any(name in _NOT_SENT_CLASSES for name in names + cause)
    return Failure(
        said=said,
        status=status if isinstance(status, int) else None,
        code=" ".join(str(part) for part in (code, kind) if part),
        message=redact(hide_known(_read_message(error), [key])).text[:_LONGEST],
        retry_after_s=getattr(error, "retry_after", None),
        was_sent=not is_unsent,
    )


def _list_causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    link = error.__cause__ or error.__context__
    while link is not None and link not in found:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


def _read_message(error: BaseException) -> str:
    """Return the provider's own sentence, if its body holds one in any of the usual places."""
    body = getattr(error, "body", None)
    text = _find_sentence(body) or str(error) or type(error).__name__
    status = getattr(error, "status_code", None)
    return f"{status}: {text}" if status else text


def _find_sentence(body: Any) -> str:
    if isinstance(body, str):
        try:
            return _find_sentence(json.loads(body)) or body
        except ValueError:
            return body
    if not isinstance(body, dict):
        return ""
    for name in ("message", "Message", "error", "Error", "detail"):
        value = body.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict) and (found := _find_sentence(value)):
            return found
    return ""
