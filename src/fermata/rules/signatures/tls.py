"""Certificates that are not accepted, and secrets that should hold them and do not exist.

Whoever rejects a certificate says so in a log; the one to see to is who presents it, when the line names a service of
the cluster, and the one who complains when it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.dependencies import find_service
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import (
    Complaint,
    does_last,
    find_complaints,
    read_address,
)
from fermata.rules.signatures.kubernetes_reach import cite_first, explain, known_absent
from fermata.rules.signatures.routes import list_routes
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reason why a certificate or a handshake is not accepted, in the words of TLS libraries."""

    cause: str
    title: str
    needles: tuple[str, ...]
    says: str
    """What follows the server's name in the text."""
    advice: str
    unless: tuple[str, ...] = ()


_REJECTIONS = (
    Rejection(
        "tls_certificate_not_yet_valid",
        "A certificate is not valid yet",
        (
            "or is not yet valid: current time",
            "CertificateNotYetValid",
            "certificate is not yet valid",
            "CERT_NOT_YET_VALID",
        ),
        "presents a certificate that is not valid yet",
        "Compare the clocks of both sides, and when the certificate begins.",
        (" is after ",),
    ),
    Rejection(
        "tls_certificate_expired",
        "A certificate has expired",
        (
            *("certificate has expired", "CertificateExpired", "CERT_HAS_EXPIRED", "certificate expired"),
            *("ertificate is expired", "SEC_ERROR_EXPIRED_CERTIFICATE"),
        ),
        "presents a certificate that has expired",
        "Renew the certificate, and have its expiry watched.",
        (" is before ",),
    ),
    Rejection(
        "tls_unknown_authority",
        "A certificate is signed by an authority that is not trusted",
        (
            *("signed by unknown authority", "unable to find valid certification path", "self signed certificate"),
            *("self-signed certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to get local issuer certificate"),
            *("SELF_SIGNED_CERT_IN_CHAIN", "PartialChain", "UntrustedRoot", "unknown ca", "DEPTH_ZERO_SELF_SIGNED"),
        ),
        "presents a certificate whose authority its caller does not trust",
        "Give the caller the authority's certificate, or the server one of an authority that is trusted.",
        ("create self", "enerate self", "enerating self"),
    ),
    Rejection(
        "tls_host_mismatch",
        "A certificate is made out for another name",
        (
            *(
                "certificate is valid for",
                "doesn't match any of the subject alternative",
                "ERR_TLS_CERT_ALTNAME_INVALID",
            ),
            *("No subject alternative", "No name matching", "Hostname mismatch", "RemoteCertificateNameMismatch"),
            *("doesn't contain any IP SANs", "does not match certificate's"),
        ),
        "presents a certificate that is made out for another name",
        "Call it by a name of the certificate, or have one made out for the name that is called.",
    ),
    Rejection(
        "tls_protocol_mismatch",
        "One side speaks TLS where the other does not",
        (
            *(
                "first record does not look like a TLS handshake",
                "wrong version number",
                "HTTP response to HTTPS client",
            ),
            *("plain HTTP request was sent to HTTPS port", "Unsupported or unrecognized SSL message", "EPROTO"),
            "not an SSL/TLS record",
        ),
        "and its caller do not agree whether to speak TLS",
        "Let the caller use the scheme and the port that the server offers.",
    ),
)


_END = 240


def _cut_front(text: str) -> str:
    """Return the end of a long line from a whole word on: the reason stands last."""
    end = text[-_END:]
    return text if len(text) <= _END else end.partition(" ")[2] or end


