"""What every record of the domain shares: frozen, strict about its fields, and digested the same way everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, StringConstraints

from fermata.kit.digest import compute_digest


def _require_aware(value: datetime) -> datetime:
    if value.utcoffset() is None:
        message = "an instant needs a time zone; naive times are ambiguous during an incident"
        raise ValueError(message)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # The first and the last hours of the calendar, in a zone far from UTC.
        message = "an instant must lie between the years 1 and 9999 in UTC"
        raise ValueError(message) from error


K = TypeVar("K")
V = TypeVar("V")


def _refuse_change(self: object, *_args: object, **_kwargs: object) -> NoReturn:
    message = f"{type(self).__name__} belongs to a frozen record; build another record instead"
    raise TypeError(message)


class _FrozenDict(dict[Any, Any]):
    """Still a `dict` for JSON and for whoever reads it; `|` gives an ordinary one."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = _refuse_change
    clear = pop = popitem = setdefault = update = _refuse_change

    def __reduce__(self) -> tuple[type[dict[Any, Any]], tuple[dict[Any, Any]]]:
        return type(self), (dict(self),)


class _FrozenList(list[Any]):
    """Still a `list` for JSON and for whoever reads it; `+` gives an ordinary one."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse_change
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse_change

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return type(self), (list(self),)


def _freeze(value: Any) -> Any:
    """Copy a value of JSON types into one that cannot be changed, however deep.

    What a digest could not tell apart is refused here: NaN (its JSON is null) and keys that are not text.
    """
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            message = "the keys of a map must be text"
            raise ValueError(message)
        return _FrozenDict({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return _FrozenList([_freeze(item) for item in value])
    if isinstance(value, float) and not math.isfinite(value):
        message = "NaN and infinity have no JSON form"
        raise ValueError(message)
    if isinstance(value, str) and not value.isascii():
        value.encode()  # Half a surrogate pair is no text; its error is a ValueError.
    return value


Instant = Annotated[datetime, AfterValidator(_require_aware)]
"""An aware instant, kept in UTC."""

FrozenMap = Annotated[Mapping[K, V], AfterValidator(_freeze), PlainSerializer(dict, return_type=dict)]
"""A mapping of JSON types that cannot be changed after its record was built, nor can what lies in it."""

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
