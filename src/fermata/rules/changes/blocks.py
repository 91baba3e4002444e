"""Which block of Terraform, of a compose file or of a chart's values a line of a diff stands in.

A plan and a state name a resource by its address (`module.shop.aws_instance.web[0]`), its configuration by the head of
its block (`resource "aws_instance" "web" {`), which a diff shows above what changed or behind its `@@`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.diffs import DiffLine, Hunk
from fermata.rules.changes.resources import read_address

_HEAD = re.compile(r'^(?:resource|data) +"?(\w+)"? +"?([\w-]+)"?|^module +"?([\w-]+)"?')
_VALUES = re.compile(r"(?:^|/)values[\w.-]*\.ya?ml$|(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$", re.IGNORECASE)
_TOP = re.compile(r"^([A-Za-z][\w.-]*):\s*$")
_BELOW = re.compile(r"^ {2,4}([A-Za-z][\w.-]*):\s*$")
_SERVICES = "services"


def list_heads(hunk: Hunk) -> frozenset[str]:
    """Return the blocks that a hunk changes something in: `aws_instance.web`, `module.shop`."""
    if address := read_address(hunk.heading):
        return frozenset(address)
    return frozenset(head for line, head in _list_lines(hunk) if line.sign != " " and head)


def name_block(hunk: Hunk, line: DiffLine) -> str:
    """Return the block that a line stands in, for people; empty where none is to be seen."""
    if read_address(hunk.heading):
        return hunk.heading
    if _VALUES.search(hunk.path):
        return _find_service(hunk, line)
    return next((head for one, head in _list_lines(hunk) if one is line), "")


def _list_lines(hunk: Hunk) -> Iterator[tuple[DiffLine, str]]:
    head = _read_head(hunk.heading)
    for line in hunk.lines:
        if (own := _read_head(line.text)) or line.text.startswith("}"):
            yield line, own or head
            head = own
        else:
            yield line, head


def _read_head(text: str) -> str:
    found = _HEAD.match(text)
    if found is None:
        return ""
    return f"{found[1]}.{found[2]}" if found[1] else f"module.{found[3]}"


def _find_service(hunk: Hunk, line: DiffLine) -> str:
    """Return under whose name a line stands: of a compose file below `services`, of values at the top."""
    top = _TOP.match(hunk.heading)
    name, below = top[1] if top is not None else "", ""
    for one in hunk.lines[: hunk.lines.index(line) + 1]:
        if (found := _TOP.match(one.text)) is not None:
            name, below = found[1], ""
        elif (found := _BELOW.match(one.text)) is not None and name in ("", _SERVICES):
            below = found[1] if one.margin == 2 else below
    return below if name in ("", _SERVICES) else name
