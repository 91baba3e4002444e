"""Where a fault comes from: a change that is tied to it, or the world outside, when no change is guilty.

The finding is done in `rules.changes`, which weighs all of them against each other; here each becomes an entry of the
catalogue. A cause outside stays silent when a change explains the same failure better; what the log of the alerted one
names itself is shown beneath that change unless the change explains that very line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import NamedTuple

from fermata.domain.diagnosis import ActionSuggestion, Hypothesis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.rules.certificates import list_ended
from fermata.rules.changes.judge import RankedChange, judge_changes
from fermata.rules.changes.outside_cause import Outside
from fermata.rules.changes.own_causes import list_unexplained
from fermata.rules.claims import Claim, Quote, to_hypothesis
from fermata.rules.filesystems import list_full
from fermata.rules.signatures import measured_ends
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.container_surroundings import add_surroundings
from fermata.rules.signatures.cut_networks import match_cut
from fermata.rules.signatures.databases import find_full_disks
from fermata.rules.signatures.kubernetes_cures import suggest_rollback
from fermata.rules.signatures.reach import is_named_by_failures
from fermata.rules.signatures.releases import find_release, go_back
from fermata.rules.signatures.remedies import propose_request

_LOOKS_AT = (EvidenceKind.LOGS, EvidenceKind.METRICS, EvidenceKind.TRACES, EvidenceKind.GRAPH, EvidenceKind.ALERT)
_SHOWN = 0.9
"""Confidence in what a log complains of and a paste shows."""
_MOST_QUOTED = 2
_NOT_AN_ACTION = "none: a person must "


def _match_change(case: Case) -> Sequence[Hypothesis]:
    judgement = judge_changes(case)
    if judgement.claim is None:
        return ()
    claim, facts = judgement.claim, judgement.ranked[0].change.facts
    back = suggest_rollback(case, facts, claim.subject.name)
    found = back.suggestions or _go_back(case, judgement.ranked[0]) or propose_request(case, facts, claim.text)
    text = f"{claim.text} {back.words}".rstrip()
    return _cite(case, [replace(claim, text=text, quotes=(*claim.quotes, *back.quotes), suggestions=found)])


def _go_back(case: Case, guilty: RankedChange) -> tuple[ActionSuggestion, ...]:
    """Return the way back of the release that brought the guilty change, where what it made does not stay up."""
    for workload in case.workloads:
        release = find_release(case, workload) if workload.is_failing else None
        brought = guilty.effect.times.get(release.facts.service) if release is not None else None
        if release is not None and (release.facts.id == guilty.id or brought == release.facts.changed_at):
            return go_back(case, workload)
    return ()


def _match_outside(cause: str) -> Callable[[Case], Sequence[Hypothesis]]:
    def match(case: Case) -> Sequence[Hypothesis]:
        judgement = judge_changes(case)
        told = [found for found in judgement.outside if found.cause == cause]
        if judgement.guilty is not None:
            told = list_unexplained(case, judgement.ranked[0], told)
            if not told:
                return ()
        if cause == "disk_full" and any(True for _ in find_full_disks(case.cluster)):
            return ()  # Whose disk it is, the database that says so tells more exactly; its clients repeat it.
        claims = [_claim(case, found) for found in told]
        if claims and cause == "dns_failure" and is_named_by_failures(case.workloads):
            return ()  # A container's name goes with the container: `dependency_refused` says which.
        if claims and cause == "dns_failure" and match_cut(case):
            return ()  # Names resolve where they are known: `network_not_shared` says who left.
        return _cite(case, _add_pasted(case, cause, claims) if cause in _PASTED else claims)

    return match


def _find_full(case: Case) -> Iterator[tuple[Quote, str]]:
    """Yield the file systems that somebody's `df` shows to be full."""
    for item in _list_pasted(case):
        for found in list_full([line.text for line in item.lines]):
            line = item.lines[found.at]
            yield Quote(item.id, line.number, line.text), f"{found.mount} has no {found.lacks} left"


def _find_full_mounts(case: Case) -> Iterator[tuple[Quote, str]]:
    """Yield the file systems without room that the alerted processes may write to."""
    for own in (one.resources for one in case.workloads if one.alerted and one.resources is not None):
        for line in own.evidence.lines:
            if any(line.text.startswith(f"{path} has no ") for path in own.facts.full_mounts):
                yield Quote(own.evidence.id, line.number, line.text), line.text


def _find_ended(case: Case) -> Iterator[tuple[Quote, str]]:
    """Yield the certificates that had lately ended, as somebody had them printed."""
    for item in _list_pasted(case):
        for found in list_ended([line.text for line in item.lines], case.scope.onset):
            line = item.lines[found.row]
            yield Quote(item.id, line.number, line.text), f"its end was {found.at:%Y-%m-%d %H:%M} UTC"


