"""Which hypothesis leads, and in words why each other one lost.

The order is explanatory reach first: the hypothesis that accounts for most of what was observed. Then how exactly it
says what is wrong, how much evidence it has about its own object, and only last its confidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.ids import EvidenceId
from fermata.rules.logs import LoggedError
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.workloads import Workload, clip


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of evidence."""

    evidence_id: EvidenceId
    line: int

    def is_cited_by(self, citation: Citation) -> bool:
        """Answer whether a citation covers this line."""
        return self.evidence_id == citation.evidence_id and citation.first_line <= self.line <= citation.last_line


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was observed and wants explaining; equal failures of one object are one symptom."""

    text: str
    """For people: `checkout is crash_loop`, `TypeError in checkout`."""
    ref: str
    """The object it was observed on."""
    spots: frozenset[Spot] = frozenset()
    """Where it stands; a hypothesis that cites one explains it. Empty: explaining a failure of the object does."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hypothesis with the signature that made it."""

    signature: Signature
    hypothesis: Hypothesis
    reach: float = 0
    """How many symptoms it explains; 0 until it was ranked."""
    beside: str = ""
    """What the alert is about, where nothing shows that this reaches it; empty otherwise."""

    @property
    def key(self) -> tuple[bool, float, int, float]:
        """Return what orders candidates that were ranked apart from each other, the greatest first."""
        specificity = self.signature.specificity
        return (specificity is not Specificity.SYMPTOM, self.reach, specificity, self.hypothesis.confidence)


@dataclass(frozen=True, slots=True)
class _Scored:
    candidate: Candidate
    reach: frozenset[Symptom]
    directness: int

    @property
    def hypothesis(self) -> Hypothesis:
        return self.candidate.hypothesis

    @property
    def specificity(self) -> Specificity:
        return self.candidate.signature.specificity

    @property
    def refs(self) -> frozenset[str]:
        """Return the objects of what it explains."""
        return frozenset(symptom.ref for symptom in self.reach)

    @property
    def key(self) -> tuple[bool, int, int, int, float]:
        # A symptom never leads, however much it cites.
        leads = self.specificity is not Specificity.SYMPTOM
        return (leads, len(self.reach), self.specificity, self.directness, self.hypothesis.confidence)


def list_symptoms(case: Case) -> tuple[Symptom, ...]:
    """Return what was observed: objects that are down, current failures by kind, and that the alerted object hurts."""
    symptoms: list[Symptom] = []
    for workload in case.workloads:
        ref, name = workload.entity.ref, workload.entity.name
        if workload.alerted:
            symptoms.append(Symptom(f"the alert about {name}", ref))
        if workload.is_failing:
            symptoms.append(Symptom(f"{name} is {workload.condition}", ref))
        symptoms += _list_failures(workload)
    return tuple(symptoms)


def rank_candidates(case: Case, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Order candidates, best first, and tell each but the first why it lost. Equals keep the order they came in."""
    symptoms = list_symptoms(case)
    own = [_reach(candidate.hypothesis, symptoms) for candidate in candidates]
    scored = [
        _Scored(
            candidate,
            reach.union(*_list_inherited(candidate, candidates, own)),
            sum(1 for item in _list_own_evidence(case, candidate.hypothesis)),
        )
        for candidate, reach in zip(candidates, own, strict=True)
    ]
    ordered = sorted(scored, key=lambda item: item.key, reverse=True)
    return tuple(
        Candidate(
            item.candidate.signature,
            item.hypothesis.model_copy(
                update={"lost_because": _explain_loss(item, ordered[0], len(symptoms)) if position else ""}
            ),
            len(item.reach),
        )
        for position, item in enumerate(ordered)
    )


def _list_failures(workload: Workload) -> list[Symptom]:
    spots: dict[str, set[Spot]] = {}
    for occurrence in workload.errors:
        lines = {Spot(occurrence.evidence_id, line.number) for line in occurrence.error.lines}
        spots.setdefault(_name_failure(occurrence.error), set()).update(lines)
    return [
        Symptom(f"{failure} in {workload.entity.name}", workload.entity.ref, frozenset(where))
        for failure, where in spots.items()
    ]


def _name_failure(error: LoggedError) -> str:
    """Return the exception type, or a plain line without what differs between its repetitions."""
    return error.type or repr(clip(re.sub(r"[0-9]+", "#", error.message[:400]), 80))


def _reach(hypothesis: Hypothesis, symptoms: Sequence[Symptom]) -> frozenset[Symptom]:
    """Return what a hypothesis explains: the failures it cites, and how the objects fare that these occurred in."""
    explained = {
        symptom
        for symptom in symptoms
        if any(spot.is_cited_by(citation) for spot in symptom.spots for citation in hypothesis.citations)
    }
    # Whoever explains the failure of an object explains its state and its alert, wherever the cause sits.
    hurt = {hypothesis.entity.ref} | {symptom.ref for symptom in explained}
    return frozenset(explained | {symptom for symptom in symptoms if not symptom.spots and symptom.ref in hurt})


def _list_inherited(
    candidate: Candidate, candidates: Sequence[Candidate], own: Sequence[frozenset[Symptom]]
) -> list[frozenset[Symptom]]:
    """Return what relations to the candidate's object explain: whatever breaks it also breaks those that call it."""
    return [
        reach
        for other, reach in zip(candidates, own, strict=True)
        if other.signature.specificity is Specificity.RELATION
        and other.hypothesis.entity == candidate.hypothesis.entity
    ]


def _list_own_evidence(case: Case, hypothesis: Hypothesis) -> list[EvidenceId]:
    cited = {citation.evidence_id for citation in hypothesis.citations}
    return [item.id for item in case.evidence if item.entity == hypothesis.entity and item.id in cited]


def _explain_loss(loser: _Scored, leader: _Scored, total: int) -> str:
    cause = leader.hypothesis.cause
    if loser.specificity is Specificity.SYMPTOM:
        return f"It names only a symptom; {cause} says what brings it about."
    if loser.reach and not loser.refs & leader.refs:
        told = ", ".join(sorted(symptom.text for symptom in loser.reach))
        return f"It is no rival of {cause} but a second fault, of other objects: {told}."
    if len(loser.reach) < len(leader.reach):
        missed = sorted(symptom.text for symptom in leader.reach - loser.reach)
        return (
            f"It explains {len(loser.reach)} of {total} symptoms, {cause} {len(leader.reach)}: not {', '.join(missed)}."
        )
    if loser.specificity < leader.specificity:
        return f"It explains as much but names {loser.specificity.words}; {cause} names {leader.specificity.words}."
    if loser.directness < leader.directness:
        return (
            f"It explains as much, on {loser.directness} pieces of evidence about its own object; "
            f"{cause} has {leader.directness}."
        )
    if loser.hypothesis.confidence < leader.hypothesis.confidence:
        return f"It explains as much, on weaker evidence than {cause}."
    return f"Nothing sets it apart from {cause}, which comes first in the catalogue."
