"""One believable incident as records: what the pages are looked at with."""

from datetime import UTC, datetime, timedelta

from fermata.domain.action import BlastRadius, DryRun, EarlierAction, Outcome, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.diagnosis import Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gap
from fermata.domain.facts import MetricFacts, Series
from fermata.domain.ids import ActionId, IncidentId, PersonId, PlanId, ProposalId
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.journal import GENESIS, JournalEntry, JournalEvent
from fermata.domain.person import FERMATA, Actor, Person
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.proposal import Proposal, ProposalState

NOW = datetime(2026, 11, 23, 3, 12, 40, tzinfo=UTC)
ADA = Person(id=PersonId("ada"), name="Ada Brandt", roles=("oncall",), handles={"page": "ada"})
CHECKOUT = Entity(system="supervisor", kind="process", name="checkout")
INCIDENT_ID = IncidentId("inc-01kar7m2qz84c6tn")

DIFF = """\
--- conf.d/checkout.ini
+++ conf.d/checkout.ini
@@ -1,6 +1,6 @@
 [program:checkout]
-command=/bin/sh -c "ulimit -d 65536; exec python3 services/checkout.py"
+command=/bin/sh -c "ulimit -d 131072; exec python3 services/checkout.py"
 directory=/srv/shop
 environment=CHECKOUT_PORT="8081",PROFILE_HOST="127.0.0.1:8082",PAYMENT_TIMEOUT_MS="250",CURRENCY="EUR"
 startsecs=1
 startretries=3
"""

STDERR = (
    (212, "2026-11-23 03:09:58 INFO checkout catalogue: 3000 of 7000 products in memory"),
    (213, "2026-11-23 03:09:58 INFO checkout catalogue: 4000 of 7000 products in memory"),
    (214, "Traceback (most recent call last):"),
    (215, '  File "/srv/shop/services/checkout.py", line 97, in <module>'),
    (216, "    main()"),
    (217, '  File "/srv/shop/services/checkout.py", line 89, in main'),
    (218, "    catalogue = load_catalogue()"),
    (219, '  File "/srv/shop/services/checkout.py", line 80, in load_catalogue'),
    (220, '    pages.append(f"<h1>Product {number}</h1>".encode().ljust(PAGE_BYTES))'),
    (221, "MemoryError"),
    (240, "2026-11-23 03:10:03 INFO checkout catalogue: 1000 of 7000 products in memory"),
    (247, "MemoryError"),
)
COMMIT = (
    (1, "commit 4be21d07c1 Mei Tanaka 2026-11-23 03:09:41"),
    (2, "    Cache the product catalogue in memory"),
    (3, "@@ -74,0 +75,11 @@ def charge(settings: Settings, cents: int) -> str:"),
    (4, "+PRODUCTS = 7000"),
    (5, "+PAGE_BYTES = 10 * 1024"),
    (6, "-    server = Server(settings.port)"),
)


def ago(**distance):
    """Give the instant that long before NOW."""
    return NOW - timedelta(**distance)


def make_alert(name="CheckoutDown", **changes):
    """Give one firing alert of checkout."""
    values = {
        "source": "alertmanager",
        "fingerprint": f"5ffdb6c4{len(name):08x}",
        "name": name,
        "status": AlertStatus.FIRING,
        "severity": Severity.CRITICAL,
        "labels": {"alertname": name, "service": "checkout", "severity": "critical", "job": "shop"},
        "annotations": {
            "summary": "No checkout succeeded for 5 s",
            "runbook_url": "https://runbooks.example/checkout",
        },
        "starts_at": ago(minutes=2, seconds=31),
        "generator_url": "http://prometheus.example/graph?g0.expr=shop%3Aerrors",
        "value": "1",
        "payload_digest": "sha256:" + "a" * 64,
        "received_at": ago(minutes=2, seconds=28),
    }
    return Alert(**values | changes)


