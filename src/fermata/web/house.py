"""What the web surface asks of the house that `bootstrap` builds: Protocols, so that this floor names no flow.

Everything that may touch the store is awaited. Nothing in here is implemented in this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from fermata.domain.alert import Signed
from fermata.domain.card import Card
from fermata.domain.evidence import Gap
from fermata.domain.execution import Execution, Verification
from fermata.domain.ids import IncidentId, PersonId, ProposalId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import AuditReport, JournalEntry
from fermata.domain.model import Attempt
from fermata.domain.person import Actor, Person
from fermata.domain.plan import Plan
from fermata.domain.proposal import Answer, Approval, Proposal, Ruling
from fermata.domain.record import Instant
from fermata.ports.channel import WebhookReply
from fermata.ports.desk import Guest, Reply
from fermata.ports.system import CheckResult
from fermata.rules.budget import Left
from fermata.rules.costs import CostReport, CostsBy
from fermata.rules.moments import Account
from fermata.web.editors import Editors
from fermata.web.graphs import Graphs
from fermata.web.rehearsals import Rehearsals


class OidcSettings(Protocol):
    """The identity provider, if there is one."""

    @property
    def issuer(self) -> str:
        """Return its address as it names itself; empty when nobody signs in this way."""
        ...

    @property
    def client_id(self) -> str:
        """Return what it knows us as."""
        ...

    @property
    def client_secret(self) -> str:
        """Return what is shared with it; empty for a public client."""
        ...

    @property
    def claim(self) -> str:
        """Return the claim whose value is a person's handle."""
        ...

    @property
    def ca_file(self) -> Path | None:
        """Return the certificates to trust; `None` trusts the system's."""
        ...


class WebSettings(Protocol):
    """The settings this surface reads."""

    @property
    def alert_token(self) -> str | None:
        """Return the bearer token of the intake; absent or empty means bearer tokens are not accepted."""
        ...

    @property
    def alert_hmac_secret(self) -> str | None:
        """Return the key of signed intake; absent or empty means signatures are not accepted."""
        ...

    @property
    def alert_sentry_secret(self) -> str | None:
        """Return the client secret that Sentry signs with; absent or empty means its signatures are not accepted."""
        ...

    @property
    def public_url(self) -> str:
        """Return the address people use, or nothing: its host passes the Host check, https makes cookies Secure."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """Return the longest webhook body accepted."""
        ...

    @property
    def oidc(self) -> OidcSettings:
        """Return the identity provider."""
        ...


class IntakeReceipt(Protocol):
    """What one webhook brought."""

    @property
    def alerts(self) -> int:
        """Return the alerts in the body."""
        ...

    @property
    def new(self) -> int:
        """Return those not seen before in this state."""
        ...

    @property
    def incidents(self) -> tuple[IncidentId, ...]:
        """Return the incidents they belong to."""
        ...

    @property
    def truncated(self) -> int:
        """Return the alerts the source cut from the body."""
        ...

    @property
    def held_back(self) -> Sequence[str]:
        """Return what of it came before, and why incidents of it are not investigated now, in words."""
        ...

    @property
    def refused(self) -> int:
        """Return the alerts of the body that could not be read."""
        ...


class Intake(Protocol):
    """Takes webhook bodies in."""

    async def receive(self, source: str, body: bytes, signed: Signed | None = None) -> IntakeReceipt:
        """Store a body, known again by `signed` where a signature proved it; returns after the commit.

        Raises:
            UserError: The body is not what the source sends, or there is no such source; `status` is the HTTP status.
            OperationalError: The store cannot take it; the sender should try again.
        """
        ...

    async def refuse(self, source: str, reason: str, detail: str) -> None:
        """Journal a body that was not accepted; limits itself, so that a flood does not fill the journal."""
        ...


class Decisions(Protocol):
    """Takes people's words on proposals."""

    async def decide(  # noqa: PLR0913 - the port's signature; a click is what it is
        self,
        proposal_id: ProposalId,
        ruling: Ruling,
        *,
        channel: str,
        handle: str,
        person_id: PersonId | None,
        shown_digest: str,
        reason: str = "",
    ) -> Answer:
        """Judge a click and do what it says. Every click gets an answer, also one that does not count."""
        ...


class IncidentView(Account, Protocol):
    """One incident with everything that is known of it."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what could not be had."""
        ...

    @property
    def plan(self) -> Plan | None:
        """Return the plan of the latest proposal."""
        ...

    @property
    def proposal(self) -> Proposal | None:
        """Return the latest proposal, whatever its state."""
        ...

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """Return who said yes to it, oldest first."""
        ...

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Return its executions, oldest first."""
        ...

    @property
    def verifications(self) -> tuple[Verification, ...]:
        """Return their verifications."""
        ...

    @property
    def costs(self) -> tuple[Attempt, ...]:
        """Return the calls to models that were made for it, oldest first."""
        ...

    @property
    def card(self) -> Card:
        """Return the card as it is now, redacted."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON types."""
        ...


class Costs(Protocol):
    """What models cost in a time."""

    @property
    def report(self) -> CostReport:
        """Return the sums."""
        ...

    @property
    def left(self) -> tuple[Left, ...]:
        """Return what is left of the budgets; empty while nothing was asked."""
        ...


class Pending(Protocol):
    """A plan that waits for a person."""

    @property
    def proposal(self) -> Proposal:
        """Return the hold."""
        ...

    @property
    def plan(self) -> Plan:
        """Return what is held."""
        ...

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """Return who said yes to it so far."""
        ...

    @property
    def incident(self) -> Incident:
        """Return what it is for."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON types."""
        ...


