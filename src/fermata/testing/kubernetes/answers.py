"""Refusals in the words of a real API server. Pure.

The wordings are those of the recorded answers of kube-apiserver 1.36 that the tests compare with, and, for the few that
were not recorded, of `k8s.io/apimachinery/pkg/api/errors` of the same version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.testing.kubernetes.resources import Served


class Refusal(Exception):
    """An answer that is a `Status`.

    Args:
        details: As the answer's `details`; left out of it when empty.
    """

    def __init__(
        self, code: int, reason: str, message: str, *, details: Mapping[str, Any] | None = None, retry_after_s: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})
        self.retry_after_s = retry_after_s

    def to_status(self) -> dict[str, Any]:
        """Return the body, its keys in the server's order."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details:
            status["details"] = self.details
        return {**status, "code": self.code}


def describe(served: Served, name: str = "", *, kind: str = "") -> dict[str, Any]:
    """Return the `details` that name an object."""
    parts = {"name": name, "group": served.group, "kind": kind or served.plural}
    return {key: value for key, value in parts.items() if value}


def not_found(served: Served, name: str) -> Refusal:
    """Return the refusal for an object that is not there."""
    return Refusal(404, "NotFound", f'{served.qualified} "{name}" not found', details=describe(served, name))


def already_exists(served: Served, name: str) -> Refusal:
    """Return the refusal for a name that is taken."""
    message = f'{served.qualified} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, details=describe(served, name))


def conflict(served: Served, name: str, why: str = "") -> Refusal:
    """Return the refusal of an optimistic lock; without `why`, that of a stale resourceVersion."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {served.qualified} "{name}": {why}'
    return Refusal(409, "Conflict", message, details=describe(served, name))


def apply_conflict(message: str, causes: Sequence[tuple[str, str]]) -> Refusal:
    """Return the refusal of a server-side apply.

    Args:
        causes: Words and field of each.
    """
    listed = [{"reason": "FieldManagerConflict", "message": words, "field": field} for words, field in causes]
    return Refusal(409, "Conflict", message, details={"causes": listed})


def invalid(served: Served, name: str, faults: Sequence[tuple[str, str, str]]) -> Refusal:
    """Return the refusal of a value.

    Args:
        faults: Reason (`FieldValueInvalid`), words and field of each.
    """
    said = [f"{field}: {words}" for _, words, field in faults]
    shown = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    causes = [{"reason": reason, "message": words, "field": field} for reason, words, field in faults]
    details = {**describe(served, name, kind=served.kind), "causes": causes}
    return Refusal(422, "Invalid", f'{served.qualified_kind} "{name}" is invalid: {shown}', details=details)


def forbidden(served: Served, name: str, user: str, *, verb: str, subresource: str, namespace: str) -> Refusal:
    """Return the refusal of the authoriser."""
    what = served.qualified + (f' "{name}"' if name else "")
    resource = served.plural + (f"/{subresource}" if subresource else "")
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{what} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{served.group}" {where}'
    )
    return Refusal(403, "Forbidden", message, details=describe(served, name))


def unauthorized() -> Refusal:
    """Return the refusal of a credential."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> Refusal:
    """Return the refusal of a request that cannot be read."""
    return Refusal(400, "BadRequest", message)


def not_modelled(what: str) -> Refusal:
    """Return the emulator's own refusal: a real server would answer, and this one does not know what."""
    return Refusal(501, "NotImplemented", f"the emulator does not model {what}")


def no_such_path() -> Refusal:
    """Return the refusal of an address that is none."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", details={})