def make_incident(state=IncidentState.HELD, alerts=None, **changes):
    """Give the incident of these alerts."""
    alerts = alerts or (make_alert(), make_alert("CheckoutErrors", severity=Severity.HIGH))
    reasons = ("the first alert", "same service checkout as alert CheckoutDown, 4 s apart")
    merges = tuple(
        MergeReason(alert_id=alert.id, rule="first" if n == 0 else "entity", text=reasons[min(n, 1)], at=NOW)
        for n, alert in enumerate(alerts)
    )
    values = {
        "id": INCIDENT_ID,
        "title": "checkout: CheckoutDown",
        "state": state,
        "severity": Severity.CRITICAL,
        "opened_at": ago(minutes=2, seconds=28),
        "started_at": ago(minutes=2, seconds=31),
        "updated_at": ago(seconds=40),
        "alert_ids": tuple(alert.id for alert in alerts),
        "merges": merges,
        "entities": (CHECKOUT, Entity(kind="service", name="checkout")),
    }
    return Incident(**values | changes)


def make_evidence(title="checkout stderr", lines=STDERR, kind=EvidenceKind.LOGS, **changes):
    """Give one piece of evidence."""
    values = {
        "incident_id": INCIDENT_ID,
        "kind": kind,
        "collector": "supervisor.logs",
        "entity": CHECKOUT,
        "title": title,
        "query": 'supervisor.readProcessStderrLog("checkout", -65536, 0)',
        "observed_at": ago(seconds=52),
        "fresh_until": NOW + timedelta(minutes=9),
        "lines": tuple(EvidenceLine(number=number, text=text) for number, text in lines),
        "cut": "first 40 KiB of 104 KiB: the last 64 KiB are read",
    }
    return Evidence(**values | changes)


def make_metrics(title="checkout: failed requests", unit="/s", series=3, **changes):
    """Give a metric that rises at the onset, each series a little higher than the one before."""
    began = ago(minutes=2, seconds=31).timestamp()
    instants = [began + 15 * number for number in range(-80, 9)]
    facts = MetricFacts(
        expression="shop:errors", unit=unit, purpose="errors", step_s=15,
        series=tuple(
            Series(
                labels={"job": "shop", "instance": f"checkout-{number}"},
                points=tuple((at, number + 5.0 * (at >= began)) for at in instants),
            )
            for number in range(series)
        ),
    )  # fmt: skip
    values = {"facts": facts.to_json(), "collector": "prometheus.errors", "query": "shop:errors", "cut": ""}
    return make_evidence(title, ((1, f"{title}: 0{unit} to 5{unit}"),), EvidenceKind.METRICS, **values | changes)


def make_all_evidence():
    """Give one of each kind that a page shows in its own way: lines, a change, metrics, a log too long to show."""
    long = tuple((number, f"2026-11-23 03:09:58 INFO payments charged order {number}") for number in range(1, 400))
    return (
        make_evidence(),
        make_evidence("4be21d07 Cache the product catalogue", COMMIT, EvidenceKind.CHANGE, cut=""),
        make_metrics(),
        make_metrics("checkout: resident memory", "bytes", 1),
        make_evidence("payments stderr", long, cut=""),
    )


def make_plan(evidence, **changes):
    """Give the plan that doubles checkout's memory limit."""
    values = {
        "id": PlanId("plan-01kar7m9d2vv3k8a"),
        "incident_id": INCIDENT_ID,
        "created_at": ago(seconds=45),
        "summary": "Raise checkout's memory limit from 64 MiB to 128 MiB: it runs out of memory while it starts.",
        "cause": "memory_limit_exceeded",
        "evidence_ids": (evidence.id,),
        "citations": (Citation(evidence_id=evidence.id, first_line=221, last_line=221, quote="MemoryError"),),
        "actions": (
            PlannedAction(
                id=ActionId("act-1"),
                name="supervisor.set_memory_limit",
                target=CHECKOUT,
                parameters={"limit_bytes": 134217728},
                risk=Risk.MEDIUM,
                dry_run=DryRun(
                    possible=True,
                    diff=DIFF,
                    observed_version="sha256:77",
                    blast_radius=BlastRadius(count=1, entities=(CHECKOUT.ref,), text="1 process restarts"),
                    undo_text="set the limit back to 64 MiB",
                ),
            ),
        ),
        "steady_state": SteadyState(
            entity=CHECKOUT,
            text="checkout is RUNNING without a restart for 10 s, and both alerts resolve",
            stable_for=timedelta(seconds=10),
            within=timedelta(minutes=5),
        ),
        "approval": ApprovalRule(
            guardrails=("shop-limits",), roles=("oncall",), needed=1, valid_for=timedelta(minutes=30)
        ),
        "earlier": (
            EarlierAction(
                action_name="supervisor.restart",
                target=CHECKOUT,
                at=ago(days=9),
                outcome=Outcome.DONE,
                verdict="restored",
                text="supervisor.restart 9 days ago restored it",
            ),
        ),
    }
    return Plan(**values | changes)


