"""Which environment a change went to, and which one hurts, by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_ELSEWHERE = re.compile(
    r"stag|\bdev|test|\bqa\b|preview|sandbox|\buat\b|\bint\b|integration|local|\bci\b|review|demo|perf|load",
    re.IGNORECASE,
)
_REGION = re.compile(r"(?<![a-z])(?:us|eu|ap|sa|ca|me|af|apac|emea)(?![a-z])")


def is_here(environment: str, ours: Collection[str]) -> bool:
    """Answer whether an environment is the affected one; an unnamed one may be.

    Args:
        ours: What the alert calls its own environment and region, in lower case; empty when it does not say.
    """
    name = environment.casefold()
    if not name or name in ours:
        return True
    theirs = set(_REGION.findall(name))
    regions = {region for own in ours for region in _REGION.findall(own)}
    if theirs and regions and not theirs & regions:
        return False
    if any(_ELSEWHERE.search(own) for own in ours):
        return bool(_ELSEWHERE.search(name))
    return not _ELSEWHERE.search(name)


def list_environments(labels: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Return what alerts call their environment."""
    names = ("environment", "env", "stage", "tier", "cluster", "region")
    return frozenset(label[name].casefold() for label in labels for name in names if label.get(name))


def list_values(labels: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Return the values of all labels of the alerts, in lower case."""
    return frozenset(value.casefold() for label in labels for value in label.values())
