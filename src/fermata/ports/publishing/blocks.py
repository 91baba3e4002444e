"""A Markdown document as blocks, for services that take no Markdown. Pure.

Known is what drafts use and people add to them: headings, paragraphs, lists with and without boxes, tables, code,
quotes, folds, rules and drawings. Lists inside lists become one list. Comments and the front matter are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from fermata.ports.publishing.inline import Run, clean_text, parse_inline, read_text

FRONT = re.compile(r"\A---\n(?:.*\n)*?---\n")
COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_LONE_COMMENT = re.compile(r"^[ \t]*<!--(?:(?!<!--).)*?-->[ \t]*$", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^\s*(```+|~~~+)")
HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_ITEM = re.compile(r"^\s*(?P<mark>[-*+]|\d{1,4}[.)])\s+(?P<words>.*)$")
_BOX = re.compile(r"^\[(?P<state>[ xX])\]\s*(?P<words>.*)$")
_IMAGE = re.compile(r"^\s*!\[(?P<alt>[^\]\n]*)\]\((?P<path>[^)\s]+)\)\s*$")
BREAKS_ROW = re.compile(r"(?<!\\)\|")
DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
"""Of a line without blanks at its ends: with those, a long line of blanks would be divided in every way."""
SUMMARY = re.compile(r"^<summary>(.*)</summary>$")
_DEEPEST_FOLD = 20
"""Folds in folds; what is deeper is text."""


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    QUOTE = "quote"
    BULLET = "bullet"
    NUMBERED = "numbered"
    BOX = "box"
    CODE = "code"
    RULE = "rule"
    TABLE = "table"
    IMAGE = "image"
    FOLD = "fold"


Row = tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document."""

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    """Its words; of a fold the line that is always seen, of an image what stands in its place."""
    level: int = 0
    """Of a heading, from 1."""
    is_ticked: bool = False
    text: str = ""
    """Of code, as it stands; of an image the path."""
    rows: tuple[Row, ...] = ()
    """Of a table; all rows have as many cells."""
    has_head: bool = False
    """The first row names the columns."""
    blocks: tuple[Block, ...] = ()
    """Of a fold."""


def parse_document(text: str) -> tuple[Block, ...]:
    """Return the blocks of a document, without its front matter and its comments."""
    plain = clean_text(text.replace("\r\n", "\n"))
    lines = _drop_comments(FRONT.sub("", plain, count=1)).split("\n")
    return tuple(_Reader(lines).read_all())


def map_runs(blocks: Sequence[Block], change: Callable[[tuple[Run, ...]], tuple[Run, ...]]) -> tuple[Block, ...]:
    """Return blocks with every run of words changed, also those of tables and folds."""
    return tuple(
        replace(
            block,
            runs=change(block.runs),
            rows=tuple(tuple(change(cell) for cell in row) for row in block.rows),
            blocks=map_runs(block.blocks, change),
        )
        for block in blocks
    )


def read_words(blocks: Sequence[Block]) -> str:
    """Return everything that is read in blocks, a line for each part."""
    lines: list[str] = []
    for block in blocks:
        cells = (read_text(cell) for row in block.rows for cell in row)
        lines += [read_text(block.runs), block.text, *cells, read_words(block.blocks)]
    return "\n".join(line for line in lines if line)


