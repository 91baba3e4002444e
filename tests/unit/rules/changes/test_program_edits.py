"""Edits of programs that no single word tells."""

from functools import partial

import pytest
from tests.unit.rules.changes.edit_scene import find_edits

from fermata.rules.changes.program_edits import PROGRAM_FINDERS

find = partial(find_edits, PROGRAM_FINDERS)


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [
        ('-    key = f"price:{sku}:{currency}"\n+    key = f"price:{sku}"', "by less than before", "foreign"),
        ('-    key = "p:" + sku + tenant.code\n+    key = "p:" + sku', "by less than before", "foreign"),
        ('-    key = f"page:{slug}"\n+    key = f"page:{slug}:{now}"', "by more than before", "load"),
        ("-    v = cache.get(url.path)\n+    v = cache.get(url.href)", "by something else", "load"),
        ("-def key(school, ref):\n+def key(ref):", "no longer told apart by school", "foreign"),
        ("-def key(ref, at):\n+def key(ref, at, user):", "told apart by user as well", "load"),
    ],
)  # fmt: skip
def test_what_a_key_is_put_together_from_is_compared(as_lines, body, text, kind):
    """Who leaves a part out gives one what is another's; who adds one keeps everything apart for each."""
    found = find(as_lines, body)

    assert any(text in name and kind in edit.brings for name, edit in found.items())


@pytest.mark.parametrize(
    "body",
    [
        '-    key = f"p:{sku}"\n+    key  =  f"p:{sku}"',
        "+    key = make(sku)",
        "-    key(a, ctx)\n+    key(a, self)",
        "-    lock(a, b)\n+    lock(c, d)",
        "-    group_by(a, b)\n+    group_by(b, a)",
    ],
)
def test_key_of_as_many_parts_is_no_edit(as_lines, body):
    """Another form, another name or a new key leaves nothing out."""
    assert not any("told apart" in text for text in find(as_lines, body))


@pytest.mark.parametrize(
    "body",
    [
        "-  users = await db.find({ ids });\n+  for (const id of ids) {\n+    users.push(await db.find(id));\n+  }",
        "+    return [repo.get(i) for i in ids]",
        "     for order in orders:\n         total += 1\n+        order.owner = client.fetch(order)",
    ],
)
def test_call_in_a_loop_is_asked_once_for_each(as_lines, body):
    """The loop may be new, or have been there."""
    assert "query" in find(as_lines, body, "a.ts")["it is asked for once for each item"].brings


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("+for x in y:\n+    repo.get(x)", "a.yml"),
        ("-    [repo.get(i) for i in ids]\n+    [repo.get(j) for j in ids]", "a.py"),
        ("+    for x in y:\n+        x += 1", "a.py"),
    ],
)
def test_loop_that_asks_as_before_or_nothing_is_no_edit(as_lines, body, path):
    """What was asked for once for each item before still is."""
    assert "it is asked for once for each item" not in find(as_lines, body, path)


def test_repeated_repetition_takes_for_ever(as_lines):
    """Only of patterns: a program is full of brackets and stars."""
    text = "a pattern repeats a repetition"

    assert "cpu" in find(as_lines, r"+  if (/^([a-z0-9]+\.?)+@x$/.test(v)) throw bad();", "a.js")[text].brings
    assert text not in find(as_lines, "+  f((a + b) * (c + d) * 2)", "a.js")
    assert text not in find(as_lines, r"-  re.match('(a+)+', v)" + "\n" + r"+  re.match('(a+)+b', v)")


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("-    return post(json=[p.row() for p in all])\n+    for p in all:\n+        client.post(p)", True),
        ("-    return [client.get(p) for p in all]\n+    for p in all:\n+        client.post(p)", False),
    ],
)
def test_comprehension_that_asked_for_each_is_a_loop(as_lines, body, is_found):
    """One that only put together what is asked for was none."""
    assert ("it is asked for once for each item" in find(as_lines, body)) is is_found


@pytest.mark.parametrize(
    "body",
    [
        "-\tT: 2 * time.Second,\n+\tT: 2000 * time.Millisecond,",
        "-    t = timedelta(minutes=2)\n+    t = timedelta(seconds=120)",
        "-    t = Duration.ofMinutes(1);\n+    t = Duration.ofSeconds(60);",
    ],
)
def test_same_span_in_another_unit_is_no_edit(as_lines, body):
    """Two seconds are two thousand milliseconds."""
    assert "a number is taken in another unit" not in find(as_lines, body)


