"""Names that a cluster's resolver says do not exist, where no setting was captured that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import FailedCall, Failure, list_failed_calls
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.strangers import list_strangers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

# What a resolver says of a name that does not exist, unlike one that it got no answer about.
_NO_SUCH_NAME = (
    *("no such host", "ENOTFOUND", "Name or service not known", "UnknownHost", "nodename nor servname"),
    *("ame does not resolve", "NXDOMAIN", "No such host is known", "host not found in upstream"),
)


def _find_unknown(cluster: Cluster) -> Iterable[Claim]:
    """Blame each caller that goes on asking for a name of the cluster's own that does not exist."""
    calls = [call for call in list_failed_calls(cluster) if call.failure is Failure.UNRESOLVED]
    # Where names of services that exist do not resolve either, the resolver is to blame; so it may be where nobody
    # knows a single workload.
    if any(call.service is not None for call in calls) or list_strangers(cluster):
        return
    configured = {(call.caller.ref, call.host) for call in cluster.dependencies()}
    for call in calls:
        if not call.lasts or (call.caller.ref, call.host) in configured or not _is_unknown(cluster, call):
            continue
        listed = cluster.has_list("Service", call.caller.namespace)
        elsewhere = cluster.find("Service", call.host)
        hint = f": the service is in the namespace {elsewhere.namespace}" if elsewhere is not None else ""
        yield Claim(
            cause="unknown_host_called",
            subject=call.caller.entity,
            text=f"{call.caller.name} goes on calling {call.host}, a name that does not exist there{hint}.",
            confidence=0.9 if hint else 0.8 if listed else 0.6,
            quotes=cite_first(
                call.complaint.quote,
                cluster.quote(elsewhere) if elsewhere is not None else None,
                cluster.quote_missing("Service", call.caller.namespace),
            ),
            explains=explain(cluster, call.caller),
            person_must=f"Find out where {call.caller.name} has the name {call.host} from, and what it should be.",
        )


def _is_unknown(cluster: Cluster, call: FailedCall) -> bool:
    """Answer whether the resolver denied a name within the cluster that nothing bears in the caller's namespace."""
    name, _, rest = call.host.partition(".")
    is_inside = not rest or ".svc" in f".{rest}"
    borne = any(item.name == name and item.namespace == call.caller.namespace for item in cluster.workloads)
    return is_inside and not borne and any(words in call.complaint.text for words in _NO_SUCH_NAME)


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="unknown_host_called",
        title="A workload goes on calling a name that does not exist",
        looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
        ruled_out_by="Names of services that exist do not resolve either, the host is outside the cluster, something "
        "captured bears the name, or a captured setting holds it and is blamed itself.",
        confidence_note="0.9 when a service of another namespace has the name, 0.8 when a complete list of services "
        "lacks it, else 0.6: the resolver's word alone.",
        action="none: a person must find out where the name comes from",
        specificity=Specificity.RELATION,
        find=_find_unknown,
    ),
)
"""The catalogue's part about names that nothing bears."""
