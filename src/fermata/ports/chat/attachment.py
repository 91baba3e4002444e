"""A file that belongs to a card: what is too long for a message is attached whole, and named by its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file."""

    name: str
    title: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the content's digest, 64 hex digits."""
        return hashlib.sha256(self.content).hexdigest()

    def describe(self) -> str:
        """Say which file it is, so that it can be told from any other."""
        lines = self.content.count(b"\n") + (not self.content.endswith(b"\n"))
        return f"{self.name} ({lines} lines, sha256 {self.sha256})"
