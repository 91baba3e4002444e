"""The incidents an alert may join, remembered between webhooks so that a flood does not read them all every time.

The rows decide: each webhook asks which incidents are joinable and when each last changed, and only what changed since
is read again. Losing this memory costs time, never correctness.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.alert import Alert
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident
from fermata.ports.store import Transaction
from fermata.rules.grouping import Candidate, CandidateIndex

_KEEP = 50
"""Alerts of an incident that a new one is compared with: the latest. Older ones are outside the window soon anyway."""
_TRIM_AT = 200
"""Trimmed in one go at this length: trimming one by one would compute all keys again each time."""
_GROUPS = "groups/"
_MOST_KEYS = 20_000
"""Alert keys kept before the index begins anew: about 40 MB at 2 KB each (a guess from the size of the objects)."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A candidate as it was when its incident last changed."""

    changed_at: datetime
    candidate: Candidate


class CandidateMemory:
    """Joinable incidents with their latest alerts."""

    def __init__(self) -> None:
        self._known: dict[IncidentId, _Remembered] = {}
        self._index = CandidateIndex()
        self._needed = 0
        """Keys that the index held when it began: those of what was joinable then."""

    def load(self, transaction: Transaction, now: datetime, window: timedelta) -> CandidateIndex:
        """Return the incidents that were active within twice the window (clocks differ), oldest first.

        The index is the caller's until the next call, which undoes what it put there and did not commit.
        """
        since = now - 2 * window - timedelta(minutes=1)
        marks = transaction.incidents.list_joinable(since)
        before, known, joinable = self._known, {}, {}
        for mark in marks:
            remembered = before.get(mark.id)
            if remembered is None or remembered.changed_at != mark.changed_at:
                candidate = read_candidate(transaction, transaction.incidents.get(mark.id))
                remembered = _Remembered(mark.changed_at, candidate)
            known[mark.id] = remembered
            joinable[mark.id] = remembered.candidate
        # Read at the start of a transaction, so all of it is committed; what is no longer joinable is dropped.
        self._known = known
        # Not before half of them are stale: where more are joinable than that, each webhook would begin anew.
        is_stale = len(self._index.cache) > max(_MOST_KEYS, 2 * self._needed)
        if is_stale:
            self._index = CandidateIndex()
        self._index.keep_only(joinable)
        if is_stale:
            self._needed = len(self._index.cache)
        return self._index

    def keep(self, candidates: Iterable[Candidate]) -> None:
        """Remember candidates whose transaction has committed. One that is older than what is known is ignored."""
        for candidate in candidates:
            changed_at = candidate.incident.updated_at
            known = self._known.get(candidate.incident.id)
            if known is None or changed_at >= known.changed_at:
                self._known[candidate.incident.id] = _Remembered(changed_at, candidate)


def read_candidate(transaction: Transaction, incident: Incident) -> Candidate:
    """Return an incident with its latest alerts and its sources' group keys, from the rows."""
    alerts = tuple(transaction.alerts.list_by_ids(incident.alert_ids[-_KEEP:]))
    groups = transaction.flags.find(f"{_GROUPS}{incident.id}") or {"keys": ()}
    return Candidate(incident=incident, alerts=alerts, group_keys=tuple(groups["keys"]))


def keep_group_keys(transaction: Transaction, candidate: Candidate) -> None:
    """Write down under which group keys the incident's alerts came: no other row knows."""
    transaction.flags.put(f"{_GROUPS}{candidate.incident.id}", {"keys": list(candidate.group_keys)})


def extend(candidate: Candidate | None, incident: Incident, alert: Alert, group_key: str) -> Candidate:
    """Return the candidate with one more alert, or with its latest state."""
    if candidate is None:
        return Candidate(incident=incident, alerts=(alert,), group_keys=(group_key,))
    alerts = candidate.alerts
    # The fingerprint first: an id is a digest, and two hundred of them for each alert is what a flood would cost.
    same = [other for other in alerts if other.fingerprint == alert.fingerprint and other.id == alert.id]
    if same:
        alerts = tuple(other for other in alerts if other not in same)
    elif len(alerts) >= _TRIM_AT:
        alerts = alerts[-_KEEP:]
    keys = candidate.group_keys if group_key in candidate.group_keys else (*candidate.group_keys, group_key)
    # Parts that are valid already: validating them anew is linear in the incident, for each alert that joins it.
    return Candidate.model_construct(incident=incident, alerts=(*alerts, alert), group_keys=keys[-_KEEP:])
