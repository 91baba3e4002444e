"""What a model is shown of a draft: lines that rules tell and messages they are unsure of, one row each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.domain.trail import Deploy, Entry, Message, PostmortemDraft, Status, Trail
from fermata.kit.digest import compute_digest
from fermata.rules.brief.fences import fence, make_mark, show_line
from fermata.rules.condense import count_tokens
from fermata.rules.labels.choosing import Uncertain, list_uncertain
from fermata.rules.labels.wording import date_message
from fermata.rules.timeline.moments import Moments
from fermata.rules.timeline.reading import LONGEST_READ
from fermata.rules.timeline.records import name_deploy
from fermata.rules.timeline.stated import find_stated_times

MESSAGES_A_CALL = 150
"""A channel pays for one call with so many messages."""
_MOST_CALLS = 8
_LEAST_TOKENS = 1_800
"""Of rows, whatever the size of the channel."""
_MOST_TOKENS = 3_500
"""Of rows in one call: more is not read with care."""
_BESIDE = 2_000
"""Tokens of a call beside its rows: instructions, schema and answer."""
_SHARE = 10
"""A channel costs at most the tenth part of what reading it whole would."""
_FIELDS = 75
"""Tokens of a message beside its words: id, time, channel and author, as a channel's export has them (70 to 82)."""
_TOLD = 0.75
"""Share of the rows for what is told already, at most."""
_APART = timedelta(seconds=60)
_NAMED = 3
"""Tokens of a row's name and its end."""
_SHORTEST = 8
"""Tokens of the shortest row: no more are looked at than there could be room for."""
_LETTERS_A_TOKEN = 6
"""More than there are: what does not fit by it fits by no other count."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_FRACTION = re.compile(r"\D{0,12}\d+[.,]\d")
"""No time of day: "at 0.3"."""
_LENGTHS = (150, 120, 100, 80)
"""Characters of words that a row shows: the more there are, the fewer."""
_WIDE = 220
"""Characters of words that a row shows where there is room left: what was found is often told at the end."""
_NAME = 10
"""Characters of an author's name."""
_MOST_DEPLOYS = 8
"""Records that no line cites: of those before the incident the last ones."""
_BEFORE = timedelta(hours=24)
"""Before the first word of it, in which a change may have caused an incident."""
_MOST_MINUTES = 3
"""That a row shows beside its own: a recap dates other things."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row."""

    at: datetime
    row: str
    """Without its name."""
    index: int | None = None
    """Of the draft's entry, where it is a line already."""
    uncertain: Uncertain | None = None
    """Otherwise the message."""
    deploy: Deploy | None = None
    """Or the record that nobody tells."""
    minutes: Mapping[str, datetime] = field(default_factory=dict)
    """Other moments that its message names, or at which it was said, as the row shows them."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What one call shows."""

    text: str
    items: Mapping[str, Item]
    """By name, which are unique among the briefs of one draft."""


