"""The API server's answers that are not what was asked for: each in words for people, with the permission it lacks.

Source: `meta/v1.Status` of the Kubernetes API, and answers recorded from a real API server (1.36).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from fermata.integrations.kubernetes.calls import Call
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

_LONGEST_REASON = 300
# Admission (webhooks, policies, quotas, limit ranges, pod security) answers 403 as a missing permission does; only the
# sentence tells them apart: of a permission it goes on with `User "..." cannot ...`.
_ADMISSION = re.compile(r"denied (?:the )?request|is forbidden: (?!User )")
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Cause:
    """One detail of a refusal: a field that is invalid, or in conflict."""

    reason: str
    """`FieldManagerConflict`, `FieldValueInvalid`."""
    field: str
    """Path of the field, as the server writes it: `.spec.replicas`."""
    message: str


class Refusal(OperationalError):
    """The API server answered, and not with what was asked for."""

    def __init__(self, what: str, *, code: int, status: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(what, code=code, **rest)
        status = status or {}
        self.code = code
        """The HTTP status: 401, 403, 404, 409, 410, 415, 422, 429, 5xx."""
        self.reason = str(status.get("reason") or "")
        """The server's word for it: `NotFound`, `Conflict`, `Invalid`, `Expired`; empty when it gave none."""
        self.message = redact(str(status.get("message") or "")).text[:2000]
        """The server's sentence, redacted."""
        self.causes = tuple(_read_causes(status))
        """Its details, in its order; empty when it gave none."""


class NotThere(Refusal):
    """What was asked for does not exist (any more)."""


class PassingRefusal(Refusal, TransientError):
    """The API server cannot do it now: asked too often, or broken."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that arrived whole."""

    code: int
    headers: Mapping[str, str]
    body: bytes


def describe_refusal(where: str, call: Call, reply: Reply, wait: timedelta | None) -> Refusal:
    """Return the error for an answer whose HTTP status is not below 300.

    Args:
        where: The API server's address.
        wait: What `Retry-After` asks for.
    """
    status = _read_status(reply.body)
    said = redact(str(status.get("message") or "")).text[:_LONGEST_REASON] or "It gave no reason"
    what = f"Kubernetes at {where} refused to {call.describe()} (HTTP {reply.code})"
    facts: dict[str, Any] = {"code": reply.code, "status": status, "why": said}
    match reply.code:
        case 401:
            return Refusal(what, do="Renew the credential: it is not known, or has expired", **facts)
        case 403:
            return Refusal(what, do=_say_grant(call, status), **facts)
        case 404:
            return NotThere(what, do=_say_gone(call), **facts)
        case 410:
            return PassingRefusal(what, do="The list changed too much while it was read; ask again", **facts)
        case 409:
            return Refusal(what, do="Somebody changed it meanwhile, or owns the field; look at it again", **facts)
        case code if code in _PASSING:
            return PassingRefusal(what, do="It may pass", retry_after=wait, **facts)
        case code if code < 400:
            facts["why"] = "It redirects, which is not followed"
            return Refusal(what, do="Check the server's address: a login page in front of it does this", **facts)
        case _:
            return Refusal(what, do="Ask the same by hand with kubectl", **facts)


def describe_failure(where: str, call: Call, error: httpx2.HTTPError) -> OperationalError:
    """Return the error for a call that brought no answer; an untrusted certificate is not transient."""
    said = redact(str(error) or type(error).__name__).text[:_LONGEST_REASON]
    if "CERTIFICATE" in said.upper():
        do = (
            "If the server is the right one, name its authority: certificate-authority of the cluster in the kubeconfig"
        )
        return OperationalError(f"Kubernetes at {where} is not trusted", why=said, do=do)
    if isinstance(error, httpx2.RemoteProtocolError):
        what = f"Kubernetes at {where} broke off its answer to: {call.describe()}"
        return TransientError(what, why=said, do="It may pass; a proxy in between does this too")
    do = "Check that it runs and can be reached from here: kubectl version"
    return TransientError(f"Kubernetes at {where} cannot be reached", why=said, do=do)


def describe_shape(where: str, call: Call, why: str) -> OperationalError:
    """Return the error for an answer that cannot be read.

    Args:
        why: What is wrong with it, without its content.
    """
    do = "Check that the address is the API server's, not that of a page in front of it"
    what = f"Kubernetes at {where} gave an answer that is not its API's"
    return OperationalError(what, why=f"{call.describe()}: {why}", do=do)


def _say_grant(call: Call, status: Mapping[str, Any]) -> str:
    if _ADMISSION.search(str(status.get("message") or "")):
        return "An admission rule of the cluster refuses it, no missing permission: keep to what it says, or change it"
    if not call.resource:
        return "Ask whoever runs the cluster"
    where = f"a Role of namespace {call.namespace}" if call.namespace else "a ClusterRole"
    return f"Grant it by {where}: {call.describe_rule()}"


def _say_gone(call: Call) -> str:
    if call.name:
        return "It may have been removed meanwhile"
    return "This cluster does not serve that kind"


def _read_status(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        text = body[:_LONGEST_REASON].decode("utf-8", "replace").strip()
        return {} if text.startswith("<") else {"message": text}  # A page is for a browser.
    return value if isinstance(value, dict) else {}


def _read_causes(status: Mapping[str, Any]) -> list[Cause]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [
        Cause(str(each.get("reason") or ""), str(each.get("field") or ""), redact(str(each.get("message") or "")).text)
        for each in (causes if isinstance(causes, list) else [])
        if isinstance(each, dict)
    ]
