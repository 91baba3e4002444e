"""Faults injected into PetShop's fault-free recordings, at any node: its training split knows one origin only.

A delay or a share of failures is added at one node and carried to its callers by their calls, as requests would carry
it; every node's latency is scaled by a random factor first, since the real windows lie months from their reference.
It shares the ranker's picture of how faults travel: it shows robustness against noise, not that the picture is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

TARGET = "PetSite"
SEED = 1
_AGED = 0.15
_AWAY_S = 100 * 86400.0
_FEWEST_REQUESTS = 8
_TAIL = {"Average": (1, 1), "p50": (0.3, 1), "p90": (1, 2), "p95": (1, 3), "p99": (1, 4)}


@dataclass(frozen=True)
class Injected:
    """One case in the scorer's form."""

    graph: Any
    metric: str
    normal: Any
    abnormal: Any
    root: str


def inject_faults(graph: Any, recording: Any, count: int) -> Iterator[Injected]:
    """Yield cases at random nodes below the target, in windows of the recording's second half."""
    rng = random.Random(SEED)
    dice = np.random.default_rng(SEED)
    reachable = sorted(nx.descendants(graph, TARGET) | {TARGET})
    roots = [node for node in reachable if _is_busy(recording, node)]
    for _ in range(count):
        root, metric, length = rng.choice(roots), rng.choice(["latency", "availability"]), rng.choice([5, 6])
        start = rng.randrange(len(recording) // 2, len(recording) - length)
        window = recording.iloc[start : start + length].copy()
        normal = pd.concat([recording.iloc[: start - 24], recording.iloc[start + length + 24 :]])
        factors = {node: np.exp(rng.gauss(0, _AGED)) for node in sorted(graph.nodes)}
        for column in window.columns:
            if column[1] == "latency":
                window[column] *= factors.get(column[0], 1)
        begin = rng.choice([1, 2])
        end = begin + rng.choice([2, 3])
        shape = np.array([begin <= n < end for n in range(length)]) * dice.uniform(0.4, 1.6, length)
        gains = _carry(graph, window, root, shape * _choose_size(rng, window, root, metric))
        _apply(window, gains, metric, dice)
        window.index = window.index - _AWAY_S
        yield Injected(graph, metric, normal, window, root)


def _is_busy(recording: Any, node: str) -> bool:
    column = (node, "requests", "Sum")
    measured = column in recording.columns and (node, "latency", "Average") in recording.columns
    return measured and recording[column].median() >= _FEWEST_REQUESTS


def _choose_size(rng: random.Random, window: Any, root: str, metric: str) -> float:
    """Choose a fault that the target can feel: 6 to 50 % of its latency, or 2 % failures and more."""
    requests = [max(float(np.nanmean(window[(node, "requests", "Sum")])), 1.0) for node in (root, TARGET)]
    share = requests[0] / requests[1]
    if metric == "availability":
        return min(1.0, max(rng.uniform(0.03, 0.4), 0.02 / share))
    own, felt = (float(np.nanmedian(window[(node, "latency", "Average")])) for node in (root, TARGET))
    return max(own * rng.uniform(0.5, 4), felt * rng.uniform(0.06, 0.5) / share)


def _carry(graph: Any, window: Any, root: str, gain: Any) -> dict[str, Any]:
    """Return node -> what each request gains, for the root and all above it."""
    above = graph.subgraph(nx.ancestors(graph, root) | {root})
    requests = {
        node: window[(node, "requests", "Sum")].fillna(0).to_numpy()
        for node in graph.nodes
        if (node, "requests", "Sum") in window.columns
    }
    gains = {root: gain}
    for node in reversed(list(nx.topological_sort(above))):
        if node == root or node not in requests:
            continue
        total = np.zeros(len(window))
        for callee in above.successors(node):
            callers = sum(requests[caller] for caller in graph.predecessors(callee) if caller in requests)
            if callee in gains and callee in requests:
                total += gains[callee] * requests[callee] / np.maximum(callers, 1)
        gains[node] = total
    return gains


def _apply(window: Any, gains: dict[str, Any], metric: str, dice: Any) -> None:
    for node, gain in gains.items():
        if metric == "latency":
            for statistic, (low, high) in _TAIL.items():
                if (node, metric, statistic) in window.columns:
                    window[(node, metric, statistic)] += gain * dice.uniform(low, high)
        elif (node, metric, "Average") in window.columns:
            asked = np.maximum(window[(node, "requests", "Sum")].fillna(0).to_numpy().astype(int), 1)
            failed = dice.binomial(asked, np.clip(gain, 0, 1))
            window[(node, metric, "Average")] *= 1 - failed / asked
