"""Where Linear is, and which of its teams concern us."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fermata.ports.api_settings import ApiUrl, require_keys
from fermata.ports.tracker.settings import TicketService, TrackerSettings

_KEY = re.compile(r"[A-Z][A-Z0-9]{0,9}")


class LinearTeam(BaseModel):
    """One team."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    services: dict[str, TicketService] = {}
    """By entity name. One that is not listed is looked for by its name, in texts and as a label."""


class LinearSettings(TrackerSettings):
    """The section `linear`."""

    url: ApiUrl = "https://api.linear.app"
    """Base address; `/graphql` is added."""
    token: SecretStr
    """A personal API key (`lin_api_...`), or an OAuth token. By `env:` or `file:`."""
    teams: Annotated[
        dict[str, LinearTeam], require_keys(_KEY, "a team's key; write it as it stands before the issues' numbers: ENG")
    ] = Field(min_length=1)
    """By key: the teams whose issues are searched, and where issues may be created."""
