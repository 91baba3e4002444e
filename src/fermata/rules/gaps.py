"""What is missing, in words: each reason once, with everybody who gave it."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.evidence import Evidence, Gap

_BUNDLE = "bundle:"
_MOST_NAMED = 6
TIMED_OUT = "timed out after "
"""How the reason begins of a collector that had not answered when its time was over."""
CUT_OFF = "cut off after "
"""And of one that had read a part."""


def describe_late(after: str, read: Sequence[str], missing: Sequence[str]) -> str:
    """Return the reason of a gap whose collector was cut off by the deadline: what it had read, and what it had not.

    Args:
        after: How long it had, in words.
    """
    if not read:
        return f"{TIMED_OUT}{after}"
    return f"{CUT_OFF}{after}; read: {_name_some(read)}; not read: {_name_some(missing) or 'the rest'}"


def _name_some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def are_all_late(evidence: Sequence[Evidence], gaps: Sequence[Gap]) -> bool:
    """Answer whether no system was done in time, and most collectors were not: that tells of no system, and of load.

    Only systems that found anything count: others have nothing to take time for.
    """
    late = {gap.collector for gap in gaps}
    done = {item.collector for item in evidence} - late
    is_late = bool(gaps) and all(gap.reason.startswith((TIMED_OUT, CUT_OFF)) for gap in gaps)
    return is_late and len(late) > len(done) and set(map(_name_system, done)) <= set(map(_name_system, late))


def _name_system(collector: str) -> str:
    return collector.partition(".")[0]


def describe_gaps(gaps: Sequence[Gap]) -> tuple[str, ...]:
    """Return a line for each reason, in the order of the gaps: `docker.state, docker.logs: timed out after 5s`.

    A file of a bundle is named by its reason already.
    """
    named: dict[str, dict[str, None]] = {}
    for gap in gaps:
        names = named.setdefault(gap.reason, {})
        if not gap.collector.startswith(_BUNDLE):
            names[f"{gap.collector} for {gap.entity.ref}" if gap.entity else gap.collector] = None
    return tuple(f"{', '.join(names)}: {reason}" if names else reason for reason, names in named.items())
