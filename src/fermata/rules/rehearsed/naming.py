"""Whether a diagnosis names what is known to have broken a case: named, silent or wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.diagnosis import Diagnosis, Hypothesis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.known_factor import KnownFactor
from fermata.rules.signatures.workloads import contains_word, is_same_service

_TELLS_NOTHING = (EvidenceKind.GRAPH, EvidenceKind.ALERT)
"""That a service exists is no evidence of how it fared."""


class Naming(StrEnum):
    """How a diagnosis fares against what is known."""

    NAMED = "named"
    """What leads is an accepted cause at an accepted place."""
    SILENT = "silent"
    """Nothing leads, or no more than that a journey is not served."""
    WRONG = "wrong"
    """Something else leads."""


@dataclass(frozen=True, slots=True)
class NamingVerdict:
    """The outcome of one case."""

    naming: Naming
    why: str
    """In words."""
    leading: Hypothesis | None = None
    runner_up: Hypothesis | None = None


def judge_naming(known: KnownFactor, diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> NamingVerdict:
    """Hold a diagnosis against what was done.

    Args:
        evidence: Of the case. Where nothing of it speaks of the place of the fault, silence is not the signatures' own.
    """
    hypotheses = diagnosis.hypotheses
    leading, runner_up = (*hypotheses[:2], None, None)[:2]
    if leading is None or _is_journey(known, leading):
        return NamingVerdict(Naming.SILENT, _explain_silence(known, diagnosis, evidence), leading, runner_up)
    if _is_accepted(known, leading):
        return NamingVerdict(Naming.NAMED, f"{describe(leading)} leads", leading, runner_up)
    rank = next((rank for rank, item in enumerate(hypotheses, start=1) if _is_accepted(known, item)), None)
    kind = known.fault.kind.value
    ours = f"; {describe(hypotheses[rank - 1])} is number {rank}" if rank else ""
    why = f"{describe(leading)} leads, and what was done is {kind} at {known.place}{ours}"
    return NamingVerdict(Naming.WRONG, why, leading, runner_up)


def describe(hypothesis: Hypothesis) -> str:
    """Return cause and place in words: `service_degraded at payment`."""
    return f"{hypothesis.cause} at {hypothesis.entity.name}"


def _is_accepted(known: KnownFactor, hypothesis: Hypothesis) -> bool:
    return any(
        hypothesis.cause in each.causes and is_same_service(hypothesis.entity.name, each.service)
        for each in known.accepted
    )


def _is_journey(known: KnownFactor, hypothesis: Hypothesis) -> bool:
    return any(is_same_service(hypothesis.entity.name, journey) for journey in known.journeys)


def _explain_silence(known: KnownFactor, diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> str:
    place = known.accepted[0].service
    count = sum(_speaks_of(item, place, known.journeys) for item in evidence)
    if not count:
        return f"no evidence of {place} was kept"
    asked = f"; what would settle it: {diagnosis.checks[0]}" if diagnosis.checks else ""
    told = "; no more is said than that a journey is not served" if diagnosis.hypotheses else ""
    return f"{place} is in {count} piece{'s' if count > 1 else ''} of evidence, and nothing names it{told}{asked}"


def _speaks_of(item: Evidence, name: str, journeys: Sequence[str]) -> bool:
    if item.kind in _TELLS_NOTHING:
        return False
    wanted = name.casefold()
    return is_same_service(item.entity.name, name) or any(
        contains_word(_leave_out(line.text.casefold(), journeys), wanted) for line in item.lines
    )


def _leave_out(text: str, journeys: Sequence[str]) -> str:
    """Return a line without the names of journeys: one may be called after the service that it is to reach."""
    for journey in journeys:
        text = re.sub(rf"(?<![\w-]){re.escape(journey.casefold())}(?![\w-])", " ", text)
    return text
