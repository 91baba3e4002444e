"""When nothing is identified: the one or two looks that would settle it, the most telling first, and no filler."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.kit.digging import dig_map
from fermata.kit.listing import write_some
from fermata.rules.gaps import are_all_late
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.kubernetes.objects import KubeObject
from fermata.rules.kubernetes.phases import PodPhase, pod_phase
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.callees import tell_over
from fermata.rules.signatures.cluster_rank import list_alerted, list_symptoms
from fermata.rules.signatures.edge_codes import say_edge_code
from fermata.rules.signatures.failing_spans import ask_for_failing_span
from fermata.rules.signatures.late_callees import ask_who_answers
from fermata.rules.signatures.oddities import find_oddity
from fermata.rules.signatures.strangers import list_strangers
from fermata.rules.signatures.unrest import ask_for, find_unrest, list_lacks
from fermata.rules.signatures.workloads import Workload, clip, is_same_service

_MOST = 2
_MOST_REFS = 3
_GRANT = "GRANT "
_PLACE = re.compile(r"\bline [0-9]+ of '[^']*'")
_BESIDE = frozenset(
    {
        *(EvidenceKind.ALERT, EvidenceKind.CHANGE, EvidenceKind.DESIRED, EvidenceKind.TICKET, EvidenceKind.RUNBOOK),
        *(EvidenceKind.PROVIDER_STATUS, EvidenceKind.TEXT),
    }
)
"""What tells nothing of how anything runs."""
_UNSTARTED = {
    PodPhase.CONFIG: "its events name what is missing",
    PodPhase.CREATING: "its events say what it waits for",
    PodPhase.UNSCHEDULABLE: "its events say why no node takes it",
}
"""Phases in which no container has run, and what a description tells then."""


def list_checks(case: Case, known: Sequence[str], symptoms: Sequence[Hypothesis]) -> tuple[str, ...]:
    """Return at most two checks, each once, and of one line only the first.

    Args:
        known: Those that others worked out; they come first.
        symptoms: Hypotheses that name no more than a symptom.
    """
    checks: dict[str, None] = dict.fromkeys(known)
    places = {_find_place(check) for check in known} - {""}
    for check in _list_checks(case, symptoms):
        if len(checks) >= _MOST:
            break
        if (place := _find_place(check)) in places:
            continue
        places |= {place} - {""}
        checks[check] = None
    return tuple(checks)[:_MOST] or (_say_nothing_known(case),)


def check_alerted(case: Case) -> tuple[str, ...]:
    """Return what to look at of what the alert is about itself: at most one check."""
    troubles = list_symptoms(case.cluster)
    alerted = list_alerted(case.cluster, troubles, case.scope.entities)
    return tuple(_check_trouble(case, trouble) for trouble in troubles if trouble in alerted)[:1]


def is_untied(case: Case, symptom: Hypothesis) -> bool:
    """Answer whether it is known what the alert is about, and a symptom is of something else that runs beside it."""
    alerted = {workload.entity: workload.alerted for workload in case.workloads}
    return any(alerted.values()) and not alerted.get(symptom.entity, True)


def _find_place(check: str) -> str:
    """Return the line that a check is about; empty for none."""
    match = _PLACE.search(check)
    return match[0] if match else ""


def _list_checks(case: Case, symptoms: Sequence[Hypothesis]) -> Iterator[str]:
    if not case.evidence and are_all_late((), case.gaps):
        yield (
            "Investigate again: nothing was collected, since every collector timed out. Fermata's machine is too busy, "
            "or does not reach the systems; that says nothing about the cause."
        )
        return
    alerted = [workload for workload in case.workloads if workload.alerted]
    for workload in alerted:
        yield from _ask_about(case, workload)
    troubles = list_symptoms(case.cluster)
    for trouble in troubles:
        yield _check_trouble(case, trouble)
    for gap in list_lacks(case)[:1]:
        yield ask_for(gap)
    for item in case.evidence:
        # What a server hides from the reading role may be the very thing, and its owner can show it in a minute.
        if _GRANT in item.cut:
            yield f"Let '{item.title}' be read whole: {item.cut}."
            break
    yield from _ask_where_it_fails(case, is_told=bool(alerted or troubles))
    untied = [one for one in symptoms if is_untied(case, one)]
    yield from (one.person_must for one in symptoms if one not in untied)
    if others := dict.fromkeys(one.entity.name for one in untied):
        yield (
            f"Find out whether {alerted[0].entity.name} depends on {write_some(others, _MOST_REFS)}: not well either, "
            "and nothing that was read shows that it does."
        )
    if unrest := find_unrest(case):
        yield unrest


def _ask_about(case: Case, workload: Workload) -> Iterator[str]:
    if asked := ask_who_answers(case, workload):
        yield asked
    if over := tell_over(case, workload):
        yield over
    elif workload.errors:
        last = workload.errors[-1]
        where = f"line {last.error.raised.number} of '{last.evidence.title}'"
        text = last.error.raised.text
        yield (
            f"Explain {clip(text)!r} ({where}): no limit, setting or change that was read fits it.{say_edge_code(text)}"
        )


def _ask_where_it_fails(case: Case, *, is_told: bool) -> Iterator[str]:
    """Yield what traces show, else what nothing shows.

    Args:
        is_told: Whether something that runs is known to be what the alert is about, or not well.
    """
    failing = ask_for_failing_span(case)
    if failing:
        yield failing
    elif case.alerts and not is_told and not _is_measured(case):
        yield _ask_what_it_is(case)


def _ask_what_it_is(case: Case) -> str:
    looked = dict.fromkeys(item.entity.ref for item in case.evidence if item.kind not in _BESIDE)
    if not looked:
        told = case.scope.list_names()
        names = ", ".join(told) or "the names in its labels"
        if told and any(item.kind is EvidenceKind.CHANGE for item in case.evidence):
            it, runs = ("it", "runs") if len(told) == 1 else ("them", "run")
            known = f"of what was collected only changes speak of {it}, and none explains this"
            return f"Find out how {names} {runs}: {known}."
        return f"Find out what the alert is about: nothing that was collected answers to {names}."
    # A database has none of the names in the labels; the settings say that it belongs to them.
    fires = _name_alerts(case)
    return f"Find out why {fires} fires: what was collected of {write_some(looked, _MOST_REFS)} does not explain it."


def _name_alerts(case: Case) -> str:
    return ", ".join(dict.fromkeys(alert.name for alert in case.alerts))


def _is_measured(case: Case) -> bool:
    """Answer whether metrics or a service graph know one of the names that the alerts give."""
    names = {item.service for item in case.cluster.series}.union(*case.cluster.calls)
    return any(is_same_service(own, name) for own in case.scope.list_names() for name in names)


def _say_nothing_known(case: Case) -> str:
    if not case.alerts:
        return (
            "Say what is felt to be wrong: no alert is known, and what was collected neither proves nor rules it out."
        )
    return find_oddity(case) or (
        f"Look at the values behind {_name_alerts(case)} around the onset: no rule knows a fault in what was collected."
    )


def _check_trouble(case: Case, trouble: Trouble) -> str:
    shown = case.by_id.get(trouble.quote.document) if trouble.quote is not None else None
    where = f" (line {trouble.quote.line} of '{shown.title}')" if trouble.quote is not None and shown else ""
    # Who only sent a log has nothing that could be described.
    look = "read what stands before it there" if where and list_strangers(case.cluster) else _say_look(case, trouble)
    return f"Find out why {trouble.text}{where}: {look}; no rule finds why in what was collected."


def _say_look(case: Case, trouble: Trouble) -> str:
    """Return where to look: what has not run has no logs."""
    pod = _find_pod(case, trouble)
    phase = pod_phase(pod) if pod is not None else None
    it = pod.name if pod is not None and pod.ref != trouble.ref else "it"
    if pod is not None and phase is PodPhase.IMAGE:
        named = ", ".join(_list_images(case, pod)) or "the image that it names"
        return (
            f"{it} has no logs yet; describe it for what the registry answered, and see whether {named} is there by "
            "that name and tag and may be pulled from that node"
        )
    waits = _UNSTARTED.get(phase) if phase is not None else None
    return f"{it} has no logs yet; describe it: {waits}" if waits else "describe it and read its logs"


def _find_pod(case: Case, trouble: Trouble) -> KubeObject | None:
    """Return the pod that a trouble is about, or the first of a workload's that is not ready."""
    entity = Entity.parse(trouble.ref)
    if entity.kind == "pod":
        return case.cluster.find("Pod", entity.name, entity.namespace)
    pods = (pod for item in case.cluster.workloads if item.ref == trouble.ref for pod in case.cluster.pods_of(item))
    return next((pod for pod in pods if pod_phase(pod) is not PodPhase.RUNNING_READY), None)


def _list_images(case: Case, pod: KubeObject) -> list[str]:
    """Return the images of those containers of a pod that have not run, else of its workload's."""
    waiting = [item for item in pod.containers if "running" not in dig_map(item, "status", "state")]
    workload = case.cluster.workload_of(pod)
    own = [str(item["image"]) for item in waiting if item.get("image")]
    return own or [str(item["image"]) for item in (workload.containers if workload else ()) if item.get("image")]
