"""The two sides of a file."""

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.sides import list_sides, part


def read(as_lines, text):
    """Return the files of a diff."""
    return list_sides(parse_diff(as_lines(text)))


def test_hunks_of_one_file_are_one_file(as_lines):
    """What goes in one hunk and comes in another of the same file was moved."""
    text = (
        "+++ b/a.py\n@@ -1,1 +1,1 @@\n-old(1)\n@@ -9,1 +9,1 @@ def f():\n+new(2)\n+++ b/b.py\n@@ -1,1 +1,1 @@\n+other()"
    )

    first, second = read(as_lines, text)

    assert (first.old, first.new) == ("old(1)", "new(2)")
    assert "def f()" in first.around
    assert second.path == "b.py"


def test_file_that_is_gone_as_a_whole_has_no_sides(as_lines):
    """Nothing of it runs any more, so that what its lines did does not matter."""
    assert read(as_lines, "--- a/a.py\n@@ -1,2 +0,0 @@\n-import os\n-os.remove(x)") == ()


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("maxRetries", "max_Retries"),
        ("group-id: a", "group-id: a\ngroup_id: a"),
        ("a - b", "a - b"),
        ("a.b.io/size: 1", "size: 1"),
        ("see a.b.io/size", "see a.b.io/size"),
    ],
)
def test_names_read_alike_however_they_are_joined(text, parted):
    """Settings join words with a hyphen, programs with humps."""
    assert part(text) == parted


@pytest.mark.parametrize(
    ("old", "new", "is_renaming"),
    [
        ("svc = make(); svc.run(svc)", "contacts = make(); contacts.run(contacts)", True),
        ("db = PRIMARY", "db = REPLICA", False),  # Used once: another thing is used.
        ("a = load(x); b(a)", "a = load(x); b(a)", False),  # The same words: it was moved.
        ("row = get('a'); use(row)", "line = get('b'); use(line)", False),  # A value differs.
        ("x", "y", False),
    ],
)
def test_other_names_for_the_same_are_no_edit(as_lines, old, new, is_renaming):
    """A name that is given and used anew changes nothing."""
    (sides,) = read(as_lines, f"+++ b/a.py\n@@ -1,1 +1,1 @@\n-{old}\n+{new}")

    assert sides.is_renaming is is_renaming


def test_settings_are_never_only_renamed(as_lines):
    """Others read the names of settings."""
    (sides,) = read(as_lines, "+++ b/a.yml\n@@ -1,1 +1,1 @@\n-a: *b\n-c: *a\n+d: *b\n+c: *d")

    assert not sides.is_renaming


def test_amount_that_a_table_knows_is_measured_on_both_lines(as_lines):
    """What went up or down is read by its own table, and not once more as something that changed."""
    (sides,) = read(as_lines, "+++ b/a.yml\n@@ -1,2 +1,2 @@\n-pool: 40\n+pool: 4\n-color: 1\n+color: 2")

    assert sides.measured == {3, 4}


def test_lines_are_told_by_the_way_their_amounts_went(as_lines):
    """Of both sides; what went both ways, was nought, or is a switch went neither."""
    body = "-a: 1\n+a: 2\n-b: 2, c: 3\n+b: 3, c: 2\n-d: 0\n+d: 4\n-e: on\n+e: off"

    (sides,) = read(as_lines, f"+++ b/a.yml\n@@ -1,4 +1,4 @@\n{body}")

    texts = {line.number: line.text for hunk in sides.hunks for line in hunk.lines}
    assert [texts[number] for number in sorted(sides.list_turned(1))] == ["a: 1", "a: 2"]
    assert sides.list_turned(-1) == frozenset()
