"""What the channel remembers of an issue that it opened."""

from __future__ import annotations

from pydantic import ValidationError

from fermata.domain.record import Record, Text


class IssueReceipt(Record):
    """Where a card stands."""

    repository: Text
    number: int

    def write(self) -> str:
        """Return it as the outbox keeps it."""
        return self.model_dump_json()

    @classmethod
    def find(cls, text: str | None, repository: str) -> IssueReceipt | None:
        """Read one back; `None` for none, for another repository's and for what is not ours."""
        if not text:
            return None
        try:
            receipt = cls.model_validate_json(text)
        except ValidationError:
            return None
        return receipt if receipt.repository == repository else None
