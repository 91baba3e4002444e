"""The answers of Datadog's API, as far as they are read. Fields that are not read may be anything."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

Milliseconds = Annotated[float, Field(ge=0, lt=253_402_300_800_000)]
"""Since 1970, before the year 10000, where Python's calendar ends."""


class QuerySeries(BaseModel):
    """One series of a query."""

    metric: str = ""
    tags: list[str] = Field(default_factory=list, alias="tag_set")
    points: list[tuple[Milliseconds, float | None]] = Field(alias="pointlist")


class QueryAnswer(BaseModel):
    """The answer of v1 `query`. A query that cannot be read comes back with HTTP 200 or 400 and `status: error`."""

    status: str
    error: str = ""
    series: list[QuerySeries] = Field(default_factory=list)


class MetricsAnswer(BaseModel):
    """The metrics that reported lately."""

    metrics: list[str]


class ValidAnswer(BaseModel):
    """Whether an API key is one."""

    valid: bool


class EventV1(BaseModel):
    """One event of the older list."""

    id: int | str
    title: str = ""
    text: str = ""
    at: float = Field(alias="date_happened")
    tags: list[str] | None = None
    source: str = Field(default="", alias="source_type_name")
    status: str = Field(default="", alias="alert_type")
    url: str | None = None


class EventsV1(BaseModel):
    """A list of at most 1,000 events."""

    events: list[EventV1]


class EventInner(BaseModel):
    """What stands in an event."""

    title: str = ""
    status: str | None = None
    service: str | None = None
    source: str | None = Field(default=None, alias="source_type_name")
    evt: dict[str, Any] = Field(default_factory=dict)


class EventAttributes(BaseModel):
    """What stands around it."""

    inner: EventInner = Field(default_factory=EventInner, alias="attributes")
    message: str | None = None
    tags: list[str] | None = None
    at: AwareDatetime = Field(alias="timestamp")


class EventV2(BaseModel):
    """One event of the search."""

    id: str
    attributes: EventAttributes


class Cursor(BaseModel):
    """Where the list goes on."""

    after: str | None = None


class EventsMeta(BaseModel):
    """What is said of a list."""

    page: Cursor | None = None


class EventsV2(BaseModel):
    """A page of the search."""

    data: list[EventV2]
    meta: EventsMeta | None = None
