"""The rows: everything Fermata remembers, in one transaction at a time.

Implementations: SQLite (WAL, synchronous=FULL) and PostgreSQL, from the same code. All methods are synchronous and
belong to a transaction; flows reach them through `Store.write` and `Store.read`, which run in a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from fermata.domain.action import EarlierAction, Outcome
from fermata.domain.alert import Alert, AlertChange, Severity
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, Gap, Gathering
from fermata.domain.execution import Execution, Intent, Verification
from fermata.domain.ids import ActionId, AlertId, ExecutionId, IncidentId, PlanId, ProposalId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import AuditReport, JournalEntry, JournalEvent
from fermata.domain.model import Attempt, Spent
from fermata.domain.plan import Plan
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.ports.experiments import ExperimentRows
from fermata.ports.outbox import DeliveryRows, OutboxRows
from fermata.ports.trail_rows import PostmortemRows, TrailRows

T = TypeVar("T")


class AlertRows(Protocol):
    """Alerts, one row per firing; the state is kept per fingerprint and start, never per group."""

    def record(self, alert: Alert) -> AlertChange:
        """Store the alert or update its state; count the sighting."""
        ...

    def get(self, alert_id: AlertId) -> Alert:
        """Return an alert in its latest state.

        Raises:
            NotFoundError: No such alert.
        """
        ...

    def find(self, text: str) -> Alert | None:
        """Return the alert whose id, fingerprint or name is `text`; the latest when several match."""
        ...

    def list_firing(self, name: str) -> Sequence[Alert]:
        """Return the alerts of this name that fire now, the one that began last at the front."""
        ...

    def find_going_on(self, source: str, fingerprint: str) -> Alert | None:
        """Return the firing of a fingerprint that is not over, else the one that began last; `None` without any.

        Looks at the few that began last, and costs the same however many others there are.
        """
        ...

    def list_by_ids(self, alert_ids: Sequence[AlertId]) -> Sequence[Alert]:
        """Return these alerts in their latest state, in the order given; unknown ids are left out."""
        ...

    def count_sightings(self, alert_id: AlertId) -> int:
        """Return how often it was delivered."""
        ...


@dataclass(frozen=True, slots=True)
class IncidentMark:
    """That an incident exists and when it last changed: enough to know whether a remembered one is still right."""

    id: IncidentId
    changed_at: datetime


class IncidentRows(Protocol):
    """Incidents in their latest form."""

    def save(self, incident: Incident) -> None:
        """Add or replace the incident, and index its alerts to it."""
        ...

    def get(self, incident_id: IncidentId) -> Incident:
        """Return an incident.

        Raises:
            NotFoundError: No such incident.
        """
        ...

    def find_owner(self, alert_id: AlertId) -> IncidentId | None:
        """Return the id of the incident the alert belongs to now, or `None`. Costs the same however large it is."""
        ...

    def find_by_alert(self, alert_id: AlertId) -> Incident | None:
        """Return the incident the alert belongs to now, or `None`."""
        ...

    def list_in_states(self, states: Sequence[IncidentState], *, newest_first: bool = False) -> Sequence[Incident]:
        """Return incidents in these states, at most 1000: the one that changed longest ago at the front, or last."""
        ...

    def count_in_states(self, states: Sequence[IncidentState]) -> int:
        """Return how many incidents are in these states."""
        ...

    def list_joinable(self, since: datetime) -> Sequence[IncidentMark]:
        """Return the marks of incidents that changed at or after `since`, oldest first; merged ones are among them."""
        ...

    def list_recent(self, limit: int = 50, offset: int = 0) -> Sequence[Incident]:
        """Return incidents, newest first."""
        ...

    def search(
        self, words: Sequence[str], states: Sequence[IncidentState] = (), limit: int = 50, offset: int = 0
    ) -> Sequence[Incident]:
        """Return incidents that mention every word and are in one of the states, newest first. No states: in any."""
        ...

    def list_by_severity(
        self, severity: Severity, states: Sequence[IncidentState], limit: int = 50
    ) -> Sequence[Incident]:
        """Return incidents that are exactly so bad and in one of the states, newest first."""
        ...


class FindingRows(Protocol):
    """Evidence, gaps and diagnoses."""

    def add_gathering(self, incident_id: IncidentId, gathering: Gathering) -> None:
        """Keep evidence (the same evidence again changes nothing) and replace the incident's gaps."""
        ...

    def list_evidence(self, incident_id: IncidentId) -> Sequence[Evidence]:
        """Return the incident's evidence, in the order it was added."""
        ...

    def list_gaps(self, incident_id: IncidentId) -> Sequence[Gap]:
        """Return what was missing in the latest gathering."""
        ...

    def save_diagnosis(self, incident_id: IncidentId, diagnosis: Diagnosis) -> None:
        """Keep the latest diagnosis."""
        ...

    def find_diagnosis(self, incident_id: IncidentId) -> Diagnosis | None:
        """Return the latest diagnosis, or `None`."""
        ...

    def carry_over(self, source: IncidentId, target: IncidentId) -> int:
        """Copy evidence and, where the target has none, the diagnosis, to another incident; return how many pieces."""
        ...


