"""A firing that is known and comes back worse than it was."""

from datetime import timedelta

from tests.unit.flows.stage import NOON, make_alert

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


async def test_firing_that_gets_worse_under_a_silence_raises_nothing(stage):
    """Who silenced it wanted quiet; once the silence is over, what is still worse is told."""
    mild, grave = (
        make_alert() | {"labels": make_alert()["labels"] | {"severity": told}} for told in ("warning", "critical")
    )
    (incident_id,) = (await stage.send(mild)).incidents
    until = NOON + timedelta(hours=1)
    stage.restart(silences=[{"id": "deploy", "match": {"service": "check*"}, "until": until, "reason": "a deploy"}])

    quiet = await stage.send(grave)
    before = (await stage.show(incident_id)).incident.severity
    stage.clock.advance(timedelta(hours=2))
    await stage.send(grave)

    assert (quiet.new, before) == (0, Severity.WARNING)
    assert (await stage.show(incident_id)).incident.severity is Severity.CRITICAL
