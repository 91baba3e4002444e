"""What the page of the service graph asks of the house."""

from __future__ import annotations

from typing import Protocol

from fermata.rules.servicegraph.merging import MergedGraph


class Graphs(Protocol):
    """The service graph of the configured systems."""

    async def read(self) -> MergedGraph | None:
        """Return it, at most a minute old; `None` when no configured system knows a graph."""
        ...
