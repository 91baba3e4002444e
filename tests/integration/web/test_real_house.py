"""The real house behind the page: what the stand-in promises, flows, store and engine keep."""

import hashlib
import hmac
from pathlib import Path

import pytest
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import open_house
from fermata.domain.ids import PersonId
from fermata.settings import load_settings

SAMPLE = Path(__file__).parents[2] / "samples" / "alertmanager" / "03-group3-firing.json"
SETTINGS = """\
state_dir: {root}/state
server:
  alert_token: env:ALERT_TOKEN
  alert_hmac_secret: env:ALERT_SECRET
people:
  - {{id: ada, name: Ada Brandt, roles: [oncall], handles: {{page: ada}}}}
systems:
  alertmanager: {{}}
"""


@pytest.fixture
async def real(tmp_path):
    """Serve a real house on a fresh store; give it with a client of its page."""
    file = tmp_path / "fermata.yaml"
    file.write_text(SETTINGS.format(root=tmp_path))
    house = open_house(load_settings(file, {"ALERT_TOKEN": "token", "ALERT_SECRET": "secret"}))
    async with serving_app(house) as port, browse(port) as http:
        yield house, http


async def test_alert_becomes_an_incident_on_the_page(real):
    """A real webhook, twice; a one-time link; the list, the incident, the journal whose chain holds."""
    house, http = real
    body = SAMPLE.read_bytes()
    signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()

    refused = await http.post("/v1/alerts/alertmanager", content=body, headers={"Authorization": "Bearer wrong"})
    taken = await http.post("/v1/alerts/alertmanager", content=body, headers={"Authorization": "Bearer token"})
    again = await http.post("/v1/alerts/alertmanager", content=body, headers={"X-Fermata-Signature": signature})
    broken = await http.post("/v1/alerts/alertmanager", content=b"{", headers={"Authorization": "Bearer token"})
    absent = await http.post("/v1/alerts/nagios", content=body, headers={"Authorization": "Bearer token"})

    assert [answer.status_code for answer in (refused, taken, again, broken, absent)] == [401, 202, 202, 400, 404]
    assert (taken.json()["accepted"], taken.json()["new"], again.json()["new"]) == (3, 3, 0)
    assert taken.json()["incidents"] == again.json()["incidents"]

    token = await house.sessions.issue_link_token(PersonId("ada"))
    assert (await http.get(f"/login?token={token}")).status_code == 200
    assert (await http.post("/login", data={"token": token})).status_code == 303

    incident_id = taken.json()["incidents"][0]
    assert f"/incidents/{incident_id}" in (await http.get("/")).text
    page = await http.get(f"/incidents/{incident_id}")
    assert page.status_code == 200
    assert "PodOOMKilled" in page.text
    journal = await http.get("/journal")
    assert "The chain holds" in journal.text
    assert journal.text.count("body.refused") == 3
    shown = (await http.get(f"/v1/incidents/{incident_id}")).json()
    assert shown["incident"]["id"] == incident_id


async def test_halt_on_the_page_is_the_houses_halt(real):
    """The switch on the page is the file that every surface looks at."""
    house, http = real
    await http.post("/login", data={"token": await house.sessions.issue_link_token(PersonId("ada"))})
    csrf = (await http.get("/halt")).text.split('name="csrf" value="')[1].split('"')[0]

    await http.post("/halt", data={"csrf": csrf, "reason": "rehearsal"})
    halted = house.context.halt.find()
    await http.post("/resume", data={"csrf": csrf})

    assert (halted.by, halted.reason) == ("ada", "rehearsal")
    assert house.context.halt.find() is None


async def test_probes_answer_from_the_real_house(real):
    """Alive, ready, and measured."""
    _, http = real

    assert (await http.get("/healthz")).status_code == 200
    assert (await http.get("/readyz")).json()["ready"] is True
    assert "fermata_" in (await http.get("/metrics")).text
