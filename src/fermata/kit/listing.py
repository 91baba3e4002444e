"""Several names in one sentence, of which a few are enough, and texts of which the beginning is."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice


def write_some(names: Collection[str], most: int) -> str:
    """Return the first names with commas between them, and how many more there are: `a, b and 3 more`."""
    shown = ", ".join(islice(names, most))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def cut_short(text: str, longest: int) -> str:
    """Return a text of at most so many characters; one that was longer ends in an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
