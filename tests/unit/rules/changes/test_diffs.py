"""Diffs, whole and in fragments, and what of them takes effect."""

import pytest

from fermata.rules.changes.diffs import FileKind, find_kind, is_inert, parse_diff

WHOLE = """
commit abc
    A title
diff --git a/src/pay.py b/src/pay.py
--- a/src/pay.py
+++ b/src/pay.py
@@ -10,3 +12,3 @@ def pay(order):
     key = order.key
-    return send(order, timeout=30)
+    return send(order, timeout=3)
@@ -40 +42 @@
+    # a comment
diff --git a/docs/pay.md b/docs/pay.md
--- a/docs/pay.md
+++ b/docs/pay.md
@@ -1,1 +1,1 @@
-Old
+New
"""


def test_whole_diff_is_read_by_file_and_hunk(as_lines):
    """Path, function and place come from the headers, signs from the lines."""
    diff = parse_diff(as_lines(WHOLE))

    first = diff.hunks[0]
    assert (first.path, first.heading, first.span) == ("src/pay.py", "def pay(order):", (12, 14))
    assert [line.sign for line in first.lines] == [" ", "-", "+"]
    assert diff.hunks[1].span == (42, 42)
    assert diff.paths == ("src/pay.py", "docs/pay.md")


def test_only_lines_that_take_effect_are_effective(as_lines):
    """A comment and a page of documentation change no behaviour."""
    diff = parse_diff(as_lines(WHOLE))

    assert [hunk.path for hunk in diff.effective] == ["src/pay.py"]
    assert [line.text.strip() for line in diff.added] == ["return send(order, timeout=3)"]
    assert [line.text.strip() for line in diff.removed] == ["return send(order, timeout=30)"]


@pytest.mark.parametrize(
    ("text", "path", "heading"),
    [
        ("@@ config/app.yml @@\n-a: 1\n+a: 2", "config/app.yml", "config/app.yml"),
        ("@@ src/a.ts @@ function b() {\n+c();", "src/a.ts", "src/a.ts @@ function b() {"),
        ("@@ render_upload\n+c();", "", "render_upload"),
        ("-a: 1\n+a: 2", "", ""),
    ],
)
def test_fragment_names_its_place_in_the_header(as_lines, text, path, heading):
    """Fragments have no file lines; what they have is taken."""
    (hunk,) = parse_diff(as_lines(text)).hunks

    assert (hunk.path, hunk.heading) == (path, heading)


def test_fragment_without_a_path_belongs_to_the_only_file_of_its_change(as_lines):
    """The change says which file it touched."""
    (hunk,) = parse_diff(as_lines("@@\n-a\n+b"), ["conf/a.ini"]).hunks

    assert hunk.path == "conf/a.ini"


def test_renamed_file_lost_one_name_and_got_another(as_lines):
    """Whoever imports the old one fails."""
    text = "diff --git a/m/post.py b/m/article.py\nrename from m/post.py\nrename to m/article.py"
    (hunk,) = parse_diff(as_lines(text)).hunks

    assert hunk.path == "m/article.py"
    assert [(line.sign, line.text) for line in hunk.lines] == [("-", "m/post.py"), ("+", "m/article.py")]


def test_removed_file_keeps_its_name(as_lines):
    """The new side of a removed file is nothing."""
    (hunk,) = parse_diff(as_lines("--- a/old.py\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x = 1")).hunks

    assert hunk.path == "old.py"


def test_text_that_is_no_diff_has_no_hunks(as_lines):
    """Prose is not read as lines of a diff."""
    assert parse_diff(as_lines("commit abc\n    title")).hunks == ()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tests/test_pay.py", FileKind.INERT),
        ("README.md", FileKind.INERT),
        ("deploy/fermata.yaml", FileKind.INERT),
        ("src/PayTest.java", FileKind.INERT),
        ("src/latest.json", FileKind.SETTINGS),
        ("src/license_check.py", FileKind.CODE),
        ("edge/ratelimit.yaml", FileKind.SETTINGS),
        ("src/audit.ts", FileKind.CODE),
        (".github/workflows/build.yml", FileKind.INERT),
        ("package-lock.json", FileKind.MANIFEST),
        ("db/V3__drop.sql", FileKind.MIGRATION),
        ("deploy/values.yaml", FileKind.SETTINGS),
        ("src/pay.py", FileKind.CODE),
        ("", FileKind.CODE),
    ],
)
def test_file_is_for_what_its_path_says(path, kind):
    """An unknown path counts as code."""
    assert find_kind(path) is kind


