"""`chat.json`: a channel's messages in their last form, without those that were deleted and without secrets.

What was deleted is known here and nowhere else: whoever quotes it elsewhere in the channel loses the quote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fermata.domain.trail import Message, Participant
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import list_mappings, name_type, parse_json, read_instant, read_text_field

MOST_MESSAGES = 200_000
_MOST_DELETED = 500
"""Deleted texts that are looked for inside others; quotes on lines of their own are found whatever their number."""
_SHORTEST_QUOTE = 12
"""Characters from which a text inside another one is a quote and no chance."""
_DISCORD_EPOCH_MS = 1_420_070_400_000
"""Discord's snowflakes count from the first second of 2015 (its developer reference, "Snowflakes")."""
_SPACES = re.compile(r"\s+")
_QUOTE_LINE = re.compile(r"^\s*(?:>|&gt;)\s?", re.MULTILINE)


@dataclass(slots=True)
class Chat:
    """What a chat's file says."""

    title: str = ""
    channels: tuple[str, ...] = ()
    start: datetime | None = None
    people: dict[str, Participant] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    deploys: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)


def read_chat_file(file: SourceFile, haul: Haul) -> Chat:
    """Return what a chat's file says; a message without id or time is left out and counted in a warning.

    Raises:
        Unreadable: It is no chat, and no message of it can be saved.
    """
    document = _parse(read_text(file), file, haul)
    if not isinstance(document, Mapping):
        message = f"a chat is an object with messages, not {name_type(document)}"
        raise Unreadable(message)
    incident = _get_mapping(document, "incident")
    window = _get_mapping(incident, "window")
    channels = incident.get("channels")
    chat = Chat(
        title=haul.hide(read_text_field(incident, "title", "name")),
        channels=tuple(str(name) for name in channels) if isinstance(channels, list) else (),
        start=read_instant(window.get("start")),
        people=dict(_read_people(document.get("participants"), file, haul)),
        deploys=list_mappings(document.get("deploys")),
        metrics=list_mappings(document.get("metrics")),
    )
    chat.messages = _read_messages(list_mappings(document.get("messages")), chat.people, file, haul)
    return chat


def _get_mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _parse(text: str, file: SourceFile, haul: Haul) -> Any:
    try:
        return parse_json(text)
    except Unreadable as error:
        # Half an export is still half a story.
        saved = list(_save_messages(text))
        if not saved:
            raise
        haul.leave_out(file.name, f"{error.reason}; {len(saved):,} messages before that are used", error.line)
        return {"messages": saved}


def _save_messages(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    start = re.search(r'"messages"\s*:\s*\[\s*', text)
    position = start.end() if start else len(text)
    while position < len(text):
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield item
        gap = re.compile(r"\s*,\s*").match(text, position)
        position = gap.end() if gap else len(text)


def _read_people(value: Any, file: SourceFile, haul: Haul) -> Iterator[tuple[str, Participant]]:
    items = value.items() if isinstance(value, Mapping) else ()
    for handle, person in items:
        fields = person if isinstance(person, Mapping) else {}
        zone = None
        if name := read_text_field(fields, "tz", "timezone"):
            try:
                zone = ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                haul.warn(f"{file.name}: {name[:60]} is no time zone; {handle}'s times are taken as UTC")
        yield str(handle), Participant(str(handle), read_text_field(fields, "role"), zone, fields.get("bot") is True)


def _read_messages(
    items: Sequence[Mapping[str, Any]], people: Mapping[str, Participant], file: SourceFile, haul: Haul
) -> list[Message]:
    gone = _Gone(items)
    found: dict[str, Message] = {}
    broken = 0
    for item in items[:MOST_MESSAGES]:
        if item.get("deleted_at") or item.get("deleted") is True:
            continue
        message = _read_message(item, people, gone, haul)
        if message is None:
            broken += 1
        else:
            # The same message again is its later form.
            found[message.id] = message
    for name in gone.ids:
        found.pop(name, None)
    if broken:
        haul.leave_out(file.name, f"{broken:,} messages without an id, a time or a text are left out")
    if len(items) > MOST_MESSAGES:
        haul.leave_out(file.name, f"{len(items) - MOST_MESSAGES:,} more messages: {MOST_MESSAGES:,} are read")
    return sorted(found.values(), key=lambda message: (message.at, message.id))


def _read_message(
    item: Mapping[str, Any], people: Mapping[str, Participant], gone: _Gone, haul: Haul
) -> Message | None:
    name = read_text_field(item, "id", "ts")
    at = read_instant(item.get("time")) or _read_id_time(name)
    text = item.get("text")
    if not name or at is None or not isinstance(text, str):
        return None
    user = read_text_field(item, "user", "author", "username") or "unknown"
    person = people.get(user)
    return Message(
        id=haul.hide(name),
        at=at,
        user=user,
        text=haul.hide(gone.strike(text)),
        channel=read_text_field(item, "channel"),
        thread=_read_thread(item, name),
        is_bot=bool(item.get("bot")) or (person is not None and person.is_bot),
    )


def _read_thread(item: Mapping[str, Any], name: str) -> str:
    thread = read_text_field(item, "thread", "thread_ts", "reply_to")
    return "" if thread == name else thread


def _read_id_time(name: str) -> datetime | None:
    """Return the time that an id holds: Slack's is epoch seconds, Discord's a snowflake."""
    if re.fullmatch(r"\d{9,11}\.\d{1,6}", name):
        return datetime.fromtimestamp(float(name), UTC)
    if re.fullmatch(r"\d{17,19}", name):
        return datetime.fromtimestamp(((int(name) >> 22) + _DISCORD_EPOCH_MS) / 1000, UTC)
    return None


class _Gone:
    """What was deleted, or is no longer said since it was edited."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self.ids: set[str] = set()
        lines: set[str] = set()
        texts: dict[str, None] = {}
        for item in items:
            text = item.get("text")
            if item.get("deleted_at") or item.get("deleted") is True:
                self.ids.add(read_text_field(item, "id", "ts"))
            else:
                edited = item.get("edited")
                text = edited.get("previous_text") if isinstance(edited, Mapping) else None
            if isinstance(text, str) and (plain := _plain(text)):
                lines.update(_plain(line) for line in text.split("\n"))
                if len(plain) >= _SHORTEST_QUOTE:
                    texts[plain] = None
        self._lines = lines - {""}
        self._texts = list(texts)[:_MOST_DELETED]

    def strike(self, text: str) -> str:
        """Return a text without what it quotes of the deleted."""
        if not self._lines:
            return text
        kept = [line for line in text.split("\n") if not self._is_quote(line)]
        text = "\n".join(kept)
        plain = _plain(text)
        for gone in self._texts:
            if gone in plain and gone != plain:
                pattern = r"\s+".join(re.escape(word) for word in gone.split(" "))
                text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
            elif gone == plain:
                return ""
        return text

    def _is_quote(self, line: str) -> bool:
        match = _QUOTE_LINE.match(line)
        if match is None:
            return False
        plain = _plain(line[match.end() :])
        return any(plain in gone for gone in self._lines) if len(plain) >= _SHORTEST_QUOTE else plain in self._lines


def _plain(text: str) -> str:
    return _SPACES.sub(" ", _QUOTE_LINE.sub("", text)).strip(" \"'“”").lower()
