"""Linear over its GraphQL API.

Source: Linear developer documentation, "Getting started", "Pagination" and "Rate limiting": personal keys go without
`Bearer`, errors come with HTTP 200 or 400 and a code. An issue's id may be chosen by whoever creates it (version 4 of a
UUID): it is derived from the action's mark, so that the same action can never make two.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from fermata.integrations.linear.documents import (
    COMMENTS,
    CREATE,
    ENDED,
    ISSUES,
    LABELS,
    TEAMS,
    filter_id,
    filter_search,
    filter_twins,
)
from fermata.integrations.linear.settings import LinearSettings
from fermata.integrations.linear.wire import (
    CommentsData,
    CreateData,
    Issue,
    IssuesData,
    KnownLabel,
    LabelsData,
    Team,
    TeamsData,
)
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.forge.tickets.text import write_body
from fermata.ports.graphql import ask_graphql
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere
from fermata.ports.tracker.records import Comment, Draft, Found, Prepared, Search, Ticket, TrackerWords
from fermata.ports.tracker.settings import list_service_labels, list_words

T = TypeVar("T", bound=BaseModel)

KEY = "linear"
WORDS = TrackerWords(system=KEY, name="Linear", place="team", label_pattern=r"[^\n\"\\]{1,80}", longest_title=255)
PRIORITIES: Mapping[str, tuple[int, str]] = {
    "urgent": (1, "Urgent"),
    "high": (2, "High"),
    "medium": (3, "Medium"),
    "low": (4, "Low"),
}
PAGE = 50
MOST_PAGES = 3
_PATH = "/graphql"


class LinearTracker:
    """Opens sessions."""

    words = WORDS

    def __init__(self, settings: LinearSettings, clock: Clock) -> None:
        self.settings = settings
        token = settings.token.get_secret_value()
        self._target = ApiTarget(
            name="Linear",
            url=settings.url,
            headers={"Authorization": token if token.startswith("lin_api_") else f"Bearer {token}"},
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            permissions="the permissions Read and, to create issues, Create issues, for the teams of the settings",
            settings_key=KEY,
        )
        self._api = JsonApi(self._target, clock)

    @property
    def places(self) -> tuple[str, ...]:
        """Return the keys of the settings' teams."""
        return tuple(self.settings.teams)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[LinearSession]:
        """Open a session; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            yield LinearSession(session, self._target, self.settings)


class LinearSession:
    """Calls over one set of connections. Every method raises `OperationalError` when Linear fails it."""

    def __init__(self, session: ApiSession, target: ApiTarget, settings: LinearSettings) -> None:
        self._session = session
        self._target = target
        self._settings = settings

    async def search(self, search: Search) -> Found:
        """Return issues of the settings' teams about the names."""
        wanted = filter_search(search, self._settings.teams)
        tickets: list[Ticket] = []
        after: str | None = None
        is_whole = False
        for _ in range(MOST_PAGES):
            page = (await self._ask(ISSUES, {"filter": wanted, "first": PAGE, "after": after}, IssuesData)).issues
            tickets += [_read(issue) for issue in page.nodes if self._names_one(issue, search.names)]
            is_whole, after = not page.page.has_next, page.page.end
            if is_whole or len(tickets) > search.most:
                break
        kept = tickets[: search.most]
        is_whole = is_whole and len(kept) == len(tickets)
        left_out = "" if is_whole else f"more issues match; these {len(kept)} were changed last"
        query = f"GraphQL: issues(filter: {json.dumps(wanted, ensure_ascii=False)}, orderBy: updatedAt)"
        return Found(tuple(kept), query, left_out)

    async def find_comment(self, key: str) -> Comment | None:
        """Return the latest comment on an issue; `None` without one."""
        ends = (await self._ask(COMMENTS, {"id": key}, CommentsData)).issue
        found = [*ends.head.nodes, *ends.tail.nodes]
        if not found:
            return None
        latest = max(found, key=lambda one: one.created_at)
        return Comment(latest.user.name if latest.user else "somebody", latest.created_at, latest.body)

    async def describe_place(self, place: str) -> str:
        """Return the team's key and name.

        Raises:
            NotThere: It does not exist, or this key may not see it.
        """
        team = await self._fetch_team(place)
        return f"{team.key} ({team.name})"

    async def fetch_viewer(self) -> str:
        """Return whose key it is."""
        return (await self._ask(TEAMS, {"keys": list(self._settings.teams)}, TeamsData)).viewer.name

    async def prepare(self, place: str, draft: Draft) -> Prepared:
        """Hold a draft against the team's labels and open issues.

        Raises:
            UserError: The team does not exist, or a label cannot be put on its issues.
        """
        team = await self._find_team(place)
        labels = await self._find_labels(place, draft.labels)
        twins = await self._list(filter_twins(place, draft.title))
        head = [f"team: {team.key} ({team.name})"]
        head += [f"labels: {', '.join(draft.labels)}"] if draft.labels else []
        head += [f"priority: {PRIORITIES[draft.priority][1]}"] if draft.priority else []
        return Prepared(
            head=tuple(head),
            version={"team": team.id, "labels": sorted(label.id for label in labels)},
            twins=tuple(ticket for ticket in map(_read, twins) if ticket.title == draft.title and ticket.is_open),
        )

    async def find_marked(self, place: str, mark: str, since: datetime) -> Ticket | None:
        """Return the issue of the id that the mark makes; archived ones count."""
        del place, since  # The id is unique in all of Linear.
        found = await self._list(filter_id(derive_issue_id(mark)))
        return _read(found[0]) if found else None

    async def create(self, place: str, draft: Draft, mark: str) -> Ticket:
        """Make the issue. Sent once; Linear itself refuses a second one of the same id."""
        team = await self._find_team(place)
        labels = await self._find_labels(place, draft.labels)
        given: dict[str, Any] = {
            "id": derive_issue_id(mark),
            "teamId": team.id,
            "title": draft.title,
            # Linear renders Markdown: what the text quotes must not become a link, an image or a mention.
            "description": write_body(draft.description, mark),
            "labelIds": sorted(label.id for label in labels),
        }
        if draft.priority:
            given["priority"] = PRIORITIES[draft.priority][0]
        created = (await self._ask(CREATE, {"input": given}, CreateData)).created
        if not created.success or created.issue is None:
            raise OperationalError("Linear did not say that the issue was created", do="Look for it by hand")
        return _read(created.issue)

    async def _find_team(self, place: str) -> Team:
        try:
            return await self._fetch_team(place)
        except NotThere as error:
            raise UserError(
                f"No issue can be created in {place}", why=error.what, do=f"Correct {KEY}.teams, or widen the key"
            ) from error

    async def _fetch_team(self, place: str) -> Team:
        found = (await self._ask(TEAMS, {"keys": [place]}, TeamsData)).teams.nodes
        if not found:
            raise NotThere(f"Linear has no team {place} that this key may see", do=f"Correct {KEY}.teams")
        return found[0]

    async def _find_labels(self, place: str, names: Sequence[str]) -> list[KnownLabel]:
        """Return the labels of these names: the team's own before the workspace's."""
        if not names:
            return []
        known = (await self._ask(LABELS, {"names": list(names)}, LabelsData)).labels.nodes
        usable = [one for one in known if not one.is_group and (one.team is None or one.team.key == place)]
        usable.sort(key=lambda one: one.team is None)
        found = {one.name: one for one in reversed(usable)}
        missing = [name for name in names if name not in found]
        if missing:
            raise UserError(
                f"{place} has no label {', '.join(missing)}",
                why="Only labels that exist can be put on an issue, and no groups of labels",
                do="Make the label in Linear, or leave it out",
            )
        return [found[name] for name in names]

    async def _list(self, wanted: Mapping[str, Any]) -> list[Issue]:
        variables = {"filter": dict(wanted), "first": PAGE, "after": None, "archived": True}
        return (await self._ask(ISSUES, variables, IssuesData)).issues.nodes

    async def _ask(self, document: str, variables: Mapping[str, Any], shape: type[T]) -> T:
        return await ask_graphql(self._session, self._target, _PATH, document, variables, shape=shape)

    def _names_one(self, issue: Issue, names: Sequence[str]) -> bool:
        """Answer whether a name stands there as a word of its own."""
        team = self._settings.teams.get(issue.team.key)
        services = team.services if team else {}
        labels = {label.lower() for label in list_service_labels(services, names)}
        if any(label.name.lower() in labels for label in issue.labels.nodes):
            return True
        text = f"{issue.title}\n{issue.description or ''}"
        return any(
            re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text, re.IGNORECASE)
            for word in list_words(services, names)
        )


def derive_issue_id(mark: str) -> str:
    """Return the id of the issue that carries a mark: a version 4 UUID, which is all that Linear takes."""
    return str(UUID(bytes=hashlib.sha256(f"fermata-{mark}".encode()).digest()[:16], version=4))


def _read(issue: Issue) -> Ticket:
    return Ticket(
        key=issue.identifier,
        title=issue.title,
        state=issue.state.name,
        is_open=issue.state.type not in ENDED,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        url=issue.url,
        priority="" if issue.priority == "No priority" else issue.priority,
        assignee=issue.assignee.name if issue.assignee else "",
        labels=tuple(label.name for label in issue.labels.nodes),
        place=issue.team.key,
    )
