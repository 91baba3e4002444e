"""Reads the value behind a name as its notation writes it: bare, quoted, escaped, encoded, a list or a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTE = re.compile(r"""[rRbBuUfFL@$]{0,2}(?P<open>\\{0,7}(?:\"\"\"|'''|["'`])|&quot;|&\#34;|%22|\\{0,7}u0022)""")
_BARE = re.compile(
    r"""(?:[^\s"'`,;&\\<]
         | ,(?![\s"'}\])]|$|[\w.-]{1,64}[ ]?[=:])
         | ;(?!\s|$|[\w. -]{1,40}=)
         | &(?![\w.\-\[\]%]{1,64}=|quot;|amp;|\#)
         | \\(?![nrtu"'])
         | <(?!/)
       ){1,512}+""",
    re.VERBOSE,
)
_ENCODED = re.compile(r"(?:(?!%2[26C]|%7D)[^\s&\"'<>]){1,512}+", re.IGNORECASE)
_REST = re.compile(r"[^\s\"'`&]*+")
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*\r?\n(?P<indent>[+-]?[ \t]+)(?=\S)")
_ITEM = re.compile(r"[ \t]*\r?\n[+ -]?[ \t]*-[ \t]+(?=[^\s-])")
# JSON that is printed with its value below, and YAML.
_NEXT_LINE = re.compile(r"""[ \t]*\r?\n[+-]?[ \t]{1,80}(?=\\{0,7}["'])""")
_BELOW = re.compile(r"[ \t]*\r?\n")
_IS_KEY = re.compile(r"""\\{0,7}["'][ \t]*:""")
# What a literal is handed through (Rust, Go, Java, Terraform), and the object that holds it.
_LINE = r"[ \t]{0,40}(?:\r?\n[+-]?[ \t]{0,80})?"
_WRAPPER = re.compile(
    rf"""(?x)
    (?: (?: Some | Just | Ok | (?:std::)?string | String(?:::from)? | Option(?:al)?[.](?:of|ofNullable|Some)
          | Secret(?:Str|String)?(?:::(?:from|new))? | new[ ]\w{{1,32}} | str | bytes | aws[.]String | ptr[.]To
          | pointer[.](?:To|String) | jsonencode | base64encode | b64encode | sensitive )
        \( [ \t]{{0,4}} ){{1,3}} (?=\\{{0,7}}["'`])
    | \{{ {_LINE}
      (?: \\{{0,7}}["'] [\w-]{{1,32}} \\{{0,7}}["'] [ \t]{{0,4}} : [ \t]{{0,4}}
          (?: \\{{0,7}}["'] [^"'\\\n]{{0,64}} \\{{0,7}}["'] | \w{{1,16}} ) [ \t]{{0,4}} , {_LINE} ){{0,3}}
      (?:\\{{0,7}}["'])? (?: [vV]alue | default | plain(?:[tT]ext)? | current | raw | stringValue | S )
      (?:\\{{0,7}}["'])? [ \t]{{0,4}} (?: : | =>? ) [ \t]{{0,8}} (?=\\{{0,7}}["'])
    """
)
_TAG = re.compile(r"!!?[\w./-]*[ \t]+|&[\w-]{1,64}[ \t]+(?=\S)")
_PAIRS_OF_BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
LONGEST_JUDGED = 512
"""Anything longer is no word, no path and no call: it is hidden without being read."""
_MOST_ITEMS = 50
_MOST_SLASHES = 64  # JSON in JSON in JSON has seven.
_LONGEST_TRIPLE = 32_768
_GAP = re.compile(r"[\s,]{0,80}+")


@dataclass(slots=True)
class Value:
    """Where a value stands in the text, without its quotes."""

    start: int
    end: int
    quoted: bool
    after: int
    """Where reading goes on."""


class Reader:
    """Reads values. Remembers the line it is in, so that one endless line is searched for its end only once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_start = 0
        self._line_end = -1

    def _find_line_end(self, position: int) -> int:
        if not self._line_start <= position <= self._line_end:
            end = self._text.find("\n", position)
            self._line_start, self._line_end = position, len(self._text) if end < 0 else end
        return self._line_end

    def list_values(self, start: int, sign: str) -> Iterator[Value]:
        """Yield the value, or each of a list's or a block's."""
        text = self._text
        if sign in (":", "=") and (tag := _TAG.match(text, start)):
            if not tag[0].startswith(("!!", "&")):
                return  # `!vault |`, `!Ref`: encrypted, or a reference.
            start = tag.end()
        if wrapper := _WRAPPER.match(text, start):
            start = wrapper.end()
        if block := _BLOCK.match(text, start):
            yield self._read_block(block)
        elif sign == ":" and _BELOW.match(text, start):
            yield from self._read_below(start)
        elif text.startswith("[", start):
            yield from self._read_array(start + 1)
        elif sign == ">":
            end = text.find("<", start, start + 4096)
            if text.startswith("</", end):
                yield Value(start, end, quoted=True, after=end)
        elif (value := self._read_one(start, sign)) is not None:
            yield value

    def _read_one(self, start: int, sign: str) -> Value | None:
        text = self._text
        quote = _QUOTE.match(text, start)
        if quote is not None:
            end = self._find_close(quote["open"], quote.end())
            return Value(quote.end(), end, quoted=True, after=end)
        bare = (_ENCODED if sign in ("%3a", "%3d") else _BARE).match(text, start)
        if bare is None:
            return None
        end = bare.end()
        if end - start >= LONGEST_JUDGED:
            rest = _REST.match(text, end)
            end = rest.end() if rest else end
            return Value(start, end, quoted=False, after=end)
        end = _strip_closers(text, start, end)
        return Value(start, end, quoted=False, after=end)

    def _find_close(self, opening: str, start: int) -> int:
        """Return where the quotation ends: at the same mark with as many backslashes, or at the end of the line."""
        mark = opening.lstrip("\\")
        depth = len(opening) - len(mark)
        is_triple = mark in ('"""', "'''")
        end = min(len(self._text), start + _LONGEST_TRIPLE) if is_triple else self._find_line_end(start)
        position = start
        while (found := self._text.find(mark, position, end)) >= 0:
            slashes = self._count_slashes(start, found)
            if (slashes % 2 == 0) if depth == 0 else slashes <= depth:
                return found - min(slashes, depth)
            position = found + len(mark)
        return end

    def _count_slashes(self, start: int, end: int) -> int:
        count = 0
        while count < _MOST_SLASHES and end - count > start and self._text[end - count - 1] == "\\":
            count += 1
        return count

    def _read_block(self, block: re.Match[str]) -> Value:
        """Read a YAML block scalar: all lines that are indented as the first."""
        text, indent = self._text, block["indent"]
        start = position = block.end()
        while (line_end := text.find("\n", position)) >= 0 and text.startswith(indent, line_end + 1):
            position = line_end + 1 + len(indent)
        end = len(text) if line_end < 0 else line_end
        return Value(start, end, quoted=False, after=end)

    def _read_below(self, start: int) -> Iterator[Value]:
        """Read a list's items, or one quoted value; a quoted key of a map is none."""
        if below := _NEXT_LINE.match(self._text, start):
            found = self._read_one(below.end(), ":")
            if found is not None and not _IS_KEY.match(self._text, found.after):
                yield found
        else:
            yield from self._read_items(start)

    def _read_items(self, start: int) -> Iterator[Value]:
        for _ in range(_MOST_ITEMS):
            item = _ITEM.match(self._text, start)
            value = self._read_one(item.end(), "-") if item else None
            if value is None:
                return
            yield value
            start = value.end + len(self._text[value.end : value.end + 1].strip("\r\n "))

    def _read_array(self, start: int) -> Iterator[Value]:
        for _ in range(_MOST_ITEMS):
            gap = _GAP.match(self._text, start)
            quote = _QUOTE.match(self._text, gap.end() if gap else start)
            if quote is None:
                return
            end = self._find_close(quote["open"], quote.end())
            yield Value(quote.end(), end, quoted=True, after=end)
            start = end + len(quote["open"])


def _strip_closers(text: str, start: int, end: int) -> int:
    """Leave out what closes something opened before the value, and the full stop of a sentence."""
    while end > start:
        last = text[end - 1]
        opener = _PAIRS_OF_BRACKETS.get(last)
        if opener is not None:
            value = text[start:end]
            if value.count(opener) >= value.count(last):
                return end
        elif last not in ".,;:":
            return end
        end -= 1
    return end
