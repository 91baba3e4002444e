"""Settings that are refused, and what the doctor says."""

import pytest
from pydantic import ValidationError

from fermata.integrations.docker.system import Docker, DockerSettings
from fermata.kit.clock import SystemClock


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"socket": "/var/run/docker.sock"},
        {"socket": "tcp://"},
        {"socket": "http://127.0.0.1:2375"},
        {"socket": "unix:///" + "x" * 108},
        {"socket": "tcp://engine:2376", "tls_ca": "/ca.pem"},
        {"socket": "unix:///s", "tls_ca": "/a", "tls_cert": "/b", "tls_key": "/c"},
        {"socket": "unix:///s", "unknown": 1},
        {"socket": "unix:///s", "timeout_s": 0},
    ],
)
def test_wrong_settings_are_refused(values):
    """Before anything is asked of anybody."""
    with pytest.raises(ValidationError):
        DockerSettings(**values)


def test_tls_is_whole_or_absent():
    """Three files together, and only over TCP."""
    files = {"tls_ca": "/a", "tls_cert": "/b", "tls_key": "/c"}

    assert [str(path) for path in DockerSettings(socket="tcp://engine:2376/", **files).tls] == ["/a", "/b", "/c"]
    assert DockerSettings(socket="unix:///s").tls is None


async def check(engine, respond, **settings):
    """Give the doctor's findings by name."""
    await engine.start(respond)
    values = {"socket": f"unix://{engine.socket}", "timeout_s": 10} | settings
    system = Docker(DockerSettings(**values), SystemClock())
    return {finding.name.removeprefix("docker: "): finding for finding in await system.check()}


async def test_doctor_names_each_permission_that_is_missing(engine):
    """A socket proxy that allows info and containers, and no events."""

    def respond(path):
        if path.endswith("/info"):
            return engine.answer({"ServerVersion": "27.1", "Name": "host", "MemoryLimit": False})
        if "/containers/json" in path:
            return engine.answer([])
        return engine.answer(body=b"", status="403 Forbidden")

    findings = await check(engine, respond)

    assert {name: finding.ok for name, finding in findings.items()} == {
        "engine": True,
        "containers": True,
        "images": True,
        "events": False,
        "clock": True,
        "memory limits": False,
    }
    assert "Allow GET /events" in findings["events"].text
    assert "Least for evidence: GET on /_ping" in findings["events"].text
    assert "memory cgroup" in findings["memory limits"].text


async def test_doctor_says_why_an_engine_cannot_be_reached(engine):
    """One finding, not a traceback."""
    system = Docker(DockerSettings(socket=f"unix://{engine.socket}"), SystemClock())

    (finding,) = await system.check()

    assert (finding.name, finding.ok) == ("docker: engine", False)
    assert "cannot be reached" in finding.text


async def test_doctor_warns_of_an_engine_without_tls(engine):
    """Whoever reaches the port is root on that host."""
    findings = await check(engine, lambda _: b"", socket="tcp://127.0.0.1:9")

    assert not findings["transport"].ok
    assert "root" in findings["transport"].text


async def test_doctor_sees_images_that_may_not_be_looked_at(engine):
    """Containers are allowed, images are not: deployments stay unknown."""

    def respond(path):
        if path.endswith("/info"):
            return engine.answer({"MemoryLimit": True})
        if path.partition("?")[0].endswith("/containers/json"):
            return engine.answer([{"Id": engine.CONTAINER_ID, "ImageID": "sha256:" + "1" * 64}])
        if "/images/" in path:
            return engine.answer(body=b"", status="403 Forbidden")
        return engine.answer(engine.INSPECTED) if path.endswith("/json") else engine.answer(body=b"")

    findings = await check(engine, respond)

    assert [name for name, finding in findings.items() if not finding.ok] == ["images"]
    assert "Allow GET /images/<id>/history" in findings["images"].text
