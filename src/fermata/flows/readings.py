"""Readings of the rows for surfaces: lists, one incident whole, the journal, and why an alert did what it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.card import Card
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, Gap
from fermata.domain.execution import Execution, Verification
from fermata.domain.ids import IncidentId
from fermata.domain.incident import UNFINISHED_STATES, Incident, IncidentState
from fermata.domain.journal import AuditReport, JournalEntry
from fermata.domain.model import Attempt
from fermata.domain.plan import Plan
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.domain.record import Record
from fermata.flows.cards import load_card_input, redact_card
from fermata.flows.context import FlowContext
from fermata.flows.costs import Costs, load_costs
from fermata.kit.clock import format_instant
from fermata.kit.errors import InvariantBroken, NotFoundError
from fermata.kit.ids import LATEST
from fermata.ports.store import Transaction
from fermata.rules.card import compose_card
from fermata.rules.costs import CostsBy
from fermata.rules.incident_names import Named, describe_others, name_incident

MOST_PENDING = 100
"""Plans that are listed at once: each is read whole, for a page that asks again and again."""
JOURNAL_LIMIT = 1000
"""Entries of an incident that its view holds."""
_STILL_MEANT = timedelta(days=1)
"""How long nothing may have happened to an incident that is not over for `latest` to mean it still; a guess."""


class IncidentView(Record):
    """One incident with everything that is known of it."""

    incident: Incident
    alerts: tuple[Alert, ...]
    evidence: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]
    diagnosis: Diagnosis | None
    plan: Plan | None
    proposal: Proposal | None
    approvals: tuple[Approval, ...]
    executions: tuple[Execution, ...]
    verifications: tuple[Verification, ...]
    journal: tuple[JournalEntry, ...]
    """Its entries, oldest first; at most the first 1,000."""
    costs: tuple[Attempt, ...] = ()
    """Calls to models that were made for it, oldest first."""
    card: Card


class Pending(Record):
    """A plan that waits, with what it is for."""

    proposal: Proposal
    plan: Plan
    incident: Incident
    approvals: tuple[Approval, ...] = ()
    """Who said yes so far."""


class Explanation(Record):
    """Why an alert did or did not start something."""

    alert: Alert
    sightings: int
    """How often it was delivered."""
    incident_id: IncidentId | None
    layer: str
    """What held it back: `duplicate`, `grouped`, `silenced`, `cooldown` or `budget`; `none`: it opened an incident."""
    text: str
    """In words."""
    entries: tuple[JournalEntry, ...]
    """The journal entries that say so."""


_REFUSED_KINDS = ("alert.refused", "body.refused")
_REFUSALS_WITHIN = 1000
"""Entries of the journal, the newest: an hour of a bad day."""
_MOST_REFUSALS = 3


class Readings:
    """Reads, and changes nothing."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def list_incidents(self, limit: int = 50, offset: int = 0) -> Sequence[Incident]:
        """Return incidents, newest first."""
        return await self._context.store.read(lambda transaction: transaction.incidents.list_recent(limit, offset))

    async def search_incidents(
        self, words: Sequence[str], states: Sequence[IncidentState] = (), limit: int = 50, offset: int = 0
    ) -> Sequence[Incident]:
        """Return incidents that mention every word (id, title, severity, state, entity), newest first.

        Args:
            states: Only in these; empty is any.
        """
        return await self._context.store.read(
            lambda transaction: transaction.incidents.search(words, states, limit, offset)
        )

    async def list_severe(self, limit: int = 50) -> Sequence[Incident]:
        """Return critical and high incidents that are not over, the worst first, then the newest; each at most `limit`.

        A list by age alone loses an outage behind a storm of warnings that came after it.
        """

        def read(transaction: Transaction) -> Sequence[Incident]:
            list_by = transaction.incidents.list_by_severity
            severities = (Severity.CRITICAL, Severity.HIGH)
            return [incident for severity in severities for incident in list_by(severity, UNFINISHED_STATES, limit)]

        return await self._context.store.read(read)

    async def count_incidents(self, states: Sequence[IncidentState]) -> int:
        """Return how many incidents are in these states."""
        return await self._context.store.read(lambda transaction: transaction.incidents.count_in_states(states))

    async def report_costs(self, by: CostsBy, days: int, incident_id: IncidentId | None = None) -> Costs:
        """Return what models cost in the last days, with what is left of the budgets; see `flows.costs`."""
        return await load_costs(self._context, by, days, incident_id)

    async def find_incident(self, text: str) -> Incident:
        """Return the incident whose id is `text` or ends with it; an alert's name or id finds its incident too.

        So does the service it is about, or a word of its title, where that can mean one alone. `latest` is the one
        whose plan waits for a person, the newest plan of several; else the newest incident; and where that one is over,
        the one of the last day that is not, whichever was touched last.

        Raises:
            NotFoundError: Nothing or more than one thing matches; the message names those.
        """

        def read(transaction: Transaction) -> Named:
            recent = transaction.incidents.list_recent(500)
            if text == LATEST and recent:
                return Named(found=self._find_waiting(transaction) or self._prefer_live(recent))
            try:
                return Named(found=transaction.incidents.get(IncidentId(text)))
            except NotFoundError:
                pass  # No id as it stands, so the end of one, an alert, or a name.
            if not any(incident.id.endswith(text) for incident in recent) and (alert := transaction.alerts.find(text)):
                if others := _list_alike(transaction, text, recent):
                    return Named(others=others)
                return Named(found=transaction.incidents.find_by_alert(alert.id))
            return name_incident(text, recent)

        named = await self._context.store.read(read)
        if named.found is not None:
            return named.found
        if text == LATEST:
            raise NotFoundError("There is no incident yet", do="Try the way in with `fermata test-alert`")
        where = "`fermata incidents` lists them, in a chat /fermata incidents"
        if named.others:
            raise NotFoundError(
                f"No single incident matches {text!r}",
                why=f"it may be {describe_others(named)}",
                do=f"Name one by its id; {where}",
            )
        near = f"Did you mean {named.near}? " if named.near else ""
        raise NotFoundError(f"No incident matches {text!r}", do=f"{near}{where[0].upper()}{where[1:]}")

    def _find_waiting(self, transaction: Transaction) -> Incident | None:
        now = self._context.clock.now()
        open_ones = transaction.proposals.list_in_state(ProposalState.OPEN, newest_first=True)
        waiting = [proposal for proposal in open_ones if now < proposal.expires_at]
        newest = max(waiting, key=lambda proposal: proposal.opened_at, default=None)
        return transaction.incidents.get(newest.incident_id) if newest is not None else None

    def _prefer_live(self, recent: Sequence[Incident]) -> Incident:
        """Return the newest incident, or a live one that began before it where that one is over."""
        since = self._context.clock.now() - _STILL_MEANT
        live = [one for one in recent if one.state in UNFINISHED_STATES and one.updated_at >= since]
        if recent[0].state in UNFINISHED_STATES or not live:
            return recent[0]
        return max(live, key=lambda one: one.updated_at)

    async def show(self, incident_id: IncidentId) -> IncidentView:
        """Return one incident whole.

        Raises:
            NotFoundError: No such incident.
        """
        now = self._context.clock.now()

        def read(transaction: Transaction) -> IncidentView:
            source = load_card_input(transaction, incident_id, now)
            executions = tuple(transaction.ledger.list_executions(incident_id))
            verifications = (transaction.ledger.find_verification(execution.id) for execution in executions)
            return IncidentView(
                incident=source.incident,
                alerts=source.alerts,
                evidence=source.evidence,
                gaps=source.gaps,
                diagnosis=source.diagnosis,
                plan=source.plan,
                proposal=source.proposal,
                approvals=source.approvals,
                executions=executions,
                verifications=tuple(item for item in verifications if item is not None),
                journal=tuple(transaction.journal.list_entries(incident_id=incident_id, limit=JOURNAL_LIMIT)),
                costs=source.costs,
                card=redact_card(compose_card(source)),
            )

        return await self._context.store.read(read)

    async def count_pending(self) -> int:
        """Return how many plans wait for a person: more than are listed, in a storm."""
        return await self._context.store.read(
            lambda transaction: transaction.proposals.count_in_state(ProposalState.OPEN)
        )

    async def list_pending(self, limit: int = MOST_PENDING) -> Sequence[Pending]:
        """Return the plans that wait for a person, the one that expires first at the front; at most so many."""

        def read(transaction: Transaction) -> Sequence[Pending]:
            found = (
                _find_pending(transaction, proposal)
                for proposal in transaction.proposals.list_in_state(ProposalState.OPEN, limit)
            )
            return [pending for pending in found if pending is not None]

        return await self._context.store.read(read)

    async def list_approved(self) -> frozenset[IncidentId]:
        """Return the incidents whose plan is approved and has not been carried out."""

        def read(transaction: Transaction) -> frozenset[IncidentId]:
            return frozenset(
                proposal.incident_id for proposal in transaction.proposals.list_in_state(ProposalState.APPROVED)
            )

        return await self._context.store.read(read)

    async def list_journal(
        self, incident_id: IncidentId | None = None, after: int = 0, limit: int = 200
    ) -> Sequence[JournalEntry]:
        """Return journal entries in order, those after a sequence number."""
        return await self._context.store.read(
            lambda transaction: transaction.journal.list_entries(incident_id=incident_id, after=after, limit=limit)
        )

    async def find_journal_head(self) -> int:
        """Return the sequence number of the journal's last entry; 0 while it is empty."""
        return await self._context.store.read(lambda transaction: transaction.journal.find_head())

    async def verify_journal(self) -> AuditReport:
        """Recompute the hash chain."""
        return await self._context.store.read(lambda transaction: transaction.journal.verify())

    async def list_firing(self, name: str) -> Sequence[Alert]:
        """Return the alerts of this name that fire now, the one that began last at the front."""
        return await self._context.store.read(lambda transaction: transaction.alerts.list_firing(name))

    async def explain_alert(self, text: str) -> Explanation:
        """Say what became of an alert and which layer held it back.

        Args:
            text: Alert id, fingerprint or rule name.

        Raises:
            NotFoundError: No alert of that name was ever received.
        """

        def read(transaction: Transaction) -> Explanation:
            alert = transaction.alerts.find(text)
            if alert is None:
                raise NotFoundError(
                    f"No alert {text!r} was received",
                    why="nothing with that id, fingerprint or name is stored" + _tell_refusals(transaction),
                    do="Check the source's webhook and `fermata_refused_bodies_total` on /metrics",
                )
            return _explain(transaction, alert)

        return await self._context.store.read(read)