def _find_rejection(rejection: Rejection, cluster: Cluster) -> Iterable[Claim]:
    blamed: dict[str, tuple[KubeObject, list[Complaint]]] = {}
    for complaint in find_complaints(cluster, rejection.needles):
        if any(word in complaint.text for word in rejection.unless):
            continue
        server = _find_server(cluster, complaint)
        blamed.setdefault(server.ref, (server, []))[1].append(complaint)
    for server, complaints in blamed.values():
        callers = {item.workload.ref: item.workload for item in complaints}
        is_known = server.ref not in callers
        yield Claim(
            cause=rejection.cause,
            subject=server.entity,
            text=f"{server.name if is_known else f'What {server.name} calls'} {rejection.says}: "
            f"{clip(_cut_front(complaints[0].text), 120)}",
            confidence=0.9 if is_known else 0.75,
            quotes=cite_first(*(item.quote for item in complaints[:2])),
            explains=frozenset({server.ref}).union(*(explain(cluster, caller) for caller in callers.values())),
            person_must=rejection.advice,
        )


def list_tls_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return who runs and goes on rejecting certificates, as troubles."""
    found: dict[str, list[Complaint]] = {}
    for rejection in _REJECTIONS:
        for complaint in find_complaints(cluster, rejection.needles):
            if not any(word in complaint.text for word in rejection.unless):
                found.setdefault(complaint.workload.ref, []).append(complaint)
    return tuple(
        Trouble(ref, f"{complaints[0].workload.name} goes on rejecting certificates", complaints[0].quote)
        for ref, complaints in found.items()
        if does_last(complaints)
    )


def _find_server(cluster: Cluster, complaint: Complaint) -> KubeObject:
    """Return the workload that a line says was called; the one who complains when it is not of the cluster."""
    address = read_address(complaint.text)
    service = find_service(cluster, address[0], complaint.workload.namespace) if address is not None else None
    behind = cluster.workloads_selected_by(service) if service is not None else ()
    return behind[0] if behind else complaint.workload


def find_missing_secrets(cluster: Cluster) -> Iterable[Claim]:
    """Claim each secret that an ingress takes its certificate from and that does not exist."""
    for ingress in cluster.list("Ingress"):
        for entry in ingress.get_maps("spec", "tls"):
            name = str(entry.get("secretName") or "")
            if not known_absent(cluster, "Secret", name, ingress.namespace):
                continue
            said = list(find_complaints(cluster, (f"{ingress.namespace}/{name}", f'"{name}"')))
            served = {route.host for route in list_routes(cluster) if route.owner is ingress}
            services = [item for item in cluster.list("Service", ingress.namespace) if item.name in served]
            yield Claim(
                cause="ingress_tls_secret_missing",
                subject=ingress.entity,
                text=f"The ingress {ingress.name} takes its certificate from the secret {name}, which does not exist: "
                "callers get a default certificate or none.",
                confidence=0.95,
                quotes=cite_first(
                    cluster.quote(ingress, name, ingress.name),
                    *(item.quote for item in said[-1:]),
                    cluster.quote_missing("Secret", ingress.namespace, name=name),
                ),
                explains=frozenset({ingress.ref, *(item.ref for item in services), *(i.workload.ref for i in said)}),
                person_must=f"Create the secret {name}, or name one that exists in the ingress {ingress.name}.",
            )


SIGNATURES: tuple[Signature, ...] = (
    *(
        Signature(
            id=rejection.cause,
            title=rejection.title,
            looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
            ruled_out_by="No workload's log says so near its end.",
            confidence_note="0.9 when the line names a service of the cluster as the one that was called, 0.75 when "
            "it is not known who presents the certificate.",
            action="none: a person must see to the certificate",
            specificity=Specificity.ORIGIN,
            find=partial(_find_rejection, rejection),
        )
        for rejection in _REJECTIONS
    ),
    Signature(
        id="ingress_tls_secret_missing",
        title="An ingress takes its certificate from a secret that does not exist",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The secret exists, or which secrets exist is not known.",
        confidence_note="0.95: both are there to be compared.",
        action="none: a person must create the secret or name another",
        specificity=Specificity.ORIGIN,
        find=find_missing_secrets,
    ),
)
"""The catalogue's part about TLS."""
