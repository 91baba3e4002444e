"""`fermata demo --scenario container-oom`: a real container is killed for memory, and a person lets it have more."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.company import ENVIRONMENT
from tests.e2e.conftest import list_processes
from tests.e2e.terminal import Terminal

from fermata.testing.docker import DockerRig, find_busybox, find_obstacle

pytestmark = pytest.mark.docker
DEMO = [sys.executable, "-m", "fermata", "demo", "--scenario", "container-oom"]
NOWHERE = "unix:///nowhere/docker.sock"


@pytest.fixture(autouse=True, scope="module")
def _needs_an_engine():
    """Skip where no engine can be started; a machine's own is not for tests."""
    obstacle = find_obstacle() or ("no static busybox" if find_busybox() is None else None)
    if obstacle:
        pytest.skip(obstacle)
    rig = DockerRig()
    try:
        rig.start()
        rig.import_image("probe:1", {}, ['CMD ["/bin/sh"]'])
        rig.run("probe", "probe:1", HostConfig={"NetworkMode": "none"})
    except RuntimeError as error:  # Root inside a container without privileges may install an engine and run none.
        pytest.skip(str(error)[:300])
    finally:
        rig.close()


@pytest.fixture
def env(tmp_path):
    """Give an environment whose temporary directory is the test's own, and which knows of no engine."""
    (tmp_path / "tmp").mkdir()
    return ENVIRONMENT | {"TMPDIR": str(tmp_path / "tmp"), "DOCKER_HOST": NOWHERE}


def list_leftovers():
    """Return what a stage's engine could leave behind outside its folder."""
    mounts = [line.split(" ")[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    bridges = [path.name for path in Path("/sys/class/net").glob("fmdk*")]
    return {*(place for place in mounts if "fmdk-" in place), *bridges, *Path("/tmp").glob("fmdk-*")}  # noqa: S108 - where they lie


@pytest.mark.usefixtures("leaves_nothing")
def test_scripted_demo_raises_the_limit_of_a_container(env, tmp_path):
    """Where no engine answers, root starts one: killed, proposed, approved, raised, restored, and nothing is left."""
    before = list_leftovers()

    done = subprocess.run([*DEMO, "--yes", "--json"], env=env, capture_output=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert (report["scenario"], report["cause"]) == ("container-oom", "memory_limit_exceeded")
    (action,) = report["plan"]["actions"]
    assert (action["name"], action["parameters"]) == ("docker.set_memory_limit", {"limit_bytes": 64 * 1024**2})
    assert "-Memory: 33554432 (32 MiB)\n" in action["diff"]
    assert (report["verification"], report["incident"]["state"]) == ("restored", "resolved")
    assert report["decision"] == {"state": "executed", "by": "dana"}
    assert "by cgroup" in done.stderr.decode()
    assert "The hash chain holds" in done.stderr.decode()
    assert [*(tmp_path / "tmp").iterdir(), *list_processes(tmp_path)] == []
    # A demo clears what an earlier one left, so that there may be less.
    assert list_leftovers() - before == set()


@pytest.mark.usefixtures("leaves_nothing")
def test_engine_of_the_machine_is_used_and_left_as_it_was(env):
    """An engine that answers is not ours: its containers stay, and the demo's own and their images go."""
    rig = DockerRig()
    rig.start()
    try:
        rig.import_image("somebody/else:1", {}, ['CMD ["/bin/sh", "-c", "sleep 600"]'])
        rig.run("elses", "somebody/else:1", HostConfig={"NetworkMode": "none"})
        before = rig.inspect("elses")["State"]["StartedAt"], rig.call("GET", "/images/json")

        done = subprocess.run(
            [*DEMO, "--yes", "--json", "--no-prometheus"],
            env=env | {"DOCKER_HOST": rig.url},
            capture_output=True,
            check=False,
            timeout=120,
        )

        assert done.returncode == 0, done.stderr.decode()
        assert json.loads(done.stdout)["verification"] == "restored"
        assert rig.list_names() == ["elses"]
        assert (rig.inspect("elses")["State"]["StartedAt"], rig.call("GET", "/images/json")) == before
    finally:
        rig.close()


@pytest.mark.usefixtures("leaves_nothing")
def test_interrupted_demo_leaves_no_container(env):
    """Ctrl-C while the plan is held: the containers, the engine and its bridge are gone."""
    before = list_leftovers()
    with Terminal([*DEMO, "--no-prometheus"], env=env, columns=100) as terminal:
        terminal.wait_for("Nothing runs until you say so")
        terminal.press(b"\x03")
        assert terminal.wait() != 0

    # A demo clears what an earlier one left, so that there may be less.
    assert list_leftovers() - before == set()


def test_killed_demo_is_cleaned_up_by_the_next(env, tmp_path):
    """SIGKILL leaves an engine and a container that is restarted for ever; the next demo in the place ends both."""
    before = list_leftovers()
    first = subprocess.Popen(
        [*DEMO, "--no-prometheus", "--dir", tmp_path / "kept"],
        env=env,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    for line in first.stdout:
        if b"the plan is held" in line:
            break
    first.kill()
    first.wait()
    first.stdout.close()
    assert list_leftovers() - before

    done = subprocess.run(
        [*DEMO, "--no-prometheus", "--yes", "--dir", tmp_path / "kept"],
        env=env,
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr.decode()
    deadline = time.monotonic() + 5
    while list_leftovers() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list_leftovers() - before == set()
    assert list_processes(tmp_path) == []
