"""From hypotheses to a diagnosis: identified, undetermined with the checks that would settle it, or healthy."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.alert import AlertStatus
from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Gap
from fermata.domain.facts import WorkloadPhase
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.rank import Candidate, rank_candidates
from fermata.rules.signatures.workloads import clip, list_unreadable

_MAX_CHECKS = 2


def conclude(case: Case, signatures: Sequence[Signature]) -> Diagnosis:
    """Run the signatures and draw the conclusion. Pure; the same case gives the same diagnosis.

    Returns:
        `identified` only when something names more than a symptom: silence beats a confident guess. `healthy` only
        when every alert has resolved and everything they are about runs without failures.
    """
    gaps = (*case.gaps, *_list_unread(case))
    candidates = [Candidate(signature, hypothesis) for signature in signatures for hypothesis in signature.match(case)]
    ranked = rank_candidates(case, candidates)
    if ranked and ranked[0].signature.specificity is not Specificity.SYMPTOM:
        return Diagnosis(
            verdict=Verdict.IDENTIFIED,
            hypotheses=tuple(candidate.hypothesis for candidate in ranked),
            guilty_change=_find_guilty_change(case, ranked[0]),
            gaps=gaps,
        )
    if _is_healthy(case):
        return Diagnosis(verdict=Verdict.HEALTHY, gaps=gaps)
    checks = _list_checks(case, [candidate.hypothesis for candidate in ranked])
    return Diagnosis(verdict=Verdict.UNDETERMINED, checks=checks, gaps=gaps)


def _list_unread(case: Case) -> list[Gap]:
    return [
        Gap(
            collector=item.collector,
            entity=item.entity,
            reason=f"its facts are not those of {item.kind.value} evidence",
        )
        for item in list_unreadable(case.evidence)
    ]


def _find_guilty_change(case: Case, leading: Candidate) -> str | None:
    cited = {citation.evidence_id for citation in leading.hypothesis.citations}
    if not leading.signature.blames_change:
        return None
    return next((change.facts.id for change in case.changes if change.evidence.id in cited), None)


def _is_healthy(case: Case) -> bool:
    alerted = [workload for workload in case.workloads if workload.alerted]
    resolved = all(alert.status is AlertStatus.RESOLVED for alert in case.alerts)
    well = all(workload.phase is WorkloadPhase.RUNNING and not workload.errors for workload in alerted)
    return bool(case.alerts) and bool(alerted) and resolved and well


def _list_checks(case: Case, symptoms: Sequence[Hypothesis]) -> tuple[str, ...]:
    """Return the one or two looks that would settle it, the most telling first."""
    checks = []
    alerted = [workload for workload in case.workloads if workload.alerted]
    for workload in alerted:
        if workload.errors:
            last = workload.errors[-1]
            where = f"line {last.error.raised.number} of '{last.evidence.title}'"
            checks.append(f"Explain {clip(last.error.raised.text)!r} ({where}): no limit, setting or change fits it.")
    for gap in case.gaps[:1]:
        whom = f" for {gap.entity.ref}" if gap.entity else ""
        checks.append(f"Get what {gap.collector} could not give{whom}: {gap.reason}.")
    if not alerted:
        names = ", ".join(case.scope.list_names()) or "the names in its labels"
        checks.append(f"Find out what the alert is about: nothing that was collected answers to {names}.")
    checks += [hypothesis.person_must for hypothesis in symptoms]
    if not checks:
        names = ", ".join(dict.fromkeys(alert.name for alert in case.alerts)) or "the alert"
        checks.append(
            f"Look at the values behind {names} around the onset: everything that was collected looks normal."
        )
    return tuple(checks[:_MAX_CHECKS])