class Readings(Protocol):
    """Reads for surfaces."""

    async def list_incidents(self, limit: int, offset: int) -> Sequence[Incident]:
        """Return incidents, newest first."""
        ...

    async def search_incidents(
        self, words: Sequence[str], states: Sequence[IncidentState], limit: int, offset: int
    ) -> Sequence[Incident]:
        """Return incidents that mention every word and are in one of the states, newest first. No states: in any."""
        ...

    async def list_severe(self, limit: int) -> Sequence[Incident]:
        """Return critical and high incidents that are not over, the worst first, then the newest."""
        ...

    async def count_incidents(self, states: Sequence[IncidentState]) -> int:
        """Return how many incidents are in these states."""
        ...

    async def report_costs(self, by: CostsBy, days: int) -> Costs:
        """Return what models cost in the last days."""
        ...

    async def show(self, incident_id: IncidentId) -> IncidentView:
        """Return one incident with everything.

        Raises:
            NotFoundError: No such incident.
        """
        ...

    async def list_pending(self) -> Sequence[Pending]:
        """Return open proposals, the one that expires first at the front."""
        ...

    async def list_approved(self) -> frozenset[IncidentId]:
        """Return the incidents whose plan is approved and has not been carried out."""
        ...

    async def list_journal(self, incident_id: IncidentId | None, after: int, limit: int) -> Sequence[JournalEntry]:
        """Return entries after sequence number `after`, in order."""
        ...

    async def find_journal_head(self) -> int:
        """Return the sequence number of the last entry; 0 while there is none. Asked twice a second."""
        ...

    async def verify_journal(self) -> AuditReport:
        """Recompute the whole chain: seconds for a long journal."""
        ...


class Halt(Protocol):
    """The halt that is in force."""

    @property
    def by(self) -> str:
        """Return who halted."""
        ...

    @property
    def reason(self) -> str:
        """Return why."""
        ...

    @property
    def since(self) -> Instant | None:
        """Return since when; `None` when the halt file does not say."""
        ...


class Switch(Protocol):
    """The kill switch."""

    async def find(self) -> Halt | None:
        """Return the halt in force, or `None`."""
        ...

    async def halt(self, by: Actor, reason: str) -> object:
        """Stop every execution. Halting again keeps the first halt."""
        ...

    async def resume(self, by: Actor) -> object:
        """Let executions run again."""
        ...


class Session(Protocol):
    """Somebody who is signed in."""

    @property
    def id(self) -> str:
        """Return what the cookie holds."""
        ...

    @property
    def person(self) -> Person:
        """Return who it is."""
        ...

    @property
    def csrf(self) -> str:
        """Return the secret that every form of this session carries."""
        ...

    @property
    def expires_at(self) -> Instant:
        """Return when it ends."""
        ...


class Sessions(Protocol):
    """Signs people in and out."""

    async def redeem(self, token: str) -> Session | None:
        """Turn a one-time token into a session; `None` when it is unknown, used or expired."""
        ...

    async def admit(self, channel: str, handle: str) -> Session | None:
        """Open a session for somebody whom another system has authenticated; `None`, journalled, for a stranger."""
        ...

    async def find(self, session_id: str) -> Session | None:
        """Return a session that has not ended, or `None`."""
        ...

    async def end(self, session_id: str) -> None:
        """End a session. Ending it again changes nothing."""
        ...


class Hooks(Protocol):
    """Takes services' requests in."""

    def __contains__(self, name: object) -> bool:
        """Answer whether there is a webhook of this name."""
        ...

    async def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> WebhookReply:
        """Hand a request to whoever can prove and read it; header names in lower case."""
        ...


class Counter(Protocol):
    """What the page asks of `ports.desk.Desk`; its decisions are told with the digest of the whole plan instead."""

    async def ask_for_more(self, guest: Guest, incident_id: IncidentId, question: str = "") -> Reply:
        """Look again, or with a question answer it from what was observed. May take a minute."""
        ...

    async def snooze(self, guest: Guest, incident_id: IncidentId, span: timedelta) -> Reply:
        """Keep still about an incident for a while: no escalation and no reminder."""
        ...


class House(Protocol):
    """Everything behind this surface."""

    @property
    def desk(self) -> Counter:
        """Return the counter that every channel asks at."""
        ...

    @property
    def hooks(self) -> Hooks:
        """Return what takes services' requests."""
        ...

    @property
    def web(self) -> WebSettings:
        """Return the settings."""
        ...

    @property
    def intake(self) -> Intake:
        """Return the intake."""
        ...

    @property
    def decisions(self) -> Decisions:
        """Return what takes decisions."""
        ...

    @property
    def readings(self) -> Readings:
        """Return the reads."""
        ...

    @property
    def postmortems(self) -> Editors:
        """Return what people do to post-mortems."""
        ...

    @property
    def experiments(self) -> Rehearsals:
        """Return the rehearsals."""
        ...

    @property
    def graphs(self) -> Graphs:
        """Return the service graph."""
        ...

    @property
    def switch(self) -> Switch:
        """Return the kill switch."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Return the sessions."""
        ...

    def start(self) -> None:
        """Start working: the engine and the sweeps. Called with an event loop running."""
        ...

    async def close(self) -> None:
        """Stop working; unfinished runs are taken up at the next start."""
        ...

    async def prove(self, challenge: str) -> str:
        """Return what shows that this process serves its store; empty for no challenge."""
        ...

    async def is_ready(self) -> Sequence[CheckResult]:
        """Look whether everything needed to take alerts and decisions is there."""

    async def check_channels(self) -> Sequence[CheckResult]:
        """Say of each channel whether it listens and its cards arrive."""

    async def render_metrics(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
