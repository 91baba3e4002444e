"""When lines came: routine, burst and silence."""

import pytest

from fermata.rules.condense.rhythm import Rhythm, Surge, find_surges


def rhythm(parts, *, first=0, last=999, lines=1000, longest=0, second=0):
    """Build the rhythm of a kind of line in a log of a thousand."""
    return Rhythm(lines, sum(parts), first, last, parts, longest, second)


def test_rare_is_rarer_than_frequent():
    """One line of a thousand is rarer than five hundred."""
    one, many = rhythm([1] + [0] * 31, last=0), rhythm([16] * 32)

    assert one.measure_rarity() == 1.0
    assert many.measure_rarity() < 0.2


@pytest.mark.parametrize(
    ("given", "routine"),
    [
        (rhythm([3] * 32), 1.0),
        (rhythm([1, 0, 0, 0] * 8), 1.0),
        (rhythm([0] * 20 + [3] * 12, first=600), 0.13),
        (rhythm([0] * 20 + [30, 0, 0] + [0] * 9, first=600, last=700), 0.0),
        (rhythm([3] + [0] * 31, last=5), 0.0),
        (rhythm([0] * 4 + [6] * 28, first=130), 0.25),
    ],
)
def test_routine_comes_from_start_to_end(given, routine):
    """What came all through the log is a matter of course; what began late is less so, and three lines never are."""
    assert given.measure_routine() == pytest.approx(routine, abs=0.02)


@pytest.mark.parametrize(
    ("given", "onset"),
    [
        (rhythm([0] * 16 + [6] * 16, first=500), 1.0),
        (rhythm([0] * 16 + [1] * 7 + [0] * 9, first=500), 0.16),
        (rhythm([0] * 16 + [1, 2, 0, 0] * 4, first=500, last=980), 0.43),
        (rhythm([6] * 32), 0.0),
        (rhythm([0] * 16 + [5] + [0] * 15, first=500, last=510), 0.0),
        (rhythm([0] * 4 + [0, 1, 0, 0] * 7, first=130, last=990), 0.0),
    ],
)
def test_onset_is_what_sets_in_and_goes_on(given, onset):
    """So often since, never before: not what always came, what came a few times, or what rarely comes at all."""
    assert given.measure_onset() == pytest.approx(onset, abs=0.02)


@pytest.mark.parametrize(
    ("given", "is_burst"),
    [
        (rhythm([0] * 20 + [30] * 3 + [0] * 9), True),
        (rhythm([3] * 32), False),
        (rhythm([0] * 20 + [19] + [0] * 11), False),
        (rhythm([0] * 8 + [99]), False),
    ],
)
def test_burst_is_five_times_the_usual(given, is_burst):
    """Many lines in few parts are a burst; a short log or few lines show none."""
    assert (given.measure_burst() > 0) is is_burst


@pytest.mark.parametrize(
    ("given", "silence"),
    [
        (rhythm([3] * 16 + [0] * 16, last=499), 1.0),
        (rhythm([3] * 32), 0.0),
        (rhythm([9] + [0] * 31, last=20), 0.0),
        (rhythm([1] * 5 + [0] * 27, last=150), 0.0),
        (rhythm([1] * 6 + [0] * 26, last=900), 0.0),
    ],
)
def test_silence_needs_steadiness_before(given, silence):
    """A heartbeat that ceases tells; a start-up that is over, or too few beats, do not."""
    assert given.measure_silence() == pytest.approx(silence, abs=0.05)


def test_silence_of_what_comes_by_the_clock_is_seen_sooner():
    """Three beats that are missing are a silence where the beat was even, and may be chance where it was not."""
    even = rhythm([1, 0, 0, 0] * 6 + [0] * 8, last=640, longest=130, second=125)
    uneven = rhythm([1, 0, 0, 0] * 6 + [0] * 8, last=640, longest=300, second=200)

    assert even.measure_silence() == 1.0
    assert uneven.measure_silence() == 0.0


@pytest.mark.parametrize(
    ("given", "pause"),
    [
        (rhythm([2] * 12 + [0] * 8 + [2] * 12, longest=250, second=20), 1.0),
        (rhythm([2] * 14 + [0] * 2 + [2] * 16, longest=62, second=20), 0.76),
        (rhythm([2] * 32, longest=30, second=20), 0.0),
        (rhythm([2] * 32, longest=15, second=2), 0.0),
        (rhythm([1] * 3 + [0] * 8 + [1] * 4, longest=250, second=20), 0.0),
        (rhythm([9] * 2 + [0] * 28 + [9] * 2, longest=880, second=9), 0.0),
        (rhythm([9] * 10 + [0] * 12 + [9] * 10, longest=400, second=100), 0.0),
    ],
)
def test_pause_is_one_gap_in_something_steady(given, pause):
    """Not gaps that others come near to, not short ones, and not those between two bursts."""
    assert given.measure_pause() == pytest.approx(pause, abs=0.01)


@pytest.mark.parametrize(
    ("births", "lines"),
    [
        ([], []),
        ([(700, 2.0)], [700]),
        ([(100, 2.0), (500, 2.0), (505, 2.0), (510, 2.0)], [500, 100]),
        ([(500, 1.0), (510, 5.0), (520, 1.0)], [500, 510]),
        ([(line, 1.0) for line in range(0, 4000, 100)], []),
    ],
)
def test_surge_starts_where_the_most_begins(births, lines):
    """The first of a cascade, then the heaviest of it, then others; none where new things come all the time."""
    assert [surge.line for surge in find_surges(births, 50)] == lines


def test_surge_is_as_strong_as_its_share():
    """A quarter of all that is new is one beyond doubt; three are told at most."""
    births = [(100, 3.0), (300, 1.0), (500, 1.5), (700, 1.2), (900, 13.3)]

    surges = find_surges(births, 50)

    assert surges == [Surge(900, 1.0), Surge(100, 0.6), Surge(500, 0.3)]


def test_late_is_after_a_tenth():
    """What a start-up prints is not new."""
    assert rhythm([1], first=101).is_late
    assert not rhythm([1], first=100).is_late


@pytest.mark.parametrize(
    ("given", "is_cluster"),
    [
        (rhythm([3], first=600, last=615), True),
        (rhythm([3], first=600, last=900), False),
        (rhythm([8], first=600, last=900), True),
        (rhythm([2], first=600, last=601), False),
        (rhythm([9], first=600, last=610), False),
        (rhythm([3], first=20, last=35), False),
    ],
)
def test_few_lines_near_each_other_are_a_cluster(given, is_cluster):
    """A few, nearer than chance would have it, once the log has got going."""
    assert given.is_cluster is is_cluster
