"""What the settings of every API have in common: where it is, how long it may take, whom it trusts."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Annotated, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

_V = TypeVar("_V")


def check_api_url(value: str) -> str:
    """Return an API's base address without its last slash.

    Raises:
        ValueError: It is no address, or carries credentials, a query or a fragment.
    """
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "write it like https://api.example.com, with its path prefix if it has one"
        raise ValueError(message)
    if parts.username is not None or parts.password is not None:
        message = "it holds a user name or a password; there are settings for these beside it"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "it holds a query or a fragment; write only the base that the API's paths stand under"
        raise ValueError(message)
    return value.rstrip("/")


ApiUrl = Annotated[str, AfterValidator(check_api_url)]
"""A base address."""
OptionalApiUrl = Annotated[str, AfterValidator(lambda value: value and check_api_url(value))]
"""A base address; empty stands for another setting's."""


def require_keys(pattern: re.Pattern[str], what: str) -> AfterValidator:
    """Return the validator of a mapping whose keys have a form; `what` they are stands in the refusal, in words."""

    def check(value: dict[str, _V]) -> dict[str, _V]:
        for key in value:
            if not pattern.fullmatch(key):
                message = f"{key!r} is not {what}"
                raise ValueError(message)
        return value

    return AfterValidator(check)


class ApiSettings(BaseModel):
    """How an API is asked, whichever it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    timeout_s: float = Field(default=5.0, gt=0, le=120)
    """Longest time for one call, answer included. 5: under the default deadline of a gathering (8 s)."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a server of one's own."""


class LoginSettings(ApiSettings):
    """An API that takes a bearer token, a user name with a password, or nothing."""

    token: SecretStr | None = None
    """Sent as `Authorization: Bearer`. By `env:` or `file:`. `None`: none is sent."""
    username: str | None = None
    """For basic authentication, together with `password`; not beside `token`."""
    password: SecretStr | None = None
    """For basic authentication."""

    @model_validator(mode="after")
    def _require_one_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            message = "username and password go together"
            raise ValueError(message)
        if self.token is not None and self.username is not None:
            message = "set either token or username and password"
            raise ValueError(message)
        return self

    def write_login(self) -> dict[str, str]:
        """Return the header that carries the login; empty without one."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        if self.username is not None and self.password is not None:
            return {"Authorization": write_basic(self.username, self.password)}
        return {}


def write_basic(username: str, password: SecretStr) -> str:
    """Return the value of a header of basic authentication (RFC 7617, in UTF-8)."""
    pair = f"{username}:{password.get_secret_value()}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"
