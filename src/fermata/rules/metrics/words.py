"""The ranking's reasons, as sentences for people."""

from __future__ import annotations

from fermata.rules.metrics.explain import Blame, Surge
from fermata.rules.metrics.shift import Shift
from fermata.rules.metrics.stopped import Stop

_A_HUNDREDTH = 0.005  # Less would be written as 0 %.
_HUNDRED = 100.0
_TINIEST, _TINY = 1e-7, 1e-4
"""Between them a number is short enough to be written out, and would not be."""


def describe_stop(stop: Stop) -> str:
    """Say what nobody measures any more: `requests has no number since, after 80; the recording goes on`."""
    return f"{stop.metric} has no number since, after {stop.measured:,}; the recording goes on"


def describe_shift(shift: Shift) -> str:
    """Say what moved, from where to where: `latency avg rose from 0.0064 to 0.0265 (4.2 times)`."""
    moved = "rose" if shift.after >= shift.before else "fell"
    ratio = shift.ratio
    times = f" ({write_number(ratio, 2)} times)" if ratio and (ratio >= 2 or ratio <= 0.5) else ""
    unit = f" {shift.series.unit}" if shift.series.unit else ""
    return (
        f"{shift.series.metric} {moved} from {write_number(shift.before)} to {write_number(shift.after)}{unit}{times}"
    )


def write_number(value: float, digits: int = 3) -> str:
    """Write a number as people read it, to so many digits that count: `2,500`, `0.0265`, `7,510,000`.

    Args:
        digits: Of a number from a hundred on three count at least.
    """
    rounded = float(f"{value:.{digits if abs(value) < _HUNDRED else max(digits, 3)}g}") or 0.0
    size = abs(rounded)
    if _TINIEST <= size < _TINY:
        return f"{rounded:.10f}".rstrip("0")
    return f"{rounded:,.0f}" if size >= _HUNDRED else f"{rounded:g}"


def describe_blame(shift: Shift, blame: Blame) -> str:
    """Say what a node shows, and how much of it its callees account for."""
    said = describe_shift(shift)
    if not blame.explained_by:
        looked = "nothing it calls accounts for it" if blame.is_looked_at else "nothing that it calls was looked at"
        return f"{said}; {looked}."
    share = 1 - blame.own / blame.amount if blame.amount > 0 else 0.0
    callees = ", ".join(blame.explained_by[:3])
    if share < _A_HUNDREDTH:
        return f"{said}; {callees} accounts for nothing of it."
    return f"{said}; {callees} may account for {share:.0%} of it."


def describe_surge(surge: Surge) -> str:
    """Say that more traffic than usual enters here, and whose doing it is."""
    whose = "it comes from outside" if surge.is_external else "its callers are no busier, they call it more often"
    carried = f"{len(surge.reached)} nodes carry it" if len(surge.reached) > 1 else "it goes no further"
    return f"{describe_shift(surge.load)}; {whose}, and {carried}."


def describe_resource(shift: Shift) -> str:
    """Say which resource of the node itself moved."""
    return f"{describe_shift(shift)}."


def describe_misses(cold: Shift, node: str) -> str:
    """Say that a cache went cold, and who answers instead."""
    return f"{describe_shift(cold)}; {node} is asked instead."
