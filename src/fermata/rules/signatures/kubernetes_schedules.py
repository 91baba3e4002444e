"""Cron jobs that are long overdue though nothing says why.

Events live for an hour, and a controller that is down writes none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.kit.units import format_duration
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.quantities import parse_time
from fermata.rules.signatures.base import Signature, Specificity

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

_MISSED = 3
"""Times in a row that are no delay any more."""
_NAMED = {
    "@hourly": timedelta(hours=1),
    "@daily": timedelta(days=1),
    "@midnight": timedelta(days=1),
    "@weekly": timedelta(days=7),
}
_STEP = re.compile(r"\*(?:/(\d{1,2}))?")


def read_longest_gap(schedule: str) -> timedelta | None:
    """Return how far apart two times of a schedule may be at most; `None` of one that is rarer than each week.

    An upper bound is enough, and needs no zone: who is later than that is late (five fields as in crontab(5)).
    """
    if schedule in _NAMED:
        return _NAMED[schedule]
    fields = schedule.split()
    if len(fields) != 5 or fields[2:4] != ["*", "*"]:
        return None
    minute, hour, weekday = _STEP.fullmatch(fields[0]), _STEP.fullmatch(fields[1]), fields[4]
    if weekday != "*":
        return timedelta(days=7)
    if hour is None:
        return timedelta(days=1)
    if hour[1]:
        return timedelta(hours=int(hour[1]))
    return timedelta(minutes=int(minute[1] or 1)) if minute is not None else timedelta(hours=1)


def _find_overdue(cluster: Cluster) -> Iterable[Claim]:
    now = cluster.captured_at
    for item in cluster.list("CronJob"):
        last, schedule = parse_time(item.get("status", "lastScheduleTime")), str(item.get("spec", "schedule"))
        gap = read_longest_gap(schedule)
        if item.get("spec", "suspend") is True or item.get("status", "active"):
            continue
        if now is None or last is None or gap is None or now - last <= gap * _MISSED:
            continue
        yield Claim(
            cause="cron_job_overdue",
            subject=item.entity,
            text=f"{item.name} last started {format_duration(now - last)} ago, though it is due at least every "
            f"{format_duration(gap)} ({schedule}); it is not suspended, and no run of it goes on.",
            confidence=0.7,
            quotes=cluster.quote(item, "lastScheduleTime", item.name),
            explains=frozenset({item.ref}),
            person_must="See whether the controller of cron jobs runs (kube-controller-manager), and start a run by "
            f"hand: kubectl create job --from=cronjob/{item.name} -n {item.namespace} {item.name}-by-hand.",
        )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="cron_job_overdue",
        title="A cron job is long overdue",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It is suspended, a run of it goes on, or it started within three of its times.",
        confidence_note="0.7: that it is late is certain, why is not told.",
        action="none: a person must see whether the controller of cron jobs runs, and start a run by hand",
        specificity=Specificity.STATE,
        find=_find_overdue,
    ),
)
"""The catalogue's part about schedules that are not kept."""
