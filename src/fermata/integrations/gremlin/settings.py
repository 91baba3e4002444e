"""Where Gremlin's API is, and for which team."""

from __future__ import annotations

from pydantic import Field, SecretStr

from fermata.ports.api_settings import ApiSettings, ApiUrl


class GremlinSettings(ApiSettings):
    """The section `gremlin`."""

    url: ApiUrl = "https://api.gremlin.com/v1"
    """Base address, with its version."""
    api_key: SecretStr
    """An API key of a team, sent as `Authorization: Key`. By `env:` or `file:`."""
    team_id: str = Field(default="", max_length=100)
    """The team's id; empty where the key belongs to one team alone."""
    recover_s: float = Field(default=30.0, gt=0, le=600)
    """How long a halted attack may take to leave the list of active ones. 30: agents ask every few seconds."""
