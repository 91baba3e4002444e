"""The ranking's reasons, as sentences for people."""

from __future__ import annotations

from fermata.rules.metrics.explain import Blame
from fermata.rules.metrics.shift import Shift


def describe_shift(shift: Shift) -> str:
    """Say what moved, from where to where: `latency avg rose from 0.0064 to 0.0265 (4.2 times)`."""
    moved = "rose" if shift.after >= shift.before else "fell"
    ratio = shift.ratio
    times = f" ({ratio:.2g} times)" if ratio is not None and (ratio >= 2 or ratio <= 0.5) else ""
    unit = f" {shift.series.unit}" if shift.series.unit else ""
    return f"{shift.series.metric} {moved} from {shift.before:.3g} to {shift.after:.3g}{unit}{times}"


def describe_blame(shift: Shift, blame: Blame) -> str:
    """Say what a node shows, and how much of it its callees account for."""
    said = describe_shift(shift)
    if not blame.explained_by:
        return f"{said}; nothing it calls accounts for it."
    share = 1 - blame.own / blame.amount if blame.amount > 0 else 0.0
    return f"{said}; {', '.join(blame.explained_by[:3])} may account for {share:.0%} of it."


def describe_surge(load: Shift, reached: int) -> str:
    """Say that more traffic enters here than usual."""
    return f"{describe_shift(load)}; none of its callers sends more, and {reached} nodes on its way carry it."


def describe_resource(shift: Shift) -> str:
    """Say which resource of the node itself moved."""
    return f"{describe_shift(shift)}."
