"""A scripted stand-in for the house: remembers what it was told, and answers from one incident."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.unit.web import story

from fermata.domain.alert import Alert
from fermata.domain.card import Card
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind, Gap
from fermata.domain.execution import Execution, Verification
from fermata.domain.incident import UNFINISHED_STATES, Incident
from fermata.domain.journal import AuditReport, JournalEntry, JournalEvent
from fermata.domain.model import Attempt
from fermata.domain.person import FERMATA, Person
from fermata.domain.plan import Plan
from fermata.domain.proposal import Answer, Approval, Proposal, ProposalState, Ruling
from fermata.domain.record import Instant, Record
from fermata.flows.costs import Costs
from fermata.flows.halt import Halt
from fermata.kit.errors import NotFoundError
from fermata.ports.desk import Reply
from fermata.ports.system import CheckResult
from fermata.rules.card import CardInput, compose_card
from fermata.rules.costs import report_costs

TOKEN = "intake-token-for-tests"
SECRET = "signing-secret-for-tests"
SENTRY_SECRET = "client-secret-for-tests"


@dataclass
class Oidc:
    """No identity provider, unless a test names one."""

    issuer: str = ""
    client_id: str = "fermata"
    client_secret: str = "client-secret"
    claim: str = "email"
    ca_file: Any = None


@dataclass
class Settings:
    """As the settings give them."""

    alert_token: str | None = TOKEN
    alert_hmac_secret: str | None = SECRET
    alert_sentry_secret: str | None = SENTRY_SECRET
    public_url: str = "http://127.0.0.1:4600"
    max_body_bytes: int = 4 * 1024 * 1024
    oidc: Oidc = field(default_factory=Oidc)


class Receipt(Record):
    alerts: int
    new: int
    incidents: tuple[str, ...]
    truncated: int
    refused: int = 0
    held_back: tuple[str, ...] = ()


class View(Record):
    incident: Incident
    alerts: tuple[Alert, ...]
    evidence: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]
    diagnosis: Diagnosis | None = None
    plan: Plan | None
    proposal: Proposal | None
    approvals: tuple[Approval, ...] = ()
    executions: tuple[Execution, ...] = ()
    verifications: tuple[Verification, ...] = ()
    journal: tuple[JournalEntry, ...]
    costs: tuple[Attempt, ...] = ()
    card: Card


class Pending(Record):
    proposal: Proposal
    plan: Plan
    incident: Incident
    approvals: tuple[Approval, ...] = ()


class Session(Record):
    id: str
    person: Person
    csrf: str
    expires_at: Instant


def make_view(state=ProposalState.OPEN, **changes):
    """Give the story's incident, with its proposal in a state."""
    logs = story.make_evidence()
    commit = story.make_evidence("4be21d07 Cache the product catalogue", story.COMMIT, EvidenceKind.CHANGE, cut="")
    alerts = (story.make_alert(), story.make_alert("CheckoutErrors"))
    incident, plan = story.make_incident(alerts=alerts), story.make_plan(logs)
    proposal = story.make_proposal(plan, state)
    values = {
        "incident": incident,
        "alerts": alerts,
        "evidence": (logs, commit),
        "gaps": (story.GAP,),
        "plan": plan,
        "proposal": proposal,
        "journal": story.make_journal(),
        "diagnosis": story.make_diagnosis(logs, commit),
    } | changes
    card = compose_card(
        CardInput(**{key: values[key] for key in CardInput.model_fields if key in values}, now=story.NOW)
    )
    return View(**{"card": card} | values)


class Drafts:
    """Where post-mortems are asked for: one that a test puts here, or none."""

    def __init__(self):
        self.found = None

    async def find(self, incident_id):
        return self.found

    def list_places(self):
        return ()


