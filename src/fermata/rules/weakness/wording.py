"""Words that several checks use."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.kit.listing import write_some
from fermata.rules.weakness.standing import Felt

_MOST_NAMED = 3


def name_journeys(felt: Felt, *, sure: bool = True) -> str:
    """Say which journeys feel it.

    Args:
        felt: How far it comes back from where it begins.
        sure: Whether it is known to begin there.
    """
    if felt.definite and sure:
        return f"it takes {list_some(felt.definite)} with it"
    if felt.definite or felt.possible:
        return f"it may reach {list_some(felt.definite + felt.possible)}, unless something on the way handles it"
    if felt.contained:
        return f"what calls it keeps it from {list_some(felt.contained)}"
    return "no journey is known to use it"


def list_some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    return write_some(names, _MOST_NAMED)


def write_ms(milliseconds: float) -> str:
    """Write a duration as people say it."""
    return f"{milliseconds / 1000:.3g} s" if abs(milliseconds) >= 1000 else f"{milliseconds:.3g} ms"
