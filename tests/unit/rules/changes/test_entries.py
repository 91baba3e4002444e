"""What a file of settings gives each name, before and after."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from time import process_time

import pytest

from fermata.rules.changes.diffs import DiffLine, Hunk, parse_diff
from fermata.rules.changes.entries import find_ratio, is_read_by_names, list_shifts


def find(as_lines, path, body):
    """Return (name, old, new, ways) of what a diff of one file gives otherwise."""
    diff = parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"))
    return [(shift.name, shift.old, shift.new, shift.ways) for shift in list_shifts(diff.hunks)]


@pytest.mark.parametrize(
    ("path", "body", "shift"),
    [
        ("a.yaml", " limits:\n-  memory: 1Gi\n+  memory: 512Mi", ("limits.memory", "1Gi", "512Mi", "d")),
        ("a.yaml", "   - name: POOL\n-    value: '4'\n+    value: \"9\"", ("POOL", "4", "9", "u")),
        ("a.tf", ' resource "x" "y" {\n-  iops = 90\n+  iops = 10', ("resource_x_y.iops", "90", "10", "d")),
        (
            "a.json",
            '   "queue": {\n-    "durable": true,\n+    "durable": false,',
            ("queue.durable", "true", "false", "-"),
        ),
        ("a.conf", " http {\n-  read_timeout 30s;\n+  read_timeout 5s;", ("http.read_timeout", "30s", "5s", "d")),
        ("a.conf", "-timeout client 1h\n+timeout client 10s", ("timeout_client", "1h", "10s", "d")),
        ("a.xml", "-  <size>9</size>\n+  <size>2</size>", ("size", "9", "2", "d")),
        ("a.ini", " [pool]\n-mode = session\n+mode = transaction", ("pool.mode", "session", "transaction", "s")),
        ("jvm.options", "--Xmx4g\n+-Xmx1g", ("mx", "4g", "1g", "d")),
        ("a.yaml", "-u: db/x?read=one&w=1\n+u: db/x?read=any&w=1", ("read", "one", "any", "s")),
        ("a.conf", "--I 8m\n+-I 1m", ("I", "8m", "1m", "d")),
        ("a.yaml", "-strict: off\n+strict: on", ("strict", "off", "on", "+")),
        ("a.yaml", "-pool: 4 # of eight\n+pool: 2", ("pool", "4", "2", "d")),
        ("a.conf", " action {\n-  count {}\n ", ("action.count", "", None, "g")),
        ("a.conf", " <Module mpm>\n+  Workers 5", ("Module.Workers", None, "5", "c")),
        ("a.yaml", " actions:\n-  - get\n+  - put", ("actions", "get", "put", "s")),
        ("a.yaml", "-key: {}\n+other: {}", ("other", None, "", "c")),
        ("a.sh", "-run --a.b=1 --c.d-e\n+run --a.b=1", ("c.d-e", "on", None, "g")),
    ],
)
def test_name_that_is_given_something_else_is_found_in_any_format(as_lines, path, body, shift):
    """Its place is read from how far the lines above it are indented."""
    assert find(as_lines, path, body)[-1] == shift


def test_flag_with_dots_is_one_name(as_lines):
    """What stands before its first dot is no flag of its own."""
    assert find(as_lines, "a.sh", "-run --store.days=15") == [("store.days", "15", None, "g")]


@pytest.mark.parametrize(
    "body",
    [
        "-  a: 1\n-  b: 2\n+  b: 2\n+  a: 1",
        '-  a: "1"\n+  a: 1',
        "-  args: [run, all]\n+  args:\n+    - run\n+    - all",
        "-  }\n+  };",
    ],
)
def test_what_both_sides_give_is_no_change_of_a_value(as_lines, body):
    """Another order, other quotes, a list over several lines."""
    assert [shift for shift in find(as_lines, "a.yaml", body) if shift[1] or shift[2]] == []


def test_rules_in_another_order_are_other_rules(as_lines):
    """The first one that fits counts."""
    body = "-deny: a\n-allow: b\n+allow: b\n+deny: a\n"

    assert [ways for *_, ways in find(as_lines, "acl.conf", body)] == ["s", "s"]


def test_rule_in_other_quotes_is_the_same_rule(as_lines):
    """There is no other that it could stand before."""
    assert find(as_lines, "acl.conf", "-deny: 'a'\n+deny: a") == []


def test_items_are_paired_where_there_is_no_doubt(as_lines):
    """Of two that go and two that come nobody can say which became which."""
    assert [ways for *_, ways in find(as_lines, "a.yaml", " a:\n-  - b\n-  - c\n+  - d\n+  - e")] == list("ggcc")


def test_name_that_moved_elsewhere_is_paired_by_its_name(as_lines):
    """It is given the same in another place."""
    assert find(as_lines, "a.yaml", " a:\n-  p: 4\n b:\n+  p: 2") == [("b.p", "4", "2", "d")]


def test_name_of_a_pair_holds_for_its_own_block_only(as_lines):
    """The next item's bare `value` is not named by the one before."""
    body = "   - name: ONE\n     value: 1\n   x: 1\n other:\n-    value: 2\n+    value: 3"

    assert find(as_lines, "a.yaml", body) == [("other.value", "2", "3", "u")]


