"""What `--output` writes: whole or not at all, and what is no file is written to."""

import os
import resource
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest

from fermata.cli.replacing import write_new, write_output


@contextmanager
def room_for(size_bytes):
    """Let this process write files of so many bytes at most: the kernel refuses the rest as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_takes_nothing_that_was_there(tmp_path):
    """Half of a new file is worth less than the whole old one."""
    path = tmp_path / "schema.json"
    path.write_text("old")

    with room_for(2), pytest.raises(OSError, match="File too large"):
        write_output(path, "a new one that is longer")

    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["schema.json"]


def test_new_file_has_the_mode_that_the_umask_gives(tmp_path):
    """As if the shell had written it."""
    before = os.umask(0o027)

    try:
        write_output(tmp_path / "new", "text")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_mode_and_link_stay(tmp_path):
    """What was kept private stays so, and a link leads where it led."""
    (tmp_path / "kept").write_text("old")
    (tmp_path / "kept").chmod(0o600)
    (tmp_path / "link").symlink_to("kept")

    write_output(tmp_path / "link", "new")

    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "kept").read_text(), stat.S_IMODE((tmp_path / "kept").stat().st_mode)) == ("new", 0o600)


def test_device_is_written_to_and_not_replaced():
    """`--output /dev/stdout` is a way to say that it shall be printed."""
    null = Path("/dev/null")

    write_output(null, "text")

    assert null.is_char_device()


def test_standard_output_that_leads_into_a_file_takes_nothing_along(capfd):
    """`{ date; fermata ... --output /dev/stdout; date; } > file` has all three."""
    os.write(1, b"before\n")

    write_output(Path("/dev/stdout"), "text\n")
    os.write(1, b"after\n")

    assert capfd.readouterr().out == "before\ntext\nafter\n"


def test_new_files_that_found_no_room_leave_nothing(tmp_path):
    """All of them or none: an empty file that "may hold edits" would refuse the next try."""
    files = {tmp_path / "report.md": "short", tmp_path / "curve.svg": "x" * 5_000}
    with room_for(2_000), pytest.raises(OSError, match="large"):
        write_new(files)

    assert list(tmp_path.iterdir()) == []
    write_new(files)
    with pytest.raises(FileExistsError):
        write_new(files)
    assert (tmp_path / "report.md").read_text() == "short"
