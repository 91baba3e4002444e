"""A process that somebody ended from outside, and that its system started again: its own log holds nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import WorkloadPhase
from fermata.rules.ended_runs import name_kill
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.workloads import ONSET_MARGIN, Workload

_CONFIDENCE = 0.7
_NOTICED = timedelta(seconds=10)
"""So much later than the alert may the end be, as clocks differ: what ends after it may be an answer to it."""
_BOOTS = timedelta(seconds=60)
"""How long what waited meanwhile may make trouble: caches are cold and queues are full (a guess)."""


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge(case, workload)) is not None]


def _judge(case: Case, workload: Workload) -> Hypothesis | None:
    facts = workload.state.facts if workload.state is not None and workload.alerted else None
    if facts is None or facts.phase is not WorkloadPhase.RUNNING:
        return None
    signal = facts.ended_for or name_kill(facts.exit_code)
    ended_at, started_at = facts.former_end_at, facts.started_at
    if not signal or ended_at is None or started_at is None or facts.killed_for_memory:
        return None
    if not case.scope.onset - ONSET_MARGIN <= ended_at <= case.scope.onset + _NOTICED:
        return None
    settled_at = started_at + _BOOTS
    if any(one.written_by is not None and one.written_by > settled_at for one in workload.errors):
        return None  # The present run fails as well: it is not the end that is felt.
    name = workload.entity.name
    by = f"its own system ({signal})" if facts.ended_for else f"{signal} from outside"
    told = "Its log tells of no failure beyond its first minute since" if workload.logs else "No log of it was read"
    return Hypothesis(
        cause="process_killed",
        text=f"{name} was ended by {by} at {ended_at:%H:%M:%S} UTC, and was started again by its "
        f"system at {started_at:%H:%M:%S}. {told}.",
        confidence=_CONFIDENCE,
        entity=workload.entity,
        citations=workload.cite_state("by itself", signal),
        person_must=f"Find out what {name} waited for then. After that see whether the alert goes by itself."
        if facts.ended_for
        else f"Find out who sent {name} {signal}: the kernel for memory (`journalctl -k`, `dmesg -T`), a "
        "watchdog, a deployment, or somebody on the machine. Then see whether the alert goes by itself.",
    )


PROCESS_KILLED = Signature(
    id="process_killed",
    title="A process was killed from outside and started again",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS),
    ruled_out_by="It ended otherwise, for memory, long before the onset or after it; somebody started it; or the run "
    "since then fails a minute after its start, too.",
    confidence_note="0.7: its system says how it ended and when; who did it, nobody says.",
    action="none: a person must find out who sent the signal",
    specificity=Specificity.STATE,
    match=_match,
)
"""kill -9, or the kernel where it says nothing: the end stands in no log of the program."""
