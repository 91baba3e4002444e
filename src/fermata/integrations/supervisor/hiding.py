"""Secrets dropped at collection: in variables by name and by look, in log lines by look.

The same variable gets the same text here and in the git integration, so that live and declared values stay comparable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fermata.kit.redaction import describe_secret, is_secret_name, redact

LONGEST_LINE = 2000
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_BASE64_LINE = re.compile(r"\s*[A-Za-z0-9+/=]{16,}\s*")
_PEM_MARK = "[redacted:pem]"
_LONGEST_KEY_LINES = 120  # An RSA key of 8,192 bits has about 100; a begin without an end must not hide a whole log.
_ASSIGNMENT = re.compile(r"""(?P<name>[A-Za-z_]\w*)(?P<equals>\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s,"']+)""")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Lines without secrets: as many as went in."""

    lines: tuple[str, ...]
    redactions: int
    shortened: int
    """Lines cut to the longest length shown."""


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


def hide_lines(lines: Sequence[str], longest: int = LONGEST_LINE) -> Hidden:
    """Redact each line by itself, and private keys across lines, keeping the number of lines and so their numbering.

    Args:
        longest: Characters kept of a line; 0 keeps them all.
    """
    kept: list[str] = []
    redactions = shortened = key_lines = 0
    for line in lines:
        begins, ends = _PEM_BEGIN.search(line), _PEM_END.search(line)
        if ends and not key_lines:
            _hide_key_above(kept)
        if begins or ends or 0 < key_lines < _LONGEST_KEY_LINES:
            redactions += bool(begins or (ends and not key_lines))
            key_lines = 0 if ends else key_lines + 1
            kept.append(_PEM_MARK)
            continue
        key_lines = 0
        shortened += 0 < longest < len(line)
        cleaned = redact(line[:longest] if longest else line)
        redactions += cleaned.count
        kept.append(cleaned.text)
    return Hidden(tuple(kept), redactions, shortened)


def _hide_key_above(kept: list[str]) -> None:
    """Hide what looks like the body of a key that began before the first line."""
    for index in range(len(kept) - 1, -1, -1):
        if not _BASE64_LINE.fullmatch(kept[index]):
            return
        kept[index] = _PEM_MARK


def hide_settings(text: str) -> str:
    """Return configuration text (a file or a diff of one) with secret values replaced. Idempotent, line by line."""

    def replace(match: re.Match[str]) -> str:
        value = match["value"]
        quote = value[0] if value[0] in "\"'" else ""
        bare = value.strip("\"'")
        if not is_secret_name(match["name"]) or "redacted" in bare:
            return match[0]
        return f"{match['name']}{match['equals']}{quote}{describe_secret(bare)}{quote}"

    return "\n".join(_ASSIGNMENT.sub(replace, line) for line in hide_lines(text.split("\n"), 0).lines)
