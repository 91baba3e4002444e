"""A repository's history in memory, with git's own ids: what both fakes of forges stand on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

Tree = Mapping[str, tuple[str, bytes]]
"""By path: mode and content of a file."""


@dataclass(frozen=True)
class FakeCommit:
    """One commit, whole."""

    sha: str
    parents: tuple[str, ...]
    message: str
    author: str
    at: datetime
    tree: Tree

    @property
    def title(self) -> str:
        """Return the first line of its message."""
        return self.message.partition("\n")[0]


@dataclass
class History:
    """Commits and branches."""

    commits: dict[str, FakeCommit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(
        self,
        branch: str,
        changes: Mapping[str, str | bytes | None],
        message: str = "Change",
        *,
        author: str = "Mei",
        at: datetime = datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    ) -> str:
        """Put a commit on a branch (made when it is new) and return its id.

        Args:
            changes: By path: the new content, or `None` to delete the file.
        """
        head = self.branches.get(branch)
        tree = dict(self.commits[head].tree) if head else {}
        for path, content in changes.items():
            if content is None:
                tree.pop(path)
            else:
                mode = tree.get(path, ("100644", b""))[0]
                tree[path] = (mode, content if isinstance(content, bytes) else content.encode())
        sha = self.add(tree, (head,) if head else (), message, author=author, at=at)
        self.branches[branch] = sha
        return sha

    def add(self, tree: Tree, parents: tuple[str, ...], message: str, *, author: str, at: datetime) -> str:
        """Store a commit that no branch names yet, and return its id."""
        stamp = f"{author} <{author}@example.com> {int(at.timestamp())} +0000"
        lines = [f"tree {hash_tree(tree)}", *(f"parent {parent}" for parent in parents)]
        text = "\n".join([*lines, f"author {stamp}", f"committer {stamp}", "", message])
        sha = _hash("commit", text.encode())
        self.commits[sha] = FakeCommit(sha, parents, message, author, at, dict(tree))
        return sha

    def find(self, ref: str) -> FakeCommit | None:
        """Return the commit that a branch, a tag or an id names."""
        return self.commits.get(self.branches.get(ref) or self.tags.get(ref) or ref)

    def list_ancestors(self, sha: str) -> list[FakeCommit]:
        """Return a commit and all before it, newest first."""
        found: dict[str, FakeCommit] = {}
        waiting = [sha]
        while waiting:
            commit = self.commits[waiting.pop()]
            if commit.sha not in found:
                found[commit.sha] = commit
                waiting += commit.parents
        return sorted(found.values(), key=lambda commit: commit.at, reverse=True)

    def list_changed(self, sha: str) -> dict[str, tuple[tuple[str, bytes] | None, tuple[str, bytes] | None]]:
        """Return by path what a commit changed against its first parent: before and after."""
        commit = self.commits[sha]
        before = self.commits[commit.parents[0]].tree if commit.parents else {}
        paths = sorted({*before, *commit.tree})
        pairs = {path: (before.get(path), commit.tree.get(path)) for path in paths}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}

    def is_listed(self, sha: str, path: str) -> bool:
        """Answer whether git's log of a path shows a commit: a merge that took one side as it was is left out."""
        commit = self.commits[sha]
        below = [
            {name: item for name, item in tree.items() if _is_below(name, path)} for tree in self._list_trees(commit)
        ]
        return not path or all(before != below[0] for before in below[1:])

    def _list_trees(self, commit: FakeCommit) -> list[Tree]:
        return [commit.tree, *(self.commits[parent].tree for parent in commit.parents)] + (
            [] if commit.parents else [{}]
        )


def _is_below(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")


def hash_blob(content: bytes) -> str:
    """Return git's id of a file's content."""
    return _hash("blob", content)


def hash_tree(tree: Tree) -> str:
    """Return git's id of a folder."""
    rows = []
    for name, item in _nest(tree).items():
        if isinstance(item, dict):
            rows.append((f"{name}/", b"40000 %s\0" % name.encode(), hash_tree(item)))
        else:
            mode, content = item
            rows.append((name, f"{mode} {name}".encode() + b"\0", hash_blob(content)))
    return _hash("tree", b"".join(head + bytes.fromhex(sha) for _, head, sha in sorted(rows)))


def list_tree(tree: Tree) -> list[dict[str, str]]:
    """Return the names of one folder, as `git ls-tree` has them: mode, type, id, name."""
    rows = []
    for name, item in sorted(_nest(tree).items()):
        if isinstance(item, dict):
            rows.append({"path": name, "mode": "040000", "type": "tree", "sha": hash_tree(item)})
        else:
            rows.append({"path": name, "mode": item[0], "type": "blob", "sha": hash_blob(item[1])})
    return rows


def list_folders(tree: Tree) -> dict[str, Tree]:
    """Return every folder below and including a tree, by its id."""
    found = {hash_tree(tree): tree}
    for item in _nest(tree).values():
        if isinstance(item, dict):
            found |= list_folders(item)
    return found


def _nest(tree: Tree) -> dict[str, tuple[str, bytes] | dict[str, tuple[str, bytes]]]:
    top: dict[str, tuple[str, bytes] | dict[str, tuple[str, bytes]]] = {}
    for path, item in tree.items():
        name, slash, rest = path.partition("/")
        if slash:
            inner = top.setdefault(name, {})
            if isinstance(inner, dict):
                inner[rest] = item
        else:
            top[name] = item
    return top


def _hash(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()  # noqa: S324 - it is git's own id
