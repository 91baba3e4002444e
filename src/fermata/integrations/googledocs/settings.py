"""Who Fermata is at Google, and into which folders of Drive it may publish."""

from __future__ import annotations

import json
import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from fermata.ports.api_settings import ApiSettings, ApiUrl

_ID = re.compile(r"[\w-]{10,200}")


class ServiceAccount(BaseModel):
    """What Fermata reads of a service account's key file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    client_email: str
    private_key: SecretStr
    token_uri: str = Field(pattern=r"^https?://")


class GoogleDocsSettings(ApiSettings):
    """The section `googledocs`."""

    url: ApiUrl = "https://www.googleapis.com"
    """Base address of the Drive API."""
    account: SecretStr | None = None
    """A service account's key: the text of the JSON file that Google gives out, by `file:`. Needs PyJWT, which comes
    with the extra `oidc`."""
    token: SecretStr | None = None
    """Instead of it a bearer token that something else keeps fresh. By `env:` or `file:`."""
    timeout_s: float = Field(default=60.0, gt=0, le=120)
    """Longest time for one call. 60: Google converts the document while it answers."""
    folders: dict[str, str] = Field(min_length=1)
    """By a name of your own: the id of the folder that documents are put into, the last part of its address. Of a
    shared drive: a service account owns no storage of its own."""

    @field_validator("folders")
    @classmethod
    def _require_ids(cls, value: dict[str, str]) -> dict[str, str]:
        for name, folder_id in value.items():
            if not _ID.fullmatch(folder_id):
                message = f"{name}: {folder_id!r} is not the id of a folder; it is the last part of its address"
                raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_login(self) -> Self:
        if (self.account is None) == (self.token is None):
            message = "set either account or token"
            raise ValueError(message)
        self.read_account()
        return self

    def read_account(self) -> ServiceAccount | None:
        """Return the service account; `None` where a token is given.

        Raises:
            ValueError: The text is not a service account's key.
        """
        if self.account is None:
            return None
        try:
            return ServiceAccount.model_validate(json.loads(self.account.get_secret_value()))
        except ValueError:
            message = "account is not a service account's key: the JSON file with client_email and private_key"
            # What it was raised from would show the key.
            raise ValueError(message) from None
