"""Tickets as issues on GitHub: the calls behind `ports.forge.tickets`, REST API version 2022-11-28.

Anybody who may read a repository may open issues there; labels are dropped in silence unless the token's user may push
("Create an issue", read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from fermata.integrations.github.channel import READ_ISSUES, WRITE_ISSUES, GitHubIssueSession
from fermata.integrations.github.issue_wire import KnownLabelAnswer, TicketAnswer, TicketRepositoryAnswer
from fermata.integrations.github.limits import KEY, asking
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.tickets.records import Home, Posted, Posts
from fermata.ports.json_api import NotThere
from fermata.ports.tracker.records import Ticket, TrackerWords

WORDS = TrackerWords(
    system=KEY,
    name="GitHub",
    place="repository",
    label_pattern=r"[^,\s][^,\n]{0,49}",
    longest_title=255,
    has_priorities=False,
)
MOST_OWN_PAGES = 20
MOST_OPEN_PAGES = 10


class GitHubTicketSession:
    """The issues of one repository over open connections, as tickets."""

    def __init__(self, whose: GitHubIssueSession) -> None:
        self._whose = whose
        self._session = whose.session
        self._repository = whose.repository
        self._path = whose.path

    async def fetch_home(self) -> Home:
        """Return what GitHub says of the repository."""
        with asking("Metadata: read"):
            answer = await self._session.get(self._path, TicketRepositoryAnswer)
        closed = "It is archived" if answer.archived else "" if answer.has_issues else "Its issues are switched off"
        may_label = answer.permissions.get("push", True)
        return Home(answer.full_name, closed, "" if may_label else "The token's user may not push there")

    async def find_labels(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return those of the labels that are there; their letter case does not count."""
        found = await ask_all(self._find_label(name) for name in names)
        return {name: label for name, label in zip(names, found, strict=True) if label}

    async def list_own(self, since: datetime) -> Posts:
        """Return what this account opened; an app's installation may not ask who it is, and gets everybody's."""
        me = await self._whose.find_self()
        whose = {"creator": me.login} if me.id else {}
        return await self._list({**whose, "state": "all"}, MOST_OWN_PAGES, since)

    async def list_open(self) -> Posts:
        """Return the open issues that were opened last, 1,000 of them, pull requests included."""
        return await self._list({"state": "open"}, MOST_OPEN_PAGES, None)

    async def post(self, title: str, body: str, labels: Sequence[str]) -> Ticket:
        """Open an issue."""
        given = {"title": title, "body": body, **({"labels": list(labels)} if labels else {})}
        with asking(WRITE_ISSUES):
            answer = await self._session.post(f"{self._path}/issues", TicketAnswer, given)
        return self._read(answer).ticket

    async def describe_rights(self) -> str:
        """Say what is known: GitHub does not tell what a fine-grained token may do."""
        home = await self.fetch_home()
        if home.closed:
            return f"none can be made here: {home.closed.lower()}"
        with asking(f"{READ_ISSUES} to find tickets, and {WRITE_ISSUES} to make them"):
            await self._session.get(f"{self._path}/issues", TypeAdapter(tuple[TicketAnswer, ...]), {"per_page": 1})
        labels = f"; they get no labels: {home.unlabelled.lower()}" if home.unlabelled else ""
        return f"readable; whether the token itself has {WRITE_ISSUES}, GitHub does not tell before it is tried{labels}"

    async def _find_label(self, name: str) -> str:
        try:
            with asking(READ_ISSUES):
                path = f"{self._path}/labels/{quote(name, safe='')}"
                return (await self._session.get(path, KnownLabelAnswer)).name
        except NotThere:
            return ""

    async def _list(self, params: Mapping[str, Any], most_pages: int, since: datetime | None) -> Posts:
        asked = {**params, "sort": "created", "direction": "desc", "per_page": 100}
        with asking(READ_ISSUES):
            pages = await self._session.list_pages(
                f"{self._path}/issues",
                TypeAdapter(TicketAnswer),
                asked,
                most_pages,
                is_enough=lambda last: since is not None and last.created_at < since,
            )
        return Posts(tuple(map(self._read, pages.items)), pages.is_whole)

    def _read(self, answer: TicketAnswer) -> Posted:
        ticket = Ticket(
            key=f"{self._repository}#{answer.number}",
            title=answer.title,
            state=answer.state,
            is_open=answer.state == "open",
            created_at=answer.created_at,
            updated_at=answer.updated_at,
            url=answer.html_url,
            place=self._repository,
        )
        return Posted(ticket, answer.body or "", is_request=answer.pull_request is not None)
