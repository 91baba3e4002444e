"""JSON readings and probes over real HTTP, and what every answer carries."""

import pytest
from structlog.testing import capture_logs
from tests.unit.web import story

from fermata.kit.errors import GuardRefused, InvariantBroken, OperationalError

READINGS = ["/v1/incidents", f"/v1/incidents/{story.INCIDENT_ID}", "/v1/pending", "/v1/journal"]


@pytest.mark.parametrize("path", READINGS)
async def test_reading_needs_a_session(client, path):
    """Incidents hold logs and configuration: strangers get 401 in words, with the intake's token too."""
    for headers in ({}, {"Authorization": "Bearer intake-token-for-tests"}, {"Cookie": "fermata=session-9"}):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 401
        assert "fermata login" in answer.json()["do"]


async def test_incidents_are_listed_and_shown(ada):
    """The same records the pages are made from."""
    listed = (await ada.get("/v1/incidents?limit=1")).json()["incidents"]
    shown = (await ada.get(f"/v1/incidents/{story.INCIDENT_ID}")).json()
    pending = (await ada.get("/v1/pending")).json()["pending"]

    assert [incident["id"] for incident in listed] == [story.INCIDENT_ID]
    assert shown["plan"]["actions"][0]["dry_run"]["diff"] == story.DIFF
    assert pending[0]["proposal"]["plan_digest"] == shown["card"]["plan_digest"]


async def test_journal_is_paged_by_sequence(ada):
    """`after` is the last number seen."""
    entries = (await ada.get(f"/v1/journal?incident={story.INCIDENT_ID}&after=4&limit=1")).json()["entries"]

    assert [entry["sequence"] for entry in entries] == [5]


@pytest.mark.parametrize("query", ["limit=201", "limit=-1", "limit=ten", "offset=1e3", "limit=", "offset=" + "9" * 14])
async def test_number_out_of_range_is_refused(ada, query):
    """Limits are enforced, not silently applied."""
    answer = await ada.get(f"/v1/incidents?{query}")

    assert answer.status_code == 400
    assert answer.json()["do"].startswith("Give 0 to")


@pytest.mark.parametrize("incident_id", ["inc-none", "..%2f..", "A", "x" * 65])
async def test_unknown_incident_is_not_found(ada, incident_id):
    """An id that cannot be one is answered like one that is none."""
    answer = await ada.get(f"/v1/incidents/{incident_id}")

    assert answer.status_code == 404
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (GuardRefused("halt", "Nothing is executed while halted"), 409, "Nothing is executed while halted"),
        (OperationalError("The store is gone"), 503, "The store is gone"),
        (InvariantBroken("private: a plan changed"), 500, "Fermata could not answer"),
        (RuntimeError("private: boom"), 500, "Fermata could not answer"),
    ],
)
async def test_each_family_of_errors_has_its_status(ada, house, fault, status, words):
    """The family decides; expected trouble is told in its own words, a fault of ours is not; one log line for each."""
    house.fault = fault

    with capture_logs() as lines:
        answer = await ada.get("/v1/incidents")

    assert answer.status_code == status
    assert set(answer.json()) == {"error", "why", "do"}
    assert answer.json()["error"].startswith(words)
    assert "private" not in answer.text
    assert len(lines) == 1


async def test_liveness_asks_nobody(client, house):
    """A process whose store is gone is alive, proves nothing, and is not ready."""
    assert (await client.get("/readyz")).json()["ready"] is True
    assert (await client.get("/healthz?challenge=ab")).json() == {"alive": True, "proof": "proof of ab"}
    house.fault = OperationalError("The store is gone")

    for path in ("/healthz", "/healthz?challenge=ab"):
        assert (await client.get(path)).json() == {"alive": True}
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"] == [{"name": "store", "ok": False}]


async def test_channel_that_does_not_listen_is_told_and_no_reason_to_be_unready(client, house):
    """Alerts, the page and the commands work without it; and nobody is told that it is well."""
    house.hears = False

    ready = await client.get("/readyz")

    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "checks": [{"name": "store", "ok": True}, {"name": "chat: listener", "ok": False}],
    }


async def test_readiness_says_why_to_who_is_signed_in(ada, house):
    """A reason may name hosts and rooms: a probe is told none of them."""
    house.fault = OperationalError("The store is gone")

    checks = (await ada.get("/readyz")).json()["checks"]

    told = {"name": "store", "ok": False, "is_partial": False, "text": "the disk is full; make room"}
    assert checks == [told]


async def test_metrics_are_prometheus_text(client):
    """Scrapers get the format they know, without a session."""
    answer = await client.get("/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "fermata_alerts_total 2" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/login?token=x", "/nowhere", "/v1/incidents", "/healthz", "/static/fermata.js", "/static/nothing"]
)
async def test_every_answer_carries_the_safety_headers(client, path):
    """Pages, refusals and files alike: nothing inline, nothing framed, nothing sniffed, no referrer."""
    headers = (await client.get(path)).headers

    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'"} <= set(policy)
    assert {"frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] in ("no-store", "no-cache")


async def test_files_are_kept_only_under_their_digest(client):
    """A browser may keep what can never change; anything else is asked for again."""
    page = (await client.get("/login?token=x")).text
    url = page.split('rel="stylesheet" href="')[1].split('"')[0]

    assert "immutable" in (await client.get(url)).headers["cache-control"]
    assert (await client.get("/static/fermata.css?v=0")).headers["cache-control"] == "no-cache"


async def test_page_under_a_foreign_host_is_refused(client):
    """DNS rebinding: a name of somebody else's that points here reads nothing."""
    answer = await client.get("/login?token=x", headers={"Host": "evil.example"})

    assert answer.status_code == 421
    assert "127.0.0.1" in answer.text


@pytest.mark.parametrize("host", ["[::1", "a b", "localhost:99999999", "evil.example/\\@localhost"])
async def test_host_that_is_none_is_refused_in_words(client, host):
    """A Host header nothing can be made of is refused like a foreign one, and breaks nothing."""
    for path in ("/", "/v1/incidents", "/nowhere"):
        answer = await client.get(path, headers={"Host": host})
        assert answer.status_code == 421


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/"), ("GET", "/logout"), ("POST", "/journal"), ("PUT", "/v1/incidents")]
)
async def test_unknown_method_is_refused(client, method, path):
    """What an address does not do, it says."""
    answer = await client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"]


async def test_trailing_slash_is_no_redirect(client):
    """No redirect is ever built from the Host header."""
    assert (await client.get("/journal/")).status_code == 404
