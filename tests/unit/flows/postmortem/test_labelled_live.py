"""A post-mortem with a model: what is said gets labels, what Fermata recorded does not, and the incident pays."""

from dataclasses import replace

from tests.unit.flows.scripted_gateway import ScriptedGateway
from tests.unit.flows.stage import ALICE

from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.models.prompts import load_prompts


def drop_some(request):
    """Give an answer that drops a third of the lines it was shown."""
    lines = [text.partition(" ")[0] for text in request.content.split("\n") if " *|" in text]
    return {"labels": [f"drop {name}" for name in lines[: len(lines) // 3]]}


def answered(stage, *steps):
    """Give the stage's context with a script of answers, and the gateway."""
    gateway = ScriptedGateway(*steps)
    return replace(stage.context, models=gateway, prompts=load_prompts()), gateway


async def test_what_was_said_gets_labels_and_the_incident_pays(scene):
    """The document names who labelled, and our own record is not shown for labelling."""
    stage, incident_id = scene
    context, gateway = answered(stage, {"labels": []})

    generated = await generate_postmortem(context, incident_id, ALICE)

    (request,) = gateway.requests
    assert request.incident_id == incident_id
    assert "|fermata|" not in request.content
    assert "A draft by rules, with labels of `acme/high` (0 stood, 0 refused)" in generated.postmortem.text


async def test_our_own_record_stays_whatever_a_model_drops(scene):
    """What was recorded is no matter of opinion."""
    stage, incident_id = scene
    plain = await generate_postmortem(stage.context, incident_id, ALICE)
    context, _ = answered(stage, drop_some)

    labelled = await generate_postmortem(context, incident_id, ALICE)

    recorded = {entry.citations for entry in plain.drafted.draft.entries if entry.citations[0].startswith("journal:")}
    told = {entry.citations for entry in labelled.drafted.draft.entries}
    assert recorded
    assert recorded <= told
