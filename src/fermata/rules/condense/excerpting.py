"""Long lines of fields, shown without those that say the same in every line: parts of the line, each as it is.

A structured line of 400 characters holds a sentence and an envelope: versions, hosts, ids of the request. At 180
tokens each, four of them fill a page of 800, and the fifth kind of line is not seen. So of a line that would take more
than its share of a page the fields are kept that tell something, in their order, and a mark stands for the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from fermata.rules.condense.gauges import names_measure
from fermata.rules.condense.reading import GAP, LONGEST_LINE, cut_line, decode_line

_SHORTEST = 240
"""Characters up to which a line is shown whole, however small the page."""
_SHARE = 0.3  # Characters a line may have for each token of the page: about a tenth of it.
_SHORTEST_CUT = 400  # And up to which it is not cut in the middle of what it says.
_ENOUGH_FIELDS = 4
_MOST_LINES = 512  # That are asked which fields all lines have.
_COMMON = 0.5  # Share of the kinds of line that have a field of the envelope.
_PROSE = 2  # So many blanks show that a value is a sentence.
_FILLED = len(GAP) + 8  # What is left out must be longer than the mark for it is worth.
_SEARCHED = 4_000
_REACH = 200  # Characters before a field in which the objects that it begins are named.
# A name and a value that is no object: of JSON, or else of logfmt. Strings are taken whole, so nothing in them is read;
# one without an end goes on to the end of the line.
_JSON_FIELD = re.compile(r"\"([^\"\\]{1,80})\"\s?:\s?(\"(?:[^\"\\]|\\.)*+(?:\"|\\?$)|[-\w.+]++)")
_LOGFMT_FIELD = re.compile(
    r"(?<![^\s,;({\[|])([A-Za-z_@][\w.@/-]{0,60})=(\"(?:[^\"\\]|\\.)*+(?:\"|\\?$)|'[^']*+(?:'|$)|[^\s\"',;]*+)"
)
# What a reader needs of each line: how severe, when, who, and what is said. Serilog's compact form and the systemd
# journal have names of their own (CLEF: @t, @m, @mt, @l, @x; systemd.journal-fields).
_TELLS = re.compile(
    r"@(?:t|mt?|l|x)$|PRIORITY$|SYSLOG_IDENTIFIER$|(?:.{0,60}(?:[._-]|(?<=[a-z0-9])(?=(?-i:[A-Z]))))?(?:l(?:evel|vl|oglevel)|severity|@?time(?:stamp)?|ts|t|date"
    r"|datetime|service|app|component|msg|message|event|err(?:or|no|code)?|exception|reason|cause|status(?:_?code)?|code|outcome|detail|body)$",
    re.IGNORECASE,
)
# What may stand between two fields of which nothing is shown: ends of objects, and names of the next.
_BETWEEN = re.compile(r"[\s,;}\]]*(?:\"[^\"\\]{1,80}\"\s?:\s?[{\[]\s*)*")
_OPENED = re.compile(r"(?:\"[^\"\\]{1,80}\"\s?:\s?[{\[]\s*)+$")


class Excerpts:
    """Shortens the lines of one log, by what its fields are."""

    def __init__(self, lines: Iterable[str], budget: int) -> None:
        """Take what is known of the log.

        Args:
            lines: One of each kind.
            budget: Tokens of the page.
        """
        self._whole = max(_SHORTEST, int(_SHARE * budget))
        self._longest = min(LONGEST_LINE, max(_SHORTEST_CUT, budget * 3 // 4))
        self._lines = lines
        self._common: frozenset[str] | None = None

    def measure(self, raw: bytes) -> int:
        """Return how many characters of a line are shown, roughly."""
        return len(raw) if len(raw) <= self._whole else len(self.shorten(decode_line(raw)))

    def shorten(self, text: str) -> str:
        """Return a line, or of a long one its telling fields and of a gigantic one its telling parts."""
        return self.fit(self._leave_envelope(text))

    def fit(self, text: str) -> str:
        """Return a line as it is, or of a gigantic one its telling parts."""
        return cut_line(text, self._longest)

    def _leave_envelope(self, text: str) -> str:
        if not self._whole < len(text) <= _SEARCHED:
            return text
        fields = _find_fields(text)
        if len(fields) < _ENOUGH_FIELDS:
            return text
        if self._common is None:
            self._common = _find_common(self._lines)
        dropped = [field.span() for field in fields if not _tells(field[1], field[2], self._common)]
        # Fields of which none tells anything by its name say what they say only together.
        return _leave_out(text, dropped) if len(dropped) < len(fields) else text


def _find_fields(text: str) -> list[re.Match[str]]:
    pattern = _JSON_FIELD if text.lstrip()[:1] == "{" or '{"' in text else _LOGFMT_FIELD
    return list(pattern.finditer(text))


def _find_common(lines: Iterable[str]) -> frozenset[str]:
    """Return the names of fields that most kinds of line have."""
    counts: Counter[str] = Counter()
    total = 0
    for line in lines:
        names = {field[1] for field in _find_fields(line[:_SEARCHED])}
        if len(names) >= _ENOUGH_FIELDS:
            total += 1
            counts.update(names)
            if total >= _MOST_LINES:
                break
    return frozenset(name for name, count in counts.items() if count > _COMMON * total)


def _tells(name: str, value: str, common: frozenset[str]) -> bool:
    if name not in common or _TELLS.match(name) is not None or value.count(" ") >= _PROSE:
        return True
    return value.strip('"')[:1].isdigit() and names_measure(name)


def _leave_out(text: str, dropped: list[tuple[int, int]]) -> str:
    """Return the text with a mark in place of dropped parts; objects that held nothing else go with them."""
    runs: list[list[int]] = []
    for start, end in dropped:
        if runs and _BETWEEN.fullmatch(text, runs[-1][1], start):
            runs[-1][1] = end
        else:
            opened = _OPENED.search(text, max(runs[-1][1] if runs else 0, start - _REACH), start)
            runs.append([opened.start() if opened else start, end])
    parts: list[str] = []
    at = 0
    for start, end in runs:
        if end - start > _FILLED:
            parts.append(text[at:start].lstrip(" ,;}]").rstrip(" ,;"))
            at = end
    parts.append(text[at:].lstrip(" ,;}]") if at else text)
    return GAP.join(parts).strip()
