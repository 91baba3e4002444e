"""Changes by hand that a delivery tool set back: what somebody did to an ailing workload does not stay.

Argo CD's self-heal applies what drifted alone, to the revision that is delivered already: it says that it began by
itself, and that a partial operation succeeded. Flux says which objects of a Helm release it corrected, and of a
Kustomization which ones it changed (published events of both). What they set back the deployment's own events tell: a
number of replicas goes one way and back; for another image, other variables or limits a replica set is begun and given
up again for the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import is_ailing
from fermata.rules.signatures.kubernetes_reach import cite_first, explain_own, is_short, list_controllers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.events import Event
    from fermata.rules.kubernetes.objects import KubeObject

_BEGAN = re.compile(r"Initiated automated sync to '(?P<revision>[^']+)'")
_HEALED = re.compile(r"Partial sync operation to (?P<revision>\S+) succeeded")
_CORRECTED = re.compile(r"\b(Deployment|StatefulSet|DaemonSet)/([\w.-]+)/([\w.-]+) configured")
_SCALED = re.compile(r"Scaled (?:up|down) replica set (?P<set>\S+) from (?P<old>\d+) to (?P<new>\d+)")
_STALE_S = 1800.0
_NEAR_S = 60.0
_CLOCK_S = 5.0
"""What times of events from two controllers may be apart."""
_DATED = 2
"""Of a series of events so many have a time of their own."""
_HEALS_WITHIN_S = 300.0
"""Argo CD waits no longer before it heals again (`--self-heal-backoff-cap-seconds`); Flux looks once an interval."""


class _Turn(NamedTuple):
    """What a deployment was told, and that it was told the opposite after it."""

    began: Event
    back: Event
    """The first step back."""
    is_of_template: bool


def _find(cluster: Cluster) -> Iterable[Claim]:
    for workload in list_controllers(cluster):
        if not (is_short(workload) or is_ailing(cluster, workload)):
            continue
        found = next(_list_corrections(cluster, workload), None)
        if found is not None:
            tool, what, events = found
            yield Claim(
                cause="hand_edit_undone",
                subject=workload.entity,
                text=f"{tool} set {workload.name} back to its source: {what} by hand did not stay.",
                confidence=0.4,
                quotes=cite_first(*(event.quote for event in events)),
                explains=explain_own(cluster, workload),
                person_must=f"Change {workload.name} in the source that {tool} delivers, or suspend it there before "
                "anybody changes it by hand.",
            )


def _list_corrections(cluster: Cluster, workload: KubeObject) -> Iterator[tuple[str, str, Sequence[Event]]]:
    """Yield which tool set a workload back, what was changed in it, and the events that tell so."""
    own = (workload.kind, workload.namespace, workload.name)
    for release in cluster.list("HelmRelease"):
        for event in cluster.events(release, "DriftCorrected"):
            if not _is_old(event) and _names(event, own):
                yield "Flux", "what was changed", (event,)
    # The workload's events last: they are searched for among all.
    healed = cluster.remember(_list_healed)
    applied = cluster.remember(_index_applied).get(own, ())
    if not (healed or applied):
        return
    steps = _list_steps(cluster.events(workload, "ScalingReplicaSet"))
    for turn in filter(None, (_find_turn(steps), _find_template_turn(steps))):
        what = (
            "what was changed in its pod template (image, variables, limits)"
            if turn.is_of_template
            else "what was changed"
        )
        quick = _are_near(turn.began, turn.back, _HEALS_WITHIN_S)
        yield from (("Argo CD", what, (one, turn.back)) for one in healed if quick and _are_near(one, turn.back))
        yield from (("Flux", what, (one, turn.back)) for one in applied if _took_back(one, turn, applied))


def _took_back(event: Event, turn: _Turn, applied: Sequence[Event]) -> bool:
    """Answer whether what Flux said that it applied is what turned a template back, and not what brought it.

    It says so once it is done, so never before the deployment acts on it. Of a series of equal events the first and the
    last are dated; one in between may have brought what went.
    """
    others = (one for one in applied if one is not event and _are_near(one, turn.began))
    first = event._replace(last_s=event.first_s)
    is_first_near = event.first_s != event.last_s and _are_near(first, turn.began)
    return (
        turn.is_of_template
        and not _is_old(event)
        and _are_near(event, turn.back)
        and (event.last_s or 0.0) <= (turn.back.last_s or 0.0) + _CLOCK_S
        and event.count <= _DATED
        and not is_first_near
        and not any(others)
    )


def _names(event: Event, own: tuple[str, str, str]) -> bool:
    return any(match.groups() == own for match in _CORRECTED.finditer(event.message))


def _index_applied(cluster: Cluster) -> dict[tuple[str, ...], list[Event]]:
    """Return what Flux said that it changed, for a new revision or as it drifted, by kind, namespace and name."""
    found: dict[tuple[str, ...], list[Event]] = {}
    for kustomization in cluster.list("Kustomization"):
        for event in cluster.events(kustomization):
            if event.last_s is not None and not event.is_warning:
                for named in dict.fromkeys(match.groups() for match in _CORRECTED.finditer(event.message)):
                    found.setdefault(named, []).append(event)
    return found


def _list_healed(cluster: Cluster) -> tuple[Event, ...]:
    """Return by what Argo CD said that it applied a part of a revision that was there already, not long ago."""
    return tuple(event for event in _find_healed(cluster) if not _is_old(event))


def _find_healed(cluster: Cluster) -> Iterator[Event]:
    for application in cluster.list("Application"):
        began = [_BEGAN.search(event.message) for event in cluster.events(application, "OperationStarted")]
        revisions = {match["revision"] for match in began if match is not None}
        for event in cluster.events(application, "OperationCompleted"):
            healed = _HEALED.search(event.message)
            if healed is not None and healed["revision"] in revisions:
                yield event


class _Step(NamedTuple):
    """That a replica set was scaled."""

    event: Event
    name: str
    """Of the replica set."""
    old: int
    new: int


def _list_steps(events: Sequence[Event]) -> list[_Step]:
    found = ((event, _SCALED.search(event.message)) for event in events)
    return [_Step(event, match["set"], int(match["old"]), int(match["new"])) for event, match in found if match]


def _find_turn(steps: Sequence[_Step]) -> _Turn | None:
    """Return the last time that a number of replicas went back to what it had just been."""
    for one, other in zip(steps[-2::-1], steps[:0:-1], strict=True):
        is_back = one.name == other.name and (one.old, one.new) == (other.new, other.old)
        if is_back and _are_near(one.event, other.event):
            return _Turn(one.event, other.event, is_of_template=one.old == 0)
    return None


def _find_template_turn(steps: Sequence[_Step]) -> _Turn | None:
    """Return that the replica set which was begun last was given up for one that it had begun to take over from.

    A set that is begun after it is another delivery, and one that stands is what runs now.
    """
    at = max((number for number, step in enumerate(steps) if step.old == 0 < step.new), default=-1)
    while at >= 0 and any(step.name == steps[at].name and step.new < step.old for step in steps[:at]):
        # It was scaled down before: it is the one that is returned to.
        at = max((number for number, step in enumerate(steps[:at]) if step.old == 0 < step.new), default=-1)
    own = [step for step in steps[at:] if at >= 0 and step.name == steps[at].name]
    back = next((step for step in own if step.new < step.old), None)
    if back is None or own[-1].new != 0:
        return None
    return _Turn(own[0].event, back.event, is_of_template=True)


def _are_near(one: Event, other: Event, within_s: float = _NEAR_S) -> bool:
    return one.last_s is not None and other.last_s is not None and abs(one.last_s - other.last_s) <= within_s


def _is_old(event: Event) -> bool:
    return event.last_s is None or event.last_s > _STALE_S


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="hand_edit_undone",
        title="A delivery tool set back what was changed by hand",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The workload is well; it was set back more than half an hour ago; the tool delivered another "
        "revision, or had delivered what went; neither the number of replicas nor a new replica set went back near the "
        "time at which it acted.",
        confidence_note="0.4: it says why what somebody did has no effect, not what is wrong.",
        action="none: a person must change the source, or suspend its delivery",
        specificity=Specificity.STATE,
        find=_find,
    ),
)
"""The catalogue's part about deliveries that undo."""
