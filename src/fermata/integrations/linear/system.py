"""Linear as the house sees it: one collector, one action, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.linear.client import KEY, LinearTracker
from fermata.integrations.linear.settings import LinearSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult
from fermata.ports.tracker.system import TrackerSystem


class Linear(TrackerSystem):
    """Issues in Linear."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = LinearSettings

    def __init__(self, settings: LinearSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._tracker: LinearTracker = LinearTracker(settings, clock)

    async def check(self) -> Sequence[CheckResult]:
        """Look whose key it is, and whether it sees each team. Whether it may create issues, Linear does not tell."""
        async with self._tracker.open() as session:
            try:
                viewer = await session.fetch_viewer()
            except OperationalError as error:
                return (CheckResult(name=f"{KEY}: key", ok=False, text=str(error)),)
            findings = [CheckResult(name=f"{KEY}: key", ok=True, text=f"it is {viewer}'s, and may read")]
            for place in self._tracker.places:
                try:
                    text, ok = f"{await session.describe_place(place)} can be read", True
                except OperationalError as error:
                    text, ok = str(error), False
                findings.append(CheckResult(name=f"{KEY}: {place}", ok=ok, text=text))
        return findings
