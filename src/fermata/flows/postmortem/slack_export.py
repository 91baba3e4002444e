"""A Slack export: the zip that a workspace's owner gets, or its folder. One folder a channel, one file a day.

Shapes: slack.com/help, "How to read Slack data exports", read 2026-11. Exports that keep edits and deletions hold them
as messages of their own (`message_changed`, `message_deleted`); the others hold the last form alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.heard import HeardPerson
from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem.archive import Archive
from fermata.flows.postmortem.export_talk import ExportTalk, Wanted
from fermata.flows.postmortem.salvage import Broken, iterate_items
from fermata.ports.chat.slack_wire import is_gone, read_app, read_message, read_person, read_text, read_ts
from fermata.ports.chat.wire import Fields, find_text, get_fields
from fermata.rules.repeats import GoneText

_LISTS = ("channels.json", "groups.json")
"""Public channels, and private ones. Direct messages (`dms.json`, `mpims.json`) are read when they are named alone."""
_PEOPLE = ("users.json", "org_users.json")
"""Of a workspace, and of an organisation."""
_DAY = re.compile(r"(?P<root>.*?)(?P<channel>[^/]+)/(?P<day>\d{4}-\d{2}-\d{2})\.json")
_FARTHEST = timedelta(days=2)
"""From noon of a file's day to a message of it: days begin where the workspace is, and nowhere later than that."""
_APART = re.compile(r"D[A-Z0-9]{6,}|mpdm-.+|FC:F[A-Z0-9]+:.*")
"""Folders that are no channel's: direct messages, and what people noted beside a canvas."""


def find_root(names: Sequence[str]) -> str | None:
    """Return the folder that the export lies in, `acme export/` or empty; `None` when these files are no export.

    A day's file beside a list of people or channels is one; so are two days' files of one channel without any list.
    """
    days = [match for name in names if (match := _DAY.fullmatch(name))]
    marks = {name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in (*_LISTS, *_PEOPLE)}
    roots = sorted({match["root"] for match in days}, key=len)
    for root in roots:
        if root.rstrip("/") in marks:
            return root
    return roots[0] if len(days) > 1 and not marks else None


def read_slack_export(archive: Archive, root: str, wanted: Wanted, haul: Haul) -> ExportTalk:
    """Return the talk of an export's channels; a file that cannot be read is named, and the rest is used."""
    talk = ExportTalk()
    for name in _PEOPLE:
        for user in _read_list(archive, f"{root}{name}", haul):
            if (person := read_person(user)) is not None:
                talk.people[person.user] = person
    ids: dict[str, str] = {}
    for name in (*_LISTS, "dms.json", "mpims.json"):
        for fields in _read_list(archive, f"{root}{name}", haul):
            channel_id, shown = find_text(fields, "id"), find_text(fields, "name")
            talk.names[channel_id] = shown or channel_id
            ids[shown or channel_id] = channel_id
    for name in archive.names:
        match = _DAY.fullmatch(name)
        if match is None or match["root"] != root:
            continue
        channel = match["channel"]
        talk.present[channel] = None
        if wanted.has_channel(channel, ids.get(channel, "")) and (wanted.channels or not _APART.fullmatch(channel)):
            talk.channels[channel] = None
            items = _read_list(archive, name, haul)
            for item in _leave_wrong_clocks(items, match["day"], f"{archive.name}/{name}".lstrip("/"), haul):
                _take(talk, item, channel, wanted)
    return talk


def _read_list(archive: Archive, name: str, haul: Haul) -> list[Fields]:
    if name not in archive.names:
        return []
    where = f"{archive.name}/{name}".lstrip("/")
    try:
        text = archive.read(name)
    except Unreadable as error:
        haul.leave_out(where, error.reason)
        return []
    if not text.lstrip("\ufeff \t\r\n").startswith("["):
        haul.leave_out(where, "it holds no list, as Slack writes one; nothing of it is used")
        return []
    broken = Broken()
    items = [item for item in iterate_items(text, broken=broken) if isinstance(item, Mapping)]
    if broken.is_broken:
        haul.leave_out(where, f"it breaks off; {len(items):,} items before that are used")
    return items


def _count(messages: int) -> str:
    return "1 message is" if messages == 1 else f"{messages:,} messages are"


def _leave_wrong_clocks(items: Sequence[Fields], day: str, where: str, haul: Haul) -> Sequence[Fields]:
    """Return the items of a day without those of quite another one, and name how many cannot be placed.

    Where half of a file is of another day, its name is what is wrong.
    """
    times = [read_ts(item.get("ts")) for item in items]
    missing = sum(at is None and "text" in item for at, item in zip(times, items, strict=True))
    if missing:
        haul.leave_out(where, f"{_count(missing)} left out: no time can be read there")
    try:
        noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    except ValueError:
        return items
    far = [at is not None and abs(at - noon) > _FARTHEST for at in times]
    if not any(far) or 2 * sum(far) >= len(items):
        return items
    haul.leave_out(where, f"{_count(sum(far))} left out: days away from the file's day")
    return [item for item, is_far in zip(items, far, strict=True) if not is_far]


def _take(talk: ExportTalk, item: Fields, channel: str, wanted: Wanted) -> None:
    before = get_fields(item, "original") or get_fields(item, "previous_message") or get_fields(item, "previous")
    kind = item.get("subtype")
    if kind == "message_deleted":
        deleted = find_text(item, "deleted_ts") or find_text(before, "ts")
        talk.deleted.append(deleted)
        talk.gone.append(GoneText(read_text(before), read_ts(deleted), deleted))
        return
    message: Fields = item
    if kind == "message_changed":
        message = get_fields(item, "message")
        if before and (was := read_text(before)) != read_text(message):
            name = find_text(message, "ts")
            talk.gone.append(GoneText(was, read_ts(name), name))
    if is_gone(message):
        talk.deleted.append(find_text(message, "ts"))
        return
    at = read_ts(message.get("ts"))
    if at is None:
        return
    talk.meet(at)
    if not wanted.has_moment(at):
        return
    heard = read_message(message, channel)
    if heard is None:
        return
    talk.messages.append(heard)
    if (known := read_app(message) or _read_profile(message)) is not None:
        talk.people.setdefault(known.user, known)


def _read_profile(message: Fields) -> HeardPerson | None:
    """Return who wrote it as the message itself says: people of other workspaces are not in the list."""
    profile: dict[str, Any] = dict(get_fields(message, "user_profile"))
    user = find_text(message, "user")
    return read_person({"id": user, "profile": profile, "name": profile.get("name")}) if user and profile else None
