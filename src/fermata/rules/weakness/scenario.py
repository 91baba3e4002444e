"""What a rehearsal of a weak point would be: data for a person to read. Nothing here injects anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.service_graph import Call
from fermata.rules.weakness.faults import Fault
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.standing import ASSUMED_BUDGET_MS, Landscape

DURATION_S = 300
"""The default watch: long enough for pools to fill, for retries to build up and for a restart to end."""
_BASELINE_OK, _GRACEFUL_OK = 0.99, 0.95
"""Shares of good answers: below the first the baseline is no baseline, above the second the fault was handled."""
_HEADROOM = 3.0
"""Times today's mean latency that still counts as steady, where no caller states a timeout."""
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
    limit, source = _find_latency_limit(land, node)
    return {
        "fault": finding.fault.value,
        "target": finding.target,
        "magnitude": {name: _round(value) for name, value in (finding.magnitude or _DEFAULTS[finding.fault]).items()},
        "duration_s": DURATION_S,
        "steady_state": {
            "journeys": [*felt.definite, *felt.possible, *felt.contained],
            "success_ratio_min": _BASELINE_OK,
            "latency_ms_max": _round(limit),
            "latency_limit": source,
        },
        "graceful_when": {"success_ratio_min": _GRACEFUL_OK, "latency_ms_max": _round(limit)},
        "abort_when": f"a journey that is not named here drops below {_BASELINE_OK:.0%} good answers",
    }


def _find_latency_limit(land: Landscape, node: str) -> tuple[float, str]:
    budget = land.find_budget_ms(node)
    if budget is not None:
        return budget, "the shortest timeout of its callers"
    calls: tuple[Call, ...] = land.incoming.get(node, ())
    measured = [call.latency_ms for call in calls if call.latency_ms]
    if measured:
        return max(measured) * _HEADROOM, "three times today's mean"
    return ASSUMED_BUDGET_MS, "assumed: nothing is measured"


def _round(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(value, 3)
