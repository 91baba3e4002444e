"""A case of one incident, put together piece by piece, for what models are told and what they answer."""

from datetime import timedelta

from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts, ObjectFacts, RunbookFacts
from fermata.rules.signatures import Case
from fermata.testing.records import CHECKOUT, NOON, make_alert, make_evidence, make_scope

ACTIONS = frozenset({"supervisor.restart", "supervisor.set_memory_limit", "docker.restart_container"})


def number_lines(*texts, first=1):
    """Give lines with their numbers."""
    return tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(texts, start=first))


def make_piece(*texts, kind=EvidenceKind.LOGS, title="checkout stderr", **changes):
    """Give one piece of evidence of these lines."""
    values = {"kind": kind, "title": title, "query": title, "lines": number_lines(*texts)}
    if kind is not EvidenceKind.LOGS:
        values["collector"] = f"test.{kind.value}"
    return make_evidence(**(values | changes))


def make_change(change_id="4755b7c1c2a7", *diff, before=timedelta(minutes=5), **facts):
    """Give a change whose diff was read."""
    values = {
        "id": change_id,
        "title": f"Change {change_id}",
        "changed_at": NOON - before,
        "repository": "git:repository/shop",
        "diff_read": True,
    }
    return make_piece(
        *("diff --git a/x b/x", "--- a/x", "+++ b/x", *(diff or ("-limit: 10", "+limit: 9"))),
        kind=EvidenceKind.CHANGE,
        title=f"commit {change_id}",
        entity=Entity(system="git", kind="repository", name="shop"),
        facts=ChangeFacts(**(values | facts)).to_json(),
    )


def make_runbook(*texts, title="memory.md"):
    """Give a passage of a runbook."""
    return make_piece(
        *texts,
        kind=EvidenceKind.RUNBOOK,
        title=title,
        entity=Entity(system="runbooks", kind="library", name="runbooks"),
        facts=RunbookFacts(path=title).to_json(),
    )


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "checkout", "namespace": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "checkout"}},
        "template": {
            "metadata": {"labels": {"app": "checkout"}},
            "spec": {"containers": [{"name": "c", "image": "x"}]},
        },
    },
    "status": {"replicas": 2, "unavailableReplicas": 2},
}


def make_deployment(*texts):
    """Give a deployment of which no pod is ready; its lines show that or not."""
    facts = ObjectFacts(form="api", objects=(DEPLOYMENT,)).to_json()
    place = Entity(system="kubernetes", kind="cluster", name="cluster")
    return make_piece(*texts, kind=EvidenceKind.OBJECTS, title="objects", entity=place, facts=facts)


def make_case(*pieces, alerts=None, question="", actions=ACTIONS, gaps=(), refs=("service/checkout",)):
    """Give a case of these pieces, about checkout."""
    return Case(
        scope=make_scope(*refs),
        alerts=(make_alert(),) if alerts is None else tuple(alerts),
        evidence=pieces,
        gaps=gaps,
        known_actions=actions,
        question=question,
    )


def blame(*pieces, cause="memory_limit_exceeded", entity=CHECKOUT, suggests=False, **changes):
    """Give a hypothesis that cites the first line of each piece."""
    values = {
        "cause": cause,
        "text": "checkout needs more memory than it may have",
        "confidence": 0.9,
        "entity": entity,
        "citations": tuple(
            Citation(
                evidence_id=piece.id,
                first_line=piece.lines[0].number,
                last_line=piece.lines[0].number,
                quote=piece.lines[0].text,
            )
            for piece in pieces
        ),
    }
    if suggests:
        suggestion = ActionSuggestion(name="supervisor.restart", target=CHECKOUT, parameters={})
        values["suggestions"] = (suggestion,)
    return Hypothesis(**(values | changes))


def conclude(*hypotheses, **changes):
    """Give the diagnosis of these hypotheses; without any, an undetermined one."""
    verdict = Verdict.IDENTIFIED if hypotheses else Verdict.UNDETERMINED
    return Diagnosis(**({"verdict": verdict, "hypotheses": hypotheses} | changes))
