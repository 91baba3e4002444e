"""Jobs that gave up, and cron jobs that do not start any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.kit.listing import begin_small
from fermata.rules.claims import Claim, Quote
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first, condition_of, explain_own
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


@dataclass(frozen=True, slots=True)
class _Ending:
    """One way in which a job, or the making of jobs, ends."""

    cause: str
    title: str
    kind: str
    reasons: tuple[str, ...]
    """Of the job's `Failed` condition or of an event about the object."""
    person_must: str
    confidence: float
    specificity: Specificity


_ENDINGS = (
    _Ending(
        "job_backoff_limit_exceeded",
        "A job failed as often as it may",
        "Job",
        ("BackoffLimitExceeded", "PodFailurePolicy", "MaxFailedIndexesExceeded", "FailedIndexes"),
        "Find out why its pods fail: read their logs, then start the job again.",
        0.35,  # Less than what the last words of its pods are worth: those tell why.
        Specificity.STATE,
    ),
    _Ending(
        "job_deadline_exceeded",
        "A job did not end within its deadline",
        "Job",
        ("DeadlineExceeded",),
        "Find out what kept it busy or waiting, or give it more time.",
        0.7,
        Specificity.RELATION,
    ),
    _Ending(
        "cron_job_schedule_missed",
        "A cron job missed its times and starts no more",
        "CronJob",
        ("TooManyMissedTimes", "FailedNeedsStart", "MissSchedule"),
        "Set or widen its starting deadline, and find out why the controller was late.",
        0.8,
        Specificity.ORIGIN,
    ),
    _Ending(
        "cron_job_blocked",
        "A cron job starts nothing while an earlier run goes on",
        "CronJob",
        ("JobAlreadyActive",),
        "End the run that hangs, and bound the time a run may take.",
        0.7,
        Specificity.RELATION,
    ),
    _Ending(
        "cron_job_schedule_invalid",
        "A cron job's schedule cannot be read",
        "CronJob",
        ("UnparseableCronJobSchedule", "UnparseableSchedule", "InvalidSchedule", "UnknownTimeZone"),
        "Correct the schedule or the time zone.",
        0.95,
        Specificity.ORIGIN,
    ),
)


def _find_ending(cluster: Cluster, *, ending: _Ending) -> Iterable[Claim]:
    for item in cluster.list(ending.kind):
        told = _tell(cluster, item, ending)
        if told is None:
            continue
        words, quotes = told
        owner = (cluster.workload_of(item) if item.kind == "Job" else None) or item
        yield Claim(
            cause=ending.cause,
            subject=owner.entity,
            text=f"{ending.title}: {item.name} ({clip(words)}).",
            confidence=ending.confidence,
            quotes=quotes,
            explains=explain_own(cluster, item) | {owner.ref},
            person_must=ending.person_must,
        )


def _tell(cluster: Cluster, item: KubeObject, ending: _Ending) -> tuple[str, tuple[Quote, ...]] | None:
    failed = condition_of(item, "Failed")
    if failed.get("status") == "True" and failed.get("reason") in ending.reasons:
        words = str(failed.get("message") or failed["reason"])
        return words, cluster.quote(item, words[:60], str(failed["reason"]), item.name)
    if condition_of(item, "Complete").get("status") == "True":
        return None
    own = [event for event in cluster.events(item) if event.ref.kind == item.kind and event.ref.name == item.name]
    for event in reversed(own):
        if event.reason in ending.reasons:
            return event.message, cite_first(event.quote)
        if event.reason in ("SuccessfulCreate", "Completed"):
            return None  # It has got over what was said before.
    return None


def _find_suspended(cluster: Cluster) -> Iterable[Claim]:
    for item in (*cluster.list("CronJob"), *cluster.list("Job")):
        if item.get("spec", "suspend") is not True and item.printed.get("SUSPEND") != "True":
            continue
        yield Claim(
            cause="job_suspended",
            subject=item.entity,
            text=f"{item.name} is suspended: it starts nothing until somebody resumes it.",
            confidence=0.35,
            quotes=cluster.quote(item, "suspend: true", "Suspend:", item.name),
            explains=frozenset({item.ref}),
            person_must=f"Find out who suspended {item.name}, and resume it if its work is missed.",
        )


def _signature(ending: _Ending) -> Signature:
    return Signature(
        id=ending.cause,
        title=ending.title,
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="A later run succeeded or started, or the reason is another one.",
        confidence_note=f"{ending.confidence}: the controller's own word for how it ended.",
        action="none: a person must " + begin_small(ending.person_must).rstrip("."),
        specificity=ending.specificity,
        find=partial(_find_ending, ending=ending),
    )


SIGNATURES: tuple[Signature, ...] = (
    *(_signature(ending) for ending in _ENDINGS),
    Signature(
        id="job_suspended",
        title="A job or cron job is suspended",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It is not suspended.",
        confidence_note="0.35: the suspension is certain, that its work is missed is not.",
        action="none: a person must find out who suspended it and resume it",
        specificity=Specificity.STATE,
        find=_find_suspended,
    ),
)
"""The catalogue's part about jobs."""
