"""From whatever a provider's adapter raises to what the rules read. Any exception but a cancelled wait is a failure.

The classes are looked at by name: this module is imported without pydantic-ai, and a class that is renamed there falls
back on its HTTP status.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from fermata.domain.model import AttemptOutcome
from fermata.kit.redaction import hide_known, redact
from fermata.kit.units import format_duration
from fermata.rules.routing import Failure

_LONGEST = 600
_LONGEST_PAGE = 4000
_LONGEST_TITLE = 80
_DAY_S = 86_400
_TAG = re.compile(r"(?is)<(script|style)\b.*?(?:</\1>|$)|<[^>]*>")
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
    "SSLError": AttemptOutcome.UNREACHABLE,
    "OSError": AttemptOutcome.UNREACHABLE,
}
# OpenAI, "Error codes", and Anthropic, "Errors": what gateways hand on in a body of their own.
_BY_CODE = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "insufficient_quota": 402,
    "billing_error": 402,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}
_WRONG_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "CERTIFICATE_VERIFY_FAILED",
)
"""What OpenSSL calls a server that speaks no TLS, or another one, and a certificate that is not accepted."""
# OpenAI: "Please try again in 7m12s"; Gemini, whose endpoint of OpenAI's format sends none: "Please retry in 34.07s".
_ASKED_WAIT = re.compile(r"(?i)\b(?:try again|retry) (?:in|after) ((?:\d{1,9}(?:\.\d{1,9})?(?:ms|[smh])){1,4})")
_AMOUNT = re.compile(r"(?i)([\d.]+)(ms|[smh])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# Nothing left this machine: the name is not known, the connection was refused.
_NOT_SENT = ("pool", "connect")
_NOT_SENT_CLASSES = ("ConnectError", "ConnectTimeout", "EndpointConnectionError", "ConnectTimeoutError", "UserError",
                     "SSLCertVerificationError", "NoCredentialsError", "PartialCredentialsError")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says that came with a status of success and is no answer."""

    text: str
    status: int = 200
    """The status that it names in its JSON, as gateways do once they have answered with their own; else that."""
    is_page: bool = False
    """It is written for browsers."""

    def to_failure(self) -> Failure:
        """Return it as a failed call: no model had a part in it, and nobody bills it."""
        said = AttemptOutcome.UNREACHABLE if self.is_page else AttemptOutcome.OVERLOADED
        # As with a redirect, somebody has to say where the API is.
        return Failure(said, status=self.status, message=self.text, is_page=self.is_page, is_lasting=self.is_page)


def read_said(kind: str, body: str) -> Said | None:
    """Return what a body says instead of an answer: an error in JSON, or a page; `None` where it is neither.

    Args:
        kind: Its content type.
    """
    if "html" in kind.lower():
        page = _read_page(body)
        text = f"it answers with a page instead ({page!r}): a login, or another address than its API's"
        return Said(text, is_page=True)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = told.get("error") if isinstance(told, dict) else None
    if not error or told.get("choices"):
        return None
    words = redact(_find_sentence(told)).text[:_LONGEST] or "an error without words"
    status = _find_named_status(error) if isinstance(error, dict) else None
    return Said(f"{status}: {words}", status) if status else Said(f"it answers with an error: {words}")


def _find_named_status(error: Mapping[str, Any]) -> int | None:
    """Return the status an error in JSON names: as its code, a number or its digits, or by the provider's own word."""
    code = str(error.get("code"))
    if code.isdecimal() and len(code) == 3 and code >= "400" and code < "600":
        return int(code)
    return next((_BY_CODE[word] for word in (code, str(error.get("type"))) if word in _BY_CODE), None)


def describe_failure(error: BaseException, key: str = "") -> Failure:
    """Return what is known of a failed call. Its words are redacted and cut: a provider may repeat the prompt.

    Args:
        key: What the call was sent with, hidden before a cut could leave a half of it.
    """
    names = [cls.__name__ for cls in type(error).__mro__]
    cause = [cls.__name__ for link in _list_causes(error) for cls in type(link).__mro__]
    said = next((_BY_CLASS[name] for name in names if name in _BY_CLASS), AttemptOutcome.BAD_ANSWER)
    status = _find_status(error)
    code, kind = getattr(error, "provider_error_code", None), getattr(error, "provider_error_type", None)
    is_unsent = getattr(error, "phase", None) in _NOT_SENT or any(name in _NOT_SENT_CLASSES for name in names + cause)
    retry_after_s = getattr(error, "retry_after", None) or _read_wait(_find_sentence(getattr(error, "body", None)))
    wait = f" (it asks to wait {_tell_wait(retry_after_s)})" if retry_after_s else ""
    return Failure(
        said=said,
        status=status,
        code=" ".join(str(part) for part in (code, kind) if part),
        message=redact(hide_known(_read_message(error), [key])).text[:_LONGEST] + wait,
        retry_after_s=retry_after_s,
        is_page=_is_page(getattr(error, "body", None)),
        is_lasting=_is_lasting(error),
        was_sent=not is_unsent,
    )


