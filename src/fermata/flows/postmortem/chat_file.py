"""`chat.json`: a channel's messages in their last form, without those that were deleted and without secrets.

What was deleted is known here and nowhere else: whoever quotes it elsewhere in the channel loses the quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fermata.domain.trail import Message, Participant
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import name_type, parse_json, read_instant, read_text_field
from fermata.flows.postmortem.finishing import Gone, finish_messages
from fermata.flows.postmortem.salvage import iterate_items
from fermata.kit.digging import dig_list, dig_map, dig_maps
from fermata.ports.chat.wire import add_count, find_text
from fermata.rules.repeats import GoneText

_DISCORD_EPOCH_MS = 1_420_070_400_000
"""Discord's snowflakes count from the first second of 2015 (its developer reference, "Snowflakes")."""


@dataclass(slots=True)
class Chat:
    """What a chat's file says."""

    title: str = ""
    channels: tuple[str, ...] = ()
    part: str = ""
    """Which of an export's several channels these are; empty where it is all of them."""
    start: datetime | None = None
    people: dict[str, Participant] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    deploys: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """By a message's id, where it can be opened."""


def read_chat_file(file: SourceFile, haul: Haul) -> Chat:
    """Return what a chat's file says; a message without id or time is left out and counted in a warning.

    Raises:
        Unreadable: It is no chat, and no message of it can be saved.
    """
    document = _parse(read_text(file), file, haul)
    if not isinstance(document, Mapping):
        message = f"a chat is an object with messages, not {name_type(document)}"
        raise Unreadable(message)
    incident = dig_map(document, "incident")
    window = dig_map(incident, "window")
    channels = incident.get("channels")
    chat = Chat(
        title=haul.hide(read_text_field(incident, "title", "name")),
        channels=tuple(str(name) for name in channels) if isinstance(channels, list) else (),
        start=read_instant(window.get("start")),
        people=dict(_read_people(document.get("participants"), file, haul)),
        deploys=dig_maps(document.get("deploys")),
        metrics=dig_maps(document.get("metrics")),
    )
    chat.messages = _read_messages(dig_maps(document.get("messages")), chat.people, file, haul)
    return chat


def _parse(text: str, file: SourceFile, haul: Haul) -> Any:
    try:
        return parse_json(text)
    except Unreadable as error:
        # Half an export is still half a story.
        saved = list(iterate_items(text, "messages"))
        if not saved:
            raise
        haul.leave_out(file.name, f"{error.reason}; {len(saved):,} messages before that are used", error.line)
        return {"messages": saved}


def _read_people(value: Any, file: SourceFile, haul: Haul) -> Iterator[tuple[str, Participant]]:
    for handle, person in dig_map(value).items():
        fields = dig_map(person)
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
    found: list[Message] = []
    broken = 0
    for item in items:
        if _is_deleted(item):
            continue
        message = _read_message(item, people)
        if message is None:
            broken += 1
        else:
            found.append(message)
    if broken:
        haul.leave_out(file.name, f"{broken:,} messages without an id, a time or a text are left out")
    return finish_messages(found, _find_gone(items), haul, file.name)


def _is_deleted(item: Mapping[str, Any]) -> bool:
    return bool(item.get("deleted_at")) or item.get("deleted") is True


def _find_gone(items: Sequence[Mapping[str, Any]]) -> Gone:
    ids: list[str] = []
    texts: list[GoneText] = []
    for item in items:
        text, name = item.get("text"), read_text_field(item, "id", "ts")
        if _is_deleted(item):
            ids.append(name)
        else:
            edited = item.get("edited")
            text = edited.get("previous_text") if isinstance(edited, Mapping) else None
        if isinstance(text, str):
            texts.append(GoneText(text, read_instant(item.get("time")) or _read_id_time(name), name))
    return Gone(ids, texts)


def _read_message(item: Mapping[str, Any], people: Mapping[str, Participant]) -> Message | None:
    name = read_text_field(item, "id", "ts")
    at = read_instant(item.get("time")) or _read_id_time(name)
    text = item.get("text")
    if not name or at is None or not isinstance(text, str):
        return None
    user = read_text_field(item, "user", "author", "username") or "unknown"
    person = people.get(user)
    return Message(
        id=name,
        at=at,
        user=user,
        text=text,
        channel=read_text_field(item, "channel"),
        thread=_read_thread(item, name),
        is_bot=bool(item.get("bot")) or (person is not None and person.is_bot),
        reply_to=read_text_field(item, "reply_to"),
        reactions=_read_reactions(item.get("reactions")),
        is_pinned=item.get("pinned") is True,
        files=_read_files(item.get("files")),
    )


def _read_reactions(value: Any) -> dict[str, int]:
    """Return reactions by name, from any of the forms people write: counts, who reacted, a list of names or objects."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping):
                pairs.append((one.get("name") or one.get("emoji"), one.get("count", one.get("users"))))
            else:
                pairs.append((one, 1))
    counts: dict[str, int] = {}
    for name, count in pairs:
        if isinstance(name, str) and (plain := name.strip(" :")):
            add_count(counts, plain, len(count) if isinstance(count, list) else count)
    return counts


def _read_files(value: Any) -> tuple[str, ...]:
    names = [
        find_text(one, "name", "filename", "title") if isinstance(one, Mapping) else one for one in dig_list(value)
    ]
    return tuple(name for name in names if isinstance(name, str) and name)[:20]


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
