"""The issues of a fake GitHub: what is asked, refused and answered as the published description has it.

Models permissions of the token and of people, pages, deleted (410) and moved (301) issues, the longest texts, labels
that are dropped without the right to push. It does not model locks (they keep out only those without write access),
secondary rate limits, or the time until a new issue is in a list. Of GraphQL it knows the one query that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fermata.testing.forges.issues import LONG_AGO, FakeComment, FakeIssue, FakeUser, IssueBook
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

EDITED_QUERY = "query($id: ID!) { node(id: $id) { ... on IssueComment { lastEditedAt } } }"
"""Checked by hand against GitHub's schema: `IssueComment.lastEditedAt`, null for what was never rewritten."""
_EDITS = "{ totalCount nodes { editedAt editor { login ... on User { databaseId } ... on Bot { databaseId } } } }"
REWRITTEN_QUERY = (
    "query($id: ID!) { node(id: $id) { ... on Issue { "
    f"first: userContentEdits(first: 100) {_EDITS} last: userContentEdits(last: 100) {_EDITS} "
    "} } }"
)
"""As EDITED_QUERY, by hand: `Issue.userContentEdits`, of which each end gives a hundred at most; the newest first."""
_MOST_EDITS = 100
_LONGEST = 65_536
_LONGEST_TITLE = 256


