"""Tickets as issues on GitLab: the calls behind `ports.forge.tickets`, REST API v4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from fermata.integrations.gitlab.channel import READING, WRITING, GitLabIssueSession
from fermata.integrations.gitlab.issue_wire import IssueAnswer, KnownLabelAnswer, TicketProjectAnswer
from fermata.integrations.gitlab.refusals import KEY, asking
from fermata.kit.errors import OperationalError
from fermata.ports.forge.tickets.records import Home, Posted, Posts
from fermata.ports.tracker.records import Ticket, TrackerWords

WORDS = TrackerWords(
    system=KEY,
    name="GitLab",
    place="repository",  # As everywhere in Fermata; GitLab's own word is project.
    label_pattern=r"[^,\s][^,\n]{0,254}",
    longest_title=255,
    has_priorities=False,
)
MOST_OWN_PAGES = 20
MOST_OPEN_PAGES = 10
_MOST_LABEL_PAGES = 20
_STATES = {"opened": "open"}


class GitLabTicketSession:
    """The issues of one project over open connections, as tickets."""

    def __init__(self, whose: GitLabIssueSession) -> None:
        self._whose = whose
        self._session = whose.session
        self._repository = whose.repository
        self._path = whose.path

    async def fetch_home(self) -> Home:
        """Return what GitLab says of the project."""
        with asking(READING):
            answer = await self._session.get(self._path, TicketProjectAnswer)
        is_off = answer.issues_access_level == "disabled"
        closed = "It is archived" if answer.archived else "Its issues are switched off" if is_off else ""
        return Home(answer.path_with_namespace, closed)

    async def find_labels(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return those of the labels that are there, in exactly these letters.

        Raises:
            OperationalError: One was not found among the first 2,000, and there are more.
        """
        params = {"include_ancestor_groups": "true", "per_page": 100}
        with asking(READING):
            pages = await self._session.list_pages(
                f"{self._path}/labels", TypeAdapter(KnownLabelAnswer), params, _MOST_LABEL_PAGES
            )
        known = {label.name for label in pages.items}
        if not pages.is_whole and not set(names) <= known:
            raise OperationalError(
                f"Whether {self._repository} has the labels {', '.join(names)} cannot be told",
                why=f"{len(known)} labels were looked through, and there are more",
                do="Leave the labels out",
            )
        return {name: name for name in names if name in known}

    async def list_own(self, since: datetime) -> Posts:
        """Return what this account opened."""
        author = (await self._whose.find_self()).id
        return await self._list({"author_id": author, "state": "all"}, MOST_OWN_PAGES, since)

    async def list_open(self) -> Posts:
        """Return the open issues that were opened last, 1,000 of them."""
        return await self._list({"state": "opened"}, MOST_OPEN_PAGES, None)

    async def post(self, title: str, body: str, labels: Sequence[str]) -> Ticket:
        """Open an issue."""
        given = {"title": title, "description": body, **({"labels": ",".join(labels)} if labels else {})}
        with asking(WRITING):
            answer = await self._session.post(f"{self._path}/issues", IssueAnswer, given)
        return self._read(answer).ticket

    async def describe_rights(self) -> str:
        """Say what the token may do by its scopes; what its role allows is known when it is tried."""
        home = await self.fetch_home()
        if home.closed:
            return f"none can be made here: {home.closed.lower()}"
        with asking(WRITING):
            params = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "desc", "per_page": 1}
            await self._session.get(f"{self._path}/issues", TypeAdapter(tuple[IssueAnswer, ...]), params)
        if lack := await self._whose.find_lack():
            raise OperationalError(
                f"No issue can be made in {self._repository}",
                why=lack,
                do=f"Give the token of {KEY} {WRITING}",
            )
        return "readable; whether the token's user may write there is known when it is tried"

    async def _list(self, params: Mapping[str, Any], most_pages: int, since: datetime | None) -> Posts:
        asked = {**params, "scope": "all", "order_by": "created_at", "sort": "desc", "per_page": 100}
        with asking(READING):
            pages = await self._session.list_pages(
                f"{self._path}/issues",
                TypeAdapter(IssueAnswer),
                asked,
                most_pages,
                is_enough=lambda last: since is not None and last.created_at < since,
            )
        return Posts(tuple(map(self._read, pages.items)), pages.is_whole)

    def _read(self, answer: IssueAnswer) -> Posted:
        ticket = Ticket(
            key=f"{self._repository}#{answer.iid}",
            title=answer.title,
            state=_STATES.get(answer.state, answer.state),
            is_open=answer.state == "opened",
            created_at=answer.created_at,
            updated_at=answer.updated_at,
            url=answer.web_url,
            place=self._repository,
        )
        return Posted(ticket, answer.description or "")
