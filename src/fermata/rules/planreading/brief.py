"""What a model is shown of a plan: the graph in rows, and the rules' list; fenced, redacted, and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fermata.domain.service_graph import Call, Journey, Service
from fermata.rules.brief.fences import fence, make_mark, show_line
from fermata.rules.planreading.fitting import list_fits
from fermata.rules.weakness.planning import Planned
from fermata.rules.weakness.standing import Landscape, name_entry_journey
from fermata.rules.weakness.wording import write_ms

MOST_BYTES = 24_000
"""Of the graph's rows: 64 services and 250 calls fit."""
_LONGEST_NAME = 100
_MOST_ITEMS = 60
"""Of the rules' list that are shown; a plan has 40 unless somebody asks for more."""
_MOST_NEEDS = 12
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class PlanBrief:
    """What one request shows."""

    text: str
    items: Mapping[str, Planned]
    """The rules' items, by the name of the row."""
    services: Mapping[str, str]
    """As shown -> as the graph has it; a name that two services would share is left out."""
    calls: Mapping[str, Call]
    """By `caller->callee`, as shown."""
    entries: frozenset[str]
    """Services, as the graph has them, that are entered and whose journey nobody has named."""
    numbers: frozenset[str]
    """All that stand in it."""


def compose_plan_brief(land: Landscape, planned: Sequence[Planned]) -> PlanBrief:
    """Return what is shown of a system and of its plan.

    Args:
        planned: The rules' list, best first.
    """
    services = _show_once((name, name) for name in land.services)
    shown = {name: seen for seen, name in services.items()}
    calls = {f"{shown[c.caller]}->{shown[c.callee]}": c for c in land.calls if {c.caller, c.callee} <= set(shown)}
    items = {f"r{number}": item for number, item in enumerate(planned[:_MOST_ITEMS], start=1)}
    implicit = {name_entry_journey(name): name for name in land.services}
    entries = frozenset(implicit[journey.name] for journey in land.journeys if journey.name in implicit)
    rows = [
        *_fit_in([_write_service(seen, land.services[name]) for seen, name in services.items()], MOST_BYTES // 3),
        *_fit_in([_write_call(seen, call) for seen, call in calls.items()], MOST_BYTES - MOST_BYTES // 3),
        *_write_journeys([journey for journey in land.journeys if journey.name not in implicit], shown),
        *(f"entry|{shown[name]}" for name in shown if name in entries),
        *(_write_item(name, item) for name, item in items.items()),
    ]
    kinds = "\n".join(f"kind|{row}" for row in list_fits())
    text = f"{kinds}\n\n{fence(make_mark(rows), 'a service graph and its plan', rows)}"
    numbers = frozenset(match for row in rows for match in _NUMBER.findall(row))
    return PlanBrief(text, items, services, calls, entries, numbers)


def _show_once(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str | None] = {}
    for name, own in names:
        seen = _show(name)
        found[seen] = None if seen in found else own
    return {seen: own for seen, own in found.items() if own is not None and seen}


def _show(name: str) -> str:
    # Neither a row's own sign nor an arrow within a name may stand for one between two.
    return show_line(name.replace("|", "/").replace("->", "-"), _LONGEST_NAME)


def _fit_in(rows: Sequence[str], most_bytes: int) -> Iterator[str]:
    left = most_bytes
    for number, row in enumerate(rows):
        left -= len(row.encode()) + 1
        if left < 0:
            yield f"({len(rows) - number} more are not shown)"
            return
        yield row


def _write_service(seen: str, service: Service) -> str:
    facts = [
        ("replicas", service.replicas),
        ("readiness probe", service.has_readiness_probe),
        ("liveness probe", service.has_liveness_probe),
        ("disruption budget", service.has_disruption_budget),
        ("persistent storage", service.has_persistent_storage),
        ("workers", service.workers),
    ]
    told = [f"{name} {_say(value)}" for name, value in facts if value is not None]
    if service.memory_limit_bytes is not None:
        limit = service.memory_limit_bytes
        told.append(f"memory limit {limit / 2**20:.4g} MiB" if limit else "memory limit none")
    return "|".join(["service", seen, service.kind.value or "?", *told])


def _write_call(seen: str, call: Call) -> str:
    told = ["does not wait" if call.is_async else "waits"]
    if call.rate_rps is not None:
        told.append(f"{call.rate_rps:.4g}/s")
    if call.latency_ms is not None:
        told.append(f"takes {write_ms(call.latency_ms)}")
    if call.timeout_ms is not None:
        told.append(f"timeout {write_ms(call.timeout_ms) if call.timeout_ms else 'none'}")
    for name, value in (("retries", call.retries), ("pool", call.pool_max)):
        if value is not None:
            told.append(f"{name} {value}")
    if call.on_error is not None:
        told.append(f"on error {call.on_error.value}")
    return "|".join(["call", seen, *told])


def _write_journeys(journeys: Sequence[Journey], shown: Mapping[str, str]) -> Iterator[str]:
    for journey in journeys:
        needs = [shown[name] for name in journey.needs if name in shown][:_MOST_NEEDS]
        told = f"|needs {', '.join(needs)}" if needs else ""
        yield f"journey|{_show(journey.name)}|enters at {shown.get(journey.entry, '?')}{told}"


def _write_item(name: str, item: Planned) -> str:
    finding = item.finding
    also = f"|also {', '.join(item.also)}" if item.also else ""
    target = "->".join(_show(end) for end in finding.endpoints)
    return f"{name}|{finding.kind.value}|{target}|{finding.fault.value}|{finding.predict.value}{also}"


def _say(value: int) -> str:
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"
