"""Edits of conditions and sums."""

import time

import pytest

from fermata.rules.changes.condition_edits import CONDITION_FINDERS, is_turned
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.sides import list_sides

TURNED = "a condition or a sum is turned"


def read(as_lines, body, path="a.py"):
    """Return the sides of a diff of one file."""
    return list_sides(parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}")))[0]


def find(as_lines, body, path="a.py"):
    """Return text -> edit of a diff of one file."""
    sides = read(as_lines, body, path)
    return {edit.text: edit for finder in CONDITION_FINDERS for edit in finder(sides)}


@pytest.mark.parametrize(
    "body",
    [
        "-\tif !token.Valid {\n+\tif token.Valid {",
        "-    if a <= b:\n+    if a < b:",
        "-    x = (a - b)\n+    x = (a + b)",
        "-    if a <= b:\n-        }\n+    if a < b:\n+        }",
    ],
)
def test_turned_condition_or_sum_is_found(as_lines, body):
    """All but the operators is the same."""
    assert "data" in find(as_lines, body)[TURNED].brings


def test_turn_outside_of_programs_is_none(as_lines):
    """A setting has no conditions."""
    assert find(as_lines, "-a < b\n+a > b", "a.yml") == {}


def test_condition_whose_branches_change_places_with_it_stays_what_it_was(as_lines):
    """It is turned, and so is what follows from it."""
    body = (
        "-    if x != 1:\n-        return x.name\n-    return None\n"
        "+    if x == 1:\n+        return None\n+    return x.name"
    )

    assert TURNED not in find(as_lines, body)
    assert is_turned(read(as_lines, body))


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("-    return page * size\n+    return page * size + 1", True),
        ("-    d = date(y, month - 1, 1)\n+    d = date(y, month, 1)", True),
        ("-    return size + 10\n+    return size + 11", False),
        ("-    return  size\n+    return size", False),
    ],
)
def test_bound_that_moves_by_one_is_found(as_lines, body, is_found):
    """Pages, places and months are counted from nought or from one."""
    assert ("something is counted by one more or less" in find(as_lines, body)) is is_found


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ('-    "WHERE org = 1 AND (a = 2 OR b = 2)"\n+    "WHERE org = 1 AND a = 2 OR b = 2"', True),
        ("-    x = (a + b) * c\n+    x = a + b * c", True),
        ("-    return a and b\n+    return (a and b)", False),
        ("-    f(a)\n+    f((a))", False),
    ],
)
def test_brackets_count_where_operators_are_mixed(as_lines, body, is_found):
    """Around one kind of operator they are a matter of form."""
    assert ("a condition or a sum is grouped otherwise" in find(as_lines, body)) is is_found


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("-    q.filter(org=o, archived=False)\n+    q.filter(org=o)", "more is found than before"),
        ("-  where a = 1 and tenant = 2\n+  where a = 1", "more is found than before"),
        ("-    q.filter(org=o)\n+    q.filter(org=o, archived=False)", "less is found than before"),
    ],
)
def test_condition_that_goes_or_comes_is_found(as_lines, body, name):
    """A question with fewer conditions finds what others were meant to have."""
    assert "data" in find(as_lines, body)[name].brings


@pytest.mark.parametrize(
    "body",
    [
        "-    q.filter(org=o)\n+    q.filter(owner=o)",
        "-    q.filter(org=o).order_by(name)\n+    q.filter(org=o)",
        "-    log(a=1, b=2)\n+    log(a=1)",
        "-    q.filter(org=o)\n+    q.filter(org=o)  ",
    ],
)
def test_question_with_as_many_conditions_is_no_edit(as_lines, body):
    """Other names, other calls and other forms leave no condition out."""
    assert not any("is found than before" in text for text in find(as_lines, body))


@pytest.mark.parametrize(
    ("body", "path", "is_found"),
    [
        ("-    for p in range(0, pages):\n+    for p in range(1, pages):", "a.py", True),
        ("-    first = rows[0]\n+    first = rows[1]", "a.py", True),
        ("-    flag = 0\n+    flag = 1", "a.py", False),
        ("-  page: 0\n+  page: 1", "a.yml", False),
    ],
)
def test_count_that_begins_with_another_one_is_found(as_lines, body, path, is_found):
    """The first or the last of them is left out, or asked for twice."""
    assert ("something is counted from another one" in find(as_lines, body, path)) is is_found


@pytest.mark.parametrize(
    ("body", "path", "is_found"),
    [
        ("-    return in_array($s, $all);\n+    return $all === [] || in_array($s, $all);", "a.php", True),
        ("-  if (user.active && user.paid) {\n+  if (user.active) {", "a.js", True),
        ("-    if ready:\n+    if ready and not closed:", "a.py", True),
        ("-    if ready:\n+    if ready(now):", "a.py", False),
        ("-    if ready:\n+    if closed:", "a.py", False),
        ("-  when: a\n+  when: a && b", "a.yml", False),
    ],
)
def test_condition_with_a_part_more_or_less_is_found(as_lines, body, path, is_found):
    """It lets others through than before."""
    assert ("a condition has a part more or less" in find(as_lines, body, path)) is is_found


def test_row_of_signs_is_read_once(as_lines):
    """Whoever writes a diff decides how its lines look; no line may take seconds."""
    body = "\n".join(f"-  {n} =>\n+  {n} {'>' * 300}x =>" for n in range(9))

    begun = time.process_time()
    found = find(as_lines, body, "a.js")

    assert "a condition has a part more or less" not in found
    assert time.process_time() - begun < 1
