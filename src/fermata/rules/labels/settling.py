"""From what a model says of each row to what is done with it: rules and model together decide which rows are told.

Where both tell a row, it is told as rules tell it. What rules left out comes in only as a turning point; what they told
goes only where a model takes it for no event, or for a detail. Neither alone is surer than the two together.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from fermata.domain.trail import Status
from fermata.rules.labels.answer import (
    DatedLabel,
    KeptLabel,
    Labels,
    MergedLabel,
    RuledOutLabel,
)
from fermata.rules.labels.choosing import Uncertain
from fermata.rules.labels.desk import Desk
from fermata.rules.labels.listing import Brief, Item
from fermata.rules.labels.verbs import NEGATES
from fermata.rules.labels.verdicts import EVENTS, GUESS, NONE, OTHER, OUT, SAME, Verdict
from fermata.rules.labels.wording import choose_clause, choose_words
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import split_sentences

_TURNING = 3
_TOLD = 2
"""Grade from which a line of the rules stays."""
_LEAST = {"decision": 0}
"""Other such grades: a decision that both find is an event, also where a model would tell only that it was done."""
_CERTAIN = frozenset({"cause", "onset", "finding", "excluded", "effect", "end", "data", "scope"})
"""What a guess cannot be told as: nobody knew it then."""
_LEARNT = frozenset({"cause", "finding", "excluded", "data", "end"})
"""What needs words that are sure of it."""
_DOUBTS = re.compile(
    r"\b(?:maybe|perhaps|probabl[ey]|possibl[ey]|presumably|apparently|suspect\w*|suspicio\w*|theory|hypothes\w*|"
    r"guess\w*|wonder\w*|might|could be|may be|must be|should be|seems?|looks? like|smells? (?:like|of)|feels like|"
    r"(?:i|we|i'd|my) (?:think|believe(?! (?:it|you)(?:[.!,;]|$))|assume|bet|say|money)|"
    r"i'?m not sure|not sure|unsure|no idea|"
    r"bet(?:ting)? (?:it|on)|if it'?s|what if|or is it)\b|\?\s*$",
    re.IGNORECASE,
)
"""Wider than what rules take for a guess: they judge what they tell, and this what comes in beside it."""
_NUMBER = re.compile(r"\d+")
_MOST_HOPS = 3
_VERBS = ("drop", "drop_else", "other", "keep", "merge", "rule_out", "at", "also")
_SIDE = frozenset({"finding", "word", "declared"})
"""Of these a line stays only as a turning point: there are many of each, and a timeline tells the one that matters."""


def settle_rows(brief: Brief, labels: Labels, desk: Desk) -> Labels:
    """Return an answer's labels with what it says of each row among them, as what is to be done with the row."""
    return labels if not labels.rows else _Settling(brief, labels, desk).settle()


