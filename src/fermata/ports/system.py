"""One outside system as the house sees it: the class that the registry names."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.domain.ids import PersonId
from fermata.domain.record import Record, Text
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.action import CatalogueAction
from fermata.ports.channel import Channel, Directory, Listener, Webhook
from fermata.ports.collector import Collector
from fermata.ports.faults import AddressBook, Injector
from fermata.ports.graph import GraphReader
from fermata.ports.health import HealthProbe
from fermata.ports.notes import Notes, Watcher
from fermata.ports.publisher import Publisher
from fermata.ports.sandbox import FaultRules
from fermata.ports.source import AlertSource
from fermata.ports.trail import TrailSource


class CheckResult(Record):
    """One finding of the doctor."""

    name: Text
    """What was looked at: `supervisor: socket`."""
    ok: bool
    text: Text
    """In words; for a failure what is missing and how to fix it."""
    is_partial: bool = False
    """Whether it works, and somebody should know what is lost or not done yet: the words say it. A warning."""


async def look_at(name: str, look: Awaitable[tuple[bool, str]]) -> CheckResult:
    """Return what a look at something found: whether it is well, and words; where it cannot be asked, why."""
    try:
        ok, text = await look
    except OperationalError as error:
        ok, text = False, str(error)
    return CheckResult(name=name, ok=ok, text=text)


class System:
    """Base of every integration: declares its settings and offers what it has. Everything is optional.

    Constructing one opens no connection and does no I/O.
    """

    name: ClassVar[str]
    """The folder's name, the settings section and the prefix of everything it offers."""
    Settings: ClassVar[type[BaseModel]]
    """Its settings; unknown keys are errors."""

    def __init__(self, settings: Any, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock

    async def list_services(self) -> Sequence[str]:
        """Return the names of what it looks after, by which an alert may call it; empty where it cannot tell.

        Raises:
            OperationalError: It cannot be asked.
        """
        return ()

    def list_collectors(self) -> Sequence[Collector]:
        """Return the evidence it can give."""
        return ()

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return its catalogue entries."""
        return ()

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return its health probes."""
        return ()

    def find_source(self) -> AlertSource | None:
        """Return its alert source, if it sends alerts."""
        return None

    def find_channel(self) -> Channel | None:
        """Return its channel, if it can show cards."""
        return None

    def find_listener(self) -> Listener | None:
        """Return what takes its clicks and commands in, if people can answer there."""
        return None

    def find_webhook(self) -> Webhook | None:
        """Return what takes its HTTP requests in, if it sends any."""
        return None

    def find_directory(self) -> Directory | None:
        """Return what knows its groups, if roles can come from there."""
        return None

    def find_trail(self) -> TrailSource | None:
        """Return what tells of an incident's time for its post-mortem, if it can."""
        return None

    def find_publisher(self) -> Publisher | None:
        """Return what publishes post-mortems there, if it can."""
        return None

    def find_graph_reader(self) -> GraphReader | None:
        """Return what tells of the service graph, if it can."""
        return None

    def attach_notes(self, notes: Notes) -> None:
        """Take the notes that outlive the process; called once, before anything else is asked of it."""
        del notes

    def find_watcher(self) -> Watcher | None:
        """Return what looks at it now and then, if it forgets what will be asked about."""
        return None

    def find_injector(self, rules: FaultRules) -> Injector | None:
        """Return what injects its faults, if it can.

        Args:
            rules: Asked anew before every injection; an injector creates nothing that they do not allow.
        """
        del rules
        return None

    def find_address_book(self) -> AddressBook | None:
        """Return what knows whose an address is, if it can."""
        return None

    async def check(self) -> Sequence[CheckResult]:
        """Look whether it is reachable and what is missing. Never raises for an expected failure."""
        return ()

    async def check_people(self, handles: Mapping[PersonId, str]) -> Sequence[CheckResult]:
        """Look whether those who may decide are known there: a click by another account never counts.

        Asked only when nothing else was missing.

        Args:
            handles: Person id -> what the settings say that this system calls them.
        """
        del handles
        return ()
