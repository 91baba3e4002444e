"""What is said of one service to any tracker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from fermata.ports.api_settings import ApiSettings


class TicketService(BaseModel):
    """How issues about one service are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    labels: tuple[str, ...] = ()
    """Labels that mean it."""
    words: tuple[str, ...] = ()
    """Further names it goes by in texts; its own is always looked for."""


class TrackerSettings(ApiSettings):
    """What every tracker's section has."""

    recent_days: int = Field(default=14, ge=0, le=365)
    """Closed issues count if they changed within so many days. 14: what was mended last sprint breaks again. 0: only
    open ones."""
    most: int = Field(default=10, ge=1, le=50)
    """Issues collected for an incident, the one changed last first. 10: more is not read at night."""


def list_words(services: Mapping[str, TicketService], names: Sequence[str]) -> tuple[str, ...]:
    """Return what texts are searched for: the names, and what the settings add to them."""
    further = [word for name in names if name in services for word in services[name].words]
    return tuple(dict.fromkeys([*names, *further]))


def list_service_labels(services: Mapping[str, TicketService], names: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that mean the names: those of the settings, and the names themselves."""
    own = [label for name in names if name in services for label in services[name].labels]
    return tuple(dict.fromkeys([*own, *names]))
