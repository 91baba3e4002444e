"""What a rehearsal of a weak point would be: data for a person to read. Nothing here injects anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.rules.weakness.faults import Fault
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.standing import ASSUMED_BUDGET_MS, Landscape

DURATION_S = 300
"""The default watch: long enough for pools to fill, for retries to build up and for a restart to end."""
_BASELINE_OK, _GRACEFUL_OK = 0.99, 0.95
"""Shares of good answers: below the first the baseline is no baseline, above the second the fault was handled."""
_HEADROOM = 3.0
"""Times today's mean latency that still counts as steady, where no caller states a timeout."""
_AT_ONCE_MS = 100.0
"""What is as good as at once (J. Nielsen, "Usability Engineering", 1993, chapter 5): no limit is below it."""
_ASSUMED = (ASSUMED_BUDGET_MS, "assumed: nothing enters anywhere")
_DEFAULTS: Mapping[Fault, Mapping[str, float | str]] = {
    Fault.KILL: {"replicas": "all"},
    Fault.BLACKHOLE: {"drop_percent": 100.0},
    Fault.RESET: {"connections": "all"},
    Fault.ERROR: {"error_percent": 100.0},
    Fault.LATENCY: {"latency_ms": 2000.0},
    Fault.CPU: {"load_percent": 90.0},
    Fault.MEMORY: {"memory_percent": 90.0},
}


def describe_scenario(land: Landscape, finding: Finding) -> dict[str, Any]:
    """Describe the rehearsal: JSON types only.

    Returns:
        `fault`, `target`, `magnitude` (by unit-bearing name), `duration_s`, `steady_state` (`journeys`, and each
        measure with its tolerance), `graceful_when` and `abort_when`.
    """
    node, *callee = finding.endpoints
    # A journey that uses the caller, and not this call, is what must not suffer.
    felt = land.feel(node, finding.fault, using=callee[0] if callee else "")
    named = [*felt.definite, *felt.possible, *felt.contained]
    limits = {journey.name: find_latency_limit(land, journey.entry) for journey in land.journeys}
    limit, source = max((limits[name] for name in named), default=max(limits.values(), default=_ASSUMED))
    others = {name: _round(its) for name, (its, _) in limits.items() if its != limit}
    return {
        "fault": finding.fault.value,
        "target": finding.target,
        "magnitude": {name: _round(value) for name, value in (finding.magnitude or _DEFAULTS[finding.fault]).items()},
        "duration_s": DURATION_S,
        "steady_state": {
            "journeys": named,
            "success_ratio_min": _BASELINE_OK,
            "latency_ms_max": _round(limit),
            "latency_limit": source,
            **({"latency_ms_max_of": others} if others else {}),
        },
        "graceful_when": {"success_ratio_min": _GRACEFUL_OK, "latency_ms_max": _round(limit)},
        "abort_when": f"a journey that is not named here drops below {_BASELINE_OK:.0%} good answers",
    }


def find_latency_limit(land: Landscape, entry: str) -> tuple[float, str]:
    """Return how long, in ms, a journey may take while it is steady, and where that comes from.

    It is measured where it goes in: a call further down is a part of it, and says too little of the whole.

    Args:
        entry: The service where it begins.
    """
    budget = land.find_budget_ms(entry)
    if budget is not None:
        return budget, f"the shortest timeout of the callers of {entry}"
    measured = [call.latency_ms for call in land.graph.calls if call.callee == entry and not call.is_async]
    today = max((latency for latency in measured if latency), default=None)
    if today is not None:
        return max(today * _HEADROOM, _AT_ONCE_MS), f"three times today's mean of what enters at {entry}"
    # Its own work is not known, only what it waits for: the whole takes that and more.
    behind = max((call.latency_ms or 0.0 for call in land.outgoing.get(entry, ())), default=0.0)
    if behind * _HEADROOM > ASSUMED_BUDGET_MS:
        return behind * _HEADROOM, f"three times what {entry} waits for today: its own time is not measured"
    return ASSUMED_BUDGET_MS, f"assumed: what enters at {entry} is not measured"


def _round(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(value, 3)
