"""The line of docs/operations.md that backs a container's store up, as a shell runs it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture
def back_up(tmp_path):
    """Give a function that runs the documented line in the folder of a store."""
    script = DOCS.read_text().partition('exec -T fermata sh -c "umask')[2].partition('" > fermata-')[0]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}

    def run():
        words = "umask" + script.replace("\\\n", "").replace('\\"', '"')
        return subprocess.run(["sh", "-c", words], cwd=tmp_path, env=environment, capture_output=True, check=False)

    return run


def test_backup_is_the_whole_store(tmp_path, back_up):
    """With what the log of writes holds, and nothing is left beside it."""
    with closing(sqlite3.connect(tmp_path / "fermata.db")) as store:
        store.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (7)")
        done = back_up()

    (tmp_path / "copy.db").write_bytes(done.stdout)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT x FROM t").fetchall() == [(7,)]
    assert done.returncode == 0
    assert not list(tmp_path.glob("backup.db*"))


def test_backup_that_failed_says_so(tmp_path, back_up):
    """A full disk, or a store that cannot be read: an empty file with exit code 0 would be found at the restore."""
    (tmp_path / "fermata.db").write_bytes(b"no database" * 500)

    done = back_up()

    assert done.returncode != 0
    assert not list(tmp_path.glob("backup.db*"))
