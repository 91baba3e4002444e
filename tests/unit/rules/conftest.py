"""Builders of domain records with believable defaults; each test names only what it is about."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.action import BlastRadius, DryRun, EarlierAction, Outcome, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.plan import ApprovalRule, Plan, SteadyState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # A Monday.


@pytest.fixture(scope="session")
def noon():
    """Give the instant that all builders count from."""
    return NOON


@pytest.fixture(scope="session")
def build_alert():
    """Give a builder: `build_alert("CheckoutDown", {"service": "checkout"}, after_s=12)`."""

    def build(name="CheckoutDown", labels=None, *, after_s=0, severity="critical", fingerprint=None, status="firing"):
        labels = {"alertname": name, **({"service": "checkout"} if labels is None else labels)}
        starts_at = NOON + timedelta(seconds=after_s)
        return Alert(
            source="alertmanager",
            fingerprint=fingerprint or repr(sorted(labels.items())),
            name=name,
            status=AlertStatus(status),
            severity=Severity(severity),
            labels=labels,
            annotations={},
            starts_at=starts_at,
            payload_digest="sha256:0",
            received_at=starts_at,
        )

    return build


@pytest.fixture(scope="session")
def build_incident(build_alert):
    """Give a builder of an incident that holds these alerts, in any state."""

    def build(*alerts, id="inc-1", state="open", entities=(), **changes):  # noqa: A002 - the field's name
        alerts = alerts or (build_alert(),)
        fields = {
            "id": id,
            "title": "checkout: CheckoutDown",
            "state": IncidentState(state),
            "severity": min((alert.severity for alert in alerts), key=lambda severity: severity.rank),
            "opened_at": NOON,
            "started_at": min(alert.starts_at for alert in alerts),
            "updated_at": NOON,
            "resolved_at": NOON if state == "resolved" else None,
            "merged_into": "inc-0" if state == "merged" else None,
            "alert_ids": tuple(alert.id for alert in alerts),
            "merges": tuple(
                MergeReason(alert_id=alert.id, rule="first", text="first alert", at=NOON) for alert in alerts
            ),
            "entities": entities,
        }
        return Incident(**fields | changes)

    return build


@pytest.fixture(scope="session")
def checkout():
    """Give the process that most tests act on."""
    return Entity(system="supervisor", kind="process", name="checkout")


@pytest.fixture(scope="session")
def build_action(checkout):
    """Give a builder of a planned action with its dry run."""

    def build(*, risk="medium", parameters=None, version="v1", id="act-1"):  # noqa: A002 - the field's name
        return PlannedAction(
            id=id,
            name="supervisor.set_memory_limit",
            target=checkout,
            parameters={"limit_bytes": 134217728} if parameters is None else parameters,
            risk=Risk(risk),
            dry_run=DryRun(
                possible=True,
                diff="-ulimit -d 65536\n+ulimit -d 131072\n",
                observed_version=version,
                blast_radius=BlastRadius(count=1, entities=(checkout.ref,), text="1 process restarts"),
                undo_text="set the old limit again",
            ),
        )

    return build


@pytest.fixture(scope="session")
def build_plan(checkout, build_action):
    """Give a builder of a plan with one action, to be approved by one of role oncall."""

    def build(*, needed=1, roles=("oncall",), people=(), valid_for=timedelta(minutes=30), id="plan-1", **action):  # noqa: A002 - the field's name
        return Plan(
            id=id,
            incident_id="inc-1",
            created_at=NOON,
            summary="Raise the memory limit of checkout.",
            cause="memory_limit_exceeded",
            evidence_ids=("ev-1",),
            citations=(Citation(evidence_id="ev-1", first_line=1, last_line=1, quote="MemoryError"),),
            actions=(build_action(**action),),
            steady_state=SteadyState(
                entity=checkout, text="RUNNING", stable_for=timedelta(seconds=5), within=timedelta(seconds=60)
            ),
            approval=ApprovalRule(guardrails=("shop",), roles=roles, people=people, needed=needed, valid_for=valid_for),
        )

    return build


@pytest.fixture(scope="session")
def build_earlier(checkout):
    """Give a builder of something done before on checkout, so many minutes ago."""

    def build(minutes_ago, name="supervisor.set_memory_limit", *, outcome="done", verdict="restored", target=None):
        return EarlierAction(
            action_name=name,
            target=target or checkout,
            at=NOON - timedelta(minutes=minutes_ago),
            outcome=Outcome(outcome),
            verdict=verdict,
            text="done before",
        )

    return build
