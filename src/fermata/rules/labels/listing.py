"""What a model is shown of a draft: lines that rules tell and messages they are unsure of, one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.trail import Entry, Message, PostmortemDraft, Trail
from fermata.kit.digest import compute_digest
from fermata.rules.brief.fences import fence, make_mark, show_line
from fermata.rules.condense import count_tokens
from fermata.rules.labels.choosing import Uncertain, list_uncertain

MESSAGES_A_CALL = 150
"""A channel pays for one call with so many messages."""
_MOST_CALLS = 8
_LEAST_TOKENS = 1_900
"""Of rows, whatever the size of the channel."""
_MOST_TOKENS = 3_500
"""Of rows in one call: more is not read with care."""
_BESIDE = 1_300
"""Tokens of a call beside its rows: instructions, schema and answer."""
_SHARE = 10
"""A channel costs at most the tenth part of what reading it whole would."""
_FIELDS = 20
"""Tokens of a message beside its words: id, time, channel and author, as a channel's export has them."""
_TOLD = 0.75
"""Share of the rows for what is told already, at most."""
_APART = timedelta(seconds=60)
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_LONGEST_TOLD = 110
_LONGEST = 150


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


@dataclass(frozen=True, slots=True)
class Brief:
    """What one call shows."""

    text: str
    items: Mapping[str, Item]
    """By name, which are unique among the briefs of one draft."""


def compose_briefs(trail: Trail, draft: PostmortemDraft) -> tuple[Brief, ...]:
    """Return what is shown of a draft, a brief for each call; none when there is nothing to ask about.

    The number of calls and their size are bounded by the channel's size: one call for each 150 messages, and a tenth of
    the tokens that reading all of it would take, but never less than one call of 1,900 tokens of rows.
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
    messages = {message.id: message for message in trail.messages}
    chosen: list[Item] = []
    left = budget
    for index, entry in enumerate(draft.entries):
        item = Item(entry.at, _write_line(entry, messages), index=index)
        cost = count_tokens(item.row) + 3
        if budget - left + cost <= budget * _TOLD:
            left -= cost
            chosen.append(item)
    for one in list_uncertain(trail, draft):
        item = Item(one.message.at, _write_message(one), uncertain=one)
        left -= count_tokens(item.row) + 3
        if left < 0:
            break
        chosen.append(item)
    return sorted(chosen, key=lambda item: item.at)


def _write_line(entry: Entry, messages: Mapping[str, Message]) -> str:
    mark = "x" if entry.status.value == "ruled_out" else "*"
    source = messages.get(entry.citations[0])
    who = ",".join(entry.actors) if entry.actors else "metric"
    kind = "" if source is not None or not entry.actors else "deploy "
    # What is dated by its words may be dated by the wrong ones; when it was said is known.
    is_dated = source is not None and abs(source.at - entry.at) >= _APART
    said = f"<{source.at:%H:%M}" if source is not None and is_dated else ""
    return f"{mark}|{entry.at:%H:%M}{said}|{show_line(kind + who, 40)}|{show_line(entry.text, _LONGEST_TOLD)}"


def _write_message(one: Uncertain) -> str:
    message = one.message
    mark = "?" if one.is_guess else "x?" if one.is_retraction else ""
    return f"{mark}|{message.at:%H:%M}|{show_line(message.user, 40)}|{show_line(message.text, _LONGEST)}"


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
    rows: Sequence[str] = [f"{name}{item.row}" for name, item in items.items()]
    shown = show_line(title, 120)
    body = fence(make_mark([shown, *rows]), "an incident's channel", [f"incident|{shown}", *rows])
    return Brief(f"Key times by rules: {times}\n{body}", items)
