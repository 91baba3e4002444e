"""One well-filled record of every kind of the domain: no field keeps its default where another value is allowed."""

from datetime import UTC, datetime, timedelta

from tests.unit.domain.samples_of_experiments import EXPERIMENT_SAMPLES
from tests.unit.domain.samples_of_models import MODEL_SAMPLES
from tests.unit.domain.samples_of_postmortems import POSTMORTEM_SAMPLES

from fermata.domain.action import (
    ActionResult,
    ActionSpec,
    BlastRadius,
    DryRun,
    EarlierAction,
    Outcome,
    PlannedAction,
    Risk,
)
from fermata.domain.alert import Alert, AlertBatch, AlertStatus, Severity, Signed
from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.domain.diagnosis import ActionSuggestion, ChangeVerdict, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gap, Gathering
from fermata.domain.execution import (
    Execution,
    HealthReading,
    Intent,
    StepResult,
    Verification,
    VerificationVerdict,
)
from fermata.domain.facts import (
    CallEdge,
    ChangeFacts,
    DatabaseHolder,
    DatabaseIndex,
    DatabaseLoadFacts,
    DatabaseScan,
    DatabaseSession,
    DatabaseStatement,
    DatabaseTable,
    DesiredFacts,
    EnvironmentFacts,
    FileChange,
    GraphFacts,
    LogFacts,
    LogPattern,
    LogPatternFacts,
    MetricFacts,
    MountFacts,
    NamedFile,
    ObjectFacts,
    ProviderEvent,
    ProviderStatusFacts,
    ResourceFacts,
    RunbookFacts,
    Series,
    StateFacts,
    TicketFacts,
    TraceFacts,
    TraceSpan,
    WorkloadPhase,
)
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.journal import GENESIS, AuditFault, AuditReport, JournalEntry, JournalEvent
from fermata.domain.person import Actor, GroupRole, Person
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.policy import Approvers, FreezeWindow, Guardrail, Policy, PolicyDecision
from fermata.domain.proposal import Answer, Approval, Proposal, ProposalState
from fermata.domain.scope import Scope
from fermata.domain.silence import Silence

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5, microseconds=1)
EDGE = CallEdge(caller="checkout", callee="profile", mode="sync", facts={"timeout_ms": 250})
PROVIDER_EVENT = ProviderEvent(
    id="pe-1",
    service="object storage",
    region="eu-1",
    status="outage",
    title="Elevated errors",
    detail="We look into it.",
    started_at=NOON,
    resolved_at=LATER,
)
SPAN = TraceSpan(
    trace_id="t1",
    span_id="s2",
    parent_id="s1",
    service="checkout",
    operation="GET /",
    kind="server",
    started_at=NOON,
    duration_s=0.25,
    error=True,
    attributes={"http.status_code": 500},
)
CHECKOUT = Entity(system="supervisor", kind="process", namespace="shop", name="checkout")

