"""The kill switch's file: whatever stands in it, it halts; and it says who halted when it can."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.unit.flows.stage import ALICE

from fermata.flows.halt import HaltSwitch, describe_halt, halt_after_loss
from fermata.kit.errors import GuardRefused, OperationalError
from fermata.testing.clock import FakeClock


@pytest.fixture
def switch(tmp_path):
    """Give a switch whose folder does not exist yet."""
    return HaltSwitch(tmp_path / "state" / "HALT", FakeClock())


def test_no_file_is_no_halt(switch):
    """Where nobody halted, nothing refuses."""
    assert switch.find() is None
    switch.refuse()


def test_halt_says_who_when_and_why(switch):
    """The file holds the words everybody sees."""
    switch.halt(ALICE, "a bad deploy")

    found = switch.find()
    assert describe_halt(found) == "halted by alice since 2026-11-23 12:00:00 UTC: a bad deploy"
    assert json.loads(switch.path.read_text()).keys() == {"by", "reason", "since"}


def test_halt_refuses_with_its_reason(switch):
    """Whoever would execute is told who halted, and what ends it."""
    switch.halt(ALICE, "")

    with pytest.raises(GuardRefused) as refused:
        switch.refuse()

    assert (refused.value.rule, refused.value.do) == ("halt", "Run `fermata resume`")
    assert "no reason given" in refused.value.why


def test_second_halt_keeps_the_first(switch):
    """Halting again changes neither who nor why."""
    switch.halt(ALICE, "first")

    assert switch.halt(ALICE, "second").reason == "first"


@pytest.mark.parametrize(
    "content", [b"", b"stop, says the boss", b"1", b"true", b"null", b"[]", b'"x"', b"{}", b"\xff\xfe", b'{"by": 1}']
)
def test_file_halts_whatever_it_holds(switch, content):
    """Somebody in a hurry writes anything: `touch`, `echo 1 >`, a sentence. All of it halts."""
    switch.path.parent.mkdir()
    switch.path.write_bytes(content)

    found = switch.find()

    assert found is not None
    assert (found.by, found.since) == ("unknown", None)
    assert found.reason


def test_words_in_the_file_are_the_reason(switch):
    """What somebody wrote by hand is shown."""
    switch.path.parent.mkdir()
    switch.path.write_text("stop, says the boss\n")

    assert describe_halt(switch.find()) == "halted by unknown: stop, says the boss"


def test_file_that_cannot_be_read_halts(switch):
    """A folder in the file's place cannot be read, and halts."""
    switch.path.mkdir(parents=True)

    assert "cannot be read" in switch.find().reason


def test_place_that_cannot_be_looked_into_halts(tmp_path):
    """Where the folder should be there is a file: unknown is closed."""
    (tmp_path / "state").write_text("")

    assert HaltSwitch(tmp_path / "state" / "HALT", FakeClock()).find() is not None


def test_halt_on_a_full_disk_is_a_file_without_words(switch):
    """The name alone halts, and whoever halts is told that others read neither who nor why."""
    switch.path.parent.mkdir()
    partial = switch.path.with_suffix(".partial")
    partial.symlink_to("/dev/full")

    halted = switch.halt(ALICE, "disk is full")

    assert describe_halt(halted).endswith(
        ": disk is full; the disk had no room for these words: others read that it is halted, not by whom or why"
    )
    assert switch.path.read_bytes() == b""
    assert "on a full disk" in describe_halt(switch.find())
    assert not partial.is_symlink()
    with pytest.raises(GuardRefused, match="halted"):
        switch.refuse()


def test_halt_where_nobody_may_look_is_not_taken_for_one_in_force(switch):
    """It refuses our own actions; a server that runs as somebody else knows nothing of it, and goes on."""
    switch.path.parent.write_text("no folder")

    with pytest.raises(OperationalError, match="could not be written"):
        switch.halt(ALICE, "")

    with pytest.raises(GuardRefused, match="halted to be safe"):
        switch.refuse()


def test_halt_that_cannot_be_written_says_what_to_do(switch):
    """Without a file there is no halt, and whoever halts must know at once."""
    switch.path.parent.mkdir()
    switch.path.with_suffix(".partial").symlink_to("/dev/full")
    switch.path.symlink_to(switch.path.parent / "gone" / "HALT")

    with pytest.raises(OperationalError) as failed:
        switch.halt(ALICE, "now")

    assert str(switch.path) in failed.value.why
    assert "touch" in failed.value.do


def test_halt_on_a_read_only_disk_advises_no_touch(switch, monkeypatch):
    """It would fail in the same way; what can be done is to stop the process."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "open", refuse)  # Only root can mount a disk.
    monkeypatch.setattr(Path, "touch", refuse)

    with pytest.raises(OperationalError) as failed:
        switch.halt(ALICE, "now")

    assert failed.value.do == "Stop the Fermata process"


def test_folder_made_for_the_file_is_private(switch):
    """Whoever can write there can decide: the folder is its owner's alone."""
    before = os.umask(0o022)
    try:
        switch.halt(ALICE, "now")
    finally:
        os.umask(before)

    assert stat.S_IMODE(switch.path.parent.stat().st_mode) == 0o700


def test_resume_removes_the_file_and_says_what_it_was(switch):
    """After resuming nothing refuses; resuming again finds nothing."""
    switch.halt(ALICE, "now")

    was = switch.resume()

    assert was.reason == "now"
    assert switch.find() is None
    assert switch.resume() is None


def test_file_that_cannot_be_removed_keeps_the_halt(switch):
    """A resume that fails says so, and the halt stays."""
    switch.path.mkdir(parents=True)

    with pytest.raises(OperationalError, match="could not be removed"):
        switch.resume()

    assert switch.find() is not None


def test_reason_is_kept_without_secrets(switch):
    """Cards and the journal repeat it; also what somebody wrote into the file by hand."""
    secret = "postgres://shop:correct-horse-battery@db/x"
    switch.halt(ALICE, f"leaked {secret}")
    told = switch.find()
    switch.path.write_text(f"{'x' * 150} {secret}")

    assert told.reason.startswith("leaked postgres://shop:[redacted")
    assert "correct" not in switch.path.read_text().replace(secret, "")
    assert "correct" not in switch.find().reason


def test_store_that_went_back_is_told_beside_an_earlier_halt(switch):
    """Whoever halted first stays the one who is named; nobody lifts that halt without reading of the loss."""
    switch.halt(ALICE, "a bad deploy.")

    with capture_logs() as logs:
        halt_after_loss(switch, 51, 39)
        told = switch.find()
        halt_after_loss(switch, 51, 39)  # Another process saw the same.

    assert switch.find() == told
    assert told.by == "alice"
    assert told.reason.startswith("a bad deploy. Besides, the store went back: its journal ended with entry 51")
    logs = logs[:1]
    assert [(line["event"], line["seen"], line["found"]) for line in logs] == [("store.went_back", 51, 39)]
