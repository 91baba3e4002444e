"""Which incident an alert belongs to, and why, in words a person can check.

Called by intake for each alert of a webhook, and by people who merge or split incidents by hand. Equal fingerprints
are always folded; everything else is correlation, which can run in shadow (computed, said, not done) or be off. When
in doubt two incidents stay two: a person merges in a second, but a cause hidden inside another incident is found late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from fermata.domain.alert import Alert
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.record import Record
from fermata.kit.units import format_duration
from fermata.rules.alert_keys import AlertKeys, Conflict, IncidentKeys, Owner, Trait
from fermata.rules.candidate_index import Candidate, CandidateIndex, Terms
from fermata.rules.membership import Merged, Split, join_incident, merge_incidents, open_incident, split_incident

# What belongs to grouping for its callers lies in four modules, so that each fits one sitting.
__all__ = [
    "Candidate",
    "CandidateIndex",
    "GroupingDecision",
    "GroupingMode",
    "GroupingSettings",
    "Merged",
    "Split",
    "Topology",
    "choose_incident",
    "join_incident",
    "merge_incidents",
    "open_incident",
    "split_incident",
]


class GroupingMode(StrEnum):
    """What correlation may do."""

    ACTIVE = "active"
    SHADOW = "shadow"
    """Each alert gets its own incident, which says what it would have joined."""
    OFF = "off"


class GroupingSettings(Record):
    """How alerts are correlated."""

    mode: GroupingMode = GroupingMode.ACTIVE
    """Default active: each merge states its reason and can be split, and a storm without it pages once per alert."""
    window: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """How far from an incident's alerts another may start and still belong to it. Default 10 min: two evaluation
    intervals and a repeat of a usual rule, while two faults of one service are rarely that close (a guess; revisit
    with `fermata replay` on your own alerts)."""
    min_shared_labels: int = Field(default=2, ge=1)
    """Identifying labels that two alerts of one name must share when they name no common owner. Default 2: one (a
    cluster, a namespace) is shared by everything a small team runs."""
    ignored_labels: frozenset[str] = frozenset()
    """Labels that identify nothing here, beside the volatile and generic ones known already. Default none."""


class Topology(Record):
    """Who calls whom, by service name."""

    edges: tuple[tuple[str, str], ...] = ()
    """(caller, callee); empty means unknown, and nothing is correlated by it."""

    def list_callees(self, names: Iterable[str]) -> set[str]:
        """Return what any of these calls; all in small letters."""
        wanted = {name.casefold() for name in names}
        return {callee.casefold() for caller, callee in self.edges if caller.casefold() in wanted}

    def list_callers(self, names: Iterable[str]) -> set[str]:
        """Return what calls any of these; all in small letters."""
        wanted = {name.casefold() for name in names}
        return {caller.casefold() for caller, callee in self.edges if callee.casefold() in wanted}


class GroupingDecision(Record):
    """Where an alert goes, and why there and not elsewhere."""

    incident_id: IncidentId | None
    """The incident to join; `None` opens a new one."""
    reason: MergeReason
    rejected: tuple[str, ...] = ()
    """Why candidates that came near were not chosen, in words, the nearest first; at most five."""
    shadow_of: IncidentId | None = None
    """In shadow mode what it would have joined."""


_MOST_REJECTED = 5  # More is not read, and a storm would fill the journal with it.
_RULES = ("fingerprint", "source_group", "entity", "labels", "words", "topology")
"""The rules in order: an earlier one wins over a later one whatever the distance."""
_AMBIGUOUS = "more than one open incident is about that"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The alert that is to be placed, and all it is placed by."""

    keys: AlertKeys
    group_key: str
    callees: frozenset[str]
    """What it calls."""
    callers: frozenset[str]
    """What calls it."""
    settings: GroupingSettings
    at: datetime

    def list_labels(self) -> dict[str, str]:
        """Return the labels that identify the alert here."""
        ignored = self.settings.ignored_labels
        return {label: value for label, value in self.keys.labels.items() if label not in ignored}


@dataclass(frozen=True, slots=True)
class _Link:
    """How a candidate relates to the alert: a fit without a `fault`, near with one."""

    incident: Incident
    rule: str
    words: str
    distance: timedelta
    fault: Conflict | str | None = None
    trait: Trait = field(default_factory=Trait)
    """The alerts the link rests on; empty for a fingerprint, which rests on itself."""

    @property
    def order(self) -> tuple[int, timedelta, datetime, str]:
        """Return what links are compared by: rule, distance, then the older incident."""
        return _RULES.index(self.rule), self.distance, self.incident.opened_at, self.incident.id

    def describe(self, keys: AlertKeys) -> str:
        """Return the words with the nearest alert it rests on. Made on demand: most links of a storm are never read."""
        if not self.trait.sightings:
            return self.words
        at, name = self.trait.find_nearest(keys.began_at)
        apart = abs(keys.began_at - at)
        return f"{self.words} as alert {name}, {f'{format_duration(apart)} apart' if apart else 'at the same time'}"


