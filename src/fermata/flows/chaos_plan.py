"""Plan rehearsals from a file: what `fermata chaos plan` runs. It reads `graph.json` and injects nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from fermata.domain.service_graph import Call, Journey, OnError, Service, ServiceGraph, ServiceKind
from fermata.flows.bundle import graph_file
from fermata.flows.bundle.files import Unreadable, open_file
from fermata.flows.bundle.parsing import name_type, read_text_field
from fermata.flows.graph_options import tell_option
from fermata.kit.errors import UserError
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.servicegraph.names import is_world_host
from fermata.rules.weakness.planning import LIMIT, Planned, build_landscape, plan_rehearsals
from fermata.rules.weakness.scenario import describe_scenario
from fermata.rules.weakness.standing import Landscape

_Word = TypeVar("_Word", bound=StrEnum)
_MOST_PROBLEMS = 20
_NONE_WORDS = {"", "none", "no", "false", "unlimited", "-", "0"}


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """A plan, ready to be printed."""

    items: tuple[Mapping[str, Any], ...]
    """As bundle.md's plan output has them, best first."""
    warnings: tuple[str, ...]
    """What of the file could not be used."""


@dataclass(frozen=True, slots=True)
class RulesPlan:
    """What the rules plan for a system, before it is written, and before anybody reads on top of it."""

    land: Landscape
    planned: tuple[Planned, ...]
    limit: int
    warnings: tuple[str, ...]


def plan_file(path: Path, *, limit: int = LIMIT) -> ChaosPlan:
    """Plan rehearsals for the service graph of a file.

    Args:
        path: A `graph.json`.
        limit: Items at most.

    Raises:
        UserError: The file cannot be read, is no graph, or names no service.
    """
    return write_plan(make_rules_plan(path, limit=limit))


def make_rules_plan(path: Path, *, limit: int = LIMIT) -> RulesPlan:
    """Return what the rules plan for the service graph of a file: as `plan_file`, not yet written."""
    try:
        written = graph_file.read_graph_file(open_file(path))
    except Unreadable as error:
        where = f"{path}:{error.line}" if error.line is not None else str(path)
        do = tell_option(path, "--graph") or "See docs/chaos.md for its form"
        raise UserError(f"{where} cannot be used", why=error.reason, do=do) from error
    return plan_graph(written, str(path), limit=limit)


def plan_graph(written: graph_file.ServiceGraph, where: str, *, limit: int = LIMIT) -> RulesPlan:
    """Plan rehearsals for a service graph that was read.

    Args:
        written: As `graph.json` has it.
        where: What warnings call it.
        limit: Items at most.

    Raises:
        UserError: It names no service.
    """
    reader = _Reader([*written.problems])
    graph = reader.read(written)
    if not graph.services:
        raise UserError(f"{where} names no service", why="there is nothing to plan for", do="See docs/chaos.md")
    land = build_landscape(graph)
    hidden = len(reader.problems) - _MOST_PROBLEMS
    more = [f"{hidden} more entries could not be used"] if hidden > 0 else []
    warnings = tuple(f"{where}: {text}" for text in reader.problems[:_MOST_PROBLEMS] + more)
    return RulesPlan(land, tuple(plan_rehearsals(land, limit=limit)), limit, warnings)


def write_plan(plan: RulesPlan) -> ChaosPlan:
    """Return a plan as bundle.md has it."""
    items = [_write_item(item, describe_scenario(plan.land, item.finding)) for item in plan.planned]
    return ChaosPlan(tuple(items), plan.warnings)


def _write_item(planned: Planned, scenario: Mapping[str, Any]) -> dict[str, Any]:
    finding = planned.finding
    item: dict[str, Any] = {
        "kind": finding.kind.value,
        "target": finding.target,
        "fault": finding.fault.value,
        "predict": finding.predict.value,
        "why": finding.why,
        "score": round(finding.score, 4),
        "numbers": {
            name: value if isinstance(value, str) else round(value, 4) for name, value in finding.numbers.items()
        },
    }
    if planned.source:
        item["source"] = planned.source
    if planned.remark:
        item["remark"] = planned.remark
    if planned.also:
        item["also"] = list(planned.also)
    if finding.settled_by:
        item["settled_by"] = list(finding.settled_by)
    item["scenario"] = scenario
    return item


