"""Ingresses of a class that does not exist: no controller takes them up, and nothing says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_KIND = "IngressClass"
_OLD = "kubernetes.io/ingress.class"  # The annotation names a controller's own word, which needs no such object.


def _list_orphans(cluster: Cluster) -> list[tuple[KubeObject, str]]:
    """Return the ingresses that no controller took up, each with the class it asks for, which is not there."""
    if not cluster.has_list(_KIND):
        return []
    return [
        (item, name)
        for item in cluster.list("Ingress")
        if (name := str(item.get("spec", "ingressClassName") or ""))
        and cluster.is_absent(_KIND, name)
        and not _has_address(item)
        and _OLD not in item.get_map("metadata", "annotations")
    ]


def _has_address(item: KubeObject) -> bool:
    """Answer whether a controller wrote down where it serves an ingress: it may well know a class that is gone."""
    return bool(item.printed.get("ADDRESS") or item.get("status", "loadBalancer", "ingress"))


def list_class_troubles(cluster: Cluster) -> Iterator[Trouble]:
    """Yield the ingresses that nobody serves."""
    for item, _ in cluster.remember(_list_orphans):
        quotes = cluster.quote(item, item.name)
        yield Trouble(item.ref, f"no controller serves the ingress {item.name}", quotes[0] if quotes else None)


def _find(cluster: Cluster) -> Iterable[Claim]:
    known = ", ".join(sorted(each.name for each in cluster.list(_KIND)))
    for item, name in cluster.remember(_list_orphans):
        yield Claim(
            cause="ingress_class_missing",
            subject=item.entity,
            text=f"The ingress {item.name} is of class {name}, which does not exist: no controller serves it.",
            confidence=0.9,
            quotes=cite_first(cluster.quote(item, name), cluster.quote_missing(_KIND)),
            explains=frozenset({item.ref}),
            person_must=f"Name a class that exists{f' ({known})' if known else ''}, or create the class {name}.",
        )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="ingress_class_missing",
        title="An ingress is of a class that does not exist",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The class is there, not all classes are known, an annotation names another controller, or the "
        "ingress has an address: somebody serves it.",
        confidence_note="0.9: the class is not among all that there are, and no controller took the ingress up.",
        action="none: a person must name a class that exists, or create it",
        specificity=Specificity.ORIGIN,
        find=_find,
    ),
)
"""The catalogue's part about classes of ingresses."""
