"""A rehearsal: the fault that is injected on purpose, what is expected of it, and what was measured.

`rules/weakness` says which are worth it, a `ports.faults.Injector` carries one out, `rules/rehearsal` judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field, model_validator

from fermata.domain.record import FrozenMap, Instant, Record, Text

MOST_RPS = 200
"""How often a second a check may ask, at most."""
LONGEST_HELD = 200
"""Letters of what a good answer holds, at most: it stands on every card."""
LONGEST_LEASE = timedelta(minutes=15)
"""A fault that nobody renews lives no longer than this, whatever was asked for."""


class FaultKind(StrEnum):
    """What is done: the closed list. An injector refuses those it cannot do."""

    LATENCY = "latency"
    ERROR = "error"
    BLACKHOLE = "blackhole"
    """What is sent is taken, and never answered."""
    RESET = "reset"
    """Connections are closed in the middle."""
    SLOW_BODY = "slow_body"
    """The answer begins at once and trickles."""
    BANDWIDTH = "bandwidth"
    KILL = "kill"
    CPU = "cpu"
    MEMORY = "memory"


FAULT_SIZES: Mapping[FaultKind, str] = MappingProxyType(
    {
        FaultKind.LATENCY: "latency_ms",
        FaultKind.ERROR: "status",
        FaultKind.SLOW_BODY: "bytes_per_s",
        FaultKind.BANDWIDTH: "bytes_per_s",
        FaultKind.CPU: "load_percent",
        FaultKind.MEMORY: "memory_mb",
    }
)
"""The field of `FaultSpec` that says how much; a kind that is not here has no size."""


class FaultSpec(Record):
    """How much of a fault. Fields that its kind does not know stay `None`."""

    kind: FaultKind
    percent: float = Field(default=100.0, gt=0, le=100)
    """Share of the calls (or of the replicas, for `kill`, `cpu` and `memory`) that feel it."""
    latency_ms: float | None = Field(default=None, gt=0)
    jitter_ms: float | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    """HTTP status of `error`, and of `failing_percent`."""
    failing_percent: float | None = Field(default=None, gt=0, le=100)
    """Of `latency`: this share of the calls that were held is answered with `status` when their wait is over. Only
    `faultproxy` can do both at once; any other system refuses it."""
    bytes_per_s: int | None = Field(default=None, gt=0)
    """For `bandwidth` and `slow_body`."""
    load_percent: float | None = Field(default=None, gt=0, le=100)
    """For `cpu`."""
    memory_mb: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _require_size(self) -> FaultSpec:
        key = FAULT_SIZES.get(self.kind)
        if key is not None and getattr(self, key) is None:
            message = f"a fault {self.kind.value} needs its size: {key}"
            raise ValueError(message)
        if self.failing_percent is not None and (self.kind is not FaultKind.LATENCY or self.status is None):
            message = "failing_percent goes with latency, and with the status that is answered"
            raise ValueError(message)
        return self


class FaultTarget(Record):
    """Where the fault is: a service, or its calls to one other."""

    system: Text
    """The injector: `faultproxy`, `chaosmesh`, `gremlin`, `chaostoolkit`."""
    service: Text
    """The service itself; with `callee`, the caller."""
    callee: str = ""
    namespace: str = ""
    """Empty where the system knows none."""
    labels: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    """What the target's replicas are selected by; never empty for a cluster."""
    callee_labels: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    ports: tuple[int, ...] = ()
    address: str = ""
    """Of the proxy's control port, for `faultproxy`; never with credentials."""
    replicas: int | None = Field(default=None, ge=1)
    """Running now, as the sandbox check counted them."""

    @property
    def place(self) -> str:
        """Return it as plans and settings write it: a service, or `caller->callee`."""
        return f"{self.service}->{self.callee}" if self.callee else self.service


class SteadyCheck(Record):
    """One measured claim of the steady state: this journey answers well enough."""

    journey: Text
    url: Text
    """Asked by GET; `http` or `https`, without credentials."""
    min_ok_ratio: float = Field(default=0.99, gt=0, le=1)
    max_p95_ms: float = Field(gt=0)
    rate_rps: float = Field(default=5.0, gt=0, le=MOST_RPS)
    """How often the watcher asks."""
    timeout_s: float = Field(default=5.0, gt=0, le=60)
    holds: str = Field(default="", max_length=LONGEST_HELD, exclude_if=lambda text: not text)
    """Text that a good answer holds. Empty: nobody said, and only a JSON answer that tells of an error is none. Left
    out of the record's JSON then, so that what was approved before it could be said has the same digest."""
    is_hit: bool = False
    """The fault is expected to be felt here. Any other journey that suffers makes it a collapse."""
    is_control: bool = False
    """The fault cannot reach this one: when it suffers too, it was the machine, and nothing can be concluded."""

    @model_validator(mode="after")
    def _require_one_role(self) -> SteadyCheck:
        if self.is_hit and self.is_control:
            message = f"the journey {self.journey} is either hit or a control"
            raise ValueError(message)
        return self


class Expected(StrEnum):
    """What a fault is expected to do; the same words as a plan's `predict`."""

    COLLAPSE = "collapse"
    DEGRADE = "degrade"
    GRACEFUL = "graceful"
    UNKNOWN = "unknown"


