"""What a system noted while Fermata served, for later: the outside system may have forgotten it by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Notes(Protocol):
    """Small values by name, of one system alone. Values go through JSON."""

    async def find(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept, or `None`."""
        ...

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a value in the place of the one before."""
        ...


class PassingNotes:
    """Notes that end with the process, for a system that was given no others."""

    def __init__(self) -> None:
        self._kept: dict[str, Mapping[str, Any]] = {}

    async def find(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept, or `None`."""
        return self._kept.get(name)

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a value in the place of the one before."""
        self._kept[name] = dict(value)


class Watcher(Protocol):
    """Looks at a system now and then while Fermata serves, and notes what is new. Read-only there."""

    async def look(self) -> None:
        """Note what is new since the last look.

        Raises:
            OperationalError: The system cannot be asked; the next look tries again.
        """
        ...
