"""The incidents that were written down, and which of them look like one."""

import tracemalloc

import pytest

from fermata.rules.changes.written import Incident, Library, list_change_stems, list_seen_stems, read_library

POOL = Incident(("pool", "+pool", "maximu"), ("hikari", "connec", "timed"))
CERT = Incident(("cert", "+cert", "renew"), ("tls", "expire", "handsh"))
SLOW = Incident(("index", "-index", "drop"), ("slow", "query", "connec"))


@pytest.fixture
def library():
    """Give three incidents."""
    return Library([POOL, CERT, SLOW])


def test_incident_that_shares_most_of_what_is_rare_comes_first(library):
    """What two of three show counts less than what one does; who shares nothing is not among them."""
    found = library.find_alike(["hikari", "connec", "timed"], 9)

    assert list(found) == [0, 2]
    assert found[0] == pytest.approx(1.0)
    assert 0 < found[2] < 0.5


def test_only_so_many_are_returned_the_most_alike(library):
    """Of equals the earlier one."""
    assert list(library.find_alike(["hikari", "connec", "expire"], 1)) == [0]


def test_nothing_known_is_like_nothing(library):
    """Words that nobody wrote down tell nothing."""
    assert library.find_alike(["zebra"], 9) == {}
    assert library.weigh(["zebra"]) == {}


def test_change_is_of_length_one_however_much_it_changes(library):
    """And a stem counts once."""
    own = library.weigh(["pool", "cert", "pool"])

    assert sum(worth**2 for worth in own.values()) == pytest.approx(1.0)


def test_changes_are_blended_by_their_shares(library):
    """What is usual is the blend of all."""
    blend = library.blend({0: 0.75, 1: 0.25})

    assert blend["pool"] == pytest.approx(3 * blend["cert"], rel=0.01)
    assert library.usual["pool"] == pytest.approx(library.usual["index"])


def test_library_without_incidents_says_nothing():
    """Nothing is like anything."""
    empty = Library([])

    assert empty.find_alike(["hikari"], 9) == {}
    assert empty.usual == {}


def test_lines_of_a_change_are_read_with_and_without_their_sign():
    """Context has none; a title is read as it is."""
    found = list(list_change_stems([("+", "maxPoolSize=6"), (" ", "timeout: 3000")], "Align pools"))

    assert found == ["max", "+max", "pool", "+pool", "size", "+size", "timeou", "align", "pools"]


def test_texts_of_lines_are_not_kept():
    """A server judges for months, and a line may be a megabyte."""
    tracemalloc.start()
    try:
        for number in range(50):
            list(list_change_stems([("+", f"{number} " + "pool " * 20_000)], "Tidy up"))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 1_000_000


def test_library_that_comes_along_tells_what_brings_what():
    """Those that run out of connections were brought by what changed a pool more often than others."""
    library = read_library()
    seen = list_seen_stems(["HikariPool-1 - Connection is not available, request timed out after 30000ms"])
    alike = library.find_alike(seen, 30)
    share = 1 / len(alike)

    assert len(library.incidents) > 500
    assert library.blend(dict.fromkeys(alike, share))["+pool"] > 5 * library.usual["+pool"]
