"""A Linear that keeps the issues of two teams, and reads GraphQL and its filters as strictly as the real one.

The fields are recorded from linear/linear, `packages/sdk/src/schema.graphql` (MIT; November 2026), as far as they are
used. Limits of the real one that it keeps: the key without `Bearer`, at most 250 of a list, ids that are version 4
UUIDs and unique, labels that exist, titles that are not empty; errors come with HTTP 200 and a code, a limit with 400.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fermata.kit.clock import format_instant
from fermata.testing.graphql import BadDocument, Types, execute
from fermata.testing.web_server import Answer, Request

KEY = "lin_api_sample"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEAMS = {"ENG": "Engineering", "OPS": "Operations", "HR": "People"}
LABELS = ({"id": "l1", "name": "till", "isGroup": False, "team": "ENG"},
          {"id": "l2", "name": "till", "isGroup": False, "team": None},
          {"id": "l3", "name": "Needs review", "isGroup": False, "team": None},
          {"id": "l4", "name": "Area", "isGroup": True, "team": None},
          {"id": "l5", "name": "people", "isGroup": False, "team": "HR"})  # fmt: skip
PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")

TYPES: Types = {
    "Query": {
        "viewer": "User",
        "teams": "TeamConnection(filter first)",
        "issues": "IssueConnection(filter first after orderBy includeArchived)",
        "issue": "Issue(id)",
        "issueLabels": "IssueLabelConnection(filter first)",
    },
    "Mutation": {"issueCreate": "IssuePayload(input)"},
    "User": {"displayName": "Scalar"},
    "Team": {"id": "Scalar", "key": "Scalar", "name": "Scalar"},
    "TeamConnection": {"nodes": "Team"},
    "WorkflowState": {"name": "Scalar", "type": "Scalar"},
    "IssueLabel": {"id": "Scalar", "name": "Scalar", "isGroup": "Scalar", "team": "Team"},
    "IssueLabelConnection": {"nodes": "IssueLabel"},
    "PageInfo": {"hasNextPage": "Scalar", "endCursor": "Scalar"},
    "IssueConnection": {"nodes": "Issue", "pageInfo": "PageInfo"},
    "IssuePayload": {"success": "Scalar", "issue": "Issue"},
    "Comment": {"body": "Scalar", "createdAt": "Scalar", "user": "User"},
    "CommentConnection": {"nodes": "Comment"},
    "Issue": {
        **dict.fromkeys(("identifier", "title", "description", "url", "priorityLabel", "createdAt"), "Scalar"),
        "updatedAt": "Scalar",
        "state": "WorkflowState",
        "assignee": "User",
        "team": "Team",
        "labels": "IssueLabelConnection(first)",
        "comments": "CommentConnection(first last)",
    },
}


@dataclass(slots=True)
class LinearIssue:
    """One issue as it is kept."""

    team: str
    number: int
    title: str
    description: str = ""
    labels: tuple[str, ...] = ()
    state: tuple[str, str] = ("Todo", "unstarted")
    """Name and type."""
    priority: int = 0
    assignee: str | None = None
    created: datetime = NOW
    updated: datetime = NOW
    comments: list[tuple[str | None, datetime, str]] = field(default_factory=list)
    id: str = ""


@dataclass(slots=True)
class FakeLinear:
    """Answers requests of `WebServer`."""

    issues: list[LinearIssue] = field(default_factory=list)
    page: int = 250
    hidden: frozenset[str] = frozenset()
    """Teams that the key does not see."""

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if (request.method, request.path) != ("POST", "/graphql"):
            raise NotImplementedError(request.path)
        if request.headers.get("authorization") != KEY:
            return fail("Authentication required, not authenticated", "AUTHENTICATION_ERROR", 401)
        body = request.read()
        if set(body) != {"query", "variables"}:
            raise AssertionError(f"unknown parts of the body: {set(body)}")
        try:
            return Answer({"data": execute(body["query"], body["variables"], TYPES, self._resolve)})
        except BadDocument as error:
            raise AssertionError(str(error)) from error
        except Refused as error:
            return fail(str(error), "INVALID_INPUT")

    def _resolve(self, name: str, given: Mapping[str, Any]) -> Any:
        if given.get("first", 0) > 250:
            raise Refused("first is at most 250")
        if name == "viewer":
            return {"displayName": "fermata"}
        if name == "teams":
            return {"nodes": [one for one in map(_write_team, self._list_teams()) if _matches(one, given["filter"])]}
        if name == "issueLabels":
            labels = [{**one, "team": _write_team(str(one["team"])) if one["team"] else None} for one in LABELS]
            return {"nodes": [one for one in labels if _matches(one, given["filter"])]}
        if name == "issue":
            return next(one for one in map(_write_issue, self.issues) if one["identifier"] == given["id"])
        return self._list_issues(given) if name == "issues" else self._create(given["input"])

    def _list_teams(self) -> list[str]:
        return [key for key in TEAMS if key not in self.hidden]

    def _list_issues(self, given: Mapping[str, Any]) -> Any:
        if given["orderBy"] not in ("createdAt", "updatedAt"):
            raise Refused("orderBy is createdAt or updatedAt")
        seen = [one for one in self.issues if one.team not in self.hidden]
        seen.sort(key=lambda one: one.updated, reverse=True)
        found = [one for one in map(_write_issue, seen) if _matches(one, given["filter"])]
        start, size = int(given.get("after") or 0), min(given["first"], self.page)
        page = {"hasNextPage": start + size < len(found), "endCursor": str(start + size)}
        return {"nodes": found[start : start + size], "pageInfo": page}

    def _create(self, given: Mapping[str, Any]) -> Any:
        unknown = set(given) - {"id", "teamId", "title", "description", "labelIds", "priority"}
        if unknown or not given["title"].strip():
            raise Refused(f"input: {unknown or 'title must not be empty'}")
        if UUID(given["id"]).version != 4 or any(one.id == given["id"] for one in self.issues):
            raise Refused("id must be a UUID and unique")
        team = given["teamId"].removeprefix("team-")
        by_id = {one["id"]: one for one in LABELS}
        labels = [by_id[one] for one in given["labelIds"]]
        if team not in self._list_teams() or any(one["isGroup"] or one["team"] not in (None, team) for one in labels):
            raise Refused("labelIds: The label is not of the issue's team.")
        number = max((one.number for one in self.issues if one.team == team), default=0) + 1
        names = tuple(sorted(str(one["name"]) for one in labels))
        priority = given.get("priority", 0)
        issue = LinearIssue(team, number, given["title"], given["description"], names, priority=priority)
        issue.id = given["id"]
        self.issues.append(issue)
        return {"success": True, "issue": _write_issue(issue)}


class Refused(Exception):
    """What Linear answers with INVALID_INPUT."""


def fail(message: str, code: str, status: int = 200) -> Answer:
    """Return an error as Linear writes it."""
    return Answer({"errors": [{"message": message, "extensions": {"code": code, "type": code.lower()}}]}, status)


def _write_team(key: str) -> dict[str, Any]:
    return {"id": f"team-{key}", "key": key, "name": TEAMS[key]}


def _write_issue(issue: LinearIssue) -> dict[str, Any]:
    comments = [
        {"body": body, "createdAt": format_instant(at), "user": {"displayName": author} if author else None}
        for author, at, body in sorted(issue.comments, key=lambda one: one[1])
    ]

    def cut(given: Mapping[str, Any]) -> Any:
        first, last = given.get("first"), given.get("last")
        return {"nodes": comments[:first] if first else comments[-last:] if last else comments}

    return {
        "id": issue.id,
        "identifier": f"{issue.team}-{issue.number}",
        "title": issue.title,
        "description": issue.description or None,
        "url": f"https://linear.app/shop/issue/{issue.team}-{issue.number}",
        "priorityLabel": PRIORITIES[issue.priority],
        "createdAt": format_instant(issue.created),
        "updatedAt": format_instant(issue.updated),
        "state": {"name": issue.state[0], "type": issue.state[1]},
        "assignee": {"displayName": issue.assignee} if issue.assignee else None,
        "team": _write_team(issue.team),
        "labels": {"nodes": [{"name": name} for name in issue.labels]},
        "comments": cut,
    }


_COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
    "gte": lambda value, wanted: value >= wanted,
    "eqIgnoreCase": lambda value, wanted: (value or "").lower() == wanted.lower(),
    "containsIgnoreCase": lambda value, wanted: wanted.lower() in (value or "").lower(),
}
_FILTERED = frozenset({"id", "key", "name", "title", "description", "updatedAt", "type", "state", "team", "labels"})


def _matches(value: Any, wanted: Mapping[str, Any]) -> bool:
    return all(_matches_one(value, name, inner) for name, inner in wanted.items())


def _matches_one(value: Any, name: str, inner: Any) -> bool:
    if name in ("and", "or"):
        return (all if name == "and" else any)(_matches(value, one) for one in inner)
    if name == "some":
        return any(_matches(one, inner) for one in value["nodes"])
    if name in _COMPARATORS:
        return _COMPARATORS[name](value, inner)
    if name not in _FILTERED:
        raise BadDocument(f"no filter {name}")
    return _matches(value[name], inner)
