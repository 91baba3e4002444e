"""A strict fake of GitHub's REST API for one repository, over a history in memory.

It knows the calls that Fermata makes and answers 501 to any other; it refuses a parameter, a header or a field of a
body that the published description (github/rest-api-description, version 2022-11-28) does not have for that call. It
models fine-grained permissions (403), bad tokens (401), names that are not there (404) and what git refuses (422). It
does not model rate limits, pages of commits, review rules, forks, or the time that GitHub takes to make a commit
visible everywhere; a test that needs one of these gives it through `stand_in`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fermata.kit.diffs import write_diff
from fermata.testing.forges.github_issues import ISSUE_ROUTES, GitHubIssues, give_page
from fermata.testing.forges.history import FakeCommit, History, hash_blob, hash_tree, list_folders, list_tree
from fermata.testing.forges.issues import FakeUser, IssueBook
from fermata.testing.requiring import require
from fermata.testing.web_server import Answer, Request

ALL = frozenset(
    {
        "metadata=read", "contents=read", "contents=write", "deployments=read", "actions=read", "pull_requests=read",
        "pull_requests=write", "checks=read", "issues=read", "issues=write", "administration=read",
    }
)  # fmt: skip
"""What a token for everything is granted, as GitHub's own header names it."""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_SHA = re.compile(r"[0-9a-f]{40}")
Handler = Callable[[Request, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: re.Pattern[str]
    needs: str
    handle: Handler
    query: frozenset[str]
    required: frozenset[str]
    optional: frozenset[str]


@dataclass
class FakeGitHub(GitHubIssues):
    """One repository on GitHub, with its issues and those of others. `respond` is what a `WebServer` is given."""

    repository: str = "shop/shop"
    token: str = "github_pat_loopback"  # noqa: S105 - of the fake
    granted: frozenset[str] = ALL
    history: History = field(default_factory=History)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    """Newest first, each with its `statuses` beside it."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    is_gone: bool = False
    """The repository was deleted, renamed away, or is hidden from the token."""
    can_push: bool = True
    books: dict[str, IssueBook] = field(default_factory=dict)
    """Issues by repository; this one's are there from the beginning."""
    withheld: frozenset[str] = frozenset()
    """Paths whose patches GitHub leaves out, as it does for large ones."""
    stand_in: Callable[[Request], Answer | None] = field(default=lambda _: None)
    """Asked first: what it gives is answered instead."""

    def __post_init__(self) -> None:
        """Lay out the routes."""
        self._blobs: dict[str, bytes] = {}
        self._trees: dict[str, dict[str, tuple[str, bytes]]] = {}
        self._routes = [self._route(*row) for row in (*ROUTES, *ISSUE_ROUTES)]
        self.books.setdefault(self.repository, IssueBook(FakeUser(7, "fermata-app")))

    def respond(self, request: Request) -> Answer:
        """Answer one request."""
        given = self.stand_in(request)
        if given is not None:
            return given
        self._check_headers(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer({"message": "Bad credentials", "status": "401"}, 401)
        if (request.method, request.path) == ("POST", "/graphql"):
            return self._answer_query(request)
        account = self._answer_for_accounts(request) if request.method == "GET" else None
        if account is not None:
            return account
        for route in self._routes:
            match = route.path.fullmatch(request.path)
            if match and route.method == request.method:
                return self._answer(route, request, match.groupdict())
        message = "no such call here"
        raise NotImplementedError(message)

    def list_pushed(self) -> Mapping[str, str]:
        """Return the branches with their heads."""
        return dict(self.history.branches)

    def _route(self, method: str, path: str, needs: str, name: str, query: str, body: str) -> _Route:
        names = body.split()
        return _Route(
            method,
            re.compile(f"/repos/(?P<repo>[^/]+/[^/]+){path}"),
            needs,
            getattr(self, name),
            frozenset(query.split()),
            frozenset(name for name in names if not name.endswith("?")),
            frozenset(name.rstrip("?") for name in names),
        )

    def _check_headers(self, request: Request) -> None:
        headers = request.headers
        require(headers.get("accept") == "application/vnd.github+json", "Accept")
        require(headers.get("x-github-api-version") == "2022-11-28", "X-GitHub-Api-Version")
        require(bool(headers.get("user-agent")), "User-Agent: GitHub refuses requests without one")

    def _answer(self, route: _Route, request: Request, names: Mapping[str, str]) -> Answer:
        require(set(request.query) <= route.query, f"query {sorted(set(request.query) - route.query)}")
        if "per_page" in request.query:
            require(1 <= int(request.get_query("per_page")) <= 100, "per_page is 1 to 100")
        if route.required or route.optional:
            body = request.read()
            require(route.required <= set(body) <= route.optional, f"body {sorted(body)}")
        else:
            require(not request.body, "a body")
        if self.is_gone or names["repo"] not in self.books:
            return _refuse(404, "Not Found")
        if route.needs not in self.granted:
            message = "Resource not accessible by personal access token"
            return Answer({"message": message}, 403, {"X-Accepted-GitHub-Permissions": route.needs})
        return route.handle(request, names)

    def _get_repository(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request, names
        permissions = {"admin": False, "push": self.can_push, "pull": True}
        row = {
            "id": 1,
            "full_name": self.repository,
            "default_branch": "main",
            "has_issues": True,
            "visibility": "private",
        }
        return Answer(row | {"permissions": permissions, "html_url": f"https://github.example/{self.repository}"})

    def _get_ref(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        sha = self.history.branches.get(names["branch"])
        return Answer(_ref(names["branch"], sha)) if sha else _refuse(404, "Not Found")

    def _list_commits(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        start = self.history.find(request.get_query("sha"))
        if start is None:
            return _refuse(404, "Not Found")
        since, until = (_read_time(request.get_query(name)) for name in ("since", "until"))
        path = request.get_query("path")
        found = [
            self._write_commit(commit)
            for commit in self.history.list_ancestors(start.sha)
            if self.history.is_listed(commit.sha, path)
            and (since is None or commit.at >= since)
            and (until is None or commit.at <= until)
        ]
        return Answer(found[: int(request.get_query("per_page") or 30)])

    def _get_commit(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        commit = self.history.find(names["sha"])
        if commit is None:
            return (
                _refuse(422, f"No commit found for SHA: {names['sha']}")
                if _SHA.fullmatch(names["sha"])
                else _refuse(404, "Not Found")
            )
        files = [self._write_file(path, *pair) for path, pair in self.history.list_changed(commit.sha).items()]
        return Answer(self._write_commit(commit) | {"files": files})

    def _get_git_commit(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        commit = self.history.commits.get(names["sha"])
        if commit is None:
            return _refuse(404, "Not Found")
        self._trees.update({sha: dict(tree) for sha, tree in list_folders(commit.tree).items()})
        self._blobs.update({hash_blob(content): content for _, content in commit.tree.values()})
        return Answer({"sha": commit.sha, "tree": {"sha": hash_tree(commit.tree)}, "message": commit.message})

    def _get_tree(self, request: Request, names: Mapping[str, str]) -> Answer:
        tree = self._trees.get(names["sha"])
        if tree is None:
            return _refuse(404, "Not Found")
        rows: list[dict[str, str]] = list_tree(tree)
        if request.query.get("recursive"):
            rows = [
                {"path": path, "mode": mode, "type": "blob", "sha": hash_blob(content)}
                for path, (mode, content) in tree.items()
            ]
        return Answer({"sha": names["sha"], "tree": rows, "truncated": False})

    def _get_blob(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        content = self._blobs.get(names["sha"])
        if content is None:
            return _refuse(404, "Not Found")
        text = base64.encodebytes(content).decode()  # In lines, as GitHub's.
        return Answer({"sha": names["sha"], "content": text, "encoding": "base64", "size": len(content)})

    def _compare(self, request: Request, names: Mapping[str, str]) -> Answer:
        base, head = (self.history.find(names[name]) for name in ("base", "head"))
        if base is None or head is None:
            return _refuse(404, "Not Found")
        behind = {commit.sha for commit in self.history.list_ancestors(base.sha)}
        ahead = {commit.sha for commit in self.history.list_ancestors(head.sha)}
        new = [commit for commit in self.history.list_ancestors(head.sha) if commit.sha not in behind]
        lost = behind - ahead
        status = "diverged" if new and lost else "ahead" if new else "behind" if lost else "identical"
        commits = [self._write_commit(commit) for commit in reversed(new)]
        page, size = (int(request.get_query(name) or default) for name, default in (("page", 1), ("per_page", 250)))
        rows = commits[(page - 1) * size : page * size]
        return Answer({"status": status, "total_commits": len(new), "commits": rows, "files": []})

    def _list_deployments(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        environment = request.get_query("environment")
        rows = [row for row in self.deployments if environment in ("", row["environment"])]
        return give_page(request, [{key: value for key, value in row.items() if key != "statuses"} for row in rows])

    def _list_statuses(self, request: Request, names: Mapping[str, str]) -> Answer:
        row = next((one for one in self.deployments if str(one["id"]) == names["id"]), None)
        return give_page(request, row["statuses"]) if row else _refuse(404, "Not Found")

    def _list_runs(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        since, until = (_read_time(text) for text in request.get_query("created").split(".."))
        if since is None or until is None:
            message = "created is a range of instants"
            raise AssertionError(message)
        rows = [
            row
            for row in self.runs
            if row["head_branch"] == request.get_query("branch")
            and since <= datetime.fromisoformat(row["created_at"]) <= until
        ]
        page = give_page(request, rows)
        return Answer({"total_count": len(rows), "workflow_runs": page.body}, headers=page.headers)

    def _list_releases(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        return give_page(request, self.releases)

    def _list_pulls(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        require(request.get_query("state") in ("open", "closed", "all"), "state")
        require(request.get_query("sort") in ("", "created", "updated", "popularity", "long-running"), "sort")
        require(request.get_query("direction") in ("", "asc", "desc"), "direction")
        state, base, head = (request.get_query(name) for name in ("state", "base", "head"))
        owner = self.repository.partition("/")[0]
        rows = [
            row
            for row in self.pulls
            if state in ("all", row["state"])
            and base in ("", row["base"]["ref"])
            and head in ("", f"{owner}:{row['head']['ref']}")
        ]
        rows.reverse()
        if request.get_query("sort") == "updated":
            rows.sort(key=lambda row: str(row["updated_at"]), reverse=request.get_query("direction") == "desc")
        return give_page(request, rows)

    def _list_check_runs(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request, names
        return Answer({"total_count": len(self.checks), "check_runs": self.checks})

    def _create_tree(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        tree = self._trees.get(body["base_tree"])
        if tree is None:
            return _refuse(422, "base_tree is not a tree")
        tree = dict(tree)
        for entry in body["tree"]:
            require(
                {"path", "mode", "type"} <= set(entry) <= {"path", "mode", "type", "sha", "content"}, "a tree entry"
            )
            require(entry["mode"] in ("100644", "100755", "120000"), "mode")
            if "content" in entry:
                tree[entry["path"]] = (entry["mode"], entry["content"].encode())
            elif entry["sha"] is None:
                tree.pop(entry["path"])
        sha = hash_tree(tree)
        self._trees[sha] = tree
        return Answer({"sha": sha, "tree": list_tree(tree), "truncated": False}, 201)

    def _create_commit(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        if body["tree"] not in self._trees or not set(body["parents"]) <= set(self.history.commits):
            return _refuse(422, "Tree SHA does not exist")
        tree, parents = self._trees[body["tree"]], tuple(body["parents"])
        sha = self.history.add(tree, parents, body["message"], author="fermata", at=NOON)
        return Answer({"sha": sha, "tree": {"sha": body["tree"]}, "message": body["message"]}, 201)

    def _create_ref(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        branch = body["ref"].removeprefix("refs/heads/")
        require(branch != body["ref"], "ref is fully qualified")
        if branch in self.history.branches:
            return _refuse(422, "Reference already exists")
        if body["sha"] not in self.history.commits:
            return _refuse(422, "Object does not exist")
        self.history.branches[branch] = body["sha"]
        return Answer(_ref(branch, body["sha"]), 201)

    def _update_ref(self, request: Request, names: Mapping[str, str]) -> Answer:
        body, branch = request.read(), names["branch"]
        if branch not in self.history.branches or body["sha"] not in self.history.commits:
            return _refuse(422, "Reference does not exist")
        known = {commit.sha for commit in self.history.list_ancestors(body["sha"])}
        if self.history.branches[branch] not in known and body.get("force") is not True:
            return _refuse(422, "Update is not a fast forward")
        self.history.branches[branch] = body["sha"]
        return Answer(_ref(branch, body["sha"]))

    def _delete_ref(self, request: Request, names: Mapping[str, str]) -> Answer:
        del request
        if self.history.branches.pop(names["branch"], None) is None:
            return _refuse(422, "Reference does not exist")
        return Answer(None, 204)

    def _create_pull(self, request: Request, names: Mapping[str, str]) -> Answer:
        del names
        body = request.read()
        if body["head"] not in self.history.branches or body["base"] not in self.history.branches:
            return _refuse(422, "Validation Failed")
        row = self.add_pull(body["head"], title=body["title"], body=body["body"])
        return Answer(row, 201)

    def add_pull(self, branch: str, **changes: Any) -> dict[str, Any]:
        """Open a pull request from a branch, as somebody would, and return it as GitHub has it."""
        number = len(self.pulls) + 1
        row = {
            "number": number,
            "title": "Change",
            "body": "",
            "state": "open",
            "url": f"https://api.github.example/repos/{self.repository}/pulls/{number}",
            "html_url": f"https://github.example/{self.repository}/pull/{number}",
            "user": {"id": 7, "login": "fermata"},
            "head": {"ref": branch, "sha": self.history.branches.get(branch, "0" * 40)},
            "base": {"ref": "main"},
            "merge_commit_sha": None,
            "created_at": write_time(NOON),
            "updated_at": write_time(NOON),
            "closed_at": None,
            "merged_at": None,
        } | changes
        self.pulls.append(row)
        return row

    def add_deployment(self, sha: str, at: datetime, **changes: Any) -> dict[str, Any]:
        """Deploy a commit, and let it succeed at the same instant."""
        row = {
            "id": len(self.deployments) + 1,
            "sha": sha,
            "ref": "main",
            "task": "deploy",
            "environment": "production",
            "description": "",
            "payload": {},
            "creator": {"id": 100, "login": "noor"},
            "created_at": write_time(at),
            "updated_at": write_time(at),
            "url": f"https://api.github.example/repos/{self.repository}/deployments/{len(self.deployments) + 1}",
            "statuses": [{"state": "success", "description": "", "created_at": write_time(at)}],
        } | changes
        self.deployments.insert(0, row)
        return row

    def _write_commit(self, commit: FakeCommit) -> dict[str, Any]:
        signature = {"name": commit.author, "email": f"{commit.author}@example.com", "date": write_time(commit.at)}
        return {
            "sha": commit.sha,
            "html_url": f"https://github.example/{self.repository}/commit/{commit.sha}",
            "commit": {"message": commit.message, "author": signature, "committer": signature},
            "author": None,
            "parents": [{"sha": parent} for parent in commit.parents],
        }

    def _write_file(
        self, path: str, before: tuple[str, bytes] | None, after: tuple[str, bytes] | None
    ) -> dict[str, Any]:
        texts = [item[1].decode("utf-8", "replace") if item else None for item in (before, after)]
        lines = write_diff(path, *texts).removesuffix("\n").split("\n")[3:]
        status = "added" if before is None else "removed" if after is None else "modified"
        row: dict[str, Any] = {"sha": hash_blob((after or before or ("", b""))[1]), "filename": path, "status": status}
        is_binary = any(item is not None and b"\0" in item[1] for item in (before, after))
        row["changes"] = 0 if is_binary else sum(line.startswith(("+", "-")) for line in lines)
        if not is_binary and path not in self.withheld:
            row["patch"] = "\n".join(lines)
        return row


ROUTES = (
    ("GET", "", "metadata=read", "_get_repository", "", ""),
    ("GET", "/git/ref/heads/(?P<branch>.+)", "contents=read", "_get_ref", "", ""),
    ("GET", "/commits", "contents=read", "_list_commits", "sha path since until per_page page author committer", ""),
    ("GET", "/commits/(?P<sha>[^/]+)", "contents=read", "_get_commit", "page per_page", ""),
    ("GET", "/git/commits/(?P<sha>[^/]+)", "contents=read", "_get_git_commit", "", ""),
    ("GET", "/git/trees/(?P<sha>[^/]+)", "contents=read", "_get_tree", "recursive", ""),
    ("GET", "/git/blobs/(?P<sha>[^/]+)", "contents=read", "_get_blob", "", ""),
    ("GET", r"/compare/(?P<base>[^/]+)\.\.\.(?P<head>[^/]+)", "contents=read", "_compare", "page per_page", ""),
    ("GET", "/deployments", "deployments=read", "_list_deployments", "sha ref task environment per_page page", ""),
    ("GET", r"/deployments/(?P<id>\d+)/statuses", "deployments=read", "_list_statuses", "per_page page", ""),
    (
        "GET", "/actions/runs", "actions=read", "_list_runs",
        "actor branch event status per_page page created exclude_pull_requests check_suite_id head_sha", "",
    ),
    ("GET", "/releases", "contents=read", "_list_releases", "per_page page", ""),
    ("GET", "/pulls", "pull_requests=read", "_list_pulls", "state head base sort direction per_page page", ""),
    (
        "GET", "/commits/(?P<sha>[^/]+)/check-runs", "checks=read", "_list_check_runs",
        "check_name status filter per_page page app_id", "",
    ),
    ("POST", "/git/trees", "contents=write", "_create_tree", "", "tree base_tree?"),
    (
        "POST", "/git/commits", "contents=write", "_create_commit", "",
        "message tree parents? author? committer? signature?",
    ),
    ("POST", "/git/refs", "contents=write", "_create_ref", "", "ref sha"),
    ("PATCH", "/git/refs/heads/(?P<branch>.+)", "contents=write", "_update_ref", "", "sha force?"),
    ("DELETE", "/git/refs/heads/(?P<branch>.+)", "contents=write", "_delete_ref", "", ""),
    (
        "POST", "/pulls", "pull_requests=write", "_create_pull", "",
        "head base title? head_repo? body? maintainer_can_modify? draft? issue?",
    ),
)  # fmt: skip
"""Method, path, permission, handler, query parameters, fields of the body (`?`: may be left out)."""


def write_time(at: datetime) -> str:
    """Return an instant as GitHub writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ref(branch: str, sha: str) -> dict[str, Any]:
    return {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": sha}}


def _read_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _refuse(status: int, message: str) -> Answer:
    return Answer({"message": message, "status": str(status)}, status)
