"""Tables that come packed with the program."""

import pytest

from fermata.kit.packed import read_packed


def test_packed_table_is_read_as_text():
    """It is a file of a package."""
    assert "\t" in read_packed("fermata.rules.changes", "written.txt.xz")


def test_table_that_is_not_there_is_an_error():
    """A package without its data is broken, and says so."""
    with pytest.raises(FileNotFoundError):
        read_packed("fermata.rules.changes", "no-such-table.xz")
