"""From hypotheses to a diagnosis: identified, undetermined with the checks that would settle it, or healthy."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from fermata.domain.alert import AlertStatus
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import EvidenceKind, Gap
from fermata.domain.facts import WorkloadPhase
from fermata.kit.listing import begin_small
from fermata.rules.changes.advice import name_change
from fermata.rules.changes.judge import SHARED_BLAME, ChangeJudgement, judge_changes
from fermata.rules.claims import to_hypothesis
from fermata.rules.kubernetes.health import has_doubts
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.carried_load import prefer_load
from fermata.rules.signatures.changed_files import ask_about_file
from fermata.rules.signatures.checks import check_alerted, is_untied, list_checks
from fermata.rules.signatures.cluster_rank import examine, list_symptoms
from fermata.rules.signatures.kubernetes_cures import add_cure
from fermata.rules.signatures.measured_calm import is_measured_calm
from fermata.rules.signatures.origins import FAULTY_CHANGE, is_outside
from fermata.rules.signatures.precedence import find_cited, find_told
from fermata.rules.signatures.rank import Candidate, rank_candidates
from fermata.rules.signatures.refusals import find_refusals
from fermata.rules.signatures.routine import list_routine
from fermata.rules.signatures.standstill import find_standstill
from fermata.rules.signatures.strangers import list_strangers
from fermata.rules.signatures.unrest import find_unrest
from fermata.rules.signatures.workloads import Workload, list_unreadable

_WELL = (WorkloadPhase.RUNNING, WorkloadPhase.UNKNOWN)
_TIED = 0.75
"""The confidence of a change that more than time and place tie to the failure."""
_MAY_BE = 0.4
"""Belief in a change that nobody read from which on it is looked at first, before what the failure shows is mended."""
_MEASURED = (EvidenceKind.DATABASE_LOAD, EvidenceKind.METRICS, EvidenceKind.RESOURCES)
_NO_BLAME = "Nothing is wrong that it could have brought about."
_MOST_FOUND = 8  # Nobody reads further, and each needs its citations checked.


def conclude(case: Case, signatures: Sequence[Signature]) -> Diagnosis:
    """Run the signatures and draw the conclusion. Pure; the same case gives the same diagnosis.

    Returns:
        `identified` only when something names more than a symptom: silence beats a confident guess. `healthy` only
        when nothing is observably wrong and nothing fires any more.
    """
    gaps = (*case.gaps, *_list_unread(case))
    judgement = judge_changes(case)
    ranked = _rank(case, signatures, judgement)
    aside = [item for item in ranked if item.beside]
    ranked = [item for item in ranked if not item.beside]
    if ranked and ranked[0].signature.specificity is not Specificity.SYMPTOM:
        ranked = [*_leave_untied(case, _look_first(case, ranked, judgement)), *aside]
        return Diagnosis(
            verdict=Verdict.IDENTIFIED,
            hypotheses=tuple(candidate.hypothesis for candidate in ranked),
            guilty_change=_find_blamed(case, ranked[0]) or judgement.guilty,
            changes=judgement.verdicts,
            gaps=gaps,
        )
    if _is_healthy(case):
        # Where nothing is wrong, no change has anything to answer for, however near it came.
        calm = tuple(item.model_copy(update={"blame": 0.0, "why": _NO_BLAME}) for item in judgement.verdicts)
        return Diagnosis(verdict=Verdict.HEALTHY, changes=calm, gaps=gaps)
    known = [*(check_alerted(case) if aside else ()), *(_say_beside(item) for item in aside[:1])]
    known += [asked] if (asked := ask_about_file(case)) else []
    known += judgement.checks if judgement.ranked else ()
    checks = list_checks(case, known, [candidate.hypothesis for candidate in ranked])
    return Diagnosis(verdict=Verdict.UNDETERMINED, checks=checks, changes=judgement.verdicts, gaps=gaps)


def _leave_untied(case: Case, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Leave out what is only not well beside what the alert is about, and what does not lead is not about either."""
    leader = ranked[0].hypothesis.entity
    return [
        item
        for item in ranked
        if item.signature.specificity is not Specificity.SYMPTOM
        or item.hypothesis.entity == leader
        or not is_untied(case, item.hypothesis)
    ]


