"""Changes by hand that a delivery tool set back: what somebody did to an ailing workload does not stay.

Argo CD's self-heal applies what drifted alone, to the revision that is delivered already: it says that it began by
itself, and that a partial operation succeeded. Flux says which objects of a Helm release it corrected. Of what Argo CD
set back only a number of replicas is seen, which goes one way and back within a minute (published events of both).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

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


def _find(cluster: Cluster) -> Iterable[Claim]:
    for workload in list_controllers(cluster):
        if not (is_short(workload) or is_ailing(cluster, workload)):
            continue
        found = next(_list_corrections(cluster, workload), None)
        if found is not None:
            tool, events = found
            yield Claim(
                cause="hand_edit_undone",
                subject=workload.entity,
                text=f"{tool} set {workload.name} back to its source: what was changed by hand did not stay.",
                confidence=0.4,
                quotes=cite_first(*(event.quote for event in events)),
                explains=explain_own(cluster, workload),
                person_must=f"Change {workload.name} in the source that {tool} delivers, or suspend it there before "
                "anybody changes it by hand.",
            )


def _list_corrections(cluster: Cluster, workload: KubeObject) -> Iterator[tuple[str, Sequence[Event]]]:
    for release in cluster.list("HelmRelease"):
        for event in cluster.events(release, "DriftCorrected"):
            own = (workload.kind, workload.namespace, workload.name)
            if not _is_old(event) and any(match.groups() == own for match in _CORRECTED.finditer(event.message)):
                yield "Flux", (event,)
    # The workload's events last: they are searched for among all.
    fresh = [healed for healed in _list_healed(cluster) if not _is_old(healed)]
    turned = _find_turn(cluster.events(workload, "ScalingReplicaSet")) if fresh else None
    if turned is not None:
        yield from (("Argo CD", (healed, turned)) for healed in fresh if _are_near(healed, turned))


def _list_healed(cluster: Cluster) -> Iterator[Event]:
    for application in cluster.list("Application"):
        began = [_BEGAN.search(event.message) for event in cluster.events(application, "OperationStarted")]
        revisions = {match["revision"] for match in began if match is not None}
        for event in cluster.events(application, "OperationCompleted"):
            healed = _HEALED.search(event.message)
            if healed is not None and healed["revision"] in revisions:
                yield event


def _find_turn(events: Sequence[Event]) -> Event | None:
    """Return the last event by which a number of replicas went back to what it had just been."""
    steps = [(event, match) for event in events if (match := _SCALED.search(event.message)) is not None]
    for (before, one), (after, other) in zip(steps[-2::-1], steps[:0:-1], strict=True):
        is_back = one["set"] == other["set"] and (one["old"], one["new"]) == (other["new"], other["old"])
        if is_back and _are_near(before, after):
            return after
    return None


def _are_near(one: Event, other: Event) -> bool:
    return one.last_s is not None and other.last_s is not None and abs(one.last_s - other.last_s) <= _NEAR_S


def _is_old(event: Event) -> bool:
    return event.last_s is None or event.last_s > _STALE_S


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="hand_edit_undone",
        title="A delivery tool set back what was changed by hand",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The workload is well; it was set back more than half an hour ago; Argo CD delivered another "
        "revision, or the number of replicas did not go one way and back within a minute.",
        confidence_note="0.4: it says why what somebody did has no effect, not what is wrong.",
        action="none: a person must change the source, or suspend its delivery",
        specificity=Specificity.STATE,
        find=_find,
    ),
)
"""The catalogue's part about deliveries that undo."""
