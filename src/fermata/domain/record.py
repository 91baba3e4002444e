"""What every record of the domain shares: frozen, strict about its fields, and digested the same way everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints

from fermata.kit.digest import compute_digest


def _require_aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        message = "an instant needs a time zone; naive times are ambiguous during an incident"
        raise ValueError(message)
    return value.astimezone(UTC)


K = TypeVar("K")
V = TypeVar("V")


def _freeze(value: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(value))


Instant = Annotated[datetime, AfterValidator(_require_aware)]
"""An aware instant, kept in UTC."""

FrozenMap = Annotated[Mapping[K, V], AfterValidator(_freeze), PlainSerializer(dict, return_type=dict)]
"""A mapping that cannot be changed after its record was built."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""Text that is not empty."""


class Record(BaseModel):
    """A frozen value. Two records with the same content are equal and have the same digest."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON types: what is stored, digested and printed."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Build the record again from `to_json`.

        Raises:
            pydantic.ValidationError: The value is not a valid record of this kind.
        """
        return cls.model_validate(dict(value))

    def compute_digest(self) -> str:
        """Return the digest over everything the record says."""
        return compute_digest(self.to_json())
