from datetime import timedelta

from tests.unit.flows.stage import ALICE

from fermata.flows.postmortem.keeping import generate_postmortem


async def test_earlier_incident_that_is_alike_is_named(scene):
    """Whoever writes what to do about it should know that it was like this before."""
    stage, incident_id = scene
    before = await generate_postmortem(stage.context, incident_id, ALICE)
    with stage.store.begin() as transaction:
        incident = transaction.incidents.get(incident_id)
        older = {"id": "inc-older", "started_at": incident.started_at - timedelta(days=30)}
        transaction.incidents.save(incident.model_copy(update=older))

    again = await generate_postmortem(stage.context, incident_id, ALICE)

    assert "Seen before" not in before.postmortem.text
    assert "**Seen before**" in again.postmortem.text
    assert "inc-older" in again.postmortem.text
