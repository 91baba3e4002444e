"""What moved far and stayed there, whatever it measures: a consumer that stopped, a queue that fills, a cold cache.

The ranking judges slowness, failures and surges only, since these travel over calls. What stops does none of it, and
"nothing is abnormal" would be false. Moved is no judgement: it says what people should look at.
"""

from __future__ import annotations

from collections.abc import Iterable

from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.metrics.shift import THRESHOLD, Shift, detect_shift

_FAR = 2.0
# Twice or half of what was normal: what less says is judged by whoever knows the kind of metric.
_CLEAR = 2 * THRESHOLD
# Spreads: where no meaning vouches for it, a shift must be beyond doubt.
_FEWEST = 3
# Points: a backup, a deployment or a scrape that failed may take two.
_TAIL = 0.05
# The share of a series behind a shift that may be noise again, and the shift still counts as present.


def list_moved(
    series: Iterable[Series], *, onset: float | None = None, baseline: tuple[float, float] | None = None
) -> tuple[Shift, ...]:
    """Return the series that lastingly went to twice or to half of what was normal, the farthest first.

    Args:
        onset: Epoch seconds when the trouble began, if known.
        baseline: First and last instant of what was normal; see `detect_shift` for what is taken without both.
    """
    shifts = (detect_shift(as_rate(item), onset, baseline=baseline) for item in series)
    found = [shift for shift in shifts if shift is not None and _is_far(shift)]
    return tuple(sorted(found, key=lambda shift: (-shift.deviation, shift.onset, shift.series.name)))


def is_present(shift: Shift) -> bool:
    """Tell whether a shift goes on until the series ends: what came back since is over."""
    measured = [index for index, value in enumerate(shift.series.values) if value is not None]
    behind = sum(index > shift.indexes[-1] for index in measured)
    return behind <= _TAIL * len(measured)


def _is_far(shift: Shift) -> bool:
    if shift.deviation < _CLEAR or len(shift.indexes) < _FEWEST:
        return False
    ratio = shift.ratio
    return ratio is None or not 1 / _FAR < ratio < _FAR
