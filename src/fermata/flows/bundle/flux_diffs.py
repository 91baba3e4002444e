"""What `flux diff kustomization` prints, written as lines of a diff.

It heads each object with kind, namespace and name, and tells below each path what became of it, in the words of dyff,
which it is made with (fluxcd/flux2, `internal/build/diff.go`; homeport/dyff, `pkg/dyff/output_human.go`, from memory).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SIGN = re.compile(r"^ {4}([+-]) (.*)$")
_PATH = re.compile(r"^\S+$")
_ADDED = re.compile(r"^  ([+-]) (?:\w+ )+(?:entry|entries|document|documents) (?:added|removed):\s*$")
_TURNED = "  \u00b1 "
_BELOW = re.compile(r"^ {4,6}(\S.*| +\S.*)$")
_VALUE = "value"


class FluxLines:
    """The lines below one object's head, taken one by one."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._sign = ""

    def write(self, line: str) -> Iterator[str]:
        """Yield what a line says as lines of a diff."""
        if (added := _ADDED.match(line)) is not None:
            self._sign = added[1]
            yield from self._write_place(self._path)
        elif line.startswith(_TURNED):
            self._sign = ""
            yield from self._write_place(self._path[:-1])
        elif (turned := _SIGN.match(line)) is not None and not self._sign:
            key = f"{self._path[-1]}: " if self._path else ""
            yield f"{turned[1]}  {key}{turned[2]}"
        elif self._sign and (below := _BELOW.match(line)) is not None:
            yield f"{self._sign}  {below[1]}"
        elif _PATH.match(line):
            self._path, self._sign = line.split("."), ""
            if self._path[-1] == _VALUE and len(self._path) > 1:
                self._path.pop()  # Of a variable: its name stands before.

    def _write_place(self, path: list[str]) -> Iterator[str]:
        if path:
            yield f" {path[-1]}:"
