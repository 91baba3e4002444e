"""What each forge gives so that tickets can be made there: five calls over lists that every forge has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from fermata.ports.tracker.records import Ticket, TrackerWords

S = TypeVar("S")
"""The issues of a repository over open connections, as the forge itself has them."""


@dataclass(frozen=True, slots=True)
class Home:
    """A repository as issues see it."""

    name: str
    """As the forge writes it now."""
    closed: str = ""
    """Why no issue can be opened in it; empty: one can."""
    unlabelled: str = ""
    """Why an issue would get no labels; empty: it would get them, or the forge does not tell."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One issue that is there."""

    ticket: Ticket
    body: str
    is_request: bool = False
    """A pull request, which some lists hold too."""


@dataclass(frozen=True, slots=True)
class Posts:
    """A list of issues, the newest first."""

    items: tuple[Posted, ...]
    is_whole: bool
    """False when there are more of those that were asked for."""


class TicketCalls(Protocol):
    """One repository over open connections. Every call may raise `OperationalError`."""

    async def fetch_home(self) -> Home:
        """Return what the forge says of the repository.

        Raises:
            NotThere: It does not exist, or this token may not see it.
        """
        ...

    async def find_labels(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return those of the labels that are there, by the name asked for: the name as the forge writes it."""
        ...

    async def list_own(self, since: datetime) -> Posts:
        """Return the issues that this account opened, closed ones too, back to an instant or further.

        Where the forge does not say whose token it is, everybody's.
        """
        ...

    async def list_open(self) -> Posts:
        """Return the open issues, those that were opened last."""
        ...

    async def post(self, title: str, body: str, labels: Sequence[str]) -> Ticket:
        """Open an issue. Sent once."""
        ...

    async def describe_rights(self) -> str:
        """Say what is known of the token's right to open issues, without opening one.

        Raises:
            OperationalError: It has none, or there are no issues; the message says what to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class TicketForge(Generic[S]):
    """Opens repositories for their tickets, which are issues. Holds no connection."""

    words: TrackerWords
    """How the forge calls things."""
    longest: int
    """How many characters the text of an issue holds."""
    open_issues: Callable[[str], AbstractAsyncContextManager[S]]
    read: Callable[[S], TicketCalls]

    @asynccontextmanager
    async def open_tickets(self, repository: str) -> AsyncIterator[TicketCalls]:
        """Open one repository; its connections are kept until it is closed."""
        async with self.open_issues(repository) as session:
            yield self.read(session)
