"""The service graph that an incident finds known: a serving house asks for it now and then, an incident never waits.

It is of before: what runs and calls while all is well. It goes into an incident as evidence with the time that it is
of, into everything that a bundle's `graph.json` goes into, and with the incident's evidence into its export.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gathering
from fermata.domain.facts import CallEdge, GraphFacts
from fermata.domain.scope import Scope
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.graph_systems import TOPOLOGY, LiveGraph
from fermata.flows.hiding import hide_evidence, hide_text
from fermata.kit.clock import Clock, format_instant, is_within
from fermata.kit.units import format_duration
from fermata.ports.store import Store, Transaction
from fermata.rules.servicegraph.recalling import Recalled, add_told, condense_graph, list_sharing, recall

COLLECTOR = "fermata.graph"
EVERY = timedelta(hours=1)
"""How old it may grow before it is asked for again. Lists of a whole cluster are no load once an hour."""
USABLE = timedelta(days=1)
"""An older one is not shown: releases change who calls whom."""
_SOONER = timedelta(minutes=5)
"""After a look at which a system did not answer."""
_FIRST_AFTER = timedelta(seconds=30)
"""A start has more urgent things to do."""
_NAME = "graph/known"
_NOTHING: Mapping[str, Any] = MappingProxyType({"services": [], "edges": [], "sources": [], "problems": []})


class GraphWatcher:
    """Keeps the graph of the configured systems known while a house serves. Implements `Watcher`."""

    def __init__(self, graphs: LiveGraph, store: Store, clock: Clock) -> None:
        self._graphs = graphs
        self._store = store
        self._clock = clock
        self._due_at = clock.now() + _FIRST_AFTER

    async def look(self) -> None:
        """Ask for the graph when it is due, and keep it. Of several workers the first one does it for all.

        What a system that does not answer, or tells of nothing now, told before stays for as long as it may be used.
        """
        now = self._clock.now()
        self._graphs.forget()
        if now < self._due_at <= now + EVERY:  # Past that it was set by a clock that has been set back since.
            return
        kept = await self._store.read(lambda transaction: transaction.flags.find(_NAME))
        if kept is not None and is_within(EVERY, datetime.fromisoformat(kept["at"]), now):
            self._due_at = datetime.fromisoformat(kept["at"]) + EVERY
            return
        self._due_at = now + _SOONER
        graph = await self._graphs.read()
        self._due_at = now + EVERY
        if graph is None:
            return
        fresh = {"at": now.isoformat(), **condense_graph(graph)}
        asked = {source for source, *_ in graph.sources}
        told = set(kept["sources"]) if kept is not None and _is_usable(kept, now) else set()
        lost = (told & asked).difference(fresh["sources"])
        if graph.nodes and not lost:
            await self._store.write(lambda transaction: transaction.flags.put(_NAME, fresh))
        elif any(problem.partition(": ")[0] in (lost or asked) for problem in graph.problems):
            self._due_at = now + _SOONER


async def add_sharing(context: FlowContext, scope: Scope) -> Scope:
    """Return a scope with who shares a queue, a database or a cache with it, as far as the graph is known."""
    kept = await read_known(context)
    if kept is None:
        return scope
    return scope.model_copy(update={"beside": list_sharing(kept, set(scope.list_names()))})


async def add_known_graph(context: FlowContext, scope: Scope, gathering: Gathering) -> Gathering:
    """Return a gathering with what is known of the service graph around its scope.

    The calls that the settings' topology tells are in it, also where nothing else is known. The same gathering where
    nothing is known at all, the graph is older than a day or does not know the scope's names, or
    where nobody answered: then that is what there is to say.
    """
    if not gathering.evidence:
        return gathering
    now = context.clock.now()
    kept = await read_known(context)
    if kept is None:
        return gathering
    found = recall(kept, set(scope.list_names()))
    if not found.services:
        return gathering
    item = hide_evidence(_describe(scope, kept, found, now), hide_text)
    return gathering.model_copy(update={"evidence": (*gathering.evidence, item)})


def list_known_calls(rows: Transaction, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return the calls of the kept graph that a caller waits for, under each name of both; none where it is too old."""
    kept = rows.flags.find(_NAME)
    if kept is None or not _is_usable(kept, now):
        return ()
    names = {node["name"]: (node["name"], *node["aliases"]) for node in kept["services"]}
    waited = [edge for edge in kept["edges"] if not edge["mode"]]
    pairs = ((names[edge["from"]], names[edge["to"]]) for edge in waited)
    return tuple((caller, callee) for callers, callees in pairs for caller in callers for callee in callees)


async def read_known(context: FlowContext) -> Mapping[str, Any] | None:
    """Return the kept graph, where it may be used, with the calls that the settings tell; `None` without either."""
    now = context.clock.now()
    read = await contain("known graph", lambda: context.store.read(lambda rows: rows.flags.find(_NAME)))
    kept = read.value if read.value is not None and _is_usable(read.value, now) else None
    told = context.topology.edges
    if not told:
        return kept
    return add_told(kept or {"at": now.isoformat(), **_NOTHING}, told, TOPOLOGY)


def _is_usable(kept: Mapping[str, Any], now: datetime) -> bool:
    return is_within(USABLE, datetime.fromisoformat(kept["at"]), now)


def _describe(scope: Scope, kept: Mapping[str, Any], found: Recalled, now: datetime) -> Evidence:
    at = datetime.fromisoformat(kept["at"])
    age = format_duration(max(timedelta(0), now - at))
    calls = [CallEdge(caller=call["from"], callee=call["to"], mode=call["mode"]) for call in found.calls]
    lines = [f"{call.caller} -> {call.callee} {call.mode}".rstrip() for call in calls]
    lines = lines or [f"{service['name']}: no call to it or by it is known" for service in found.services]
    cuts = [f"{found.left_out} calls elsewhere are left out"] if found.left_out else []
    cuts += [f"not read then: {problem}" for problem in kept["problems"][:3]]
    return Evidence(
        incident_id=scope.incident_id,
        kind=EvidenceKind.GRAPH,
        collector=COLLECTOR,
        entity=Entity(kind="graph", name="services"),
        title=f"service graph as of {format_instant(at)}, {age} before this look "
        f"({', '.join(kept['sources'])}): {len(found.services)} services, {len(calls)} calls",
        query="fermata chaos graph --live",
        observed_at=at,
        fresh_until=at + USABLE,
        lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1)),
        facts=GraphFacts(services=found.services, edges=tuple(calls)).to_json(),
        cut="; ".join(cuts),
    )
