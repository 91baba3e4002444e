"""Which fault proxies there are."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


def check_control(value: str) -> str:
    """Return a control address as `host:port`.

    Raises:
        ValueError: It is none.
    """
    parts = urlsplit(f"//{value}")
    if not parts.hostname or not parts.port or parts.username is not None or parts.netloc != value:
        message = "write it like 127.0.0.1:8474"
        raise ValueError(message)
    return value


class ProxySettings(BaseModel):
    """One running `fermata chaos proxy`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    edge: str = Field(pattern=r"^[^\s>]+(->[^\s>]+)?$")
    """What goes through it: `checkout->payment`, or `payment` where all its callers do."""
    control: Annotated[str, AfterValidator(check_control)] = "127.0.0.1:8474"
    """Its control port, `host:port`. On another machine, through a tunnel of your own: it listens on loopback only."""
    token: SecretStr
    """What its `--token-file` holds. By `env:` or `file:`."""


class FaultProxySettings(BaseModel):
    """The section `faultproxy`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    proxies: tuple[ProxySettings, ...] = Field(min_length=1)
    """Every proxy that rehearsals may use. What is not listed here is never asked to break anything."""
    timeout_s: float = Field(default=1.0, gt=0, le=10)
    """Of one request to a control port. 1: a third of the shortest lease one would use, so that a lost answer does not
    cost the fault."""

    @model_validator(mode="after")
    def _require_distinct(self) -> Self:
        for what, values in (
            ("edge", [proxy.edge for proxy in self.proxies]),
            ("control port", [proxy.control for proxy in self.proxies]),
        ):
            if len(set(values)) != len(values):
                message = f"two proxies have the same {what}"
                raise ValueError(message)
        return self
