"""Which New Relic, and what of it concerns us."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from fermata.ports.api_settings import ApiSettings, OptionalApiUrl

HOSTS = {"us": "https://api.newrelic.com", "eu": "https://api.eu.newrelic.com"}
"""NerdGraph's address by region."""


class NewRelicService(BaseModel):
    """What is asked about one service."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    app_name: str = ""
    """Its name in New Relic, when it is not the entity's."""
    source: Literal["apm", "opentelemetry"] = "apm"
    """Who reports: New Relic's agent (`Transaction`), or OpenTelemetry (`Span`)."""
    queries: dict[str, str] = {}
    """Further NRQL by what it shows (`queue depth`), without SINCE, UNTIL and TIMESERIES."""
    golden_signals: bool = True
    """Whether the usual ones are asked too: requests, errors, latency."""

    @field_validator("queries")
    @classmethod
    def _require_open_queries(cls, value: dict[str, str]) -> dict[str, str]:
        for name, query in value.items():
            words = query.upper().split()
            given = [word for word in ("SINCE", "UNTIL", "TIMESERIES", "LIMIT") if word in words]
            if given or "SELECT" not in words:
                without = given[0] if given else "anything before"
                message = f"{name}: write SELECT, what, FROM, where from, without {without}"
                raise ValueError(message)
        return value


class NewRelicSettings(ApiSettings):
    """The section `newrelic`."""

    region: Literal["us", "eu"] = "us"
    """Where the account's data lives."""
    url: OptionalApiUrl = ""
    """Address of the API when it is not the region's: a proxy of your own. `/graphql` is added."""
    account_id: int = Field(gt=0)
    """The account whose data is asked for."""
    api_key: SecretStr
    """A user key (`NRAK-...`), sent as `API-Key`. By `env:` or `file:`."""
    services: dict[str, NewRelicService] = Field(default_factory=dict)
    """By entity name. One that is not listed is asked about under its own name, as an APM application."""
