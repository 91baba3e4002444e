"""What `pulumi up` and `pulumi preview` print, written as a diff of the resources that they change.

With `--diff`, or in an update's details, each resource stands under its type and what is done with it, its URN, and its
properties with their signs; without, a table tells which properties differ and not from what to what (pulumi.com,
"pulumi up", "pulumi preview"; from memory). Resources are named in Terraform's manner, whose providers most of Pulumi's
are made from: `aws:ec2/securityGroup:SecurityGroup` with the name `db` is `aws_security_group.db`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.plan_run import FAILED, PARTLY, list_addresses
from fermata.kit.listing import write_some

_BEGINS = re.compile(r"^(Updating|Previewing update|Destroying|Previewing destroy) \(.+\):?\s*$", re.MULTILINE)
_ENDED = re.compile(r"^Resources:\s*$", re.MULTILINE)
_ERROR = re.compile(r"^[ \t]*error: \S|\*\*(?:updating|creating|deleting) failed\*\*", re.MULTILINE)
_HEAD = re.compile(r"^ +(?:[~+-]|\+-|\+\+|--) (?P<type>[\w.-]+:[\w./-]+(?::\w+)?): \((?P<action>[\w -]+)\)")
_URN = re.compile(r"^ +\[urn=\S+::([^\]\s]+)\]")
_ROW = re.compile(
    r"^ +(?:[~+-]|\+-|\+\+|--)[│├└─ ]+(?P<type>[\w.-]+:[\w./-]+(?::\w+)?) +(?P<name>\S+) +"
    r"(?P<done>updated|created|deleted|replaced|update|create|delete|replace)\b"
)
_PROPERTY = re.compile(r"^( +)([~+-]) (\S.*)$")
_TURN = re.compile(r"^(\S+?)\s*: (.*?) => (.*)$")
_NAMED = re.compile(r"^([\w.-]+?)\s*: (.*)$")
_ITEM = re.compile(r"^\[\d+\]: ")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MOST_NAMED = 5


def read_pulumi(text: str, file: str, stem: str) -> Change | None:
    """Return what a run changed; `None` where the text is of none, or it changed nothing.

    What was only previewed is not known to be applied. Where both were printed the update says what was done.
    """
    starts = list(_BEGINS.finditer(text))
    if not starts:
        return None
    runs = [one for one in starts if not one[1].startswith("Previewing")]
    part = text[(runs or starts)[-1].end() :]
    diff = "\n".join(_write(part.split("\n")))
    previewed = "\n".join(_write(text.split("\n"))) if not diff else ""
    named = [_name(row["type"], row["name"]) for line in part.split("\n") if (row := _ROW.match(line)) is not None]
    told = list(list_addresses(diff or previewed)) or named
    if not told:
        return None
    untold = [] if diff or previewed else named
    return Change(
        file=file,
        id=stem,
        kind="pulumi",
        at=None,
        title=f"Pulumi run {stem}: {write_some(told, _MOST_NAMED)}",
        state=_judge(part) if runs else UNCONFIRMED,
        diff=diff or previewed,
        note=f"it does not tell what it changes of {write_some(untold, _MOST_NAMED)}" if untold else "",
    )


def _judge(part: str) -> str:
    """Return how far an update came: what was done before an error stays."""
    if _ERROR.search(part) is None:
        return "applied"
    return PARTLY if _ENDED.search(part) is not None else FAILED


def _write(lines: list[str]) -> Iterator[str]:
    kind, head = "", ""
    for line in lines:
        if (found := _HEAD.match(line)) is not None:
            kind, head = found["type"], ""
        elif _BEGINS.match(line) or _ENDED.match(line):
            kind, head = "", ""
        elif kind and not head and (urn := _URN.match(line)) is not None:
            head = _name(kind, urn[1])
            yield f"@@ {head} @@"
        elif head and (found := _PROPERTY.match(line)) is not None:
            yield from _write_property(*found.groups())
        elif head and line.startswith("      "):
            yield f" {line}"


def _write_property(margin: str, sign: str, body: str) -> Iterator[str]:
    body = _ITEM.sub("", body)
    if sign != "~":
        yield f"{sign}{margin}{_assign(body)}"
    elif (turn := _TURN.match(body)) is not None:
        yield f"-{margin}{turn[1]} = {turn[2]}"
        yield f"+{margin}{turn[1]} = {turn[3]}"
    else:
        yield f" {margin}{_assign(body)}"


def _assign(body: str) -> str:
    return _NAMED.sub(r"\1 = \2", body)


def _name(kind: str, name: str) -> str:
    provider, _, rest = kind.partition(":")
    own = _HUMP.sub("_", rest.rpartition(":")[2].rpartition("/")[2]).casefold()
    return f"{provider}_{own}.{name}"
