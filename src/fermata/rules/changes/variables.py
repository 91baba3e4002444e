"""Variables of the environment that a change reads under another name, while what runs is given the old one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms

_GIVEN = re.compile(r"^\s*(?:-\s*)?\"?name\"?:\s*\"?([A-Z][A-Z0-9_]{2,60})\"?,?\s*$")
_READ = re.compile(
    r"(?:env(?:iron)?|getenv|ENV|lookupenv|\$\{?)\W{0,3}(?:get|fetch|var)?\W{0,3}([A-Z][A-Z0-9_]{2,60})\b|"
    r"process\.env\.([A-Z][A-Z0-9_]{2,60})\b",
    re.IGNORECASE,
)
_POINTS = 2.0


def list_given(texts: Iterable[str]) -> frozenset[str]:
    """Return the names of the variables that pasted objects give to containers."""
    return frozenset(found[1] for text in texts if (found := _GIVEN.match(text)))


def judge_variables(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield that a change reads what nobody gives, and no longer what is given: it runs with a default or none."""
    old = {name for line in change.diff.removed for name in _list_read(line)}
    new = {name for line in change.diff.added for name in _list_read(line)}
    left = sorted((old - new) & symptoms.given)
    for line in change.diff.added:
        missing = sorted(name for name in _list_read(line) if name not in symptoms.given and name not in old)
        if missing and left:
            like = max(left, key=lambda name: len(set(name.split("_")) & set(missing[0].split("_"))))
            text = f"it reads {missing[0]}, which what runs is not given, and no longer {like}, which it is"
            yield Sign("constant", _POINTS, text, line)
            return


def _list_read(line: DiffLine) -> list[str]:
    names = (first or second for first, second in _READ.findall(line.text))
    return [name for name in names if name.isupper()]
