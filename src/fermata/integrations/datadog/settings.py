"""Which Datadog, and what of it concerns us."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from fermata.ports.api_settings import ApiSettings, OptionalApiUrl

_TAG_VALUE = re.compile(r"[A-Za-z0-9_\-./:]+")
Site = Literal[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
]


class DatadogService(BaseModel):
    """What is asked about one service."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    service: str = ""
    """Value of its tag `service`, when it is not the entity's name."""
    queries: dict[str, str] = {}
    """Further metric queries by what they show (`queue depth`), as a graph in Datadog has them."""
    golden_signals: bool = True
    """Whether the usual ones of APM are asked too: requests, errors, latency."""

    @field_validator("service")
    @classmethod
    def _require_tag(cls, value: str) -> str:
        if value and not _TAG_VALUE.fullmatch(value):
            message = f"{value!r} cannot be a tag's value"
            raise ValueError(message)
        return value


class DatadogSettings(ApiSettings):
    """The section `datadog`."""

    site: Site = "datadoghq.com"
    """Where the account lives; the API is at `https://api.<site>`."""
    url: OptionalApiUrl = ""
    """Address of the API when it is not that one: a proxy of your own."""
    api_key: SecretStr
    """Sent as `DD-API-KEY`. By `env:` or `file:`."""
    app_key: SecretStr
    """Sent as `DD-APPLICATION-KEY`. By `env:` or `file:`; its scopes are what it may read."""
    env: str = ""
    """Value of the tag `env` that counts: `production`. Empty: all environments are added up."""
    events_api: Literal["v2", "v1"] = "v2"
    """Which API events are read from. `v2` searches; `v1` is the older list, where an organisation has only that."""
    services: dict[str, DatadogService] = Field(default_factory=dict)
    """By entity name. One that is not listed is asked about under its own name."""

    @field_validator("env")
    @classmethod
    def _require_tag(cls, value: str) -> str:
        if value and not _TAG_VALUE.fullmatch(value):
            message = f"{value!r} cannot be a tag's value"
            raise ValueError(message)
        return value
