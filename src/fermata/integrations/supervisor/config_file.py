"""supervisord's configuration text: where each value stands, so that one can change without touching the rest. Pure.

Reads a file exactly as supervisord does (Python's RawConfigParser with `;` and `#` as inline comments after white
space, later duplicates winning), but keeps the place of each value. Nothing is ever formatted anew.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

_SECTION = re.compile(r"\[(?P<header>.+)\]")
_OPTION = re.compile(r"(?P<key>.*?)\s*(?P<delimiter>[=:])\s*(?P<value>.*)$")
_MARK_PREFIX = "; fermata: "
_MARK_LINE = re.compile(rf"^{re.escape(_MARK_PREFIX)}(?P<mark>[^\r\n]*)\r?\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OptionSpan:
    """One option and where it stands in the file's text."""

    key: str
    """In lower case, as supervisord compares it."""
    start: int
    """Offset of the value's first character; where it would begin, when it is empty."""
    raw: str
    """The value's text from `start` on, comments blanked out by spaces: offsets in it are offsets in the file."""
    first_line: int
    """Offset of the start of its first line."""
    end_line: int
    """Offset after its last line, line break included."""

    @property
    def end(self) -> int:
        """Return the offset after the value's last character."""
        return self.start + len(self.raw)

    @property
    def value(self) -> str:
        """Return the value as supervisord reads it, before it expands `%`."""
        return "\n".join(line.strip() for line in self.raw.split("\n")).rstrip()


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """One section and where it stands in the file's text."""

    header: str
    """`program:checkout`."""
    start: int
    """Offset of its header's line."""
    body: int
    """Offset after its header's line."""
    end: int
    """Offset of the next section's header, or the end of the file."""
    options: tuple[OptionSpan, ...]

    def find(self, key: str) -> OptionSpan | None:
        """Return the option, the last one when it is written twice, or `None`."""
        return next((option for option in reversed(self.options) if option.key == key), None)


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    """After the line break."""
    text: str
    """Without its comment and without white space at its end; indentation kept."""
    indent: int


def scan(text: str) -> tuple[SectionSpan, ...]:
    """Return the sections of a configuration file in order. Lines that belong to nothing are skipped, not refused."""
    sections: list[SectionSpan] = []
    options: list[OptionSpan] = []
    header: tuple[str, int, int] | None = None
    indent = 0
    continued = False
    for line in _split(text):
        if not line.text.strip():
            continue
        if header and continued and line.indent > indent:
            options[-1] = _extend(text, options[-1], line)
            continue
        indent, continued = line.indent, False
        if match := _SECTION.match(line.text.strip()):
            if header:
                sections.append(SectionSpan(*header, line.start, tuple(options)))
            header, options = (match["header"], line.start, line.end), []
        elif header and (match := _OPTION.match(line.text.strip())):
            start = line.start + line.indent + match.start("value")
            raw = match["value"]
            options.append(OptionSpan(match["key"].rstrip().lower(), start, raw, line.start, line.end))
            continued = True
    if header:
        sections.append(SectionSpan(*header, len(text), tuple(options)))
    return tuple(sections)


def _split(text: str) -> Iterator[_Line]:
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline + 1
        line = text[start:end]
        comment = _find_comment(line)
        kept = line[:comment].rstrip()
        yield _Line(start, end, kept, len(line) - len(line.lstrip()))
        start = end


def _find_comment(line: str) -> int:
    """Return where the line's comment begins, as Python's configparser finds it, oddities included (3.11, `_read`)."""
    found = sys.maxsize
    places = {";": -1, "#": -1}
    while found == sys.maxsize and places:
        further = {}
        for prefix, place in places.items():
            at = line.find(prefix, place + 1)
            if at >= 0:
                further[prefix] = at
                if at == 0 or line[at - 1].isspace():
                    found = min(found, at)
        places = further
    if line.strip().startswith(("#", ";")):
        return 0
    return found


def _extend(text: str, option: OptionSpan, line: _Line) -> OptionSpan:
    """Return the option with one more line; what stands between, comments and blank lines, is blanked out."""
    between = re.sub(r"[^\n]", " ", text[option.end : line.start])
    return OptionSpan(option.key, option.start, option.raw + between + line.text, option.first_line, line.end)


def replace_span(text: str, start: int, end: int, new: str) -> str:
    """Return the text with one stretch replaced."""
    return text[:start] + new + text[end:]


def find_mark(text: str, section: SectionSpan) -> str | None:
    """Return the key that the last change by Fermata left in the section, or `None`."""
    match = _MARK_LINE.search(text[section.body : section.end])
    return match["mark"] if match else None


def write_mark(text: str, section: SectionSpan, mark: str) -> str:
    """Return the text with `; fermata: <mark>` right below the section's header, in place of any older one."""
    body = _MARK_LINE.sub("", text[section.body : section.end])
    head = text[: section.body]
    newline = "\r\n" if head.endswith("\r\n") else "\n"
    head = head if head.endswith("\n") else head + newline
    return f"{head}{_MARK_PREFIX}{mark}{newline}{body}{text[section.end :]}"


def make_diff(before: str, after: str, path: str) -> str:
    """Return the unified diff of one file, in git's form; empty when nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
