"""Whether the tracker answers for a project or team: the steady state of what an issue is made in."""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.kit.clock import Clock
from fermata.ports.json_api import NotThere
from fermata.ports.tracker.create import name_place
from fermata.ports.tracker.records import Tracker


class PlaceProbe:
    """Reads `jira:project/*`, `linear:team/*`."""

    def __init__(self, tracker: Tracker, clock: Clock) -> None:
        self._tracker = tracker
        self._clock = clock
        self._places = {name_place(tracker.words, place).ref: place for place in tracker.places}

    def handles(self, entity: Entity) -> bool:
        """Answer whether it is a place of the settings."""
        return entity.ref in self._places

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return healthy when the place is there. It has no history that `stable_for` could be held against.

        Raises:
            OperationalError: The tracker cannot be asked.
        """
        del stable_for
        place = self._places[entity.ref]
        async with self._tracker.open() as session:
            try:
                text, healthy = f"{await session.describe_place(place)} answers", True
            except NotThere:
                text, healthy = f"{self._tracker.words.name} has no {self._tracker.words.place} {place}", False
        return HealthReading(
            entity=entity, healthy=healthy, text=text, severity=0 if healthy else 1, at=self._clock.now()
        )
