"""Ask the configured systems what they know of the service graph, all at once and read-only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from fermata.flows.boundary import contain
from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import UserError
from fermata.ports.graph import GraphReader, GraphReading
from fermata.ports.system import System
from fermata.rules.servicegraph.containers import read_containers
from fermata.rules.servicegraph.manifests import read_manifests
from fermata.rules.servicegraph.merging import MergedGraph, merge
from fermata.rules.servicegraph.metrics import WINDOW, Sample, build_queries, read_metrics
from fermata.rules.servicegraph.partial import Basis, PartialGraph

DEADLINE = timedelta(seconds=20)
"""For each system. Nobody waits for an incident here, and a large cluster's lists take seconds."""

PATIENCE = timedelta(seconds=2)
"""After which whoever waits is told for whom."""

_FRESH_FOR = timedelta(minutes=1)
"""A page that is reloaded must not become load on a cluster."""


class LiveGraph:
    """The graph of the configured systems for those who look again and again: asked for once a minute at most."""

    def __init__(self, systems: Mapping[str, System], clock: Clock) -> None:
        self._systems = {name: system for name, system in systems.items() if system.find_graph_reader() is not None}
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: MergedGraph | None = None
        self._known_at: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Return whether a configured system knows a graph."""
        return bool(self._systems)

    async def read(self) -> MergedGraph | None:
        """Return it, at most a minute old; `None` when no configured system knows a graph."""
        if not self._systems:
            return None
        async with self._asking:
            now = self._clock.now()
            if self._known_at is None or not is_within(_FRESH_FOR, self._known_at, now):
                parts = await ask_systems(self._systems)
                # Beside the loop: a large cluster's graph is seconds of work.
                self._known, self._known_at = await asyncio.to_thread(merge, parts), now
            return self._known

    def forget(self) -> None:
        """Let go of it where it is older than that: of a large cluster it is ten megabytes."""
        if self._known_at is not None and not is_within(_FRESH_FOR, self._known_at, self._clock.now()):
            self._known = self._known_at = None


async def ask_systems(
    systems: Mapping[str, System],
    *,
    window: str = WINDOW,
    deadline: timedelta = DEADLINE,
    patience: timedelta = PATIENCE,
    on_wait: Callable[[Sequence[str]], None] = lambda _names: None,
) -> list[PartialGraph]:
    """Return what each system tells, metrics before objects; one that fails or is late is a problem in words.

    Args:
        systems: All that are configured, by name; those that know nothing of graphs are passed over.
        window: What rates are taken over, as PromQL writes it.
        deadline: For each of them.
        patience: How long nothing is said.
        on_wait: Told once, after that, who has not answered yet.

    Raises:
        UserError: None of them knows anything of graphs.
    """
    readers = {name: reader for name, system in systems.items() if (reader := system.find_graph_reader()) is not None}
    if not readers:
        raise UserError(
            "No configured system knows a service graph",
            why=f"`systems:` names {', '.join(sorted(systems)) or 'none'}",
            do="Add prometheus, kubernetes or docker to fermata.yaml, or give files: see docs/service-graph.md",
        )
    async with asyncio.TaskGroup() as group:
        asked = {
            name: group.create_task(_ask(name, reader, window, deadline), name=name) for name, reader in readers.items()
        }
        _, waiting = await asyncio.wait(asked.values(), timeout=patience.total_seconds())
        if waiting:
            on_wait([name for name, task in asked.items() if task in waiting])
    parts = [part for task in asked.values() for part in task.result()]
    return sorted(parts, key=lambda part: part.basis is not Basis.MEASURED)


async def _ask(name: str, reader: GraphReader, window: str, deadline: timedelta) -> list[PartialGraph]:
    async def ask() -> GraphReading:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                return await reader.read_graph(build_queries(window))
        except TimeoutError:
            return GraphReading(gaps=(f"it did not answer within {deadline.total_seconds():g} s",))

    contained = await contain(f"graph of {name}", ask)
    reading = contained.value or GraphReading(gaps=(contained.failure,))
    return await asyncio.to_thread(read_reading, reading, name)


def read_reading(reading: GraphReading, name: str) -> list[PartialGraph]:
    """Return what one system told as partial graphs: of its metrics, of what it runs, or of its gaps alone.

    Args:
        reading: As its reader gave it.
        name: What it is called in the settings.
    """
    parts: list[PartialGraph] = []
    if reading.samples:
        answers = {
            question: [Sample(row.labels, row.value) for row in rows] for question, rows in reading.samples.items()
        }
        parts.append(read_metrics(answers, source=name))
    if reading.objects:
        parts.append(read_manifests(((item, name) for item in reading.objects), source=name, basis=Basis.LIVE))
    if reading.containers:
        parts.append(read_containers(reading.containers, reading.images, source=name))
    if not parts:
        parts.append(PartialGraph(name, Basis.LIVE))
    parts[0].problems += reading.gaps
    return parts