def choose_incident(
    alert: Alert,
    group_key: str,
    candidates: CandidateIndex,
    topology: Topology,
    settings: GroupingSettings,
    now: datetime,
) -> GroupingDecision:
    """Decide which incident an alert joins, or that it opens a new one.

    The first rule that fits wins, over all candidates: the same fingerprint in a live incident (or in one that
    resolved within the window); the same source group with a common owner or name; a common owner (service, process,
    what made the pod, database, host) within the window; the same name with enough identifying labels in common within
    the window; where labels name nothing, words that name what one incident and no other is about, within the window;
    a direct neighbour in the topology within the window, where the caller's alert tells of what a call can bring.
    Different clusters, environments, namespaces or services keep alerts apart whatever else they share. Among equals
    the nearest in time wins, then the older incident.

    Alerts given oldest first chain best: one that lies further than the window from all known ones opens an incident
    of its own even when a later alert would have bridged the two.

    Args:
        group_key: The source's own grouping; empty when it has none. A hint, never enough by itself.
        candidates: Live incidents, in any order. Resolved ones may be among them, merged ones are ignored. Only those
            are looked at that have something in common with the alert: what is decided is the same, and `rejected`
            leaves out those that share its name and are kept apart by a label.
        now: Aware UTC instant of intake.
    """
    cache = candidates.cache
    keys = cache.get_keys(alert)
    names = [owner.name for owner in keys.owners if owner.tier == "workload"]
    callees = frozenset(topology.list_callees(names)).difference(names)
    callers = frozenset(topology.list_callers(names)).difference(names)
    asked = _Asked(keys, group_key, callees, callers, settings, now)
    terms = Terms(asked.list_labels(), settings.min_shared_labels, group_key)
    links = [
        link
        for candidate in candidates.list_related(keys, callees | callers, terms)
        if (link := _compare(asked, candidate, cache.get_incident_keys(candidate.incident.id, candidate.alerts)))
    ]
    if sum(not link.fault and link.rule == "words" for link in links) > 1:
        links = [replace(link, fault=link.fault or _AMBIGUOUS) if link.rule == "words" else link for link in links]
    fits = sorted((link for link in links if not link.fault), key=lambda link: link.order)
    near = sorted((link for link in links if link.fault), key=lambda link: link.order)
    return _decide(alert, fits, near, asked, len(candidates))


def _count_unfit(candidates: int) -> str:
    return f"none of {candidates} known incidents fits" if candidates else "no other incident is open"


def _decide(
    alert: Alert, fits: Sequence[_Link], near: Sequence[_Link], asked: _Asked, candidates: int
) -> GroupingDecision:
    best = fits[0] if fits else None
    mode = asked.settings.mode if best is None or best.rule != "fingerprint" else GroupingMode.ACTIVE
    rejected = tuple(
        f"{link.incident.id}: {link.describe(asked.keys)}, but {link.fault or 'another fits better'}"
        for link in [*fits[1:], *near][:_MOST_REJECTED]
    )

    def reason(rule: str, text: str, *, shadow: bool = False) -> MergeReason:
        return MergeReason(alert_id=alert.id, rule=rule, text=text, at=asked.at, shadow=shadow)

    if best is None or mode is GroupingMode.OFF:
        why = "grouping is off" if mode is GroupingMode.OFF else _count_unfit(candidates)
        return GroupingDecision(incident_id=None, reason=reason("first", f"first alert; {why}"), rejected=rejected)
    text = best.describe(asked.keys)
    if mode is GroupingMode.SHADOW:
        text = f"would have joined {best.incident.id} (shadow mode): {text}"
        shadow = reason(best.rule, text, shadow=True)
        return GroupingDecision(incident_id=None, reason=shadow, rejected=rejected, shadow_of=best.incident.id)
    return GroupingDecision(incident_id=best.incident.id, reason=reason(best.rule, text), rejected=rejected)


