"""What the channel remembers of an issue that it opened."""

from __future__ import annotations

from fermata.domain.record import Text
from fermata.ports.chat.receipt import Receipt


class IssueReceipt(Receipt):
    """Where a card stands."""

    repository: Text
    number: int

    @property
    def place(self) -> str:
        """Return the repository."""
        return self.repository
