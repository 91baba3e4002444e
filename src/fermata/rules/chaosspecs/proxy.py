"""The fault proxy's own request: what `begin` takes, in the form a person reads and approves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fermata.domain.experiment import LONGEST_LEASE, Experiment, FaultKind, FaultSpec
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.shape import describe_shape_faults

KINDS = frozenset(
    {
        FaultKind.LATENCY,
        FaultKind.ERROR,
        FaultKind.BLACKHOLE,
        FaultKind.RESET,
        FaultKind.SLOW_BODY,
        FaultKind.BANDWIDTH,
    }
)
"""What a relay can do to calls."""
_SHORTEST_LEASE_S = 1.0
_RUNS_ON_S = 15.0
"""As a run asks for: its runner ends the fault, and this is for one that renews for ever."""
_SLACK_S = 30.0
"""How much later than the fault's cap a proxy's own end may lie: for a runner that renews and does not end it."""


class Begin(BaseModel):
    """The request."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    experiment: str = Field(min_length=1, max_length=200)
    ttl_s: float = Field(ge=_SHORTEST_LEASE_S, le=LONGEST_LEASE.total_seconds())
    longest_s: float = Field(gt=0)
    fault: FaultSpec


def can_relay(target: str, fault: str) -> bool:
    """Answer whether a proxy can rehearse an item of a plan: a fault of calls, and at a call it can stand in.

    Args:
        target: As the plan names it: `checkout->payment`, or a service.
        fault: As the plan names it.
    """
    return "->" in target and fault in KINDS


def write_begin(experiment: Experiment, *, lease: timedelta | None = None) -> dict[str, Any]:
    """Return the request that begins the fault.

    Args:
        lease: Otherwise the experiment's own.

    Raises:
        UserError: A proxy cannot do this fault.
    """
    if experiment.fault.kind not in KINDS:
        raise UserError(
            f"A fault proxy cannot do {experiment.fault.kind.value}",
            why="It sees calls, not the machine behind them",
            do="Use the system chaosmesh",
        )
    return {
        "experiment": experiment.id,
        "ttl_s": max(_SHORTEST_LEASE_S, (lease or experiment.lease).total_seconds()),
        "longest_s": experiment.duration.total_seconds() + _RUNS_ON_S,
        "fault": experiment.fault.model_dump(mode="json", exclude_none=True),
    }


def find_proxy_problems(document: Mapping[str, Any], limits: SpecLimits) -> Iterator[str]:
    """Yield what is wrong with a request."""
    try:
        value = Begin.model_validate(document)
    except ValidationError as error:
        yield from describe_shape_faults(error)
        return
    numbers = [document["ttl_s"], document["longest_s"], *document["fault"].values()]
    if any(isinstance(number, bool) for number in numbers) or not _are_numbers(document):
        yield "numbers are written as numbers, not as text or yes and no"
    if value.fault.kind not in KINDS:
        yield f"fault.kind: a proxy cannot do {value.fault.kind.value}"
    longest_s = limits.longest.total_seconds() + _SLACK_S
    if value.longest_s > longest_s:
        yield f"longest_s: {value.longest_s:g} s are longer than {longest_s:g} s"


def _are_numbers(document: Mapping[str, Any]) -> bool:
    given = {**document["fault"], "ttl_s": document["ttl_s"], "longest_s": document["longest_s"]}
    return not any(isinstance(value, str) for name, value in given.items() if name != "kind")
