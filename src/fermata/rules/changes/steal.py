"""Time that a host gives to other machines than ours: who runs on it is slow, and nothing of its own is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from fermata.rules.changes.outside_cause import Outside, quote_metric
from fermata.rules.changes.symptoms import Moved, Symptoms
from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.metrics.words import write_number

STEAL = re.compile(
    r"\bsteal\b|cpu_steal|steal_|noisy neighbo|cpu[ _]ready|co-?stop|hypervisor|overcommit", re.IGNORECASE
)
"""How guests, hypervisors and people call it."""
MUST = "Move the machine to another host, or to one of its own."
_MODES = ("mode", "state", "cpu_mode", "system_cpu_state")
"""Labels that say what a processor's time went to: the node exporter's, collectd's, Telegraf's and OpenTelemetry's."""
_PLACES = ("node", "instance", "host", "hostname", "host_name", "nodename", "vm", "kubernetes_node")
_LEAST = 0.05  # Of a processor: what hosts take now and then, and nobody feels.
_PORT = re.compile(r":\d{1,5}$")


def find_steal(symptoms: Symptoms) -> Iterator[Outside]:
    """Find time that the host of whoever hurts gives to others, as metrics show it."""
    taken = [item for item in symptoms.moved if _is_stolen(item.shift.series) and _rose(item, symptoms)]
    pairs = [(item, victim) for item in taken if (victim := _find_victim(item, symptoms)) is not None]
    if pairs:
        item, victim = pairs[0]
        yield Outside(
            "noisy_neighbour", victim.service,
            f"{_say(item, symptoms)}: the host gives its time to others, and {victim.service} runs there.", 0.85,
            (quote_metric(item), quote_metric(victim)), MUST,
        )  # fmt: skip
    elif taken:
        item = taken[0]
        yield Outside(
            "noisy_neighbour", item.service, f"{_say(item, symptoms)}: the host gives its time to others.", 0.85,
            (quote_metric(item),), MUST,
        )  # fmt: skip


def _is_stolen(series: Series) -> bool:
    return STEAL.search(series.metric) is not None or any(series.labels.get(mode) == "steal" for mode in _MODES)


def _rose(item: Moved, symptoms: Symptoms) -> bool:
    """Answer whether more is taken than before; of a counter, which always rises, whether it rises faster."""
    before, after = _measure(item, symptoms)
    least = before if as_rate(item.shift.series) is item.shift.series else max(_LEAST, 2 * before)
    return after > least


def _measure(item: Moved, symptoms: Symptoms) -> tuple[float, float]:
    """Return what was taken before the fault and since; nothing where one side was not measured."""
    series = item.shift.series
    rated = as_rate(series)
    if rated is series:
        return item.shift.before, item.shift.after
    border = symptoms.began_at.timestamp()
    known = [(at, value) for at, value in zip(rated.times, rated.values, strict=True) if value is not None]
    sides = [[value for at, value in known if (at >= border) is late] for late in (False, True)]
    return (median(sides[0]), median(sides[1])) if all(sides) else (0.0, 0.0)


def _say(item: Moved, symptoms: Symptoms) -> str:
    """Return it for people: of a counter what it counts each second, as what its labels say."""
    series = item.shift.series
    if as_rate(series) is series:
        return item.words
    before, after = _measure(item, symptoms)
    counts = f"{write_number(before, 2)} to {write_number(after, 2)} seconds a second"
    return f"The steal time of {series.service} ({series.metric}) went from {counts}"


def _find_victim(item: Moved, symptoms: Symptoms) -> Moved | None:
    """Return what moved of another service on the same host, of the alerted one if it runs there."""
    places = _list_places(item.shift.series)
    near = [
        other
        for other in symptoms.moved
        if other.service != item.service and symptoms.abnormal.get(other.service, 0.0) > 0
        if places & _list_places(other.shift.series)
    ]
    return max(near, key=lambda other: (other.service in symptoms.alerted, other.shift.strength), default=None)


def _list_places(series: Series) -> frozenset[str]:
    """Return the hosts that a series names, without a port: each program on a host has its own."""
    return frozenset(_PORT.sub("", value) for place in _PLACES if (value := series.labels.get(place)))
