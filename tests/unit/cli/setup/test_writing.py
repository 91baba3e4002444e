"""Files are put in place in one step, and nothing of anybody else's is lost."""

import errno
import json
import os
import resource
import stat
from contextlib import contextmanager

import pytest

from fermata.cli.setup.writing import compare, ensure_token, write_schema, write_settings
from fermata.kit.errors import OperationalError


@contextmanager
def no_room():
    """Let this process write no byte to any file: the kernel refuses it as it would on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_file_that_is_no_text_is_not_touched(tmp_path):
    """Somebody else's file of that name is moved by somebody, not by us."""
    (tmp_path / "fermata.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(OperationalError, match="Move it out of the way"):
        compare(tmp_path / "fermata.yaml", "x")


def test_broken_write_leaves_what_was_there(tmp_path, monkeypatch):
    """A full disk: the old file stands, and no draft is left."""
    file = tmp_path / "fermata.yaml"
    file.write_text("# mine\n")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", fail)

    with pytest.raises(OperationalError, match="No space left on device"):
        write_settings(file, "new")

    assert file.read_text() == "# mine\n"
    assert {path.name for path in tmp_path.iterdir()} == {"fermata.yaml", "fermata.yaml.bak"}


def test_link_and_mode_of_a_file_stay(tmp_path):
    """Settings that are kept elsewhere are written there, and nobody gets to read them who could not."""
    kept = tmp_path / "kept.yaml"
    kept.write_text("# mine\n")
    kept.chmod(0o640)
    (tmp_path / "fermata.yaml").symlink_to(kept)

    written = write_settings(tmp_path / "fermata.yaml", "new")

    assert (tmp_path / "fermata.yaml").is_symlink()
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("new", 0o640)
    assert written.backup.read_text() == "# mine\n"


def test_link_in_the_place_of_the_token_is_not_followed(tmp_path):
    """Who can put a link there must not choose what is written."""
    state = tmp_path / ".fermata"
    state.mkdir(mode=0o700)
    (state / "alert_token").symlink_to(tmp_path / "elsewhere")

    ensure_token(tmp_path)

    assert not (tmp_path / "elsewhere").exists()


def test_full_disk_leaves_no_empty_file_that_counts_as_written(tmp_path):
    """An empty list of what to ignore lets the token into the next commit, for good."""
    with no_room(), pytest.raises(OperationalError, match="cannot be written"):
        ensure_token(tmp_path)

    assert list((tmp_path / ".fermata").iterdir()) == []


@pytest.mark.parametrize("name", [".gitignore", "alert_token"])
def test_empty_file_is_written_when_init_runs_again(tmp_path, name):
    """Whatever cut the first run short: nobody's words are lost by it."""
    state = tmp_path / ".fermata"
    state.mkdir(mode=0o700)
    (state / name).touch(mode=0o644)

    ensure_token(tmp_path)

    assert (state / ".gitignore").read_text() == "*\n"
    assert len((state / "alert_token").read_text()) > 40
    assert stat.S_IMODE((state / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "text"), [(".gitignore", "fermata.db*\n"), ("alert_token", "mine-4711\n")])
def test_file_that_says_something_stays_as_it_is(tmp_path, name, text):
    """A token in use is never replaced, and who edits the list knows why."""
    state = tmp_path / ".fermata"
    state.mkdir(mode=0o700)
    (state / name).write_text(text)

    ensure_token(tmp_path)

    assert (state / name).read_text() == text


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "Free space"), (errno.EDQUOT, "Free space"), (errno.EACCES, "folder of your")]
)
def test_advice_is_for_what_is_missing(tmp_path, monkeypatch, number, advice):
    """Another folder of the same disk has no more room."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fchmod", fail)

    with pytest.raises(OperationalError) as refusal:
        write_settings(tmp_path / "fermata.yaml", "new")

    assert advice in refusal.value.do


def test_schema_is_written_anew(tmp_path):
    """It follows what is installed."""
    ensure_token(tmp_path)
    path = write_schema(tmp_path)
    path.write_text("old")

    write_schema(tmp_path)

    assert json.loads(path.read_text())["title"] == "Settings of Fermata"


def test_schema_without_its_folder_is_told(tmp_path):
    """The folder belongs to the token; without it something was removed meanwhile."""
    with pytest.raises(OperationalError, match="cannot be written"):
        write_schema(tmp_path)


def test_where_a_secret_is_read_from_is_shown_and_a_secret_is_not(tmp_path):
    """The one is what to look at; the other may stand in the file that was there, or behind it by mistake."""
    file = tmp_path / "fermata.yaml"
    file.write_text("server:\n  alert_token: hunter2-hunter2-hunter2\n")
    token = "  alert_token: file:.fermata/alert_token    # What sources send.\n"
    text = f"server:\n{token}  session_secret: abc123def456ghi7\n"

    told = "\n".join(compare(file, text))

    assert "+  alert_token: file:.fermata/alert_token    # What sources send." in told
    assert "hunter2" not in told
    assert "abc123def456ghi7" not in told
