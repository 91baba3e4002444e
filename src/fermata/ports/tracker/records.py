"""What a tracker integration gives and is given: tickets as they are read, drafts as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

PRIORITIES = ("urgent", "high", "medium", "low")
"""The words of the parameter; each tracker has its own for them."""


@dataclass(frozen=True, slots=True)
class TrackerWords:
    """How one tracker calls things."""

    system: str
    """The integration's name: `jira`."""
    name: str
    """As people call it: `Jira`."""
    place: str
    """What an issue lives in, a noun and the entities' kind: `project`, `team`, `repository`."""
    label_pattern: str
    """What a label may be, as a regular expression."""
    longest_title: int
    has_priorities: bool = True
    """Whether its issues have any; where not, none can be asked for."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below an issue."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One issue as the tracker has it now."""

    key: str
    """`SHOP-12`."""
    title: str
    state: str
    """In the tracker's words."""
    is_open: bool
    created_at: datetime
    updated_at: datetime
    url: str
    priority: str = ""
    assignee: str = ""
    labels: tuple[str, ...] = ()
    place: str = ""
    """The key of its project or team."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    names: tuple[str, ...]
    """Of the scope's entities, most specific first; texts are searched for them."""
    changed_since: datetime
    """Closed issues count only if they changed since."""
    most: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought, the issue changed last first."""

    tickets: tuple[Ticket, ...]
    query: str
    """As a person can put it again."""
    left_out: str = ""
    """In words; empty when the answer was whole."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue to be made."""

    title: str
    description: str
    labels: tuple[str, ...]
    priority: str | None
    """One of `PRIORITIES`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft held against the tracker as it is now."""

    head: tuple[str, ...]
    """Lines that say what else the issue will have: its project, type, priority in the tracker's own words."""
    version: Mapping[str, Any]
    """What it rests on, as JSON types: another one is another issue."""
    twins: tuple[Ticket, ...] = field(default=())
    """Open issues of exactly the same title."""


class MakerSession(Protocol):
    """What it takes to make an issue, over one set of connections.

    Every method raises `OperationalError` when the tracker fails it.
    """

    async def describe_place(self, place: str) -> str:
        """Return in words what the place is: `SHOP (Shop)`."""
        ...

    async def prepare(self, place: str, draft: Draft) -> Prepared:
        """Hold a draft against the place. Changes nothing.

        Raises:
            UserError: The place cannot take it: no such priority, no such label, a field that must be filled in.
        """
        ...

    async def find_marked(self, place: str, mark: str, since: datetime) -> Ticket | None:
        """Return the issue that carries the mark; `None` when there is certainly none.

        Args:
            since: No issue with that mark is older; a tracker that finds marks by themselves need not care.
        """
        ...

    async def create(self, place: str, draft: Draft, mark: str) -> Ticket:
        """Make the issue with the mark in it. Sent once."""
        ...


class TrackerSession(MakerSession, Protocol):
    """What it takes to read issues, too."""

    async def search(self, search: Search) -> Found:
        """Return issues of the settings' places about the names."""
        ...

    async def find_comment(self, key: str) -> Comment | None:
        """Return the latest comment on an issue; `None` without one."""
        ...


class Maker(Protocol):
    """Opens sessions in which issues are made: a tracker, or a forge."""

    @property
    def words(self) -> TrackerWords:
        """Return how it calls things."""
        ...

    @property
    def places(self) -> Sequence[str]:
        """Return the names of the projects, teams or repositories of the settings."""
        ...

    def open(self) -> AbstractAsyncContextManager[MakerSession]:
        """Open a session; its connections are kept until it is closed."""
        ...


class Tracker(Protocol):
    """Opens sessions."""

    @property
    def words(self) -> TrackerWords:
        """Return how it calls things."""
        ...

    @property
    def places(self) -> Sequence[str]:
        """Return the keys of the projects or teams of the settings."""
        ...

    def open(self) -> AbstractAsyncContextManager[TrackerSession]:
        """Open a session; its connections are kept until it is closed."""
        ...
