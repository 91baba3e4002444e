"""`changes/*.json|*.diff`: what changed, when, where it was rolled out, and its diff where there is one.

Lines of the evidence: who, when and where as `name value`, a blank line, the title indented by four spaces, a blank
line, then the diff, as the git collector writes them.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.flows.bundle.diff_text import is_diff, list_file_changes
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, describe, make_entity, to_facts
from fermata.flows.bundle.parsing import parse_json_documents, read_instant, read_text_field
from fermata.kit.clock import format_instant

MOST_LINES = 4_000
"""Lines of diff kept of one change: what is longer is a vendored tree or a lock file."""
MOST_CHANGES = 5_000
_WRAPPERS = ("changes", "commits", "deployments", "deploys", "releases", "flags", "items", "records", "events")
_TIMES = ("time", "timestamp", "changed_at", "deployed_at", "merged_at", "committed_at", "created_at", "date", "at")
_STATED = frozenset({"flag", "config"})
"""Kinds whose whole effect is said by from what to what they went."""
_ARROW = re.compile(r"\S.*(?:->|→|=>).*\S")
_MAIL_HEADS = {
    "id": re.compile(r"^(?:commit|From) ([0-9a-f]{7,64})\b", re.MULTILINE),
    "author": re.compile(r"^(?:Author|From): (.+)$", re.MULTILINE),
    "time": re.compile(r"^(?:Date|AuthorDate|CommitDate): +(.+)$", re.MULTILINE),
    "title": re.compile(r"^(?:Subject: (?:\[PATCH[^\]]*\] )?|    )(\S.*)$", re.MULTILINE),
}


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


def read_changes(
    files: Sequence[SourceFile], haul: Haul, fallback: datetime | None, *, steps: Sequence[Change] = ()
) -> None:
    """Add every change of the folder; a diff file named like a record's id is that record's diff.

    Args:
        fallback: When a change without a time is taken to have happened: before everything else that is known.
        steps: Changes that Terraform states tell of; a record of the same serial tells when and by whom.
    """
    records: list[Change] = []
    diffs: list[tuple[SourceFile, str]] = []
    for file in files:
        try:
            text = read_text(file)
            if file.suffix in (".diff", ".patch"):
                diffs.append((file, text))
            else:
                records += parse_changes(parse_json_documents(text), file.name, haul)
        except Unreadable as error:
            haul.leave_out_file(file, error)
    add_changes(_join_steps(_attach(records, diffs, haul), steps), haul, fallback)


def parse_changes(documents: Iterable[Any], name: str, haul: Haul) -> list[Change]:
    """Return the records of parsed documents; one that says neither what nor when is left out and named."""
    changes = []
    for record in _unwrap(documents):
        if not isinstance(record, Mapping):
            haul.leave_out(name, f"a change is an object, not a {type(record).__name__}")
            continue
        change = _parse(record, name)
        if change is None:
            haul.leave_out(name, "a change without id, sha, number, ref and title")
            continue
        changes.append(change)
    return changes


def add_changes(changes: Sequence[Change], haul: Haul, fallback: datetime | None) -> None:
    """Add changes as evidence, in the order given."""
    for change in changes[:MOST_CHANGES]:
        at = change.at
        if at is None and fallback is None:
            haul.leave_out(change.file, f"change {change.id} has no time, and the bundle has no window to place it in")
            continue
        if at is None:
            note = "the source gives no time; it is taken as the start of the window"
            change, at = replace(change, note=note), fallback  # noqa: PLW2901 - the same change, with what is unsure
        try:
            _add(replace(change, at=at), haul)
        except ValidationError as error:
            haul.leave_out(change.file, f"change {change.id[:80]}: {describe(error)}")
    if len(changes) > MOST_CHANGES:
        haul.leave_out("changes", f"{len(changes) - MOST_CHANGES:,} more changes: {MOST_CHANGES:,} are read")


def _unwrap(documents: Iterable[Any]) -> Iterable[Any]:
    for document in documents:
        if isinstance(document, list):
            yield from document
        elif isinstance(document, Mapping) and "id" not in document:
            lists = [document[name] for name in _WRAPPERS if isinstance(document.get(name), list)]
            if lists and "sha" not in document:
                for items in lists:
                    yield from items
            else:
                yield document
        else:
            yield document


def _parse(record: Mapping[str, Any], name: str) -> Change | None:
    sha = read_text_field(record, "sha", "commit", "revision")
    ref = read_text_field(record, "ref", "number", "flag", "name", "tag", "version", "serial")
    title = read_text_field(record, "title", "message", "description", "summary")
    change_id = read_text_field(record, "id") or sha or ref
    if not change_id and not title:
        return None
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
        state=_read_state(record),
        ref=ref,
        sha=sha,
        commits=_read_names(record.get("commits"), "id", "sha"),
        files=_read_names(record.get("files"), "path", "filename", "name"),
        diff=diff,
    )


def _read_diff(record: Mapping[str, Any]) -> str:
    diff = record.get("diff", record.get("patch"))
    if isinstance(diff, list) and all(isinstance(line, str) for line in diff):
        diff = "\n".join(diff)
    if isinstance(diff, str) and diff.strip():
        return diff.removesuffix("\n")
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


def _attach(records: Sequence[Change], diffs: Sequence[tuple[SourceFile, str]], haul: Haul) -> list[Change]:
    """Give each diff file to the record that it is named after; the others are changes of their own."""
    changes = list(records)
    for file, text in diffs:
        if not is_diff(text):
            haul.leave_out(file.name, "it holds no diff")
            continue
        stem = file.stem.lower()
        position = next((index for index, change in enumerate(changes) if _is_named(change, stem)), None)
        if position is None:
            changes.append(_read_mail(file, text))
        elif not changes[position].diff:
            changes[position] = replace(changes[position], diff=text.removesuffix("\n"), note=f"diff: {file.name}")
    return changes


def _join_steps(records: Sequence[Change], steps: Sequence[Change]) -> list[Change]:
    changes = list(records)
    for step in steps:
        position = next(
            (i for i, change in enumerate(changes) if change.kind == "terraform" and change.ref == step.ref), None
        )
        if position is None:
            changes.append(step)
        elif not changes[position].diff:
            changes[position] = replace(changes[position], diff=step.diff, note=f"diff: {step.file}")
    return changes


def _is_named(change: Change, stem: str) -> bool:
    names = {change.id.lower(), change.sha.lower(), change.ref.lower()} - {""}
    return stem in names or (len(stem) >= 7 and any(name.startswith(stem) for name in names))


def _read_mail(file: SourceFile, text: str) -> Change:
    """Read a diff with what `git show` or `git format-patch` write above it, as far as it is there."""
    start = min((at for mark in ("diff --git ", "--- ", "@@ ") if (at := text.find(mark)) >= 0), default=0)
    head = text[:start]
    found = {name: match[1].strip() for name, pattern in _MAIL_HEADS.items() if (match := pattern.search(head))}
    return Change(
        file=file.name,
        id=found.get("id", file.stem),
        kind="commit",
        at=_read_mail_time(found.get("time", "")),
        title=found.get("title", ""),
        author=found.get("author", ""),
        sha=found.get("id", ""),
        diff=text.removesuffix("\n"),
    )


def _read_mail_time(text: str) -> datetime | None:
    if not text:
        return None
    for form in ("%a %b %d %H:%M:%S %Y %z",):  # As `git show` writes it.
        try:
            return datetime.strptime(text, form).astimezone(UTC)
        except ValueError:
            pass
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return read_instant(text)


def _add(change: Change, haul: Haul) -> None:
    if change.at is None:  # Placed by the caller.
        return
    stated = change.kind in _STATED and _ARROW.match(change.state) is not None
    title = haul.hide(change.title) or f"{change.kind} {change.id}"
    diff = change.diff.split("\n") if change.diff else []
    cut = f"first {MOST_LINES:,} of {len(diff):,} lines of the diff" if len(diff) > MOST_LINES else ""
    lines = haul.hide_block("\n".join([*_describe(change, title), *diff[:MOST_LINES]]))
    repository = make_entity("repository", change.repository, system="git") if change.repository else None
    facts = ChangeFacts(
        id=change.id,
        kind=change.kind,
        title=title,
        author=haul.hide(change.author),
        changed_at=change.at,
        repository=repository.ref if repository else "",
        files=list_file_changes(change.diff, change.files),
        diff_read=(bool(change.diff) and not cut) or stated,
        service=change.service,
        environment=change.environment,
        state=haul.hide(change.state),
        ref=change.ref,
        sha=change.sha,
        commits=change.commits,
    )
    haul.add(
        Draft(
            kind=EvidenceKind.CHANGE,
            entity=_choose_entity(change, repository),
            title=f"{change.file}: {change.kind} {change.id} {title}"[:200],
            query=f"{change.file}#{change.id}",
            collector="bundle.changes",
            lines=lines.lines,
            facts=to_facts(facts),
            cut=lines.describe_cut(cut, change.note),
            redactions=lines.redactions,
        )
    )


def _choose_entity(change: Change, repository: Entity | None) -> Entity:
    if repository is not None:
        return repository
    return make_entity("service", change.service) if change.service else make_entity("change", change.id)


def _describe(change: Change, title: str) -> list[str]:
    at = format_instant(change.at) if change.at is not None else ""
    head = {
        change.kind: change.id,
        "author": change.author,
        "date": at,
        "service": change.service,
        "repository": change.repository,
        "environment": change.environment,
        "state": change.state,
        "ref": "" if change.ref == change.id else change.ref,
        "sha": "" if change.sha == change.id else change.sha,
        "commits": " ".join(change.commits),
    }
    described = [f"{name} {value}".replace("\n", " ") for name, value in head.items() if value]
    return [*described, "", f"    {title}", ""]
