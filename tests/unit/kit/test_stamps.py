"""Times before the lines of a log."""

from fermata.kit.stamps import Stamped, cut_stamps


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
