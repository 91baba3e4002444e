"""The answers of Loki's HTTP API, as far as they are read. Fields that are not read may be anything."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _drop_further(value: Any) -> Any:
    """Keep time and text of an entry; structured metadata may stand behind them."""
    return tuple(value[:2]) if isinstance(value, list) else value


Nanoseconds = Annotated[int, Field(ge=0, lt=253_402_300_800 * 10**9)]
"""Since 1970, before the year 10000, where Python's calendar ends; Loki writes it as text."""

Entry = Annotated[tuple[Nanoseconds, str], BeforeValidator(_drop_further)]
"""When, and the line as it was written."""


class WireStream(BaseModel):
    """The lines of one set of labels."""

    stream: dict[str, str] = Field(default_factory=dict)
    values: list[Entry] = Field(default_factory=list)
    """In the order asked for."""


class Streams(BaseModel):
    """What a query for lines brings; metrics (`matrix`) are not asked for."""

    result_type: str = Field(alias="resultType", pattern="^streams$")
    result: list[WireStream]


class StreamsAnswer(BaseModel):
    """The answer of `query_range`."""

    data: Streams


class NamesAnswer(BaseModel):
    """The answer of `labels` and of `label/<name>/values`. Loki leaves `data` out when there are none."""

    data: list[str] | None = None


class BuildAnswer(BaseModel):
    """The answer of `status/buildinfo`."""

    version: str
