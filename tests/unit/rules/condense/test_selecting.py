"""What fits a budget: best first, further lines of a kind worth less."""

from dataclasses import replace

from fermata.rules.condense.scoring import Candidate
from fermata.rules.condense.selecting import select


def candidate(line, score, *, track=None, group=None, like=None, source=0):
    """Build a candidate of a kind of its own, unless told otherwise."""
    track = line if track is None else track
    group = track if group is None else group
    like = group if like is None else like
    return Candidate(source, line, b"x", track, group, group, like, score, "why")


def length(item):
    """Give the length of a line that is shown whole."""
    return len(item.raw)


def choose(candidates, budget, cost=10):
    """Select at one price a line; give the chosen lines."""
    return [chosen.line for chosen in select(candidates, budget, lambda _: cost, length)]


def test_best_fit_comes_in_the_logs_order():
    """The best are taken, and read from top to bottom."""
    assert choose([candidate(5, 3.0), candidate(9, 2.0), candidate(1, 1.0)], 20) == [5, 9]
    assert choose([candidate(5, 3.0), candidate(1, 2.0)], 20) == [1, 5]


def test_line_is_taken_once():
    """A line that is worth keeping for two reasons is kept for the better one."""
    assert choose([candidate(5, 3.0), candidate(5, 2.0), candidate(1, 1.0)], 100) == [1, 5]


def test_further_lines_of_a_kind_are_worth_less():
    """Another kind goes before the second shape of a group that is nearly as good."""
    first, second, other = candidate(1, 3.0, group=7), candidate(2, 2.9, group=7), candidate(3, 2.0)

    assert choose([first, second, other], 20) == [1, 3]
    assert choose([first, second, other], 30) == [1, 2, 3]


def test_further_shapes_of_a_loud_kind_are_worth_little():
    """However much a kind tells, its first line has told it."""
    first, second, other = candidate(1, 12.0, group=7), candidate(2, 11.9, group=7), candidate(3, 1.5)

    assert choose([first, second, other], 20) == [1, 3]


def test_further_lines_of_a_shape_are_worth_a_little_less():
    """First and last of one shape are of one kind, and both may matter more than something else."""
    assert choose([candidate(1, 3.0, track=7), candidate(2, 2.9, track=7), candidate(3, 2.6)], 20) == [1, 3]
    assert choose([candidate(1, 3.0, track=7), candidate(2, 2.9, track=7), candidate(3, 2.0)], 20) == [1, 2]


def test_long_line_must_tell_more():
    """A line that takes the place of several goes after one that is nearly as good."""
    long = replace(candidate(1, 3.0), raw=b"x" * 1_000)

    assert choose([long, candidate(2, 2.0)], 10) == [2]
    assert choose([long, candidate(2, 1.0)], 10) == [1]


def test_what_does_not_fit_makes_room_for_what_does():
    """A line that is too dear is passed over, not cut."""
    prices = {1: 100, 2: 10}

    chosen = select([candidate(1, 3.0), candidate(2, 1.0)], 50, lambda item: prices[item.line], length)

    assert [item.line for item in chosen] == [2]


def test_nothing_fits_no_budget():
    """No room, no lines."""
    assert choose([candidate(1, 3.0)], 0) == []


def test_same_line_of_two_logs_is_two_lines():
    """Numbers count within their log."""
    assert choose([candidate(1, 3.0), candidate(1, 2.0, source=1)], 100) == [1, 1]


def test_further_lines_of_a_sign_are_worth_a_little_less():
    """Where dozens stand out for being rare, something that stands out otherwise has its place."""
    rare = [replace(candidate(line, 2.0), sign="rare") for line in range(0, 2_000, 100)]

    assert 5_000 in choose([*rare, candidate(5_000, 1.8)], 100)
    assert 5_000 not in choose([*(replace(item, sign="") for item in rare), candidate(5_000, 1.8)], 100)


def test_further_kinds_that_say_nearly_the_same_are_worth_less():
    """Three kinds that differ by a name do not take the place of one that says something else."""
    alike = [candidate(line, 3.5, like=100) for line in (100, 200, 300)]

    assert choose([*alike, candidate(400, 2.5)], 30)[-1] == 400
    assert choose([*(replace(item, like=item.line) for item in alike), candidate(400, 2.5)], 30)[-1] == 300


def test_further_quiet_lines_of_one_place_are_worth_a_little_less():
    """Of a dozen lines that one event wrote the last gives way to a line of elsewhere, unless each tells much."""
    event = [candidate(line, 2.0) for line in range(12)]
    loud = [candidate(line, 4.0) for line in range(12)]

    assert 900 in choose([*event, candidate(900, 1.6)], 60)
    assert 900 not in choose([*loud, candidate(900, 3.2)], 60)
