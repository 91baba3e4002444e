"""Minutes that a scribe copies into one message: each line is a word of whoever it names, at the minute it names.

"[15:00] Ines: declaring" in a message of Noor's was said by Ines at 15:00; that Noor wrote it down is where it is read.
The same holds for messages that somebody pastes from a chat with their heads ("Ines Ott  3:00 PM" above each). What
only looks alike is left whole: log lines, an agenda of what comes, a list whose labels are things and not people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from fermata.domain.trail import Dropped, Entry, KeyTime, Message, Participant, PostmortemDraft, Trail
from fermata.rules.timeline.stated import find_stated_times

_CLOCK = r"(?P<clock>\d{1,2}[:h]\d\d(?::\d\d)?)(?: ?(?P<half>[AaPp]\.?[Mm]\.?))?(?: ?(?P<zone>UTC|GMT|Z|[A-Z]{3,4}))?"
_NAME = r"@?(?P<name>[A-Za-z][\w.'-]*(?: (?:[A-Z][\w.'-]*)){0,2})"
_DASH = r"[-\u2013\u2014]"
_LINE = re.compile(
    # "[15:00] Ines: ...", "15:00 - Ines - ...", "| 15:00 | Ines | ... |", with or without a list's mark before it.
    rf"^[ \t>*|\u2022-]*\[?\(?{_CLOCK}\)?\]?[ \t]*(?:{_DASH}|[:|,])?[ \t]*"
    rf"(?:{_NAME}[ \t]*(?:[:|]|[ \t]{_DASH}[ \t]))?[ \t]*(?P<text>\S.*)$"
)
_HEAD = re.compile(
    # Blanks are taken once only: a long run of them that leads to no clock is given up at once.
    rf"^[ \t>]*{_NAME}(?:[ \t]+APP)?(?:[ \t]*(?:{_DASH}|[\[(])[ \t]*|[ \t]{{2,}})"
    rf"(?:[Tt]oday at |[Yy]esterday at )?{_CLOCK}[\])]?$"
)
_FEWEST = 2
"""Lines of the form, from which on they are minutes: one alone is how somebody quotes a word."""
_LONGEST = 20_000
"""Characters of a message that is looked at."""
_THINGS = frozenset((
    "trace", "debug", "info", "notice", "warn", "warning", "error", "errors", "fatal", "critical", "alert", "alerts",
    "deploy", "deployed", "deployment", "rollback", "status", "update", "impact", "action", "actions", "decision",
    "note", "notes", "next", "summary", "cause", "root", "incident", "start", "started", "end", "ended", "detected",
    "declared", "mitigated", "resolved", "detection", "mitigation", "resolution", "eta", "todo", "fix", "standup",
    "review", "break", "lunch", "agenda", "retro", "demo", "result", "finding", "symptom", "timeline", "now", "still",
))  # fmt: skip
"""Labels that are no people, however they are written."""
_PART = "\u001f"
"""Between a message's id and the number of its part: a control character, which no chat has in an id."""


@dataclass(frozen=True, slots=True)
class _Said:
    at: datetime
    user: str
    text: str


def split_minutes(trail: Trail) -> Trail:
    """Return a trail in which each line of a scribe's minutes is a message; the same trail where there are none."""
    handles = _list_handles(trail)
    parts = {
        message.id: found
        for message in trail.messages
        if not message.is_bot and "\n" in message.text and (found := _list_parts(message, trail, handles))
    }
    if not parts:
        return trail
    messages = [
        part
        for message in trail.messages
        for part in (_write_parts(message, parts[message.id]) if message.id in parts else (message,))
    ]
    zones = {
        said.user: Participant(said.user, zone=_find_zone(trail, message.user))
        for message in trail.messages
        for said in parts.get(message.id, ())
    }
    return replace(
        trail,
        messages=sorted(messages, key=lambda message: (message.at, message.id)),
        people=zones | dict(trail.people),
    )


def join_minutes(draft: PostmortemDraft, trail: Trail) -> PostmortemDraft:
    """Return a draft of split minutes that cites the messages they stand in.

    Args:
        trail: As it was before it was split.
    """
    return replace(
        draft,
        entries=_join_entries(draft.entries),
        key_times={name: _join_time(found) for name, found in draft.key_times.items()},
        impact=_join_entries(draft.impact),
        factors=_join_entries(draft.factors),
        actions=_join_entries(draft.actions),
        dropped=_join_dropped(draft, trail),
    )


