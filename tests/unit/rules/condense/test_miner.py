"""Streaming: ids as lines come, groups when asked, and memory that stays bounded."""

import pytest

from fermata.rules.condense import miner as miner_module
from fermata.rules.condense.clustering import cluster
from fermata.rules.condense.miner import OVERFLOW, Miner, parse_messages

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def unlike(count):
    """Give lines of which no two are of one kind."""
    for number in range(count):
        word = LETTERS[number % 26] + LETTERS[number // 26 % 26] + LETTERS[number // 676 % 26]
        yield " ".join((word, word[::-1], word * 2)[: 1 + number % 3])


def test_lines_that_differ_in_digits_have_one_id():
    """The id of a line met before is found without looking at its words."""
    miner = Miner()

    assert miner.add("took 15 ms") == miner.add("took 93 ms") == miner.add("took 7 ms") == 0
    assert miner.add("gave up") == 1


def test_messages_are_grouped_with_their_templates():
    """Each line has its group's number and what the group has in common."""
    groups, templates = parse_messages(["Found child 12 in slot 3", "Found child 9 in slot 44", "ok"])

    assert groups == [0, 0, 1]
    assert templates == ["Found child <*> in slot <*>"] * 2 + ["ok"]


def test_more_kinds_than_there_is_room_for_become_overflow():
    """A million distinct templates grow no memory: what there is no room for is counted as other."""
    miner = Miner(most_shapes=64)
    ids = []
    for line in unlike(200):
        if miner.is_full:
            renumbering = miner.merge()
            ids = [renumbering.new_id_of[known] for known in ids]
        ids.append(miner.add(line))

    assert len(miner.shapes) <= 64
    assert OVERFLOW in miner.shapes
    assert len(ids) == 200


def test_overflow_takes_what_is_worth_least():
    """Whoever mines says what must not be lost sight of."""
    miner = Miner(most_shapes=16)
    lines = list(unlike(16))
    ids = [miner.add(line) for line in lines]

    renumbering = miner.merge(lambda index: float(index == ids[-1]))

    assert miner.shapes[renumbering.new_id_of[ids[-1]]] == tuple(lines[-1].split())
    assert renumbering.count == len(miner.shapes) == 9


def test_lines_met_before_a_merge_keep_their_groups():
    """What was one kind before a merge is the same kind after it, whatever came between."""
    lines = ["took 15 ms at last", *unlike(900), "took 93 ms at last"]

    groups, templates = parse_messages(lines, most_shapes=128)

    assert groups[0] == groups[-1]
    assert templates[0] == "took <*> at last"


@pytest.mark.parametrize("worth", [None, lambda _: 0.0])
def test_flood_is_recognised_after_a_merge(worth):
    """A new line of a merged flood joins it at once, and makes no shape of its own."""
    letters = "abcdefghijkl"
    lines = [f"job {a}{b}q did {b}{a}z and then stopped" for a in letters for b in letters]
    miner = Miner(most_shapes=300)
    for line in lines:
        miner.add(line)
    (flood,) = set(miner.merge(worth).new_id_of)

    assert miner.add("job xx did yy and then stopped") == flood
    assert miner.add("job xx did yy and then started") == 1
    assert miner.add("job") == 2


def test_few_of_a_kind_stay_apart_where_worth_is_asked_for():
    """Merging is for floods: with room left, single shapes are not merged away."""
    miner = Miner()
    miner.add("state=up of link")
    miner.add("state=down of link")

    assert miner.merge(lambda _: 1.0).count == 2
    assert miner.merge().count == 1


def test_flood_stays_open_through_later_merges():
    """Once a flood, always a flood: its template does not close because few new lines joined."""
    letters = "abcdefghijkl"
    miner = Miner()
    for a in letters:
        for b in letters:
            miner.add(f"job {a}{b}q did {b}{a}z and then stopped")
    miner.merge(lambda _: 1.0)
    miner.add("took 5 ms")
    miner.merge(lambda _: 1.0)

    assert miner.add("job xx did yy and then stopped") == 0


def test_gigantic_line_is_not_remembered():
    """A line of a megabyte has an id like any other; only its shape is kept."""
    miner = Miner()

    assert miner.add("x" * 1_000_000) == miner.add("x" * 1_000_000) == 0


def test_memory_of_lines_is_bounded(monkeypatch):
    """The cache of lines starts anew when it is full; ids stay the same."""
    monkeypatch.setattr("fermata.rules.condense.miner._MOST_LINES", 3)
    miner = Miner()
    first = [miner.add(line) for line in unlike(10)]

    assert [miner.add(line) for line in unlike(10)] == first


def test_looking_for_groups_is_put_off_while_it_is_in_vain(monkeypatch):
    """In a flood of unlike lines it is done ever more rarely, and again each time once it pays."""
    tried = []
    monkeypatch.setattr(miner_module, "cluster", lambda shapes: tried.append(len(shapes)) or cluster(shapes))
    miner = Miner(most_shapes=64)

    def fill(lines):
        before = len(tried)
        for line in lines:
            if miner.is_full:
                miner.merge(lambda index: float(miner.shapes[index][0] == "user"))
            miner.add(line)
        return len(tried) - before

    merges = 1 + (2_000 - 64) // 32
    assert 4 <= fill(unlike(2_000)) < merges / 4
    fill(f"user {a}{b} logged in from the same place" for a in LETTERS for b in LETTERS)

    assert ("user", "<*>", "logged", "in", "from", "the", "same", "place") in miner.shapes
