"""Workers told apart by a number: which of them stop while others go on."""

import pytest

from fermata.rules.condense.members import Member, Members, find_stopped


def read(lines, first="INFO executor 13 heartbeat"):
    """Follow the members of a shape; each line stands at its index, and those that are None are of other shapes."""
    members = Members(first.encode())
    for number, line in enumerate(lines):
        if line is not None:
            members.read(line.encode(), number)
    return members


def beat(until=None, *, lines=400, workers=3):
    """Give a log in which workers write by turns; from `until` on, the second of them does not."""
    return [
        None if until is not None and number >= until and number % workers == 1
        else f"INFO executor {10 + number % workers} heartbeat"
        for number in range(lines)
    ]  # fmt: skip


def member(first, last, *, count=40, longest=10):
    """Build what was seen of one member."""
    built = Member(first, b"")
    built.last, built.count, built.longest = last, count, longest
    return built


def test_worker_that_stops_is_told_by_its_last_line():
    """Its shape goes on, for the other workers write it."""
    (stopped,) = read(beat(200)).list_stopped(400)

    assert stopped.last == 199
    assert stopped.last_raw == b"INFO executor 11 heartbeat"


def test_workers_that_all_go_on_are_none():
    """Nothing stopped."""
    assert read(beat()).list_stopped(400) == []


def test_one_stop_seen_in_two_places_is_told_once():
    """A worker and its host stop together: that is one line."""
    lines = [line and line.replace(" heartbeat", f" on host-{number % 3} ok") for number, line in enumerate(beat(200))]

    assert len(read(lines, "INFO executor 13 on host-3 ok").list_stopped(400)) == 1


@pytest.mark.parametrize(
    "first",
    [
        "INFO done",
        "2026-11-25 12:07:19 beat",
        "INFO took 13 ms",
        "INFO latency=13",
        "INFO read 13ms of it",
        "INFO from:12:07 on",
        "Jun 25 combo session closed",
    ],
)
def test_times_and_measures_are_no_members(first):
    """What is measured takes few values as well, and stops at each of them."""
    assert Members(first.encode()).is_idle


def test_many_values_are_let_go_of():
    """Requests have ids, and no more is kept of those than of workers."""
    assert read([f"INFO executor {number} heartbeat" for number in range(30)]).is_idle


def test_one_value_is_let_go_of_after_a_while():
    """A port that is always the same is no member of anything."""
    assert not read(["INFO executor 13 heartbeat"] * 63).is_idle
    assert read(["INFO executor 13 heartbeat"] * 64).is_idle


def test_gigantic_lines_and_lines_without_the_name_are_passed_over():
    """Neither is held, and neither ends anything."""
    members = read(["INFO executor 13 heartbeat" + "x" * 1000, "INFO something else", *beat(200)])

    assert [stopped.last for stopped in members.list_stopped(402)] == [201]


@pytest.mark.parametrize(
    ("members", "stops"),
    [
        ([member(0, 500), member(0, 990)], [500]),
        ([member(0, 500), member(510, 990)], []),
        ([member(0, 50), member(0, 990)], []),
        ([member(0, 500, count=7), member(0, 990)], []),
        ([member(0, 500), member(0, 400), member(0, 990)], []),
        ([member(0, 960, count=900, longest=2), member(0, 999)], []),
        ([member(0, 500, longest=300), member(0, 990)], []),
        ([member(0, 500)], []),
    ],
)
def test_what_stops_was_steady_beside_others_that_go_on(members, stops):
    """Not what was brief, seldom or uneven, nor what was taken over from, nor where most stop, nor right at the end."""
    assert [stopped.last for stopped in find_stopped(members, 1000)] == stops
