"""Jira as the house sees it: one collector, one action, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.jira.client import CREATE, KEY, READ, JiraSession, JiraTracker
from fermata.integrations.jira.settings import JiraSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.ports.json_api import NotThere
from fermata.ports.system import CheckResult
from fermata.ports.tracker.records import Draft
from fermata.ports.tracker.system import TrackerSystem

_NAMES = {READ: "Browse Projects", CREATE: "Create Issues"}
_TRIAL = Draft("fermata check", "", (), None)


class Jira(TrackerSystem):
    """Issues in Jira."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = JiraSettings

    def __init__(self, settings: JiraSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._tracker: JiraTracker = JiraTracker(settings, clock)

    async def check(self) -> Sequence[CheckResult]:
        """Look at each project: which permission is missing, and whether an issue could be created."""
        async with self._tracker.open() as session:
            return [finding for place in self._tracker.places for finding in await _check_project(session, place)]


async def _check_project(session: JiraSession, place: str) -> list[CheckResult]:
    name = f"{KEY}: {place}"
    try:
        held = await session.fetch_permissions(place)
        missing = [f"{_NAMES[one]} ({one})" for one, has in held.items() if not has]
        if READ in held and not held[READ]:
            text = f"this account lacks {' and '.join(missing)} in {place}; an administrator of the project grants it"
            return [CheckResult(name=name, ok=False, text=text)]
        found = CheckResult(name=name, ok=True, text=f"{await session.describe_place(place)} can be read")
        if missing:
            text = f"this account lacks {' and '.join(missing)} in {place}: issues are read, and none can be created"
            return [found, CheckResult(name=f"{name}: creating", ok=False, text=text)]
        return [found, await _check_creating(session, place)]
    except NotThere as error:
        text = f"Jira has no project {place} that this account may see. {error.why}"
        return [CheckResult(name=name, ok=False, text=text)]
    except FermataError as error:
        return [CheckResult(name=name, ok=False, text=str(error))]


async def _check_creating(session: JiraSession, place: str) -> CheckResult:
    name = f"{KEY}: {place}: creating"
    try:
        prepared = await session.prepare(place, _TRIAL)
    except FermataError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=True, text=f"an issue can be created ({prepared.head[1]})")
