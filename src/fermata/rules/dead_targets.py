"""Settings of rehearsals by which nothing can ever be rehearsed: slips that are met when somebody wants to, else. Pure.

Targets are matched letter by letter (`rules/sandbox/proxies`): one that no proxy stands at opens nothing, in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

_ARROW = "->"
_FORM = re.compile(r"[^\s>]+(?:->[^\s>]+)?")
"""Names of services hold neither blanks nor the head of an arrow."""

_NEAR = 0.8
"""A slip or another arrow; what shares half of its letters with another call is a call of its own."""


def find_dead_targets(targets: Sequence[str], edges: Sequence[str]) -> Sequence[str]:
    """Return a sentence for each of `chaos.targets` by which no proxy of the settings can disturb anything, in order.

    Args:
        targets: A call, `checkout->payment`, or a service for all of its calls.
        edges: What goes through each proxy: a call, or a service where all its callers go through it.
    """
    faults = []
    for target in targets:
        if _FORM.fullmatch(target) and any(_opens(target, edge) for edge in edges):
            continue
        names = [*edges, *(edge.partition(_ARROW)[0] for edge in edges)]
        near = get_close_matches("".join(target.split()), names, n=1, cutoff=_NEAR)
        hint = f"; perhaps {near[0]} is meant" if near else ""
        faults.append(
            f"{target!r} opens nothing: no proxy of systems.faultproxy stands there, and they are compared letter by "
            f"letter{hint}"
        )
    return faults


def _opens(target: str, edge: str) -> bool:
    """Answer whether a target says yes to a proxy's edge, or to one of the calls through it."""
    callee = target.partition(_ARROW)[2]
    # Before a service stands a proxy of all its callers: each of their calls, and all of those of one, go through it.
    return edge == target or edge.partition(_ARROW)[0] == target or (_ARROW not in edge and callee in ("", edge))