class GitHubIssues:
    """The handlers; mixed into the fake."""

    books: dict[str, IssueBook]
    can_push: bool
    granted: frozenset[str]

    def _list_issues(self, request: Request, names: Mapping[str, str]) -> Answer:
        book = self.books[names["repo"]]
        creator, state, label = (request.get_query(name) for name in ("creator", "state", "labels"))
        _check_order(request, ("created", "updated", "comments"))
        if creator and book.find_user(creator) is None:
            return _refuse(422, "Validation Failed")
        since = datetime.fromisoformat(request.get_query("since")) if request.get_query("since") else LONG_AGO
        order = "updated_at" if request.get_query("sort") == "updated" else "number"
        rows = [
            issue
            for issue in book.issues
            if creator in ("", issue.author.login)
            and state in ("all", issue.state)
            and (not label or label in issue.labels)
            and issue.updated_at >= since
        ]
        rows.sort(key=lambda issue: getattr(issue, order), reverse=request.get_query("direction") != "asc")
        return give_page(request, [_write_issue(issue, names["repo"]) for issue in rows])

    def _get_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        issue = self._find(names)
        return Answer(_write_issue(issue, names["repo"])) if isinstance(issue, FakeIssue) else issue

    def _get_label(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        known = {label.lower(): label for label in self.books[names["repo"]].list_labels()}
        label = known.get(names["label"].lower())
        return Answer({"id": 1, "name": label, "color": "ededed"}) if label else _refuse(404, "Not Found")

    def _create_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        body = request.read()
        require(body["title"].strip() == body["title"] != "", "a title without blanks around it")
        if len(body["body"]) > _LONGEST or len(body["title"]) > _LONGEST_TITLE:
            return _refuse(422, "body is too long (maximum is 65536 characters)")
        labels = list(body.get("labels", ())) if self.can_push else []
        issue = self.books[names["repo"]].open(body["title"], body["body"], labels)
        return Answer(_write_issue(issue, names["repo"]), 201)

    def _edit_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        issue = self._find(names)
        if not isinstance(issue, FakeIssue):
            return issue
        body = request.read()
        require(body.get("state", "open") in ("open", "closed"), "state")
        if len(body.get("body", "")) > _LONGEST:
            return _refuse(422, "body is too long (maximum is 65536 characters)")
        changes = {key: body[key] for key in ("title", "body", "state") if key in body}
        if "labels" in body and self.can_push:
            changes["labels"] = list(body["labels"])
        book = self.books[names["repo"]]
        book.change(issue, book.me, **changes)
        return Answer(_write_issue(issue, names["repo"]))

    def _add_labels(self, request: Request, names: Mapping[str, str]) -> Answer:
        return self._set_labels(names, lambda there: list(dict.fromkeys([*there, *request.read()["labels"]])))

    def _remove_label(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        issue = self._find(names)
        if isinstance(issue, FakeIssue) and names["label"] not in issue.labels:
            return _refuse(404, "Label does not exist")
        return self._set_labels(names, lambda there: [label for label in there if label != names["label"]])

    def _set_labels(self, names: Mapping[str, str], change: Callable[[list[str]], list[str]]) -> Answer:
        issue = self._find(names)
        if not isinstance(issue, FakeIssue):
            return issue
        if not self.can_push:
            return _refuse(403, "Resource not accessible by personal access token")
        book = self.books[names["repo"]]
        book.change(issue, book.me, labels=change(issue.labels))
        return Answer([{"name": label} for label in issue.labels])

    def _list_issue_comments(self, request: Request, names: Mapping[str, str]) -> Answer:
        issue = self._find(names)
        if not isinstance(issue, FakeIssue):
            return issue
        rows = self.books[names["repo"]].list_on(issue.number)
        return give_page(request, [_write_comment(one, names["repo"]) for one in rows])

    def _list_comments(self, request: Request, names: Mapping[str, str]) -> Answer:
        _check_order(request, ("created", "updated"))
        require(request.get_query("sort") == "updated" and request.get_query("direction") == "asc", "the order")
        since = datetime.fromisoformat(request.get_query("since"))
        rows = [one for one in self.books[names["repo"]].comments if one.updated_at >= since]
        rows.sort(key=lambda one: one.updated_at)
        return give_page(request, [_write_comment(one, names["repo"]) for one in rows])

    def _create_comment(self, request: Request, names: Mapping[str, str]) -> Answer:
        issue = self._find(names)
        if not isinstance(issue, FakeIssue):
            return issue
        body = request.read()["body"]
        if len(body) > _LONGEST:
            return _refuse(422, "body is too long (maximum is 65536 characters)")
        book = self.books[names["repo"]]
        return Answer(_write_comment(book.say(book.me, body, issue=issue), names["repo"]), 201)

    def _delete_comment(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        book = self.books[names["repo"]]
        found = next((one for one in book.comments if str(one.id) == names["id"]), None)
        if found is None:
            return _refuse(404, "Not Found")
        book.comments.remove(found)
        return Answer(None, 204)

    def _get_permission(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        user = self.books[names["repo"]].find_user(names["user"])
        if user is None:
            return _refuse(404, f"{names['user']} is not a user")
        return Answer({"permission": user.permission, "role_name": user.permission, "user": _write_user(user)})

    def _list_teams(self, request: Request, names: Mapping[str, str]) -> Answer:
        owner = names["repo"].partition("/")[0]
        slugs = {group.partition("/")[2] for user in self.books[names["repo"]].users for group in user.groups}
        return give_page(request, [{"id": 1, "slug": slug, "name": slug, "org": owner} for slug in sorted(slugs)])

    def _answer_query(self, request: Request) -> Answer:
        """Answer GraphQL: refusals come with status 200."""
        body = request.read()
        require(set(body) == {"query", "variables"} and set(body["variables"]) == {"id"}, "a query and its id")
        require(body["query"] in (EDITED_QUERY, REWRITTEN_QUERY), "another query than those that are known here")
        if body["query"] == REWRITTEN_QUERY:
            return self._answer_rewritten(body["variables"]["id"])
        comments = [one for book in self.books.values() for one in book.comments]
        found = next((one for one in comments if _name_node(one) == body["variables"]["id"]), None)
        if "issues=read" not in self.granted:
            error = {"type": "FORBIDDEN", "message": "Resource not accessible by personal access token"}
            return Answer({"data": {"node": None}, "errors": [error]})
        if found is None:
            error = {"type": "NOT_FOUND", "message": "Could not resolve to a node with the global id"}
            return Answer({"data": {"node": None}, "errors": [error]})
        return Answer({"data": {"node": {"lastEditedAt": _write_time(found.edited_at) if found.edited_at else None}}})

    def _answer_rewritten(self, node: str) -> Answer:
        issues = {_name_issue(issue, name): issue for name, book in self.books.items() for issue in book.issues}
        edits = [
            {"editedAt": _write_time(one.at), "editor": {"login": one.by.login, "databaseId": one.by.id}}
            for one in reversed(issues[node].rewritings)
            if one.is_of_text
        ]
        ends = {"first": edits[:_MOST_EDITS], "last": edits[-_MOST_EDITS:]}
        found = {name: {"totalCount": len(edits), "nodes": nodes} for name, nodes in ends.items()}
        return Answer({"data": {"node": found}})

    def _answer_for_accounts(self, request: Request) -> Answer | None:
        """Answer what is asked about accounts and teams, whose addresses name no repository."""
        book = next(iter(self.books.values()))
        if request.path == "/user":
            return Answer(_write_user(book.me))
        if match := re.fullmatch(r"/user/(\d+)", request.path):
            user = next((one for one in book.users if one.id == int(match[1])), None)
            return Answer(_write_user(user)) if user else _refuse(404, "Not Found")
        match = re.fullmatch("/orgs/([^/]+)/teams/([^/]+)/memberships/([^/]+)", request.path)
        if match is None:
            return None
        user = book.find_user(match[3])
        if user is None or f"{match[1]}/{match[2]}" not in user.groups:
            return _refuse(404, "Not Found")
        return Answer({"state": "active", "role": "member", "url": ""})

    def _find(self, names: Mapping[str, str]) -> FakeIssue | Answer:
        book, number = self.books[names["repo"]], int(names["number"])
        issue = book.find_issue(number)
        if issue is not None and issue.moved:
            return Answer({"message": "Moved Permanently"}, 301, {"Location": "/repositories/7/issues/1"})
        if issue is None:
            return _refuse(410, "This issue was deleted") if number in book.deleted else _refuse(404, "Not Found")
        return issue


_NUMBER = r"/issues/(?P<number>\d+)"
ISSUE_ROUTES = (
    (
        "GET", "/issues", "issues=read", "_list_issues",
        "milestone state assignee creator mentioned labels sort direction since per_page page", "",
    ),
    ("POST", "/issues", "issues=write", "_create_issue", "", "title body? labels? assignees? milestone? type?"),
    ("GET", _NUMBER, "issues=read", "_get_issue", "", ""),
    ("PATCH", _NUMBER, "issues=write", "_edit_issue", "", "title? body? labels? state? state_reason? assignees?"),
    ("POST", f"{_NUMBER}/labels", "issues=write", "_add_labels", "", "labels"),
    ("DELETE", f"{_NUMBER}/labels/(?P<label>.+)", "issues=write", "_remove_label", "", ""),
    ("GET", f"{_NUMBER}/comments", "issues=read", "_list_issue_comments", "since per_page page", ""),
    ("POST", f"{_NUMBER}/comments", "issues=write", "_create_comment", "", "body"),
    ("GET", "/issues/comments", "issues=read", "_list_comments", "sort direction since per_page page", ""),
    ("DELETE", r"/issues/comments/(?P<id>\d+)", "issues=write", "_delete_comment", "", ""),
    ("GET", "/labels/(?P<label>.+)", "issues=read", "_get_label", "", ""),
    ("GET", "/teams", "administration=read", "_list_teams", "per_page page", ""),
    ("GET", "/collaborators/(?P<user>[^/]+)/permission", "metadata=read", "_get_permission", "", ""),
)  # fmt: skip
"""As `ROUTES`."""


def give_page(request: Request, rows: Sequence[Any], most: int = 100) -> Answer:
    """Answer with one page of a list, and with the address of the next one (RFC 8288).

    Args:
        most: Rows of a page at most, whatever is asked for.
    """
    size = min(int(request.get_query("per_page") or 30), most)
    page = int(request.get_query("page") or 1)
    headers = {}
    if len(rows) > page * size:
        query = {key: values[0] for key, values in request.query.items()} | {"page": str(page + 1)}
        target = f"http://{request.headers['host']}{request.target.partition('?')[0]}"
        headers["Link"] = f'<{target}?{urlencode(query)}>; rel="next"'
    return Answer(rows[(page - 1) * size : page * size], headers=headers)


def _write_user(user: FakeUser | None) -> dict[str, Any] | None:
    return {"id": user.id, "login": user.login, "type": user.kind} if user else None


def _write_issue(issue: FakeIssue, repository: str) -> dict[str, Any]:
    return {
        "number": issue.number,
        "node_id": _name_issue(issue, repository),
        "title": issue.title,
        "body": issue.body,
        "user": _write_user(issue.author),
        "labels": [{"name": name} for name in issue.labels],
        "state": issue.state,
        "url": f"https://api.github.example/repos/{repository}/issues/{issue.number}",
        "html_url": f"https://github.example/{repository}/issues/{issue.number}",
        "performed_via_github_app": None,
        "created_at": _write_time(issue.created_at),
        "updated_at": _write_time(issue.updated_at),
    } | ({"pull_request": {"url": ""}} if issue.is_pull else {})


def _name_issue(issue: FakeIssue, repository: str) -> str:
    return f"I_{repository}_{issue.number}"


def _name_node(comment: FakeComment) -> str:
    return f"IC_{comment.id}"


def _write_comment(comment: FakeComment, repository: str) -> dict[str, Any]:
    return {
        "id": comment.id,
        "node_id": _name_node(comment),
        "issue_url": f"https://api.github.example/repos/{repository}/issues/{comment.issue.number}",
        "body": comment.body,
        "html_url": f"https://github.example/{repository}/issues/{comment.issue.number}#issuecomment-{comment.id}",
        "user": _write_user(comment.author),
        "created_at": _write_time(comment.created_at),
        "updated_at": _write_time(comment.updated_at),
        "performed_via_github_app": {"id": 1, "slug": "robot"} if comment.by_app else None,
    }


def _write_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_order(request: Request, sorts: tuple[str, ...]) -> None:
    require(request.get_query("sort") in ("", *sorts), "sort")
    require(request.get_query("direction") in ("", "asc", "desc"), "direction")
    require(request.get_query("state") in ("", "open", "closed", "all"), "state")


def _refuse(status: int, message: str) -> Answer:
    return Answer({"message": message, "status": str(status)}, status)
