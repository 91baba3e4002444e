"""The end of a stream, in little memory."""

import pytest

from fermata.integrations.kubernetes.log_tail import Stamped, TailKeeper, cut_stamps


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


def test_times_before_the_lines_are_taken_off_and_kept():
    """In the zone of the node; a line without one is of the time before it, and so is an empty one."""
    found = cut_stamps(
        [
            "2026-11-25T13:00:00.123456789+01:00 GET /",
            "  with a second line",
            "2026-11-25T12:00:07.9Z ",
            "2026-11-25T12:05:00Z 2026-11-25 11:00:00 ERROR own time",
        ]
    )

    assert found.lines == ("GET /", "  with a second line", "", "2026-11-25 11:00:00 ERROR own time")
    assert found.seconds == (0, 0, 7, 299)
    assert (found.oldest_at.hour, found.newest_at.minute) == (12, 5)


def test_lines_without_any_time_have_none():
    """As what is no kubelet gives them."""
    assert cut_stamps(["GET /", "2026-11-25 own"]) == Stamped(("GET /", "2026-11-25 own"), None, None, ())
