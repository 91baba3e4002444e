"""Stacks of Node.js and Ruby, as their runtimes and loggers print them below the line that names the exception.

Python names it below the stack, and is read in `logs`. Both here are read from the head: the exception's line, at most
three more lines of its message, then frames.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fermata.domain.evidence import EvidenceLine

_HEAD = re.compile(
    r"(?:^|.{0,400}?[\s\"\[(])"
    r"((?:[A-Za-z_$][\w$]{0,80}(?:\.|::)){0,6}(?:[A-Z_$][\w$]{0,80}?(?:Error|Exception|Invalid|Exhausted|NotFound)|[Ee]rror))"
    r"(?: \[[A-Z][A-Z0-9_]{1,60}\])?(?:: (.*)|$)",
    re.DOTALL,
)
_NAMED = ("rror", "xception", "Invalid", "Exhausted", "NotFound")
"""One of them stands in every line that `_HEAD` matches: most lines are done with that."""
_AT_LINE = re.compile(r"\s{1,12}at \S")
_AT_FRAME = re.compile(
    r"\s{1,12}at (?:(?:async )?(.{1,300}?) \()?(?:async )?(?:file://)?"
    r"((?:node:|[A-Za-z]:\\|[./\w@-])[^()]{0,500}?):(\d{1,9}):\d{1,9}\)?(?: \{)?$"
)
_RUBY_FRAME = re.compile(
    r"\s{0,12}(?:from )?([\w./@+-]{1,500}\.(?:rb|erb|haml|rake|ru)):(\d{1,9})(?::in [`'](.{1,300})')?$"
)
_RUBY_RAISED = re.compile(
    r"(?<![\w./@+-])([\w./@+-]{1,500}\.(?:rb|erb|haml|rake|ru)):(\d{1,9}):in [`'](.{1,300}?)': (.{0,2000}) "
    r"\(([A-Z][\w:]{1,200})\)$"
)
"""It is searched for in every line of a log: begun within a word, too, it took ten seconds for a thousand long ones."""
_EMITTED = re.compile(r"Emitted '.{1,80}' event ")
_MOST_BETWEEN = 3
"""Further lines of a message that may stand above its frames."""
_MOST_PROPERTIES = 40
"""Lines of the properties that Node.js prints behind a stack, in braces."""


@dataclass(frozen=True, slots=True)
class Call:
    """One frame: its file, its line, and the function (empty where the runtime says none)."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class HeadedStack:
    """An exception whose line stands above its frames."""

    type: str
    message: str
    calls: tuple[Call, ...]
    """Innermost first, as printed."""
    details: range
    """Indices of lines that belong to it and are no frames: more of its message, its properties."""
    next: int
    """Index of the first line that does not belong to it."""


def read_node(lines: Sequence[EvidenceLine], index: int) -> HeadedStack | None:
    """Read a stack of Node.js whose exception is named at an index; `None` when none begins there."""
    first = _find_frames(lines, index, _AT_LINE)
    head = _HEAD.match(lines[index].text[:2400]) if first is not None else None
    if first is None or head is None:
        return None
    end = _skip(lines, first, _AT_LINE)
    found = (_AT_FRAME.match(line.text[:1000]) for line in lines[first:end])
    calls = tuple(Call(match[2], int(match[3]), match[1] or "") for match in found if match is not None)
    if not calls:
        return None
    details = range(index + 1, first)
    if end < len(lines) and _EMITTED.match(lines[end].text):
        end = _skip(lines, end + 1, _AT_LINE)
    if lines[end - 1].text.rstrip().endswith("{"):
        begin, end = end, _skip_properties(lines, end)
        details = details or range(begin, end)
    return HeadedStack(head[1], head[2] or "", calls, details, end)


def read_ruby(lines: Sequence[EvidenceLine], index: int) -> HeadedStack | None:
    """Read a stack of Ruby whose exception is named at an index; `None` when none begins there."""
    text = lines[index].text[:2800]
    raised = _RUBY_RAISED.search(text) if ":in " in text else None
    if raised is not None:
        end = _skip(lines, index + 1, _RUBY_FRAME)
        own = Call(raised[1], int(raised[2]), raised[3])
        return HeadedStack(raised[5], raised[4], (own, *_list_ruby(lines[index + 1 : end])), range(0), end)
    first = _find_frames(lines, index, _RUBY_FRAME)
    head = _HEAD.match(lines[index].text[:2400]) if first is not None else None
    if first is None or head is None:
        return None
    end = _skip(lines, first, _RUBY_FRAME)
    return HeadedStack(head[1], head[2] or "", _list_ruby(lines[first:end]), range(index + 1, first), end)


def _list_ruby(lines: Sequence[EvidenceLine]) -> tuple[Call, ...]:
    found = (_RUBY_FRAME.match(line.text[:1000]) for line in lines)
    return tuple(Call(match[1], int(match[2]), match[3] or "") for match in found if match is not None)


def _find_frames(lines: Sequence[EvidenceLine], index: int, frame: re.Pattern[str]) -> int | None:
    """Return the index of the first frame below a line; `None` where it names nothing, is a frame, or none is near."""
    text = lines[index].text[:2400]
    if not any(word in text for word in _NAMED) or frame.match(text[:1000]):
        return None
    near = range(index + 1, min(len(lines), index + 2 + _MOST_BETWEEN))
    found = next((position for position in near if frame.match(lines[position].text[:1000])), None)
    if found is None or any(_HEAD.match(line.text[:2400]) for line in lines[index + 1 : found]):
        return None  # The stack belongs to a later line, which names an exception as well.
    return found


def _skip(lines: Sequence[EvidenceLine], start: int, frame: re.Pattern[str]) -> int:
    position = start
    while position < len(lines) and frame.match(lines[position].text[:1000]):
        position += 1
    return position


def _skip_properties(lines: Sequence[EvidenceLine], start: int) -> int:
    """Return where the braces behind a stack end; where they do not, nothing was skipped."""
    for position in range(start, min(len(lines), start + _MOST_PROPERTIES)):
        text = lines[position].text.rstrip()
        if text == "}":
            return position + 1
        if not text[:1].isspace():
            break
    return start


Reader = Callable[[Sequence[EvidenceLine], int], HeadedStack | None]
"""Reads the stack whose exception is named at an index."""
