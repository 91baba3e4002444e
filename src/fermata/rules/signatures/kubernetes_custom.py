"""Custom resources of which their controller says that it could not bring about what they declare.

Flux, cert-manager, External Secrets and most others follow one convention (kubernetes-sigs/cli-utils, kstatus): `Ready`
is False, with a reason and a message. A certificate that is issued for the first time says so beside it. Argo CD's
applications have conditions whose type ends in `Error`, and the phase of their last operation. A challenge of ACME has
a state, and says why its own check fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_POSITIVE = ("Ready", "Synced")
_UNDER_WAY = frozenset(
    {"Progressing", "ProgressingWithRetry", "Reconciling", "InProgress", "Pending", "Issuing", "Unknown", "Suspended"}
)
_HELD = ("suspend", "suspended", "paused")
"""Fields of a spec by which a person takes an object out of its controller's hands (Flux, Kubernetes, Cluster API)."""
_HELD_TYPES = frozenset({"Paused", "Suspended", "ReconciliationPaused"})  # KEDA and Cluster API, many, Strimzi.
_HELD_REASONS = frozenset({"ReconcilePaused", "Suspended", "Paused"})  # Crossplane's, and what others write.
_OTHERS = frozenset({"DependencyNotReady"})  # It waits for another one, which says what is wrong.
_FAILED = ("Failed", "Error")
_GITOPS = frozenset({"HelmRelease", "Kustomization", "Application"})
_ENDED = ("invalid", "errored", "expired")
_PATIENCE_S = 600.0  # A challenge checks itself every few seconds, and is over within a minute or two as a rule.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Unmet:
    """An object whose controller gave up or fails, and its words."""

    item: KubeObject
    reason: str
    message: str


def list_unmet(cluster: Cluster) -> tuple[Unmet, ...]:
    """Return the custom resources that are not as declared, by what their controllers say."""
    return cluster.remember(_gather)


def _gather(cluster: Cluster) -> tuple[Unmet, ...]:
    found = (_judge(item) for kind in cluster.custom_kinds for item in cluster.list(kind))
    return tuple(unmet for unmet in found if unmet is not None)


def _judge(item: KubeObject) -> Unmet | None:
    generation = item.get("metadata", "generation")
    conditions = [one for one in item.get_maps("status", "conditions") if not _is_outdated(one, generation)]
    if _is_held(item, conditions):
        return None
    if item.kind == "Certificate" and _is_first(conditions):
        return None
    words = next(_list_failures(item, conditions), None) or _read_row(item)
    return Unmet(item, *words) if words is not None else None


def _is_held(item: KubeObject, conditions: Iterable[Mapping[str, Any]]) -> bool:
    """Answer whether somebody stopped its controller on purpose: what it said last is what they stopped it at."""
    if any(item.get("spec", field) is True for field in _HELD) or item.printed.get("SUSPENDED") == "True":
        return True
    return any(
        (one.get("type") in _HELD_TYPES and one.get("status") == "True") or one.get("reason") in _HELD_REASONS
        for one in conditions
    )


def _is_first(conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Answer whether a certificate is being issued that was never there; one that expired meanwhile is missed."""
    is_issuing = any(one.get("type") == "Issuing" and one.get("status") == "True" for one in conditions)
    return is_issuing and any(one.get("reason") == "DoesNotExist" for one in conditions)


def _is_outdated(condition: Mapping[str, Any], generation: object) -> bool:
    """Answer whether a condition speaks of what was declared before."""
    seen = condition.get("observedGeneration")
    return isinstance(seen, int) and isinstance(generation, int) and seen < generation


def _list_failures(item: KubeObject, conditions: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in conditions:
        kind, status, reason = (str(one.get(name) or "") for name in ("type", "status", "reason"))
        message = str(one.get("message") or reason)
        if item.kind == "Application" and kind.endswith("Error"):
            yield kind, message
        elif kind in _POSITIVE and status == "False" and reason not in _UNDER_WAY | _OTHERS:
            yield reason, message
    if item.kind == "Challenge":
        state, reason = (str(item.get("status", name) or "") for name in ("state", "reason"))
        is_stuck = state == "pending" and (item.age_s or 0.0) > _PATIENCE_S
        if reason and (state in _ENDED or is_stuck):
            yield state, reason
    phase = item.get("status", "operationState", "phase")
    if item.kind == "Application" and phase in _FAILED and item.get("status", "sync", "status") != "Synced":
        yield f"operation {phase}", str(item.get("status", "operationState", "message") or phase)


def _read_row(item: KubeObject) -> tuple[str, str] | None:
    """Return the words of a table's row, where nothing else is known of an object."""
    message = item.printed.get("STATUS") or item.printed.get("MESSAGE") or ""
    is_told = item.printed.get("READY") == "False" and message and not item.get_maps("status", "conditions")
    if not is_told or message.partition(" ")[0] in _UNDER_WAY:
        return None
    return "not ready", message


def list_unmet_troubles(cluster: Cluster) -> Iterator[Trouble]:
    """Yield what custom resources are not as declared."""
    for unmet in list_unmet(cluster):
        quotes = cluster.quote(unmet.item, unmet.message[:_SHOWN], unmet.reason, unmet.item.name)
        text = f"{unmet.item.kind} {unmet.item.name} is not as declared"
        yield Trouble(unmet.item.ref, text, quotes[0] if quotes else None)


def _find(cluster: Cluster) -> Iterator[Claim]:
    for unmet in list_unmet(cluster):
        item = unmet.item
        where = "in its source what" if item.kind in _GITOPS else "what"
        yield Claim(
            cause="declared_state_not_reached",
            subject=item.entity,
            text=f"{item.kind} {item.name} cannot be brought about: {clip(unmet.message)}.",
            confidence=0.8,
            quotes=cluster.quote(item, unmet.message[:_SHOWN], unmet.reason, item.name),
            explains=frozenset({item.ref, *_list_served(cluster, item)}),
            person_must=f"Mend {where} the controller of {item.kind} {item.name} names.",
        )


def _list_served(cluster: Cluster, item: KubeObject) -> Iterator[str]:
    """Yield the certificate that a challenge is for: its name begins the challenge's."""
    if item.kind == "Challenge":
        certificates = cluster.list("Certificate", item.namespace)
        yield from (one.ref for one in certificates if item.name.startswith(f"{one.name}-"))


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="declared_state_not_reached",
        title="A controller cannot bring about what an object declares",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It is suspended or paused, still at work, waits for another object, or its word is about an "
        "earlier generation.",
        confidence_note="0.8: the controller's own word, by the conditions that Flux, Argo CD and others share.",
        action="none: a person must mend what the controller names, in the object's source",
        specificity=Specificity.STATE,
        find=_find,
    ),
)
"""The catalogue's part about custom resources."""
