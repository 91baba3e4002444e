"""A house with an engine and a repository has a story of deployments too, although no system tells of them."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON

from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gathering
from fermata.domain.facts import ChangeFacts
from fermata.domain.trail import Deploy
from fermata.flows.postmortem.live import draft_told, read_incident
from fermata.flows.postmortem.seen_changes import leave_out_told, tell_changes
from fermata.ports.trail import TrailPart
from fermata.rules.citations import cite
from fermata.testing.records import make_incident

SHA = "0123abcd" * 5
MINUTE = timedelta(minutes=1)
API = Entity(system="docker", kind="container", namespace="checkout", name="shop-checkout-1")


def change(minutes, name, *, kind="deployment", entity=API, title="api:2 took the place of api:1", **values):
    """Return the evidence of a change so many minutes after the first sign."""
    at = NOON + minutes * MINUTE
    facts = ChangeFacts(id=name, kind=kind, title=title, changed_at=at, **values)
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.CHANGE,
        collector="docker.changes",
        entity=entity,
        title=title,
        query=f"inspect {name}",
        observed_at=at,
        fresh_until=at + timedelta(hours=1),
        lines=(EvidenceLine(number=1, text=title),),
        facts=facts.to_json(),
    )


def commit(minutes, name=SHA):
    """Return the evidence of a commit."""
    return change(minutes, name, kind="commit", title="Keep it in memory", author="Tomás")


def blame(item):
    """Return a diagnosis that names a change."""
    return Diagnosis(
        verdict=Verdict.IDENTIFIED,
        hypotheses=(
            Hypothesis(
                cause="faulty_commit",
                text="It is to blame.",
                confidence=0.9,
                entity=API,
                citations=(cite(item, 1),),
                person_must="Take it back.",
            ),
        ),
        guilty_change=item.facts["id"],
    )


def over(after=10):
    """Return an incident that was over so many minutes after its first sign."""
    entity = Entity(kind="service", name="checkout")
    return make_incident(
        id="inc-1", started_at=NOON, opened_at=NOON, resolved_at=NOON + after * MINUTE, entities=(entity,)
    )


def list_texts(incident, evidence, diagnosis=None):
    """Return the lines."""
    seen = tell_changes(incident, evidence, diagnosis)
    assert [fact.entry.citations for fact in seen.facts] == [(deploy.id,) for deploy in seen.deploys]
    return [fact.entry.text for fact in seen.facts]


def test_commit_that_the_verdict_names_and_what_brought_it_are_told():
    """When it was written, and when it began to run; never whose it was."""
    guilty = commit(-20)

    lines = list_texts(over(), [change(-1, "d2"), guilty, change(-15, "d1")], blame(guilty))

    assert lines == ["Changed, in commit 0123abc: Keep it in memory", "Deployed: api:2 took the place of api:1"]


def test_deployment_that_the_verdict_names_is_told_once():
    """Two looks saw the same."""
    guilty = change(-1, "d1")

    assert list_texts(over(), [guilty, guilty], blame(guilty)) == ["Deployed: api:2 took the place of api:1"]


def test_deployment_after_which_it_was_over_is_told():
    """The last one before the end; what is true of it is only when it was over."""
    lines = list_texts(over(), [change(3, "d1"), change(8, "d2", title="api:1 took the place of api:2")])

    assert lines == ["Deployed: api:1 took the place of api:2; it was over 2m later"]


@pytest.mark.parametrize(
    "item",
    [
        change(-30, "d1"),
        change(12, "d1"),
        commit(5),
        change(5, "d1", is_own=True),
        change(5, "d1", entity=API.model_copy(update={"namespace": "worker", "name": "shop-worker-1"})),
    ],
    ids=["long before", "after the end", "only written", "our own", "another service's"],
)
def test_other_changes_stay_on_the_card(item):
    """A deployment nearby is no cause, and what Fermata did is told by its own record."""
    assert list_texts(over(), [item]) == []


def test_verdict_without_a_change_names_none():
    """And nothing ended what goes on still."""
    going_on = make_incident(id="inc-1", started_at=NOON, opened_at=NOON)

    assert list_texts(going_on, [change(5, "d1")], Diagnosis(verdict=Verdict.UNDETERMINED)) == []


def test_commit_that_nothing_brought_stands_alone():
    """The deployments that were seen came before it, or after the first sign."""
    guilty = commit(-5)

    lines = list_texts(over(), [guilty, change(-9, "d1"), change(20, "d2")], blame(guilty))

    assert lines == ["Changed, in commit 0123abc: Keep it in memory"]


def test_secret_in_a_title_stays_out():
    """A title is somebody's text."""
    (line,) = list_texts(over(), [change(5, "d1", title="Set password=hunter2-Vq8x9")])

    assert "hunter2" not in line


def test_change_that_a_system_tells_itself_is_not_told_twice():
    """A forge knows the commit as well, with a link."""
    guilty = commit(-20)
    seen = tell_changes(over(), [guilty, change(5, "d1")], blame(guilty))
    part = TrailPart(deploys=seen.deploys)
    forge = TrailPart(deploys=[Deploy("github:1", NOON, sha=SHA), Deploy("argo:1", NOON)])

    left = leave_out_told(seen.facts, part, [forge])

    assert [fact.entry.text for fact in left] == ["Deployed: api:2 took the place of api:1; it was over 5m later"]
    assert leave_out_told(seen.facts, part, []) == seen.facts


async def test_draft_cites_what_was_seen(stage):
    """The line stands in the timeline, and its source among the records."""
    view = await stage.hold()
    place = view.incident.entities[0]
    at = int((view.incident.started_at - NOON) / MINUTE)
    seen = change(at - 1, "d1", entity=place).model_copy(update={"incident_id": view.incident.id})
    diagnosis = view.diagnosis.model_copy(update={"guilty_change": "d1"})
    with stage.store.begin() as transaction:
        gathering = Gathering(evidence=(seen,), gaps=(), took=MINUTE)
        transaction.findings.add_gathering(view.incident.id, gathering)
        transaction.findings.save_diagnosis(view.incident.id, diagnosis)

    told = await read_incident(stage.context, view.incident.id)
    draft = draft_told(told)

    (line,) = [entry for entry in draft.entries if entry.text.startswith("Deployed: ")]
    assert line.citations == (f"evidence:{seen.id}",)
    assert line.citations[0] in {deploy.id for deploy in told.trail.deploys}