def _compare(asked: _Asked, candidate: Candidate, known: IncidentKeys) -> _Link | None:
    """Relate one candidate to the alert; `None` when they have nothing to do with each other."""
    incident, keys = candidate.incident, asked.keys
    if incident.state is IncidentState.MERGED:
        return None
    if keys.identity in known.identities:
        return _link_fingerprint(asked, incident)
    owners = [owner for owner in keys.owners if owner in known.owners]
    name = known.names.get(keys.name)
    touching = (asked.callees | asked.callers) & known.workloads
    # Where labels name it on both sides, they have said whether it is the same.
    spoken = keys.spoken_of & known.subjects.keys()
    heard = (keys.subjects & known.spoken_of.keys()) - known.subjects.keys()
    if not incident.is_live or not (owners or name or touching or spoken or heard):
        return None
    links = [_link_owner(asked, incident, known, owner) for owner in owners]
    if name:
        links.append(_link_labels(asked, incident, known, name))
    if asked.group_key and asked.group_key in candidate.group_keys:
        links = [*(_link_group(asked, link) for link in links), *links]
    links += [_link_words(asked, incident, known, subject) for subject in sorted(spoken | heard)]
    links += [_link_neighbour(asked, incident, known, service) for service in sorted(touching)]
    return next((link for link in links if not link.fault), links[0])


def _link_fingerprint(asked: _Asked, incident: Incident) -> _Link:
    words = f"the same alert {asked.keys.name} fired again"
    if incident.resolved_at is None:
        return _Link(incident, "fingerprint", words, timedelta(0))
    since = asked.at - incident.resolved_at
    words += f" {format_duration(since)} after the incident was resolved"
    window = asked.settings.window
    fault = f"that is longer than {format_duration(window)}" if since > window else None
    return _Link(incident, "fingerprint", words, since, fault)


def _link_group(asked: _Asked, link: _Link) -> _Link:
    """Strengthen a link by the source's own grouping: neither the window nor the labels' number counts any more."""
    keys, trait = asked.keys, link.trait
    conflict = trait.find_conflict(keys.places) or trait.find_subject_conflict(keys.subjects)
    return _Link(link.incident, "source_group", f"same source group, {link.words}", link.distance, conflict, trait)


def _link_owner(asked: _Asked, incident: Incident, known: IncidentKeys, owner: Owner) -> _Link:
    keys, trait = asked.keys, known.owners[owner]
    distance = known.compute_distance(keys.began_at)
    fault = trait.find_conflict(keys.places) or _find_delay(distance, asked.settings)
    return _Link(incident, "entity", f"same {keys.owners[owner]} {owner.name}", distance, fault, trait)


def _link_labels(asked: _Asked, incident: Incident, known: IncidentKeys, trait: Trait) -> _Link:
    keys, settings = asked.keys, asked.settings
    labels = asked.list_labels()
    shared = sorted(label for label, value in labels.items() if value in trait.values.get(label, ()))
    words = f"same alert name {keys.name}" + "".join(f", {label}={labels[label]}" for label in shared)
    distance = known.compute_distance(keys.began_at)
    fault: Conflict | str | None = trait.find_subject_conflict(keys.subjects) or trait.find_conflict(labels)
    if fault is None and (len(shared) < settings.min_shared_labels or not set(shared) - set(keys.wide_places)):
        fault = f"{settings.min_shared_labels} identifying labels must agree, one of them more than a place"
    return _Link(incident, "labels", words, distance, fault or _find_delay(distance, settings), trait)


def _link_words(asked: _Asked, incident: Incident, known: IncidentKeys, subject: str) -> _Link:
    trait = known.subjects.get(subject)
    words = f"its name speaks of {subject}, the same"
    if trait is None:
        trait, words = known.spoken_of[subject], f"same {subject}, by the words of its name,"
    distance = known.compute_distance(asked.keys.began_at)
    fault = trait.find_conflict(asked.keys.places) or _find_delay(distance, asked.settings)
    return _Link(incident, "words", words, distance, fault, trait)


def _link_neighbour(asked: _Asked, incident: Incident, known: IncidentKeys, name: str) -> _Link:
    keys, trait = asked.keys, known.owners[Owner("workload", name)]
    mine = ", ".join(owner.name for owner in keys.owners)
    distance = known.compute_distance(keys.began_at)
    fault = trait.find_conflict(keys.wide_places) or _find_delay(distance, asked.settings)
    suffers = (name in asked.callees and keys.tells_of_calls) or (name in asked.callers and trait.tells_of_calls)
    if fault is None and not suffers:
        fault = "what the caller's alert tells of is nothing that a call brings: no errors, no slowness, no outage"
    return _Link(incident, "topology", f"{mine} is a direct neighbour of {name}", distance, fault, trait)


def _find_delay(distance: timedelta, settings: GroupingSettings) -> str | None:
    if distance <= settings.window:
        return None
    return f"{format_duration(distance)} away from its alerts (window {format_duration(settings.window)})"
