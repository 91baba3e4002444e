"""One change record, whoever wrote it: our own fields, those of a forge's API, a flag service's, a deploy tool's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.flows.bundle.deploy_hooks import read_hook
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import name_type, read_instant, read_text_field
from fermata.flows.bundle.plan_run import FAILED, PARTLY
from fermata.flows.bundle.plan_text import is_plan, read_run
from fermata.kit.redaction import describe_secret
from fermata.kit.redaction.names import Strength, judge_name

_WRAPPERS = ("changes", "commits", "deployments", "deploys", "releases", "flags", "items", "records", "events")
_NAMES = ("ref", "flag", "name", "key", "variable", "setting", "id")
_VALUES = ("from", "to", "before", "after", "old", "new", "value")
_ARROW = re.compile(r"(\s*(?:->|→|=>)\s*)")
# A line of a diff: its sign, the name that may stand before the value, the value.
_DIFF_LINE = re.compile(r"(?m)^([+-](?!\+\+ |-- )[ \t]*(?:[\w.\"'-]+[ \t]*[:=][ \t]*)?)(\S.*)$")
_PLAIN = frozenset({"", "on", "off", "true", "false", "enabled", "disabled", "null", "none", "set", "unset"})
_TIMES = ("time", "timestamp", "changed_at", "deployed_at", "merged_at", "committed_at", "created_at", "date", "at")


@dataclass(frozen=True, slots=True)
class Change:
    """One change record, read."""

    file: str
    id: str
    kind: str
    at: datetime | None
    title: str = ""
    author: str = ""
    service: str = ""
    repository: str = ""
    environment: str = ""
    state: str = ""
    ref: str = ""
    sha: str = ""
    commits: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    diff: str = ""
    note: str = ""
    """What is uncertain about it, in words."""
    resources: tuple[str, ...] = ()
    """What a run of Terraform told to be complete, by address."""


def parse_changes(documents: Iterable[Any], name: str, haul: Haul) -> list[Change]:
    """Return the records of parsed documents; one that says neither what nor when is left out and named."""
    changes = []
    for record in _unwrap(documents):
        if not isinstance(record, Mapping):
            haul.leave_out(name, f"a change is an object, not {name_type(record)}")
            continue
        change = _parse(record, name)
        if change is None:
            haul.leave_out(name, "a change without id, sha, number, ref and title")
            continue
        changes.append(change)
    return changes


def _unwrap(documents: Iterable[Any]) -> Iterable[Any]:
    for document in documents:
        if isinstance(document, list):
            yield from document
        elif isinstance(document, Mapping) and _is_comparison(document):
            yield _read_comparison(document)
        elif isinstance(document, Mapping) and "id" not in document:
            lists = [document[name] for name in _WRAPPERS if isinstance(document.get(name), list)]
            if lists and "sha" not in document:
                for items in lists:
                    yield from items
            else:
                yield document
        else:
            yield document


def _is_comparison(document: Mapping[str, Any]) -> bool:
    """Answer whether a document is two versions compared, as a forge gives it: the commits, and the patches of all."""
    commits = document.get("commits")
    is_listed = isinstance(commits, list) and bool(commits) and all(isinstance(item, Mapping) for item in commits)
    return is_listed and isinstance(document.get("files"), list) and "sha" not in document and "id" not in document


def _read_comparison(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what lies between two versions as one change: which of its commits changed a file is not told."""
    commits, files = document["commits"], document["files"]
    last = commits[-1]
    if len(commits) == 1:
        return {**last, "files": last.get("files") or files}
    own = _flatten(last)
    name = read_text_field(document, "html_url", "url", "permalink_url").rpartition("/")[2]
    authors = {read_text_field(_flatten(commit), "author") for commit in commits}
    return {
        **{field: own[field] for field in ("sha", *_TIMES) if field in own},
        "id": name or f"{read_text_field(commits[0], 'sha')[:12]}..{read_text_field(last, 'sha')[:12]}",
        "title": f"{len(commits)} commits: "
        + "; ".join(read_text_field(_flatten(commit), "message").partition("\n")[0] for commit in commits),
        "author": authors.pop() if len(authors) == 1 else "",
        "commits": commits,
        "files": files,
    }


