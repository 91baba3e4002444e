"""What a running system can tell of the service graph: samples that name both ends of a call, or what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class GraphSample:
    """One row of an answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class GraphReading:
    """What one system told. Everything may be empty."""

    samples: Mapping[str, Sequence[GraphSample]] = field(default_factory=dict)
    """Name of the question -> its rows."""
    objects: Sequence[Mapping[str, Any]] = ()
    """Objects of Kubernetes as the API has them, with kind and API version; never Secrets."""
    containers: Sequence[Mapping[str, Any]] = ()
    """Containers as the Docker Engine API inspects them; none of them set aside."""
    images: Sequence[Mapping[str, Any]] = ()
    """The images of these containers, alike."""
    calls: Sequence[tuple[str, str]] = ()
    """Caller and callee of calls that somebody wrote down for it."""
    gaps: Sequence[str] = ()
    """In words, what could not be read and why."""


class GraphReader(Protocol):
    """Reads and never writes."""

    async def read_graph(self, queries: Mapping[str, str]) -> GraphReading:
        """Tell what is known now.

        Args:
            queries: Name of the question -> instant query in PromQL, for systems that answer such.

        Raises:
            OperationalError: Nothing at all can be read. What fails in part is a gap.
        """
