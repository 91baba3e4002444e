"""Pods that the API server refuses to create: accounts, policies, webhooks, and with `kubernetes_quotas` the quotas.

What is refused leaves no object behind. The trace is a controller that has fewer pods than it should and says why in
`FailedCreate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, Trouble, pod_phase
from fermata.rules.kubernetes.objects import entity_of
from fermata.rules.signatures import kubernetes_quotas
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    explain,
    is_short,
    known_absent,
    lacks_pods,
    list_controllers,
)
from fermata.rules.signatures.kubernetes_refusals import EXCEEDED_QUOTA, Refusal, list_refusals
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.domain.entity import Entity
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject

_ACCOUNT = re.compile(r"service ?account \"(?P<name>[^\"]+)\" not found", re.IGNORECASE)


def _find_account(cluster: Cluster) -> Iterable[Claim]:
    told = set()
    for refusal in cluster.remember(list_refusals):
        match = _ACCOUNT.search(refusal.message)
        told.add(refusal.workload.ref)
        # The account was made after the event: the controller simply has not tried again.
        if match and cluster.find("ServiceAccount", match["name"], refusal.workload.namespace) is None:
            yield _blame_account(cluster, refusal.workload, match["name"], refusal.quotes)
    for workload in list_controllers(cluster):
        if workload.ref in told or not is_short(workload) or not lacks_pods(cluster, workload):
            continue
        name = str(workload.pod_spec.get("serviceAccountName") or "")
        if known_absent(cluster, "ServiceAccount", name, workload.namespace):
            yield _blame_account(cluster, workload, name, cluster.quote(workload, name))


def _blame_account(cluster: Cluster, workload: KubeObject, name: str, quotes: Sequence[Quote]) -> Claim:
    return Claim(
        cause="missing_service_account",
        subject=workload.entity,
        text=f"{workload.name} runs as the service account {name}, which does not exist in {workload.namespace}: "
        "none of its pods can be created.",
        confidence=0.95,
        quotes=cite_first(quotes, cluster.quote_missing("ServiceAccount", workload.namespace)),
        explains=explain(cluster, workload),
        person_must=f"Create the service account {name} in {workload.namespace}, or name an existing one.",
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """How the API server words one sort of refusal, and what a person does about it."""

    cause: str
    words: re.Pattern[str]
    title: str
    person_must: str


_ANSWERS = (
    _Answer(
        "quota_requires_resources",
        re.compile(r"failed quota: .*must specify"),
        "A quota asks for requests or limits that the pods do not state",
        "State the resources that the quota names, or add a LimitRange with defaults.",
    ),
    _Answer(
        "limit_range_violated",
        re.compile(r"(?:maximum|minimum) \S+ usage per (?:Container|Pod)|max limit to request ratio", re.IGNORECASE),
        "A LimitRange forbids what the pods ask for",
        "Bring requests and limits into the range of the LimitRange, or widen it.",
    ),
    _Answer(
        "pod_security_violated",
        re.compile(r"violates PodSecurity|unable to validate against any (?:security context|pod security)"),
        "The pod security level of a namespace forbids the pods",
        "Make the security context meet the level that the namespace enforces.",
    ),
    _Answer(
        "admission_webhook_denied",
        re.compile(r"admission webhook \"[^\"]+\" denied|denied by \S*polic|ValidatingAdmissionPolicy"),
        "An admission webhook or policy denies the pods",
        "Meet the rule that the webhook names, or change the rule.",
    ),
    _Answer(
        "namespace_terminating",
        re.compile(r"because it is being terminated"),
        "A namespace is being deleted and takes nothing new",
        "Wait until the namespace is gone and create it anew, or find what keeps it.",
    ),
    _Answer(
        "missing_priority_class",
        re.compile(r"no PriorityClass with name|PriorityClass \S+ not found", re.IGNORECASE),
        "The pods name a priority class that does not exist",
        "Create the priority class, or name an existing one.",
    ),
    _Answer(
        "missing_runtime_class",
        re.compile(r"RuntimeClass \S+ not found", re.IGNORECASE),
        "The pods name a runtime class that does not exist",
        "Create the runtime class, or name an existing one.",
    ),
    _Answer(
        "invalid_pod_spec",
        re.compile(r" is invalid: |Invalid value: |Unsupported value: |Required value"),
        "The pod template holds values that the API server does not take",
        "Correct the field of the template that the message names.",
    ),
    _Answer(
        "controller_forbidden",
        re.compile(r"is forbidden: User \"[^\"]+\" cannot "),
        "A controller may not create what it should",
        "Grant the named user the verb on the resource that the message names.",
    ),
)
_WEBHOOK_TLS = _Answer(
    "admission_webhook_certificate_invalid",
    re.compile(r"(?s)fail\w+ (?:to call|calling) webhook.*(?:x509|certificate)"),
    "The certificate of an admission webhook is not accepted",
    "Renew the webhook's certificate, or put the right authority into its configuration.",
)
_WEBHOOK = _Answer(
    "admission_webhook_unreachable",
    re.compile(r"failed calling webhook|failed to call webhook"),
    "An admission webhook that must agree cannot be asked",
    "Bring the service behind the webhook back, or remove its configuration.",
)
_WEBHOOKS = (_WEBHOOK_TLS, _WEBHOOK)


def _find_answer(cluster: Cluster, *, answer: _Answer) -> Iterable[Claim]:
    for refusal in cluster.remember(list_refusals):
        if answer is _recognise(refusal.message):
            yield Claim(
                cause=answer.cause,
                subject=refusal.workload.entity,
                text=f"Pods of {refusal.workload.name} are refused: {clip(refusal.message, 240)}.",
                confidence=0.9,
                quotes=refusal.quotes,
                explains=explain(cluster, refusal.workload),
                person_must=answer.person_must,
            )


def _recognise(message: str) -> _Answer | None:
    """Return the first wording that fits, the more exact ones standing first; what a quota says is told elsewhere."""
    if EXCEEDED_QUOTA.search(message):
        return None
    return next((answer for answer in (*_ANSWERS, *_WEBHOOKS) if answer.words.search(message)), None)


_BACKEND = re.compile(r"https://(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc[:/.]")


def _find_webhook(cluster: Cluster, *, answer: _Answer) -> Iterable[Claim]:
    """Blame what should answer the webhook, once for all that it keeps from being created."""
    refused: dict[Entity, list[Refusal]] = {}
    for refusal in cluster.remember(list_refusals):
        if _recognise(refusal.message) is answer:
            refused.setdefault(_find_backend(cluster, refusal), []).append(refusal)
    for backend, refusals in refused.items():
        names = ", ".join(sorted({refusal.workload.name for refusal in refusals}))
        yield Claim(
            cause=answer.cause,
            subject=backend,
            text=f"Pods of {names} are refused: {clip(refusals[0].message, 240)}.",
            confidence=0.9,
            quotes=cite_first(*(refusal.quotes for refusal in refusals)),
            explains=frozenset().union(*(explain(cluster, item.workload) for item in refusals)),
            person_must=answer.person_must,
        )


def _find_backend(cluster: Cluster, refusal: Refusal) -> Entity:
    """Return the workload behind the address that a message names, else the service; outside, what is refused.

    Where the service was not captured it is the only workload of its namespace that is not well.
    """
    match = _BACKEND.search(refusal.message)
    if match is None:
        return refusal.workload.entity
    service = cluster.find("Service", match["name"], match["namespace"])
    if service is not None:
        return next(iter(cluster.workloads_selected_by(service)), service).entity
    pods = [pod for pod in cluster.list("Pod", match["namespace"]) if pod_phase(pod) not in _WELL]
    ailing = {workload.ref: workload for pod in pods for workload in (cluster.workload_of(pod) or pod,)}
    if len(ailing) == 1:
        return next(iter(ailing.values())).entity
    return entity_of("Service", match["namespace"], match["name"])


_WELL = (PodPhase.RUNNING_READY, PodPhase.COMPLETED)
_DENIALS = ('forbidden: User "system:serviceaccount:', r"forbidden: User \"system:serviceaccount:")


_DENIED = re.compile(r"(?:is )?forbidden: User \"?system:serviceaccount:(?P<namespace>[^:\"\s]+):(?P<name>[^\"\s]+)")


# What a program asks for in vain it asks for again and again: the end of its log is enough.
_LATE_CHARACTERS = 4_000
_OFTEN = 3


@dataclass(frozen=True, slots=True)
class _Denial:
    """What a workload asks the API server for in vain, again and again unless it ails."""

    workload: KubeObject
    account: str
    quote: Quote
    ails: bool


def _find_denied_account(cluster: Cluster) -> Iterable[Claim]:
    """Blame missing rights where a pod logs that the API server refuses its account: once when it ails, else often."""
    for denial in cluster.remember(_list_denials):
        yield Claim(
            cause="service_account_permission_denied",
            subject=denial.workload.entity,
            text=f"{denial.workload.name} asks the API server for what its account {denial.account} may not have: "
            f"{clip(denial.quote.text)}.",
            confidence=0.8 if denial.ails else 0.6,
            quotes=(denial.quote,),
            explains=explain(cluster, denial.workload),
            person_must=f"Bind a role that allows this to the account {denial.account}.",
        )


def list_denied_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return the workloads that look well and whose work the API server goes on refusing."""
    return tuple(
        Trouble(denial.workload.ref, f"{denial.workload.name} is refused by the API server", denial.quote)
        for denial in cluster.remember(_list_denials)
        if not denial.ails
    )


