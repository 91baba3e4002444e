"""One engine per SQLite store, however the other one ends."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fermata.kit.errors import OperationalError
from fermata.store import lock as module
from fermata.store.lock import ProcessLock, list_lock_paths

SOURCE = Path(__file__).parents[3] / "src"
HOLDER = """
import sys
from pathlib import Path
from fermata.store.lock import ProcessLock
ProcessLock(Path(sys.argv[1])).acquire() or print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    """Give the path of the lock file."""
    return tmp_path / "fermata.lock"


def test_second_holder_is_told_who_the_first_is(path):
    """The message names the process to use or to stop."""
    with ProcessLock(path), pytest.raises(OperationalError) as caught:
        ProcessLock(path).acquire()

    assert caught.value.facts == {"pid": str(os.getpid())}
    assert f"process {os.getpid()}" in caught.value.what
    assert f"kill {os.getpid()}" in caught.value.do


def test_released_lock_can_be_taken_again(path):
    """Taking and giving back twice changes nothing; the file stays for the next."""
    lock = ProcessLock(path)
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()

    with ProcessLock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_lock_that_a_command_only_asked_for_is_taken(path, monkeypatch):
    """A start is not refused because somebody asks in that instant whether one serves."""
    path.touch()
    asking = os.open(path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    # Not injectable: the other process is done while this one waits.
    monkeypatch.setattr(module.time, "sleep", lambda _: os.close(asking))

    with ProcessLock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_killed_holder_gives_the_lock_back(path):
    """The kernel releases what a dead process held; no stale file keeps the next one out."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(OperationalError, match=f"process {holder.pid}"):
            ProcessLock(path).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with ProcessLock(path):
        pass


def test_lock_in_an_absent_folder_says_so(tmp_path):
    """A path that cannot be opened is named with its reason."""
    with pytest.raises(OperationalError, match="cannot be opened") as caught:
        ProcessLock(tmp_path / "none" / "fermata.lock").acquire()

    assert caught.value.why == "No such file or directory"


def test_lock_holds_where_its_holder_cannot_be_written(path):
    """A full disk takes no process id; who comes second is refused all the same."""
    path.symlink_to("/dev/full")

    with ProcessLock(path), pytest.raises(OperationalError, match="as process unknown") as caught:
        ProcessLock(path).acquire()

    assert "kill" not in caught.value.do


def test_one_file_has_one_lock_whatever_state_directory_serves_it(tmp_path):
    """Two settings that name one file share its lock, through links as well; the default store has one lock in all."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    (tmp_path / "link").symlink_to(mine)

    default = list_lock_paths(mine, mine / "fermata.db")

    assert default == (mine / "fermata.lock",)
    assert list_lock_paths(other, tmp_path / "link" / "fermata.db") == (other / "fermata.lock", mine / "fermata.lock")
    assert list_lock_paths(mine, mine / "rows") == (mine / "fermata.lock", mine / "rows.lock")


def test_lock_tells_whether_it_is_held_without_being_taken(tmp_path):
    """Whoever only asks must not keep a server from starting, nor make a lock that was not there."""
    lock, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")

    assert not other.is_held()
    assert not (tmp_path / "lock").exists()
    with lock:
        assert other.is_held()
    assert not other.is_held()
    with lock:
        pass
