"""The issues of a fake GitLab: what is asked, refused and answered as docs.gitlab.com has it.

Models pages, roles, blocked accounts and bots, deleted issues (404), the longest texts, an issue that a comment touches
only once a minute, and quick actions: those that GitLab knows are taken out of a text, wherever they would do anything
(`lib/gitlab/quick_actions/extractor.rb`, read 2026-11). Fermata may never write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.testing.forges.github_issues import give_page
from fermata.testing.forges.issues import FakeComment, FakeIssue, FakeRewriting, FakeUser, IssueBook
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

_LONGEST = 1_000_000
_LONGEST_TITLE = 255
_LEVELS = {"none": 5, "read": 20, "write": 30, "admin": 40}
_STATES = {"open": "opened", "closed": "closed"}
_NAMES = "approve|unapprove|assign|close|reopen|label|unlabel|title|merge|due|estimate|spend|duplicate|move|todo|lock"
_QUICK = re.compile(
    rf"(?P<code>^```.+?\n```$)|(?P<inline>^.*`\n*.+?\n*`$)|^/(?:{_NAMES})(?: [^\n]*)?(?:\s*\n|$)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


def carry_out(text: str) -> str:
    """Return what GitLab keeps of a text: without the lines of quick actions that stand outside of code."""
    return _QUICK.sub(lambda found: found[0] if found["code"] or found["inline"] else "", text).rstrip()


class GitLabIssues:
    """The handlers; mixed into the fake."""

    books: dict[str, IssueBook]
    page_size: int

    def comment(self, user: FakeUser, text: str, *, repository: str, issue: FakeIssue | None = None) -> Any:
        """Let somebody comment as on the page; `None` when it was nothing but quick actions, which leave nothing."""
        kept = carry_out(text)
        return self.books[repository].say(user, kept, issue=issue) if kept else None

    def _get_user(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request, names
        me = self._me
        return Answer({"id": me.id, "username": me.login, "state": "active"})

    def _get_user_by_id(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        book = next(iter(self.books.values()))
        user = next((one for one in (book.me, *book.users) if str(one.id) == names["user"]), None)
        if user is None:
            return _refuse("404 User Not Found")
        return Answer(_write_user(user) | {"bot": user.kind == "Bot"})

    def _get_member(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        book = self.books[names["project"]]
        user = next((one for one in (book.me, *book.users) if str(one.id) == names["user"]), None)
        if user is None or not user.member:
            return _refuse("404 Not found")
        return Answer(_write_user(user) | {"access_level": _LEVELS[user.permission]})

    def _get_group_member(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        book = next(iter(self.books.values()))
        user = next((one for one in book.users if str(one.id) == names["user"]), None)
        if user is None or names["group"] not in user.groups:
            return _refuse("404 Not found")
        return Answer(_write_user(user) | {"access_level": 30})

    def _list_issues(self, request: Request, names: Mapping[str, str]) -> Answer:
        book = self.books[names["project"]]
        author, after = request.get_query("author_id"), request.get_query("updated_after")
        require(request.get_query("scope") == "all", "scope")
        require(request.get_query("state") in ("opened", "closed", "all"), "state")
        order = request.get_query("order_by")
        require(order in ("created_at", "updated_at"), "order_by")
        since = datetime.fromisoformat(after) if after else None
        rows = [
            issue
            for issue in book.issues
            if author in ("", str(issue.author.id))
            and request.get_query("state") in ("all", _STATES[issue.state])
            and (since is None or issue.updated_at >= since)
        ]
        rows.sort(key=lambda issue: getattr(issue, order), reverse=request.get_query("sort") == "desc")
        return give_page(request, [_write_issue(issue) for issue in rows], self.page_size)

    def _get_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        issue = self.books[names["project"]].find_issue(int(names["number"]))
        return Answer(_write_issue(issue)) if issue else _refuse("404 Not found")

    def _list_labels(self, request: Request, names: Mapping[str, str]) -> Answer:
        require(request.get_query("include_ancestor_groups") in ("", "true", "false"), "include_ancestor_groups")
        rows = [{"id": number, "name": name} for number, name in enumerate(self.books[names["project"]].list_labels())]
        return give_page(request, rows, self.page_size)

    def _create_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        body = request.read()
        if len(body["description"]) > _LONGEST or len(body["title"]) > _LONGEST_TITLE:
            return _refuse("description is too long", 400)
        _check_text(body["description"])
        labels = [label for label in body.get("labels", "").split(",") if label]
        issue = self.books[names["project"]].open(body["title"], body["description"], labels)
        return Answer(_write_issue(issue), 201)

    def _edit_issue(self, request: Request, names: Mapping[str, str]) -> Answer:
        book = self.books[names["project"]]
        issue = book.find_issue(int(names["number"]))
        if issue is None:
            return _refuse("404 Not found")
        body = request.read()
        require(body.get("state_event", "close") in ("close", "reopen"), "state_event")
        if len(body.get("description", "")) > _LONGEST:
            return _refuse("description is too long", 400)
        _check_text(body.get("description", ""))
        removed = body.get("remove_labels", "").split(",")
        added = [label for label in body.get("add_labels", "").split(",") if label]
        changes: dict[str, Any] = {"labels": [label for label in issue.labels if label not in removed] + added}
        if "state_event" in body:
            changes["state"] = "open" if body["state_event"] == "reopen" else "closed"
        book.change(issue, book.me, title=body["title"], body=body["description"], **changes)
        return Answer(_write_issue(issue))

    def _list_notes(self, request: Request, names: Mapping[str, str]) -> Answer:
        book, number = self.books[names["project"]], int(names["number"])
        if book.find_issue(number) is None:
            return _refuse("404 Not found")
        require(request.get_query("order_by") in ("", "created_at", "updated_at"), "order_by")
        rows = [*book.list_on(number), *_list_own_notes(book, number)]
        rows.sort(key=lambda note: note.id, reverse=request.get_query("sort") == "desc")
        return give_page(request, [_write_note(note) for note in rows], self.page_size)

    def _create_note(self, request: Request, names: Mapping[str, str]) -> Answer:
        book, body = self.books[names["project"]], request.read()["body"]
        issue = book.find_issue(int(names["number"]))
        if issue is None:
            return _refuse("404 Not found")
        if len(body) > _LONGEST:
            return _refuse("note is too long", 400)
        _check_text(body)
        note = book.say(book.me, body, issue=issue)
        note.is_internal = bool(request.read().get("internal"))
        return Answer(_write_note(note), 201)

    def _delete_note(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        book = self.books[names["project"]]
        found = next((one for one in book.comments if str(one.id) == names["id"]), None)
        if found is None:
            return _refuse("404 Not found")
        book.comments.remove(found)
        return Answer(None, 204)

    @property
    def _me(self) -> FakeUser:
        return next(iter(self.books.values())).me


_ISSUES = "/projects/(?P<project>[^/]+)/issues"
_ISSUE = rf"{_ISSUES}/(?P<number>\d+)"
ISSUE_ROUTES = (
    ("GET", "/user", "_get_user", "", ""),
    ("GET", r"/users/(?P<user>\d+)", "_get_user_by_id", "", ""),
    ("GET", r"/projects/(?P<project>[^/]+)/members/all/(?P<user>\d+)", "_get_member", "", ""),
    ("GET", r"/groups/(?P<group>[^/]+)/members/all/(?P<user>\d+)", "_get_group_member", "", ""),
    (
        "GET", _ISSUES, "_list_issues",
        "author_id scope state updated_after labels order_by sort per_page page", "",
    ),
    (
        "GET", "/projects/(?P<project>[^/]+)/labels", "_list_labels",
        "with_counts include_ancestor_groups search per_page page", "",
    ),
    ("POST", _ISSUES, "_create_issue", "", "title description? labels? confidential? assignee_ids?"),
    ("GET", _ISSUE, "_get_issue", "", ""),
    ("PUT", _ISSUE, "_edit_issue", "", "title? description? add_labels? remove_labels? labels? state_event?"),
    ("GET", f"{_ISSUE}/notes", "_list_notes", "order_by sort activity_filter per_page page", ""),
    ("POST", f"{_ISSUE}/notes", "_create_note", "", "body internal? created_at?"),
    ("DELETE", rf"{_ISSUE}/notes/(?P<id>\d+)", "_delete_note", "", ""),
)  # fmt: skip
"""As the fake's own."""


