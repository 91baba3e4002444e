"""Where alerts come from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from fermata.domain.alert import AlertBatch


class SourceSettings(BaseModel):
    """Nothing to set: it calls Fermata, not the other way round (the intake's token is the web server's)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlertSource(Protocol):
    """Turns one webhook body into alerts."""

    @property
    def name(self) -> str:
        """Return the last part of the intake path: `/v1/alerts/<name>`."""
        ...

    def parse(self, body: bytes, received_at: datetime) -> AlertBatch:
        """Return the alerts of a body. Pure.

        Raises:
            UserError: The body is not what this source sends; the message names the field and what was expected.
        """
        ...