class Prediction(Record):
    """What is expected, written down before anything is injected."""

    expected: Expected
    why: Text
    numbers: FrozenMap[str, float | str] = Field(default_factory=dict, validate_default=True)
    """By name, with the unit in the name: `need_calls`, `pool`, `breaks_at_added_ms`."""
    weak_point: str = ""
    """Kind from the plan, where there is one."""


class Experiment(Record):
    """One rehearsal, whole. Its digest is what a person approves: a changed word is another experiment."""

    id: Text
    """`exp-...`, also the name of everything that is created for it."""
    title: Text
    created_at: Instant
    target: FaultTarget
    fault: FaultSpec
    duration: timedelta = timedelta(minutes=5)
    """Of the fault. The sandbox caps it."""
    baseline: timedelta = timedelta(seconds=30)
    """How long the steady state is measured before; if it does not hold, nothing is injected."""
    recovery: timedelta = timedelta(minutes=1)
    """How long afterwards the steady state may take to come back."""
    lease: timedelta = timedelta(seconds=3)
    """The injector drops the fault when it has not been renewed for so long."""
    checks: tuple[SteadyCheck, ...] = Field(min_length=1)
    probe_url: str = ""
    """Asked by the runner itself through what is broken, where it can be: a fault that this does not feel is not there,
    whatever the injector says. Empty: the injector's count is the only proof."""
    prediction: Prediction
    blast_radius: Text
    """In words, with numbers: `1 of 3 replicas of payment in staging-shop; calls of checkout`."""
    from_incident: str = ""
    """The earlier incident whose factor this rehearses, if it does."""

    @model_validator(mode="after")
    def _require_spans(self) -> Experiment:
        spans = (self.duration, self.baseline, self.lease)
        if any(span <= timedelta(0) for span in spans) or self.recovery < timedelta(0):
            message = "duration, baseline and lease are longer than nothing"
            raise ValueError(message)
        if self.lease > LONGEST_LEASE:
            message = f"a lease lasts at most {LONGEST_LEASE}"
            raise ValueError(message)
        return self


class Phase(StrEnum):
    """Parts of a run."""

    BASELINE = "baseline"
    FAULT = "fault"
    RECOVERY = "recovery"


class Sample(Record):
    """What the watcher saw of one journey in one second (or one `every`)."""

    at: Instant
    phase: Phase
    journey: Text
    requests: int = Field(ge=0)
    ok: int = Field(ge=0)
    p50_ms: float | None = None
    p95_ms: float | None = None
    """`None` when nothing was answered."""
    waiting: int = Field(default=0, ge=0)
    """Questions without an answer at its end; told while a run goes on, and never kept."""


class WireSample(Record):
    """What the injector's side saw of the target's calls between two looks, whether it broke them or not."""

    at: Instant
    """Of the later look."""
    phase: Phase
    """That of both looks; what passed while a fault came or went is left out."""
    seconds: float = Field(gt=0)
    """Between the looks."""
    calls: float = Field(ge=0)
    """Ended in that time."""
    call_seconds: float = Field(ge=0)
    """Calls in flight, summed over that time."""
    failed: float = Field(default=0, ge=0)
    """Of the calls: known to have got no good answer. What fails behind the injector it does not see."""


class Measured(Record):
    """One journey over one phase."""

    journey: Text
    phase: Phase
    requests: int = Field(ge=0)
    ok_ratio: float | None = Field(default=None, ge=0, le=1)
    p50_ms: float | None = None
    p95_ms: float | None = None


class Verdict(StrEnum):
    """What a rehearsal showed."""

    GRACEFUL = "graceful"
    """The fault was there, and the journeys it hits went on."""
    CONTAINED = "contained"
    """They failed, fast, and nothing else did."""
    COLLAPSED = "collapsed"
    """Something outside of what was expected suffered, or it did not come back."""
    INCONCLUSIVE = "inconclusive"
    """No steady baseline, too little was measured, or it was stopped early for another reason."""
    INVALID = "invalid"
    """The fault was never seen on the wire: nothing was rehearsed."""


class ExperimentResult(Record):
    """How a run went, from its first look to its last."""

    experiment_id: Text
    digest: Text
    """Of the experiment that was approved and run."""
    verdict: Verdict
    why: Text
    started_at: Instant
    injected_at: Instant | None = None
    withdrawn_at: Instant | None = None
    """When the fault was seen to be gone."""
    ended_at: Instant
    affected: int = Field(default=0, ge=0)
    """Calls (or replicas) that the injector says it hit; proof that there was a fault."""
    aborted: str = ""
    """Why it was ended before its time: a breach, a stop, a halt. Empty: it was not."""
    measured: tuple[Measured, ...] = ()
    samples: tuple[Sample, ...] = ()
    wire: tuple[WireSample, ...] = ()
    """Empty where the injector sees no calls."""
    comparison: tuple[str, ...] = ()
    """Prediction beside measurement, a line each: `in flight: 20 predicted, 19.7 measured`."""
    fix_first: str = ""
    """What to change first, in words; empty when nothing failed."""