class ProposalRows(Protocol):
    """Plans, holds and approvals."""

    def open(self, plan: Plan, proposal: Proposal) -> None:
        """Add a plan with its hold. The same ids again change nothing."""
        ...

    def get(self, proposal_id: ProposalId) -> Proposal:
        """Return a hold.

        Raises:
            NotFoundError: No such proposal.
        """
        ...

    def get_plan(self, plan_id: PlanId) -> Plan:
        """Return a plan, built again from what is stored: an edited row gives another digest, or does not build.

        Raises:
            NotFoundError: No such plan.
            InvariantBroken: The stored text is no valid plan any more.
        """
        ...

    def find_for_incident(self, incident_id: IncidentId) -> Proposal | None:
        """Return the hold that waits or is approved, else the incident's latest one, whatever its state."""
        ...

    def list_for_incident(self, incident_id: IncidentId, limit: int = 100) -> Sequence[Proposal]:
        """Return the incident's holds, the one that waits or is approved first, then newest first."""
        ...

    def list_in_state(
        self, state: ProposalState, limit: int = 100, *, newest_first: bool = False
    ) -> Sequence[Proposal]:
        """Return holds in a state: the one that expires first at the front, or the one that was opened last."""
        ...

    def count_in_state(self, state: ProposalState) -> int:
        """Return how many holds are in a state."""
        ...

    def list_expired(self, now: datetime) -> Sequence[Proposal]:
        """Return open holds at or past their expiry, and those that were opened in a time to come; at most 100.

        The clock was set back since those: they would stay open for as long as it was wrong.
        """
        ...

    def compare_and_set(
        self,
        proposal_id: ProposalId,
        expected: ProposalState,
        new: ProposalState,
        *,
        at: datetime,
        by: str,
        reason: str,
    ) -> bool:
        """Move a hold if it is still in `expected`; answer whether this call did it."""
        ...

    def add_approval(self, approval: Approval) -> bool:
        """Keep one person's yes; False when that person had already said it."""
        ...

    def list_approvals(self, proposal_id: ProposalId) -> Sequence[Approval]:
        """Return the approvals, oldest first."""
        ...


class LedgerRows(Protocol):
    """The intent ledger: what was about to be done, and what is known of it."""

    def intend(self, intent: Intent) -> bool:
        """Write the intent before the effect; False when that action id was ever intended before."""
        ...

    def find(self, action_id: ActionId) -> Intent | None:
        """Return an intent, or `None`."""
        ...

    def settle(self, action_id: ActionId, outcome: Outcome, detail: str, at: datetime) -> None:
        """Write the result beside its intent."""
        ...

    def list_unsettled(self) -> Sequence[Intent]:
        """Return intents without a result, oldest first."""
        ...

    def save_execution(self, execution: Execution) -> None:
        """Add or replace an execution."""
        ...

    def find_execution(self, execution_id: ExecutionId) -> Execution | None:
        """Return an execution, or `None`."""
        ...

    def list_executions(self, incident_id: IncidentId) -> Sequence[Execution]:
        """Return the incident's executions, oldest first."""
        ...

    def save_verification(self, verification: Verification) -> None:
        """Add or replace the verification of an execution."""
        ...

    def find_verification(self, execution_id: ExecutionId) -> Verification | None:
        """Return it, or `None`."""
        ...

    def list_earlier(self, target: Entity, since: datetime, limit: int = 20) -> Sequence[EarlierAction]:
        """Return settled and unsettled actions on a target with what they achieved, newest first."""
        ...


