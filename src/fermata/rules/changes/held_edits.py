"""Edits of what happens within something: a call while a transaction is open, a log line for each item of a loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.rules.changes.diffs import DiffLine, FileKind, Hunk
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides, part

_OPENS = re.compile(
    r"@transactional\b|\batomic\b|\$transaction\(|\btransaction\b\s*(?:do\b|\(|\{)|\.transaction\(|in_?transaction\(?"
    r"|begin_?transaction|\.begin\(|with_?lock\b|\bsynchronized\b|run_in_tx|with_tx",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"\b(?:\w*(?:client|psp|http|gateway|stripe|mailer|bank|remote|partner|webhook)\w*|api|rpc|grpc|requests|axios|httpx"
    r"|rest_?template|web_?client|s3|sqs|sns|kafka|producer)\.\w+\(|\bfetch\(|\burlopen\(|->(?:post|charge|request)\(",
    re.IGNORECASE,
)
_DECORATES = re.compile(r"^\s*@")
_CLOSES = re.compile(r"commit|rollback", re.IGNORECASE)
_FARTHEST = 12  # Lines of a block that are looked at.


def find_held(sides: Sides) -> Iterator[Edit]:
    """Find somebody else who is asked while a transaction or a lock is open, and was not before."""
    if sides.kind is not FileKind.CODE:
        return
    for hunk in sides.hunks:
        old, new = (_find_call(_list_side(hunk, sign)) for sign in "+-")
        if new is not None and old is None:
            kinds = "lock pool connections timeout slow concurrency | backlog starvation query retry"
            yield make_edit("somebody else is asked while a transaction is open", new, kinds, 1.2)
            return


def _list_side(hunk: Hunk, other: str) -> list[DiffLine]:
    return [line for line in hunk.lines if line.sign != other and line.text.strip() and not line.inert]


def _find_call(lines: Sequence[DiffLine]) -> DiffLine | None:
    for at, line in enumerate(lines):
        if _OPENS.search(line.text):
            block = _cut_block(line, lines[at + 1 : at + 1 + _FARTHEST])
            call = next((one for one in (line, *block) if _CALLS.search(one.text)), None)
            if call is not None and (call is not line or _CALLS.search(line.text[_end_of_opening(line.text) :])):
                return call
    return None


def _end_of_opening(text: str) -> int:
    found = _OPENS.search(text)
    return found.end() if found else 0


def _cut_block(opening: DiffLine, following: Sequence[DiffLine]) -> Sequence[DiffLine]:
    """Return the lines of a block: of a decorated function, or what stands further in than its opening."""
    margin = opening.margin
    inside: list[DiffLine] = []
    is_decorated = bool(_DECORATES.match(opening.text))
    for line in following:
        ends = line.margin <= margin and not (is_decorated and not inside)
        if ends or _CLOSES.search(line.text):
            break
        inside.append(line)
    return inside


_ENDS = re.compile(r"^\s*(?:return|throw|raise|continue|break)\b")
_GIVES_BACK = re.compile(
    r"\bdefer\b|\.(?:close|release|unlock|dispose|rollback|destroy|free)\w*\(|\bfinally\b", re.IGNORECASE
)
_GUARDS = re.compile(r"\bdefer\b|\btry\b|\bwith\b|\busing\b|\bensure\b", re.IGNORECASE)


def find_left(sides: Sides) -> Iterator[Edit]:
    """Find a new way out before what was opened is closed."""
    for hunk in sides.hunks if sides.kind is FileKind.CODE else ():
        lines = _list_side(hunk, "-")
        for at, line in enumerate(lines):
            is_new = line.sign == "+" and _ENDS.match(line.text) is not None
            if not is_new or any(_GUARDS.search(one.text) for one in lines[:at]):
                continue
            if any(_GIVES_BACK.search(one.text) for one in lines[at + 1 :]):
                kinds = "memory fd pool connections lock ports | starvation backlog slow timeout restart"
                yield make_edit("it leaves before what it opened is closed", line, kinds, 1.1)
                return


_LOOP = re.compile(
    r"^\s*(?:for\b|while\b|async for\b|foreach\b|loop\b)|\.(?:for_?each|each|map)\b[^\n]{0,40}(?:=>|\{|do\b|\|)",
    re.IGNORECASE,
)
_WRITES = re.compile(r"(?:log(?:ger|ging)?|LOG|console|slog|zap)\w*\.(?:info|warn\w*|error|log|Printf?|Info\w*)\(")


def find_noise(hunks: Sequence[Hunk]) -> Iterator[Edit]:
    """Find a log line that is written once for each item of a loop; only this reads what is logged."""
    for hunk in hunks:
        if hunk.kind is not FileKind.CODE:
            continue
        lines = [line for line in hunk.lines if line.sign != "-" and line.text.strip()]
        for at, line in enumerate(lines):
            if line.sign == "+" and _WRITES.search(line.text) and _is_in_loop(line, lines[max(0, at - _FARTHEST) : at]):
                yield make_edit("something is logged for each item", line, "disk cpu slow | backlog memory", 0.8)
                return


def _is_in_loop(line: DiffLine, before: Sequence[DiffLine]) -> bool:
    """Answer whether a loop begins above, and nothing but conditions stands between it and the line."""
    margin = line.margin
    for one in reversed(before):
        if one.margin < margin:
            if _LOOP.search(part(one.text)):
                return True
            if re.match(r"\s*(?:if|else|elif|case|\}|try|except|catch|with)\b", one.text) is None:
                return False
            margin = one.margin
    return False
