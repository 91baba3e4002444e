"""Where Notion is, and below which of its pages may be published."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from fermata.ports.api_settings import ApiSettings, ApiUrl

_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


class NotionSettings(ApiSettings):
    """The section `notion`."""

    url: ApiUrl = "https://api.notion.com"
    """Base address of the API."""
    token: SecretStr
    """Of an internal integration of its own: what another program writes with the same token counts as Fermata's. By
    `env:` or `file:`."""
    timeout_s: float = Field(default=30.0, gt=0, le=120)
    """Longest time for one call. 30: Notion takes seconds to write a hundred blocks."""
    pages: dict[str, str] = Field(min_length=1)
    """By a name of your own: the id of the page that new ones are put under, the 32 digits at the end of its address.
    The integration must be connected to it."""

    @field_validator("pages")
    @classmethod
    def _require_ids(cls, value: dict[str, str]) -> dict[str, str]:
        for name, page_id in value.items():
            if not _ID.fullmatch(page_id):
                message = f"{name}: {page_id!r} is not the id of a page; it is the 32 digits at the end of its address"
                raise ValueError(message)
        return value
