"""Runbooks as the house sees them: where they lie, one collector each, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from fermata.integrations.runbooks.collect import RunbookCollector
from fermata.integrations.runbooks.library import Library, LibrarySettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.collector import Collector
from fermata.ports.system import CheckResult, System


class RunbooksSettings(BaseModel):
    """Where the team's pages are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    libraries: tuple[LibrarySettings, ...] = Field(min_length=1)
    """Folders and repositories on this machine; nothing is ever fetched."""


class Runbooks(System):
    """The team's pages."""

    name: ClassVar[str] = "runbooks"
    Settings: ClassVar[type[BaseModel]] = RunbooksSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._libraries = tuple(Library(item) for item in settings.libraries)

    def list_collectors(self) -> Sequence[Collector]:
        """Return one for each library: one that cannot be read leaves the others whole."""
        return tuple(RunbookCollector(library, self.clock) for library in self._libraries)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether each library can be read, and holds pages."""
        return [await _check(library) for library in self._libraries]


async def _check(library: Library) -> CheckResult:
    name, place = f"runbooks: {library.settings.path}", f"{library.settings.pattern}"
    try:
        listing = await library.list_pages()
    except OperationalError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    if not listing.pages:
        return CheckResult(name=name, ok=False, text=f"no page matches {place}; set runbooks.libraries.pattern")
    if unreadable := await library.list_unreadable(listing):
        text = f"{len(unreadable)} of {len(listing.pages)} pages cannot be read, {unreadable[0]} first: chmod a+r"
        return CheckResult(name=name, ok=False, text=f"{text}, or run as a user who may")
    at = f" at {listing.ref[:10]}" if listing.ref else ""
    left = f"; {listing.left_out} are too large or too many to be searched" if listing.left_out else ""
    return CheckResult(name=name, ok=True, text=f"{len(listing.pages)} pages{at}{left}")
