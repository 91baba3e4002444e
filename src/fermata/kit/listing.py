"""Several names in one sentence, of which a few are enough."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice


def write_some(names: Collection[str], most: int) -> str:
    """Return the first names with commas between them, and how many more there are: `a, b and 3 more`."""
    shown = ", ".join(islice(names, most))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
