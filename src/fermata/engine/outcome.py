"""What a step leaves behind: JSON, the same on the first run and on every replay, be it a value or an error of ours.

Without this, a replayed step would raise another exception type than the one the leg saw first, and a leg that catches
`OperationalError` would take another way after a crash than before it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from fermata.kit.digest import canonical_json
from fermata.kit.errors import (
    FermataError,
    ForbiddenError,
    GuardRefused,
    InvariantBroken,
    NotFoundError,
    OperationalError,
    StoreAway,
    TooLargeError,
    TransientError,
    UnauthenticatedError,
    UserError,
)

_KINDS: Final[dict[str, type[FermataError]]] = {
    kind.__name__: kind
    for kind in (
        UserError,
        NotFoundError,
        ForbiddenError,
        UnauthenticatedError,
        TooLargeError,
        OperationalError,
        TransientError,
        GuardRefused,
        InvariantBroken,
    )
}
PATIENCE_S = 120.0
"""How long a step waits for the store: a restart takes seconds, a fail-over to another server a minute."""
_AGAIN_AFTER_S = 1.0


async def capture(name: str, work: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """Run a step's work and return its outcome as JSON types. Errors that are not ours pass through: they are bugs.

    That the store is away is no outcome of the work: nobody knows how far it came, as after a crash. So it is done
    again, until the store is back or patience ends.

    Raises:
        InvariantBroken: The work returned something that is not made of JSON types.
    """
    try:
        value = await _outlast(work)
    except FermataError as error:
        return {"error": _pack(error)}
    return {"value": to_json(value, f"step {name!r}")}


async def _outlast(work: Callable[[], Awaitable[Any]]) -> Any:
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await work()
        except StoreAway:
            if time.monotonic() > patience:
                raise
            await asyncio.sleep(_AGAIN_AFTER_S)


def release(outcome: Mapping[str, Any]) -> Any:
    """Return a captured value, or raise the captured error."""
    if "error" in outcome:
        raise _unpack(outcome["error"])
    return outcome["value"]


def to_json(value: Any, what: str) -> Any:
    """Return the value as it would come back from the store: tuples as lists, enums as text.

    Raises:
        InvariantBroken: It is not made of JSON types.
    """
    try:
        return json.loads(canonical_json(value))
    except (TypeError, ValueError) as error:
        raise InvariantBroken(
            f"The {what} cannot be recorded", why=f"It is not made of JSON types: {error}", do="Report this"
        ) from error


def _pack(error: FermataError) -> dict[str, Any]:
    # The nearest known family: a subclass made elsewhere comes back as what it means, not as what it is.
    kind = next(known for known in type(error).__mro__ if known.__name__ in _KINDS or known is FermataError)
    return {
        "kind": kind.__name__,
        "what": error.what,
        "why": error.why,
        "do": error.do,
        "facts": {name: value if isinstance(value, int | str) else str(value) for name, value in error.facts.items()},
        "rule": error.rule if isinstance(error, GuardRefused) else None,
        "retry_after_s": _seconds(error.retry_after) if isinstance(error, TransientError) else None,
    }


def _seconds(duration: timedelta | None) -> float | None:
    return duration.total_seconds() if duration is not None else None


def _unpack(packed: Mapping[str, Any]) -> FermataError:
    what, why, do, facts = packed["what"], packed["why"], packed["do"], packed["facts"]
    kind = _KINDS.get(packed["kind"], FermataError)
    if issubclass(kind, GuardRefused):
        return kind(packed["rule"], what, why=why, do=do, **facts)
    if issubclass(kind, TransientError):
        seconds = packed["retry_after_s"]
        retry_after = timedelta(seconds=seconds) if seconds is not None else None
        return kind(what, why=why, do=do, retry_after=retry_after, **facts)
    return kind(what, why=why, do=do, **facts)
