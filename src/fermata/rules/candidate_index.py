"""Incidents an alert may join, found by what they may have in common with it instead of by looking at each.

Owned by intake, read by `rules.grouping`. It gives a few incidents too many and never one too few, so what is decided
over them is what would be decided over all; a test compares the two on random streams.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from fermata.domain.alert import Alert
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident
from fermata.domain.record import Record
from fermata.rules.alert_keys import AlertKeys, GroupingCache, IncidentKeys, Owner

_NAME = ""
"""Begins what namesakes are found by: no source and no tier of owners is called so."""
# No label is called so; one that is finds a namesake too many.
_SUBJECT, _GROUP = "", " "
# What labels name, and what an alert's words may mean.
_ABOUT, _SPOKEN_OF = " about", " spoken of"


class Candidate(Record):
    """An incident an alert might belong to."""

    incident: Incident
    alerts: tuple[Alert, ...]
    """Its alerts in their latest state."""
    group_keys: tuple[str, ...] = ()
    """The source's own group keys its alerts came under."""


@dataclass(slots=True)
class _Entry:
    """One incident as it stands in the index."""

    candidate: Candidate
    keys: IncidentKeys
    indexed: int = 0
    """Of the alerts in `keys`, those that are in the index."""
    ties: set[Hashable] = field(default_factory=set)
    """What it is found by."""


class Terms(NamedTuple):
    """What an equal name is worth: nothing without a label in common that tells more than a place, or one group."""

    labels: Mapping[str, str]
    """The alert's, of those that count: a candidate that has one of them otherwise is out."""
    least: int
    """How many must be shared."""
    group_key: str
    """The source's own grouping, by which places alone keep apart; empty when it has none."""


class _Choice:
    """Namesakes by one of the conditions that all must hold. The smallest is looked at, and each is compared anyway."""

    def __init__(
        self,
        found: Sequence[Mapping[IncidentId, None]],
        every: Mapping[IncidentId, None] = MappingProxyType({}),
        having: Mapping[IncidentId, None] = MappingProxyType({}),
    ) -> None:
        self._found = found
        self._every = every
        self._having = having

    def __len__(self) -> int:
        return sum(map(len, self._found)) + len(self._every) - len(self._having)

    def __iter__(self) -> Iterator[IncidentId]:
        for found in self._found:
            yield from found
        if len(self._every) > len(self._having):
            yield from self._every.keys() - self._having.keys()