def _list_own_notes(book: IssueBook, number: int) -> list[FakeComment]:
    """Return what GitLab itself notes of each change to an issue's text."""
    found = ((issue, one) for issue in book.issues if issue.number == number for one in issue.rewritings)
    return [
        FakeComment(
            id=one.id,
            issue=issue,
            body=_write_system_note(one, book.box),
            author=one.by,
            created_at=one.at,
            updated_at=one.at,
            by_app=True,
        )
        for issue, one in found
    ]


def _write_system_note(one: FakeRewriting, box: str) -> str:
    """Return what GitLab notes: of a text in which a box was ticked, that and nothing else."""
    if one.ticks:
        return f"marked the {box} **read the runbook** as completed"
    return "changed the description" if one.is_of_text else "changed title from **{-a-}** to **{+b+}**"


def _write_user(user: FakeUser) -> dict[str, Any]:
    return {"id": user.id, "username": user.login, "state": "blocked" if user.blocked else "active"}


def _write_issue(issue: FakeIssue) -> dict[str, Any]:
    return {
        "id": 9000 + issue.number,
        "iid": issue.number,
        "title": issue.title,
        "description": issue.body,
        "author": _write_user(issue.author),
        "labels": issue.labels,
        "state": _STATES[issue.state],
        "confidential": issue.is_confidential,
        "web_url": f"https://gitlab.example/-/issues/{issue.number}",
        "created_at": issue.created_at.isoformat(),
        "updated_at": issue.updated_at.isoformat(),
    }


def _write_note(note: FakeComment) -> dict[str, Any]:
    return {
        "id": note.id,
        "body": note.body,
        "author": _write_user(note.author) if note.author else None,
        "system": note.by_app,
        "internal": note.is_internal,
        "confidential": note.is_internal,
        "noteable_iid": note.issue.number,
        "created_at": note.created_at.isoformat(),
        "updated_at": note.updated_at.isoformat(),
    }


def _check_text(text: str) -> None:
    """Refuse a text that GitLab would act on."""
    require(carry_out(text) == text.rstrip(), "a text of Fermata's holds a quick action")


def _refuse(message: str, status: int = 404) -> Answer:
    return Answer({"message": message}, status)