@pytest.mark.parametrize(
    "text", ["", "  # words", '  log.info("x")', 'SEEN = Counter("seen", "x")', 'seen = m.createCounter<long>("x");']
)
def test_line_that_comments_logs_or_counts_is_inert(text):
    """Such lines cannot make a service fail in the way others do."""
    assert is_inert(text)
    assert not is_inert("x = compute(y)")


def test_further_lines_of_a_log_statement_only_log_too(as_lines):
    """On the old side and the new; after its end lines take effect again."""
    text = """
+++ b/a.py
@@ -1,5 +1,5 @@
     log.info(
-        f"{request.method}"
+        f"{request.method} {took(request)}"
     )
-    return a
+    return b
"""
    diff = parse_diff(as_lines(text))

    assert [line.text.strip() for line in (*diff.added, *diff.removed)] == ["return b", "return a"]


@pytest.mark.parametrize(
    ("old", "new", "direction", "factor"),
    [
        ("pool: 40", "pool: 4", -1, 10.0),
        ("timeout: 5s", "timeout: 800ms", -1, 6.25),
        ("memory: 512Mi", "memory: 1Gi", 1, 2.0),
        ("ttl: 1m", "ttl: 2m", 1, 2.0),
        ("body: 500k", "body: 1m", 1, 2.0),
        ("heap: 2g", "heap: 500m", -1, 4.0),
        ("enabled: true", "enabled: false", -1, 8.0),
        ("mode: 'a'", "mode: 'b'", 0, 1.0),
        ("limit: 7s", "limit: 'none'", 0, 8.0),
    ],
)
def test_value_that_turned_has_a_direction_and_a_factor(as_lines, old, new, direction, factor):
    """Units are taken into account; words have no order."""
    (turn,) = parse_diff(as_lines(f"-{old}\n+{new}")).turns

    assert turn.direction == direction
    assert turn.factor == pytest.approx(factor)
    assert turn.key.startswith(old.partition(":")[0])


def test_lines_of_the_same_key_are_paired_though_their_shape_differs(as_lines):
    """A value may become an expression."""
    (turn,) = parse_diff(as_lines("-pool_size = 40\n+pool_size = 4 * cores")).turns

    assert (turn.old, turn.new) == ("40", "4")


def test_lines_without_a_partner_turn_nothing(as_lines):
    """What only went or only came is no turn."""
    assert parse_diff(as_lines("-pool_size = 40\n+something(else)")).turns == ()


def test_second_value_of_a_line_is_named_by_its_own_words(as_lines):
    """What stands between two values belongs to the second; too little of it, and the whole front does."""
    named = parse_diff(as_lines("-retry(max=3, delay=7)\n+retry(max=3, delay=9)")).turns
    bare = parse_diff(as_lines("-threads 5, 5\n+threads 5, 6")).turns

    assert named[0].key == ", delay="
    assert bare[0].key == "threads 5, "


def test_what_was_only_moved_is_not_novel(as_lines):
    """Two lines that became one are the same words; a comparison that turned is not, nor what another file has."""
    moved = parse_diff(
        as_lines("@@ a.go @@\n-\terr := post(in)\n-\tif err != nil {\n+\tif err := post(in); err != nil {")
    )
    turned = parse_diff(as_lines("@@ a.go @@\n-\tif at < end {\n+\tif at <= end {"))
    parted = parse_diff(as_lines("+++ b/a.py\n@@ @@\n-take(patient)\n+++ b/b.py\n@@ @@\n+show(patient)"))

    assert not moved.list_novel("a.go", "-") | moved.list_novel("a.go", "+")
    assert (turned.list_novel("a.go", "-"), turned.list_novel("a.go", "+")) == ({"<"}, {"<="})
    assert parted.list_novel("a.py", "-") == {"take", "patient"}
    assert parted.list_novel("c.py", "+") == frozenset()


