"""The commits to a service's own settings that a container, or a process, was made with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.facts import ChangeFacts, StateFacts
from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.live import Change
from fermata.rules.changes.own_lines import list_own_hunks
from fermata.rules.sightings import Sighting

TOLERANCE = timedelta(seconds=5)
"""How far the clocks of who commits and of who makes a container may be apart: mostly one machine has both."""


@dataclass(frozen=True, slots=True)
class SettingCommit:
    """One commit with the lines of it that are settings of one service."""

    change: Sighting[ChangeFacts]
    hunks: tuple[tuple[DiffLine, ...], ...]


def find_made(facts: StateFacts) -> datetime | None:
    """Return when what runs got its settings: as a container was made, as a process was started."""
    return facts.created_at or facts.started_at


def list_setting_commits(
    changes: Sequence[Sighting[ChangeFacts]], made_at: datetime, names: Collection[str], variables: Collection[str]
) -> Iterator[SettingCommit]:
    """Yield the commits whose settings of a service stood when it was made, in the order they come.

    Args:
        changes: Those whose diffs were read.
        names: Of the service, in lower case.
        variables: That it has.
    """
    for change in changes:
        back, changed_at = change.facts.taken_back_at, change.facts.changed_at
        is_there = changed_at <= made_at + TOLERANCE and (back is None or back > made_at)
        if change.facts.kind == "commit" and not change.facts.is_own and is_there:
            diff = Change(change.evidence, change.facts).diff
            hunks = tuple(lines for _, lines in list_own_hunks(diff, names, variables))
            if hunks:
                yield SettingCommit(change, hunks)