def _flatten(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a forge's commit with what it keeps one level deeper: the message, the author, the time."""
    inner = record.get("commit")
    if not isinstance(inner, Mapping):
        return record
    people = [person for name in ("committer", "author") if isinstance(person := inner.get(name), Mapping)]
    dates = [date for person in people if (date := read_text_field(person, "date"))]
    named = [name for person in people[-1:] if (name := read_text_field(person, "name"))]
    found = {"message": read_text_field(inner, "message"), "author": (named or [""])[0], "date": (dates or [""])[0]}
    flat = {name: value for name, value in record.items() if name not in ("commit", "committer", "author")}
    return {**{name: value for name, value in found.items() if value}, **flat}


def _parse(record: Mapping[str, Any], name: str) -> Change | None:
    record = read_hook(_flatten(record))
    sha = read_text_field(record, "sha", "commit", "revision")
    ref = read_text_field(record, "ref", "number", "flag", "name", "tag", "version", "serial")
    title = read_text_field(record, "title", "message", "description", "summary")
    change_id = read_text_field(record, "id") or sha or ref
    if not change_id and not title:
        return None
    if _names_secret(record):
        record = _hide_values(record)
    diff = _read_diff(record)
    kind = read_text_field(record, "kind", "type").lower() or ("commit" if sha and diff else "change")
    return Change(
        file=name,
        id=change_id or title[:80],
        kind=kind,
        at=next((at for field in _TIMES if (at := read_instant(record.get(field))) is not None), None),
        title=title.partition("\n")[0],
        author=read_text_field(record, "author", "actor", "user"),
        service=read_text_field(record, "service", "app", "workload"),
        repository=read_text_field(record, "repo", "repository"),
        environment=read_text_field(record, "environment", "env"),
        state=_read_outcome(record) or _read_state(record),
        ref=ref,
        sha=sha,
        commits=_read_names(record.get("commits"), "id", "sha"),
        files=_read_names(record.get("files"), "path", "filename", "name"),
        diff=diff,
    )


def _names_secret(record: Mapping[str, Any]) -> bool:
    """Answer whether what changed is itself a secret by its name: a variable, a key of a configuration."""
    names = [name.rpartition("/")[2] for field in _NAMES if isinstance(name := record.get(field), str)]
    # A file, a repository or a service may have a session or a token in its name without being one.
    return any(judge_name(name) is Strength.STRONG for name in names if not re.search(r"\s", name))


def _hide_values(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record of a secret's change without the secret, before and after."""
    hidden: dict[str, Any] = dict(record)
    for field in ("state", "status"):
        state = record.get(field)
        if isinstance(state, Mapping):
            hidden[field] = _hide_values(state)
        elif isinstance(state, str):
            parts = _ARROW.split(state)
            hidden[field] = "".join(part if index % 2 else _hide(part) for index, part in enumerate(parts))
    for field in _VALUES:
        value = record.get(field)
        if value is not None:
            hidden[field] = _hide(value if isinstance(value, str) else json.dumps(value))
    for field in ("diff", "patch"):
        diff = record.get(field)
        if isinstance(diff, list):
            diff = "\n".join(map(str, diff))
        if isinstance(diff, str):
            hidden[field] = _DIFF_LINE.sub(lambda match: match[1] + _hide(match[2]), diff)
    return hidden


def _hide(value: str) -> str:
    return value if value.lower() in _PLAIN or "redacted" in value else describe_secret(value)


def _read_own_diff(record: Mapping[str, Any]) -> str:
    diff = record.get("diff", record.get("patch"))
    if isinstance(diff, list) and all(isinstance(line, str) for line in diff):
        diff = "\n".join(diff)
    return diff if isinstance(diff, str) and diff.strip() else ""


def _read_outcome(record: Mapping[str, Any]) -> str:
    """Return how a Terraform run ended that is kept as a record's diff, where its progress tells more than a record."""
    diff = _read_own_diff(record)
    state = read_run(diff).state if is_plan(diff) else ""
    return state if state in (PARTLY, FAILED) else ""


def _read_diff(record: Mapping[str, Any]) -> str:
    if diff := _read_own_diff(record):
        return read_run(diff).diff if is_plan(diff) else diff.removesuffix("\n")
    files = record.get("files")
    if isinstance(files, list):  # As the API of a forge gives a commit: a patch with each file.
        parts = [
            f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{patch}"
            for item in files
            if isinstance(item, Mapping)
            and (patch := read_text_field(item, "patch", "diff"))
            and (path := read_text_field(item, "path", "filename", "name"))
        ]
        if parts:
            return "\n".join(parts)
    before, after = record.get("before", record.get("old")), record.get("after", record.get("new"))
    if before is None and after is None:
        return ""
    old, new = (_write_value(value) for value in (before, after))
    return "\n".join([*(f"-{line}" for line in old), *(f"+{line}" for line in new)])


def _write_value(value: Any) -> list[str]:
    if value is None:
        return []
    return (value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)).split("\n")


def _read_state(record: Mapping[str, Any]) -> str:
    state = record.get("state", record.get("status"))
    if isinstance(state, Mapping):
        record, state = state, None
    old, new = record.get("from"), record.get("to")
    if state is None and (old is not None or new is not None):
        return f"{_write_state(old)}->{_write_state(new)}"
    return _write_state(state) if state is not None else ""


def _write_state(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _read_names(value: Any, *fields: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    names = [read_text_field(item, *fields) if isinstance(item, Mapping) else str(item) for item in value]
    return tuple(dict.fromkeys(filter(None, names)))
