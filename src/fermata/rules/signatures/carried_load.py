"""What a workload computes more for: a surge that it has to carry, an autoscaler that may add no more pods to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fermata.domain.diagnosis import Hypothesis
from fermata.rules.signatures.rank import Candidate

_LOADS = ("traffic_surge", "autoscaler_limit_reached")
"""What a workload that computes more may merely carry."""
_LEAST_SURE = 0.7  # Of load that comes in at another's door.


def prefer_load(ranked: list[Candidate]) -> list[Candidate]:
    """Let what is asked of a workload, and the limit of who would add to it, lead over that it computes more.

    Args:
        ranked: All candidates, best first; returned as they are unless the first is a strain that has such a reason.
    """
    strain = ranked[0] if ranked else None
    if strain is None or not strain.signature.is_strain:
        return ranked
    brought = [item for cause in _LOADS for item in ranked if _brings(item, cause, strain.hypothesis)]
    if not brought:
        return ranked
    first, name = brought[0].hypothesis.cause, strain.hypothesis.entity.name
    told = {item.hypothesis.cause: f"{first} says what it has to carry; this says why it cannot." for item in brought}
    told |= {first: "", strain.hypothesis.cause: f"It is what {first} brings: {name} computes and is late for it."}
    others = [item for item in ranked if item not in brought]
    return [_lose(item, told, strain.hypothesis.cause) for item in (*brought, *others)]


def _brings(item: Candidate, cause: str, strain: Hypothesis) -> bool:
    """Answer whether a candidate of a cause is surely one, or about the strained workload itself."""
    found = item.hypothesis
    return found.cause == cause and (found.confidence >= _LEAST_SURE or found.entity.name == strain.entity.name)


def _lose(item: Candidate, told: Mapping[str, str], former: str) -> Candidate:
    """Give a candidate the words of why it does not lead; those that speak of a former leader are found anew."""
    words = item.hypothesis.lost_because
    words = told.get(item.hypothesis.cause, "" if former in words else words)
    return replace(item, hypothesis=item.hypothesis.model_copy(update={"lost_because": words}))