@pytest.mark.parametrize(
    ("old", "new", "ratio"),
    [
        ("2", "4", 2.0),
        ("1h", "30min", 0.5),
        ("1Gi", "512Mi", 0.5),
        ("500m", "1", 2.0),
        ("100r/s", "10r/s", 0.1),
        ("20%", "40%", 2.0),
        ("0", "5", 1000.0),
        ("5", "0", 0.001),
        ("0", "0", None),
        ("5s", "5Mi", None),
        ("a", "b", None),
        ("db.m6g.2xlarge", "db.m6g.large", 0.25),
        ("db.m6g.large", "db.t4g.large", 1 / 3),
        ("db.m6g.large", "db.m7g.large", None),
        ("cache.r6g.large", "9", None),
    ],
)
def test_amounts_of_one_kind_are_compared_in_any_unit(old, new, ratio):
    """Times, sizes, parts of a processor, machines; what has no order has no ratio."""
    found = find_ratio(old, new)

    assert found == pytest.approx(ratio) if ratio else found is None


@pytest.mark.parametrize(
    ("path", "answer"),
    [("a.yaml", True), ("Dockerfile.prod", True), ("crontab", True), ("jvm.options", True), ("a.py", False), ("go.mod", False), ("deploy/db/pdb.yaml", True), ("db/1.sql", False)],
)  # fmt: skip
def test_files_that_give_names_values_are_known_by_their_path(path, answer):
    """A manifest names libraries, which are no settings."""
    assert is_read_by_names(path) is answer


def test_mapping_on_one_line_gives_each_of_its_names_a_value(as_lines):
    """In YAML's flow style as in JSON; what is no row of pairs is one value."""
    grown = "-limits: {memory: 256Mi}\n+limits: {cpu: 200m, memory: 256Mi}"
    other = '-limits: {"memory": "256Mi"}\n+limits: {256Mi}'

    assert find(as_lines, "a.yaml", grown) == [("limits.cpu", None, "200m", "c")]
    assert find(as_lines, "a.yaml", other) == [
        ("limits.memory", "256Mi", None, "g"),
        ("limits", None, "{256Mi}", "c"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: {b" + " " * 40_000 + "!}",
        "a" + " " * 40_000 + "b: {",
        "a: {b: c" + " " * 40_000 + "d",
        "a: b" + " " * 40_000 + "c",
        "a" * 40_000 + ": 1",
        "a." * 20_000 + "b: 1",
    ],
    ids=["mapping", "block", "hollow", "remark", "word", "dots"],
)
def test_one_endless_line_takes_no_more_than_its_length(text):
    """A line of any length may stand in a diff; no pattern walks back over it."""
    began = process_time()

    shifts = list_shifts([Hunk("a.yaml", "", (DiffLine(1, "+", text),), 1)])
    spelled = [shift.spelled for shift in shifts]

    assert len(spelled) < 2
    assert process_time() - began < 1


def test_mapping_on_one_line_is_read_with_blanks_before_its_end(as_lines):
    """As formatters write it; a comment behind a value is no part of it, whatever stands before it."""
    assert find(as_lines, "a.yaml", "-limits: {cpu: 2 }\n+limits: { cpu: 1   }") == [("limits.cpu", "2", "1", "d")]
    assert find(as_lines, "a.yaml", "-a: x#1 # y\n+a: x#2\t # z") == [("a", "x#1", "x#2", "s")]


def test_name_is_spelled_without_who_reads_it():
    """What an annotation begins with says who reads it, however deep it stands."""
    line = DiffLine(1, "+", "nginx.ingress.kubernetes.io/proxyReadTimeout: 9")

    (shift,) = list_shifts([Hunk("a.yaml", "", (line,), 1)])

    assert shift.spelled == "proxy_read_timeout"


@pytest.mark.parametrize(("old", "new", "ratio"), [("infinity", "256", 0.001), ("9", "unlimited", 1000.0)])
def test_what_has_no_end_is_more_than_any_amount(old, new, ratio):
    """A bound that came is a lower one."""
    assert find_ratio(old, new) == ratio