def _list_alike(transaction: Transaction, name: str, recent: Sequence[Incident]) -> tuple[Incident, ...]:
    """Return the incidents that go on and hold a firing alert of this name, where it is more than one."""
    firing = {alert.id for alert in transaction.alerts.list_firing(name)}
    found = tuple(one for one in recent if firing and one.is_live and not firing.isdisjoint(one.alert_ids))
    return found if len(found) > 1 else ()


def _tell_refusals(transaction: Transaction) -> str:
    """Say what was sent last and refused: an alert that could not be read has no name to be found by."""
    after = max(0, transaction.journal.find_head() - _REFUSALS_WITHIN)
    # By their words: what one sender repeats all day must not hide the others.
    latest: dict[str, JournalEntry] = {}
    for entry in transaction.journal.list_entries(kinds=_REFUSED_KINDS, after=after, limit=_REFUSALS_WITHIN):
        data = entry.event.data
        latest[f"from {entry.event.actor.id}: {data.get('text') or data.get('detail') or data.get('reason')}"] = entry
    newest = sorted(latest.items(), key=lambda one: -one[1].sequence)[:_MOST_REFUSALS]
    told = [f"{format_instant(entry.at)} {words}" for words, entry in newest]
    return "; refused last, at " + "; at ".join(told) if told else ""


