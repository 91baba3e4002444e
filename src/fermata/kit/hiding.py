"""Secrets dropped at collection: in variables by name and by look, in lines by look, private keys across lines.

Live and declared values are hidden by the same functions, so that the same variable gets the same text wherever it was
read, and a drift is seen only where there is one. What a format adds (the signs of a diff, the commas of a settings
line) is the collector's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fermata.kit.redaction import describe_secret, is_secret_name, redact
from fermata.kit.redaction.cutting import BEYOND, cut_hidden
from fermata.kit.redaction.marks import MARK, mark_secret

LONGEST_LINE = 2000
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_KEY_HEADER = re.compile(r"\s*(?:Proc-Type: 4,ENCRYPTED|DEK-Info: [A-Z0-9-]{1,20},[0-9A-Fa-f]{16,64})\s*")
# What may stand behind a line of a key that is part of a text in some code: `"MIIEpA\n" +`.
_AFTER_KEY = " \t\r\"'`,;)+\\"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SHORTEST_RUN = 20
"""Characters of a key's line that stand behind other words, such as the time in a log; never longer than its mark."""
# As it was, or as the redaction of a line by itself left it: most lines of a key look random.
_BASE64_LINE = re.compile(r"\s*(?:[A-Za-z0-9+/=]{16,}|\[redacted:entropy:[0-9a-f]{4}\]={0,2})\s*")
# A line that names what stands in the next ones: `password: |`, `tokens:`; and one whose next line is its value, as
# Kubernetes writes variables: `- name: DB_PASSWORD`. What stands before may be the sign of a diff.
_OPENS_BLOCK = re.compile(r"[+\- ]?(?P<indent>\s*)(?:- )?[\"']?(?P<name>[\w.-]+)[\"']?\s*[:=]\s*(?:[|>][+-]?\d?)?\s*")
_OPENS_VALUE = re.compile(
    r"""[+\-\s]*["']?(?:name|(?:parameter)?key)["']?\s*[:=]\s*["']?(?P<name>[\w.-]+)["']?,?\s*""", re.IGNORECASE
)
# An option whose value is the next item of a list: `- --password`, `"--password",`.
_OPENS_ITEM = re.compile(r"""[+\-\s]*(?:-\s+["']?|["'])--?(?P<name>[A-Za-z][\w-]*)["']?\s*,?\s*""")
# A map of one secret, as `terraform output -json` and Terraform's variables write it, and a document that is handed on.
_OPENS_FORM = re.compile(r""".*form-data; name="(?P<name>[\w.-]+)".*""", re.DOTALL)
_OPENS_MAP = re.compile(r"""[+\- ]?\s*(?:variable\s+|output\s+)?["']?(?P<name>[\w.-]+)["']?\s*[:=]?\s*\{\s*""")
_FORM_HEADER = re.compile(r"[+\-\s]*Content-[A-Za-z-]+:\s")
_OPENS_DOCUMENT = re.compile(r".*(?:stdin|passwd|sudo|token|login|-fd).*<<-?\s?[\"'\\]?[A-Za-z_].*")
_LONGEST_MAP = 4
"""Lines of it that are read: what says what a secret is stands beside it."""
_OPENERS = (_OPENS_VALUE, _OPENS_ITEM, _OPENS_MAP, _OPENS_FORM, _OPENS_BLOCK)
_LONGEST_OPENER = 200
_HOLDS_VALUE = re.compile(r"""[+\-\s]*["']?(?:parameter)?value["']?\s*[:=]\s*\S.*""", re.IGNORECASE)
_INDENT = re.compile(r"[+\- ]?(?P<indent>\s*)(?P<item>- )?")
_LONGEST_KEY_LINES = 120  # An RSA key of 8,192 bits has about 100; a begin without an end must not hide a whole log.


@dataclass(frozen=True, slots=True)
class Hidden:
    """Lines without secrets: as many as went in."""

    lines: tuple[str, ...]
    redactions: int
    shortened: int = 0
    """Lines cut to the longest length shown."""


def _is_inside(line: str, indent: int) -> bool:
    match = _INDENT.match(line)
    own = len(match["indent"]) if match else 0
    return own > indent or (own == indent and match is not None and bool(match["item"]))


