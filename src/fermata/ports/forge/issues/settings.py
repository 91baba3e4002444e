"""Where cards stand as issues, and how comments come in, whichever forge it is."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class ForgeApprovalSettings(BaseModel):
    """Cards as issues of a repository, decided by comments."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    repository: str
    """Where issues are opened: `owner/name`, on GitLab the whole path. Everybody who can read it reads the cards;
    whoever may write there, and is one of `people`, may decide."""
    rooms: tuple[str, ...] = ()
    """Further repositories that routes name, as `github:shop/payments` or `gitlab:shop/payments`. No other one gets a
    card."""
    label: str = Field(default="fermata", min_length=1, max_length=50, pattern=r"^[^,\s][^,]*$")
    """Stands on every issue of Fermata's."""
    poll_s: float = Field(default=60.0, ge=1, le=3600)
    """How often new comments are asked for, also where webhooks come: one that is lost then costs a minute. As often,
    or as often as another channel looks at its cards, the issues of plans that wait are looked at, one every 3 s at
    most: of more than 20, each has its turn later. 60: one call a minute is a hundredth of what GitHub allows, and
    twenty looks are a third."""
    public: bool = False
    """Whether cards may stand where everybody reads them. They name hosts, people, commits and diffs, so that
    `fermata check` calls a public repository a fault unless this says that it is meant."""
    webhook_secret: SecretStr | None = None
    """Proves that a webhook is the forge's; by `env:` or `file:`, 16 characters at least. `None`: none is taken,
    comments are asked for."""

    @field_validator("repository", "rooms")
    @classmethod
    def _require_names(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in (value,) if isinstance(value, str) else value:
            if not all(name.split("/")) or "/" not in name:
                message = f"{name!r} is no repository; write owner/name, on GitLab the whole path group/project"
                raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_strong_secret(self) -> Self:
        if self.webhook_secret is not None and len(self.webhook_secret.get_secret_value()) < 16:
            message = "webhook_secret needs at least 16 characters: `openssl rand -hex 32` makes one"
            raise ValueError(message)
        return self

    def list_repositories(self) -> tuple[str, ...]:
        """Return every repository that gets cards, each once."""
        return tuple(dict.fromkeys((self.repository, *self.rooms)))
