"""Secrets in diffs: line by line, with their signs, and by name in files of settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from fermata.kit.hiding import LONGEST_LINE, Hidden, LineHider, find_placeholder

_SETTING = re.compile(
    r"(?P<head>[ +-]?\s*(?:export\s+)?)(?P<name>[A-Za-z_][\w.-]*)(?P<equals>\s*[=:]\s*)(?P<value>\S.*)"
)
_DATA_SUFFIXES = frozenset({".env", ".ini", ".cfg", ".conf", ".properties", ".yaml", ".yml", ".toml"})


def hide_diff(lines: Sequence[str], declared: Collection[str] = (), longest: int = LONGEST_LINE) -> Hidden:
    """Redact a diff. In files of settings, values of secret names go too; in code a name alone gives nothing away.

    Args:
        declared: Paths that are files of settings whatever they are called.
        longest: Characters kept of a line; 0 keeps them all.
    """
    hider = LineHider(longest)
    is_data = False
    for line in lines:
        if line.startswith(("+++ ", "--- ")):
            path = line[4:].removeprefix("a/").removeprefix("b/")
            is_data = path in declared or _is_data(path)
        # The sign stays: a diff without it could not be told from its own context.
        if not hider.add_if_key(line, line[:1] if line[:1] in "+- " else ""):
            hider.add(line, _hide_setting if is_data else None)
    return hider.finish()


def _is_data(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith(".env") or PurePosixPath(name).suffix in _DATA_SUFFIXES


def _hide_setting(line: str) -> str:
    match = _SETTING.fullmatch(line)
    placeholder = find_placeholder(match["name"], match["value"]) if match else None
    if match is None or placeholder is None:
        return line
    return f"{match['head']}{match['name']}{match['equals']}{placeholder}"
