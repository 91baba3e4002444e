"""A Jira that keeps the issues of a few projects, as Cloud or as Data Center, and is as strict as the real one.

Limits of the real one that it keeps: the login of its edition, permissions per project, pages of at most 100 (Cloud by
token, Data Center by number), components that exist, create screens with required fields, documents in API 3 and text
in API 2, titles of one line and 255 characters, labels without blanks. `lag` keeps issues out of Cloud's search, as its
index does for some seconds. An address or a query that it does not model is refused, and an unknown parameter too.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fermata.testing.trackers.jql import BadQuery, parse_jql
from fermata.testing.web_server import Answer, Request

EMAIL, TOKEN = "ops@example.com", "sample-jira-token"
MOST = 100
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
FIELDS = ("project", "issuetype", "summary", "description", "labels", "priority")


@dataclass(slots=True)
class JiraIssue:
    """One issue as it is kept."""

    project: str
    number: int
    summary: str
    description: Any = ""
    labels: tuple[str, ...] = ()
    component: tuple[str, ...] = ()
    status: tuple[str, str] = ("To Do", "new")
    """Its name and its category's key."""
    priority: str | None = "Medium"
    assignee: str | None = None
    created: datetime = NOW
    updated: datetime = NOW
    comments: list[tuple[str, datetime, Any]] = field(default_factory=list)
    """(author, when, body)."""

    @property
    def key(self) -> str:
        """Return project and number."""
        return f"{self.project}-{self.number}"

    @property
    def text(self) -> str:
        """Return what a search for text looks at."""
        return f"{self.summary}\n{self.description}\n" + "\n".join(str(body) for _, _, body in self.comments)

    @property
    def statusCategory(self) -> str:  # noqa: N802 - the field's name in JQL
        """Return the category's key, which JQL takes beside its name."""
        return self.status[1]