def _rank(case: Case, signatures: Sequence[Signature], judgement: ChangeJudgement) -> list[Candidate]:
    """Return all hypotheses, best first: those over workloads and changes, and those over a cluster's objects."""
    matched = [Candidate(signature, hypothesis) for signature in signatures for hypothesis in signature.match(case)]
    known, everything = rank_candidates(case, _show_first(case, matched)), _list_found(case, signatures)
    found, aside = [item for item in everything if not item.beside], [item for item in everything if item.beside]
    # What ails services of which only logs are known may be what the guilty change did to them.
    ranked = [*known, *found] if judgement.guilty and list_strangers(case.cluster) else _merge(known, found)
    ranked = _prefer_change(case, _agree_on_change(case, ranked, judgement.guilty), judgement)
    ranked = _end_first(prefer_load(ranked))
    return [*(_explain_leader(item, ranked[0]) if position else item for position, item in enumerate(ranked)), *aside]


def _show_first(case: Case, matched: Sequence[Candidate]) -> Sequence[Candidate]:
    """Leave the bare guilty change out where a signature shows which change did it, and how: it is told once.

    Whoever tells it keeps the way back that is known, where it does not say itself what of the change did the harm.
    """
    showing = [item for item in matched if _find_shown(case, item) is not None]
    bare = [item for item in matched if item.signature is FAULTY_CHANGE]
    if not bare:
        return matched
    blamed = _find_blamed(case, bare[0])
    ways = (item.hypothesis.suggestions for item in (*bare, *matched) if _find_blamed(case, item) == blamed)
    back = {"suggestions": next(filter(None, ways), ())}
    heirs = [item for item in showing if find_cited(case, item.hypothesis) is None] if showing else bare
    return [
        replace(item, hypothesis=item.hypothesis.model_copy(update=back))
        if item in heirs and not item.hypothesis.suggestions
        else item
        for item in matched
        if not showing or item not in bare
    ]


def _find_shown(case: Case, item: Candidate) -> str | None:
    """Return the change that a signature shows to have done it, which no other that was weighed goes before."""
    return find_told(case, item.hypothesis) if item.signature.shows_change else None


def _say_beside(item: Candidate) -> str:
    what = item.hypothesis.text.removesuffix(".")
    return f"Find out whether {item.beside} depends on it: also wrong, and nothing shows that it reaches that: {what}."


def _merge(workloads: Sequence[Candidate], objects: Sequence[Candidate]) -> list[Candidate]:
    """Merge two rankings by reach first. Each keeps its own order: it knows more about its members than the other."""
    left, right = deque(workloads), deque(objects)
    merged = []
    while left and right:
        merged.append((left if left[0].key >= right[0].key else right).popleft())
    return [*merged, *left, *right]


def _list_found(case: Case, signatures: Sequence[Signature]) -> list[Candidate]:
    candidates = []
    told = "\n".join(text for alert in case.alerts for text in (*alert.labels.values(), *alert.annotations.values()))
    asked = case.scope.entities
    for item in examine(case.cluster, signatures, asked=asked, question=case.question, told=told)[:_MOST_FOUND]:
        claim = add_cure(case, item.claim)
        hypothesis = to_hypothesis(claim, case.by_id, known_actions=case.known_actions, lost_because=item.lost_because)
        if hypothesis is not None:
            candidates.append(Candidate(item.signature, hypothesis, item.reach, item.beside))
    return candidates


def _agree_on_change(case: Case, ranked: list[Candidate], guilty: str | None) -> list[Candidate]:
    """Let no other change lead than the one that all of them were weighed against.

    What was measured, or shown by a system's own record, stands without that, and leads as long as it explains most.
    """
    if guilty is None or not ranked or _is_measured(case, ranked[0]) or _find_shown(case, ranked[0]):
        return ranked
    # What the alerted one's own log names beside a change that has to do with it may be what that change brought.
    if _find_blamed(case, ranked[0]) in (None, guilty) and not is_outside(ranked[0].hypothesis.cause):
        return ranked
    blaming = [item for item in ranked if _find_blamed(case, item) == guilty]
    return [*_lead(blaming[:1]), *blaming[1:], *(item for item in ranked if item not in blaming)]


def _lead(items: list[Candidate]) -> list[Candidate]:
    """Return them without why they would not be the first."""
    return [replace(item, hypothesis=item.hypothesis.model_copy(update={"lost_because": ""})) for item in items]


def _prefer_change(case: Case, ranked: list[Candidate], judgement: ChangeJudgement) -> list[Candidate]:
    """Let a guilty change that is closely tied lead over how what it did shows: a slow, full or failing workload."""
    if judgement.guilty is None or not ranked or _find_shown(case, ranked[0]):
        return ranked
    leader = ranked[0].signature
    if leader.specificity is Specificity.ORIGIN and not leader.is_strain:
        return ranked
    # Which of a release's changes it is, is open; that it is the release is not, and all of it is taken back together.
    enough = _TIED * SHARED_BLAME if judgement.is_shared else _TIED
    blaming = [item for item in ranked if _find_blamed(case, item) == judgement.guilty]
    tied = [item for item in blaming if item.hypothesis.confidence >= enough]
    return [*_lead(tied[:1]), *(item for item in ranked if item not in tied[:1])]


