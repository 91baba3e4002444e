"""What a signature is, and the case it looks at.

A signature is one published pattern of failure: data that documents it, and one pure function that finds it. It names
a cause only with citations, says what would rule it out, and suggests actions by catalogue name or says what a person
must do. Adding one is a `Signature` in a module beside this and a line in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from fermata.domain.alert import Alert
from fermata.domain.diagnosis import ActionSuggestion, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, Gap
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.cluster import Cluster
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.signatures.cluster_case import read_cluster
from fermata.rules.signatures.gone import list_gone
from fermata.rules.signatures.workloads import Workload, build_workloads


def _match_nothing(case: Case) -> Sequence[Hypothesis]:
    del case
    return ()


def _find_nothing(cluster: Cluster) -> Iterable[Claim]:
    del cluster
    return ()


@dataclass(frozen=True)
class Case:
    """Everything a diagnosis may rest on."""

    scope: Scope
    alerts: tuple[Alert, ...]
    evidence: tuple[Evidence, ...]
    """Of the latest gathering."""
    gaps: tuple[Gap, ...] = ()
    known_actions: frozenset[str] = frozenset()
    """Names of the catalogue: a signature suggests nothing that nobody offers."""
    question: str = ""
    """What a person asked, in their own words."""

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Return what runs, the alerted ones first."""
        return build_workloads(self.scope, self.evidence)

    @cached_property
    def by_id(self) -> Mapping[str, Evidence]:
        """Return the evidence by its id: an id is a digest over all lines, so each is worked out once."""
        return {item.id: item for item in self.evidence}

    @cached_property
    def cluster(self) -> Cluster:
        """Return objects, logs, series and calls as one cluster; it reads them when it is asked."""
        return read_cluster(self.evidence, self.alerts)

    @cached_property
    def changes(self) -> tuple[Sighting[ChangeFacts], ...]:
        """Return the changes whose diffs were read, newest first: no other may be named a cause."""
        return tuple(change for change in self.known_changes if change.facts.diff_read)

    @cached_property
    def known_changes(self) -> tuple[Sighting[ChangeFacts], ...]:
        """Return all changes, newest first: that something was deployed is known, whatever it brought."""
        found = (find_facts(item, ChangeFacts) for item in self.evidence if item.kind is EvidenceKind.CHANGE)
        known = [sighting for sighting in found if sighting is not None]
        return tuple(sorted(known, key=lambda sighting: sighting.facts.changed_at, reverse=True))

    @cached_property
    def gone(self) -> Mapping[str, str]:
        """Return the ids of changes that cannot bring about what happens now, each with why."""
        return list_gone(self.workloads, self.known_changes)

    def suggest(
        self, target: Entity, verb: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[ActionSuggestion, ...]:
        """Return the action `<the target's system>.<verb>`, or nothing when the catalogue does not hold it."""
        name = f"{target.system}.{verb}"
        if name not in self.known_actions:
            return ()
        return (ActionSuggestion(name=name, target=target, parameters=parameters or {}),)


class Specificity(IntEnum):
    """How exactly a signature says what is wrong; the more exact one wins among those that explain as much."""

    SYMPTOM = 0
    STATE = 1
    RELATION = 2
    ORIGIN = 3

    @property
    def words(self) -> str:
        """Return what a hypothesis of this kind names, for people."""
        return ("only a symptom", "a state", "a relation between two workloads", "an exact limit, setting or line")[
            self
        ]


@dataclass(frozen=True, slots=True)
class Signature:
    """One pattern of the published catalogue."""

    id: str
    """The cause in snake_case; stable, part of the machine-readable output."""
    title: str
    looks_at: tuple[EvidenceKind, ...]
    """The evidence it can use; without any of it the signature is silent."""
    ruled_out_by: str
    """What keeps it silent although something looks like it."""
    confidence_note: str
    """What the shown number rests on. It never opens a gate."""
    action: str
    """The action it suggests, or `none: a person must ...`."""
    specificity: Specificity
    match: Callable[[Case], Sequence[Hypothesis]] = _match_nothing
    """Finds it in the workloads, logs and changes of a case; pure. An empty answer is the usual one."""
    find: Callable[[Cluster], Iterable[Claim]] = _find_nothing
    """Finds it in the objects of a cluster; pure. A signature has this or `match`,
    or both where plain processes show what objects show otherwise."""
    blames_change: bool = False
    """Whether the change it cites is the guilty one, not merely mentioned."""
    shows_change: bool = False
    """Whether it also says how that change did harm, by its system's own record: it goes before the bare change."""
    is_strain: bool = False
    """Whether it says how much something has to do or how late it is: a guilty change may well have brought that."""

    @property
    def anchor(self) -> str:
        """Return where it is documented."""
        return f"docs/signatures.md#{self.id}"
