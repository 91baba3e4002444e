"""How many tokens a brief may have, and how they are shared among its parts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The budget of a brief. What a part does not use goes to the evidence."""

    tokens: int
    """All of it, by `count_tokens`."""
    alerts: float = 0.12
    first: float = 0.22
    """What signatures found, with the lines they cite."""
    changes: float = 0.26
    runbooks: float = 0.1
    gaps: float = 0.05
    actions: float = 0.13
    targets: float = 0.05
    names_authors: bool = False
    """Whether it is told who made a change: a person may ask for that, and a cause is none the likelier for it."""

    def share(self, part: float) -> int:
        """Return the tokens of a part."""
        return int(self.tokens * part)


FIXED = Size(3_000)
"""The usual brief."""
PLANNING = Size(1_600, changes=0.15, actions=0.26, targets=0.1)
"""For choosing an action: the catalogue whole, and of the evidence what the diagnosis rests on."""
SMALL = Size(1_600)
"""For a window of 8,000 tokens: with the instructions, the schema, one batch of evidence and the answer it fits."""