ALERT = Alert(
    source="alertmanager",
    fingerprint="9f86d081884c7d65",
    name="CheckoutDown",
    status=AlertStatus.FIRING,
    severity=Severity.CRITICAL,
    labels={"service": "checkout", "severity": "page"},
    annotations={"summary": "Checkout is down", "description": "No answer for 1 m"},
    starts_at=NOON,
    ends_at=LATER,
    generator_url="http://prometheus.example/graph?g0.expr=up",
    value="0",
    payload_digest="sha256:00",
    received_at=LATER,
)
SUGGESTION = ActionSuggestion(
    name="supervisor.set_env", target=CHECKOUT, parameters={"name": "PAYMENT_TIMEOUT_MS", "value": "2500"}
)
DRY_RUN = DryRun(
    possible=True,
    diff='-environment=PAYMENT_TIMEOUT_MS="250"\n+environment=PAYMENT_TIMEOUT_MS="2500"\n',
    note="the process restarts",
    observed_version="sha256:11",
    blast_radius=BlastRadius(count=2, entities=(CHECKOUT.ref, "service/cart"), text="1 process restarts"),
    undo=SUGGESTION,
    undo_text="Set PAYMENT_TIMEOUT_MS back to 250",
)
EARLIER = EarlierAction(
    action_name="supervisor.restart",
    target=CHECKOUT,
    at=NOON,
    outcome=Outcome.DONE,
    verdict="unchanged",
    text="Restarted 5 min ago; it did not help",
)
CITATION = Citation(evidence_id="ev-1", first_line=3, last_line=4, quote="MemoryError")
HYPOTHESIS = Hypothesis(
    cause="bad_setting",
    text="The timeout is too short",
    confidence=0.8,
    tier="signatures",
    entity=CHECKOUT,
    citations=(CITATION,),
    suggestions=(SUGGESTION,),
    person_must="Look at the gateway",
    lost_because="Another fits better",
)
GAP = Gap(collector="supervisor.logs", entity=CHECKOUT, reason="timed out after 5 s", took=timedelta(seconds=5))
EVIDENCE = Evidence(
    incident_id="inc-1",
    kind=EvidenceKind.LOGS,
    collector="supervisor.logs",
    entity=CHECKOUT,
    title="checkout: stderr",
    query="tail",
    observed_at=NOON,
    fresh_until=LATER,
    lines=(EvidenceLine(number=3, text="starting"), EvidenceLine(number=4, text="MemoryError")),
    facts={"path": "checkout.log", "deep": {"list": [1, {"two": 2.5}], "none": None}},
    cut="first 2 of 4 lines: budget",
    redactions=1,
)
PLAN = Plan(
    id="plan-1",
    incident_id="inc-1",
    created_at=NOON,
    summary="Raise the payment timeout",
    cause="bad_setting",
    evidence_ids=("ev-1", "ev-2"),
    citations=(CITATION, Citation(evidence_id="ev-2", first_line=1, last_line=2, quote="timeout")),
    actions=(
        PlannedAction(
            id="act-1",
            name="supervisor.set_env",
            target=CHECKOUT,
            parameters={"name": "PAYMENT_TIMEOUT_MS", "value": "2500", "deep": {"list": [1, True, None, 2.5]}},
            risk=Risk.MEDIUM,
            dry_run=DRY_RUN,
        ),
        PlannedAction(
            id="act-2",
            name="supervisor.restart",
            target=CHECKOUT,
            parameters={},
            risk=Risk.LOW,
            dry_run=DRY_RUN.model_copy(update={"possible": False, "undo": None}),
        ),
    ),
    steady_state=SteadyState(
        entity=CHECKOUT, text="RUNNING for 5 s", stable_for=timedelta(seconds=5), within=timedelta(minutes=5)
    ),
    approval=ApprovalRule(
        guardrails=("shop",), roles=("oncall",), people=("ada",), needed=2, valid_for=timedelta(minutes=30)
    ),
    earlier=(EARLIER,),
    undoes="plan-0",
)
RESULT = ActionResult(outcome=Outcome.DONE, detail="restarted", at=LATER)
STEP = StepResult(action_id="act-1", action_name="supervisor.set_env", target=CHECKOUT, result=RESULT)
READING = HealthReading(entity=CHECKOUT, healthy=True, text="RUNNING for 6 s", severity=3, at=LATER)
MERGE = MergeReason(alert_id=ALERT.id, rule="entity", text="the same process", at=NOON, shadow=True)
EVENT = JournalEvent(
    kind="proposal.approved",
    actor=Actor(kind="person", id="ada", channel="console"),
    incident_id="inc-1",
    data={"plan_id": "plan-1", "counts": [1, 2]},
)
GUARDRAIL = Guardrail(
    id="shop",
    actions=("supervisor.*",),
    resources=("supervisor:process/*",),
    approvers=Approvers(roles=("oncall",), people=("ada",)),
    approvals=2,
    max_risk=Risk.MEDIUM,
    max_blast_radius=3,
    condition="blast_radius < 3",
    valid_for=timedelta(minutes=10),
    cooldown=timedelta(minutes=5),
)
FREEZE = FreezeWindow(id="launch", starts_at=NOON, ends_at=LATER, reason="launch", resources=("kubernetes:*",))
SECTION = CardSection(
    heading="Evidence",
    paragraphs=("What was seen.",),
    rows=(CardRow(label="State", text="FATAL", tone=Tone.BAD),),
    quotes=(Quote(source="checkout: stderr", evidence_id="ev-1", line=4, text="MemoryError"),),
    diff="-a\n+b\n",
)

INDEX = DatabaseIndex(name="order_lines_pkey", columns=("id",), definition="CREATE UNIQUE INDEX ...")
TABLE = DatabaseTable(namespace="public", name="order_lines", rows=6e5, size_bytes=2**24, indexes=(INDEX,))
SESSION = DatabaseSession(
    line=2,
    pid=4711,
    backend_started_at=NOON,
    user="shop",
    application="checkout",
    state="active",
    wait="Lock:transactionid",
    statement="UPDATE order_lines SET sku = ?",
    statement_digest="ab" * 32,
    blocked_by=(4710,),
)
STATEMENT = DatabaseStatement(digest="d1", text="SELECT ?", calls=9, mean_s=0.5, total_s=4.5, recent_calls=2)
SCAN = DatabaseScan(
    statement_digest="d1",
    statement="SELECT ?",
    namespace="public",
    table="order_lines",
    equal_columns=("order_id",),
    rows_read=6e5,
    rows_kept=24,
    cost=11105.5,
)

