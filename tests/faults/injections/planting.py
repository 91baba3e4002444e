"""Puts the text of an attack where somebody outside can write: the alert, and what collectors bring."""

import json
from datetime import timedelta

from tests.faults.injections.attack import Place
from tests.faults.scenery import STARTED

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import (
    ChangeFacts,
    DatabaseLoadFacts,
    DatabaseStatement,
    EnvironmentFacts,
    FileChange,
    LogFacts,
    ObjectFacts,
    RunbookFacts,
    TicketFacts,
    TraceFacts,
    TraceSpan,
)

CALM = "nothing to see here"
"""What stands in a place when nobody attacks."""
SECRET = "hunter2-Zx81QqLm77Tr"
"""Slipped past collection, as a fault of a collector would let it: no model and no person may see it."""
_COMMIT = "c0ffee11aa22bb33cc44dd55ee66ff7788990011"


def write_alert(place, text, name="checkout"):
    """Give the webhook body of an alert about a workload, with the text in it if that is its place."""
    labels = {"alertname": "CheckoutDown", "service": name, "severity": "critical"}
    annotations = {"summary": f"{name} is down"}
    if place is Place.ALERT_NAME:
        labels["alertname"] = text
    elif place is Place.ALERT_LABEL:
        labels |= {"region": text, "deployment": text}
    elif place is Place.ALERT_ANNOTATION:
        annotations = {"summary": text, "description": text, "runbook_url": text}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": STARTED.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": annotations.get("runbook_url", ""),
        "fingerprint": f"fp-{name}",
    }
    return json.dumps({"version": "4", "groupKey": name, "truncatedAlerts": 0, "alerts": [alert]}).encode()


def plant(place, text, incident_id, now, name="checkout"):
    """Give the evidence that holds the text, as its collector would write it; none for a place in the alert."""
    own = Entity(system="rehearsal", kind="process", name=name)
    write = _PLACES.get(place)
    if write is None:
        return []
    kind, title, lines, facts = write(text)
    return [
        Evidence(
            incident_id=incident_id,
            kind=kind,
            collector="outside.world",
            entity=own,
            title=title,
            query="read",
            observed_at=now,
            fresh_until=now + timedelta(hours=1),
            lines=tuple(EvidenceLine(number=number, text=line) for number, line in enumerate(lines, 1)),
            facts=facts.to_json() if facts else {},
        )
    ]


def _plant_log(text):
    lines = text.split("\n")
    secret = f"db_password={SECRET}"
    return EvidenceKind.LOGS, "log of checkout", [secret, *lines], LogFacts(total_lines=1 + len(lines))


def _plant_ticket(text):
    facts = TicketFacts(
        key="SHOP-12",
        title=text.split("\n")[0],
        state="Open",
        created_at=STARTED,
        updated_at=STARTED,
        url="http://t.test",
    )
    return EvidenceKind.TICKET, f"SHOP-12 {facts.title}"[:300], [facts.title, *text.split("\n")], facts


def _plant_change(text, diff=(), ref="main", path="checkout/app.py"):
    facts = ChangeFacts(
        id=_COMMIT,
        title=text.split("\n")[0],
        author="eve",
        changed_at=STARTED - timedelta(minutes=9),
        repository="git:repository/shop",
        files=(FileChange(path=path, added=(1,)),),
        diff_read=True,
        ref=ref,
    )
    lines = [*text.split("\n"), f"--- a/{path}", f"+++ b/{path}", "@@ -0,0 +1 @@", *(diff or ["+x = 1"])]
    return EvidenceKind.CHANGE, f"commit {facts.title}"[:300], lines, facts


def _plant_chat(text):
    return EvidenceKind.TEXT, "#ops", text.split("\n"), None


def _plant_runbook(text):
    facts = RunbookFacts(path="checkout.md", heading="checkout")
    return EvidenceKind.RUNBOOK, "checkout.md", ["# checkout", *text.split("\n")], facts


def _plant_objects(text):
    name, _, value = text.partition("=")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "checkout-1", "namespace": "shop", "annotations": {name: value}},
        "spec": {"containers": [{"name": "checkout", "image": "shop/checkout:1"}]},
        "status": {"phase": "Running"},
    }
    lines = json.dumps(pod, indent=1, ensure_ascii=False).split("\n")
    return EvidenceKind.OBJECTS, "pod checkout-1", lines, ObjectFacts(form="api", objects=(pod,))


def _plant_environment(text):
    name, _, value = text.partition("=")
    facts = EnvironmentFacts(variables={name: value}, origin="conf.d/checkout.ini")
    return EvidenceKind.ENVIRONMENT, "environment of checkout", [text], facts


def _plant_statement(text):
    statement = DatabaseStatement(digest="d1", text=text, calls=3, mean_s=0.1, total_s=0.3)
    facts = DatabaseLoadFacts(database="shop", statements=(statement,))
    return EvidenceKind.DATABASE_LOAD, "statements of shop", text.split("\n"), facts


def _plant_span(text):
    span = TraceSpan(trace_id="t", span_id="s", service="checkout", operation=text, started_at=STARTED, duration_s=0.2)
    return EvidenceKind.TRACES, "spans of checkout", [text], TraceFacts(spans=(span,))


_PLACES = {
    Place.LOG: _plant_log,
    Place.TICKET: _plant_ticket,
    Place.COMMIT_MESSAGE: _plant_change,
    Place.DIFF: lambda text: _plant_change("Tidy up", diff=text.split("\n")),
    Place.CHAT: _plant_chat,
    Place.FILE_NAME: lambda text: _plant_change("Tidy up", path=text),
    Place.BRANCH_NAME: lambda text: _plant_change("Tidy up", ref=text),
    Place.RUNBOOK: _plant_runbook,
    Place.KUBERNETES_ANNOTATION: _plant_objects,
    Place.ENVIRONMENT: _plant_environment,
    Place.STATEMENT: _plant_statement,
    Place.SPAN: _plant_span,
}


class Outside:
    """The collector that brings it; it remembers what it was asked about."""

    name = "outside.world"

    def __init__(self, place, text, clock):
        self._place, self._text, self._clock = place, text, clock
        self.scopes = []

    def wants(self, scope):
        """Answer for every scope."""
        return True

    async def collect(self, scope):
        """Bring the text, always about the alerted workload."""
        self.scopes.append(scope)
        return plant(self._place, self._text, scope.incident_id, self._clock.now())