class _Settling:
    def __init__(self, brief: Brief, labels: Labels, desk: Desk) -> None:
        self._items = brief.items
        self._labels = labels
        self._desk = desk
        self._names = {number[0]: name for name in brief.items if (number := _NUMBER.match(name))}
        self._rows: dict[str, Verdict] = {}
        self._odd = list(labels.odd)
        said = {row.n for row in labels.rows}
        for row in labels.rows:
            name = self._put_right(row.n, said)
            if name in self._items and name not in self._rows:
                self._rows[name] = row.model_copy(update={"n": name, "of": self._put_right(row.of, ())})
            else:
                self._odd.append(f"{row.n} {row.what}")
        self._times = [
            label.model_copy(update={"n": self._find_told(self._put_right(label.n, ()))}) for label in labels.times
        ]
        self._keys = {label.n for label in self._times}
        lines = [row for row in self._rows.values() if row.what == OUT and self._is_line(row.n)]
        self._excluding = {row.of for row in lines if self._only_excludes(row.of)}
        """Rows that are told as what excludes a line: they need none of their own."""

    def _put_right(self, name: str, said: Collection[str]) -> str:
        """Return the row that a name with another row's letter means: each row has its turn, in order."""
        number = _NUMBER.match(name)
        meant = self._names.get(number[0], "") if number and name not in self._items else ""
        beside = {self._names.get(str(int(number[0]) + step), "  ")[-1] for step in (-1, 1)} if number else set()
        return name if not meant or meant in said or name[-1] in beside else meant

    def _find_told(self, name: str) -> str:
        """Return the row that tells what a row repeats."""
        for _ in range(_MOST_HOPS):
            row = self._rows.get(name)
            if row is None or row.what != SAME or row.of not in self._items:
                break
            name = row.of
        return name

    def settle(self) -> Labels:
        """Return what is to be done."""
        done: dict[str, list[object]] = {verb: [] for verb in _VERBS}
        for name, row in self._rows.items():
            for verb, label in self._decide(self._items[name], row):
                done[verb].append(label)
        self._limit_joins(done)
        lists = {verb: (*getattr(self._labels, verb), *found) for verb, found in done.items()}
        return self._labels.model_copy(
            update=lists | {"times": tuple(self._times), "odd": tuple(self._odd), "rows": ()},
        )

    def _limit_joins(self, done: dict[str, list[object]]) -> None:
        """Let no line join another where most of them would: that is no correction."""
        joins = [label for label in done["merge"] if isinstance(label, MergedLabel) and self._is_line(label.n)]
        lines = [name for name in self._items if self._is_line(name)]
        if len(joins) > max(1, len(lines) // 2):
            done["merge"], done["drop_else"] = [], []
            self._odd.append(f"{len(joins)} of {len(lines)} lines joined")

    def _decide(self, item: Item, row: Verdict) -> list[tuple[str, object]]:
        if item.index is not None:
            return self._decide_line(item, row)
        if not self._is_to_come(item, row):
            return []
        is_excluded = item.uncertain is not None and _excludes(item.uncertain, row)
        kept = KeptLabel(n=row.n, kind=EVENTS[row.what].value, is_excluded=is_excluded)
        return [("keep", kept), *self._date(item, row)]

    def _is_to_come(self, item: Item, row: Verdict) -> bool:
        """Answer whether what rules left out is to be told."""
        if row.what not in EVENTS or row.n in self._excluding:
            return False
        if item.uncertain is not None and _is_doubtful(item.uncertain, row):
            return False
        return row.grade >= (_TOLD if row.n in self._keys else _TURNING)

    def _decide_line(self, item: Item, row: Verdict) -> list[tuple[str, object]]:
        if row.n in self._keys:
            return self._date(item, row)
        if row.what == OTHER:
            return [("other", row.n)]
        if row.what == OUT:
            excluded = ("rule_out", RuledOutLabel(n=row.n, by=row.of))
            return [*([excluded] if row.of in self._excluding else []), ("drop_else", row.n)]
        if row.what == SAME:
            return [*joined, ("drop_else", row.n)] if (joined := self._join(row)) else []
        return [("drop", row.n)] if self._is_to_go(item, row) else self._date(item, row)

    def _is_to_go(self, item: Item, row: Verdict) -> bool:
        """Answer whether a line of the rules is not to be told: metrics are mostly beside the point."""
        entry = self._desk.draft.entries[item.index or 0]
        if row.what in (NONE, GUESS):
            return row.what == NONE or entry.status is not Status.RULED_OUT
        is_side = row.what in _SIDE or self._desk.is_measured(entry)
        return row.grade < (_TURNING if is_side else _LEAST.get(row.what, _TOLD))

    def _join(self, row: Verdict) -> list[tuple[str, object]]:
        """Let a row join the one that tells the same."""
        target = self._find_told(row.of)
        into = self._items.get(target)
        if into is None or target == row.n or not self._is_told(target):
            return []
        return [("merge", MergedLabel(n=row.n, into=target, is_led=True))]

    def _only_excludes(self, name: str) -> bool:
        """Answer whether a row tells nothing else than that a suspicion was wrong."""
        row = self._rows.get(name)
        return row is not None and row.what not in EVENTS.keys() - {"excluded"} and name not in self._keys

    def _is_line(self, name: str) -> bool:
        return self._items[name].index is not None

    def _is_told(self, name: str) -> bool:
        item, row = self._items[name], self._rows.get(name)
        if item.index is None:
            return row is not None and self._is_to_come(item, row)
        return row is None or name in self._keys or (row.what in EVENTS and not self._is_to_go(item, row))

    def _date(self, item: Item, row: Verdict) -> list[tuple[str, object]]:
        """Let a row be told at the minutes that are named: of two the later one is its own."""
        own = f"{item.at:%H:%M}"
        moments = {**item.minutes, own: item.at}
        named = {row.at or own, *([row.also_at or own] if row.also else [])}
        if row.also and len(named) == 1:
            named |= set(list(item.minutes)[:1])
        first, *earlier = sorted(named, key=lambda minute: (moments.get(minute, item.at), minute), reverse=True)
        dated: list[tuple[str, object]] = [("at", DatedLabel(n=row.n, at=first))] if first != own else []
        return [*dated, *(("also", DatedLabel(n=row.n, at=minute)) for minute in earlier)]


def _excludes(one: Uncertain, row: Verdict) -> bool:
    """Answer whether a message that rules take for a guess excludes something: a model says so, and its words deny."""
    text = one.message.text
    denies = NEGATES.search(text) or phrases.WITHDRAWN.search(text)
    return row.what == "excluded" and one.is_guess and denies is not None


def _is_doubtful(one: Uncertain, row: Verdict) -> bool:
    """Answer whether a message is called surer than it is."""
    if _excludes(one, row):
        return False
    text = choose_words(one.message, choose_clause(one), split_sentences(one.message))
    is_unsure = one.is_guess or bool(phrases.HEDGED.search(text) or _DOUBTS.search(text))
    return row.what in (_CERTAIN if one.is_guess else _LEARNT) and is_unsure