def _list_denials(cluster: Cluster) -> tuple[_Denial, ...]:
    heard = [log for log in cluster.logs() if any(words in log.text[-_LATE_CHARACTERS:] for words in _DENIALS)]
    found = (_find_denial(cluster, workload, heard) for workload in (list_controllers(cluster) if heard else ()))
    return tuple(denial for denial in found if denial is not None)


def _find_denial(cluster: Cluster, workload: KubeObject, heard: Sequence[LogText]) -> _Denial | None:
    ails = is_short(workload)
    for log in cluster.logs(workload):
        quote = log.find(*_DENIALS) if log in heard else None
        match = _DENIED.search(quote.text.replace("\\", "")) if quote else None
        often = sum(log.text[-_LATE_CHARACTERS:].count(words) for words in _DENIALS) >= _OFTEN
        if quote is not None and match is not None and (ails or often):
            return _Denial(workload, match["name"], quote, ails)
    return None


def _answer_signature(answer: _Answer) -> Signature:
    return Signature(
        id=answer.cause,
        title=answer.title,
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The workload has all its pods, or its latest refusal says something else.",
        confidence_note="0.9: the API server's own words about the latest attempt.",
        action=describe_action(answer.cause, answer.person_must),
        specificity=Specificity.ORIGIN,
        find=partial(_find_webhook if answer in _WEBHOOKS else _find_answer, answer=answer),
    )


SIGNATURES: tuple[Signature, ...] = (
    *kubernetes_quotas.SIGNATURES,
    Signature(
        id="missing_service_account",
        title="A workload runs as a service account that does not exist",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The account exists by now, or the workload has all its pods.",
        confidence_note="0.95: the API server names the account, or a complete list lacks it.",
        action="none: a person must create the account or name an existing one",
        specificity=Specificity.ORIGIN,
        find=_find_account,
    ),
    *(_answer_signature(answer) for answer in (*_ANSWERS, *_WEBHOOKS)),
    Signature(
        id="service_account_permission_denied",
        title="A workload's account lacks a right at the API server",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The workload is ready in spite of it and does not keep asking, or no log line names its account.",
        confidence_note="0.8 when the workload is not ready, else 0.6: the refusal is certain, its effect is not.",
        action="none: a person must bind a role that allows it",
        specificity=Specificity.ORIGIN,
        find=_find_denied_account,
    ),
)
"""The catalogue's part about what is refused at admission."""
