"""PetShop's call, answered by `fermata.rules.metrics`: tables in, (node, score) out. Standard library and pandas."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.ranking import Ranking, rank_metrics
from fermata.rules.metrics.series import Series

_DAY_S = 86400.0


def petshop(
    graph: Any, target_node: str, target_metric: str, target_statistic: str, normal: Any, abnormal: Any
) -> list[tuple[str, float]]:
    """Rank the nodes of a call graph; empty when nothing is abnormal. The target's statistic is not needed."""
    del target_statistic
    return [(item.node, item.score) for item in rank(graph, target_node, target_metric, normal, abnormal).items]


def rank(graph: Any, target_node: str, target_metric: str, normal: Any, abnormal: Any) -> Ranking:
    """Rank with the reasons kept."""
    # The fault-free reference may have been recorded after the window; on the ranker's one time axis it comes first.
    begin = float(abnormal.index[0])
    moved = min(0.0, begin - _DAY_S - float(normal.index[-1]))
    return rank_metrics(
        list(_read(normal, abnormal, moved)),
        CallGraph.build(graph.edges()),
        target=target_node,
        signal=target_metric,
        baseline=(float(normal.index[0]) + moved, float(normal.index[-1]) + moved),
    )


def _read(normal: Any, abnormal: Any, moved: float) -> Iterator[Series]:
    times = [float(time) + moved for time in normal.index] + [float(time) for time in abnormal.index]
    blank = [None] * len(normal.index)
    for column in abnormal.columns:
        node, metric, statistic = column
        values = _list_values(normal[column]) if column in normal.columns else blank
        name = metric if statistic == "Sum" else f"{metric} {statistic}"
        yield Series(node, name, times, [*values, *_list_values(abnormal[column])])


def _list_values(column: Any) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]
