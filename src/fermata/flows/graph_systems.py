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
from fermata.rules.servicegraph.told import read_told

DEADLINE = timedelta(seconds=20)
"""For each system. Nobody waits for an incident here, and a large cluster's lists take seconds."""

PATIENCE = timedelta(seconds=2)
"""After which whoever waits is told for whom."""

TOPOLOGY = "topology of the settings"

_FRESH_FOR = timedelta(minutes=1)
"""A page that is reloaded must not become load on a cluster."""


Calls = Sequence[tuple[str, str]]


class LiveGraph:
    """The graph of the configured systems for those who look again and again: asked for once a minute at most."""

    def __init__(self, systems: Mapping[str, System], clock: Clock, topology: Calls = ()) -> None:
        self._systems = {name: system for name, system in systems.items() if system.find_graph_reader() is not None}
        self._clock = clock
        self._topology = topology
        self._asking = asyncio.Lock()
        self._known: MergedGraph | None = None
        self._known_at: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Return whether a configured system knows a graph, or the settings tell of calls."""
        return bool(self._systems or self._topology)

    async def read(self) -> MergedGraph | None:
        """Return it, at most a minute old; `None` when no configured system knows a graph and no settings do."""
        if not self.is_there:
            return None
        async with self._asking:
            now = self._clock.now()
            if self._known_at is None or not is_within(_FRESH_FOR, self._known_at, now):
                parts = await ask_systems(self._systems, topology=self._topology)
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
    topology: Calls = (),
    window: str = WINDOW,
    deadline: timedelta = DEADLINE,
    patience: timedelta = PATIENCE,
    on_wait: Callable[[Sequence[str]], None] = lambda _names: None,
) -> list[PartialGraph]:
    """Return what each system tells, metrics before objects, and what the settings do.

    One that fails or is late is a problem in words.

    Args:
        systems: All that are configured, by name; those that know nothing of graphs are passed over.
        topology: Caller and callee of the calls that the settings tell.
        window: What rates are taken over, as PromQL writes it.
        deadline: For each of them.
        patience: How long nothing is said.
        on_wait: Told once, after that, who has not answered yet.

    Raises:
        UserError: None of them knows anything of graphs, nor do the settings.
    """
    readers = {name: reader for name, system in systems.items() if (reader := system.find_graph_reader()) is not None}
    told = [read_told(topology, TOPOLOGY)] if topology else []
    if not readers and told:
        return told
    if not readers:
        raise UserError(
            "No configured system knows a service graph",
            why=f"`systems:` names {', '.join(sorted(systems)) or 'none'}",
            do="Add prometheus, kubernetes, docker or `topology` to fermata.yaml, or give files: docs/service-graph.md",
        )
    async with asyncio.TaskGroup() as group:
        asked = {
            name: group.create_task(_ask(name, reader, window, deadline), name=name) for name, reader in readers.items()
        }
        _, waiting = await asyncio.wait(asked.values(), timeout=patience.total_seconds())
        if waiting:
            on_wait([name for name, task in asked.items() if task in waiting])
    parts = [part for task in asked.values() for part in task.result()]
    return sorted(parts + told, key=lambda part: part.basis is not Basis.MEASURED)


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
    if reading.calls:
        parts.append(read_told(reading.calls, source=name))
    if not parts:
        parts.append(PartialGraph(name, Basis.LIVE))
    parts[0].problems += reading.gaps
    return parts
