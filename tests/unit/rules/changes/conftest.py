"""An incident put together piece by piece: logs, metrics, calls and changes, as a bundle brings them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import (
    CallEdge,
    ChangeFacts,
    FileChange,
    GraphFacts,
    LogPattern,
    LogPatternFacts,
    MetricFacts,
    ProviderEvent,
    ProviderStatusFacts,
    Series,
    TraceFacts,
    TraceSpan,
)
from fermata.domain.scope import Scope
from fermata.rules.changes.judge import judge_changes
from fermata.rules.changes.links import list_signs, measure_rarity
from fermata.rules.changes.live import Change, Rollouts
from fermata.rules.changes.reading import read_symptoms
from fermata.rules.citations import refuse_bad_citations
from fermata.rules.claims import to_hypothesis
from fermata.rules.signatures import Case

ONSET = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
START = ONSET - timedelta(hours=2)
END = ONSET + timedelta(minutes=30)


def minutes(count):
    """Give a span of minutes."""
    return timedelta(minutes=count)


class Incident:
    """Builds a case about the alerted service `shop`; every method returns the incident."""

    def __init__(self):
        self.evidence = []
        self.labels = {"service": "shop"}
        self.summary = "shop answers with errors"
        self.names = ["shop"]
        self.onset = ONSET
        self.ended = ()

    def add(self, kind, name, lines, facts=None):
        """Add a piece of evidence as it is."""
        self.evidence.append(
            Evidence(
                incident_id="inc-1",
                kind=kind,
                collector=f"bundle.{kind.value}",
                entity=Entity(kind="service", name=name),
                title=f"{kind.value} of {name}",
                query=f"{kind.value} {name} {len(self.evidence)}",
                observed_at=END,
                fresh_until=END,
                lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1)),
                facts=facts if isinstance(facts, dict) else facts.to_json() if facts is not None else {},
            )
        )
        return self

    def log(self, service, *bursts):
        """Say what a service logged; each burst is (minutes from the onset, how many, text), a line each 20 s."""
        lines = []
        for offset, count, text in bursts:
            for position in range(count):
                at = ONSET + minutes(offset) + timedelta(seconds=20 * position)
                lines.append((at, f"{at:%Y-%m-%dT%H:%M:%SZ} {text.replace('#', str(1000 + 7 * position))}"))
        return self.add(EvidenceKind.LOGS, service, [text for _, text in sorted(lines)], {"path": f"{service}.log"})

    def calm(self, service, text="INFO GET /items/# 200"):
        """Say that a service logged the same all the time."""
        return self.log(service, (-115, 400, text))

    def metric(self, service, metric, before, after, *, since=0, until=99):
        """Give a series that goes from one level to another and perhaps back, with a little noise."""
        points = []
        for minute in range(-120, 31):
            level = after if since <= minute < until else before
            points.append(((ONSET + minutes(minute)).timestamp(), level * (1 + 0.01 * (minute % 3))))
        series = Series(labels={"service": service, "__name__": metric}, points=tuple(points))
        facts = MetricFacts(expression=metric, purpose="errors", step_s=60, series=(series,))
        return self.add(EvidenceKind.METRICS, service, [f"{service}:{metric}"], facts)

    def graph(self, *edges, **kinds):
        """Say who calls whom, as `caller>callee`; `kinds` says what services are."""
        pairs = [edge.split(">") for edge in edges]
        services = tuple({"name": name.replace("_", "-"), "kind": kind} for name, kind in kinds.items())
        calls = tuple(CallEdge(caller=caller, callee=callee) for caller, callee in pairs)
        return self.add(EvidenceKind.GRAPH, "graph", ["graph"], GraphFacts(services=services, edges=calls))

    def status(self, **event):
        """Say what a provider reports; times are minutes from the onset."""
        for name in ("started_at", "resolved_at"):
            if isinstance(event.get(name), int):
                event[name] = ONSET + minutes(event[name])
        facts = ProviderStatusFacts(source="cloud", events=(ProviderEvent(id="e1", **event),))
        return self.add(EvidenceKind.PROVIDER_STATUS, "cloud", [event.get("title", "event")], facts)

    def patterns(self, *patterns):
        """Say what a log system counted."""
        records = tuple(LogPattern(**pattern) for pattern in patterns)
        return self.add(EvidenceKind.LOG_PATTERNS, "shop", ["p"], LogPatternFacts(patterns=records))

    def spans(self, *spans):
        """Give spans: (id, parent id, service, operation, minutes from the onset, seconds, error, attributes)."""
        records = tuple(
            TraceSpan(
                trace_id="t",
                span_id=own,
                parent_id=parent,
                service=service,
                operation=operation,
                started_at=ONSET + minutes(offset),
                duration_s=took,
                error=error,
                attributes=attributes,
            )
            for own, parent, service, operation, offset, took, error, attributes in spans
        )
        return self.add(EvidenceKind.TRACES, "traces", ["span"] * len(records), TraceFacts(spans=records))

    def change(self, change_id, before, diff="", *, kind="commit", **facts):
        """Say what changed, `before` minutes before the onset."""
        lines = diff.strip("\n").split("\n") if diff else [f"title {change_id}"]
        paths = [line[6:] for line in lines if line.startswith("+++ b/")]
        defaults = {
            "title": f"Change {change_id}",
            "service": "shop",
            "diff_read": bool(diff) or "->" in facts.get("state", ""),
            "files": tuple(FileChange(path=path) for path in paths),
        }
        record = ChangeFacts(id=change_id, kind=kind, changed_at=ONSET - minutes(before), **(defaults | facts))
        return self.add(EvidenceKind.CHANGE, record.service or "infra", lines, record)

    def release(self, change_id, before, sha, **facts):
        """Say what was rolled out to production."""
        defaults = {"environment": "production", "state": "succeeded", "title": f"Release {sha}"}
        return self.change(change_id, before, kind="deployment", sha=sha, **(defaults | facts))

    def build(self):
        """Return the case."""
        alert = Alert(
            source="grafana",
            fingerprint="f1",
            name="ShopErrors",
            status=AlertStatus.FIRING,
            severity=Severity.CRITICAL,
            labels=self.labels,
            annotations={"summary": self.summary},
            starts_at=self.onset,
            payload_digest="sha256:0",
            received_at=self.onset,
        )
        scope = Scope(
            incident_id="inc-1",
            alerts=(alert,),
            entities=tuple(Entity(kind="service", name=name) for name in self.names),
            onset=self.onset,
            window_start=START,
            window_end=END,
        )
        earlier = tuple(
            alert.model_copy(
                update={
                    "fingerprint": f"f0{number}",
                    "status": AlertStatus.RESOLVED,
                    "starts_at": self.onset + minutes(begins),
                    "ends_at": self.onset + minutes(ends),
                }
            )
            for number, (begins, ends) in enumerate(self.ended)
        )
        return Case(scope=scope, alerts=(*earlier, alert), evidence=tuple(self.evidence))

    def read(self):
        """Return its symptoms."""
        return read_symptoms(self.build())

    def judge(self):
        """Return the judgement; what it claims can be cited."""
        case = self.build()
        judgement = judge_changes(case)
        if judgement.claim is not None:
            hypothesis = to_hypothesis(judgement.claim, {item.id: item for item in case.evidence})
            refuse_bad_citations(hypothesis.citations, case.evidence)
        return judgement

    def list_changes(self):
        """Return its changes as the rules take them."""
        kept = [item for item in self.evidence if item.kind is EvidenceKind.CHANGE]
        return [Change(item, ChangeFacts.from_json(item.facts)) for item in kept]


@pytest.fixture
def incident():
    """Give an incident without any evidence."""
    return Incident()


@pytest.fixture
def as_lines():
    """Give a function that numbers the lines of a text as evidence does."""
    return lambda text: tuple(
        EvidenceLine(number=number, text=line) for number, line in enumerate(text.strip("\n").split("\n"), start=1)
    )


@pytest.fixture
def signs(incident):
    """Give a function that returns the signs of a change of the incident, by name."""

    def run(change_id, **effect):
        changes, symptoms = incident.list_changes(), incident.read()
        change = next(one for one in changes if one.id == change_id)
        judged = replace(Rollouts(changes, began_at=symptoms.began_at).judge(change), **effect)
        return {sign.name: sign for sign in list_signs(change, judged, symptoms, measure_rarity(changes))}

    return run
