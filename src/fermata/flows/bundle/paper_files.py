"""`tickets/*.json`, `runbooks/*.md` and `chat.json`: what people wrote. Data, never an instruction to anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.change_files import add_changes
from fermata.flows.bundle.change_records import parse_changes
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, Lines, make_entity
from fermata.flows.bundle.parsing import name_type, parse_json, parse_json_documents, read_instant, read_text_field
from fermata.kit.digging import dig_list, dig_maps
from fermata.rules.repeats import GoneText, Said, strike_repeats

MOST_LINES = 5_000
_LAST = datetime.max.replace(tzinfo=UTC)
"""When a message without a time is taken to be said: after whatever it may repeat."""
_TICKET_FIELDS = ("summary", "title", "status", "state", "priority", "created", "createdAt", "updated", "assignee")


def read_tickets(file: SourceFile, haul: Haul) -> None:
    """Add the issues of one file: Jira's (`key`, `fields`) or Linear's (`identifier`, `title`)."""
    try:
        documents = parse_json_documents(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    for issue in _unwrap(documents):
        if not isinstance(issue, Mapping):
            haul.leave_out(file.name, f"an issue is an object, not {name_type(issue)}")
            continue
        fields = issue["fields"] if isinstance(issue.get("fields"), Mapping) else issue
        key = read_text_field(issue, "key", "identifier", "id") or file.stem
        title = read_text_field(fields, "summary", "title")
        body = [f"{name} {text}" for name in _TICKET_FIELDS if (text := _write_field(fields.get(name)))]
        body += ["", *_write_field(fields.get("description")).split("\n")]
        for comment in _list_comments(fields):
            body += ["", *comment.split("\n")]
        add_text(
            haul,
            EvidenceKind.TICKET,
            file=file,
            title=f"{file.name}: {key} {title}",
            entity_kind="ticket",
            name=key,
            lines=body,
        )


def read_runbook(file: SourceFile, haul: Haul) -> None:
    """Add one page of the team's documents. What it names is not checked against live state: a bundle has none."""
    try:
        text = read_text(file)
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    if not text.strip():
        haul.leave_out(file.name, "it is empty")
        return
    lines = text.split("\n")
    heading = next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), "")
    title = f"{file.name}: {heading}" if heading else file.name
    add_text(haul, EvidenceKind.RUNBOOK, file=file, title=title, entity_kind="runbook", name=file.stem, lines=lines)


def read_plain(file: SourceFile, haul: Haul, text: str | None = None) -> None:
    """Add a text that nobody knows how to read further."""
    try:
        lines = (read_text(file) if text is None else text).split("\n")
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    if not any(line.strip() for line in lines):
        haul.leave_out(file.name, "it is empty")
        return
    add_text(haul, EvidenceKind.TEXT, file=file, title=file.name, entity_kind="text", name=file.stem, lines=lines)


def read_chat(file: SourceFile, haul: Haul, fallback: datetime | None) -> list[Any]:
    """Add the messages of a channel, in their last form and without those that were deleted, and its deploys.

    Returns:
        The metric series that stand in the file, for the reader of metrics.
    """
    try:
        chat = parse_json(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return []
    if not isinstance(chat, Mapping):
        haul.leave_out(file.name, f"a chat is an object with messages, not {name_type(chat)}")
        return []
    lines = _write_messages(dig_maps(chat.get("messages")))
    if lines:
        add_text(
            haul,
            EvidenceKind.TEXT,
            file=file,
            title=f"{file.name}: {len(lines)} messages",
            entity_kind="channel",
            name=_name_channel(chat),
            lines=lines,
        )
    if isinstance(chat.get("deploys"), list):
        add_changes(parse_changes([chat["deploys"]], file.name, haul), haul, fallback)
    return list(chat["metrics"]) if isinstance(chat.get("metrics"), list) else []


def add_text(  # noqa: PLR0913 - the parts of a piece of evidence; a record around them would only move them
    haul: Haul, kind: EvidenceKind, *, file: SourceFile, title: str, entity_kind: str, name: str, lines: Sequence[str]
) -> None:
    """Add lines as evidence, redacted as one text and cut at 5,000 lines."""
    cut = f"first {MOST_LINES:,} of {len(lines):,} lines" if len(lines) > MOST_LINES else ""
    hidden: Lines = haul.hide_block("\n".join(lines[:MOST_LINES]))
    haul.add(
        Draft(
            kind=kind,
            entity=make_entity(entity_kind, name),
            title=haul.hide(title)[:200],
            query=file.name,
            collector=f"bundle.{kind.value}",
            lines=hidden.lines,
            cut=hidden.describe_cut(cut),
            redactions=hidden.redactions,
        )
    )


def _unwrap(documents: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for document in documents:
        if isinstance(document, Mapping) and isinstance(document.get("issues"), list):
            found += document["issues"]
        elif isinstance(document, list):
            found += document
        else:
            found.append(document)
    return found


def _list_comments(fields: Mapping[str, Any]) -> list[str]:
    comments = fields.get("comment", fields.get("comments"))
    if isinstance(comments, Mapping):
        comments = comments.get("comments", comments.get("nodes"))
    return [
        f"comment {_write_field(item.get('author', item.get('user')))} {_write_field(item.get('body'))}"
        for item in dig_maps(comments)
    ]


def _write_field(value: Any) -> str:
    """Return a field as text: a person's or a status' name, and the text of Jira's document format."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, (_write_field(item) for item in value)))
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    if "content" in value:
        return _write_field(value["content"])
    return read_text_field(value, "text", "displayName", "name", "value")


def _write_messages(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return living messages, a line each, without what they repeat of deleted ones and of what an edit took away."""
    living: list[Mapping[str, Any]] = []
    said: list[Said] = []
    gone: list[GoneText] = []
    for number, item in enumerate(items):
        name, at = read_text_field(item, "id", "ts") or f"#{number}", read_instant(item.get("time"))
        text, edited = read_text_field(item, "text"), item.get("edited")
        if item.get("deleted_at") or item.get("deleted") is True:
            gone.append(GoneText(text, at, name))
            continue
        living.append(item)
        said.append(Said(name, at or _LAST, text))
        if isinstance(edited, Mapping):
            gone.append(GoneText(read_text_field(edited, "previous_text"), at, name))
    left = zip(living, said, strike_repeats(said, gone), strict=True)
    # A message of which nothing is left was a quote and nothing else.
    return [line for item, was, text in left if (text or not was.text) and (line := _write_message(item, text))]


def _write_message(item: Mapping[str, Any], text: str) -> str:
    words = [read_text_field(item, "time"), read_text_field(item, "user"), text]
    return " ".join(filter(None, words)).replace("\n", " ")


def _name_channel(chat: Mapping[str, Any]) -> str:
    channels = dig_list(chat, "incident", "channels")
    return str(channels[0]) if channels else "chat"
