"""Would it happen again? Which weak points of a plan are what an earlier incident was about. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.domain.diagnosis import Diagnosis, Hypothesis

_SIGNS: Mapping[str, frozenset[str]] = {
    "latency": frozenset({"slow", "latency", "timeout", "pool", "connections", "lock", "throttled", "saturated"}),
    "error": frozenset({"errors", "error", "refused", "rejected", "denied", "invalid", "expired", "misconfigured"}),
    "blackhole": frozenset({"unreachable", "partition", "network", "dns", "blocked", "policy"}),
    "kill": frozenset(
        {"down", "crash", "crashed", "evicted", "deleted", "restarted", "unavailable", "node", "stopped"}
    ),
    "memory": frozenset({"memory", "oom", "heap"}),
    "cpu": frozenset({"cpu"}),
}
"""Words in the names of causes that stand for a fault one can rehearse. Guesses that order a list, no more."""
_WORD = re.compile(r"[a-z0-9]+")
_MOST = 5


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One item of a plan that an incident has shown to matter."""

    number: int
    """Of the item in its plan, from 1 on."""
    item: Mapping[str, Any]
    why: str
    """Which cause it is, and how sure that is."""


def find_recurrences(diagnosis: Diagnosis, items: Sequence[Mapping[str, Any]]) -> tuple[Recurrence, ...]:
    """Return the items at the services that the diagnosis names, those with the same kind of fault first.

    Args:
        items: Of a plan, best first, as `fermata chaos plan --json` has them.

    Returns:
        At most five; empty when the graph does not know the service, or nothing was diagnosed.
    """
    found: list[tuple[tuple[bool, int, int], Recurrence]] = []
    for place, hypothesis in enumerate(diagnosis.hypotheses):
        faults = _find_faults(hypothesis)
        for number, item in enumerate(items, start=1):
            if not any(_is_named(end, hypothesis.entity.name) for end in str(item.get("target", "")).split("->")):
                continue
            is_same = item.get("fault") in faults
            kind = "the same kind of fault" if is_same else "the same service"
            cause = hypothesis.cause.replace("_", " ")
            why = f"{cause} at {hypothesis.entity.name} ({hypothesis.confidence:.0%}): {kind}"
            found.append(((not is_same, place, number), Recurrence(number, item, why)))
    best: dict[int, Recurrence] = {}
    for _, recurrence in sorted(found, key=lambda pair: pair[0]):
        best.setdefault(recurrence.number, recurrence)
    return tuple(best.values())[:_MOST]


def _find_faults(hypothesis: Hypothesis) -> set[str]:
    words = set(_WORD.findall(hypothesis.cause.lower()))
    return {fault for fault, signs in _SIGNS.items() if words & signs}


def _is_named(service: str, name: str) -> bool:
    """Answer whether a service is meant by the name of a workload or of one of its replicas (`payment-7d9f-x2x4`)."""
    return bool(service) and (name == service or name.startswith(f"{service}-"))
