"""What a commit brings along and nobody ran yet: the migration that makes a column, the list that names a package.

Code that was released without them fails in its own new lines, and taking it back would help. So does the step of the
deployment that was left out, and that is what its author wants: it is said first. Called by the rule of faulty commits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.domain.diagnosis import Citation
from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.diffs import Diff, FileKind, parse_diff
from fermata.rules.changes.missing_columns import find_missing_name
from fermata.rules.changes.missing_modules import find_listing, find_missing_module
from fermata.rules.citations import cite
from fermata.rules.logs import LoggedError
from fermata.rules.sightings import Sighting

_MAKES = re.compile(r"\b(?:add|create|alter)|AddField|CreateModel", re.IGNORECASE)
_DROPS = re.compile(r"\b(?:drop|remove)|RemoveField|DeleteModel", re.IGNORECASE)
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Brought:
    """What is missed where a program runs, and a commit's own file that gives it."""

    what: str
    """What a person does with the file, as an order without its stop."""
    citation: Citation
    """The line of the diff that shows it."""


def find_brought(change: Sighting[ChangeFacts], error: LoggedError) -> Brought | None:
    """Return which file of a change gives what an error says is missing; `None` where it brings none."""
    texts = [line.text[:_LONGEST] for line in (error.raised, *error.lines)]
    name = next(filter(None, map(find_missing_name, texts)), "")
    module = "" if name else next(filter(None, map(find_missing_module, texts)), "")
    if not name and not module:
        return None
    diff = parse_diff(change.evidence.lines, [touched.path for touched in change.facts.files])
    found = _find_migration(diff, name) if name else find_listing(diff.hunks, module)
    if found is None:
        return None
    path, number = found
    what = f"Run the migration {path}, which makes {name}" if name else f"Install what {path} lists, {module} with it"
    return Brought(what, cite(change.evidence, number))


def _find_migration(diff: Diff, name: str) -> tuple[str, int] | None:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    for hunk in diff.hunks:
        added = [line for line in hunk.lines if line.sign == "+"]
        if hunk.kind is not FileKind.MIGRATION or not any(_MAKES.search(line.text) for line in added):
            continue
        line = next((one for one in added if word.search(one.text) and not _DROPS.search(one.text)), None)
        if line is not None:
            return hunk.path, line.number
    return None
