"""Markdown as passages: a heading with what stands under it, which is what a person on call reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_PASSAGE = 60
"""Lines; a longer section is cut into several, at an empty line where there is one."""
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_FRONT_MATTER = "---"


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a page."""

    heading: str
    """The headings above it and its own, joined by ` > `; empty before the first."""
    first_line: int
    """From 1."""
    lines: tuple[str, ...]


def split_page(text: str) -> tuple[Passage, ...]:
    """Return the passages of a page in order; one without any words is left out."""
    lines = text.replace("\r\n", "\n").split("\n")
    passages: list[Passage] = []
    trail: list[tuple[int, str]] = []
    start = _skip_front_matter(lines)
    for number, level, title in [*_list_headings(lines, start), (len(lines), 0, "")]:
        passages += _cut(" > ".join(words for _, words in trail), start, lines[start:number])
        trail = [(depth, words) for depth, words in trail if depth < level] + [(level, title)]
        start = number
    return tuple(passages)


def _skip_front_matter(lines: list[str]) -> int:
    if lines and lines[0].strip() == _FRONT_MATTER:
        ends = (number for number, line in enumerate(lines[1:], start=2) if line.strip() == _FRONT_MATTER)
        return next(ends, 0)
    return 0


def _list_headings(lines: list[str], start: int) -> Iterator[tuple[int, int, str]]:
    fence = ""
    for number, line in enumerate(lines[start:], start=start):
        if mark := _FENCE.match(line):
            # A fence is closed by its own kind only.
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and (heading := _HEADING.fullmatch(line)):
            yield number, len(heading[1]), heading[2]


def _cut(heading: str, start: int, lines: list[str]) -> Iterator[Passage]:
    at = 0
    while at < len(lines):
        end = at + LONGEST_PASSAGE
        if end < len(lines):
            empty = (number for number in range(end, at + LONGEST_PASSAGE // 2, -1) if not lines[number - 1].strip())
            end = next(empty, end)
        part = lines[at:end]
        body = part[1:] if at == 0 and _HEADING.fullmatch(part[0]) else part
        if any(line.strip() for line in body):
            yield Passage(heading, start + at + 1, tuple(part))
        at = end