def test_entries_of_a_table_have_no_order(as_lines):
    """Steps do, and imports do not either."""
    table = "-  total_cents: order.total,\n   currency: order.currency,\n+  total_cents: order.total,"
    imports = "-import warehouse\n import billing\n+import warehouse"

    assert find(as_lines, table) == {}
    assert find(as_lines, imports) == {}


@pytest.mark.parametrize(
    ("body", "is_moved"),
    [
        ("-    db.commit()\n     bus.publish(o.id)\n+    db.commit()", True),
        ("-    db.commit()\n+    db.commit()\n     bus.publish(o.id)", False),
        ("-    db.commit()\n     bus.publish(o.id)\n+    db.commit()\n+    db.commit()", False),
    ],
)
def test_step_that_moved_past_another_is_found(as_lines, body, is_moved):
    """The same line before what it was behind, or the other way about."""
    assert ("steps come in another order" in find(as_lines, body)) is is_moved


def test_order_matters_in_programs_only(as_lines):
    """A setting may stand anywhere."""
    assert find(as_lines, "-first: one\n second: two\n+first: one", "a.yml") == {}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("-_c = httpx.Client()\n def f(u):\n+    httpx.Client().get(u)", "what was made once is made for each call"),
        ("-    return httpx.Client().get(u)\n+CLIENT = httpx.Client()", "what each had is shared by all"),
    ],
)  # fmt: skip
def test_tool_that_is_made_elsewhere_is_found(as_lines, body, text):
    """Made for each call it opens connections; shared it is used by several at once."""
    assert text in find(as_lines, body)


def test_tool_that_is_made_where_it_was_is_no_edit(as_lines):
    """Another argument is another matter."""
    assert not any("made" in text for text in find(as_lines, "-    httpx.Client(a)\n+    httpx.Client(b)"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("-\tTimeout: n * time.Millisecond,\n+\tTimeout: n * time.Second,", "timeout"),
        ("-    ttl = n * 1000\n+    ttl = timedelta(n)", "cache"),
        ("-    width = millis(n)\n+    width = seconds(n)", "time"),
    ],
)
def test_other_unit_brings_what_the_number_is_about(as_lines, body, kind):
    """A time limit in another unit ends calls, a life in another unit empties a cache."""
    assert kind in find(as_lines, body)["a number is taken in another unit"].brings


@pytest.mark.parametrize(
    "body", ["+    timeout = 5 * time.second", "-    a = 5 * time.second\n+    a = 6 * time.second"]
)
def test_same_or_new_unit_is_no_edit(as_lines, body):
    """Only what had one can have another."""
    assert find(as_lines, body) == {}


def test_units_outside_of_programs_and_settings_are_left_alone(as_lines):
    """A migration's numbers are rows."""
    assert find(as_lines, "-SELECT a * 1000\n+SELECT b_seconds", "x.sql") == {}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "a.js",
            "-  const t = compile(src);\n-  return rows.map((r) => t(r));\n+  return rows.map((r) => compile(src)(r));",
        ),
        ("a.py", "-    load(ids)\n+    for id in ids:\n+        rows.append(load(store.read(id)))"),
        (
            "a.py",
            "-    key = load_key(path)\n     for row in rows:\n+        key = load_key(path)\n         sign(row, key)",
        ),
    ],
)
def test_call_that_moves_into_a_loop_is_made_for_each_item(as_lines, path, body):
    """What it costs is paid as often as there are items."""
    assert "cpu" in find(as_lines, body, path)["what was done once is done for each item"].brings


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.py", "-    for a in rows:\n-        sign(a)\n+    for n, a in rows:\n+        sign(a)"),
        ("a.py", "-    sign(rows)\n     for row in rows:\n         pass\n+    sign(rows, key)"),
        ("a.yaml", "-  sign(rows)\n+  for row in rows: sign(row)"),
        ("a.py", "-    sign(rows)\n+    while rows\n+        pass"),
        ("a.py", "-    out.write(f.read())\n+    while rows:\n+        out.write(f.read(65536))"),
        ("a.py", "-    out.write(f.read())\n+    while rows:\n+        out.write(f.read(buffer_size))"),
        ("a.py", "-    out.write(f.read())\n+    for chunk in f.chunks():\n+        out.write(chunk)"),
    ],
)
def test_call_that_was_in_a_loop_or_stays_out_of_it_is_made_as_often(as_lines, path, body):
    """It was made for each item before, stands behind the loop, or takes one thing in pieces."""
    assert "what was done once is done for each item" not in find(as_lines, body, path)
