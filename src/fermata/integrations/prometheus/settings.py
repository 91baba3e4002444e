"""Where Prometheus is and how long it may take."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "write it like http://127.0.0.1:9090 or https://metrics.example.com/prometheus"
        raise ValueError(message)
    if parts.username is not None or parts.password is not None:
        message = "it holds a user name or a password; set username and password beside it"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "it holds a query or a fragment; write only the base that /api/v1 stands under"
        raise ValueError(message)
    return value.rstrip("/")


class PrometheusSettings(BaseModel):
    """The section `prometheus`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: Annotated[str, AfterValidator(_check_url)]
    """Base address, with its path prefix if it has one; `/api/v1` is added."""
    token: SecretStr | None = None
    """Sent as `Authorization: Bearer`. `None`: no authorisation, as Prometheus itself asks for none."""
    username: str | None = None
    """For basic authentication, together with `password`; not beside `token`."""
    password: SecretStr | None = None
    """For basic authentication."""
    timeout_s: float = Field(default=5.0, gt=0, le=120)
    """Longest time for one call, answer included. 5: under the default deadline of a gathering (8 s)."""
    step_s: float | None = Field(default=None, gt=0)
    """Seconds between points. `None`: the window's length over 500 points. A smaller one than that is raised to it."""
    trace_url: str = ""
    """Address of a trace for people, with `{trace_id}` in it, put behind exemplars. Empty: the id is shown alone."""

    @field_validator("trace_url")
    @classmethod
    def _require_place(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and "{trace_id}" in value):
            message = "write it like https://traces.example.com/trace/{trace_id}"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_one_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            message = "username and password go together"
            raise ValueError(message)
        if self.token is not None and self.username is not None:
            message = "set either token or username and password"
            raise ValueError(message)
        return self
