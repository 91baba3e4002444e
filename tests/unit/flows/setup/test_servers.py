"""Servers on this machine are what they answer, not what their port says."""

from urllib.parse import urlsplit

import pytest

from fermata.flows.setup import servers
from fermata.flows.setup.servers import Candidate, find_candidate, find_servers
from fermata.testing.web_server import Answer, Fault, WebServer

ANSWERS = {
    "/api/v1/status/buildinfo": {"status": "success", "data": {"version": "2.42.0", "goVersion": "go1"}},
    "/api/v2/status": {"cluster": {}, "versionInfo": {"version": "0.25.0"}, "config": {"original": "route: {}"}},
    "/loki/api/v1/status/buildinfo": {"version": "3.0", "goVersion": "go1"},
    "/api/health": {"database": "ok", "version": "11.0"},
}
SYSTEMS = ("prometheus", "alertmanager", "loki", "grafana")


async def look(around, respond, systems=SYSTEMS):
    """Give what is found of the systems at one server, by name."""
    async with WebServer(respond) as server:
        port = urlsplit(server.url).port
        found = await find_servers(around(ports=tuple((system, port) for system in systems)))
    return {one.system: one for one in found}


async def test_each_is_known_by_its_own_answer(around):
    """Version and address are told; those that only send need no address."""
    found = await look(around, lambda request: Answer(ANSWERS[request.path]))

    assert set(found) == set(SYSTEMS)
    assert found["prometheus"].section["url"].startswith("http://127.0.0.1:")
    assert found["prometheus"].detail == "version 2.42.0"
    assert found["alertmanager"].section == found["grafana"].section == {}
    assert not found["alertmanager"].is_wired
    assert found["grafana"].next_steps


async def test_alertmanager_that_sends_already_is_known(around):
    """Its own configuration says so; nothing is left to do there."""
    config = {"original": "- url: http://fermata:8714/v1/alerts/alertmanager"}

    found = await look(around, lambda _: Answer(ANSWERS["/api/v2/status"] | {"config": config}), ("alertmanager",))

    assert found["alertmanager"].is_wired


@pytest.mark.parametrize(
    "answer",
    [
        Answer({}),
        Answer([]),
        Answer(b"<html>"),
        Answer({"status": "success", "data": []}),
        Answer({"version": "1"}),
        Answer({}, 404),
        Answer({}, 302),
        Answer(b"[" + b"1," * 600_000),
        Answer(fault=Fault.DROP),
    ],
    ids=str,
)
async def test_whatever_else_listens_there_is_not_proposed(around, answer):
    """A page, another API, a redirect, an endless answer, a cut connection."""
    assert await look(around, lambda _: answer) == {}


async def test_server_that_asks_for_a_login_is_told_with_what_to_do(around):
    """Prometheus and Loki may stand behind one; who else does is not guessed."""
    found = await look(around, lambda _: Answer({}, 401))

    assert set(found) == {"prometheus", "loki"}
    assert all("asks for a login" in one.problem for one in found.values())


async def test_port_where_nobody_listens_is_no_finding(around):
    """Silence is the usual case."""
    assert await find_servers(around(ports=(("prometheus", 1),))) == []


async def test_pod_asks_the_usual_addresses_of_its_cluster(around, tmp_path, monkeypatch):
    """Only there do these names mean anything."""
    async with WebServer(lambda _: Answer(ANSWERS["/api/v1/status/buildinfo"])) as server:
        monkeypatch.setattr(servers, "_IN_CLUSTER", (("prometheus", server.url),))
        inside = await find_servers(around(service_account=tmp_path / "token"))
        outside = await find_servers(around())

    assert [one.section for one in inside] == [{"url": server.url}]
    assert outside == []


async def test_server_in_a_container_comes_before_the_usual_port(around):
    """It is asked at the port that was published, and proposed once."""
    async with WebServer(lambda _: Answer(ANSWERS["/api/v1/status/buildinfo"])) as server:
        port = urlsplit(server.url).port
        candidate = Candidate("prometheus", f"http://127.0.0.1:{port}", "shop-prometheus-1")
        (found,) = await find_servers(around(ports=(("prometheus", port),)), [candidate])

    assert found.title.endswith("the container shop-prometheus-1")


@pytest.mark.parametrize(
    ("image", "host", "expected"),
    [
        ("prom/prometheus:v3", "0.0.0.0", ("prometheus", "http://127.0.0.1:32768")),
        ("registry.acme.io:5000/mirror/alertmanager@sha256:00", "", ("alertmanager", "http://127.0.0.1:32768")),
        ("grafana/grafana-oss", "::", ("grafana", "http://127.0.0.1:32768")),
        ("grafana/loki", "::1", ("loki", "http://[::1]:32768")),
        ("acme/prometheus-exporter", "10.0.0.7", ("prometheus", "http://10.0.0.7:32768")),
    ],
)
def test_published_port_of_a_known_image_is_a_candidate(image, host, expected):
    """By the image's name alone; whether it is one, it has to say itself."""
    candidate = find_candidate(image, host, 32768, "c")

    assert (candidate.system, candidate.url) == expected


@pytest.mark.parametrize("image", ["acme/shop", "sha256:0011", "", "lokiish"])
def test_other_images_are_not_asked(image):
    """Nobody's service gets a request that it does not know."""
    assert find_candidate(image, "", 80, "c") is None
