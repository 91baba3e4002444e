"""The real house behind the page: what the stand-in promises, flows, store and engine keep."""

import asyncio
import hashlib
import hmac
import re
from pathlib import Path

import pytest
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import open_house
from fermata.domain.ids import PersonId
from fermata.kit.clock import SystemClock
from fermata.settings import load_settings
from fermata.testing.oidc import OidcProvider

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


async def sign_in(house, http):
    """Sign Ada in by a link; give the secret of her forms."""
    await http.post("/login", data={"token": await house.sessions.issue_link_token(PersonId("ada"))})
    return (await http.get("/halt")).text.split('name="csrf" value="')[1].split('"')[0]


async def send_alert(http):
    """Send the sample; give its incident."""
    headers = {"Authorization": "Bearer token"}
    taken = await http.post("/v1/alerts/alertmanager", content=SAMPLE.read_bytes(), headers=headers)
    return taken.json()["incidents"][0]


async def test_alert_is_told_to_an_open_page(real):
    """From the webhook through the store to the stream, without anybody asking."""
    house, http = real
    await sign_in(house, http)

    async with asyncio.timeout(30), http.stream("GET", "/events") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        incident_id = await send_alert(http)
        told = [line async for line in take_until(lines, incident_id)]

    assert "event: journal" in told


async def take_until(lines, text):
    """Give lines up to the one that holds a text."""
    async for line in lines:
        yield line
        if text in line:
            return


async def test_page_asks_at_the_counter_of_every_channel(real):
    """Snoozed and looked at again by the real desk, which knows the page's people; it is found by its name."""
    house, http = real
    csrf = await sign_in(house, http)
    incident_id = await send_alert(http)

    await http.post(f"/incidents/{incident_id}/snooze", data={"csrf": csrf, "minutes": "30"})
    snoozed = (await http.get(f"/incidents/{incident_id}")).text
    await http.post(f"/incidents/{incident_id}/more", data={"csrf": csrf, "question": ""})
    looked = (await http.get(f"/incidents/{incident_id}")).text

    assert "Snoozed for 30m" in snoozed
    assert "Snoozed until" in snoozed
    assert "ada asked to keep still about it" in snoozed
    assert re.search("Looking again|being looked at already", looked)
    assert f'href="/incidents/{incident_id}"' in (await http.get("/?q=podoomkilled")).text


async def test_identity_provider_opens_a_real_session(tmp_path):
    """Known people come in and strangers do not; the journal tells both."""
    clock = SystemClock()
    async with OidcProvider(clock, "", secret="shared") as idp:
        file = tmp_path / "fermata.yaml"
        oidc = f"  oidc: {{issuer: '{idp.issuer}', client_id: fermata, client_secret: env:SHARED}}\n"
        text = (
            SETTINGS.format(root=tmp_path).replace("people:", oidc + "people:").replace("page: ada", "oidc: ada@x.org")
        )
        file.write_text(text)
        environ = {"ALERT_TOKEN": "token", "ALERT_SECRET": "secret", "SHARED": "shared"}
        house = open_house(load_settings(file, environ))
        async with serving_app(house) as port:
            idp.redirect_url = f"http://127.0.0.1:{port}/oidc/callback"
            statuses = [await come_back(port, idp, email) for email in ("ada@x.org", "eve@x.org")]
            entries = [entry.event for entry in await house.readings.list_journal()]

    assert statuses == [200, 403]
    assert [(event.kind, event.actor.id) for event in entries] == [
        ("person.logged_in", "ada"),
        ("person.refused", "unknown"),
    ]
    assert entries[1].data == {"channel": "oidc", "handle": "eve@x.org"}
    assert idp.server.complaints == []


async def come_back(port, idp, email):
    """Sign somebody in at the provider; give what the page answers."""
    idp.user = {"sub": email, "email": email, "email_verified": True}
    async with browse(port) as http:
        begun = await http.get("/oidc/start")
        sent = await http.get(begun.headers["location"])
        return (await http.get(sent.headers["location"])).status_code


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
