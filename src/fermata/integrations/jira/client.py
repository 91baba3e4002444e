"""Jira over its REST API: version 3 in the Cloud, version 2 on a server of one's own.

Source: Atlassian Developer, "The Jira Cloud platform REST API" and "Jira Data Center REST API". Cloud's
`/search` is gone; `/search/jql` continues by a token and may lag behind by seconds, which `find_marked` allows for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fermata.integrations.jira.adf import read_document, write_document
from fermata.integrations.jira.jql import write_marked, write_newest, write_search, write_twins
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.wiki import write_wiki
from fermata.integrations.jira.wire import (
    CommentsAnswer,
    CreatedAnswer,
    FieldRule,
    FieldsAnswer,
    IssueAnswer,
    IssueTypesAnswer,
    PermissionsAnswer,
    ProjectAnswer,
    SearchAnswer,
)
from fermata.kit.clock import Clock
from fermata.kit.errors import UserError
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.ports.api_settings import write_basic
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere
from fermata.ports.tracker.create import sign_description
from fermata.ports.tracker.records import Comment, Draft, Found, Prepared, Search, Ticket, TrackerWords

KEY = "jira"
WORDS = TrackerWords(system=KEY, name="Jira", place="project", label_pattern=r"[^\s\"\\]{1,255}", longest_title=255)
READ, CREATE = "BROWSE_PROJECTS", "CREATE_ISSUES"
PAGE = 50
"""Issues of one page; Cloud gives fewer when many fields are asked for."""
MOST_PAGES = 5
BEYOND_INDEX = 5
"""Numbers looked at behind the newest issue that the search knows."""
_FIELDS = "summary,status,priority,assignee,created,updated,labels"
# Those that are written here, and the reporter: Jira takes the account itself, even where it says there is no default.
_FILLED = frozenset({"project", "issuetype", "summary", "description", "labels", "priority", "reporter"})


class JiraTracker:
    """Opens sessions."""

    words = WORDS

    def __init__(self, settings: JiraSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        token = settings.token
        login = write_basic(settings.email, token) if settings.email else f"Bearer {token.get_secret_value()}"
        target = ApiTarget(
            name="Jira",
            url=settings.url,
            headers={"Authorization": login},
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            permissions="Browse Projects and Create Issues in the projects of the settings "
            "(a token with scopes: read:jira-work, write:jira-work)",
            settings_key=KEY,
        )
        self._api = JsonApi(target, clock)

    @property
    def places(self) -> tuple[str, ...]:
        """Return the keys of the settings' projects."""
        return tuple(self.settings.projects)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[JiraSession]:
        """Open a session; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            yield JiraSession(session, self.settings, self._clock)


class JiraSession:
    """Calls over one set of connections. Every method raises `OperationalError` when Jira fails it."""

    def __init__(self, session: ApiSession, settings: JiraSettings, clock: Clock) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._is_cloud = settings.edition == "cloud"
        self._base = "/rest/api/3" if self._is_cloud else "/rest/api/2"

    async def search(self, search: Search) -> Found:
        """Return issues of the settings' projects about the names."""
        jql = write_search(search, self._settings.projects, self._clock.now())
        issues, is_whole = await self._list(jql, search.most)
        left_out = "" if is_whole else f"more issues match; these {len(issues)} were changed last"
        return Found(tuple(map(self._read, issues)), f"JQL: {jql}", left_out)

    async def find_comment(self, key: str) -> Comment | None:
        """Return the latest comment on an issue; `None` without one."""
        params = {"orderBy": "-created", "maxResults": "1"}
        path = f"{self._base}/issue/{quote(key, safe='')}/comment"
        found = (await self._session.get(path, CommentsAnswer, params)).comments
        if not found:
            return None
        latest = max(found, key=lambda one: one.created)  # Old servers do not know how to order them.
        author = latest.author.name if latest.author else ""
        return Comment(author or "somebody", latest.created, read_document(latest.body))

    async def describe_place(self, place: str) -> str:
        """Return the project's key and name.

        Raises:
            NotThere: It does not exist, or this account may not see it.
        """
        answer = await self._session.get(f"{self._base}/project/{quote(place, safe='')}", ProjectAnswer)
        return f"{answer.key} ({answer.name})"

    async def fetch_permissions(self, place: str) -> dict[str, bool]:
        """Return whether this account has each of the two permissions in a project."""
        params = {"projectKey": place, "permissions": f"{READ},{CREATE}"}
        answer = await self._session.get(f"{self._base}/mypermissions", PermissionsAnswer, params)
        return {name: name in answer.permissions and answer.permissions[name].have for name in (READ, CREATE)}

    async def prepare(self, place: str, draft: Draft) -> Prepared:
        """Hold a draft against the project's rules for its issue type.

        Raises:
            UserError: The type does not exist there, or a field cannot or must be filled in.
        """
        type_id, type_name = await self._find_type(place)
        path = f"{self._base}/issue/createmeta/{quote(place, safe='')}/issuetypes/{quote(type_id, safe='')}"
        answer = await self._session.get(path, FieldsAnswer, {"maxResults": "200"})
        rules = {rule.field_id: rule for rule in answer.rules}
        priority = self._settings.priorities.get(draft.priority) if draft.priority else None
        _refuse_unfit(place, type_name, draft, rules)
        self._refuse_priority(draft, priority, rules)
        found, _ = await self._list(write_twins(place, draft.title), PAGE)
        labels = ", ".join([*draft.labels, make_label(MARK_PLACEHOLDER)])
        head = [f"project: {place}", f"type: {type_name}", f"labels: {labels}"]
        head += [f"priority: {priority}"] if priority else []
        return Prepared(
            head=tuple(head),
            version={"type": type_id, "fields": sorted(rules)},
            twins=tuple(ticket for ticket in map(self._read, found) if ticket.title == draft.title),
        )

    async def find_marked(self, place: str, mark: str, since: datetime) -> Ticket | None:
        """Return the issue with the mark's label: by the search, and behind what the search knows by number."""
        del since  # The label is asked for by itself.
        label = make_label(mark)
        issues, _ = await self._list(write_marked(place, label), 1)
        if issues:
            return self._read(issues[0])
        newest, _ = await self._list(write_newest(place), 1)
        known = int(newest[0].key.rpartition("-")[2]) if newest else 0
        for number in range(known + 1, known + 1 + BEYOND_INDEX):
            issue = await self._find_issue(f"{place}-{number}")
            if issue is not None and label in issue.fields.labels:
                return self._read(issue)
        return None

    def _write_description(self, draft: Draft, mark: str) -> Any:
        """Return the text as it was shown, in the edition's format; nothing in it is live."""
        text = sign_description(draft, mark)
        return write_document(text) if self._is_cloud else write_wiki(text)

    async def create(self, place: str, draft: Draft, mark: str) -> Ticket:
        """Make the issue. Sent once."""
        type_id, _ = await self._find_type(place)
        fields: dict[str, Any] = {
            "project": {"key": place},
            "issuetype": {"id": type_id},
            "summary": draft.title,
            "description": self._write_description(draft, mark),
            "labels": [*draft.labels, make_label(mark)],
        }
        if draft.priority:
            fields["priority"] = {"name": self._settings.priorities[draft.priority]}
        created = await self._session.post(f"{self._base}/issue", CreatedAnswer, {"fields": fields})
        now = self._clock.now()
        return Ticket(
            key=created.key,
            title=draft.title,
            state="created",
            is_open=True,
            created_at=now,
            updated_at=now,
            url=self._write_url(created.key),
            place=place,
        )

    async def _find_type(self, place: str) -> tuple[str, str]:
        wanted = self._settings.projects[place].issue_type
        path = f"{self._base}/issue/createmeta/{quote(place, safe='')}/issuetypes"
        try:
            types = (await self._session.get(path, IssueTypesAnswer, {"maxResults": "200"})).types
        except NotThere as error:
            raise UserError(
                f"No issue can be created in {place}",
                why="Jira has no such project, or this account may not create issues in it",
                do=f"Give the account Create Issues there, or correct {KEY}.projects",
            ) from error
        for one in types:
            if one.name.lower() == wanted.lower():
                return one.id, one.name
        raise UserError(
            f"{place} has no issue type {wanted}",
            why=f"It has {', '.join(one.name for one in types) or 'none that this account may create'}",
            do=f"Set {KEY}.projects.{place}.issue_type",
        )

    async def _find_issue(self, key: str) -> IssueAnswer | None:
        try:
            return await self._session.get(f"{self._base}/issue/{key}", IssueAnswer, {"fields": _FIELDS})
        except NotThere:
            return None

    async def _list(self, jql: str, most: int) -> tuple[list[IssueAnswer], bool]:
        """Return the issues of a query, at most so many, and whether there are no more."""
        issues: list[IssueAnswer] = []
        further: Mapping[str, str] | None = {}
        for _ in range(MOST_PAGES):
            if further is None or len(issues) > most:
                break
            params = {"jql": jql, "fields": _FIELDS, "maxResults": str(min(PAGE, most + 1)), **further}
            path = f"{self._base}/search/jql" if self._is_cloud else f"{self._base}/search"
            page = await self._session.get(path, SearchAnswer, params)
            issues += page.issues
            further = self._find_further(page)
        return issues[:most], further is None and len(issues) <= most

    def _find_further(self, page: SearchAnswer) -> Mapping[str, str] | None:
        if self._is_cloud:
            return {"nextPageToken": page.next_page} if page.next_page else None
        reached = page.start + len(page.issues)
        return {"startAt": str(reached)} if page.issues and reached < (page.total or 0) else None

    def _refuse_priority(self, draft: Draft, priority: str | None, rules: Mapping[str, FieldRule]) -> None:
        allowed = rules["priority"].allowed if draft.priority and "priority" in rules else None
        if not draft.priority or (priority and (allowed is None or priority in [one.name for one in allowed])):
            return
        has = ", ".join(one.name for one in allowed or ()) or "others"
        raise UserError(
            f"Jira has no priority {priority or draft.priority} there",
            why=f"It has {has}",
            do=f"Say in {KEY}.priorities what {draft.priority} is called",
        )

    def _read(self, issue: IssueAnswer) -> Ticket:
        fields = issue.fields
        return Ticket(
            key=issue.key,
            title=fields.summary,
            state=fields.status.name,
            is_open=fields.status.category.key != "done",
            created_at=fields.created,
            updated_at=fields.updated,
            url=self._write_url(issue.key),
            priority=fields.priority.name if fields.priority else "",
            assignee=fields.assignee.name if fields.assignee else "",
            labels=tuple(fields.labels),
            place=issue.key.rpartition("-")[0],
        )

    def _write_url(self, key: str) -> str:
        return f"{self._settings.page_url or self._settings.url}/browse/{key}"


def make_label(mark: str) -> str:
    """Return the label that carries a mark."""
    return f"fermata-{mark}"


def _refuse_unfit(place: str, type_name: str, draft: Draft, rules: Mapping[str, FieldRule]) -> None:
    """Refuse what Jira would refuse: fields that are not there, and fields that must be filled in.

    Raises:
        UserError: Naming them.
    """
    needed = {"labels", "description"} | ({"priority"} if draft.priority else set())
    absent = sorted(needed - set(rules))
    if absent:
        raise UserError(
            f"A {type_name} of {place} takes no {' and no '.join(absent)}",
            why="The field is not on the screen that creates it; labels and description carry the mark of the action",
            do="Add it to the create screen, or use another issue type or project",
        )
    required = [rule for rule in rules.values() if rule.required and not rule.has_default]
    unfilled = [rule.name for rule in required if rule.field_id not in _FILLED]
    if unfilled:
        raise UserError(
            f"A {type_name} of {place} must have {', '.join(unfilled)}",
            why="These fields are required and have no default",
            do="Use another issue type or project, or create it by hand",
        )