def _list_handles(trail: Trail) -> Mapping[str, str]:
    """Return the people of a trail by their handle and by its first part, in lower case; of two, neither."""
    bots = {name for name, person in trail.people.items() if person.is_bot}
    users = ({message.user for message in trail.messages if not message.is_bot} | set(trail.people)) - bots
    found: dict[str, str] = {}
    for user in sorted(users):
        plain = user.lstrip("@").lower()
        for name in {plain, re.split(r"[ ._-]", plain)[0]}:
            found[name] = "" if name in found else user
    return {name: user for name, user in found.items() if user and name}


def _list_parts(message: Message, trail: Trail, handles: Mapping[str, str]) -> tuple[_Said, ...]:
    """Return what a message's minutes say; nothing where it holds none."""
    text = message.text[:_LONGEST]
    lines = [line.rstrip(" \t|") for line in text.split("\n")]
    rows = [match for line in lines if (match := _LINE.match(line)) is not None and match["name"]]
    heads = [match for line in lines if (match := _HEAD.match(line)) is not None]
    pattern, found = (_HEAD, heads) if len(heads) > len(rows) else (_LINE, rows)
    people = [name for match in found if (name := _find_person(match["name"], handles))]
    if len(people) < _FEWEST or not any(name.lower() in _list_names(handles) for name in people):
        return ()
    zone = _find_zone(trail, message.user)
    said = tuple(_read_lines(lines, pattern, message, zone, handles))
    # What is still to come is an agenda.
    return said if any(part.at < message.at for part in said) else ()


def _list_names(handles: Mapping[str, str]) -> frozenset[str]:
    return frozenset(handles) | {user.lower() for user in handles.values()}


def _find_person(name: str, handles: Mapping[str, str]) -> str:
    """Return who a label names: by the handle of somebody of this talk, else as it is written; empty for a thing."""
    plain = name.lower()
    known = handles.get(plain) or handles.get(plain.split(" ")[0])
    if known:
        return known
    is_name = name[:1].isupper() and not name.isupper() and plain.split(" ")[0] not in _THINGS
    return name if is_name else ""


def _read_lines(
    lines: Iterable[str], pattern: re.Pattern[str], message: Message, zone: tzinfo | None, handles: Mapping[str, str]
) -> Iterator[_Said]:
    """Yield what each line says; one without a minute goes on with the line before it."""
    said: _Said | None = None
    for line in lines:
        match = pattern.match(line)
        name = (match["name"] or "") if match is not None else ""
        if match is None or (pattern is _HEAD and not _find_person(name, handles)):
            said = _Said(message.at, message.user, line) if said is None else replace(said, text=f"{said.text}\n{line}")
            continue
        if said is not None and said.text.strip():
            yield replace(said, text=said.text.strip())
        user = _find_person(name, handles)
        text = "" if pattern is _HEAD else match["text"] if user or not name else f"{name}: {match['text']}"
        said = _Said(_read_clock(match, message, zone), user or message.user, text)
    if said is not None and said.text.strip():
        yield replace(said, text=said.text.strip())


def _read_clock(match: re.Match[str], message: Message, zone: tzinfo | None) -> datetime:
    words = " ".join(filter(None, (match["clock"].replace("h", ":"), match["half"], match["zone"])))
    found = find_stated_times(words, message.at, zone)
    return found[0].at if found else message.at


def _find_zone(trail: Trail, user: str) -> tzinfo | None:
    return trail.people.get(user, Participant(user)).zone


def _write_parts(message: Message, parts: Sequence[_Said]) -> list[Message]:
    return [
        replace(message, id=f"{message.id}{_PART}{number:03}", at=said.at, user=said.user, text=said.text)
        for number, said in enumerate(parts)
    ]


def _join_id(name: str) -> str:
    return name.partition(_PART)[0]


def _join_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(replace(entry, citations=tuple(dict.fromkeys(map(_join_id, entry.citations)))) for entry in entries)


def _join_time(found: KeyTime) -> KeyTime:
    return replace(found, citation=_join_id(found.citation))


def _join_dropped(draft: PostmortemDraft, trail: Trail) -> tuple[Dropped, ...]:
    """Return the messages that no line tells, in their order; minutes are among them where none of their lines is."""
    cited = {_join_id(name) for entry in draft.entries for name in entry.citations}
    reasons: dict[str, str] = {}
    for item in draft.dropped:
        reasons.setdefault(_join_id(item.id), item.why)
    named = (message.id for message in trail.messages)
    return tuple(Dropped(name, reasons[name]) for name in named if name in reasons and name not in cited)
