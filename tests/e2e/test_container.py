"""The image of the Dockerfile, built and run on a real engine: an ordinary user, a read-only root, one volume."""

import json
import os
import subprocess
import time
from types import SimpleNamespace

import pytest
from tests.e2e import python_image

from fermata.testing.docker import DockerRig, find_obstacle

pytestmark = pytest.mark.docker
TOKEN = "a-token-of-some-length"
SETTINGS = """\
server: {alert_token: file:/run/secrets/alert_token}
people: [{id: alice, name: Alice, roles: [oncall], handles: {console: fermata}}]
policy:
  guardrails:
    - id: restarts
      actions: [docker.restart_container]
      resources: ["docker:container/*"]
      approvers: {roles: [oncall]}
      max_risk: low
      max_blast_radius: 1
systems: {alertmanager: {}, console: {}, docker: {socket: "unix:///run/docker.sock"}}
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """Give an engine that holds the image `fermata:test`; skips where none can be started."""
    obstacle = find_obstacle() or python_image.find_obstacle()
    if obstacle:
        pytest.skip(obstacle)
    folder = tmp_path_factory.mktemp("image")
    (folder / "wheels").mkdir()
    rig = DockerRig(storage="overlay2")
    try:
        python_image.download_wheels(folder / "wheels")
        rig.start()
        rig.import_image("probe:1", {}, ['CMD ["/bin/sh", "-c", "while :; do sleep 1; done"]'])
        rig.run("probe", "probe:1", HostConfig={"NetworkMode": "none"})
        rig.remove("probe")
    except RuntimeError as error:
        rig.close()
        pytest.skip(str(error)[:300])
    try:
        python_image.write_archive(folder / "base.tar", folder / "wheels")
        docker(rig, "import", folder / "base.tar", "base:1")
        docker(rig, "build", "--network=none", "--build-arg=BASE=base:1", "--tag=fermata:test", python_image.ROOT)
        yield rig
    finally:
        rig.close()


@pytest.fixture
def serve(engine, tmp_path):
    """Give a function that runs the image as the compose file does, on a volume of the test's own."""
    (tmp_path / "fermata.yaml").write_text(SETTINGS)
    (tmp_path / "alert_token").write_text(TOKEN)
    engine.socket_path.chmod(0o666)

    def run(name):
        binds = [
            f"{tmp_path}/fermata.yaml:/etc/fermata/fermata.yaml:ro",
            f"{tmp_path}/alert_token:/run/secrets/alert_token:ro",
            f"{engine.socket_path}:/run/docker.sock",
            f"{name}-state:/var/lib/fermata",
        ]
        limits = {"NetworkMode": "none", "ReadonlyRootfs": True, "Tmpfs": {"/tmp": ""}, "CapDrop": ["ALL"]}  # noqa: S108 - the container's
        engine.run(
            name,
            "fermata:test",
            Healthcheck={"Interval": 10**9},
            HostConfig=limits | {"Binds": binds, "SecurityOpt": ["no-new-privileges"]},
        )
        wait_for(lambda: engine.inspect(name)["State"]["Health"]["Status"] == "healthy")
        return SimpleNamespace(name=name, ask=lambda *words: docker(engine, "exec", name, "fermata", *words))

    yield run
    for name in engine.list_names():
        engine.remove(name)


def docker(rig, *words):
    """Run the engine's own command, and return what it printed."""
    env = os.environ | {"DOCKER_HOST": rig.url, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(["docker", *map(str, words)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def wait_for(condition, within_s=60):
    """Wait until something is so."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_image_serves_an_ordinary_user_from_a_read_only_root(engine, serve):
    """It becomes healthy without a right beyond its volume, keeps to its user, and holds no tool it was built with."""
    fermata = serve("plain")

    assert docker(engine, "exec", "plain", "id", "-u").strip() == "10001"
    findings = json.loads(fermata.ask("check", "--json"))
    assert [found for found in findings if not found["ok"]] == []
    assert docker(engine, "exec", "plain", "ls", "/opt/fermata/bin").split().count("pip") == 0
    assert json.loads(docker(engine, "inspect", "fermata:test"))[0]["Config"]["StopSignal"] == "SIGTERM"
    history = docker(engine, "history", "--no-trunc", "fermata:test") + json.dumps(engine.inspect("plain")["Config"])
    assert TOKEN not in history


def test_plan_that_is_under_way_is_taken_up_after_a_stop(engine, serve):
    """A stop between the effect and its proof loses nothing and does nothing twice; the state is in the volume."""
    fermata = serve("serving")
    engine.run("checkout", "probe:1", HostConfig={"NetworkMode": "none"})
    docker(engine, "stop", "--time=0", "checkout")
    fermata.ask("test-alert", "--service", "checkout", "--severity", "critical")
    held = wait_for(lambda: json.loads(fermata.ask("pending", "--json")))

    fermata.ask("approve", "--digest", held[0]["proposal"]["plan_digest"], "--no-wait")
    wait_for(lambda: engine.inspect("checkout")["State"]["Running"])
    docker(engine, "stop", "--time=20", "serving")
    started = engine.inspect("checkout")["State"]["StartedAt"]
    docker(engine, "start", "serving")
    wait_for(lambda: engine.inspect("serving")["State"]["Health"]["Status"] == "healthy")
    fermata.ask("test-alert", "--resolve", "--service", "checkout")

    incident = wait_for(lambda: find_resolved(fermata))
    assert [one["verdict"] for one in incident["verifications"]] == ["restored"]
    assert engine.inspect("checkout")["State"]["StartedAt"] == started
    assert "The journal holds" in fermata.ask("audit", "verify")


def find_resolved(fermata):
    """Return the incident once it is resolved."""
    shown = json.loads(fermata.ask("show", "latest", "--json"))
    return shown if shown["incident"]["state"] == "resolved" else None
