"""The answers of Prometheus' HTTP API, as far as they are read. Fields that are not read may be anything."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

D = TypeVar("D")

EpochSeconds = Annotated[float, Field(ge=0, lt=253_402_300_800)]
"""An instant before the year 10000, where Python's calendar ends."""


class Answer(BaseModel, Generic[D]):
    """What stands around every answer."""

    data: D


class WireSeries(BaseModel):
    """One series of a range query. Native histograms come in another field, which is not read."""

    metric: dict[str, str] = Field(default_factory=dict)
    values: list[tuple[EpochSeconds, float]] = Field(default_factory=list)
    """(epoch seconds, value), oldest first; a value may be NaN or infinite."""


class Matrix(BaseModel):
    """The answer of a range query, or of an instant query with a range."""

    result: list[WireSeries]


class Scalar(BaseModel):
    """The answer of an instant query of a number."""

    result: tuple[EpochSeconds, float]


class WireExemplar(BaseModel):
    """One example of what a series counted."""

    labels: dict[str, str] = Field(default_factory=dict)
    value: float
    at: EpochSeconds = Field(alias="timestamp")


class WireExemplars(BaseModel):
    """The exemplars of one series."""

    series: dict[str, str] = Field(default_factory=dict, alias="seriesLabels")
    exemplars: list[WireExemplar]


class WireRule(BaseModel):
    """An alerting rule as the server has it loaded."""

    name: str
    query: str
    labels: dict[str, str] = Field(default_factory=dict)


class RuleGroup(BaseModel):
    """One group of rules."""

    rules: list[WireRule]


class RuleGroups(BaseModel):
    """The answer of `rules`."""

    groups: list[RuleGroup]


class Build(BaseModel):
    """The answer of `status/buildinfo`."""

    version: str


class Fault(BaseModel):
    """The answer to a call that failed."""

    error: str
