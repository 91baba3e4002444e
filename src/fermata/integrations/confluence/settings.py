"""Where Confluence is, and which of its spaces may be published to."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fermata.ports.api_settings import ApiSettings, ApiUrl, require_keys

_KEY = re.compile(r"~?[A-Za-z0-9]{1,255}")


class ConfluenceSpace(BaseModel):
    """One space."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    parent: str = Field(default="", pattern=r"^\d*$")
    """Id of the page that new ones are put under: the number in its address. Empty: the space's home page."""


class ConfluenceSettings(ApiSettings):
    """The section `confluence`."""

    url: ApiUrl
    """`https://<site>.atlassian.net`. For a token with scopes `https://api.atlassian.com/ex/confluence/<cloud id>`."""
    email: str
    """Of the account that the token belongs to."""
    token: SecretStr
    """An API token. By `env:` or `file:`."""
    timeout_s: float = Field(default=20.0, gt=0, le=120)
    """Longest time for one call. 20: a page with its drawings is written, and nobody waits for it in an incident."""
    spaces: Annotated[
        dict[str, ConfluenceSpace],
        require_keys(_KEY, "a space's key; write it as it stands in the address behind /spaces/"),
    ] = Field(min_length=1)
    """By key: the spaces that may be published to, and no other."""
