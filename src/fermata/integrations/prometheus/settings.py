"""Where Prometheus is and how long it may take."""

from __future__ import annotations

from pydantic import Field, field_validator

from fermata.ports.api_settings import ApiUrl, LoginSettings


class PrometheusSettings(LoginSettings):
    """The section `prometheus`."""

    url: ApiUrl
    """Base address, with its path prefix if it has one; `/api/v1` is added."""
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
