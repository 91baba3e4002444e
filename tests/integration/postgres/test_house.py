"""From an alert to the end of the session that held everybody up, through the whole house, by a person's word."""

import asyncio
import json
import time

import pytest
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import open_house
from fermata.domain.ids import PersonId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import Ruling
from fermata.settings import load_settings

pytestmark = pytest.mark.postgres
ADA = PersonId("ada")


def write_settings(folder, shop):
    """Write the settings of a Fermata that looks after one database; return the file."""
    (folder / "dsn").write_text(shop.url)
    guardrail = {
        "id": "sessions", "actions": ["postgres.terminate_backend"], "resources": [shop.ref],
        "approvers": {"roles": ["oncall"]}, "max_risk": "medium",
    }  # fmt: skip
    tree = {
        "state_dir": str(folder / "state"),
        "server": {"alert_token": "env:ALERT_TOKEN"},
        "people": [{"id": ADA, "name": "Ada Brandt", "roles": ["oncall"], "handles": {"page": "ada"}}],
        "policy": {"guardrails": [guardrail]},
        "limits": {"stable_for": "200ms", "verify_within": "20s", "verify_poll": "50ms"},
        "systems": {
            "alertmanager": {},
            "postgres": {
                "databases": {shop.name: {"dsn": "file:dsn", "write_dsn": "file:dsn"}},
                "services": {"checkout": shop.name},
                "sample_s": 0.05,
            },
        },
    }
    file = folder / "fermata.yaml"
    file.write_text(json.dumps(tree))
    return file


def tell(status):
    """Return the alert as Alertmanager posts it."""
    return {
        "version": "4", "status": status, "receiver": "fermata", "groupKey": "{}", "truncatedAlerts": 0,
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alerts.example",
        "alerts": [{
            "status": status, "labels": {"alertname": "CheckoutSlow", "service": "checkout", "severity": "critical"},
            "annotations": {}, "startsAt": "2026-11-25T20:00:00Z", "fingerprint": "00000000000000f1",
            "endsAt": "2026-11-25T20:10:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
            "generatorURL": "",
        }],
    }  # fmt: skip


async def wait_for(look, done):
    """Look until it is done."""
    deadline = time.monotonic() + 40
    while not done(latest := await look()):
        assert time.monotonic() < deadline, latest
        await asyncio.sleep(0.05)
    return latest


async def test_blocker_is_ended_by_a_persons_word_and_the_rest_recovers(shop, tmp_path):
    """Held until Ada says so, then exactly that session ends, the waiting go on, and the incident is resolved."""
    holder, waiters = shop.hold("UPDATE order_lines SET sku = 'held' WHERE id = 1"), [shop.join() for _ in range(3)]
    for waiter in waiters:
        waiter.say("UPDATE order_lines SET sku = 'b' WHERE id = 1")
    shop.wait_for("count(*) = 3 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    house = open_house(load_settings(write_settings(tmp_path, shop), {"ALERT_TOKEN": "token"}))
    headers = {"Authorization": "Bearer token"}

    async with serving_app(house) as port, browse(port) as http:
        taken = await http.post("/v1/alerts/alertmanager", json=tell("firing"), headers=headers)
        (incident_id,) = taken.json()["incidents"]
        settled = (IncidentState.HELD, IncidentState.NEEDS_PERSON)
        held = await wait_for(lambda: house.readings.show(incident_id), lambda view: view.incident.state in settled)
        assert held.incident.state is IncidentState.HELD, held.card
        assert held.diagnosis.leading.cause == "blocked_by_idle_transaction"
        assert shop.run("SELECT state FROM pg_stat_activity WHERE pid = %s", [holder.pid]) == [("idle in transaction",)]

        await house.decisions.decide(
            held.proposal.id, Ruling.APPROVE, channel="page", handle="ada", person_id=ADA,
            shown_digest=held.proposal.plan_digest, reason="",
        )  # fmt: skip
        await wait_for(lambda: house.readings.show(incident_id), lambda view: bool(view.executions))
        await http.post("/v1/alerts/alertmanager", json=tell("resolved"), headers=headers)
        ended = await wait_for(lambda: house.readings.show(incident_id), lambda view: bool(view.verifications))

    assert ended.verifications[0].verdict == "restored"
    assert shop.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [holder.pid]) == []
    assert shop.run("SELECT sku FROM order_lines WHERE id = 1") == [("b",)]
    assert "is gone, by us or by itself" in ended.executions[0].steps[0].result.detail
