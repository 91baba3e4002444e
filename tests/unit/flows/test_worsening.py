"""A firing that is known and comes back worse than it was."""

from tests.unit.flows.stage import make_alert

from fermata.domain.alert import Severity


async def test_firing_that_gets_worse_raises_its_incident(stage):
    """Who is told depends on it. It is said once, and what is milder again lowers nothing."""
    mild, grave = (
        make_alert() | {"labels": make_alert()["labels"] | {"severity": told}} for told in ("warning", "critical")
    )
    (incident_id,) = (await stage.send(mild)).incidents

    raised = await stage.send(grave)

    again = [await stage.send(alert) for alert in (grave, mild)]
    assert (raised.new, [receipt.new for receipt in again]) == (1, [0, 0])
    assert (await stage.show(incident_id)).incident.severity is Severity.CRITICAL
    assert (await stage.list_kinds(incident_id)).count("alert.worsened") == 1


async def test_end_that_is_worse_raises_nothing(stage):
    """What is over hurts nobody any more."""
    mild, grave = (
        make_alert() | {"labels": make_alert()["labels"] | {"severity": told}} for told in ("warning", "critical")
    )
    (incident_id,) = (await stage.send(mild)).incidents

    await stage.resolve(grave)

    assert (await stage.show(incident_id)).incident.severity is Severity.WARNING
