"""A strict fake of GitLab's REST API v4 for one project, over a history in memory.

It knows the calls that Fermata makes and answers 501 to any other; it refuses parameters and fields that GitLab's pages
do not have for that call, and names whose slashes are not encoded. It models scopes and roles (403), bad tokens (401),
names that are not there (404), pages of lists (`Link`), and what git refuses (400). It does not model rate limits,
approval rules, protected branches, forks, pipelines that start by themselves, or diffs that are cut; a test that needs
one of these gives it through `stand_in`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode

from fermata.kit.diffs import write_diff
from fermata.testing.forges.github import NOON
from fermata.testing.forges.gitlab_issues import ISSUE_ROUTES, GitLabIssues
from fermata.testing.forges.history import FakeCommit, History, hash_blob
from fermata.testing.forges.issues import FakeUser, IssueBook
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

Handler = Callable[[Request, Mapping[str, str]], Answer]
_REPORTER, _DEVELOPER = 20, 30


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: re.Pattern[str]
    handle: Handler
    query: frozenset[str]
    required: frozenset[str]
    optional: frozenset[str]


@dataclass
class FakeGitLab(GitLabIssues):
    """One project on GitLab, with its issues and those of others. `respond` is what a `WebServer` is given."""

    repository: str = "shop/backend/shop"
    token: str = "glpat-loopback"  # noqa: S105 - of the fake
    scopes: tuple[str, ...] = ("api", "read_api")
    role: int = _DEVELOPER
    history: History = field(default_factory=History)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    merge_requests: list[dict[str, Any]] = field(default_factory=list)
    request_notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """Comments on merge requests, by their number, the oldest first."""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    is_gone: bool = False
    """The project was deleted, or is hidden from the token."""
    withheld: frozenset[str] = frozenset()
    """Paths whose diffs are too large to be given."""
    page_size: int = 100
    """Rows of a page at most, whatever is asked for: so that few rows make many pages."""
    stand_in: Callable[[Request], Answer | None] = field(default=lambda _: None)
    """Asked first: what it gives is answered instead."""
    books: dict[str, IssueBook] = field(default_factory=dict)
    """Issues by project; this one's are there from the beginning."""
    issues_access_level: str = "enabled"
    """Switched off they take nothing; what is read of them then is not modelled."""
    archived: bool = False
    visibility: str = "private"
    url: str = ""
    """Where its server listens; links of pages begin with it."""

    def __post_init__(self) -> None:
        """Lay out the routes."""
        self._routes = [self._route(*row) for row in (*_ROUTES, *ISSUE_ROUTES)]
        self.books.setdefault(self.repository, IssueBook(FakeUser(7, "project_1_bot_ab12")))

    def respond(self, request: Request) -> Answer:
        """Answer one request."""
        given = self.stand_in(request)
        if given is not None:
            return given
        if request.headers.get("private-token") != self.token:
            return Answer({"message": "401 Unauthorized"}, 401)
        path = request.target.partition("?")[0]
        for route in self._routes:
            match = route.path.fullmatch(path)
            if match and route.method == request.method:
                return self._answer(route, request, {key: unquote(text) for key, text in match.groupdict().items()})
        message = "no such call here"
        raise NotImplementedError(message)

    def _route(self, method: str, path: str, name: str, query: str, body: str) -> _Route:
        names = body.split()
        return _Route(
            method,
            re.compile(f"/api/v4{path}"),
            getattr(self, name),
            frozenset(query.split()),
            frozenset(name for name in names if not name.endswith("?")),
            frozenset(name.rstrip("?") for name in names),
        )

    def _answer(self, route: _Route, request: Request, names: Mapping[str, str]) -> Answer:
        require(set(request.query) <= route.query, f"query {sorted(set(request.query) - route.query)}")
        if "per_page" in request.query:
            require(1 <= int(request.get_query("per_page")) <= 100, "per_page is 1 to 100")
        if route.optional:
            body = request.read()
            require(route.required <= set(body) <= route.optional, f"body {sorted(body)}")
        else:
            require(not request.body, "a body")
        if "project" in names and (self.is_gone or names["project"] not in self.books):
            return Answer({"message": "404 Project Not Found"}, 404)
        needed = ("api", _DEVELOPER) if request.method != "GET" else ("read_api", _REPORTER)
        if not set(self.scopes) & {needed[0], "api"}:
            return Answer({"error": "insufficient_scope", "error_description": "needs higher privileges"}, 403)
        if "project" in names and self.role < needed[1]:
            return Answer({"message": "403 Forbidden"}, 403)
        is_off = self.archived or ("/issues" in route.path.pattern and self.issues_access_level == "disabled")
        if is_off and request.method != "GET":
            return Answer({"message": "403 Forbidden"}, 403)
        return route.handle(request, names)

    def _give_page(self, request: Request, rows: Sequence[Any]) -> Answer:
        size = min(int(request.get_query("per_page") or 20), self.page_size)
        page = int(request.get_query("page") or 1)
        headers = {}
        if len(rows) > page * size:
            query = {key: values[0] for key, values in request.query.items()} | {"page": str(page + 1)}
            target = request.target.partition("?")[0]
            headers["Link"] = f'<{self.url}{target}?{urlencode(query)}>; rel="next"'
        return Answer(rows[(page - 1) * size : page * size], headers=headers)

    def _get_project(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request, names
        permissions = {"project_access": {"access_level": self.role}, "group_access": None}
        row = {"id": 1, "path_with_namespace": self.repository, "default_branch": "main", "permissions": permissions}
        row |= {"web_url": f"https://gitlab.example/{self.repository}"}
        row |= {"archived": self.archived}
        return Answer(row | {"issues_access_level": self.issues_access_level, "visibility": self.visibility})

    def _get_token(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request, names
        return Answer({"id": 1, "name": "fermata", "scopes": self.scopes, "active": True, "expires_at": "2027-11-23"})

    def _get_branch(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        sha = self.history.branches.get(names["branch"])
        return Answer({"name": names["branch"], "commit": {"id": sha}}) if sha else _refuse("404 Branch Not Found", 404)

    def _delete_branch(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        if self.history.branches.pop(names["branch"], None) is None:
            return _refuse("404 Branch Not Found", 404)
        return Answer(None, 204)

    def _list_commits(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        start, dots, end = request.get_query("ref_name").partition("..")
        commit = self.history.find(end if dots else start)
        known = self.history.find(start) if dots else None
        if commit is None or (dots and known is None):
            return _refuse("404 Commit Not Found", 404)
        before = {one.sha for one in self.history.list_ancestors(known.sha)} if known else set()
        since, until = (_read_time(request.get_query(name)) for name in ("since", "until"))
        path = request.get_query("path")
        found = []
        for one in self.history.list_ancestors(commit.sha):
            fits = self.history.is_listed(one.sha, path)
            in_time = (since is None or one.at >= since) and (until is None or one.at <= until)
            if one.sha not in before and fits and in_time:
                found.append(self._write_commit(one))
        return self._give_page(request, found)

    def _get_commit(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        commit = self.history.find(names["sha"])
        return Answer(self._write_commit(commit)) if commit else _refuse("404 Commit Not Found", 404)

    def _get_diff(self, request: Request, names: Mapping[str, str]) -> Answer:
        rows = [self._write_diff(path, *pair) for path, pair in self.history.list_changed(names["sha"]).items()]
        return self._give_page(request, rows)

    def _get_statuses(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        return self._give_page(request, self.statuses)

    def _get_merge_base(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        one, other = (self.history.find(ref) for ref in request.query["refs[]"])
        if one is None or other is None:
            return _refuse("404 Ref Not Found", 404)
        shared = {commit.sha for commit in self.history.list_ancestors(other.sha)}
        # Clocks of branches differ: what holds itself is its own base, whatever is dated after it.
        ancestors = (one, *self.history.list_ancestors(one.sha))
        base = next((commit for commit in ancestors if commit.sha in shared), None)
        return Answer(self._write_commit(base)) if base else _refuse("404 Merge Base Not Found", 404)

    def _get_file(self, request: Request, names: Mapping[str, str]) -> Answer:
        commit = self.history.find(request.get_query("ref"))
        found = commit.tree.get(names["path"]) if commit else None
        if found is None:
            return _refuse("404 File Not Found", 404)
        mode, content = found
        return Answer(
            {
                "file_path": names["path"],
                "blob_id": hash_blob(content),
                "encoding": "base64",
                "content": base64.b64encode(content).decode(),
                "execute_filemode": mode == "100755",
            }
        )

    def _list_tree(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        commit = self.history.find(request.get_query("ref"))
        folder = request.get_query("path")
        require(request.get_query("recursive") == "true", "only the whole tree is modelled")
        prefix = f"{folder}/" if folder else ""
        paths = [path for path in (commit.tree if commit else {}) if path.startswith(prefix)]
        if not paths:
            return _refuse("404 Tree Not Found", 404)
        folders = sorted({path.rpartition("/")[0] for path in paths} - {folder, ""})
        rows = [{"type": "tree", "path": path, "name": path, "mode": "040000"} for path in folders]
        rows += [{"type": "blob", "path": path, "name": path.rpartition("/")[2], "mode": "100644"} for path in paths]
        return self._give_page(request, rows)

    def _create_commit(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        existing = self.history.branches.get(body["branch"])
        if existing and "start_sha" in body:
            return _refuse(f"A branch called '{body['branch']}' already exists.", 400)
        start = self.history.commits.get(existing or body.get("start_sha", ""))
        if start is None:
            return _refuse("You can only create or edit files when you are on a branch", 400)
        tree = dict(start.tree)
        for action in body["actions"]:
            allowed = {"action", "file_path", "content", "encoding", "execute_filemode", "last_commit_id"}
            require({"action", "file_path"} <= set(action) <= allowed, "an action")
            path, verb = action["file_path"], action["action"]
            require(verb in ("create", "update", "delete"), "the verb of an action")
            if (verb == "create") == (path in tree):
                return _refuse("A file with this name already exists or doesn't exist", 400)
            if verb == "delete":
                tree.pop(path)
            else:
                mode = tree[path][0] if path in tree else ("100755" if action.get("execute_filemode") else "100644")
                tree[path] = (mode, action["content"].encode())
        sha = self.history.add(tree, (start.sha,), body["commit_message"], author="fermata", at=NOON)
        self.history.branches[body["branch"]] = sha
        return Answer(self._write_commit(self.history.commits[sha]), 201)

    def _list_deployments(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        require(request.get_query("order_by") in ("id", "iid", "created_at", "updated_at", "ref"), "order_by")
        require(request.get_query("sort") in ("asc", "desc"), "sort")
        environment = request.get_query("environment")
        rows = [row for row in self.deployments if environment in ("", row["environment"]["name"])]
        by = request.get_query("order_by")
        rows.sort(key=lambda row: (row[by], int(row["id"])), reverse=request.get_query("sort") == "desc")
        return self._give_page(request, rows)

    def _list_pipelines(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        require(request.get_query("order_by") in ("id", "status", "ref", "updated_at", "user_id"), "order_by")
        return self._give_page(request, [row for row in self.pipelines if row["ref"] == request.get_query("ref")])

    def _list_releases(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        require(request.get_query("order_by") in ("released_at", "created_at"), "order_by")
        return self._give_page(request, self.releases)

    def _list_merge_requests(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        state, target, source = (request.get_query(name) for name in ("state", "target_branch", "source_branch"))
        require(state in ("opened", "closed", "locked", "merged", "all"), "state")
        after = _read_time(request.get_query("updated_after"))
        rows = [
            row
            for row in self.merge_requests
            if state in ("all", row["state"])
            and target in ("", row["target_branch"])
            and source in ("", row["source_branch"])
            and (after is None or datetime.fromisoformat(row["updated_at"]) >= after)
        ]
        return self._give_page(request, rows[::-1])

    def _list_request_notes(self, request: Request, names: Mapping[str, str]) -> Answer:
        if not any(str(row["iid"]) == names["number"] for row in self.merge_requests):
            return _refuse("404 Not found", 404)
        require(request.get_query("order_by") in ("created_at", "updated_at"), "order_by")
        return self._give_page(request, self.request_notes.get(int(names["number"]), []))

    def _create_merge_request(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        if body["source_branch"] not in self.history.branches:
            return _refuse("Source branch does not exist", 409)
        row = self.add_merge_request(body["source_branch"], title=body["title"], description=body["description"])
        return Answer(row, 201)

    def add_merge_request(self, branch: str, **changes: Any) -> dict[str, Any]:
        """Open a merge request from a branch, as somebody would, and return it as GitLab has it."""
        number = len(self.merge_requests) + 1
        row = {
            "iid": number,
            "title": "Change",
            "description": "",
            "state": "opened",
            "source_branch": branch,
            "target_branch": "main",
            "web_url": f"https://gitlab.example/{self.repository}/-/merge_requests/{number}",
            "author": {"id": 7, "username": "fermata"},
            "sha": self.history.branches.get(branch, "0" * 40),
            "merge_commit_sha": None,
            "squash_commit_sha": None,
            "created_at": NOON.isoformat(),
            "updated_at": NOON.isoformat(),
            "merged_at": None,
            "closed_at": None,
        } | changes
        self.merge_requests.append(row)
        return row

    def add_deployment(self, sha: str, at: datetime, *, environment: str = "production", **changes: Any) -> None:
        """Deploy a commit, and let it succeed at the same instant."""
        number = len(self.deployments) + 1
        row = {
            "id": number,
            "iid": number,
            "ref": "main",
            "sha": sha,
            "status": "success",
            "created_at": at.isoformat(),
            "updated_at": at.isoformat(),
            "user": {"id": 100, "username": "noor"},
            "environment": {"id": 1, "name": environment},
        }
        self.deployments.append(row | changes)

    def write_commit(self, sha: str) -> dict[str, Any]:
        """Return a commit as GitLab has it, in a release as well."""
        return self._write_commit(self.history.commits[sha])

    def _write_commit(self, commit: FakeCommit) -> dict[str, Any]:
        return {
            "id": commit.sha,
            "short_id": commit.sha[:8],
            "title": commit.title,
            "message": commit.message,
            "author_name": commit.author,
            "committed_date": commit.at.isoformat(),
            "parent_ids": list(commit.parents),
            "web_url": f"https://gitlab.example/{self.repository}/-/commit/{commit.sha}",
        }

    def _write_diff(
        self, path: str, before: tuple[str, bytes] | None, after: tuple[str, bytes] | None
    ) -> dict[str, Any]:
        texts = [item[1].decode("utf-8", "replace") if item else None for item in (before, after)]
        is_withheld = path in self.withheld
        return {
            "old_path": path,
            "new_path": path,
            "a_mode": before[0] if before else "0",
            "b_mode": after[0] if after else "0",
            "new_file": before is None,
            "renamed_file": False,
            "deleted_file": after is None,
            "collapsed": False,
            "too_large": is_withheld,
            "diff": "" if is_withheld else "".join(write_diff(path, *texts).splitlines(keepends=True)[3:]),
        }


_PROJECT = "/projects/(?P<project>[^/]+)"
_COMMIT = f"{_PROJECT}/repository/commits/(?P<sha>[^/]+)"
_ROUTES = (
    ("GET", _PROJECT, "_get_project", "statistics license", ""),
    ("GET", "/personal_access_tokens/self", "_get_token", "", ""),
    ("GET", f"{_PROJECT}/repository/branches/(?P<branch>[^/]+)", "_get_branch", "", ""),
    ("DELETE", f"{_PROJECT}/repository/branches/(?P<branch>[^/]+)", "_delete_branch", "", ""),
    ("GET", f"{_PROJECT}/repository/commits", "_list_commits", "ref_name since until path author per_page page", ""),
    ("GET", _COMMIT, "_get_commit", "stats", ""),
    ("GET", f"{_COMMIT}/diff", "_get_diff", "unidiff per_page page", ""),
    ("GET", f"{_COMMIT}/statuses", "_get_statuses", "ref stage name all pipeline_id per_page page", ""),
    ("GET", f"{_PROJECT}/repository/merge_base", "_get_merge_base", "refs[]", ""),
    ("GET", f"{_PROJECT}/repository/files/(?P<path>[^/]+)", "_get_file", "ref", ""),
    ("GET", f"{_PROJECT}/repository/tree", "_list_tree", "path ref recursive per_page page pagination", ""),
    (
        "POST", f"{_PROJECT}/repository/commits", "_create_commit", "",
        "branch commit_message actions start_branch? start_sha? start_project? author_email? author_name? force?",
    ),
    (
        "GET", f"{_PROJECT}/deployments", "_list_deployments",
        "order_by sort updated_after updated_before finished_after environment status per_page page", "",
    ),
    (
        "GET", f"{_PROJECT}/pipelines", "_list_pipelines",
        "name order_by ref scope sha sort source status updated_after updated_before username per_page page", "",
    ),
    ("GET", f"{_PROJECT}/releases", "_list_releases", "order_by sort include_html_description per_page page", ""),
    (
        "GET", f"{_PROJECT}/merge_requests", "_list_merge_requests",
        "state target_branch source_branch updated_after updated_before order_by sort per_page page", "",
    ),
    (
        "GET", rf"{_PROJECT}/merge_requests/(?P<number>\d+)/notes", "_list_request_notes",
        "order_by sort per_page page", "",
    ),
    (
        "POST", f"{_PROJECT}/merge_requests", "_create_merge_request", "",
        "source_branch target_branch title description? labels? remove_source_branch? squash? assignee_id?",
    ),
)  # fmt: skip
"""Method, path, handler, query parameters, fields of the body (`?`: may be left out)."""


def _read_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _refuse(message: str, status: int) -> Answer:
    return Answer({"message": message}, status)