def take_title(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks without the heading that a page shows as its title anyway."""
    is_title = bool(blocks) and blocks[0].kind is BlockKind.HEADING and blocks[0].level == 1
    return tuple(blocks[1:] if is_title else blocks)


def _drop_comments(text: str) -> str:
    """Take comments out, but for those that stand in code; a line that held nothing else goes with them."""
    parts: list[str] = []
    for is_code, group in groupby(_mark_code(text.split("\n")), key=lambda pair: pair[0]):
        plain = "\n".join(line for _, line in group)
        parts.append(plain if is_code else COMMENT.sub("", _LONE_COMMENT.sub("", plain)))
    return "\n".join(parts)


def _mark_code(lines: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Give each line with whether it belongs to a block of code."""
    closing = ""
    for line in lines:
        fence = FENCE.match(line)
        if closing:
            yield True, line
            closing = "" if line.strip() == closing else closing
        else:
            closing = fence[1] if fence else ""
            yield bool(fence), line


class _Reader:
    """Reads lines from the top; each method leaves its place behind what it read."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._place = 0
        self._depth = 0

    def read_all(self, *, is_fold: bool = False) -> Iterator[Block]:
        while self._place < len(self._lines):
            line = self._lines[self._place].strip()
            if is_fold and line == "</details>":
                self._place += 1
                return
            if not line or line == "</details>":
                self._place += 1
            else:
                yield from self._read_block(line)

    def _read_block(self, line: str) -> Iterator[Block]:
        if line == "<details>" and self._depth < _DEEPEST_FOLD:
            self._depth += 1
            yield self._read_fold()
            self._depth -= 1
        elif FENCE.match(line):
            yield self._read_code()
        elif heading := HEADING.match(line):
            self._place += 1
            yield Block(
                BlockKind.HEADING, parse_inline(heading[2].rstrip().rstrip("#").rstrip()), level=len(heading[1])
            )
        elif RULE.match(line):
            self._place += 1
            yield Block(BlockKind.RULE)
        elif image := _IMAGE.match(line):
            self._place += 1
            yield Block(BlockKind.IMAGE, parse_inline(image["alt"]), text=image["path"])
        elif line.startswith("|"):
            yield _make_table(self._take(lambda other: other.lstrip().startswith("|")))
        elif line.startswith(">"):
            quoted = self._take(lambda other: other.lstrip().startswith(">"))
            words = " ".join(one.lstrip().removeprefix(">").strip() for one in quoted)
            yield Block(BlockKind.QUOTE, parse_inline(words))
        elif _ITEM.match(line):
            yield self._read_item()
        else:
            words = " ".join(one.strip() for one in self._take(_is_text))
            yield Block(BlockKind.PARAGRAPH, parse_inline(words))

    def _take(self, fits: Callable[[str], bool]) -> list[str]:
        """Return the line at the place, whatever it is, and those behind it that fit."""
        start = self._place
        self._place += 1
        while self._place < len(self._lines) and fits(self._lines[self._place]):
            self._place += 1
        return list(self._lines[start : self._place])

    def _read_fold(self) -> Block:
        self._place += 1
        summary: tuple[Run, ...] = ()
        if self._place < len(self._lines) and (match := SUMMARY.match(self._lines[self._place].strip())):
            summary = parse_inline(match[1])
            self._place += 1
        return Block(BlockKind.FOLD, summary, blocks=tuple(self.read_all(is_fold=True)))

    def _read_code(self) -> Block:
        fence = self._lines[self._place].strip()
        ticks = fence[: len(fence) - len(fence.lstrip(fence[0]))]
        lines = self._take(lambda other: other.strip() != ticks)
        self._place += 1
        return Block(BlockKind.CODE, text="\n".join(lines[1:]))

    def _read_item(self) -> Block:
        # What is indented below an item goes on with it.
        first, *more = self._take(lambda other: other[:1] == " " and _is_text(other))
        match = _ITEM.match(first)
        words = " ".join([match["words"] if match else first.strip(), *(line.strip() for line in more)])
        if box := _BOX.match(words):
            return Block(BlockKind.BOX, parse_inline(box["words"].rstrip()), is_ticked=box["state"] != " ")
        is_numbered = match is not None and match["mark"][0].isdigit()
        return Block(BlockKind.NUMBERED if is_numbered else BlockKind.BULLET, parse_inline(words.rstrip()))


def _is_text(line: str) -> bool:
    plain = line.strip()
    if not plain or plain in ("<details>", "</details>") or plain[0] in "|>":
        return False
    return not any(form.match(plain) for form in (FENCE, HEADING, RULE, _ITEM, _IMAGE))


def _make_table(lines: Sequence[str]) -> Block:
    rows = [_split_row(line) for line in lines if not DIVIDER.fullmatch(line.strip())]
    width = max((len(row) for row in rows), default=0)
    has_head = len(lines) > 1 and DIVIDER.fullmatch(lines[1].strip()) is not None
    filled = tuple((*row, *([()] * (width - len(row)))) for row in rows)
    return Block(BlockKind.TABLE, rows=filled, has_head=has_head)


def _split_row(line: str) -> Row:
    cells = BREAKS_ROW.split(line.strip().removeprefix("|"))
    if cells and not cells[-1].strip():
        cells.pop()
    return tuple(parse_inline(cell.strip().replace("\\|", "|")) for cell in cells)