class CandidateIndex:
    """Candidates by id, and by what an alert may share with them. Not for two threads at once."""

    def __init__(self) -> None:
        self.cache = GroupingCache()
        """The keys of everything that was put here or asked for: begin a new index once there are very many."""
        self._entries: dict[IncidentId, _Entry] = {}
        self._ids: dict[Hashable, dict[IncidentId, None]] = {}

    def __len__(self) -> int:
        """Return how many candidates there are."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Candidate]:
        """Give each candidate, in the order they were first put here."""
        return (entry.candidate for entry in self._entries.values())

    def __getitem__(self, incident_id: IncidentId) -> Candidate:
        """Return a candidate.

        Raises:
            KeyError: It is not here.
        """
        return self._entries[incident_id].candidate

    def find(self, incident_id: IncidentId) -> Candidate | None:
        """Return a candidate, or `None`."""
        entry = self._entries.get(incident_id)
        return entry.candidate if entry is not None else None

    def put(self, candidate: Candidate) -> None:
        """Add or replace a candidate; alerts that were added at its end cost only themselves."""
        incident_id = candidate.incident.id
        keys = self.cache.get_incident_keys(incident_id, candidate.alerts)
        entry = self._entries.get(incident_id)
        if entry is None or entry.keys is not keys:
            if entry is not None:
                self._forget_ties(incident_id, entry)
            entry = self._entries[incident_id] = _Entry(candidate, keys)
        entry.candidate = candidate
        for alert in keys.alerts[entry.indexed :]:
            for tie in _list_ties(self.cache.get_keys(alert)):
                entry.ties.add(tie)
                self._ids.setdefault(tie, {})[incident_id] = None
        entry.indexed = len(keys.alerts)
        for tie in ((_NAME, name, _GROUP, key) for name in keys.names for key in candidate.group_keys):
            entry.ties.add(tie)
            self._ids.setdefault(tie, {})[incident_id] = None

    def keep_only(self, known: Mapping[IncidentId, Candidate]) -> None:
        """Make these what is here, whatever was put here before: what is here already costs next to nothing."""
        for incident_id in self._entries.keys() - known.keys():
            self._forget_ties(incident_id, self._entries.pop(incident_id))
        for incident_id, candidate in known.items():
            entry = self._entries.get(incident_id)
            if entry is None or entry.candidate is not candidate:
                self.put(candidate)

    def list_related(self, keys: AlertKeys, neighbours: Iterable[str], terms: Terms) -> Sequence[Candidate]:
        """Return every candidate that an alert could join, and some that it could not.

        Args:
            keys: The alert's.
            neighbours: Services next to the alert's in the topology.
            terms: What an equal name is worth.
        """
        ties: list[Hashable] = [keys.identity, *keys.owners, *(Owner("workload", name) for name in neighbours)]
        ties += [(_SPOKEN_OF, name) for name in keys.subjects]
        ties += [(_ABOUT, name) for name in keys.spoken_of]
        found = dict.fromkeys(one for tie in ties for one in self._ids.get(tie, ()))
        found |= dict.fromkeys(self._list_namesakes(keys, terms))
        return [self._entries[incident_id].candidate for incident_id in found]

    def _list_namesakes(self, keys: AlertKeys, terms: Terms) -> Iterator[IncidentId]:
        """Give whom an equal name may tie to the alert. By itself it does not: a rule fires for a thousand hosts."""
        name = keys.name
        about = [self._find(name, _SUBJECT, subject) for subject in (*sorted(keys.subjects), "")]
        choices = [_Choice(about)] if keys.subjects else []
        telling = terms.labels.keys() - keys.wide_places.keys()
        if telling and len(terms.labels) >= terms.least:
            shared = _Choice([self._find(name, label, terms.labels[label]) for label in sorted(telling)])
            yield from min([shared, *choices, *self._list_choices(name, terms.labels)], key=len)
        if terms.group_key:
            grouped = _Choice([self._find(name, _GROUP, terms.group_key)])
            yield from min([grouped, *choices, *self._list_choices(name, keys.places)], key=len)

    def _list_choices(self, name: str, labels: Mapping[str, str]) -> Iterator[_Choice]:
        """Give for each label the namesakes that have its value or do not have it at all: all others conflict."""
        every = self._find(name)
        for label, value in labels.items():
            yield _Choice([self._find(name, label, value)], every, self._find(name, label))

    def _find(self, *tie: str) -> Mapping[IncidentId, None]:
        return self._ids.get((_NAME, *tie), {})

    def _forget_ties(self, incident_id: IncidentId, entry: _Entry) -> None:
        for tie in entry.ties:
            holders = self._ids[tie]
            del holders[incident_id]
            if not holders:
                del self._ids[tie]


def _list_ties(keys: AlertKeys) -> Iterator[Hashable]:
    """Give what an alert is found by. Two kinds that happen to be equal would find an incident too many."""
    yield keys.identity
    yield from keys.owners
    yield from ((_ABOUT, subject) for subject in keys.subjects)
    yield from ((_SPOKEN_OF, name) for name in keys.spoken_of)
    yield (_NAME, keys.name)
    for subject in keys.subjects or ("",):
        yield (_NAME, keys.name, _SUBJECT, subject)
    for label, value in keys.labels.items():
        yield (_NAME, keys.name, label)
        yield (_NAME, keys.name, label, value)
