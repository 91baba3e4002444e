"""What was read before is kept, within a size."""

import pytest

from fermata.ports.forge.files import FileCache
from fermata.ports.forge.records import TreeFile


def make_file(text):
    """Give a file."""
    return TreeFile(text.encode(), "100644", text)


def test_file_and_absence_are_remembered():
    """That a file is not there at a commit will not change either."""
    cache = FileCache()
    cache.put("a", make_file("x"))
    cache.put("a", make_file("other"))
    cache.put("b", None)

    assert cache.get("a").content == b"x"
    assert cache.get("b") is None
    assert cache.holds("b")
    assert not cache.holds("c")
    with pytest.raises(KeyError):
        cache.get("c")


def test_what_was_not_asked_for_longest_goes_first():
    """By size, and by number."""
    cache = FileCache(largest_bytes=10, most_files=3)
    for name in "abc":
        cache.put(name, make_file("xxx"))
    cache.get("a")

    cache.put("d", make_file("yyyy"))
    assert [name for name in "abcd" if cache.holds(name)] == ["a", "c", "d"]

    cache.put("e", None)
    cache.put("f", None)
    assert [name for name in "abcdef" if cache.holds(name)] == ["d", "e", "f"]


def test_file_that_is_larger_than_all_is_not_kept():
    """It must not push everything else out for ever."""
    cache = FileCache(largest_bytes=2)
    cache.put("a", make_file("xxx"))

    assert not cache.holds("a")
