"""Where Loki is, and how much is read of it."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from fermata.ports.api_settings import ApiUrl, LoginSettings

ERRORS = (
    r"(?i)(error|exception|traceback|panic|fatal|critical|fail(ed|ure|ing)|refused|timed? ?out|timeout|denied|killed|"
    r"out of memory|oom|unavailable|no such|cannot|could not|unable|http.{0,20} 5[0-9]{2})"
)
"""Words of trouble, in RE2. Wide on purpose: what it finds too much of is condensed later, what it misses is lost."""


class LokiSettings(LoginSettings):
    """The section `loki`."""

    url: ApiUrl
    """Base address, with its path prefix if it has one; `/loki/api/v1` is added."""
    tenant: str | None = None
    """Sent as `X-Scope-OrgID`; several are joined by `|` where Loki allows it. `None`: none is sent, as fits a Loki
    with `auth_enabled: false` or a gateway that sets it."""
    labels: dict[str, str] = Field(default_factory=dict)
    """By entity name: a selector of one's own, such as `checkout: '{app="shop", component="checkout"}'`. Without one
    the labels are tried that agents usually set."""
    lines: int = Field(default=500, ge=10, le=5000)
    """Lines of the end of the window asked for, per entity. 500: some minutes of a busy service. 5,000 is what Loki
    itself allows by default (`max_entries_limit_per_query`)."""
    error_lines: int = Field(default=500, ge=0, le=5000)
    """Lines that hold a word of trouble, asked for beside the end, over the whole window. 0 asks for none."""
    errors: str = ERRORS
    """What such a line matches: a regular expression as Loki reads it (RE2)."""

    @field_validator("errors")
    @classmethod
    def _require_expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            message = f"it is no regular expression: {error}"
            raise ValueError(message) from error
        return value

    @field_validator("labels")
    @classmethod
    def _require_selectors(cls, value: dict[str, str]) -> dict[str, str]:
        for name, selector in value.items():
            if not (selector.startswith("{") and selector.endswith("}")):
                message = f'the selector of {name} must stand in braces: {{app="{name}"}}'
                raise ValueError(message)
        return value
