"""However a stage ends, no process of it is left, and nobody else's is touched."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fermata
from fermata.cli.demo.processes import (
    MARKER,
    PID_FILE,
    StageRecord,
    clean_stale,
    find_start,
    list_members,
    remove_socket_dir,
)
from fermata.kit.errors import OperationalError, UserError

DRIVER = Path(__file__).with_name("driver.py")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by /proc")


@pytest.fixture
def drive(tmp_path):
    """Start a program that runs a stage; give the program, its stage's record and its process groups."""
    running = []

    def start():
        env = os.environ | {"PYTHONPATH": str(Path(fermata.__file__).parents[1])}
        driver = subprocess.Popen(
            [sys.executable, DRIVER, tmp_path / "stage"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        running.append(driver)
        assert driver.stdout.readline() == b"ready\n"
        record = json.loads((tmp_path / "stage" / PID_FILE).read_text())
        groups = {os.getpgid(pid) for pid in list_members(record["token"])}
        # supervisord and its three programs each lead a group of their own.
        assert len(groups) >= 4
        return driver, record, groups

    yield start
    for driver in running:
        driver.kill()
        driver.wait()
        driver.stdout.close()
    clean_stale(tmp_path / "stage")


def assert_all_gone(record, groups):
    """No process carries the token, and no group's leader runs; an unreaped zombie does not count."""
    assert list_members(record["token"]) == []
    assert [group for group in groups if find_start(group) is not None] == []
    assert not Path(record["socket_dir"]).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_leaves_no_process(drive, tmp_path, number):
    """Ctrl-C, a polite kill and a closed terminal end the whole stage."""
    driver, record, groups = drive()

    driver.send_signal(number)
    driver.wait(10)

    assert_all_gone(record, groups)
    assert not (tmp_path / "stage" / PID_FILE).exists()


def test_killed_stage_is_cleaned_up_by_the_next_one(drive, tmp_path):
    """After SIGKILL the processes live on; the next stage beside it ends them by what stage.pid says."""
    driver, record, groups = drive()
    driver.kill()
    driver.wait()
    survivors = list_members(record["token"])

    ended = clean_stale(tmp_path / "next")

    assert len(survivors) >= 4
    assert ended >= len(survivors)
    assert_all_gone(record, groups)


def test_living_stage_is_not_disturbed(make_stage, tmp_path):
    """A second stage in the same directory is refused while the first one's owner lives."""
    with make_stage():
        with pytest.raises(UserError, match=f"Process {os.getpid()} runs a demo there"):
            make_stage()
        assert (tmp_path / "stage" / PID_FILE).exists()

    with make_stage():
        pass


def test_foreign_files_are_refused(make_stage, tmp_path):
    """A directory that holds somebody's files is not taken, and nothing in it is deleted."""
    (tmp_path / "stage" / "shop").mkdir(parents=True)

    with pytest.raises(UserError, match="files that are not the demo's"):
        make_stage()

    assert (tmp_path / "stage" / "shop").exists()


def test_recycled_process_id_is_spared(tmp_path):
    """A process with a recorded id but another start, and without the token, is somebody else's."""
    with subprocess.Popen(["sleep", "30"], env={MARKER: "another token"}) as bystander:
        root = tmp_path / "old"
        root.mkdir()
        record = StageRecord("token", 1, "another start", "/nowhere/fermata-x", ((bystander.pid, "another start"),))
        record.save(root)

        assert clean_stale(root) == 0

        assert bystander.poll() is None
        assert find_start(bystander.pid) is not None
        assert not (root / PID_FILE).exists()
        bystander.kill()


def test_torn_record_ends_nothing(tmp_path):
    """A file that is not a stage's record gives no right to end anything, and stays."""
    (tmp_path / PID_FILE).write_text('{"token": ')

    assert clean_stale(tmp_path) == 0

    assert (tmp_path / PID_FILE).exists()


def test_only_own_socket_directories_are_removed(tmp_path):
    """A record cannot point the clean-up at another directory."""
    remove_socket_dir(str(tmp_path))

    assert tmp_path.exists()


async def test_interpreter_without_supervisor_is_explained(make_stage, tmp_path):
    """A stage that cannot start says what supervisord said, and leaves nothing behind."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named supervisor\nexit 3\n")
    broken.chmod(0o755)
    stage = make_stage(use_prometheus=False)
    stage.python = broken

    with pytest.raises(OperationalError, match="ended with 3: no module named supervisor"):
        await stage.start(lambda _: None)

    assert not (tmp_path / "stage" / PID_FILE).exists()
