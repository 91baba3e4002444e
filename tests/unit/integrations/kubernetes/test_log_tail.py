"""The end of a stream, in little memory."""

import pytest

from fermata.integrations.kubernetes.log_tail import TailKeeper


def keep(text, *, bytes_kept, chunk=7):
    """Feed a text in chunks."""
    keeper = TailKeeper(bytes_kept)
    content = text.encode()
    for start in range(0, len(content), chunk):
        keeper.add(content[start : start + chunk])
    return keeper.finish()


def test_short_stream_is_kept_whole():
    """Nothing is cut, nothing renumbered."""
    found = keep("one\ntwo\n", bytes_kept=100)

    assert (found.lines, found.first_line, found.is_whole, found.size_bytes) == (("one", "two"), 1, True, 8)


@pytest.mark.parametrize("chunk", [1, 3, 7, 1000])
def test_end_of_a_long_stream_keeps_its_numbers(chunk):
    """Lines are numbered from the stream's beginning, however it was cut into chunks."""
    text = "".join(f"line {number}\n" for number in range(1, 101))

    found = keep(text, bytes_kept=50, chunk=chunk)

    assert found.lines[-1] == "line 100"
    assert found.lines[0] == f"line {found.first_line}"
    assert found.first_line + len(found.lines) - 1 == 100
    assert 40 <= sum(len(line) + 1 for line in found.lines) <= 50
    assert not found.is_whole


def test_line_that_is_longer_than_what_is_kept_leaves_its_end():
    """There is no line feed to begin after."""
    found = keep("x" * 100, bytes_kept=10)

    assert found.lines == ("x" * 10,)
    assert not keep("a\n" + "x" * 100, bytes_kept=10).is_whole


def test_memory_is_bounded_by_what_is_kept():
    """A hundred chunks of one size: two or so are held."""
    keeper = TailKeeper(1000)
    for _ in range(100):
        keeper.add(b"x" * 999 + b"\n")

    assert keeper.size_bytes == 100_000
    assert sum(map(len, keeper._chunks)) <= 2000


def test_colours_and_bells_are_taken_out():
    """They are not for evidence; what is no text is marked."""
    found = keep("\x1b[31mred\x07\tx\r\n\ud7ff", bytes_kept=100)

    assert found.lines == ("[31mred\tx", "\ud7ff")
    keeper = TailKeeper(10)
    keeper.add(b"\xff\n")
    assert keeper.finish().lines == ("�",)
