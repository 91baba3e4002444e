"""Secrets dropped at collection: in declared variables by name and by look, in diffs line by line.

The same variable gets the same text here and in the supervisor integration, so that live and declared values stay
comparable. No integration imports another, hence the likeness of the two files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fermata.kit.redaction import describe_secret, is_secret_name, redact

LONGEST_LINE = 2000
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PEM_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_PEM_MARK = "[redacted:pem]"
_LONGEST_KEY_LINES = 120  # An RSA key of 8,192 bits has about 100; a begin without an end must not hide a whole diff.
_SETTING = re.compile(
    r"(?P<head>[ +-]?\s*(?:export\s+)?)(?P<name>[A-Za-z_][\w.-]*)(?P<equals>\s*[=:]\s*)(?P<value>\S.*)"
)
_DATA_SUFFIXES = frozenset({".env", ".ini", ".cfg", ".conf", ".properties", ".yaml", ".yml", ".toml"})


@dataclass(frozen=True, slots=True)
class Hidden:
    """Lines without secrets: as many as went in."""

    lines: tuple[str, ...]
    redactions: int
    shortened: int = 0
    """Lines cut to the longest length shown."""


def hide_value(name: str, value: str) -> str:
    """Return the value, or `<redacted 9f86d081>` when the name or the value looks like a secret."""
    return describe_secret(value) if is_secret_name(name) or redact(value).count else value


def hide_diff(lines: Sequence[str], declared: Collection[str] = (), longest: int = LONGEST_LINE) -> Hidden:
    """Redact a diff. In files of settings, values of secret names go too; in code a name alone gives nothing away.

    Args:
        declared: Paths that are files of settings whatever they are called.
        longest: Characters kept of a line; 0 keeps them all.
    """
    kept: list[str] = []
    redactions = shortened = key_lines = 0
    is_data = False
    for line in lines:
        if line.startswith(("+++ ", "--- ")):
            path = line[4:].removeprefix("a/").removeprefix("b/")
            is_data = path in declared or _is_data(path)
        begins, ends = _PEM_BEGIN.search(line), _PEM_END.search(line)
        if begins or (key_lines and (ends or key_lines < _LONGEST_KEY_LINES)):
            redactions += bool(begins)
            key_lines = 0 if ends else key_lines + 1
            # The sign stays: a diff without it could not be told from its own context.
            kept.append((line[:1] if line[:1] in "+- " else "") + _PEM_MARK)
            continue
        key_lines = 0
        shortened += 0 < longest < len(line)
        cleaned = redact(line[:longest] if longest else line)
        text = _hide_setting(cleaned.text) if is_data else cleaned.text
        redactions += cleaned.count + (text != cleaned.text)
        kept.append(text)
    return Hidden(tuple(kept), redactions, shortened)


def _is_data(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith(".env") or PurePosixPath(name).suffix in _DATA_SUFFIXES


def _hide_setting(line: str) -> str:
    match = _SETTING.fullmatch(line)
    if match is None or not is_secret_name(match["name"]) or "redacted" in match["value"]:
        return line
    bare = match["value"].strip().strip("\"'")
    return f"{match['head']}{match['name']}{match['equals']}{describe_secret(bare)}"