@dataclass
class House:
    """The stand-in: one object plays every part."""

    clock: Any
    web: Settings = field(default_factory=Settings)
    views: dict[str, View] = field(default_factory=dict)
    running: bool = False
    hears: bool = True
    bodies: list = field(default_factory=list)
    signed: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    clicks: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    """Snoozes and questions."""
    halted: Halt | None = None
    tokens: set = field(default_factory=lambda: {"link-1", "link-2"})
    open_sessions: dict = field(default_factory=dict)
    fault: Exception | None = None
    """Raised by whatever is asked next, until it is taken away."""
    verified: int = 0
    entries: list = field(default_factory=lambda: list(story.make_journal()))
    """The journal."""
    spent: tuple = ()
    """The ledger."""
    left: tuple = ()
    """Of the budgets."""

    def __post_init__(self):
        self.intake = self.decisions = self.readings = self.switch = self.desk = self
        self.sessions = SessionDesk(self)
        self.postmortems = Drafts()
        self.views = self.views or {story.INCIDENT_ID: make_view()}

    async def open_postmortems(self):
        return self.postmortems

    def start(self):
        self.running = True

    async def close(self):
        self.running = False

    def fail(self):
        if self.fault is not None:
            raise self.fault

    async def prove(self, challenge):
        self.fail()
        return f"proof of {challenge}"

    async def is_ready(self):
        ok = self.fault is None
        return [CheckResult(name="store", ok=ok, text="answers" if ok else "the disk is full; make room")]

    async def check_channels(self):
        return [CheckResult(name="chat: listener", ok=self.hears, text="the token of room C1 was revoked")]

    async def render_metrics(self):
        return b"# TYPE fermata_alerts_total counter\nfermata_alerts_total 2\n"

    async def receive(self, source, body, signed=None):
        self.fail()
        if source != "alertmanager":
            raise NotFoundError(f"There is no alert source {source!r}")
        self.bodies.append(body)
        self.signed.append(signed)
        return Receipt(alerts=2, new=1, incidents=(story.INCIDENT_ID,), truncated=0)

    async def refuse(self, source, reason, detail):
        self.refusals.append((source, reason))

    async def decide(self, proposal_id, ruling, *, channel, handle, person_id, shown_digest, reason=""):
        self.fail()
        view = self.views[story.INCIDENT_ID]
        self.clicks.append((proposal_id, ruling, channel, handle, person_id, shown_digest, reason))
        if view.proposal.state is not ProposalState.OPEN:
            return Answer(accepted=False, state=view.proposal.state, text="Already decided by ada.", rule="decided")
        state = ProposalState.APPROVED if ruling is Ruling.APPROVE else ProposalState.REJECTED
        decided = {"decided_at": self.clock.now(), "decided_by": "ada", "reason": reason}
        proposal = view.proposal.model_copy(update={"state": state, **decided})
        card = view.card.model_copy(update={"can_decide": False})
        self.views[story.INCIDENT_ID] = view.model_copy(update={"proposal": proposal, "card": card})
        text = f"{state.value.capitalize()}. The plan runs now." if state is ProposalState.APPROVED else "Rejected."
        return Answer(accepted=True, state=state, text=text, execution_enqueued=True)

    async def snooze(self, guest, incident_id, span):
        self.fail()
        self.asked.append((guest.channel, guest.handle, incident_id, span))
        return Reply(text="Snoozed.")

    async def command(self, guest, text):
        self.fail()
        self.asked.append((guest.channel, guest.handle, text))
        return Reply(text="It is resolved.")

    async def ask_for_more(self, guest, incident_id, question=""):
        self.fail()
        self.asked.append((guest.channel, guest.handle, incident_id, question))
        return Reply(text=f"{question}\n" * 100 if question else "Looking again.", ok="?" not in question)

    async def list_incidents(self, limit, offset):
        self.fail()
        return [view.incident for view in self.views.values()][offset : offset + limit]

    async def search_incidents(self, words, states, limit, offset):
        found = [view.incident for view in self.views.values() if all(map(view.incident.mentions, words))]
        return [incident for incident in found if not states or incident.state in states][offset : offset + limit]

    async def list_severe(self, limit):
        found = [incident for incident in (view.incident for view in self.views.values()) if incident.severity.rank < 2]
        return [incident for incident in found if incident.state in UNFINISHED_STATES][:limit]

    async def count_incidents(self, states):
        return sum(view.incident.state in states for view in self.views.values())

    async def report_costs(self, by, days):
        self.fail()
        return Costs(report=report_costs(self.spent, by), left=self.left)

    async def show(self, incident_id):
        self.fail()
        if incident_id not in self.views:
            raise NotFoundError("There is no such incident")
        return self.views[incident_id]

    async def count_pending(self):
        return 512

    async def list_pending(self):
        views = [view for view in self.views.values() if view.card.can_decide]
        return [
            Pending(proposal=view.proposal, plan=view.plan, incident=view.incident, approvals=view.approvals)
            for view in views
        ]

    async def list_approved(self):
        views = self.views.values()
        return frozenset(
            view.incident.id for view in views if view.proposal and view.proposal.state is ProposalState.APPROVED
        )

    async def list_journal(self, incident_id, after, limit):
        self.fail()
        return [entry for entry in self.entries if entry.sequence > after][:limit]

    async def find_journal_head(self):
        self.fail()
        return len(self.entries)

    def happen(self, incident_id=story.INCIDENT_ID, kind="incident.diagnosed"):
        """Write an entry, as whatever changes an incident does."""
        event = JournalEvent(kind=kind, actor=FERMATA, incident_id=incident_id)
        last = self.entries[-1]
        self.entries.append(JournalEntry.chain(last.sequence + 1, self.clock.now(), event, last.hash))

    async def verify_journal(self):
        self.verified += 1
        return AuditReport(entries=len(self.entries), head=self.entries[-1].hash, faults=())

    async def find(self):
        return self.halted

    async def halt(self, by, reason):
        self.halted = Halt(by=by.id, reason=reason, since=self.clock.now())

    async def resume(self, by):
        self.halted = None


@dataclass
class SessionDesk:
    """One-time links and sessions."""

    house: House

    async def redeem(self, token):
        if token not in self.house.tokens:
            return None
        self.house.tokens.remove(token)
        return self.open()

    async def admit(self, channel, handle):
        if handle != "ada@example.com":
            self.house.refusals.append((channel, handle))
            return None
        return self.open()

    def open(self):
        n = len(self.house.open_sessions) + 1
        expires = self.house.clock.now() + timedelta(hours=12)
        session = Session(id=f"session-{n}", person=story.ADA, csrf=f"csrf-secret-{n}", expires_at=expires)
        self.house.open_sessions[session.id] = session
        return session

    async def find(self, session_id):
        return self.house.open_sessions.get(session_id)

    async def end(self, session_id):
        self.house.open_sessions.pop(session_id, None)
