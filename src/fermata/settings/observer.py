"""The settings of the silent observer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fermata.flows.observing import Observing
from fermata.settings.duration import PositiveDuration


class ObserverSettings(BaseModel):
    """The silent observer: what is said during incidents, kept for post-mortems (docs/observer.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    """No: nothing that is said is kept, and a post-mortem is drafted from what a chat's history still tells."""
    rooms: tuple[str, ...] = ()
    """Which rooms are observed, as addresses: `slack:C0123ABCD`, `discord:1234567890`. Empty: those that cards are
    posted to. Other rooms are never looked at."""
    keep: PositiveDuration = Field(default=Observing().keep, le=timedelta(days=365))
    """How long what was said is kept. 14 days: a post-mortem is written within two weeks, or never."""

    template: Path | None = None
    """A file with your own text for post-mortems (docs/postmortem.md), read for each draft. None: the shipped one."""

    @field_validator("rooms")
    @classmethod
    def _require_addresses(cls, rooms: tuple[str, ...]) -> tuple[str, ...]:
        for address in rooms:
            platform, _, room = address.partition(":")
            if not platform or not room:
                message = f"{address!r} is no room; write it like slack:C0123ABCD"
                raise ValueError(message)
        return rooms

    def build(self, addresses: Iterable[str], homes: Mapping[str, str]) -> Observing:
        """Return the settings as flows take them.

        Args:
            addresses: Where routes send cards.
            homes: By chat, the room of cards where no route says another.
        """
        named = frozenset(self.rooms)
        observing = Observing(common=named, homes=homes, keep=self.keep, template=self.template)
        if not self.enabled:
            return observing
        # The chat's own room gets what no route covers.
        posted = map(observing.find_room, (*addresses, *homes))
        return replace(observing, rooms=named or frozenset(filter(None, posted)))
