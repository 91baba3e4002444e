"""Issues of a forge for `ports.tracker.create`: held against the repository, found again by their mark, made once.

The mark is looked for in the lists of issues and never in the forge's search: that one knows a new issue only after a
while, and what it does not know yet would be made a second time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from fermata.kit.errors import OperationalError, UserError
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.ports.forge.tickets.records import Home, TicketCalls, TicketForge
from fermata.ports.forge.tickets.text import bears, write_body
from fermata.ports.json_api import NotThere
from fermata.ports.tracker.records import Draft, Prepared, Ticket, TrackerWords


class ForgeMaker:
    """Opens sessions over the repositories of the settings."""

    def __init__(self, forge: TicketForge[Any], repositories: Sequence[str]) -> None:
        self._forge = forge
        self._repositories = tuple(repositories)

    @property
    def words(self) -> TrackerWords:
        """Return how the forge calls things."""
        return self._forge.words

    @property
    def places(self) -> tuple[str, ...]:
        """Return the repositories of the settings, as they are written there."""
        return self._repositories

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ForgeMakerSession]:
        """Open a session; the connections of each repository are kept until it is closed."""
        async with AsyncExitStack() as stack:
            yield ForgeMakerSession(self._forge, stack)


class ForgeMakerSession:
    """The repositories of one forge. Every method raises `OperationalError` when the forge fails it."""

    def __init__(self, forge: TicketForge[Any], stack: AsyncExitStack) -> None:
        self._forge = forge
        self._stack = stack
        self._opened: dict[str, TicketCalls] = {}

    async def describe_place(self, place: str) -> str:
        """Return the repository's name as the forge writes it.

        Raises:
            NotThere: It does not exist, or this token may not see it.
        """
        return (await (await self._find(place)).fetch_home()).name

    async def describe_rights(self, place: str) -> str:
        """Say what is known of the token's right to open issues in a repository, without opening one.

        Raises:
            OperationalError: It has none, or there are no issues; the message says what to do.
        """
        return await (await self._find(place)).describe_rights()

    async def prepare(self, place: str, draft: Draft) -> Prepared:
        """Hold a draft against the repository's labels and open issues.

        Raises:
            UserError: The repository takes no issues, a label is not there or would be dropped, or the text is too long
                once it is written so that it mentions nobody.
        """
        calls = await self._find(place)
        home = await self._find_home(calls, place)
        labels = await self._find_labels(calls, home, draft)
        if len(write_body(draft.description, MARK_PLACEHOLDER)) > self._forge.longest:
            raise UserError(
                f"The description is too long for {self._forge.words.name}",
                why=f"An issue holds {self._forge.longest} characters, with what keeps names and signs harmless",
                do="Shorten it",
            )
        posts = await calls.list_open()
        return Prepared(
            head=(f"repository: {home.name}", *([f"labels: {', '.join(labels)}"] if labels else [])),
            version={"repository": home.name, "labels": sorted(labels)},
            twins=tuple(one.ticket for one in posts.items if one.ticket.title == draft.title and not one.is_request),
        )

    async def find_marked(self, place: str, mark: str, since: datetime) -> Ticket | None:
        """Return the issue that bears the mark, among those that this account opened since then.

        Raises:
            OperationalError: There are too many of them, so that nobody knows.
        """
        posts = await (await self._find(place)).list_own(since)
        found = next((one.ticket for one in posts.items if bears(one.body, mark) and not one.is_request), None)
        if found is None and not posts.is_whole:
            raise OperationalError(
                f"Whether {place} has the issue with the mark {mark} cannot be told",
                why=f"{len(posts.items)} newer issues were looked through, and there are more",
                do="Look for the mark there; an account of its own for Fermata makes the list short",
            )
        return found

    async def create(self, place: str, draft: Draft, mark: str) -> Ticket:
        """Open the issue with the mark in its text. Sent once."""
        calls = await self._find(place)
        # As the forge writes them: GitHub would take another letter case for the same label, GitLab for a new one.
        labels = list((await calls.find_labels(draft.labels)).values()) if draft.labels else []
        return await calls.post(draft.title, write_body(draft.description, mark), labels)

    async def _find(self, place: str) -> TicketCalls:
        if place not in self._opened:
            self._opened[place] = await self._stack.enter_async_context(self._forge.open_tickets(place))
        return self._opened[place]

    async def _find_home(self, calls: TicketCalls, place: str) -> Home:
        try:
            home = await calls.fetch_home()
        except NotThere as error:
            do = f"Correct {self._forge.words.system}.repositories, or let the token see it"
            raise UserError(f"No issue can be created in {place}", why=error.what, do=do) from error
        if home.closed:
            raise UserError(f"No issue can be created in {place}", why=home.closed, do="Take another repository")
        return home

    async def _find_labels(self, calls: TicketCalls, home: Home, draft: Draft) -> list[str]:
        if not draft.labels:
            return []
        if home.unlabelled:
            raise UserError(
                f"An issue of {home.name} would get no labels", why=home.unlabelled, do="Leave the labels out"
            )
        known = await calls.find_labels(draft.labels)
        missing = [name for name in draft.labels if name not in known]
        if missing:
            raise UserError(
                f"{home.name} has no label {', '.join(missing)}",
                why="Only labels that exist are put on an issue",
                do=f"Make the label in {self._forge.words.name}, or leave it out",
            )
        return [known[name] for name in draft.labels]
