"""How far a fault at one place is felt: hard or soft for each call and fault, and the journeys it comes back to.

A call can be soft for errors and hard for delay: an ignored error costs nothing, and an answer that is waited for
without a limit costs everything. So both are asked for each fault, and "nobody says" is an answer of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from fermata.domain.service_graph import Call, Journey, OnError, ServiceKind
from fermata.rules.weakness.drawing import Drawing
from fermata.rules.weakness.faults import Fault, Predict
from fermata.rules.weakness.purposes import Purpose, tell_purpose
from fermata.rules.weakness.structure import (
    build_adjacency,
    count_dominated,
    find_dominators,
    list_reachable,
)

ASSUMED_BUDGET_MS = 1000.0
"""What a caller has when nobody above it states a timeout: the second after which users notice that they wait
(J. Nielsen, "Usability Engineering", 1993, chapter 5). Predictions that rest on it never say collapse."""
_IMPLICIT = "(what enters at "
_MOST_IMPLICIT = 100
"""Entries that no journey names: a graph with more has no journeys, but a list of services."""
_DEFINITE, _POSSIBLE, _CONTAINED = 1.0, 0.6, 0.15
"""Weights of a journey that is hit for certain, unless something handles it, or only behind what handles it. Guesses;
revisit when measured."""
_UNCERTAIN_NEED = 0.85
"""As `_POSSIBLE`, where the journey names what is hit among its needs."""
_BACKGROUND = 0.5
"""Of that for work that no user waits for. A guess, too."""
_CONDUCTED = 5
"""Calls from which a service that changes something is taken to conduct a whole journey."""
_ASIDE = 0.25
"""Share of the journeys up to which those that only look are a part of the system, and not the system."""


def name_entry_journey(name: str) -> str:
    """Return what the journey is called that stands for a way in which no journey names.

    Args:
        name: Of the service that is entered.
    """
    return f"{_IMPLICIT}{name})"


class Hardness(StrEnum):
    """Whether a caller fails with its callee."""

    HARD = "hard"
    SOFT = "soft"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Felt:
    """The journeys a fault at one node comes back to."""

    definite: tuple[str, ...]
    """All calls on some way to it are known to pass the fault on."""
    possible: tuple[str, ...]
    """At least one of those calls may."""
    contained: tuple[str, ...]
    """Every way to it leads over a call that is known to hold the fault back."""
    weight: float
    """0..1 of all journeys."""


@dataclass(frozen=True)
class Landscape(Drawing):
    """A graph with everything that is asked of faults in it more than once."""

    @cached_property
    def journeys(self) -> tuple[Journey, ...]:
        """Return the journeys, and one for each part of the system that none of them enters.

        A service that nobody calls is such an entry; so is everything that only load generators call.
        """
        named = tuple(journey for item in self.graph.journeys for journey in self._enter(item))
        covered = list_reachable(self.everything, {item.entry for item in named})
        called = {callee for others in self.everything.values() for callee in others}
        loaded = {call.callee for call in self.graph.calls if call.caller not in self.services}
        others = [name for name in self.services if name not in covered and (name not in called or name in loaded)]
        reached = covered | list_reachable(self.everything, others)
        # What is left lies in cycles that nothing enters.
        for name in self.services:
            if name not in reached:
                others.append(name)
                reached |= list_reachable(self.everything, (name,))
        used = [name for name in others if name in self.everything]
        return named + tuple(Journey(name_entry_journey(name), name) for name in used[:_MOST_IMPLICIT])

    @cached_property
    def entries(self) -> frozenset[str]:
        """Return the services where journeys begin."""
        return frozenset(journey.entry for journey in self.journeys)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Return what journeys are said to need; empty where nobody says."""
        return frozenset(name for journey in self.graph.journeys for name in journey.needs)

    @cached_property
    def implied(self) -> frozenset[str]:
        """Return what journeys need without saying so: what is behind needs of which none leads to another.

        Such a journey names where it goes in, and leaves out what that calls in turn.
        """
        firm = build_adjacency(
            (c.caller, c.callee) for c in self.calls if self.judge_hardness(c, Fault.ERROR) is not Hardness.SOFT
        )
        found: set[str] = set()
        for journey in self.graph.journeys:
            needs = {name for name in journey.needs if name in self.services and name != journey.entry}
            inner = {name for name in needs if not self.services[name].keeps_state}
            if not any(inner.intersection(firm.get(name, ())) for name in inner):
                found |= list_reachable(firm, needs)
        return frozenset(found)

    @cached_property
    def changed(self) -> frozenset[str]:
        """Return what is used to change something, and by no journey that only looks, as far as their names say."""
        return self.touched - self._list_used(Purpose.LOOK)

    @cached_property
    def touched(self) -> frozenset[str]:
        """Return what is used to change something, whoever else uses it."""
        return self._list_used(Purpose.CHANGE)

    def is_conductor(self, name: str) -> bool:
        """Tell whether a service changes several things in turn: what it has begun nobody else takes up."""
        return name in self.changed and len(self.outgoing.get(name, ())) >= _CONDUCTED

    def is_read(self, name: str) -> bool:
        """Tell whether something is not used for changes alone, where any journey is known to change something."""
        return bool(self.touched) and name not in self.changed

    def is_only_read(self, name: str) -> bool:
        """Tell whether something is not used for changes at all, where any journey is known to change something."""
        return bool(self.touched) and name not in self.touched

    def _list_used(self, purpose: Purpose) -> frozenset[str]:
        """Return what journeys name, or all they may use where they name nothing, and what is behind that alone.

        Behind it: its stores, and what no journey names at all.
        """
        journeys = [item for item in self.journeys if tell_purpose(item.name) is purpose]
        used = frozenset(name for item in journeys for name in item.needs or self.members[item.name])
        behind = {
            name: [o for o in others if o not in self.needs or self.services[o].keeps_state]
            for name, others in self.everything.items()
        }
        return list_reachable(behind, used.intersection(self.services))

    @cached_property
    def background(self) -> frozenset[str]:
        """Return the journeys that no user takes: those of workers and jobs, and unnamed ones beside named ones."""
        named = {item.name for item in self.journeys if not item.name.startswith(_IMPLICIT)}
        return frozenset(
            item.name
            for item in self.journeys
            if self.services[item.entry].kind in {ServiceKind.WORKER, ServiceKind.JOB}
            or (named and item.name not in named)
        )

    def _enter(self, journey: Journey) -> tuple[Journey, ...]:
        """Return the journey, begun at what is called first where it is written to begin at a load generator."""
        if journey.entry in self.services:
            return (journey,)
        called = dict.fromkeys(call.callee for call in self.graph.calls if call.caller == journey.entry)
        entries = [name for name in called if name in self.services]
        return tuple(
            Journey(
                journey.name if len(entries) == 1 else f"{journey.name} at {name}",
                name,
                tuple(name if need == journey.entry else need for need in journey.needs),
            )
            for name in entries
        )

    @cached_property
    def _visits(self) -> Mapping[str, tuple[Journey, ...]]:
        found: dict[str, list[Journey]] = {}
        for journey in self.journeys:
            for name in self.members[journey.name]:
                found.setdefault(name, []).append(journey)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """Return journey -> the services it may use: those on the ways to its needs, behind them, and unnamed ones."""
        return {journey.name: self._needed[journey.name] | self._unnamed[journey.name] for journey in self.journeys}

    @cached_property
    def _needed(self) -> Mapping[str, frozenset[str]]:
        backwards = build_adjacency((call.callee, call.caller) for call in self.calls)
        found = {}
        for journey in self.journeys:
            reach = list_reachable(self.everything, (journey.entry,))
            needs = reach.intersection(journey.needs) - {journey.entry}
            if needs:
                # What a need is reached through is used as well, where no way leads over needs alone.
                far = needs - self._list_within(journey.entry, needs)
                between = reach & list_reachable(backwards, far) if far else frozenset()
                reach = between | (list_reachable(self.everything, needs) - (self._special - needs))
            elif journey.needs and set(journey.needs) <= {journey.entry}:
                reach = frozenset()  # It says that nothing behind its entry is needed.
            found[journey.name] = reach | {journey.entry}
        return found

    @cached_property
    def _special(self) -> frozenset[str]:
        """Return stores that journeys name, of services that each have another one: who names none uses the other."""
        stores = {name for name, service in self.services.items() if service.keeps_state}
        owners = build_adjacency((call.callee, call.caller) for call in self.calls if call.callee in stores)
        used = {name: stores.intersection(others) for name, others in self.everything.items()}
        return frozenset(
            name for name in self.needs & stores if all(len(used[owner]) > 1 for owner in owners.get(name, ()))
        )

    def _list_within(self, entry: str, allowed: frozenset[str]) -> frozenset[str]:
        """Return what is reached from an entry through the allowed services alone."""
        inside = {
            name: [other for other in self.everything.get(name, ()) if other in allowed] for name in (entry, *allowed)
        }
        return list_reachable(inside, (entry,))

    @cached_property
    def _unnamed(self) -> Mapping[str, frozenset[str]]:
        """Return journey -> services that no journey needs, and that something in this one calls all the same.

        Somebody uses them; a part of a page that can be missing stands in nobody's list of needs. What a router leads
        to is left out: which of its requests go there is known of needs alone.
        """
        spare = frozenset(self.services).difference(*self._needed.values())
        inside = {
            name: [other for other in others if other in spare]
            for name, others in self.everything.items()
            if name not in self.routers
        }
        return {name: list_reachable(inside, members) & spare for name, members in self._needed.items()}

    @cached_property
    def dominated(self) -> Mapping[str, int]:
        """Return service -> how many services it alone leads to, in the journey where that is most."""
        most: dict[str, int] = {}
        # What hides an error of its callee is no place where everything ends.
        graph = build_adjacency(
            (call.caller, call.callee)
            for call in self.sync_calls
            if self.judge_hardness(call, Fault.ERROR) is not Hardness.SOFT
        )
        for entry in dict.fromkeys(journey.entry for journey in self.journeys):
            for name, count in count_dominated(find_dominators(graph, entry)).items():
                most[name] = max(most.get(name, 0), count)
        return most

    def judge_hardness(self, call: Call, fault: Fault) -> Hardness:
        """Judge whether a caller fails when this call meets a fault.

        An error is as hard as the caller's answer to it. Slowness is hard unless timeout x attempts ends within the
        time the caller itself is given, and then it becomes an error (M. Brooker, "Timeouts, retries, and backoff with
        jitter", Amazon Builders' Library).
        """
        if call.is_idle or (fault in {Fault.LATENCY, Fault.BLACKHOLE} and call.is_async):
            return Hardness.SOFT
        if call.on_error is None:
            return Hardness.SOFT if call.is_async else Hardness.UNKNOWN
        if call.on_error in {OnError.FAIL, OnError.CRASH}:
            return Hardness.HARD
        if fault not in {Fault.LATENCY, Fault.BLACKHOLE}:
            return Hardness.SOFT
        return self._judge_wait(call)

    def _judge_wait(self, call: Call) -> Hardness:
        if call.timeout_ms is None:
            return Hardness.UNKNOWN
        budget = self.find_budget_ms(call.caller)
        wait = call.longest_wait_ms
        if wait is None or (budget is not None and wait > budget):
            return Hardness.HARD
        return Hardness.SOFT

    @cached_property
    def _passed_on(self) -> Mapping[tuple[Fault, bool], dict[str, list[str]]]:
        kinds = {(fault, sure): {Hardness.HARD} if sure else {Hardness.HARD, Hardness.UNKNOWN}
                 for fault in (Fault.ERROR, Fault.LATENCY) for sure in (True, False)}  # fmt: skip
        return {
            key: build_adjacency((c.caller, c.callee) for c in self.calls if self.judge_hardness(c, key[0]) in hard)
            for key, hard in kinds.items()
        }

    @cached_property
    def _reached(self) -> Mapping[tuple[Fault, bool, str], frozenset[str]]:
        return {
            (*key, journey.name): list_reachable(
                self._enter_only(journey, graph) if key[1] else graph, (journey.entry,)
            )
            & self.members[journey.name]
            for key, graph in self._passed_on.items()
            for journey in self.journeys
        }

    def _enter_only(self, journey: Journey, graph: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
        """Return the graph in which a gateway passes a journey's requests to what the journey names alone.

        What else it calls is for other requests, as far as anybody says; that those are in this journey, too, is
        possible.
        """
        callees = graph.get(journey.entry, ())
        named = [name for name in callees if name in journey.needs]
        if self.services[journey.entry].kind is not ServiceKind.GATEWAY or not named:
            return graph
        return {**graph, journey.entry: named}

    @cached_property
    def _felt(self) -> dict[tuple[str, Fault, str], Felt]:
        """Hold what was computed: every check of a call asks again, and a graph has ten thousand calls."""
        return {}

    def feel_call(self, call: Call, fault: Fault) -> Felt:
        """Return the journeys that notice when this call fails, or is slow: those that use both ends of it."""
        return self.feel(call.caller, fault, using=call.callee)

    def feel(self, service: str, fault: Fault, *, using: str = "") -> Felt:
        """Return the journeys that notice when this service fails, or is slow.

        Args:
            service: Where it begins.
            fault: Decides whether it travels as slowness or as errors.
            using: Count only journeys that use this service, too.
        """
        way = Fault.LATENCY if fault in {Fault.LATENCY, Fault.BLACKHOLE, Fault.CPU} else Fault.ERROR
        key = (service, way, using)
        if key not in self._felt:
            self._felt[key] = self._compute_felt(service, way, using)
        return self._felt[key]

    def _compute_felt(self, service: str, way: Fault, using: str) -> Felt:
        definite, possible, contained, weight = [], [], [], 0.0
        for journey in self._visits.get(service, ()):
            if using and using not in self.members[journey.name]:
                continue
            counts = _BACKGROUND if journey.name in self.background else 1.0
            is_needed = (using or service) not in self._unnamed[journey.name]
            if is_needed and service in self._reached[way, True, journey.name]:
                definite.append(journey.name)
                weight += _DEFINITE * counts
            elif service in self._reached[way, False, journey.name]:
                possible.append(journey.name)
                weight += counts * (_UNCERTAIN_NEED if (using or service) in journey.needs else _POSSIBLE)
            else:
                contained.append(journey.name)
                weight += _CONTAINED * counts
        return Felt(tuple(definite), tuple(possible), tuple(contained), weight / max(len(self.journeys), 1))

    def predict_call(self, call: Call, fault: Fault) -> Predict:
        """Predict what a fault on this one call does to the journeys: never collapse on a guess."""
        hardness = self.judge_hardness(call, fault)
        felt = self.feel_call(call, fault)
        if hardness is Hardness.SOFT or not (felt.definite or felt.possible):
            return Predict.GRACEFUL
        return self._tell_definite(felt) if hardness is Hardness.HARD and felt.definite else Predict.UNKNOWN

    def _tell_definite(self, felt: Felt) -> Predict:
        """Return collapse where users are hit, and not only some who look at one thing while all else is served.

        Work in the background is late, and goes on afterwards.
        """
        hit = frozenset(felt.definite)
        is_part = hit <= self._looking and len(hit) <= _ASIDE * len(self.graph.journeys)
        return Predict.DEGRADE if is_part or self.background.issuperset(hit) else Predict.COLLAPSE

    @cached_property
    def _looking(self) -> frozenset[str]:
        """Return the journeys that change nothing, as far as their names say."""
        return frozenset(item.name for item in self.journeys if tell_purpose(item.name) is Purpose.LOOK)

    def predict_service(self, service: str, fault: Fault) -> Predict:
        """Predict what happens when every replica of a service is hit."""
        felt = self.feel(service, fault)
        if felt.definite:
            return self._tell_definite(felt)
        return Predict.UNKNOWN if felt.possible or self._is_silent(service, fault) else Predict.GRACEFUL

    def _is_silent(self, service: str, fault: Fault) -> bool:
        """Tell whether nobody says what becomes of those who send to what is gone: an error reaches them, no delay.

        What takes work, and a broker that hands it out, wait until it is back.
        """
        calls = () if fault in {Fault.LATENCY, Fault.BLACKHOLE, Fault.CPU} else self.background_calls.get(service, ())
        return any(
            call.on_error is None
            and not call.is_idle
            and not self.is_taking(call)
            and self.services[call.caller].kind is not ServiceKind.QUEUE
            for call in calls
        )
