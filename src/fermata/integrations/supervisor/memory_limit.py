"""Memory limits inside a program's command: where they stand, and how large they are. Pure.

supervisord has no memory limit of its own; people write `ulimit` or `prlimit` into the command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KIB = 1024
# bash and dash take KiB for -d and -v (bash manual, "ulimit"; dash(1)), prlimit takes bytes (prlimit(1)).
_ULIMIT = re.compile(r"\bulimit\s+(?:-[SH]\s+)?-[SH]?(?P<kind>[dv])[SH]?\s+(?P<number>\d+)(?![\w.$:%])")
_PRLIMIT = re.compile(r"--(?P<kind>data|as)=(?P<number>\d+)(?P<hard>:\S*)?(?![\w.$%])")
_LIMIT_IN_PROC = {"d": "Max data size", "data": "Max data size", "v": "Max address space", "as": "Max address space"}

RESOURCES = ("Max data size", "Max address space")
"""The lines of `/proc/<pid>/limits` that these limits show up in."""
WHERE_LIMITS_STAND = (
    'Declare the limit in the program\'s command: sh -c "ulimit -d <KiB>; exec ..." or prlimit --data=<bytes> ...'
)


@dataclass(frozen=True, slots=True)
class DeclaredLimit:
    """One memory limit in a command."""

    size_bytes: int
    kind: str
    """As people know it: `ulimit -d`, `prlimit --as`."""
    resource: str
    """Its line in `/proc/<pid>/limits`."""
    unit_bytes: int
    """What one of its numbers means: 1024 for ulimit, 1 for prlimit."""
    start: int
    """Where its number stands in the text that was searched."""
    end: int
    has_hard_part: bool = False
    """`prlimit --data=soft:hard`: two numbers, of which only the first was read."""


def list_limits(command: str) -> tuple[DeclaredLimit, ...]:
    """Return the memory limits a command sets, in order; `unlimited` and shell variables are not numbers."""
    found = [_build(match, "ulimit -", _KIB) for match in _ULIMIT.finditer(command)]
    first = command.find("prlimit")
    if first >= 0:
        found += [_build(match, "prlimit --", 1) for match in _PRLIMIT.finditer(command, first)]
    return tuple(sorted(found, key=lambda limit: limit.start))


def _build(match: re.Match[str], tool: str, unit: int) -> DeclaredLimit:
    return DeclaredLimit(
        size_bytes=int(match["number"]) * unit,
        kind=f"{tool}{match['kind']}",
        resource=_LIMIT_IN_PROC[match["kind"]],
        unit_bytes=unit,
        start=match.start("number"),
        end=match.end("number"),
        has_hard_part=bool(match.groupdict().get("hard")),
    )
