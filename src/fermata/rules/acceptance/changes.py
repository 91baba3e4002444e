"""Which change a model means: by its id, by as much of a commit's id as names one, or by the brief's name for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fermata.domain.evidence import Evidence
from fermata.domain.facts import ChangeFacts
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case

_SHORTEST = 7
"""Characters of an id that name a change, as git abbreviates a commit's."""
# `commit 4755b7c`, `flag FLG-301`, "`4755b7c`": the kind before the id, and what sets an id off from a sentence.
_KIND = re.compile(r"(?:[A-Za-z_ ]{2,24}[ :#]\s*)(?=\S+$)")
_AROUND = "`'\"()[] "
_ABBREVIATED = re.compile(r"[0-9a-f]{7,64}")
_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMIT = "commit"


def find_changes(text: str, case: Case, names: Mapping[str, Evidence]) -> tuple[Sighting[ChangeFacts], ...]:
    """Return the changes a text may mean, of those whose diffs were read: one when it names one, none when unknown.

    Args:
        names: The evidence by the names of the brief.
    """
    wanted = text.strip(_AROUND)
    for candidate in dict.fromkeys((wanted, _KIND.sub("", wanted, count=1).strip(_AROUND))):
        if found := _find(candidate, case, names):
            return found
    return ()


def complete_ids(value: object, case: Case) -> object:
    """Return a parameter's value with the commit it names written out: the whole id is what an action takes.

    A list of changes may call a commit otherwise than git does; then what it says of the commit's id counts.
    """
    if not isinstance(value, str) or _WHOLE.fullmatch(value):
        return value
    found = {_write_out(change.facts) for change in case.changes if _names(value, change.facts)}
    return found.pop() if len(found) == 1 else value


def find_innocent(name: str, value: object, guilty: str | None, case: Case) -> str | None:
    """Return the commit that a parameter names although another change is blamed, or none; `None` when it names none.

    To take back what nobody blames mends nothing, and undoes somebody's work. A release that is blamed has its commits
    blamed with it: which of them it was may be open, and it is one of those. A commit that is no change of the case is
    blamed by nobody, whatever text has named it.

    Args:
        name: Of a parameter: what is called `commit` is one.
        value: Its value, with its commit written out.
        guilty: The id of the change that is blamed.
    """
    if not isinstance(value, str) or not _ABBREVIATED.fullmatch(value):
        return None
    named = [change.facts for change in case.changes if change.facts.kind == _COMMIT and _names(value, change.facts)]
    blamed = {
        own
        for change in case.changes
        if change.facts.id == guilty
        for own in (change.facts.id, change.facts.sha, *change.facts.commits)
        if own
    }
    if value in blamed or any(facts.id in blamed or facts.sha in blamed for facts in named):
        return None
    if named:
        return named[0].id
    return value if name == _COMMIT else None


def _names(value: str, facts: ChangeFacts) -> bool:
    if value == facts.id:
        return True
    own = facts.sha if facts.kind == _COMMIT else ""
    return _ABBREVIATED.fullmatch(value) is not None and (facts.id.startswith(value) or own.startswith(value))


def _write_out(facts: ChangeFacts) -> str:
    # What a deployment stands for is the head of its release, which may be innocent: only a commit is its own commit.
    return facts.sha if facts.kind == _COMMIT and _WHOLE.fullmatch(facts.sha) else facts.id


def _find(wanted: str, case: Case, names: Mapping[str, Evidence]) -> tuple[Sighting[ChangeFacts], ...]:
    if (item := names.get(wanted)) is not None:
        return tuple(change for change in case.changes if change.evidence is item)
    exact = tuple(change for change in case.changes if wanted == change.facts.id)
    if exact or len(wanted) < _SHORTEST:
        return exact[:1]
    if found := tuple(change for change in case.changes if change.facts.id.startswith(wanted)):
        return found
    # A list may call a commit otherwise than git does, and show both: its lines hold the other id.
    commits = (change for change in case.changes if change.facts.kind == _COMMIT)
    return tuple(change for change in commits if change.facts.sha.startswith(wanted))
