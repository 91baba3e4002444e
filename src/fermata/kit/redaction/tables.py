"""Secrets in tables whose first row names the columns: rows of CSV, as people paste an export.

Called by the choke point for whole texts. Only a row of bare names counts as a first one, and only rows of as many
cells right below it belong to it: a list of words with commas is no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.kit.redaction.commands import REFERENCE
from fermata.kit.redaction.looks import has_digit_and_letter
from fermata.kit.redaction.marks import Tally, is_marked
from fermata.kit.redaction.names import Strength, judge_name

_SIGNS = ",;\t"
_HEAD = re.compile(
    r"""(?m)^(?P<names>"?[A-Za-z_][\w.-]{0,64}"?(?P<sign>[,;\t])"?[\w.-]{0,64}"?(?:(?P=sign)"?[\w.-]{0,64}"?){0,63})\r?\n"""
)
_CELL = r'(?:"(?:[^"\n]|""){0,512}"|[^"\n%s]{0,512})'
_CELLS = {sign: re.compile(_CELL % re.escape(sign)) for sign in _SIGNS}
_SHORTEST = 3
_VAGUE = frozenset({"token", "tokens", "secret", "secrets", "key", "keys", "pin"})
"""Columns of word lists and of maps, too: there a value must look like more than a word."""
_NONE = frozenset({"null", "none", "nil", "true", "false", "yes", "n/a"})


def hide_columns(text: str, tally: Tally) -> str:
    """Replace what stands in a column that the first row calls a password, a token or the like."""
    if "\n" not in text:
        return text
    parts, done, table_end = [], 0, 0
    looked_at: set[tuple[int, bool]] = set()
    for head in _HEAD.finditer(text):
        if head.start() < done:
            continue
        if head.start() >= table_end:
            looked_at = set()
        sign = head["sign"]
        names = [name.strip('"') for name in head["names"].split(sign)]
        strong = [at for at, name in enumerate(names) if judge_name(name) is Strength.STRONG]
        # A row may look like a first one, too. What was asked of the rows below it is not asked again: it would cost
        # the square of a long column of words.
        wanted = [at for at in strong if (at, names[at].lower() in _VAGUE) not in looked_at]
        looked_at |= {(at, names[at].lower() in _VAGUE) for at in wanted}
        for start, end in _list_rows(text, head.end(), sign, len(names)) if wanted else ():
            table_end = end
            row = list(_split(text, start, end, sign))
            for at in wanted:
                first, last = row[at]
                if _is_value(names[at], text[first:last].strip('" ')):
                    parts += [text[done:first], tally.mark("cell", text[first:last])]
                    done = last
    return "".join([*parts, text[done:]]) if parts else text


def _list_rows(text: str, at: int, sign: str, count: int) -> Iterator[tuple[int, int]]:
    """Yield where each row begins and ends, as long as rows have as many cells as the first."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if len(list(_split(text, at, end, sign))) != count:
            return
        yield at, end
        at = end + 1


def _split(text: str, at: int, end: int, sign: str) -> Iterator[tuple[int, int]]:
    end -= text[at:end].endswith("\r")
    while True:
        cell = _CELLS[sign].match(text, at, end)
        last = cell.end() if cell is not None else end
        yield at, last
        if last >= end or text[last] != sign:
            return
        at = last + 1


def _is_value(name: str, cell: str) -> bool:
    # `310` below `password_resets` counts them.
    is_word = len(cell) >= _SHORTEST + cell.isdecimal() and cell.lower() not in _NONE and any(map(str.isalnum, cell))
    is_word = is_word and (name.lower() not in _VAGUE or has_digit_and_letter(cell))
    return is_word and not is_marked(cell) and not REFERENCE.fullmatch(cell) and not set(cell) <= set("*x")