@dataclass(slots=True)
class _Reader:
    """Gives the fields of graph.json their types; what has another type counts as not said, and is named."""

    problems: list[str]

    def read(self, written: graph_file.ServiceGraph) -> ServiceGraph:
        services: dict[str, Service] = {}
        for item in written.services:
            if item.name in services:
                self.problems.append(f"service {item.name}: it stands twice, and the first is taken")
            else:
                services[item.name] = self._read_service(item)
        calls = [self._read_call(item) for item in written.calls]
        for call in calls:
            for end in (call.caller, call.callee):
                stranger = ServiceKind.EXTERNAL if is_world_host(end) else ServiceKind.UNKNOWN
                services.setdefault(end, Service(end, stranger))
        journeys = self._read_journeys(written.journeys, services)
        return ServiceGraph(tuple(services.values()), tuple(calls), journeys)

    def _read_service(self, item: graph_file.Service) -> Service:
        facts, where = item.facts, f"service {item.name}"
        return Service(
            item.name,
            self._read_word(facts, "kind", where, ServiceKind) or ServiceKind.UNKNOWN,
            self._read_count(facts, "replicas", where),
            _read_presence(facts.get("readiness_probe")),
            _read_presence(facts.get("liveness_probe")),
            _read_presence(facts.get("pdb")),
            _read_presence(facts.get("persistent_storage")),
            self._read_memory(facts, where),
            # A server without workers is a typing error, not a server that answers nobody.
            self._read_count(self._read_code(facts, where), "workers", where) or None,
        )

    def _read_call(self, item: graph_file.Call) -> Call:
        where = f"call {item.caller}->{item.callee}"
        code = self._read_code(item.facts, where)
        return Call(
            item.caller,
            item.callee,
            item.is_async,
            rate_rps=self._read_number(item.facts, "rate_rps", where),
            latency_ms=self._read_number(item.facts, "latency_ms", where),
            is_code_read=bool(code),
            timeout_ms=self._read_timeout(code, where),
            retries=self._read_count(code, "retries", where),
            pool_max=self._read_count(code, "pool_max", where),
            on_error=self._read_word(code, "on_error", where, OnError),
        )

    def _read_code(self, facts: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        code = facts.get("code")
        if code is not None and not isinstance(code, Mapping):
            self.problems.append(f'{where}: "code" is {name_type(code)}, not an object')
        return code if isinstance(code, Mapping) else {}

    def _read_timeout(self, code: Mapping[str, Any], where: str) -> float | None:
        # Whoever read the code and writes null has found none; what is absent was not looked for.
        if "timeout_ms" in code and code["timeout_ms"] is None:
            return 0.0 if any(value is not None for value in code.values()) else None
        return self._read_number(code, "timeout_ms", where)

    def _read_journeys(
        self, items: Sequence[Mapping[str, Any]], services: Mapping[str, Service]
    ) -> tuple[Journey, ...]:
        found: dict[str, Journey] = {}
        for number, item in enumerate(items, start=1):
            entry = read_text_field(item, "entry")
            name = read_text_field(item, "name") or entry
            if entry not in services:
                self._name_entry(number, name, entry)
                continue
            needs = self._read_needs(item.get("needs"), entry, name, services)
            # Two journeys of one name would be one, and a hit on the first would count for the second.
            name = f"{name} ({number})" if name in found else name
            found[name] = Journey(name, entry, needs)
        return tuple(found.values())

    def _name_entry(self, number: int, name: str, entry: str) -> None:
        if entry:
            self.problems.append(f'journey {number}: its "entry" is no service of the graph: {entry[:40]}')
            return
        which = f"journey {number} ({name[:40]})" if name else f"journey {number}"
        self.problems.append(f'{which} has no "entry", the service it begins at: it is left out')

    def _read_needs(self, needs: object, entry: str, name: str, services: Mapping[str, Service]) -> tuple[str, ...]:
        if needs is not None and not isinstance(needs, list):
            self.problems.append(f'journey {name}: "needs" is {name_type(needs)}, not a list')
        if not isinstance(needs, list):
            return ()
        if not needs:
            return (entry,)  # Nothing but where it begins: who does not know leaves the list out.
        known = [need for need in needs if isinstance(need, str)]
        unknown = [need for need in known if need not in services]
        if unknown:
            self.problems.append(f"journey {name} needs what is no service of the graph: {', '.join(unknown[:5])}")
        return tuple(need for need in known if need in services)

    def _read_number(self, facts: Mapping[str, Any], key: str, where: str) -> float | None:
        value = facts.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e12 or math.isnan(value):
            self.problems.append(f'{where}: "{key}" is not a number from 0 on')
            return None
        # Less than a millionth of anything is nothing; divided by it, a number would no longer be one in JSON.
        return round(float(value), 6)

    def _read_count(self, facts: Mapping[str, Any], key: str, where: str) -> int | None:
        number = self._read_number(facts, key, where)
        # More than anybody means: a typing error that would overflow products of retries.
        return None if number is None else min(int(number), 1_000_000 if key != "retries" else 100)

    def _read_word(self, facts: Mapping[str, Any], key: str, where: str, words: type[_Word]) -> _Word | None:
        text = read_text_field(facts, key).lower()
        if not text:
            return None
        try:
            return words(text)
        except ValueError:
            known = ", ".join(word.value for word in words if word.value)
            self.problems.append(f'{where}: "{key}" is {text[:40]}, which is none of {known}')
            return None

    def _read_memory(self, facts: Mapping[str, Any], where: str) -> float | None:
        value = facts.get("memory_limit")
        if value is None:
            return None
        if value is False or (isinstance(value, str) and value.strip().lower() in _NONE_WORDS):
            return 0.0
        size = parse_quantity(value)
        if size is None or not 0 <= size <= 1e18:
            self.problems.append(f'{where}: "memory_limit" is no amount of memory')
            return None
        return size


def _read_presence(value: Any) -> bool | None:
    """Return whether something is there: a description of it counts as yes; `None` when nobody says."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip().lower() not in _NONE_WORDS
    return bool(value)
