"""Edits of what two programs agree on: members of an enumeration, keys, schemas, arguments of work, libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from fermata.rules.changes.diffs import DiffLine, FileKind
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides

_MEMBER = re.compile(
    r"^\s*(?:case )?([A-Z][A-Z0-9_]*[A-Z0-9]|[A-Z][A-Za-z0-9]+(?=\s*(?:=|,|$)))\s*(?:[=(:]\s*(.+?))?\s*[,;]?\s*$"
)
_ENUMERATES = re.compile(r"\benum\b|Enum\b|\biota\b|(?i:choices|ordinal)")
_UNKNOWN = "parse null data constraint notfound | backlog unavailable schema"


def find_members(sides: Sides) -> Iterator[Edit]:
    """Find a member of an enumeration that goes, is written otherwise, or moves from its place."""
    lines = [line for hunk in sides.hunks for line in hunk.lines]
    text = "\n".join([*(line.text for line in lines), *(hunk.heading for hunk in sides.hunks)])
    if sides.kind is not FileKind.CODE or not _ENUMERATES.search(text):
        return
    old, new = _list_members(sides.removed), _list_members(sides.added)
    kept = _list_members([line for line in lines if line.sign == " "])
    for name, (value, line) in old.items():
        if name not in new and name not in kept:
            yield make_edit(f"the value {name} goes or has another name", line, _UNKNOWN, 1.1)
            return
        if name in new and new[name][0] != value:
            yield make_edit(f"the value {name} is written otherwise", new[name][1], _UNKNOWN, 1.0)
            return
    yield from _find_moved(lines, old)


def _list_members(lines: Sequence[DiffLine]) -> dict[str, tuple[str, DiffLine]]:
    found = ((line, _MEMBER.match(line.text)) for line in lines)
    return {match[1]: (match[2] or "", line) for line, match in found if match is not None}


def _find_moved(lines: Sequence[DiffLine], old: Collection[str]) -> Iterator[Edit]:
    """Find a member without a number of its own that comes before others: each of those is another one now."""
    for line, after in pairwise(lines):
        own, other = _MEMBER.match(line.text), _MEMBER.match(after.text)
        if not own or not other or own[1] in old:
            continue
        if line.sign == "+" and after.sign == " " and not (own[2] or other[2]):
            yield make_edit("values that follow are counted otherwise", line, "data parse | notfound constraint", 0.7)
            return


_KEY = re.compile(r"^\s*[\"']?([A-Za-z_]\w*)[\"']?\s*(?::|=>)\s*(\S.*)$")


def find_keys_renamed(sides: Sides) -> Iterator[Edit]:
    """Find a key that is given the same as before under another name: who reads the old one finds nothing."""
    if sides.kind is not FileKind.CODE:
        return
    values = {found[2]: found[1] for line in sides.removed if (found := _KEY.match(line.text))}
    for line in sides.added:
        found = _KEY.match(line.text)
        if found and values.get(found[2], found[1]) not in (found[1], found[1].lower(), found[1].title()):
            name = values[found[2]]
            if not re.search(rf"\b{name}\s*(?::|=>)", "\n".join(one.text for one in sides.added)):
                kinds = "parse null schema data notfound empty | constraint auth backlog config"
                yield make_edit(f"the key {name} has another name", line, kinds, 1.0)
                return


_CONTRACT = re.compile(
    r"\.(?:graphqls?|gql|proto|avsc|avdl|thrift|xsd|wsdl)$|(?:openapi|swagger)[^/]*\.\w+$", re.IGNORECASE
)
_DECLARED = re.compile(
    r"^\s*(?:\"name\"\s*:\s*\"(?P<avro>\w+)\"|\{\s*\"name\"\s*:\s*\"(?P<avsc>\w+)\""
    r"|(?:optional |repeated |required )?[\w.<>, ]+ (?P<proto>\w+)\s*=\s*(?P<number>\d+)"
    r"|(?P<gql>\w+)(?:\([^)]*\))?\s*:\s*[\[\w])"
)
_NEEDED = re.compile(r"!\s*$|\brequired\b|^(?!.*\"default\")\s*\{?\s*\"name\"")


def find_contracts(sides: Sides) -> Iterator[Edit]:
    """Find a field of a schema that goes, gets another number or type, or has to be there from now on."""
    if not _CONTRACT.search(sides.path):
        return
    signed = {sign: [line for hunk in sides.hunks for line in hunk.list_signed(sign)] for sign in "-+"}
    old, new = _list_declared(signed["-"]), _list_declared(signed["+"])
    gone = sorted(old.keys() - new.keys())
    if gone:
        kinds = "parse null schema notfound data | unavailable backlog"
        yield make_edit(f"the field {gone[0]} goes or has another name", old[gone[0]][1], kinds, 1.2)
        return
    for name, (number, line) in new.items():
        before = old.get(name)
        if before is not None and before[0] != number:
            yield make_edit(f"the field {name} has another number", line, "data parse null | backlog", 1.2)
            return
        if _NEEDED.search(line.text) and not (before and _NEEDED.search(before[1].text)):
            kinds = "null parse schema concurrency | data backlog unavailable"
            yield make_edit(f"the field {name} has to be there", line, kinds, 1.2)
            return


def _list_declared(lines: Sequence[DiffLine]) -> dict[str, tuple[str, DiffLine]]:
    found = ((line, _DECLARED.match(line.text)) for line in lines)
    return {
        match["avro"] or match["avsc"] or match["proto"] or match["gql"]: (match["number"] or "", line)
        for line, match in found
        if match is not None
    }


_DEFINED = re.compile(r"\b(?:def|fun|func|function|void|public \w+|async)\s+(\w+)\s*\(([^()]*)\)")
_QUEUED = re.compile(
    r"sidekiq|celery|shared_task|app\.task|active_?job|application_?job|resque|should_?queue|\bdramatiq|\bperform\b"
    r"|mailer|oban|worker|job\b|jobs\b|task_?queue|@(?:kafka|rabbit|sqs|jms)_?listener",
    re.IGNORECASE,
)


def find_arguments(sides: Sides) -> Iterator[Edit]:
    """Find queued work that takes more or fewer arguments than what waits in the queue was given."""
    if sides.kind is not FileKind.CODE or not _QUEUED.search(f"{sides.new}\n{sides.around}"):
        return
    old = dict(found for line in sides.removed for found in _DEFINED.findall(line.text))
    for line in sides.added:
        for name, arguments in _DEFINED.findall(line.text):
            if name in old and _count_needed(old[name]) != _count_needed(arguments):
                kinds = "parse null backlog retry | restart unavailable data"
                yield make_edit(f"{name} takes other arguments than what waits for it", line, kinds, 1.1)
                return


def _count_needed(arguments: str) -> int:
    return sum(bool(one.strip()) and "=" not in one for one in arguments.split(","))


_LIBRARY = re.compile(
    r"^\s*(?:import\b.*?\bfrom\s+|import\s+|from\s+|(?:const|let|var)\s.*require\(\s*|require\s+|use\s+|using\s+)"
    r"[\"'(]?\s*([@A-Za-z][\w@/.:-]*)"
)


def find_libraries(sides: Sides) -> Iterator[Edit]:
    """Find a library that is used in place of another: its calls, its defaults and its errors are its own."""
    if sides.kind is not FileKind.CODE:
        return
    signed = {sign: [line for hunk in sides.hunks for line in hunk.list_signed(sign)] for sign in "-+"}
    old, new = ({_name_library(line) for line in signed[sign]} - {""} for sign in "-+")
    if old - new and new - old:
        line = next(line for line in signed["+"] if _name_library(line) in new - old)
        kinds = "null import parse notfound auth | data config tls timeout restart"
        yield make_edit(f"{min(new - old)} is used in place of {min(old - new)}", line, kinds, 0.7)


def _name_library(line: DiffLine) -> str:
    found = _LIBRARY.match(line.text)
    return found[1] if found else ""


CONTRACT_FINDERS: tuple[Callable[[Sides], Iterator[Edit]], ...] = (
    find_members, find_keys_renamed, find_contracts, find_arguments, find_libraries,
)  # fmt: skip
"""All of them."""
