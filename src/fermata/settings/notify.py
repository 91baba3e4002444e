"""The settings that decide where cards go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fermata.domain.record import Text
from fermata.rules.notices import Digests, Notify, QuietHours, Route, find_channel
from fermata.settings.duration import Duration, PositiveDuration


class RouteSettings(Route):
    """A route as written in the file: durations in words."""

    escalate_after: PositiveDuration | None = None
    """How long a plan may wait before it goes to `escalate_to` besides; empty: as `notify.escalate_after` says."""


class QuietSettings(QuietHours):
    """Quiet hours as written in the file."""

    @field_validator("begins", "ends", mode="before")
    @classmethod
    def _refuse_numbers(cls, value: object) -> object:
        # `begins: 22` would be twenty-two seconds past midnight.
        if isinstance(value, int | float):
            message = f"{value} is no time of day; write it like 22:00"
            raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors with the other faults
        return value


class DigestSettings(Digests):
    """Digests as written in the file."""

    every: Annotated[Duration, Field(ge=timedelta(minutes=5), le=timedelta(hours=24))] = Digests().every
    """The span, counted from midnight UTC. 24h: one card a day."""


class NotifySettings(BaseModel):
    """Where cards go, and when. Without routes: to every channel, at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    routes: tuple[RouteSettings, ...] = ()
    """The first that covers an incident decides; the order is that of the file."""
    quiet: QuietSettings | None = None
    """Hours in which low severities wait until morning."""
    digest: DigestSettings = DigestSettings()
    """Low severities in one card for a span of time."""
    fallback: tuple[Text, ...] = ()
    """The first of these whose channel works gets the cards of a channel that fails, as well."""
    fallback_after: PositiveDuration = Notify().fallback_after
    """How long a channel has to have failed. 1m: what a restart of a chat takes is no reason to wake others."""
    escalate_to: tuple[Text, ...] = ()
    """Where a plan goes besides when nobody decides in time; empty: nowhere."""
    escalate_after: PositiveDuration | None = None
    """How long a plan may wait before that; empty: half of the time it is open."""

    @model_validator(mode="after")
    def _require_distinct_ids(self) -> NotifySettings:
        ids = [route.id for route in self.routes]
        if len(set(ids)) != len(ids):
            message = f"two routes share an id: {sorted({i for i in ids if ids.count(i) > 1})}"
            raise ValueError(message)
        return self

    def list_addresses(self) -> list[str]:
        """Return every address that cards may go to."""
        addresses = [*self.fallback, *self.escalate_to]
        for route in self.routes:
            addresses += [*route.addresses, *route.escalate_to]
        return addresses

    def list_channels(self) -> set[str]:
        """Return every channel that an address names."""
        return {find_channel(address) for address in self.list_addresses()}

    def build(self) -> Notify:
        """Return the settings as flows take them."""
        return Notify.model_validate(self.model_dump())


def find_unknown(notify: NotifySettings, systems: Iterable[str]) -> list[str]:
    """Return the channels that addresses name and no section configures, sorted."""
    return sorted(notify.list_channels() - set(systems))