SAMPLES = [
    ALERT,
    AlertBatch(source="alertmanager", group_key="{}", alerts=(ALERT,), truncated=1),
    Signed(digest="sha256:5e1f", is_stamped=True),
    CHECKOUT,
    SUGGESTION,
    DRY_RUN,
    DRY_RUN.blast_radius,
    ActionSpec(
        name="supervisor.set_env",
        summary="Set one variable",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema={"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    ),
    PLAN.actions[0],
    RESULT,
    EARLIER,
    SECTION,
    SECTION.rows[0],
    SECTION.quotes[0],
    Card(
        incident_id="inc-1",
        title="checkout: CheckoutDown",
        subtitle="held",
        tone=Tone.WARN,
        sections=(SECTION,),
        proposal_id="prop-1",
        plan_digest=PLAN.digest,
        can_decide=True,
        expires_at=LATER,
        footer="Incident inc-1",
    ),
    CITATION,
    HYPOTHESIS,
    Diagnosis(
        verdict=Verdict.IDENTIFIED, hypotheses=(HYPOTHESIS,), checks=("look",), guilty_change="83db48f", gaps=(GAP,)
    ),
    EVIDENCE,
    EVIDENCE.lines[0],
    GAP,
    Gathering(evidence=(EVIDENCE,), gaps=(GAP,), took=timedelta(seconds=2)),
    Intent(
        action_id="act-1",
        plan_id="plan-1",
        plan_digest="sha256:22",
        action_name="supervisor.set_env",
        target=CHECKOUT,
        intended_at=NOON,
        outcome=Outcome.UNKNOWN,
        detail="no answer",
        settled_at=LATER,
    ),
    STEP,
    Execution(
        id="exec-1",
        plan_id="plan-1",
        proposal_id="prop-1",
        incident_id="inc-1",
        plan_digest="sha256:22",
        started_at=NOON,
        ended_at=LATER,
        steps=(STEP,),
    ),
    READING,
    Verification(
        execution_id="exec-1",
        verdict=VerificationVerdict.RESTORED,
        before=(READING,),
        after=(READING,),
        text="It runs again",
        verified_at=LATER,
        took=timedelta(seconds=9),
    ),
    StateFacts(
        phase=WorkloadPhase.CRASH_LOOP,
        system_state="BACKOFF",
        exit_code=-9,
        exits=4,
        pid=17,
        started_at=NOON,
        killed_for_memory=True,
        ended_for="Watchdog timeout (limit 8s)",
        networks=("shop_back",),
        command="python checkout.py",
        files=(NamedFile(path="/srv/shop/checkout.py", changed_at=NOON),),
        version="1.2",
    ),
    NamedFile(path="/srv/shop/checkout.py", changed_at=NOON),
    ResourceFacts(
        memory_bytes=1,
        memory_peak_bytes=2,
        memory_limit_bytes=3,
        memory_limit_kind="ulimit -d",
        host_available_bytes=4,
        cpu_seconds=0.5,
        cpu_limit_cores=0.25,
        cpu_periods=10,
        cpu_throttled_periods=8,
        open_files=60,
        open_files_limit=64,
        full_mounts=("/data",),
    ),
    EnvironmentFacts(variables={"PORT": "80"}, origin="/proc/17/environ"),
    DesiredFacts(
        variables={"PORT": "80"}, path="deploy/checkout.env", repository="git:repository/shop", commit="83db48f"
    ),
    FileChange(path="deploy/checkout.env", added=(1, 2)),
    MountFacts(path="/data", source="volume shop_data"),
    DatabaseHolder(address="172.18.0.5", connections=90, idle=89),
    ChangeFacts(
        id="83db48f",
        kind="deploy",
        title="Lower the timeout",
        author="ada",
        changed_at=NOON,
        repository="git:repository/shop",
        files=(FileChange(path="deploy/checkout.env", added=(1,)),),
        diff_read=True,
        revertible=True,
        is_reverted_aside=True,
        service="checkout",
        environment="production",
        state="success",
        ref="v1.2",
        sha="83db48f",
        commits=("83db48f",),
    ),
    TicketFacts(
        key="SHOP-12",
        title="checkout times out",
        state="Done",
        is_open=False,
        priority="High",
        assignee="Ada",
        created_at=NOON,
        updated_at=LATER,
        url="https://jira.example.com/browse/SHOP-12",
        labels=("till",),
    ),
    ChangeVerdict(id="83db48f", blame=0.75, why="It lowered the timeout."),
    ObjectFacts(form="api", objects=({"kind": "Pod", "metadata": {"name": "checkout-1"}},)),
    EDGE,
    GraphFacts(services=({"name": "checkout"},), edges=(EDGE,), journeys=({"name": "buy"},)),
    PROVIDER_EVENT,
    ProviderStatusFacts(source="acme", fetched_at=LATER, events=(PROVIDER_EVENT,)),
    SPAN,
    TraceFacts(spans=(SPAN,)),
    LogPattern(service="checkout", signature="timeout after <*>", count=7, delta=0.5),
    LogPatternFacts(patterns=(LogPattern(service="checkout", signature="timeout", count=7, delta=0.5),)),
    INDEX,
    TABLE,
    SESSION,
    STATEMENT,
    SCAN,
    DatabaseLoadFacts(
        database="shop",
        connections=42,
        max_connections=97,
        sessions=(SESSION,),
        statements=(STATEMENT,),
        scans=(SCAN,),
        tables=(TABLE,),
    ),
    LogFacts(path="checkout.log", stream="stderr", first_line=3, total_lines=4, oldest_at=NOON),
    Series(labels={"job": "checkout"}, points=((1.0, 2.5), (2.0, -0.0))),
    MetricFacts(
        expression="up",
        unit="1",
        purpose="alert",
        step_s=15.0,
        series=(Series(labels={"job": "checkout"}, points=((1.0, 2.5),)),),
    ),
    MERGE,
    Incident(
        id="inc-1",
        title="Checkout is down",
        state=IncidentState.MERGED,
        severity=Severity.HIGH,
        opened_at=LATER,
        started_at=NOON,
        updated_at=LATER,
        resolved_at=LATER,
        alert_ids=(ALERT.id,),
        merges=(MERGE,),
        entities=(CHECKOUT,),
        merged_into="inc-0",
        split_from="inc-00",
        truncated_alerts=2,
    ),
    EVENT,
    JournalEntry.chain(1, NOON, EVENT, GENESIS),
    AuditFault(sequence=3, kind="edited", text="the hash differs"),
    AuditReport(entries=3, head="sha256:33", faults=(AuditFault(sequence=3, kind="edited", text="the hash differs"),)),
    Person(id="ada", name="Ada Brandt", roles=("oncall",), handles={"console": "ada"}, bot=True),
    GroupRole(channel="slack", id="S0123ABC", role="oncall"),
    EVENT.actor,
    PLAN.steady_state,
    PLAN.approval,
    PLAN,
    GUARDRAIL.approvers,
    GUARDRAIL,
    FREEZE,
    Policy(guardrails=(GUARDRAIL,), freezes=(FREEZE,)),
    PolicyDecision(
        permitted=True,
        guardrail="shop",
        reason="shop covers it",
        roles=("oncall",),
        people=("ada",),
        approvals=2,
        valid_for=timedelta(minutes=10),
        cooldown=timedelta(minutes=5),
    ),
    Proposal(
        id="prop-1",
        plan_id="plan-1",
        incident_id="inc-1",
        plan_digest="sha256:22",
        state=ProposalState.REJECTED,
        opened_at=NOON,
        expires_at=LATER,
        decided_at=LATER,
        decided_by="ada",
        reason="not now",
    ),
    Approval(
        id="appr-1",
        proposal_id="prop-1",
        plan_digest="sha256:22",
        person_id="ada",
        role="oncall",
        channel="console",
        approved_at=NOON,
        expires_at=LATER,
    ),
    Answer(accepted=True, state=ProposalState.APPROVED, text="Done", rule="not_entitled", execution_enqueued=True),
    Scope(incident_id="inc-1", alerts=(ALERT,), entities=(CHECKOUT,), onset=NOON, window_start=NOON, window_end=LATER),
    Silence(id="maintenance", match={"service": "check*"}, until=LATER, reason="maintenance"),
    RunbookFacts(path="ops/checkout.md", heading="Checkout > Restart", changed_at=NOON, ref="83db48f"),
    *MODEL_SAMPLES,
    *EXPERIMENT_SAMPLES,
    *POSTMORTEM_SAMPLES,
]