def _read_wait(sentence: str) -> float | None:
    """Return the seconds a provider asks to wait where only its words say so; `None` where they do not."""
    asked = _ASKED_WAIT.search(sentence)
    if asked is None:
        return None
    return sum(float(amount) * _SECONDS[unit.lower()] for amount, unit in _AMOUNT.findall(asked[1]))


def _tell_wait(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds)) if seconds <= _DAY_S else "more than a day"


def _is_lasting(error: BaseException) -> bool:
    """Answer whether only a person can mend it: TLS that cannot be spoken with it, or an API that is elsewhere."""
    if _read_redirect(error)[0] is not None:
        return True
    links = (error, *_list_causes(error))
    return any(
        isinstance(link, ssl.SSLCertVerificationError) or getattr(link, "reason", None) in _WRONG_TLS for link in links
    )


def _list_causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    link = error.__cause__ or error.__context__
    while link is not None and link not in found:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


def _find_status(error: BaseException) -> int | None:
    """Return the HTTP status of a failed call. Of a redirect only the response knows it: adapters look from 400 on."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status
    return _read_redirect(error)[0]


def _read_redirect(error: BaseException) -> tuple[int | None, str]:
    """Return the status of a redirect and the server it leads to; no more of its address, which may hold a secret."""
    for link in (error, *_list_causes(error)):
        response = getattr(link, "response", None)
        status = getattr(response, "status_code", None)
        if isinstance(status, int) and 300 <= status < 400:
            return status, _name_server(str(getattr(response, "headers", {}).get("location", "")))
    return None, ""


def _name_server(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:  # Brackets that hold no address, for one.
        return "what is no address"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "another path"


def _read_message(error: BaseException) -> str:
    """Return the provider's own sentence, if its body holds one in any of the usual places."""
    status, led_to = _find_status(error), _read_redirect(error)[1]
    if led_to:
        return f"{status}: it redirects to {led_to}, which is not followed: set base_url to where its API is"
    body = getattr(error, "body", None)
    text = _find_sentence(body) or _explain_connection(error) or str(error) or type(error).__name__
    return f"{status}: {text}" if status else text


def _is_page(body: object) -> bool:
    return isinstance(body, str) and body.lstrip()[:1] == "<"


def _read_page(body: str) -> str:
    """Return the first words of a page."""
    return " ".join(_TAG.sub(" ", body[:_LONGEST_PAGE]).split())[:_LONGEST_TITLE]


def _explain_connection(error: BaseException) -> str:
    """Return why there is no connection: SDKs say the same of a name, a certificate and a closed port."""
    if getattr(error, "status_code", None) is not None:
        return ""
    for link in reversed((error, *_list_causes(error))):
        if isinstance(link, socket.gaierror):
            return f"its name does not resolve ({link.strerror})"
        if isinstance(link, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not accepted ({link.verify_message}): SSL_CERT_FILE may name the authority that "
                "signed it"
            )
        if isinstance(link, ssl.SSLError):
            return f"it does not speak TLS as we do ({link.strerror or link}): is its address http, not https?"
        if isinstance(link, ConnectionRefusedError):
            return f"nothing listens there, or at the proxy that the environment names ({link})"
        if isinstance(link, ConnectionResetError):
            return "it reset the connection: where it does so at once, it may speak https only"
        if type(link).__name__ == "RemoteProtocolError":
            return f"it closed the connection before its answer was whole ({link})"
    return ""


def _find_sentence(body: Any) -> str:
    if isinstance(body, list) and body:
        return _find_sentence(body[0])  # Gemini puts a list around its error.
    if isinstance(body, str):
        try:
            return _find_sentence(json.loads(body)) or body
        except ValueError:
            # A proxy's page: its words are enough.
            return _read_page(body) if _is_page(body) else body
    if not isinstance(body, dict):
        return ""
    for name in ("message", "Message", "error", "Error", "detail"):
        value = body.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict) and (found := _find_sentence(value)):
            return found
    return ""
