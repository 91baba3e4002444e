"""The plan card: everything a person needs to decide, and everything that is approved.

`compose_card` writes it from records that are redacted already. `refuse_incomplete` reads the finished card, after
redaction, and does not trust its composer: a card that lost a parameter or a line of a diff must not be approvable.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.action import PlannedAction
from fermata.domain.alert import Alert
from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.domain.diagnosis import Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence, Gap
from fermata.domain.execution import Execution, HealthReading, Verification, VerificationVerdict
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.action import Outcome
from fermata.domain.plan import Plan
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.domain.record import Instant, Record
from fermata.kit.clock import format_instant
from fermata.kit.digest import canonical_json, shorten
from fermata.kit.errors import GuardRefused
from fermata.kit.units import format_duration
from fermata.rules.citations import find_text
