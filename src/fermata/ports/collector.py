"""Evidence from one outside system, read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fermata.domain.evidence import Evidence
from fermata.domain.scope import Scope


class Collector(Protocol):
    """Collects one kind of evidence for a scope.

    Contract: never writes to the outside system; cancellation-safe (a deadline cancels it); drops secrets before it
    returns; states in `Evidence.cut` what it left out; returns an empty sequence when the system knows nothing of
    the scope's entities. One whose reads are several and slow hands over each as it comes (`ports/handing.py`).
    """

    @property
    def name(self) -> str:
        """Return `<system>.<what>`: how gaps and the journal name it."""
        ...

    def wants(self, scope: Scope) -> bool:
        """Answer, without I/O, whether asking makes sense for this scope."""
        ...

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return what the system says about the scope's entities.

        Raises:
            OperationalError: The system cannot be asked; becomes a stated gap.
        """
        ...
