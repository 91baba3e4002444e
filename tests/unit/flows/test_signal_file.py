"""A file that says something by being there is made with its words, or else without them."""

import pytest

from fermata.flows.signal_file import is_there, write_or_touch


@pytest.fixture
def path(tmp_path):
    """Give the place of a file whose folder is not there yet."""
    return tmp_path / "new" / "SIGNAL"


def test_words_stand_in_the_file(path):
    """And nothing else is left beside it."""
    assert write_or_touch(path, "lunch")

    assert path.read_text() == "lunch"
    assert list(path.parent.iterdir()) == [path]


def test_words_without_room_leave_the_bare_file(path):
    """A full disk often has room for a name; whoever wrote them is told that they do not stand there."""
    path.parent.mkdir()
    path.with_suffix(".partial").symlink_to("/dev/full")

    assert not write_or_touch(path, "lunch")

    assert path.read_bytes() == b""
    assert list(path.parent.iterdir()) == [path]


def test_file_that_cannot_be_made_is_told_with_the_first_reason(path):
    """That there was no room for its words, and not what came of trying again."""
    path.parent.mkdir()
    path.with_suffix(".partial").symlink_to("/dev/full")
    path.symlink_to(path.parent / "gone" / "SIGNAL")

    with pytest.raises(OSError, match="No space left"):
        write_or_touch(path, "lunch")


def test_file_in_what_is_no_folder_is_not_there(path):
    """What cannot be looked at is not called there."""
    path.parent.symlink_to(path.parent)

    assert not is_there(path)
