"""What is drawn of a system: who calls whom, in which way and how often, before anything is said of faults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fermata.domain.service_graph import Call, OnError, Service, ServiceGraph, ServiceKind
from fermata.rules.weakness.structure import build_adjacency

_OWNERS = 0.1
"""Share of the services with a store below which the stores are taken to be left out."""
_REGISTRY = re.compile("consul|discovery|etcd|eureka|nacos|registry|zookeeper")
"""What registries are called, most after what runs in them."""
_ASKED_BY, _LEAST_ASKED = 0.5, 4
"""Share of the services, and how many of them, that ask a registry."""
_AMENITY = 3
"""Services that ask one of others' systems from which it is no place where one of them has something done."""
REPEATED = 3.0
"""Calls for each request from which a callee's slowness is said to be multiplied."""
_HALF = 0.5
"""Of the busiest service's requests: what one is taken to have that nobody measured."""
_ROUTED = 1.3
"""Calls for each request up to which a gateway is taken to pass it on to one callee."""


@dataclass(frozen=True)
class Drawing:
    """A graph with what is read off it more than once."""

    graph: ServiceGraph

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """Return the services of the system by name: without those that only make load."""
        return {item.name: item for item in self.graph.services if item.kind is not ServiceKind.LOADGEN}

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Return the calls inside the system; a call of a node to itself is kept."""
        return tuple(call for call in self.graph.calls if call.caller in self.services and call.callee in self.services)

    @cached_property
    def sync_calls(self) -> tuple[Call, ...]:
        """Return the calls whose caller waits, to others than itself."""
        return tuple(call for call in self.calls if not call.is_async and call.caller != call.callee)

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Call, ...]]:
        """Return caller -> its calls that it waits for."""
        return _group(self.sync_calls, by_callee=False)

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Call, ...]]:
        """Return callee -> the calls that wait for it."""
        return _group(self.sync_calls, by_callee=True)

    @cached_property
    def background_calls(self) -> Mapping[str, tuple[Call, ...]]:
        """Return callee -> the calls that do not wait for it."""
        return _group(tuple(call for call in self.calls if call.is_async), by_callee=True)

    @cached_property
    def directories(self) -> frozenset[str]:
        """Return what nearly everybody asks beside the work: registries and stores of settings.

        Where errors are known to be ignored a service is only told things, as collectors of traces are, unless its name
        says that it is one.
        """
        working = [s for s in self.services.values() if not s.keeps_state and s.kind is not ServiceKind.EXTERNAL]
        least = max(_ASKED_BY * len(working), _LEAST_ASKED)
        asking = {
            name: {call.caller for call in calls if call.on_error is not OnError.IGNORE or _REGISTRY.search(name)}
            for name, calls in self.background_calls.items()
            if not self.services[name].keeps_state
        }
        return frozenset(name for name, callers in asking.items() if len(callers) >= least)

    @cached_property
    def amenities(self) -> frozenset[str]:
        """Return others' systems that several services ask, as they do flags and settings: nothing is done there."""
        callers = build_adjacency((call.callee, call.caller) for call in self.calls)
        others = (name for name, service in self.services.items() if service.kind is ServiceKind.EXTERNAL)
        return frozenset(name for name in others if len(callers.get(name, ())) >= _AMENITY)

    @cached_property
    def senders(self) -> Mapping[str, tuple[str, ...]]:
        """Return service -> those that send it work and do not wait."""
        return {
            name: tuple(dict.fromkeys(call.caller for call in calls)) for name, calls in self.background_calls.items()
        }

    @cached_property
    def adjacency(self) -> dict[str, list[str]]:
        """Return who waits for whom."""
        return build_adjacency((call.caller, call.callee) for call in self.sync_calls)

    @cached_property
    def everything(self) -> dict[str, list[str]]:
        """Return who calls whom, waiting or not."""
        return build_adjacency((call.caller, call.callee) for call in self.calls)

    @cached_property
    def seen(self) -> frozenset[str]:
        """Return the calls that were measured and carry requests, by target, and the services those lead to."""
        found = [call for call in self.calls if call.rate_rps]
        return frozenset(name for call in found for name in (call.target, call.callee))

    @cached_property
    def is_sparse(self) -> bool:
        """Return whether hardly any service is drawn with a store, as where traces end at the last service."""
        stores = {ServiceKind.DB, ServiceKind.CACHE}
        owners = {call.caller for call in self.calls if self.services[call.callee].kind in stores}
        return len(owners) < _OWNERS * sum(not item.keeps_state for item in self.services.values())

    @cached_property
    def inflow(self) -> Mapping[str, tuple[float, float]]:
        """Return service -> requests a second that somebody waits for, and their mean latency in ms, as measured.

        Those without either are absent. Load generators count: they stand for users.
        """
        found: dict[str, tuple[float, float]] = {}
        for call in self.graph.calls:
            if call.is_async or not call.rate_rps or call.latency_ms is None or call.callee not in self.services:
                continue
            rate, busy = found.get(call.callee, (0.0, 0.0))
            found[call.callee] = rate + call.rate_rps, busy + call.rate_rps * call.latency_ms
        return {name: (rate, busy / rate) for name, (rate, busy) in found.items()}

    def find_share(self, service: str) -> float:
        """Return the requests of a service as a share of the busiest one's that keeps no state; a half if unknown."""
        if service not in self.inflow:
            return _HALF
        return self.inflow[service][0] / max(self._most_asked, self.inflow[service][0])

    @cached_property
    def _most_asked(self) -> float:
        rates = (rate for name, (rate, _) in self.inflow.items() if not self.services[name].keeps_state)
        return max(rates, default=0.0)

    def count_asked(self, call: Call) -> float:
        """Return how often a call is made for each request of its caller; 0 where rates do not say."""
        return (call.rate_rps or 0.0) / self.inflow[call.caller][0] if call.caller in self.inflow else 0.0

    @cached_property
    def takes_from(self) -> Mapping[str, frozenset[str]]:
        """Return service -> queues it takes work from: those that lead to it, and a worker's that it leads to."""
        found: dict[str, frozenset[str]] = {}
        for call in self.calls:
            if call.is_async and self.services[call.caller].kind is ServiceKind.QUEUE:
                found[call.callee] = found.get(call.callee, frozenset()) | {call.caller}
            elif self.is_taking(call):
                found[call.caller] = found.get(call.caller, frozenset()) | {call.callee}
        return found

    def is_taking(self, call: Call) -> bool:
        """Tell whether a call to a queue asks it for work: a worker's, where no call says what the queue gives whom."""
        if not call.is_async or self.services[call.callee].kind is not ServiceKind.QUEUE:
            return False
        return self.services[call.caller].kind is ServiceKind.WORKER and call.callee not in self._giving

    @cached_property
    def _giving(self) -> frozenset[str]:
        """Return the queues whose calls point to who takes from them: what points to those sends."""
        kinds = {name: service.kind for name, service in self.services.items()}
        return frozenset(call.caller for call in self.calls if kinds[call.caller] is ServiceKind.QUEUE)

    @cached_property
    def effects(self) -> Mapping[str, frozenset[str]]:
        """Return service -> queues and others' systems it calls: what is done there no rollback takes back."""
        found: dict[str, frozenset[str]] = {}
        for call in self.calls:
            if self.services[call.callee].kind in {ServiceKind.EXTERNAL, ServiceKind.QUEUE} and not call.is_idle:
                found[call.caller] = found.get(call.caller, frozenset()) | {call.callee}
        return found

    @cached_property
    def routers(self) -> frozenset[str]:
        """Return the gateways that hand each request to one callee, by their rates: those fan nothing out."""
        return frozenset(
            name
            for name, calls in self.outgoing.items()
            if self.services[name].kind is ServiceKind.GATEWAY
            and name in self.inflow
            and len(calls) > 1
            and all(call.rate_rps is not None for call in calls)
            and sum(call.rate_rps or 0.0 for call in calls) <= _ROUTED * self.inflow[name][0]
        )

    def find_budget_ms(self, service: str) -> float | None:
        """Return the shortest time that one of the service's callers waits for it; `None` when nobody says."""
        return min((call.timeout_ms for call in self.incoming.get(service, ()) if call.timeout_ms), default=None)


def _group(calls: tuple[Call, ...], *, by_callee: bool) -> dict[str, tuple[Call, ...]]:
    found: dict[str, list[Call]] = {}
    for call in calls:
        found.setdefault(call.callee if by_callee else call.caller, []).append(call)
    return {name: tuple(items) for name, items in found.items()}