def _list_pasted(case: Case) -> Iterator[Evidence]:
    return (item for item in case.evidence if item.kind in (EvidenceKind.TEXT, EvidenceKind.OBJECTS))


class _Pasted(NamedTuple):
    """What a paste or a rule's own measure may show of a cause outside, by itself or beside a log that says so."""

    find: Callable[[Case], Iterator[tuple[Quote, str]]]
    measure: Callable[[Case], Iterator[tuple[Quote, str]]]
    alone: str
    """How the text begins where nothing else says so."""
    confidence: float
    """Of what only a paste shows."""
    person_must: str


_PASTED = {
    "disk_full": _Pasted(
        _find_full,
        measured_ends.list_full,
        "A file system is full or nearly so",
        0.5,
        "Free or add space, and find out what fills it: `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`, and files "
        "that are deleted and still open: `lsof +L1`.",
    ),
    "certificate_expired": _Pasted(
        _find_ended,
        measured_ends.list_ended,
        "A certificate has expired",
        0.75,
        "Renew the certificate, have its server load it, and have its expiry watched.",
    ),
}


def _add_pasted(case: Case, cause: str, claims: Sequence[Claim]) -> Sequence[Claim]:
    """Add what pastes show to the claims of a cause; without any, claim it of what is asked about."""
    pasted = _PASTED[cause]
    measured = list(islice(pasted.measure(case), _MOST_QUOTED))
    # What is full on the host of whoever complains of nothing of the kind is no news.
    found = chain(pasted.find(case), _find_full_mounts(case) if claims and cause == "disk_full" else ())
    shown = [*measured, *islice(found, _MOST_QUOTED - len(measured))]
    subject = next(iter(case.scope.entities), None)
    if not shown or (not claims and subject is None):
        return claims
    quotes = tuple(quote for quote, _ in shown)
    told = " and ".join(dict.fromkeys(words for _, words in shown))
    if subject is None or claims:
        return [
            replace(
                claim, text=f"{claim.text.rstrip('.')}; {told}.", confidence=_SHOWN, quotes=(*claim.quotes, *quotes)
            )
            for claim in claims
        ]
    text = f"{pasted.alone}: {told}."
    confidence = _SHOWN if measured else pasted.confidence
    return [Claim(cause, subject, text, confidence, quotes, person_must=pasted.person_must)]


def _claim(case: Case, found: Outside) -> Claim:
    # Read from logs by their names alone; the object of that name is the one that people look for.
    known = (one.entity for one in case.workloads if one.entity.system and one.entity.name == found.subject.name)
    claim = Claim(
        cause=found.cause,
        subject=next(known, found.subject),
        text=found.text,
        confidence=found.confidence,
        quotes=found.quotes,
        person_must=found.person_must,
    )
    return add_surroundings(case, claim)


def _cite(case: Case, claims: Sequence[Claim]) -> Sequence[Hypothesis]:
    found = (to_hypothesis(claim, case.by_id, known_actions=case.known_actions) for claim in claims)
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _outside(cause: str, title: str, *, ruled_out_by: str, note: str, must: str) -> Signature:
    looks_at = (EvidenceKind.PROVIDER_STATUS, *_LOOKS_AT) if cause == "provider_outage" else _LOOKS_AT
    return Signature(
        id=cause,
        title=title,
        looks_at=looks_at,
        ruled_out_by=f"{ruled_out_by}; or a change explains the same failure.",
        confidence_note=note,
        action=_NOT_AN_ACTION + must,
        specificity=Specificity.ORIGIN,
        match=_match_outside(cause),
    )


FAULTY_CHANGE = Signature(
    id="faulty_change",
    title="A change that was in effect when the fault began is tied to it",
    looks_at=(EvidenceKind.CHANGE, *_LOOKS_AT),
    ruled_out_by="It was not in effect in the affected environment when the first sign showed; its diff was not read; "
    "nothing but time and place ties it to the failure; another change is as likely; or a cause outside the changes "
    "explains the failure and the tie is not closer than usual.",
    confidence_note="0.3, and 0.09 for each point of its signs (docs/changes.md), at most 0.95.",
    action="kubernetes.rollback_to_revision of a rollout when the revision before ran; of a forge's commit, a request "
    "to take it back; what another finding about the same change suggests; else "
    + _NOT_AN_ACTION
    + "take it back or mend it",
    specificity=Specificity.ORIGIN,
    match=_match_change,
    blames_change=True,
)
"""The guilty change of `judge_changes`."""