def _end_first(ranked: list[Candidate]) -> list[Candidate]:
    """Say of a change that leads first whose lock to end: to take back a migration that runs waits for the same one."""
    held = next((item.hypothesis for item in ranked if item.hypothesis.cause == "database_locks"), None)
    leader = ranked[0] if ranked else None
    must = leader.hypothesis.person_must if leader is not None else ""
    if held is None or leader is None or not leader.signature.blames_change or not must:
        return ranked
    first = leader.hypothesis.model_copy(update={"person_must": f"{held.person_must} Then {begin_small(must)}"})
    return [replace(leader, hypothesis=first), *ranked[1:]]


def _look_first(case: Case, ranked: list[Candidate], judgement: ChangeJudgement) -> list[Candidate]:
    """Say of a leader that blames no change which one to read first, where nobody read one that may well be it."""
    leader = ranked[0]
    open_one = next((one for one in judgement.ranked if one.unread and one.blame >= _MAY_BE), None)
    must = leader.hypothesis.person_must
    if open_one is None or not must or judgement.guilty is not None or _find_blamed(case, leader) is not None:
        return ranked
    what = name_change(open_one.change)
    first = f"First read what {what} changed, which nobody did; it was {open_one.effect.why}."
    if open_one.change.is_unconfirmed:
        first = f"First find out whether {what} was applied."
    first = f"{first} Then {begin_small(must)}"
    told = leader.hypothesis.model_copy(update={"person_must": first})
    return [replace(leader, hypothesis=told), *ranked[1:]]


def _explain_leader(loser: Candidate, leader: Candidate) -> Candidate:
    """Give a hypothesis that led its own group, or was overtaken, the reason why it does not lead."""
    if loser.hypothesis.lost_because:
        return loser
    words = f"{leader.hypothesis.cause} explains more of what was observed."
    if loser.reach >= leader.reach:
        words = f"{leader.hypothesis.cause} says more exactly what is wrong, or rests on more."
    return replace(loser, hypothesis=loser.hypothesis.model_copy(update={"lost_because": words}))


def _list_unread(case: Case) -> list[Gap]:
    return [
        Gap(
            collector=item.collector,
            entity=item.entity,
            reason=f"its facts are not those of {item.kind.value} evidence",
        )
        for item in list_unreadable(case.evidence)
    ] + [
        Gap(collector=item.collector, entity=item.entity, reason=item.cut)
        for item in case.evidence
        if item.cut and item.kind is EvidenceKind.OBJECTS and item.facts.get("is_unanswered")
    ]


def _find_blamed(case: Case, candidate: Candidate) -> str | None:
    """Return the change that a hypothesis blames; `None` when it blames none."""
    return find_cited(case, candidate.hypothesis) if candidate.signature.blames_change else None


def _is_measured(case: Case, candidate: Candidate) -> bool:
    """Answer whether a hypothesis rests on what was measured where it is wrong, and not on lines and diffs alone."""
    return any(case.by_id[one.evidence_id].kind in _MEASURED for one in candidate.hypothesis.citations)


def _is_healthy(case: Case) -> bool:
    """Answer whether nothing fires and nothing is wrong, with enough looked at to say so."""
    alerted = [workload for workload in case.workloads if workload.alerted]
    resolved = all(alert.status is AlertStatus.RESOLVED for alert in case.alerts)
    quiet = all(_is_quiet(case, workload) for workload in alerted)
    if case.cluster.list("Pod"):
        # How a pod is, its cluster tells; a phase of its own is known of other systems' objects only.
        broken = any(workload.phase not in _WELL for workload in alerted)
        calm = not list_symptoms(case.cluster) and not has_doubts(case.cluster) and not find_unrest(case)
        return resolved and quiet and not broken and calm
    if not case.alerts or not resolved or not quiet:
        return False
    if alerted and all(workload.phase is WorkloadPhase.RUNNING for workload in alerted):
        return not find_refusals(case) and not find_standstill(case)
    serves = all(workload.phase in _WELL for workload in alerted) and is_measured_calm(case)
    return serves and not list_symptoms(case.cluster) and not has_doubts(case.cluster) and not find_unrest(case)


def _is_quiet(case: Case, workload: Workload) -> bool:
    """Answer whether a workload logs no failure, but for those that came as often before the alert."""
    for log in workload.logs if workload.errors else ():
        own = [item.error.raised for item in workload.past if item.evidence is log]
        routine = list_routine(case, log, own)
        if any(item.evidence is log and item.error.raised.number not in routine for item in workload.errors):
            return False
    return True