def compose_briefs(trail: Trail, draft: PostmortemDraft) -> tuple[Brief, ...]:
    """Return what is shown of a draft, a brief for each call; none when there is nothing to ask about.

    The number of calls and their size are bounded by the channel's size: one call for each 150 messages, and a tenth of
    the tokens that reading all of it would take, but never less than one call of 1,800 tokens of rows.
    """
    share = sum(len(message.text) // 4 + _FIELDS for message in trail.messages) // _SHARE
    calls = max(1, min(_MOST_CALLS, len(trail.messages) // MESSAGES_A_CALL, share // (_LEAST_TOKENS + _BESIDE)))
    budget = max(_LEAST_TOKENS, min(share - calls * _BESIDE, calls * _MOST_TOKENS))
    chosen = _choose(trail, draft, budget)
    if not chosen:
        return ()
    size = -(-len(chosen) // calls)
    parts = [range(start, min(start + size, len(chosen))) for start in range(0, len(chosen), size)]
    named = [(_name(number, item), item) for number, item in enumerate(chosen, start=1)]
    times = _tell_times(draft, {item.index: name for name, item in named if item.index is not None})
    return tuple(_write(trail.title, times, dict(named[part.start : part.stop])) for part in parts)


def _name(number: int, item: Item) -> str:
    """Return a row's name: its number and a letter of its own, so that a slip names no other row."""
    return f"{number}{_LETTERS[int(compute_digest(item.row)[-6:], 16) % len(_LETTERS)]}"


def _choose(trail: Trail, draft: PostmortemDraft, budget: int) -> list[Item]:
    uncertain = list_uncertain(trail, draft)[: budget // _SHORTEST]
    deploys = _list_untold(trail, draft)
    sizes = [len(entry.text) for entry in draft.entries] + [len(one.message.text) for one in uncertain]
    rows = _Rows(trail, draft)
    for longest in _LENGTHS:
        is_last = longest == _LENGTHS[-1]
        if not is_last and sum(_SHORTEST + min(size, longest) // _LETTERS_A_TOKEN for size in sizes) > budget:
            continue
        lines = [rows.write_line(entry, index, longest) for index, entry in enumerate(draft.entries)]
        others = [rows.write_deploy(one, longest) for one in deploys]
        others += [rows.write_message(one, longest) for one in uncertain]
        if sum(map(_price, (*lines, *others))) <= budget:
            break
    else:
        lines, others = [], _cut(lines, others, budget)
    return sorted(_widen([*lines, *others], rows, draft, budget), key=lambda item: item.at)


def _widen(items: Sequence[Item], rows: _Rows, draft: PostmortemDraft, budget: int) -> list[Item]:
    """Return rows with more of their words while there is room: first of what is told, then of the least certain."""
    left = budget - sum(map(_price, items))
    shown: list[Item] = []
    for item in items:
        wide = item
        if item.index is not None:
            wide = rows.write_line(draft.entries[item.index], item.index, _WIDE)
        elif item.uncertain is not None:
            wide = rows.write_message(item.uncertain, _WIDE)
        more = _price(wide) - _price(item)
        is_room = more <= left
        left -= more if is_room else 0
        shown.append(wide if is_room else item)
    return shown


def _list_untold(trail: Trail, draft: PostmortemDraft) -> list[Deploy]:
    """Return the records that no line cites, those that may have caused the incident or mended it."""
    cited = {citation for entry in draft.entries for citation in entry.citations}
    said = [message.at for message in trail.messages]
    if not said:
        return []
    first, last = min(said) - _BEFORE, max(said)
    found = [one for one in trail.deploys if one.id not in cited and first <= one.at <= last]
    begun = min((found.at for found in draft.key_times.values()), default=last)
    return sorted(found, key=lambda one: abs(one.at - begun))[:_MOST_DEPLOYS]


def _price(item: Item) -> int:
    return count_tokens(item.row) + _NAMED


def _cut(lines: Sequence[Item], others: Sequence[Item], budget: int) -> list[Item]:
    """Return what there is room for: most of it for what is told already."""
    chosen: list[Item] = []
    left = budget
    for item in lines:
        if budget - left + _price(item) <= budget * _TOLD:
            left -= _price(item)
            chosen.append(item)
    for item in others:
        left -= _price(item)
        if left < 0:
            break
        chosen.append(item)
    return chosen


class _Rows:
    """Writes the rows of a trail."""

    def __init__(self, trail: Trail, draft: PostmortemDraft) -> None:
        self._firsts = Counter(entry.citations[0] for entry in draft.entries)
        self._messages = {message.id: message for message in trail.messages}
        self._moments = Moments(trail)
        self._people = trail.people

    def write_line(self, entry: Entry, index: int, longest: int) -> Item:
        """Return the row of a line of the draft."""
        mark = "x" if entry.status is Status.RULED_OUT else "*"
        source = self._messages.get(entry.citations[0])
        who = entry.actors[0] if entry.actors else "metric"
        kind = "" if source is not None or not entry.actors else "deploy "
        minutes = self._list_minutes(source, entry.at) if source is not None else {}
        shown = f"{mark}|{_show_minutes(entry.at, minutes)}|{kind}{show_line(who, _NAME)}"
        is_only = source is not None and self._firsts[source.id] == 1 and mark == "*"
        is_part = source is not None and is_only and longest == _WIDE and len(source.text) > len(entry.text) + len(mark)
        text = source.text if source is not None and is_part else entry.text
        return Item(entry.at, f"{shown}|{show_line(text, longest)}", index=index, minutes=minutes)

    def write_deploy(self, deploy: Deploy, longest: int) -> Item:
        """Return the row of a record that no line cites."""
        text = show_line(name_deploy(deploy, ()), longest)
        return Item(deploy.at, f"|{deploy.at:%H:%M}|deploy {show_line(deploy.author, _NAME)}|{text}", deploy=deploy)

    def write_message(self, one: Uncertain, longest: int) -> Item:
        """Return the row of a message that has no line."""
        message = one.message
        at = date_message(one, self._moments)
        mark = "?" if one.is_guess else "x?" if one.is_retraction else "+" if one.is_part else ""
        mark = f"o{mark}" if one.is_foreign else mark
        minutes = self._list_minutes(message, at) if not one.is_guess else {}
        row = f"{mark}|{_show_minutes(at, minutes)}|{show_line(message.user, _NAME)}|{show_line(message.text, longest)}"
        return Item(at, row, uncertain=one, minutes=minutes)

    def _list_minutes(self, message: Message, at: datetime) -> Mapping[str, datetime]:
        """Return when a message was said and the moments it names, those apart from the one that is told."""
        person = self._people.get(message.user)
        stated = find_stated_times(message.text[:LONGEST_READ], message.at, person.zone if person is not None else None)
        named = [time.at for time in stated if not _FRACTION.match(message.text, time.position)]
        moments = [message.at, *(named if len({*named, at, message.at}) <= _MOST_MINUTES + 1 else ())]
        return {f"{moment:%H:%M}": moment for moment in moments if abs(moment - at) >= _APART}


def _show_minutes(at: datetime, minutes: Mapping[str, datetime]) -> str:
    return "/".join((f"{at:%H:%M}", *minutes))


def _tell_times(draft: PostmortemDraft, names: Mapping[int, str]) -> str:
    told = []
    for name, found in draft.key_times.items():
        row = next(
            (
                names[index]
                for index, entry in enumerate(draft.entries)
                if index in names and found.citation in entry.citations
            ),
            None,
        )
        told.append(f"{name} {f'{row}, ' if row else ''}{found.at:%H:%M}")
    return "; ".join(told) or "none"


def _write(title: str, times: str, items: Mapping[str, Item]) -> Brief:
    rows: Sequence[str] = [f"{name} {item.row}" for name, item in items.items()]
    shown = show_line(title, 120)
    body = fence(make_mark([shown, *rows]), "an incident's channel", [f"incident|{shown}", *rows])
    return Brief(f"Key times by rules: {times}\n{body}", items)
