"""Columns and tables that a database does not have, by their names in the code that began to ask for them.

Code that is released without its migration only adds something, as most code does: what ties it is that the database
misses the very name that it brought.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.diffs import FileKind
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms

_MISSING = re.compile(
    r"\bcolumn \\?\"?(?:\w{1,64}\.)?(?P<a>\w{3,64})\\?\"? (?:of relation \S{1,140} )?does not exist\b"
    r"|\brelation \\?\"(?:\w{1,64}\.)?(?P<b>\w{3,64})\\?\" does not exist\b"
    r"|\bUnknown column '(?:\w{1,64}\.)?(?P<c>\w{3,64})' in\b"
    r"|\bno such (?:table|column): (?:\w{1,64}\.)?(?P<d>\w{3,64})"
    r"|\bTable '(?:[\w-]{1,64}\.)?(?P<e>\w{3,64})' doesn't exist\b"
)
_POINTS = 1.5
"""As much as lines about the service where the trouble begins."""


def find_missing_name(text: str) -> str:
    """Return the column or table that a database says it does not have; empty where it says nothing of the kind."""
    found = _MISSING.search(text)
    return next((value for value in found.groupdict().values() if value), "") if found is not None else ""


def judge_missing(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where a change brought, outside of migrations, the name of what the database does not have."""
    for one in symptoms.tellings:
        name = find_missing_name(one.text) if one.severe and one.before == 0 else ""
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        hunks = (hunk for hunk in change.diff.effective if name and hunk.kind is not FileKind.MIGRATION)
        for hunk in hunks:
            gone = any(word.search(line.text) for line in hunk.list_signed("-"))
            line = next((line for line in hunk.list_signed("+") if word.search(line.text)), None)
            if line is not None and not gone:
                text = f"it asks for {name}, which the database does not have"
                yield Sign("named", _POINTS, text, line, one)
                return
