"""Well-filled records of rehearsals, beside `samples.SAMPLES`."""

from datetime import UTC, date, datetime, timedelta

from fermata.domain.experiment import (
    Expected,
    Experiment,
    ExperimentResult,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Measured,
    Phase,
    Prediction,
    Sample,
    SteadyCheck,
    Verdict,
    WireSample,
)
from fermata.domain.held_experiment import ExperimentApproval, ExperimentState, HeldExperiment, compute_held_digest
from fermata.domain.known_factor import Accepted, KnownFactor
from fermata.domain.sandbox import (
    Bearer,
    RunLimits,
    RunningFault,
    SandboxBudget,
    SandboxFacts,
    SandboxFinding,
    SandboxPod,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
FAULT = FaultSpec(
    kind=FaultKind.LATENCY,
    percent=50,
    latency_ms=2000,
    jitter_ms=10,
    status=503,
    failing_percent=50,
    bytes_per_s=100,
    load_percent=90,
    memory_mb=64,
)
TARGET = FaultTarget(
    system="chaosmesh",
    service="checkout",
    callee="payment",
    namespace="shop-staging",
    labels={"app": "checkout"},
    callee_labels={"app": "payment"},
    ports=(80,),
    address="http://127.0.0.1:8474",
    replicas=3,
)
CHECK = SteadyCheck(
    journey="pay",
    url="http://127.0.0.1:8001/pay",
    min_ok_ratio=0.95,
    max_p95_ms=300,
    rate_rps=10,
    timeout_s=2,
    holds="paid",
    is_hit=True,
)
PREDICTION = Prediction(
    expected=Expected.COLLAPSE, why="40/s x 2 s is more than 20", numbers={"pool": 20.0}, weak_point="pool_exhaustion"
)
EXPERIMENT = Experiment(
    id="exp-1",
    title="payment answers late",
    created_at=NOON,
    target=TARGET,
    fault=FAULT,
    duration=timedelta(minutes=2),
    baseline=timedelta(seconds=10),
    recovery=timedelta(seconds=20),
    lease=timedelta(seconds=5),
    checks=(CHECK,),
    probe_url="http://127.0.0.1:8001/probe",
    prediction=PREDICTION,
    blast_radius="calls of checkout to payment",
    from_incident="inc-1",
)
MEASURED = Measured(journey="pay", phase=Phase.FAULT, requests=10, ok_ratio=0.5, p50_ms=20, p95_ms=2000)
SAMPLE = Sample(at=NOON, phase=Phase.RECOVERY, journey="pay", requests=5, ok=4, p50_ms=20, p95_ms=30)
WIRE = WireSample(at=NOON, phase=Phase.FAULT, seconds=1.0, calls=40, call_seconds=0.25, failed=2)
RESULT = ExperimentResult(
    experiment_id="exp-1",
    digest=EXPERIMENT.compute_digest(),
    verdict=Verdict.COLLAPSED,
    why="refund fell",
    started_at=NOON,
    injected_at=NOON,
    withdrawn_at=LATER,
    ended_at=LATER,
    affected=40,
    aborted="refund suffers",
    measured=(MEASURED,),
    samples=(SAMPLE,),
    wire=(WIRE,),
    comparison=("in flight: 20 predicted, 19.7 measured",),
    fix_first="a timeout",
)
APPROVAL = ExperimentApproval(
    person_id="dana", role="oncall", channel="console", digest="sha256:00", approved_at=NOON, expires_at=LATER
)
HELD = HeldExperiment(
    id="exp-1-20261124",
    experiment=EXPERIMENT,
    digest=compute_held_digest(EXPERIMENT, date(2026, 12, 1)),
    state=ExperimentState.STOPPED,
    preview="{}",
    proposed_by="dana",
    proposed_at=NOON,
    expires_at=LATER,
    scheduled_until=date(2026, 12, 1),
    approvals=(APPROVAL,),
    reason="halted",
    started_at=NOON,
    ended_at=LATER,
    runner="host:1:aa",
    handle="exp-1",
    verdict="inconclusive",
    affected=3,
)
POD = SandboxPod(
    name="checkout-1",
    labels={"app": "checkout"},
    owner="ReplicaSet/checkout-1a",
    is_ready=True,
    uses_host_network=True,
    node="node-1",
)
RUNNING = RunningFault(
    kind="NetworkChaos", namespace="shop-staging", name="exp-1", experiment_id="exp-1", is_stuck=True
)
BEARER = Bearer(id="c0ffee", name="shop-web-1", group="shop", labels={"app": "web"}, is_looked_after=False)
BUDGET = SandboxBudget(name="checkout", allowed=1)
FACTS = SandboxFacts(
    system="chaosmesh",
    place="10.0.0.1:6443",
    addresses=("10.0.0.1",),
    upstream="10.0.0.2:80",
    edge="checkout->payment",
    context="kind-staging",
    namespace="shop-staging",
    namespace_labels={"fermata.dev/rehearsals": "allowed"},
    namespace_annotations={"chaos-mesh.org/inject": "enabled"},
    quotas=("small",),
    network_policies=("closed",),
    pods=(POD,),
    callee_pods=(POD,),
    budgets=(BUDGET,),
    filters_namespaces=True,
    allows_host_network=False,
    running=(RUNNING,),
    crd_versions={"NetworkChaos": "v1alpha1 at 7"},
    document={"kind": "NetworkChaos"},
    document_problems=("no duration",),
    dry_run="denied",
    unread={"quotas": "forbidden"},
    unsuited=("addresses",),
)
FINDING = SandboxFinding(name="quota", ok=True, text="small", proposal="kind: ResourceQuota")
LIMITS = RunLimits(
    longest=timedelta(minutes=1),
    max_percent=10,
    namespaces=("shop-staging",),
    targets=("checkout",),
    longest_lease=timedelta(seconds=10),
    production_words=("prod",),
    sandbox_label="a=b",
)
ACCEPTED = Accepted(service="payment", causes=("service_degraded",))
KNOWN = KnownFactor(
    version=1,
    experiment_id="exp-1",
    verdict="collapsed",
    fault=FAULT,
    service="checkout",
    callee="payment",
    accepted=(ACCEPTED,),
    journeys=("pay",),
)
EXPERIMENT_SAMPLES = [
    *(FAULT, TARGET, CHECK, PREDICTION, EXPERIMENT, MEASURED, SAMPLE, WIRE, RESULT),
    *(APPROVAL, HELD, POD, RUNNING, BEARER, BUDGET, FACTS, FINDING, LIMITS, ACCEPTED, KNOWN),
]