class JournalRows(Protocol):
    """The hash chain. There is no update and no delete."""

    def append(self, event: JournalEvent, at: datetime) -> JournalEntry:
        """Add an event as the next entry."""
        ...

    def list_entries(
        self, *, incident_id: IncidentId | None = None, kinds: Sequence[str] = (), after: int = 0, limit: int = 1000
    ) -> Sequence[JournalEntry]:
        """Return entries in order, those after sequence number `after`."""
        ...

    def find_last(self, kind: str, *, before: int) -> int:
        """Return the sequence number of the last entry of a kind before another; 0 while there is none."""
        ...

    def find_head(self) -> int:
        """Return the sequence number of the last entry; 0 while there is none. Costs the same however long it is."""
        ...

    def find_by_data(
        self, key: str, value: str, limit: int = 100, *, kinds: Sequence[str] = ()
    ) -> Sequence[JournalEntry]:
        """Return entries whose data holds this value under this key, oldest first. No kinds means every kind."""
        ...

    def iterate(self) -> Iterator[JournalEntry]:
        """Yield every entry in stored order, without loading them all."""
        ...

    def verify(self) -> AuditReport:
        """Recompute the whole chain."""
        ...

    def list_lost_guards(self) -> Sequence[str]:
        """Return the triggers that should refuse a change of the journal and are gone or switched off."""
        ...


class FlagRows(Protocol):
    """Small named values: the halt flag, leases, login tokens."""

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Set a value."""
        ...

    def put_if_absent(self, name: str, value: dict[str, Any]) -> bool:
        """Set a value unless there is one; answer whether this call did it."""
        ...

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a value, or `None`."""
        ...

    def remove(self, name: str) -> bool:
        """Remove a value; answer whether there was one: two that race for a one-time token, one wins."""
        ...

    def list_named(self, prefix: str, below: str | None = None, limit: int = 0) -> Sequence[tuple[str, dict[str, Any]]]:
        """Return names and values that start with a prefix, by name.

        Args:
            below: Only those before this name: names that hold an instant are found when it has come.
            limit: At most so many; 0 is all.
        """
        ...


class SpendRows(Protocol):
    """The ledger of calls to models: one row for each, from before it is sent."""

    def sum_spent(self, draft: Attempt) -> Spent:
        """Return what counts against the budgets of a call. Until the transaction ends, others that ask wait."""
        ...

    def open(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made, at the most it may cost."""
        ...

    def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was. Idempotent."""
        ...

    def withdraw(self, attempt_id: str) -> None:
        """Remove an open row: the call was surely never sent. A settled one stays."""
        ...

    def list_open(self, before: datetime, limit: int = 100) -> Sequence[Attempt]:
        """Return calls begun before an instant and never settled, oldest first."""
        ...

    def list_attempts(self, since: datetime, until: datetime) -> Sequence[Attempt]:
        """Return the calls of a time (`since` included), open ones among them, oldest first; at most 100,000."""
        ...

    def list_of_incident(self, incident_id: IncidentId) -> Sequence[Attempt]:
        """Return the calls that were made for an incident, oldest first."""
        ...


class Transaction(Protocol):
    """All rows within one transaction: everything in it happens, or nothing."""

    @property
    def connection(self) -> Any:
        """Return the driver's handle, for the engine to enqueue in the same transaction."""
        ...

    @property
    def alerts(self) -> AlertRows:
        """Return the alerts."""
        ...

    @property
    def incidents(self) -> IncidentRows:
        """Return the incidents."""
        ...

    @property
    def findings(self) -> FindingRows:
        """Return evidence and diagnoses."""
        ...

    @property
    def proposals(self) -> ProposalRows:
        """Return plans and holds."""
        ...

    @property
    def ledger(self) -> LedgerRows:
        """Return the intent ledger."""
        ...

    @property
    def outbox(self) -> OutboxRows:
        """Return the outbox."""
        ...

    @property
    def deliveries(self) -> DeliveryRows:
        """Return what channels brought."""
        ...

    @property
    def journal(self) -> JournalRows:
        """Return the journal."""
        ...

    @property
    def spending(self) -> SpendRows:
        """Return the ledger of calls to models."""
        ...

    @property
    def trail(self) -> TrailRows:
        """Return what the observer heard."""
        ...

    @property
    def postmortems(self) -> PostmortemRows:
        """Return the post-mortems."""
        ...

    @property
    def experiments(self) -> ExperimentRows:
        """Return the rehearsals."""
        ...

    @property
    def flags(self) -> FlagRows:
        """Return small named values."""
        ...


class Store(Protocol):
    """Opens transactions."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a write transaction: commits at the end, rolls back on an exception. Writers are serialised."""
        ...

    def begin_read(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads: one consistent view, never blocks a writer on SQLite in WAL mode."""
        ...

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a write transaction in a worker thread.

        Raises:
            OperationalError: The store is full, locked or gone; nothing was written.
        """
        ...

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a read transaction in a worker thread."""
        ...

    async def prove_room(self, size_bytes: int) -> None:
        """Do nothing, or raise because the disk of a database server has less room than that.

        Raises:
            OperationalError: It is full, or the server is gone.
        """
        ...
