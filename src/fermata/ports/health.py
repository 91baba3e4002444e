"""Probes for the steady state."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading


class HealthProbe(Protocol):
    """Reads whether an entity is in its normal state. Read-only."""

    def handles(self, entity: Entity) -> bool:
        """Answer, without I/O, whether this probe can read the entity."""
        ...

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading; healthy only if the state has held for `stable_for`.

        Raises:
            OperationalError: The system cannot be asked; the caller counts it as not healthy and says so.
        """
        ...
