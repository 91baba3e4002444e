"""What is missing, in words: each reason once, with everybody who gave it."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.evidence import Gap

_BUNDLE = "bundle:"


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
