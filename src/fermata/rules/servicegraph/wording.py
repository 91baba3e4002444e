"""The few words that a drawing has for a service and a call, the same on a page and in a terminal."""

from __future__ import annotations

from typing import Any

from fermata.rules.servicegraph.merging import MergedEdge, MergedNode, Standing

_MARKS = {
    Standing.NEVER_SEEN: "never seen",
    Standing.UNDECLARED: "not declared",
}


def describe_node(node: MergedNode) -> str:
    """Return kind, replicas and what is missing: `db x1, no volume`."""
    value = {key: fact.value for key, fact in node.facts.items()}
    kind = node.kind or ("" if node.is_defined else "not defined here")
    replicas = f"x{value['replicas']}" if value.get("replicas") is not None else ""
    missing = []
    if node.kind in {"db", "cache", "queue"} and value.get("persistent_storage") is False:
        missing.append("no volume")
    if value.get("readiness_probe") is False:
        missing.append("no readiness probe")
    return ", ".join(filter(None, [" ".join(filter(None, [kind, replicas])), *missing]))


def describe_edge(edge: MergedEdge) -> str:
    """Return rate, latency, care and standing: `12/s, 4.1 ms, 1% errors, timeout 300 ms, async, never seen`."""
    value = {key: fact.value for key, fact in edge.facts.items()}
    words = [
        f"{format_number(value['rate_rps'])}/s" if _is_number(value.get("rate_rps")) else "",
        f"{format_number(value['latency_ms'])} ms" if _is_number(value.get("latency_ms")) else "",
        f"{format_number(value['error_share'] * 100)}% errors" if _is_number(value.get("error_share")) else "",
        _describe_timeout(value.get("code.timeout_ms")),
        f"{value['code.retries']} retries" if value.get("code.retries") else "",
        f"pool {value['code.pool_max']}" if value.get("code.pool_max") else "",
        "async" if edge.is_async else "",
        _MARKS.get(edge.standing, ""),
    ]
    return ", ".join(filter(None, words))


def format_number(value: float) -> str:
    """Return three digits that count: `0.0123`, `4.1`, `1200`."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _describe_timeout(value: Any) -> str:
    if not _is_number(value):
        return ""
    return f"timeout {format_number(value)} ms" if value else "no timeout"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
