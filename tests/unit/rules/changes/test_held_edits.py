"""Edits of what happens within a transaction or a loop."""

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.held_edits import find_held, find_left, find_noise
from fermata.rules.changes.sides import list_sides


def read(as_lines, body, path="a.py"):
    """Return the diff of one file."""
    return parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"))


def find(as_lines, body, path="a.py"):
    """Return what is asked for within a transaction."""
    return [edit for sides in list_sides(read(as_lines, body, path)) for edit in find_held(sides)]


@pytest.mark.parametrize(
    "body",
    [
        "+@transaction.atomic\n def place(cart):\n     order = make(cart)\n     psp.charge(order)",
        " with transaction.atomic():\n     save(order)\n+    psp.charge(order)",
        "-  db.$transaction((tx) => a(tx));\n+  db.$transaction(async (tx) => {\n+    psp.charge(a);\n+  });",
        "-    transaction.atomic(save)\n+    transaction.atomic(lambda: psp.charge(o))",
    ],
)
def test_call_while_a_transaction_is_open_is_found(as_lines, body):
    """Rows stay locked, and a connection taken, for as long as somebody else takes to answer."""
    edits = find(as_lines, body)

    assert [edit.text for edit in edits] == ["somebody else is asked while a transaction is open"]
    assert {"lock", "pool"} <= edits[0].brings


@pytest.mark.parametrize(
    "body",
    [
        " with transaction.atomic():\n     save(order)\n psp.charge(order)\n+done(order)",
        " with transaction.atomic():\n     psp.charge(order)\n+    save(order)",
        " with transaction.atomic():\n     save(order)\n     db.commit()\n+    psp.charge(order)",
        "+psp.transaction(order)",
        "+@transaction.atomic\n def place(cart):\n     return 1\n x = psp.charge(1)",
    ],
)
def test_call_before_or_after_a_transaction_is_none(as_lines, body):
    """What was asked for within it before is nothing new either."""
    assert find(as_lines, body) == []


def test_settings_hold_nothing(as_lines):
    """Only programs do."""
    assert find(as_lines, "+@transactional\n+  psp.charge()", "a.yml") == []


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        (' for c in all:\n     s = score(c)\n+    log.info("%s", c)', True),
        (' for c in all:\n     if c:\n+        log.info("%s", c)', True),
        (' for c in all:\n     score(c)\n+log.info("done")', False),
        (' for c in all:\n+    log.debug("%s", c)', False),
        (' def each(c):\n+    log.info("%s", c)', False),
        ("+    count(c)", False),
        ('+    log.info("%s", c)', False),
    ],
)
def test_line_that_is_logged_for_each_item_is_found(as_lines, body, is_found):
    """A line for each request is usual; one for each of many items fills disks."""
    assert bool(list(find_noise(read(as_lines, body).hunks))) is is_found


def test_what_builds_log_is_nothing(as_lines):
    """Only what runs in a service counts."""
    assert list(find_noise(read(as_lines, ' for c in all:\n+    log.info("x")', "tests/test_a.py").hunks)) == []


@pytest.mark.parametrize(
    ("path", "body", "is_found"),
    [
        ("a.go", " r, err := c.Do(q)\n+if r.Code != 200 {\n+  return err\n+}\n defer r.Body.Close()", True),
        ("a.java", " ByteBuf in = m;\n+    return;\n try {\n } finally {\n   in.release();\n }", True),
        ("a.go", " defer r.Body.Close()\n+  return err\n defer s.Close()", False),
        ("a.go", " r := open()\n+  return r", False),
        ("a.go", " r := open()\n   return r\n+  r.Close()", False),
        ("a.yaml", "+return: 1\n x.close()", False),
    ],
)
def test_way_out_before_the_end_leaves_things_open(as_lines, path, body, is_found):
    """What is closed only afterwards stays open, unless somebody sees to it whichever way is taken."""
    edits = [edit for sides in list_sides(read(as_lines, body, path)) for edit in find_left(sides)]

    assert ["memory" in edit.brings for edit in edits] == [True] * is_found
