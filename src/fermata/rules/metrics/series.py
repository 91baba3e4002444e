"""A metric's series as the rules see it: plain, without I/O, its values possibly read only when somebody looks.

Standard library only, and no validation library: a benchmark's own environment and a hot path both use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from fermata.rules.metrics.semantics import Meaning, read_meaning


@dataclass(frozen=True)
class Series:
    """One metric of one service over time."""

    service: str
    """The node it belongs to, as the call graph names it."""
    metric: str
    times: Sequence[float]
    """Epoch seconds, rising; shared between the series of one table."""
    values: Sequence[float | None]
    """As long as `times`; `None` where nothing was measured, which is not a zero. May be a lazy sequence."""
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    """How evidence cites it; empty: by service and metric."""
    lines: Sequence[int] = ()
    """The line of its source for each point, where the source has lines; otherwise empty."""

    @classmethod
    def from_points(
        cls, service: str, metric: str, points: Iterable[tuple[float, float | None]], *, unit: str = ""
    ) -> Series:
        """Build a series from (epoch seconds, value) pairs in any order; the last of equal times counts."""
        ordered = sorted(dict(points).items())
        return cls(service, metric, [time for time, _ in ordered], [value for _, value in ordered], unit)

    @property
    def meaning(self) -> Meaning:
        """Return what its name says."""
        return read_meaning(self.metric, self.unit)

    @property
    def name(self) -> str:
        """Return `service:metric`."""
        return f"{self.service}:{self.metric}"


# Suffixes that Prometheus and OpenMetrics give to cumulative counters; behind them may stand what only labels said. The
# counter of the NGINX ingress has none (its user guide, monitoring).
_CUMULATIVE = re.compile(r"(?:_(?:total|count|sum|bucket)|^nginx_ingress_controller_requests)(?:_5xx|_failed)?$")
# A counter falls when its process restarts; more falls than this share and it is no counter.
_MOST_RESETS = 0.1
_FEWEST_POINTS = 4


def is_cumulative(series: Series) -> bool:
    """Tell whether a series counts from a process' start, by its name and by how seldom it falls.

    Names alone mislead: `pg_stat_activity_count` is a gauge.
    """
    if _CUMULATIVE.search(series.metric.lower()) is None:
        return False
    pairs = list(pairwise(value for value in series.values if value is not None))
    return sum(later < earlier for earlier, later in pairs) <= _MOST_RESETS * len(pairs)


def as_rate(series: Series) -> Series:
    """Return a cumulative counter as its increase a second, and any other series unchanged.

    A fall is a reset: the count since then is the increase. An increase over a gap is spread over the gap.
    """
    if not is_cumulative(series):
        return series
    points = [(time, value) for time, value in zip(series.times, series.values, strict=True) if value is not None]
    if len(points) < _FEWEST_POINTS:
        return series
    rates = [
        (end, (later - earlier if later >= earlier else later) / (end - begin))
        for (begin, earlier), (end, later) in pairwise(points)
        if end > begin
    ]
    # The first point has no earlier one to rise from.
    known = dict(rates)
    return replace(series, values=[known.get(time) for time in series.times])
