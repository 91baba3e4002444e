"""One reason for or against a change."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.symptoms import Telling

_LINKS = frozenset({"kind", "word", "number", "frame", "named", "activated", "due", "load", "copies", "constant"})


@dataclass(frozen=True, slots=True)
class Sign:
    """One reason for or against."""

    name: str
    """One of those that docs/changes.md lists, in one word."""
    points: float
    text: str
    line: DiffLine | None = None
    """The line of the diff it rests on."""
    telling: Telling | None = None
    """The lines of a log it rests on."""
    is_vague: bool = False
    """Whether the same would be said of most changes near a failure like this: it counts, and ties nothing."""

    first: str = ""
    """What a person does before anything is taken back, as a sentence; empty for nothing."""

    @property
    def is_link(self) -> bool:
        """Answer whether it ties what the change does to what fails; place and time only say that it was near."""
        return self.name in _LINKS and self.points > 0 and not self.is_vague
