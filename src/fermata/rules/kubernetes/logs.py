"""Logs of a cluster's containers, searched on demand: nothing is parsed, only scanned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fermata.rules.claims import Quote


@dataclass(frozen=True, slots=True)
class LogText:
    """What one container, pod or workload wrote."""

    document_key: str
    """What a quote names it by."""
    namespace: str
    """Empty when the source does not say."""
    pod: str
    """The pod's name, or the workload's when the source is named by it."""
    container: str = ""
    """Empty when the source does not say, or holds the lines of all of them."""
    previous: bool = False
    """Whether it is from before the container's last restart."""
    text: str = ""
    numbers: Sequence[int] = ()
    """The number of each line in its source; empty when they simply count from 1."""
    unclaimed: bool = False
    """Whether its source is a service that no system claims: nothing but its logs may be known of it."""
    alerted_at: datetime | None = None
    """When the first alert began, where there is one: what was over before that is not what it is about."""

    def find(self, *needles: str) -> Quote | None:
        """Quote the first line that holds one of the needles, as spelt; an earlier needle wins over an earlier line."""
        for needle in needles:
            position = self.text.find(needle)
            if position >= 0:
                return self._quote_at(position)
        return None

    def lines_with(self, needle: str | re.Pattern[str], limit: int = 20) -> tuple[Quote, ...]:
        """Quote the lines that hold a needle or match a pattern, oldest first, up to a limit.

        A pattern is searched over the whole text: `^` and `$` need `re.MULTILINE`, and it should not span lines.
        """
        found: list[Quote] = []
        position, line, counted = 0, 0, 0
        while len(found) < limit and position <= len(self.text):
            start = self._next(needle, position)
            if start < 0:
                break
            line += self.text.count("\n", counted, start)
            counted = start
            end = self._line_end(start)
            found.append(self._quote_line(line, self.text.rfind("\n", 0, start) + 1, end))
            position = end + 1
        return tuple(found)

    def last_lines_with(self, *needles: str, within: int, limit: int = 200) -> tuple[Quote, ...]:
        """Quote the lines that hold one of the needles and stand in the last `within` characters, oldest first."""
        start = self.text.find("\n", len(self.text) - within) + 1 if len(self.text) > within else 0
        starts: set[int] = set()
        for needle in needles:
            # From the end: of lines that are many, only the last ones are wanted.
            position, left = self.text.rfind(needle, start), limit
            while position >= 0 and left > 0:
                begin = self.text.rfind("\n", 0, position) + 1
                starts.add(begin)
                left -= 1
                position = self.text.rfind(needle, start, begin)
        found: list[Quote] = []
        line, counted = 0, 0
        for begin in sorted(starts)[-limit:]:
            line += self.text.count("\n", counted, begin)
            counted = begin
            found.append(self._quote_line(line, begin, self._line_end(begin)))
        return tuple(found)

    def count(self, needle: str) -> int:
        """Return how often a needle occurs."""
        return self.text.count(needle)

    def tail(self, n: int) -> tuple[Quote, ...]:
        """Quote the last lines that are not blank, oldest first."""
        lines = self.text.split("\n")
        kept = [(index, line) for index, line in enumerate(lines) if line.strip()]
        return tuple(Quote(self.document_key, self._number(index), line) for index, line in kept[-n:] if n > 0)

    def _next(self, needle: str | re.Pattern[str], position: int) -> int:
        if isinstance(needle, str):
            return self.text.find(needle, position)
        match = needle.search(self.text, position)
        return match.start() if match is not None else -1

    def _quote_at(self, position: int) -> Quote:
        start = self.text.rfind("\n", 0, position) + 1
        return self._quote_line(self.text.count("\n", 0, position), start, self._line_end(position))

    def _quote_line(self, index: int, start: int, end: int) -> Quote:
        return Quote(self.document_key, self._number(index), self.text[start:end])

    def _line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        return end if end >= 0 else len(self.text)

    def _number(self, index: int) -> int:
        return self.numbers[index] if self.numbers else index + 1


def drop_digits(text: str, digits: bytes = b"0123456789") -> str:
    """Return a text's wording: without its digits, and `?` for what is not ASCII, line by line the same.

    Lines that differ in their numbers only are one wording, and of dozens of logs that leaves a fifth to search: a
    line can hold a needle only where its wording holds the needle's.
    """
    return text.encode("ascii", "replace").translate(None, digits).decode("ascii")


class Sayings:
    """What many texts say, each wording once: most needles are looked for, and held by none.

    Args:
        texts: Of logs, or lines of them.
        by_word: Whether hundreds of needles will be looked for, and parting the texts into words pays.
    """

    def __init__(self, texts: Iterable[str], *, by_word: bool = False) -> None:
        self._said = "\n".join(dict.fromkeys(_drop_hex("\n".join(texts)).split("\n")))
        # Each word once is a fourth of it: where a needle's longest word is in none, neither is the needle.
        self._words = " ".join(dict.fromkeys(self._said.split())) if by_word else self._said
        self._known: dict[str, bool] = {}

    def may_hold(self, needle: str) -> bool:
        """Return whether one of the texts may hold a needle; those that differ from it in numbers only say so too."""
        found = self._known.get(needle)
        if found is None:
            wording, longest = _read_needle(needle)
            found = self._known[needle] = longest in self._words and wording in self._said
        return found


@lru_cache(maxsize=1024)
def _read_needle(needle: str) -> tuple[str, str]:
    """Return a needle's wording and the longest word of that: rules look for the same few hundred everywhere."""
    wording = _drop_hex(needle)
    return wording, max(wording.split(), key=len, default="")


def _drop_hex(text: str) -> str:
    # Addresses and ids of traces have letters among their digits, in lower case.
    return drop_digits(text, b"0123456789abcdef")


def read_log(document_key: str, source: str, text: str, *, numbers: Sequence[int] = ()) -> LogText:
    """Return a log under its source's name: `<namespace>__<pod>__<container>[__previous]`, or any pod or workload."""
    parts = source.split("__")
    previous = len(parts) > 2 and parts[-1] == "previous"
    if previous:
        parts.pop()
    namespace = parts[0] if len(parts) > 1 else ""
    pod = parts[1] if len(parts) > 1 else parts[0]
    container = parts[2] if len(parts) > 2 else ""
    return LogText(document_key, namespace, pod, container, previous, text, numbers)
