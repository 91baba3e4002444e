"""What was found on a machine, in the one form that questions, JSON and the settings file are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a section refers to by the name of a variable."""

    variable: str
    how: str
    """Where somebody gets one, and what it has to permit."""


@dataclass(frozen=True, slots=True)
class Found:
    """One system that is there, and the section that would use it."""

    system: str
    """As `systems:` names it."""
    title: str
    """In a line: what it is, and where. It stands in the file, so that it says nothing that changes by itself."""
    detail: str = ""
    """What is so just now: a version, what runs there."""
    section: Mapping[str, Any] = field(default_factory=dict)
    """Its settings; of JSON types."""
    secrets: tuple[Secret, ...] = ()
    """Those that the section refers to and that are not set: until they are, it stands there as a comment."""
    caution: str = ""
    """Why it is not taken without a word from a person; empty when it may be."""
    problem: str = ""
    """What keeps it from working now, and what to do; empty when nothing does."""
    notes: tuple[str, ...] = ()
    """What a reader of the file should know about the section."""
    services: tuple[str, ...] = ()
    """What runs there, by the names that alerts use; to try it with one of them."""
    is_wired: bool = False
    """Whether the other side knows Fermata already, so that nothing is left to do there."""
    next_steps: tuple[str, ...] = ()
    """What is left to do on the other side."""

    @property
    def is_default(self) -> bool:
        """Answer whether somebody who is not asked gets it."""
        return not self.caution and not self.problem

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "system": self.system,
            "title": self.title,
            "detail": self.detail or None,
            "section": dict(self.section),
            "secrets": [{"variable": secret.variable, "how": secret.how} for secret in self.secrets],
            "taken_by_default": self.is_default,
            "caution": self.caution or None,
            "problem": self.problem or None,
        }
