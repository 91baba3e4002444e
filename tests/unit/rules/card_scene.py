"""One plan with its card, for the tests of what a card shows and of what it must show."""

from datetime import UTC, datetime, timedelta

from fermata.domain.action import BlastRadius, DryRun, EarlierAction, Outcome, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.proposal import Proposal, ProposalState
from fermata.rules.card import CardInput, compose_card
from fermata.rules.citations import cite

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHECKOUT = Entity.parse("supervisor:process/checkout")
SHOP = Entity.parse("git:repository/shop")
REVERT_DIFF = "--- a/services/checkout.py\n+++ b/services/checkout.py\n-broken\n+whole\n"

LOG = Evidence(
    incident_id="inc-1",
    kind=EvidenceKind.LOGS,
    collector="supervisor.logs",
    entity=CHECKOUT,
    title="checkout: stderr",
    query="tail",
    observed_at=NOON,
    fresh_until=NOON + timedelta(minutes=5),
    lines=(EvidenceLine(number=7, text="boom begins"), EvidenceLine(number=8, text="TypeError: boom")),
    cut="first 2 of 9 lines: budget",
)


def make_action(number, name, target, *, diff, possible=True, note="", **parameters):
    """Build one planned action."""
    dry_run = DryRun(
        possible=possible,
        diff=diff,
        note=note,
        observed_version="v1",
        blast_radius=BlastRadius(count=1, entities=(target.ref,), text=f"touches {target.name}"),
        undo_text=f"undo of {name}",
    )
    return PlannedAction(
        id=f"act-{number}", name=name, target=target, parameters=parameters, risk=Risk.MEDIUM, dry_run=dry_run
    )


PLAN = Plan(
    id="plan-1",
    incident_id="inc-1",
    created_at=NOON,
    summary="Revert and restart.",
    cause="faulty_commit",
    evidence_ids=(LOG.id,),
    citations=(cite(LOG, 7, 8),),
    actions=(
        make_action(0, "git.revert_commit", SHOP, diff=REVERT_DIFF, note="a commit is made", commit="abc", force=False),
        make_action(1, "supervisor.restart", CHECKOUT, diff="", possible=False),
    ),
    steady_state=SteadyState(
        entity=CHECKOUT, text="checkout is RUNNING", stable_for=timedelta(seconds=5), within=timedelta(minutes=2)
    ),
    approval=ApprovalRule(
        guardrails=("restart-shop", "revert-shop"),
        roles=("oncall",),
        people=("alice",),
        needed=2,
        valid_for=timedelta(minutes=30),
    ),
    earlier=(
        EarlierAction(
            action_name="supervisor.restart",
            target=CHECKOUT,
            at=NOON - timedelta(hours=1),
            outcome=Outcome.DONE,
            verdict="unchanged",
            text="restarted, did not help",
        ),
    ),
    undoes="plan-0",
)
BOUND = {"plan_id": PLAN.id, "incident_id": "inc-1", "plan_digest": PLAN.digest}
HALF_PAST = NOON + timedelta(minutes=30)
PROPOSAL = Proposal(id="prop-1", state=ProposalState.OPEN, opened_at=NOON, expires_at=HALF_PAST, **BOUND)
LEADING = Hypothesis(
    cause="faulty_commit",
    text="abc broke checkout.",
    confidence=0.9,
    entity=CHECKOUT,
    citations=(cite(LOG, 7, 8, "begins\nTypeError"),),
)
OTHER = LEADING.model_copy(
    update={"cause": "crash_loop", "confidence": 0.2, "lost_because": "only a symptom", "person_must": "Look."}
)


def make_alert(number=0, **changes):
    """Build an alert; the number makes it another one."""
    usual = Alert(
        source="alertmanager",
        fingerprint=f"f{number}",
        name="CheckoutDown",
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={},
        annotations={"summary": "checkout is down"},
        starts_at=NOON,
        payload_digest="sha256:0",
        received_at=NOON,
    )
    return usual.model_copy(update=changes)


def make_incident(**changes):
    """Build the incident."""
    usual = Incident(
        id="inc-1",
        title="Something",
        state=IncidentState.HELD,
        severity=Severity.CRITICAL,
        opened_at=NOON,
        started_at=NOON,
        updated_at=NOON,
        alert_ids=("al-1",),
        merges=(MergeReason(alert_id="al-1", rule="first", text="first", at=NOON),),
        entities=(Entity(kind="service", name="checkout"),),
    )
    return usual.model_copy(update=changes)


def compose_usual(**changes):
    """Compose the card of the usual story, with changes."""
    usual = {
        "incident": make_incident(),
        "alerts": (make_alert(value="0.97"),),
        "evidence": (LOG,),
        "diagnosis": Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(LEADING, OTHER), guilty_change="abc"),
        "plan": PLAN,
        "proposal": PROPOSAL,
        "now": NOON,
    }
    return compose_card(CardInput(**(usual | changes)))


def find_section(card, heading):
    """Return the section of that heading, or `None`."""
    return next((section for section in card.sections if section.heading == heading), None)


def list_rows(card, heading):
    """Return the rows of a section as label -> text."""
    section = find_section(card, heading)
    return {row.label: row.text for row in section.rows} if section else {}
