"""What Fermata itself recorded of an incident, as a post-mortem tells it: nobody has to guess what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.trail import Entry


class FactPlace(StrEnum):
    """Where in a post-mortem a fact stands."""

    LINE = "line"
    """In the timeline."""
    FACTOR = "factor"
    """Among the candidates for contributing factors: a diagnosis is a hypothesis, never a fact."""
    IMPACT = "impact"
    """What the alert itself says of its effect."""
    NOWHERE = "nowhere"
    """It only gives a key time."""


@dataclass(frozen=True, slots=True)
class OwnFact:
    """One fact, cited from the journal."""

    entry: Entry
    place: FactPlace = FactPlace.LINE
    key_time: str = ""
    """The key time that it gives where nobody said a better one: `detected`, `mitigated` or `resolved`."""
    why: str = ""
    """What the key time is taken from, in words."""
    names: tuple[str, ...] = ()
    """Names of alerts that it tells: a bot that told the same in a chat tells it once with this."""
    shows_trouble: bool = False
    """It was measured then that it was not over: whoever said so before was wrong, or spoke of a part."""