def hide_value(name: str, value: str, shown: Sequence[str] = ("*",)) -> str:
    """Return the value, or `<redacted 9f86d081>` when the name or the value looks like a secret.

    Args:
        shown: Globs of names that may be shown at all.
    """
    is_allowed = any(fnmatchcase(name, pattern) for pattern in shown)
    return value if is_allowed and not looks_secret(name, value) else describe_secret(value)


def looks_secret(name: str, value: str) -> bool:
    """Answer whether a variable's name or value looks like a secret."""
    return is_secret_name(name) or redact(value).count > 0


def find_placeholder(name: str, written: str) -> str | None:
    """Return what stands in place of a value in a file of settings; `None` when its name gives no secret away.

    Args:
        written: The value as it is written, perhaps in quotes. One that is hidden already stays as it is.
    """
    if not is_secret_name(name) or "redacted" in written:
        return None
    return describe_secret(written.strip().strip("\"'"))


def hide_lines(lines: Sequence[str], longest: int = LONGEST_LINE) -> Hidden:
    """Redact each line by itself, and private keys across lines, keeping the number of lines and so their numbering.

    The lines may be the tail of something, and begin inside a key.

    Args:
        longest: Characters kept of a line; 0 keeps them all.
    """
    hider = LineHider(longest, is_tail=True)
    for line in lines:
        if not hider.add_if_key(line):
            hider.add(line)
    return hider.finish()


def names_neighbour(line: str) -> bool:
    """Answer whether a line may name a secret that stands in the next lines, or in the one before."""
    if len(line) > _LONGEST_OPENER:
        return False
    for pattern in _OPENERS:
        if (match := pattern.fullmatch(line)) is not None and is_secret_name(match["name"]):
            return True
    return "<<" in line and _OPENS_DOCUMENT.fullmatch(line) is not None