def make_proposal(plan, state=ProposalState.OPEN, **changes):
    """Give the plan's hold."""
    values = {
        "id": ProposalId("prop-01kar7m9d9x0q5sd"),
        "plan_id": plan.id,
        "incident_id": plan.incident_id,
        "plan_digest": plan.digest,
        "state": state,
        "opened_at": ago(seconds=44),
        "expires_at": NOW + timedelta(minutes=29, seconds=16),
    }
    return Proposal(**values | changes)


def make_diagnosis(evidence, change):
    """Give what the signatures said."""
    end = Citation(evidence_id=evidence.id, first_line=221, last_line=221, quote="MemoryError")
    place = Citation(
        evidence_id=evidence.id, first_line=219, last_line=220, quote="\n".join(text for _, text in STDERR[7:9])
    )
    return Diagnosis(
        verdict=Verdict.IDENTIFIED,
        hypotheses=(
            Hypothesis(
                cause="memory_limit_exceeded",
                text="checkout runs out of memory while it starts: its limit is 64 MiB, and it dies with MemoryError.",
                confidence=0.93,
                entity=CHECKOUT,
                citations=(place, end),
            ),
            Hypothesis(
                cause="faulty_commit",
                text="Commit 4be21d07 added the line the error came from, 28 s before the onset.",
                confidence=0.31,
                entity=Entity(system="git", kind="repository", name="shop"),
                citations=(Citation(evidence_id=change.id, first_line=4, last_line=4, quote="+PRODUCTS = 7000"),),
                lost_because="running out of memory is no fault of the line it happened on",
            ),
        ),
    )


def make_journal(extra=0):
    """Give the incident's entries, chained, and so many more repeats."""
    person = Actor(kind="source", id="alertmanager")
    events = (
        ("alert.received", person, {"alert_id": "al-7k2", "name": "CheckoutDown", "severity": "critical"}, 148),
        ("incident.opened", FERMATA, {"rule": "first", "reason": "the first alert"}, 148),
        ("alert.grouped", FERMATA, {"rule": "entity", "reason": "same service checkout, 4 s apart"}, 144),
        ("investigation.started", FERMATA, {"run_id": "run-5s1k0c9z", "why": "alerts"}, 60),
        ("evidence.collected", FERMATA, {"pieces": 9, "gaps": ["prometheus.resources"], "took_s": 5.0}, 52),
        ("proposal.opened", FERMATA, {"plan_id": "plan-01kar7m9d2vv3k8a", "guardrails": "shop-limits"}, 44),
    )
    events += (("alert.resolved", person, {"name": "CheckoutDown"}, 0),) * extra
    entries, previous = [], GENESIS
    for n, (kind, actor, data, seconds) in enumerate(events, start=1):
        event = JournalEvent(kind=kind, actor=actor, incident_id=INCIDENT_ID, data=data)
        entries.append(JournalEntry.chain(n, ago(seconds=seconds), event, previous))
        previous = entries[-1].hash
    return tuple(entries)


GAP = Gap(collector="prometheus.resources", entity=CHECKOUT, reason="timed out after 5 s")
