"""The step runner's boundary: one place where anything may be caught, because what was being run is a plug.

A plug's expected failures are `FermataError`s; everything else is a bug in it, is logged with its trace, and must not
take the incident down with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fermata.kit.errors import FermataError
from fermata.kit.log import get_log

T = TypeVar("T")
_log = get_log("boundary")


@dataclass(frozen=True, slots=True)
class Contained(Generic[T]):
    """What a plug brought, or in words why not."""

    value: T | None
    failure: str = ""
    """Empty on success; else the reason, for a card."""
    do: str = ""
    """What a person can do about the failure, as the plug said it; often empty."""
    error: FermataError | None = None
    """The failure itself, when it was an expected one."""

    @property
    def failed(self) -> bool:
        """Answer whether there is no value."""
        return bool(self.failure)

    @property
    def advice(self) -> str:
        """Return the failure with what to do about it, for somebody who can: `...: permission denied. GRANT ...`."""
        return f"{self.failure.rstrip('.')}. {self.do}" if self.do else self.failure


async def contain(what: str, work: Callable[[], Awaitable[T]]) -> Contained[T]:
    """Run a plug's work; return its value, or its failure in words. Cancellation passes through.

    Args:
        what: The plug's name, for the log.
    """
    try:
        return Contained(await work())
    except FermataError as error:
        return Contained(None, f"{error.what}: {error.why}" if error.why else error.what, error.do, error)
    except Exception as error:  # noqa: BLE001 - boundary: step runner
        _log.error("plug.crashed", plug=what, error=type(error).__name__, exc_info=True)
        return Contained(None, f"it crashed ({type(error).__name__}); the trace is in Fermata's log")
