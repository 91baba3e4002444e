"""Which part of a changed line is what changed."""

import pytest

from fermata.rules.changes.clauses import find_changed_part, leave_out_complaint
from fermata.rules.changes.diffs import parse_diff


@pytest.mark.parametrize(
    ("diff", "part"),
    [
        (
            '-Pool(to="a", key=env["P"], life=None)\n+Pool(to="a", key=env["P"], life=1800)',
            'Pool(to="a", life=1800)',
        ),
        ("-timeout: 30\n+timeout: 3", "timeout: 3"),
        ("-lock(a), go()\n+lock(b), run()", "lock(b), run()"),
        ("-go(), lock(a)\n+lock(a), go()", "lock(a), go()"),
        ('-with("a", "b")\n+with("a")', 'with("a")'),
        ('-with("a", "b", c)\n+with("a", "x", c)', 'with("a", "x"'),
    ],
    ids=["another argument", "no comma", "all of it", "only moved", "one that is gone", "of an open call"],
)
def test_changed_part_is_what_the_other_side_has_not(as_lines, diff, part):
    """A password beside a life time that changed is no changed password."""
    (hunk,) = parse_diff(as_lines(f"+++ b/a.py\n{diff}")).hunks

    (added,) = hunk.list_signed("+")

    assert find_changed_part(added, hunk) == part


def test_line_that_stayed_is_given_whole(as_lines):
    """Nothing of it changed, so that nothing is taken out of it."""
    (hunk,) = parse_diff(as_lines("+++ b/a.py\n f(a, b)\n+g(a, b)")).hunks

    assert find_changed_part(hunk.lines[0], hunk) == "f(a, b)"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("throw new LineRejected('price does not match');", 'throw new LineRejected("");'),
        ('return errors.New("no room left")', 'return errors.New("")'),
        ("raise Refused('currency')", "raise Refused('currency')"),
        ('title = "no room left"', 'title = "no room left"'),
    ],
    ids=["thrown", "returned", "a word", "no complaint"],
)
def test_sentence_that_a_line_fails_with_is_left_out(text, rest):
    """How a failure is worded is no cause of it; one word in quotes may be a value."""
    assert leave_out_complaint(text) == rest