SIGNATURES: tuple[Signature, ...] = (
    FAULTY_CHANGE,
    _outside(
        "provider_outage",
        "A provider reports a fault of a service or region that is used",
        ruled_out_by="The provider's event ended before the first sign, began more than twelve hours before it, is "
        "planned work, or names no service and no region that the evidence speaks of",
        note="0.9 when both the service and the region are used, 0.75 for one of them.",
        must="follow the provider's status and move away from what fails",
    ),
    _outside(
        "certificate_expired",
        "A certificate is past its end",
        ruled_out_by="No failure that is new says so",
        note="0.9: the failure says it; 0.75 when only its end does, as somebody had it printed; 0.9 when "
        "an alert's rule measures it.",
        must="renew the certificate",
    ),
    _outside(
        "licence_expired",
        "A licence, a subscription or a domain has ended",
        ruled_out_by="No failure that is new says so",
        note="0.85: the failure says it.",
        must="renew it",
    ),
    _outside(
        "credential_expired",
        "A credential has expired, or was replaced and who uses it has the old one",
        ruled_out_by="The failures name different ends, as tokens of many users have; they are fewer than three; or no "
        "line says that a credential was replaced within half an hour before them",
        note="0.9: all failures name one end; 0.85: a log says that it was replaced, and refusals begin.",
        must="issue a new credential, or give out the one that replaced it",
    ),
    _outside(
        "cache_emptied",
        "A cache was restarted or emptied, and what it held is asked of others",
        ruled_out_by="No log says so within five minutes before the first sign, or nothing is overloaded",
        note="0.75: it says when, and not how much is asked for since.",
        must="let fewer callers in until it has filled",
    ),
    _outside(
        "dns_failure",
        "Names no longer resolve",
        ruled_out_by="No failure that is new says so, or the name is that of a container or process that is down",
        note="0.75: names may fail to resolve because somebody changed them.",
        must="ask the resolvers and the zone's servers",
    ),
    _outside(
        "hardware_failure",
        "A device reports errors of its own",
        ruled_out_by="The kernel or the database reported the same before the fault",
        note="0.85: devices rarely complain without reason.",
        must="move the load away and replace the device",
    ),
    _outside(
        "noisy_neighbour",
        "The host gives its time to other machines",
        ruled_out_by="Steal time stayed where it was",
        note="0.85 when a metric shows it, 0.75 when only a log line does.",
        must="move the machine",
    ),
    _outside(
        "traffic_surge",
        "Far more than usual comes in by the door",
        ruled_out_by="The load at the door is less than two and a half times the usual, or came after the first "
        "sign, or was over five minutes before it; load that grows only behind the door is somebody's repetition",
        note="0.9 from four times the usual on when nothing behind the door grew far more, 0.7 below, less than 0.5 "
        "otherwise, or when it begins further in.",
        must="shed load or add capacity",
    ),
    _outside(
        "bad_input_data",
        "Every failure is about one message, file or partner",
        ruled_out_by="The failures are about different ones, are fewer than eight, or healthy lines have the name too",
        note="0.85 when it is tried again and again, 0.65 otherwise; 0.6 for a party whose answers are unreadable.",
        must="set the item aside and ask its sender",
    ),
    _outside(
        "network_path_failure",
        "The network between us and others fails",
        ruled_out_by="No failure that is new says so",
        note="0.7: the line says it, and seldom where.",
        must="call the carrier and steer around the path",
    ),
    _outside(
        "clock_skew",
        "A clock is wrong",
        ruled_out_by="No failure that is new says so",
        note="0.65: tokens and certificates also fail in this way when they were made wrongly.",
        must="repair the time service",
    ),
    _outside(
        "disk_full",
        "A disk is full",
        ruled_out_by="No failure that is new says so; it is a database's",
        note="0.5: something filled it, which may be a change; 0.9 when `df` or the host shows the file system, "
        "too, or the alert's rule measures a tenth of its room or less; 0.5 when only `df` does.",
        must="free or add space",
    ),
    _outside(
        "third_party_outage",
        "A party outside the house fails",
        ruled_out_by="The graph does not call it external, or its own metrics are normal",
        note="0.7: seen from our side only.",
        must="ask the other party",
    ),
    _outside(
        "third_party_limit",
        "Another party refuses us for asking too often",
        ruled_out_by="No failure that is new says so",
        note="0.5: who asks more than before is another question, often one about a change.",
        must="find out who asks more, or have the limit raised",
    ),
)
"""Origins, in the order they are tried and listed."""
_OUTSIDE = frozenset(signature.id for signature in SIGNATURES) - {FAULTY_CHANGE.id}


def is_outside(cause: str) -> bool:
    """Answer whether a cause is something that the world did to a system that was the same as before."""
    return cause in _OUTSIDE
