"""What the settings of every chat have in common."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr

from fermata.ports.api_settings import ApiSettings


class ChatSettings(ApiSettings):
    """A chat with cards that have buttons."""

    proxy: SecretStr | None = None
    """Address of an HTTP proxy, for calls and for the connection that brings clicks; it may hold a password. `None`:
    none is used."""
    snooze_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """How long the button Snooze keeps an incident still. 60: long enough for a meeting, too short to forget it."""

    @property
    def proxy_url(self) -> str | None:
        """Return the proxy's address as the clients take it."""
        return self.proxy.get_secret_value() if self.proxy else None

    @property
    def snooze(self) -> timedelta:
        """Return the span of the button Snooze."""
        return timedelta(minutes=self.snooze_minutes)
