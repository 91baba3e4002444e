"""The settings of rehearsals: where faults may be injected at all, how far, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fermata.domain.record import Text
from fermata.domain.sandbox import RunLimits
from fermata.rules.notices import find_channel
from fermata.rules.slots import WEEKDAYS, Slot
from fermata.settings.duration import Duration, PositiveDuration

_LIMITS = RunLimits()
_LABEL = re.compile(r"[^=\s]+=[^=\s]+")


class SlotSettings(BaseModel):
    """The weekly time that scheduled rehearsals run in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    """In UTC. A day on which those are at work who would mend what breaks."""
    begins: time
    """In UTC, as `10:00`."""
    lasts: Annotated[Duration, Field(gt=timedelta(0), lt=timedelta(days=1))] = timedelta(hours=2)
    """What has not begun by then waits a week. 2 h: time for a few, one after the other."""

    @field_validator("begins", mode="before")
    @classmethod
    def _refuse_numbers(cls, value: object) -> object:
        # `begins: 10` would be ten seconds past midnight.
        if isinstance(value, int | float):
            message = f"{value} is no time of day; write it like 10:00"
            raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors with the other faults
        return value

    def build(self) -> Slot:
        """Return the slot as flows take it."""
        return Slot(weekday=WEEKDAYS.index(self.weekday), begins=self.begins, lasts=self.lasts)


class ChaosSettings(BaseModel):
    """Rehearsals. Nothing is injected anywhere until `namespaces` or `targets` say where, and a guardrail who may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    namespaces: tuple[Text, ...] = ()
    """Namespaces of a cluster that faults may be injected into, letter by letter. Empty: none."""
    targets: tuple[Text, ...] = ()
    """Calls that a proxy may disturb: `checkout->payment`, or `checkout` for all of its calls. Empty: none."""
    longest: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(hours=1))] = _LIMITS.longest
    """The longest a fault may last. 5m: pools fill and retries build up in it, and somebody can watch it whole."""
    longest_lease: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(minutes=15))] = _LIMITS.longest_lease
    """How long a fault may outlive a runner that died. 1m: nobody should have to wait longer."""
    max_percent: float = Field(default=_LIMITS.max_percent, gt=0, le=100)
    """Of a service's replicas that may be hit at once; a service of one replica is hit whole. 50: half still serves."""
    sandbox_label: str = _LIMITS.sandbox_label
    """What a namespace must carry, as `name=value`: whoever owns it has said yes there."""
    production_words: tuple[Text, ...] = _LIMITS.production_words
    """A name, label or host that carries one of these is never rehearsed on, whatever else is said. Empty: none is."""
    wait: PositiveDuration = timedelta(minutes=30)
    """How long a proposed rehearsal waits for a person. 30m: one sitting, as for plans."""
    slot: SlotSettings | None = None
    """When scheduled rehearsals run; empty: never."""
    announce: tuple[Text, ...] = ()
    """Where cards of rehearsals go: channels or rooms (`slack:C0123`). Empty: every channel."""

    @field_validator("sandbox_label")
    @classmethod
    def _require_pair(cls, value: str) -> str:
        if not _LABEL.fullmatch(value):
            message = f"write it like {_LIMITS.sandbox_label}"
            raise ValueError(message)
        return value

    def build(self) -> RunLimits:
        """Return the limits as rules take them."""
        return RunLimits(
            longest=self.longest,
            longest_lease=self.longest_lease,
            max_percent=self.max_percent,
            namespaces=self.namespaces,
            targets=self.targets,
            production_words=self.production_words,
            sandbox_label=self.sandbox_label,
        )


def find_unannounced(chaos: ChaosSettings, systems: Iterable[str]) -> list[str]:
    """Return the channels that `chaos.announce` names and no section configures, sorted."""
    return sorted({find_channel(address) for address in chaos.announce} - set(systems))