def test_import_that_comes_alone_is_told_from_one_that_replaces_another(as_lines):
    """Making a name known does nothing; the same name from elsewhere is other code."""
    alone = parse_diff(as_lines("@@ a.py @@\n+import json\n+from decimal import Decimal\n+total(a)")).hunks[0]
    swapped = parse_diff(as_lines("@@ a.ts @@\n-import tz from 'moment-timezone';\n+import tz from 'moment';")).hunks[0]

    assert alone.imports == {2, 3}
    assert swapped.imports == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        'registry.timer("op", "name", op).record(nanos, NANOSECONDS);',
        'return nil, fmt.Errorf("load %s: %w", id, err)',
        "Buckets: []float64{.01, .05}",
        "end = latency.startTimer()",
    ],
)
def test_measuring_and_wording_of_errors_is_inert(text):
    """Neither changes what a caller gets."""
    assert is_inert(text)


@pytest.mark.parametrize(
    "text", ["timer.reset(30)", "promise.then(send)", 'return fmt.Errorf("gone")', "registry.register(handler)"]
)
def test_what_only_looks_like_measuring_is_not_inert(text):
    """A call of another kind may do anything."""
    assert not is_inert(text)


@pytest.mark.parametrize(
    ("above", "key"),
    [("     - name: DB_POOL_SIZE", "DB_POOL_SIZE: "), (' variable "pool_size" {', "pool_size: "), (" env:", "value: ")],
)
def test_bare_value_is_named_by_the_line_above_it(as_lines, above, key):
    """`value: "2"` says nothing; the name stands above."""
    (turn,) = parse_diff(as_lines(f'+++ b/a.yml\n@@ -1,2 +1,2 @@\n{above}\n-value: "20"\n+value: "2"')).turns

    assert turn.key == key
    assert turn.direction == -1
    assert turn.gone.text == 'value: "20"'


@pytest.mark.parametrize(
    ("above", "name"),
    [("<artifactId>money-core</artifactId>", "money-core"), ('name = "serde"', "serde"), ("<scope>x</scope>", "")],
)
def test_bare_version_is_named_by_a_line_above(as_lines, above, name):
    """Or by nothing, where no line there names anything."""
    diff = parse_diff(
        as_lines(f"+++ b/pom.xml\n@@ -4,3 +4,3 @@\n {above}\n-<version>1</version>\n+<version>2</version>")
    )
    other = parse_diff(as_lines("+++ b/package.json\n@@ -4,3 +4,3 @@\n name: x\n+  lodash: 2"))

    assert diff.hunks[0].name_version(diff.added[0]) == name
    assert other.hunks[0].name_version(other.added[0]) == ""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("db/schema/order.graphql", "code"), ("schema/v1/order.proto", "code"), ("db/schema.rb", "migration")],
)
def test_interface_under_a_schema_is_no_migration(path, kind):
    """What others read by it changes, and no table does."""
    assert find_kind(path).value == kind


