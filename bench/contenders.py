"""What public scorers call: one function each, thin adapters around the code that ships. No data lives here.

A scorer imports this file by name or by path, from anywhere, so it finds its neighbours and the package by itself.
Each adapter is imported when its function is called: a scorer's environment need only hold what that part needs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, _HERE.parent / "src"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from fermata.kit.rings import look_for_rings_rarely  # noqa: E402 - the package is found from here on

# As each of Fermata's own processes does.
look_for_rings_rarely()


def parse(lines: list[str]) -> tuple[list[int], list[str]]:
    """Group log messages: one group id a line, and one template string a line (`<*>` for what varies)."""
    from contender_logs import parse as run

    return run(lines)


def prefilter(lines: Sequence[str], budget: int, hint: dict[str, str] | None = None) -> list[str]:
    """Return the lines that a reader with `budget` tokens should see, verbatim, in the order of the log.

    `hint` is `{"alert", "service"}`, or empty.
    """
    from contender_logs import prefilter as run

    return run(lines, budget, hint or {})


def petshop(*args: Any) -> list[tuple[str, float]]:
    """Rank the nodes of a call graph: (node, score), higher is likelier.

    Called as (graph, target_node, target_metric, target_statistic, normal_metrics, abnormal_metrics).
    """
    from contender_metrics import petshop as run

    return run(*args)


def cloudops(case: dict[str, Any]) -> list[tuple[str, str]]:
    """Name up to three (fault object, cause) pairs for a captured Kubernetes state, best first."""
    from contender_kubernetes import cloudops as run

    return run(case)