def _find_pending(transaction: Transaction, proposal: Proposal) -> Pending | None:
    try:
        plan = transaction.proposals.get_plan(proposal.plan_id)
    except (InvariantBroken, NotFoundError):
        return None  # It cannot be approved; its incident's card says so, and the others still wait.
    approvals = tuple(transaction.proposals.list_approvals(proposal.id))
    incident = transaction.incidents.get(proposal.incident_id)
    return Pending(proposal=proposal, plan=plan, incident=incident, approvals=approvals)


def _explain(transaction: Transaction, alert: Alert) -> Explanation:
    entries = transaction.journal.find_by_data("alert_id", alert.id)
    incident = transaction.incidents.find_by_alert(alert.id)
    sightings = transaction.alerts.count_sightings(alert.id)
    repeats = _count_repeats(entries, sightings)
    return Explanation(
        alert=alert,
        sightings=sightings,
        incident_id=incident.id if incident else None,
        layer=_name_layer(entries, repeats),
        text=_tell(alert, incident, entries, repeats),
        entries=tuple(entries),
    )


def _count_repeats(entries: Sequence[JournalEntry], sightings: int) -> int:
    """Return how many deliveries brought nothing new: neither the firing nor its end."""
    told = sum(entry.event.kind in ("alert.received", "alert.resolved") for entry in entries)
    return max(0, sightings - told)


def _name_layer(entries: Sequence[JournalEntry], repeats: int) -> str:
    # The latest counts: what was silenced may have opened an incident since.
    for event in (entry.event for entry in reversed(entries)):
        if event.kind == "alert.held_back":
            return str(event.data["layer"])
        if event.kind == "alert.grouped":
            return "grouped"
        if event.kind == "incident.opened":
            break
    return "duplicate" if repeats else "none"


def _tell(alert: Alert, incident: Incident | None, entries: Sequence[JournalEntry], repeats: int) -> str:
    since = format_instant(alert.starts_at)
    if alert.status is AlertStatus.FIRING:
        parts = [f"{alert.name} has been firing since {since}."]
    else:
        ended = f" until {format_instant(alert.ends_at)}" if alert.ends_at else ""
        parts = [f"{alert.name} fired from {since}{ended} and is resolved."]
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "incident.opened":
            parts.append(f"It opened incident {entry.event.incident_id}: {data['reason']}.")
        elif entry.event.kind == "alert.grouped":
            parts.append(f"It joined incident {entry.event.incident_id} ({data['rule']}): {data['reason']}.")
        elif entry.event.kind == "alert.held_back":
            parts.append(f"Held back ({data['layer']}): {data['text']}.")
    if incident is not None:
        parts.append(f"Its incident is {incident.state.value}.")
    elif not any(entry.event.kind == "alert.held_back" for entry in entries):
        parts.append("It was over before it was first seen, and started nothing.")
    if repeats:
        last = format_instant(alert.received_at)
        parts.append(
            f"It was sent {repeats} times more in the same state, the last time at {last}: duplicates, which start "
            "nothing."
        )
    return " ".join(part.replace("..", ".") for part in parts)