@pytest.mark.parametrize(("text", "inert"), [('#[serde(rename_all = "camelCase")]', False), ("# [note]", True)])
def test_attribute_is_no_comment(as_lines, text, inert):
    """Rust and PHP write what a type is stored as in one."""
    (hunk,) = parse_diff(as_lines(f"+++ b/src/order.rs\n@@ -1,1 +1,1 @@\n+{text}")).hunks

    assert hunk.lines[0].inert == inert


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        ("500m", "2", 1),
        ('"2"', '"500m"', -1),
        ("0.5", "750m", 1),
        ("30", "2m", 1),
        ("100m", "500m", 1),
        ("60", "10m", 1),
    ],
)
def test_thousandths_of_a_processor_are_less_than_whole_ones(as_lines, old, new, direction):
    """`500m` is half of one, beside plain numbers; a few `m` are minutes."""
    (turn,) = parse_diff(as_lines(f"+++ b/a.yaml\n-  value_of_it: {old}\n+  value_of_it: {new}")).turns

    assert turn.direction == direction


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [("3600", "7 * 24 * 3600", 1), ("60 * 60", "30", -1), ("2 * 30", "60", 0), ("5", "n * 5", 0)],
)
def test_product_of_numbers_is_one_value(as_lines, old, new, direction):
    """Seven days are more than an hour, though seven is less than 3600."""
    diff = parse_diff(as_lines(f"+++ b/a.php\n-  'ttl' => {old},\n+  'ttl' => {new},"))

    assert [turn.direction for turn in diff.turns if turn.direction] == ([direction] if direction else [])


MOVED = """
--- /dev/null
+++ b/src/{new}
@@ -0,0 +1,2 @@
+    factory.setConcurrency(3);
+    x();
--- a/src/App.java
+++ b/src/App.java
@@ -9,3 +9,1 @@
-    factory.setConcurrency(3);
-    x();
+    configure(factory, 3);
"""


@pytest.mark.parametrize(("new", "moved"), [("Config.java", True), ("App.java", False), ("config.yaml", False)])
def test_line_of_code_that_moved_to_another_file_takes_no_effect(as_lines, new, moved):
    """Within a file the order may be what changed, settings belong to their file, and short lines meet by chance."""
    diff = parse_diff(as_lines(MOVED.format(new=new)))

    assert (diff.removed[0].text.strip() != "factory.setConcurrency(3);") is moved
    assert (diff.added[0].text.strip() != "factory.setConcurrency(3);") is moved
    assert "x();" in [line.text.strip() for line in diff.removed]


def test_numbers_that_something_is_taken_times_are_no_two_amounts(as_lines):
    """`<< 20` and `* 1048576` stand for the same, and neither is the value of the name before them."""
    diff = parse_diff(as_lines("+++ b/a.go\n-\tMaxBytes: mb << 20,\n+\tMaxBytes: mb * 1024 * 1024,"))

    assert diff.turns == ()


def test_values_of_lines_with_another_number_of_them_are_paired_by_their_names(as_lines):
    """A name that one side lacks is no other value of the next one."""
    grown = parse_diff(as_lines("-limits: {memory: 256Mi}\n+limits: {cpu: 200m, memory: 512Mi}")).turns
    bare = parse_diff(as_lines("-threads: 5\n+threads: 6, 7")).turns

    assert [(turn.key, turn.old, turn.new) for turn in grown] == [(", memory: ", "256Mi", "512Mi")]
    assert [(turn.old, turn.new) for turn in bare] == [("5", "6")]


def test_values_of_an_endless_line_are_paired_by_their_places(as_lines):
    """To look for the name of each would take a time that grows with its square."""
    old = ", ".join(f"name{number}: {number}" for number in range(60))

    turns = parse_diff(as_lines(f"-limits: {{{old}}}\n+limits: {{extra: 7, {old}}}")).turns

    assert [(turn.old, turn.new) for turn in turns[:2]] == [("0", "7"), ("1", "0")]


def test_comment_of_sql_that_went_names_no_file(as_lines):
    """`-- note` with a sign in front looks like the head of a file; that one is followed by its other half."""
    diff = parse_diff(as_lines("--- a/db/1.sql\n+++ b/db/1.sql\n@@ -1,2 +1,2 @@\n--- a note\n+-- another\n x"))

    assert diff.paths == ("db/1.sql",)
    assert [line.sign for line in diff.hunks[0].lines] == ["-", "+", " "]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("charts/docs/templates/ingress.yaml", FileKind.SETTINGS),
        ("docs/ingress.yaml", FileKind.INERT),
        ("systemd/report.timer", FileKind.SETTINGS),
    ],
)
def test_service_may_be_called_docs(path, kind):
    """Charts of it are no prose, and units of systemd are settings."""
    assert find_kind(path) is kind