class LineHider:
    """Redacts lines as they come, and follows private keys across them.

    Args:
        longest: Characters kept of a line; 0 keeps them all.
        is_tail: The lines may begin inside a key: an end without its begin hides what looks like a key above it.
    """

    def __init__(self, longest: int = LONGEST_LINE, *, is_tail: bool = False) -> None:
        self._longest = longest
        self._is_tail = is_tail
        self._kept: list[str] = []
        self._redactions = 0
        self._shortened = 0
        self._key_lines = 0
        self._opener = ""
        self._opener_indent: int | None = None
        self._map_lines = 0
        self._value_above = ("", -2)

    def add_if_key(self, line: str, sign: str = "") -> bool:
        """Take a line in if it is a part of a private key, hidden; answer whether it was.

        Args:
            sign: Stays before what stands in its place.
        """
        begin, end = _PEM_BEGIN.search(line), _PEM_END.search(line)
        if end is not None and begin is None and (self._key_lines or self._is_tail):
            if not self._key_lines:
                self._hide_key_above()
                self._redactions += 1
            body = _find_key_body(line[: end.start()], len(sign))
            self._key_lines = 0
            return self._take_key(line, end.start() if body is None else body[0], end.end())
        if begin is not None and not line[begin.end() :].strip(_AFTER_KEY + "n"):
            self._redactions += 1
            self._key_lines = 1
            return self._take_key(line, *begin.span())
        if not self._key_lines or self._key_lines >= _LONGEST_KEY_LINES:
            self._key_lines = 0
            return False
        return self._go_on(line, len(sign))

    def _go_on(self, line: str, start: int) -> bool:
        """Take a line below the beginning of a key, if it can be one of its own: whatever says more ends the key.

        Args:
            start: Behind the sign.
        """
        if _KEY_HEADER.fullmatch(line, start):
            body: tuple[int, int] | None = (start, len(line))
        elif not line[start:].strip():
            body = (len(line), len(line))
        else:
            body = _find_key_body(line, start)
        if body is None:
            self._key_lines = 0
            return False
        self._key_lines += 1
        return self._take_key(line, *body)

    def _take_key(self, line: str, start: int, stop: int) -> bool:
        """Keep a line with a part of a key hidden in it; what stands around it is shown."""
        before, after = (redact(part).text if part.strip() else part for part in (line[:start], line[stop:]))
        text = before + (mark_secret("pem", line[start:stop]) if start < stop else "") + after
        self._shortened += 0 < self._longest < len(text)
        self._kept.append(text[: self._longest] if self._longest else text)
        return True

    def add(self, line: str, hide_further: Callable[[str], str] | None = None) -> None:
        """Take a line in, redacted by look.

        Args:
            hide_further: What the line's format knows of secrets; gets the redacted line.
        """
        self._key_lines = 0
        is_long = 0 < self._longest < len(line)
        self._shortened += is_long
        read = line[: self._longest + BEYOND] if is_long else line
        cleaned = redact(read)
        seen = self._hide_named_above(read) or cleaned.text
        self._hide_value_above(read)
        text = hide_further(seen) if hide_further else seen
        if is_long:
            text = cut_hidden(text, self._longest, is_whole=len(read) == len(line))
            line = line[: self._longest]
        self._redactions += max(cleaned.count, 1) if text != line else 0
        self._kept.append(text)
        self._note_opener(line)

    def finish(self) -> Hidden:
        """Return all lines taken in."""
        return Hidden(tuple(self._kept), self._redactions, self._shortened)

    def _hide_named_above(self, line: str) -> str:
        """Return the line as it is hidden below the one that names it a secret; empty when none does."""
        if not self._opener:
            return ""
        # A block ends where its indentation does (a list may stand right below its name); a value is the one next line.
        if self._opener_indent is not None and line.strip() and not _is_inside(line, self._opener_indent):
            self._opener = ""
            return ""
        whole = f"{self._opener}\n{line}"
        if "\n" not in self._opener and _OPENS_FORM.fullmatch(self._opener):
            if _FORM_HEADER.match(line):
                return ""
            # journald drops empty lines, and with them the one between a form's headers and its value.
            whole = whole if not line.strip(" \t\r+-") else f"{self._opener}\n\n{line}"
        hidden = redact(whole).text.rpartition("\n")[2]
        if self._map_lines:
            self._opener, self._map_lines = whole, self._map_lines - 1
        if (self._opener_indent is None and not self._map_lines) or line.strip(" \t+-").startswith("}"):
            self._opener, self._map_lines = "", 0
        return hidden

    def _hide_value_above(self, line: str) -> None:
        """Hide the line before where this one names its value a secret: `value: ...`, then `name: DB_PASSWORD`."""
        last = len(self._kept) - 1
        if _HOLDS_VALUE.fullmatch(line):
            self._value_above = (line, last + 1)
            return
        above, at = self._value_above
        if at == last and "redacted" not in self._kept[last] and _OPENS_VALUE.fullmatch(line):
            hidden = redact(f"{above}\n{line}").text.partition("\n")[0]
            self._redactions += hidden != above
            self._kept[last] = hidden if hidden != above else self._kept[last]

    def _note_opener(self, line: str) -> None:
        if (match := _OPENS_VALUE.fullmatch(line) or _OPENS_ITEM.fullmatch(line)) and is_secret_name(match["name"]):
            self._opener, self._opener_indent, self._map_lines = line, None, 0
        elif (match := _OPENS_MAP.fullmatch(line) or _OPENS_FORM.fullmatch(line)) and is_secret_name(match["name"]):
            self._opener, self._opener_indent, self._map_lines = line, None, _LONGEST_MAP
        elif "<<" in line and _OPENS_DOCUMENT.fullmatch(line):
            self._opener, self._opener_indent, self._map_lines = line, None, 0
        elif (match := _OPENS_BLOCK.fullmatch(line)) and is_secret_name(match["name"]):
            self._opener, self._opener_indent, self._map_lines = line, len(match["indent"]), 0

    def _hide_key_above(self) -> None:
        """Hide what looks like the body of a key that began before the first line."""
        for index in range(len(self._kept) - 1, -1, -1):
            if not _BASE64_LINE.fullmatch(self._kept[index]):
                return
            self._kept[index] = mark_secret("pem", self._kept[index])


def _find_key_body(line: str, start: int) -> tuple[int, int] | None:
    """Return where the body of a key stands in a line; `None` when it is no line of a key.

    It is all of the line but for quotes and the like, or the long last word behind others.
    """
    text = line[start:].rstrip(_AFTER_KEY)
    text = text.removesuffix("\\n").rstrip(_AFTER_KEY)
    bare = text.rstrip("=")
    if bare.endswith("]") and MARK.fullmatch(bare, max(bare.rfind("[redacted:"), 0)):
        first = bare.rfind("[redacted:")
    else:
        first = len(bare.rstrip(_BASE64))
    length = len(text) - first
    if not length or (length < _SHORTEST_RUN and any(character.isalnum() for character in text[:first])):
        return None
    return start + first, start + len(text)
