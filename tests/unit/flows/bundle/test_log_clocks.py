"""Logs of a bundle that state no zone, beside those that do."""

from fermata.domain.evidence import EvidenceKind

ACCESS = '10.0.0.1 - - [23/Nov/2026:13:1{}:00 +0200] "GET / HTTP/1.1" 502 1'
ERROR = "2026/11/23 {}:1{}:00 [error] 7#7: connect() failed"


def write(folder, hour):
    """Write an access log that states its zone and an error log that states none."""
    folder.write("logs/gw.log", "\n".join(ACCESS.format(minute) for minute in range(9)))
    folder.write("logs/err.log", "\n".join(ERROR.format(hour, minute) for minute in range(9)))


def get_error_log(bundle):
    """Give the evidence of the log without a zone."""
    return next(item for item in bundle.evidence if item.query == "logs/err.log")


def test_log_without_a_zone_is_taken_in_the_one_of_its_neighbour(folder):
    """As UTC it would lie after the window; its lines stay as they were written, and what was done is said."""
    write(folder, 14)

    bundle = folder.read()

    log = get_error_log(bundle)
    assert log.facts["offset_minutes"] == 120
    assert log.lines[0].text == ERROR.format(14, 0)
    assert "taken as +02:00, which logs/gw.log states" in log.cut
    assert any(text.startswith("logs/err.log: its times state no zone") for text in bundle.warnings)


def test_log_without_a_zone_stays_in_utc_where_it_fits_so(folder):
    """Two hours earlier it would lie before the window."""
    write(folder, 12)

    log = get_error_log(folder.read())

    assert (log.facts["offset_minutes"], log.cut) == (0, "")


def test_log_that_fits_nowhere_is_said(folder):
    """Nobody states a zone, so that nothing is moved."""
    folder.write("logs/err.log", ERROR.format(19, 0))

    bundle = folder.read()

    assert get_error_log(bundle).facts["offset_minutes"] == 0
    assert "they may be local" in get_error_log(bundle).cut


def test_window_that_is_only_guessed_shows_no_log_to_be_off(folder):
    """It was worked out without the log's own times."""
    folder.write("bundle.yaml", "version: 1\nid: shop-1\n")
    folder.write("logs/err.log", ERROR.format(19, 0))
    folder.write("alerts/a.json", {"title": "x", "service": "err", "started_at": "2026-11-23T11:04:00Z"})

    bundle = folder.read()

    assert get_error_log(bundle).cut == ""
    assert not any("zone" in text for text in bundle.warnings)
    assert [item.kind for item in bundle.evidence] == [EvidenceKind.LOGS]