@dataclass(slots=True)
class FakeJira:
    """Answers requests of `WebServer`."""

    issues: list[JiraIssue] = field(default_factory=list)
    is_cloud: bool = True
    components: tuple[str, ...] = ("Checkout",)
    required: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the create screen that must be filled in: id and name."""
    screen: Sequence[str] = FIELDS
    """Fields of the create screen."""
    denied: frozenset[str] = frozenset()
    """Permissions that the account lacks."""
    lag: set[str] = field(default_factory=set)
    """Keys that the search does not know yet."""
    page: int = MOST

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        pair = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != (f"Basic {pair}" if self.is_cloud else f"Bearer {TOKEN}"):
            return Answer({"message": "Client must be authenticated to access this resource."}, 401)
        prefix = "/rest/api/3/" if self.is_cloud else "/rest/api/2/"
        if not request.path.startswith(prefix):
            raise NotImplementedError("another API")
        path = request.path.removeprefix(prefix)
        if request.method == "POST" and path == "issue":
            return self._create(request.read())
        if request.method != "GET":
            raise AssertionError(f"{request.method} would change something")
        return self._read(path, request)

    def _read(self, path: str, request: Request) -> Answer:
        if path == ("search/jql" if self.is_cloud else "search"):
            return self._search(request)
        if path == "mypermissions":
            return self._say_permissions(request)
        if match := re.fullmatch(r"project/([A-Z]+)", path):
            known = self._sees(match[1])
            return Answer({"key": match[1], "name": match[1].title()}) if known else _refuse(404, "No project")
        if match := re.fullmatch(r"issue/createmeta/([A-Z]+)/issuetypes(/\d+)?", path):
            return self._say_rules(match[1], is_type=bool(match[2]))
        if match := re.fullmatch(r"issue/([A-Z]+-\d+)(/comment)?", path):
            issue = next((one for one in self.issues if one.key == match[1] and self._sees(one.project)), None)
            if issue is None:
                return _refuse(404, "Issue does not exist or you do not have permission to see it.")
            return Answer(self._write_comments(issue, request) if match[2] else self._write(issue))
        raise NotImplementedError(path)

    def _search(self, request: Request) -> Answer:
        known = {"jql", "fields", "maxResults", "nextPageToken" if self.is_cloud else "startAt"}
        if unknown := set(request.query) - known:
            raise AssertionError(f"unknown parameters {unknown}")
        jql, most = request.get_query("jql"), min(int(request.get_query("maxResults")), self.page)
        if most > MOST:
            raise AssertionError("a page that large is cut")
        for name in re.findall(r'component in \("([^"]*)"', jql):
            if name not in self.components:
                return _refuse(400, f"The value '{name}' does not exist for the field 'component'.")
        try:
            matches, order = parse_jql(jql, NOW)
        except BadQuery as error:
            return _refuse(400, str(error))
        found = [one for one in self.issues if self._sees(one.project) and one.key not in self.lag and matches(one)]
        found.sort(key=lambda one: one.number if order == "key DESC" else one.updated.timestamp(), reverse=True)
        start = int(request.get_query("nextPageToken" if self.is_cloud else "startAt").removeprefix("t") or 0)
        issues = [self._write(one) for one in found[start : start + most]]
        if not self.is_cloud:
            return Answer({"startAt": start, "maxResults": most, "total": len(found), "issues": issues})
        is_last = start + most >= len(found)
        # The last page has no token at all (JRACLOUD-92184).
        return Answer(
            {"issues": issues, "isLast": is_last, **({} if is_last else {"nextPageToken": f"t{start + most}"})}
        )

    def _say_permissions(self, request: Request) -> Answer:
        asked = request.get_query("permissions").split(",")
        if not self._sees(request.get_query("projectKey"), of_permissions=True):
            return _refuse(404, f"No project could be found with key '{request.get_query('projectKey')}'.")
        return Answer({"permissions": {one: {"key": one, "havePermission": one not in self.denied} for one in asked}})

    def _say_rules(self, project: str, *, is_type: bool) -> Answer:
        if not self._sees(project) or "CREATE_ISSUES" in self.denied:
            return _refuse(404, "Project not found or you do not have permission to create issues in it.")
        if not is_type:
            types = [{"id": "10001", "name": "Task"}, {"id": "10002", "name": "Bug"}]
            return Answer({"issueTypes" if self.is_cloud else "values": types})
        rules: list[dict[str, Any]] = [
            {"fieldId": one, "name": one.title(), "required": one in ("summary", "project", "issuetype"),
             "hasDefaultValue": False}
            for one in self.screen
        ]  # fmt: skip
        for rule in rules:
            if rule["fieldId"] == "priority":
                rule["allowedValues"] = [{"id": str(n), "name": name} for n, name in enumerate(PRIORITIES)]
        # Jira fills in the reporter itself, and plug-ins allow values of any kind.
        rules.append({"fieldId": "reporter", "name": "Reporter", "required": True, "allowedValues": ["x", ["y"]]})
        rules += [
            {"fieldId": one, "name": name, "required": True, "hasDefaultValue": False}
            for one, name in self.required.items()
        ]
        return Answer({"fields" if self.is_cloud else "values": rules})

    def _create(self, body: Mapping[str, Any]) -> Answer:
        fields = body["fields"]
        if set(body) != {"fields"} or set(fields) - set(self.screen):
            return _refuse(400, f"Field '{set(fields) - set(self.screen)}' cannot be set. It is not on the screen.")
        project, title = fields["project"]["key"], fields["summary"]
        if not self._sees(project) or "CREATE_ISSUES" in self.denied:
            return _refuse(400, "You cannot create issues in this project.")
        if not title or "\n" in title or len(title) > 255:
            return _refuse(400, "You must specify a summary of the issue.")
        if isinstance(fields["description"], str) is self.is_cloud:
            return _refuse(400, "Operation value must be an Atlassian Document")
        if any(" " in label for label in fields["labels"]):
            return _refuse(400, "The label can't contain spaces.")
        if fields["issuetype"] != {"id": "10001"} or fields.get("priority", {"name": "Low"})["name"] not in PRIORITIES:
            return _refuse(400, "Specify a valid issue type and priority")
        number = max((one.number for one in self.issues if one.project == project), default=0) + 1
        priority = fields.get("priority", {"name": "Medium"})["name"]
        issue = JiraIssue(project, number, title, fields["description"], tuple(fields["labels"]), priority=priority)
        self.issues.append(issue)
        return Answer({"id": "1", "key": issue.key, "self": "x"}, 201)

    def _sees(self, project: str, *, of_permissions: bool = False) -> bool:
        return project in ("SHOP", "OPS") and (of_permissions or "BROWSE_PROJECTS" not in self.denied)

    def _write(self, issue: JiraIssue) -> dict[str, Any]:
        fields = {
            "summary": issue.summary,
            "status": {"name": issue.status[0], "statusCategory": {"key": issue.status[1]}},
            "priority": {"name": issue.priority} if issue.priority else None,
            "assignee": {"displayName": issue.assignee} if issue.assignee else None,
            "created": _write_time(issue.created),
            "updated": _write_time(issue.updated),
            "labels": list(issue.labels),
        }
        return {"id": "1", "key": issue.key, "fields": fields}

    def _write_comments(self, issue: JiraIssue, request: Request) -> dict[str, Any]:
        if (request.get_query("orderBy"), request.get_query("maxResults")) != ("-created", "1"):
            raise AssertionError("the latest comment is wanted")
        latest = sorted(issue.comments, key=lambda one: one[1], reverse=True)[:1]
        return {
            "comments": [
                {"author": {"displayName": author}, "created": _write_time(at), "body": body}
                for author, at, body in latest
            ],
            "total": len(issue.comments),
        }


def _write_time(at: datetime) -> str:
    local = at.astimezone(UTC) + timedelta(hours=1)
    return local.strftime("%Y-%m-%dT%H:%M:%S.000+0100")


def _refuse(status: int, text: str) -> Answer:
    return Answer({"errorMessages": [text], "errors": {}}, status)
