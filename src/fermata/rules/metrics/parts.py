"""Which of a service's parts shows it: of three pods, one may be slow, and the service's name would accuse all.

Parts are told apart by the labels that say where a series was measured. Amounts of pods were added up long before, so
that times and shares are what is left to tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Frame, Shift, find_shift

_PLACES = (
    *("pod", "pod_name", "kubernetes_pod_name", "replica", "task", "task_id", "container_id", "container"),
    *("instance", "host", "hostname", "node", "shard", "partition", "zone", "availability_zone", "region"),
)
"""Labels that say which part of a service was measured, the most exact first."""
_MOST_NAMED = 3


def list_siblings(series: Series, others: Iterable[Series]) -> list[Series]:
    """Return the series of the same service and metric, the given one among them."""
    return [item for item in others if (item.service, item.metric) == (series.service, series.metric)]


def name_part(series: Series, siblings: Sequence[Series]) -> str:
    """Return which part of its service a series is of, as `pod api-x`; empty where all siblings are of the same."""
    key = _find_place(series, siblings)
    return f"{key} {series.labels[key]}" if key else ""


def name_labels(series: Series, others: Iterable[Series], *, with_places: bool = True) -> str:
    """Return the labels that tell a series from others of its service and metric, as `queue orders, vhost eu`.

    A place comes before other labels; empty where no label tells them apart.

    Args:
        with_places: Whether those labels count, too, that say where it was measured: `describe_part` tells of them.
    """
    siblings = list_siblings(series, others)
    telling = [
        key
        for key, value in series.labels.items()
        if (with_places or key not in _PLACES) and any(item.labels.get(key, "") != value for item in siblings)
    ]
    telling.sort(key=lambda key: (key not in _PLACES, key))
    return ", ".join(f"{key} {series.labels[key]}" for key in telling[:_MOST_NAMED])


def describe_part(shift: Shift, siblings: Sequence[Series], frame: Frame) -> str:
    """Say which parts of a service show a shift, as a sentence; empty where all of them do, or nobody can tell."""
    key = _find_place(shift.series, siblings)
    if not key:
        return ""
    own = shift.series.labels[key]
    places = {own, *(item.labels[key] for item in siblings if key in item.labels)}
    moved = {item.labels[key] for item in siblings if key in item.labels and find_shift(item, frame) is not None}
    calm = places - moved - {own}
    if not calm:
        return ""
    named = ", ".join([own, *sorted(moved - {own})][:_MOST_NAMED])
    more = " and others" if len(places) - len(calm) > _MOST_NAMED else ""
    return f"Only {key} {named}{more} shows it: the other {len(calm)} of {len(places)} are as usual."


def _find_place(series: Series, siblings: Sequence[Series]) -> str:
    """Return the label that tells a series from its siblings; empty without one."""
    return next(
        (
            key
            for key in _PLACES
            if key in series.labels
            and any(item.labels.get(key, series.labels[key]) != series.labels[key] for item in siblings)
        ),
        "",
    )
