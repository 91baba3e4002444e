"""What people took back during the incident, and whether that helped: a change undone without effect was not it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from fermata.rules.changes.live import Change, Rollouts
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.metrics.semantics import Kind

_BACK = re.compile(r"roll(?:ed|ing)?[ -]?back|revert|previous|restore|undo|back to", re.IGNORECASE)
_STATES = re.compile(r"\s*(.+?)\s*-+>\s*(.+?)\s*$")
_SYMPTOMS = (Kind.ERRORS, Kind.LATENCY, Kind.SUCCESS)
_SETTLES = timedelta(minutes=5)
_LOOKED_AT = timedelta(minutes=10)
_LOUD = 0.6  # Weight of a line from which on its end tells: new, and a warning at least.
_NEAR = 0.35  # Of the way between normal and the fault: what is left when a service recovers.


@dataclass(frozen=True, slots=True)
class Undoing:
    """A change that was taken back."""

    by: str
    at: datetime
    helped: bool | None
    """`None` when what was measured and logged ends too early, or does not agree."""

    @property
    def words(self) -> str:
        """Return for people who took it back, when, and what came of it."""
        end = {None: "", True: ", and it helped: what failed has ended", False: ", without effect so far"}[self.helped]
        return f"{self.by} took it back at {self.at:%H:%M} UTC{end}"


def find_undoing(change: Change, changes: Sequence[Change], rollouts: Rollouts, symptoms: Symptoms) -> Undoing | None:
    """Return who took a change back after the fault began, if anybody did."""
    carrier = rollouts.find_running_carrier(change)
    for later in changes:
        at = later.facts.changed_at
        if (
            at > symptoms.began_at
            and later.id != change.id
            and rollouts.is_done(later)
            and _undoes(later, change, carrier, changes)
        ):
            return Undoing(later.id, at, _has_helped(symptoms, at))
    return None


def _undoes(later: Change, change: Change, carrier: Change | None, changes: Sequence[Change]) -> bool:
    own, other = change.facts, later.facts
    if own.kind == "flag":
        is_same = other.kind == "flag" and other.ref == own.ref and bool(own.ref)
        return is_same and (_sets_back(change, later) or not ("->" in own.state and "->" in other.state))
    if carrier is not None:
        same = later.is_release and other.service == carrier.facts.service
        return same and (_says_so(later) or _carries_reverse(later, change, changes))
    if own.kind != other.kind:
        return False
    if _sets_back(change, later) or _is_reverse(change, later):
        return True
    if not _says_so(later):
        return False
    return bool(own.service and own.service == other.service) or bool(set(change.diff.paths) & set(later.diff.paths))


def _says_so(later: Change) -> bool:
    """Answer whether a title says that something is taken back; the name of a setting (`restore.limit`) is none."""
    return later.facts.title != later.facts.ref and _BACK.search(later.facts.title) is not None


def _sets_back(change: Change, later: Change) -> bool:
    """Answer whether a setting went back to what it was, whatever anybody calls that."""
    own, other = change.facts, later.facts
    is_elsewhere = bool(own.service and other.service) and own.service != other.service
    if is_elsewhere or not own.ref or own.ref != other.ref:
        return False
    before, after = (_STATES.match(state) for state in (own.state, other.state))
    return before is not None and after is not None and before[1].casefold() == after[2].casefold()


def _carries_reverse(release: Change, change: Change, changes: Sequence[Change]) -> bool:
    head = next((one for one in changes if one.is_written and one.is_commit(release.facts.sha)), None)
    return head is not None and head.id != change.id and _is_reverse(change, head)


def _is_reverse(change: Change, later: Change) -> bool:
    """Answer whether a diff brings again what another took, and takes what that one brought, and nothing more."""
    own, other = _list_lines(change), _list_lines(later)
    paths = set(change.diff.paths)
    return bool(paths) and bool(own[0] or own[1]) and own == other[::-1] and paths == set(later.diff.paths)


def _list_lines(change: Change) -> tuple[Counter[str], Counter[str]]:
    """Count the lines that a diff takes and that it brings, without how far in they stand."""
    removed, added = (
        Counter(line.text.strip() for line in lines) for lines in (change.diff.removed, change.diff.added)
    )
    return removed, added


def _has_helped(symptoms: Symptoms, at: datetime) -> bool | None:
    """Answer whether what fails came back to normal after an instant, as far as metrics and logs agree."""
    recovered = [*_list_metrics(symptoms, at), *_list_logs(symptoms, at)]
    if not recovered:
        return None
    share = sum(recovered) / len(recovered)
    return True if share >= 0.6 else False if share <= 0.2 else None


def _list_metrics(symptoms: Symptoms, at: datetime) -> Iterator[bool]:
    begin = (at + _SETTLES).timestamp()
    for item in symptoms.moved:
        series, shift = item.shift.series, item.shift
        if series.meaning.kind not in _SYMPTOMS or item.service not in symptoms.failing:
            continue
        after = [
            value
            for time, value in zip(series.times, series.values, strict=True)
            if time >= begin and value is not None
        ]
        if series.times[-1] - at.timestamp() >= _LOOKED_AT.total_seconds() and len(after) >= 3:
            yield abs(median(after[-5:]) - shift.before) <= _NEAR * abs(shift.after - shift.before)


def _list_logs(symptoms: Symptoms, at: datetime) -> Iterator[bool]:
    """Yield of each failure that was still logged then whether it has ended, where its log goes on long enough."""
    for telling in symptoms.tellings:
        until, last = telling.log_until, telling.last_at
        if until is None or last is None or telling.weight < _LOUD or telling.service not in symptoms.failing:
            continue
        if last >= at - _SETTLES and until - at >= _LOOKED_AT:
            yield last <= at + _SETTLES
