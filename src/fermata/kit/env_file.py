"""Declared variables: a file of `NAME=value` lines, as Docker's `env_file` and systemd's `EnvironmentFile` have it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*?)\s*")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared variable."""

    line: int
    """Its line in the file, from 1."""
    name: str
    value: str
    """Without its quotes; nothing in it is expanded."""


def parse_env_file(text: str) -> tuple[Declaration, ...]:
    """Return the declared variables in order; comments, blank lines and anything else are skipped. Pure.

    A later line of the same name wins, as it does for whoever reads the file.
    """
    return tuple(
        Declaration(number, match["name"], _unquote(match["value"]))
        for number, line in enumerate(text.split("\n"), start=1)
        if (match := _LINE.fullmatch(line))
    )


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
