"""What a channel notes of a card that it posted: enough to change it without looking for it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

from pydantic import ValidationError

from fermata.domain.record import Record


class Receipt(Record):
    """Base of every channel's receipts; the outbox keeps them as text."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Return where the card stands: a room's id, or a repository."""

    def write(self) -> str:
        """Return it as the outbox keeps it."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def find(cls, text: str | None, place: str) -> Self | None:
        """Read one back; `None` for none, for another place's and for what is not ours."""
        if not text:
            return None
        try:
            receipt = cls.model_validate_json(text)
        except ValidationError:
            return None
        return receipt if receipt.place == place else None
