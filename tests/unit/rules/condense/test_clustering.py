"""Which lines are one kind: values are merged, words that matter stay apart."""

import pytest

from fermata.rules.condense.clustering import cluster
from fermata.rules.condense.masking import FOLD, TokenMasks
from fermata.rules.condense.shapes import make_shape


def group(*lines):
    """Group lines; give the templates as texts, and each line's group."""
    masks = TokenMasks()
    shapes = list(dict.fromkeys(make_shape(line.encode().translate(FOLD).decode(), masks) for line in lines))
    clusters = cluster(shapes)
    return [" ".join(template) for template in clusters.templates], clusters.group_of


@pytest.mark.parametrize(
    ("lines", "template"),
    [
        (["attempt_1_m_3 of task done", "attempt_2_r_4 of task done"], "<*> of task done"),
        (["Invalid user admin from 1.2.3.4", "Invalid user x22 from 1.2.3.4"], "Invalid user <*> from <*>"),
        (["state=up of link", "state=down of link"], "state=<*> of link"),
        (["loaded class com.shop.Cart now", "loaded class com.shop.Order now"], "loaded class <*> now"),
        ([f"login of user {name} was ok" for name in ("ann", "bob", "eve")], "login of user <*> was ok"),
        ([f"it is {word} again" for word in ("one", "two", "six", "ten", "red", "hot")], "it is <*> again"),
        ([f"went {word} right here" for word in ("fooBar", "barFoo", "bazBar")], "went <*> right here"),
        ([f"com.apple.{word}: told me so" for word in ("cts", "wifi")], "<*> told me so"),
        (["lost 5 cats sent over wire", "lost cats sent over wire"], "lost cats sent over wire"),
    ],
)
def test_values_are_merged(lines, template):
    """Ids, identifiers, many words in one place, and names behind a word that announces them are one kind of line."""
    assert group(*lines)[0] == [template]


@pytest.mark.parametrize(
    "lines",
    [
        ["session opened for root", "session closed for root"],
        ["boot (command 5)", "wait (command 5)", "halt (command 7)"],
        ["a=1 is it", "b=1 is it"],
        ["up", "down"],
        ["fooBar went by", "barFoo went by"],
        [f"login of user {name} was ok" for name in ("ann", "bob")],
        ["said 5 no", "said no"],
    ],
)
def test_words_that_matter_stay_apart(lines):
    """Few words of prose, other keys, the first word, and what hardly any other word ties together."""
    assert len(group(*lines)[0]) == len(lines)


def test_flood_that_differs_in_several_places_becomes_one():
    """No two lines of it differ in one place only; the words that all share tell."""
    letters = "abcdefghijkl"
    lines = [f"job {a}{b}q did {b}{a}z and then stopped" for a in letters for b in letters]

    templates, _ = group(*lines, "job one did well and then stopped")

    assert templates == ["job <*> did <*> and then stopped"]


def test_unlike_lines_with_one_header_are_no_flood():
    """A level and a service before a hundred different messages do not make them one kind."""
    letters = "abcdefghijkl"
    lines = [f"INFO orders {a}{b}x {b}{a}y {a}{a}{b}z" for a in letters for b in letters]

    assert len(group(*lines)[0]) == len(lines)


def test_rounds_are_bounded(monkeypatch):
    """Merging one place lets another merge; it ends after a few rounds whatever is left."""
    monkeypatch.setattr("fermata.rules.condense.clustering._ROUNDS", 1)

    assert group("state=up of link", "state=down of link")[0] == ["state=<*> of link"]


def test_groups_are_numbered_by_their_first_line():
    """The same lines in the same order have the same numbers."""
    assert group("x is up", "took 5 s", "y is up 7", "took 15 ms here")[1] == (0, 1, 2, 3)


def test_nothing_has_no_groups():
    """An empty log is no special case."""
    assert group() == ([], ())
