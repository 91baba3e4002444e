"""Which calls of a stand-in go wrong, and for how long: the same for every chat's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(slots=True)
class _Trouble(Generic[F]):
    call: str
    fault: F
    times: int


class Troubles(Generic[F]):
    """Faults that wait for their calls, in the order in which they were announced."""

    def __init__(self) -> None:
        self._waiting: list[_Trouble[F]] = []

    def add(self, call: str, fault: F, times: int) -> None:
        """Let the next calls of a name go wrong; `*` is every name."""
        self._waiting.append(_Trouble(call, fault, times))

    def clear(self) -> None:
        """Let everything work again."""
        self._waiting.clear()

    def take(self, call: str) -> F | None:
        """Return what this call meets, and count it; `None` when it is to work."""
        for trouble in self._waiting:
            if trouble.call in (call, "*") and trouble.times > 0:
                trouble.times -= 1
                return trouble.fault
        return None
