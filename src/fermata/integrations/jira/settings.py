"""Where Jira is, and which of its projects concern us."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from fermata.ports.api_settings import ApiUrl, OptionalApiUrl, require_keys
from fermata.ports.tracker.records import PRIORITIES
from fermata.ports.tracker.settings import TicketService, TrackerSettings

# Jira's default for keys; Data Center may be told to take others.
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,254}")


class JiraService(TicketService):
    """How issues about one service are told in one project."""

    components: tuple[str, ...] = ()
    """Components of the project that mean it. Jira refuses a search for one that does not exist."""


class JiraProject(BaseModel):
    """One project."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    issue_type: str = "Task"
    """Type of an issue that is created, in the project's language."""
    services: dict[str, JiraService] = {}
    """By entity name. One that is not listed is looked for by its name, in texts and as a label."""


class JiraSettings(TrackerSettings):
    """The section `jira`."""

    url: ApiUrl
    """`https://<site>.atlassian.net`, or the base address of your own server. For a token with scopes
    `https://api.atlassian.com/ex/jira/<cloud id>`, and `page_url` beside it."""
    edition: Literal["cloud", "server"] = "cloud"
    """`server`: Data Center and Server, REST API 2; `token` is then a personal access token, sent as a bearer."""
    email: str | None = None
    """Of the account that the token belongs to; Cloud asks for it."""
    token: SecretStr
    """An API token (Cloud) or a personal access token (Data Center). By `env:` or `file:`."""
    page_url: OptionalApiUrl = ""
    """Address of the pages that people open, when it is not `url`."""
    projects: Annotated[
        dict[str, JiraProject],
        require_keys(_KEY, "a project's key; write it as it stands before the issues' numbers: SHOP"),
    ] = Field(min_length=1)
    """By key: the projects that are searched, and where issues may be created."""
    priorities: dict[str, str] = Field(
        default_factory=lambda: {"urgent": "Highest", "high": "High", "medium": "Medium", "low": "Low"}
    )
    """What the four words of the action's priority are called in this Jira. The default is Jira's own."""

    @field_validator("priorities")
    @classmethod
    def _require_words(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(PRIORITIES))
        if unknown:
            message = f"{unknown[0]!r} is none of {', '.join(PRIORITIES)}"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_login(self) -> Self:
        if (self.edition == "cloud") != (self.email is not None):
            message = "edition cloud needs email beside the token, and edition server takes none"
            raise ValueError(message)
        return self
