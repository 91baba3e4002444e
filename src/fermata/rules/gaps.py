"""What is missing, in words: each reason once, with everybody who gave it."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.evidence import Evidence, Gap

_BUNDLE = "bundle:"
TIMED_OUT = "timed out after "
"""How the reason begins of a collector that had not answered when its time was over."""


def are_all_late(evidence: Sequence[Evidence], gaps: Sequence[Gap]) -> bool:
    """Answer whether nothing was collected because nobody answered in time: that tells of no system, and of load."""
    return bool(gaps) and not evidence and all(gap.reason.startswith(TIMED_OUT) for gap in gaps)


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
