"""What a change of settings does, by the rows about names."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

import pytest

from fermata.rules.changes.diffs import Diff, DiffLine, Hunk, parse_diff
from fermata.rules.changes.failures import KINDS
from fermata.rules.changes.setting_edits import ROWS, list_setting_edits


def find(as_lines, path, body):
    """Return text -> edit of a diff of one file."""
    diff = parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"))
    return {edit.text: edit for edit in list_setting_edits(diff)}


def test_setting_that_a_record_gives_without_a_file_is_read():
    """A change of a running server is told as a name that went from this to that."""
    lines = (DiffLine(1, "-", "maxmemory = 4gb"), DiffLine(1, "+", "maxmemory = 64mb"))

    (edit,) = list_setting_edits(Diff((Hunk("", "maxmemory", lines, 1),)))

    assert edit.text == "less is kept at hand"


def test_every_row_brings_known_kinds_and_says_each_once():
    """A kind that nobody can observe would be a dead row; one that always may come is not needed twice."""
    assert {kind for row in ROWS for kind in row.brings | row.also} <= set(KINDS)
    assert [row.text for row in ROWS if row.brings & row.also] == []
    assert all(set(row.ways.lower()) <= set("dusgc+-") for row in ROWS)


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("a.yaml", " limits:\n-  memory: 1Gi\n+  memory: 256Mi", "it may hold less memory"),
        ("a.yaml", " readinessProbe:\n   httpGet:\n-    path: /a\n+    path: /b", "whether it is well is asked at another path or port"),
        ("env.yaml", ' - name: JAVA_TOOL_OPTIONS\n-  value: "-XX:+UseG1GC -XX:MaxRAMPercentage=70"\n+  value: "-XX:MaxRAMPercentage=70"', "memory is collected in another way"),
        ("s3.tf", ' lifecycle_rule {\n-  filter {\n-    prefix = "scratch/"\n-  }\n+  filter {}\n   expiration {', "more is thrown away than before"),
        ("db.tf", '-engine_version = "15.4"\n+engine_version = "16.1"', "a managed store is started anew"),
        ("q.tf", "-visibility_timeout_seconds = 900\n+visibility_timeout_seconds = 30", "what was given out comes back sooner"),
        ("redis.conf", "-maxmemory-policy allkeys-lru\n+maxmemory-policy noeviction", "it throws out another part when it is full"),
        ("a.conf", "-max_connections = 400\n+max_connections = 100", "a breaker opens sooner"),
        ("a.yaml", "-maxEjectionPercent: 10\n+maxEjectionPercent: 60", "who failed is kept out for longer, or more of them are"),
        ("a.conf", "-client_timeout 300\n+client_timeout 30", "idle clients are let go"),
        ("a.conf", "-timeout 0\n+timeout 5", "idle clients are let go, where none were"),
        ("a.conf", "-tcp_keepalive 60\n+tcp_keepalive 600", "connections are used that the other side let go"),
        ("crontab", "-30 6 * * * me /run.sh\n+30 1 * * * me /run.sh", "it runs at another hour, or more often: a line of a table"),
    ],
)  # fmt: skip
def test_row_says_what_a_setting_that_changes_does(as_lines, path, body, text):
    """By its name, wherever it stands."""
    assert text in find(as_lines, path, body)


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("a.yaml", " limits:\n-  memory: 256Mi\n+  memory: 1Gi", "it may hold less memory"),
        ("a.yaml", " metadata:\n-  path: /a\n+  path: /b", "whether it is well is asked at another path or port"),
        ("a.py", "-visibility_timeout_seconds = 900\n+visibility_timeout_seconds = 30", "what was given out comes back sooner"),
        ("a.yaml", "-arch: one\n+arch: two", "it runs on another processor"),
        ("nginx.conf", "-client_max_body_size 10m;\n+client_max_body_size 2m;", "a smaller machine"),
        ("a.conf", "-max_connections = 100\n+max_connections = 400", "a breaker opens sooner"),
        ("a.conf", "-proxy_read_timeout 30s;\n+proxy_read_timeout 300s;", "idle clients are let go"),
        ("a.conf", "-timeout 5\n+timeout 50", "idle clients are let go, where none were"),
        ("a.yaml", "-nginx.ingress.kubernetes.io/body: 1m\n+nginx.ingress.kubernetes.io/body: 9m", "a way through the network is closed"),
    ],
)  # fmt: skip
def test_row_is_silent_where_it_went_the_other_way_or_stands_elsewhere(as_lines, path, body, text):
    """More memory is no less; a path of something else is no probe's; a program has rows of its own."""
    assert text not in find(as_lines, path, body)


def test_small_step_counts_little(as_lines):
    """Two and a half times less counts whole, ten percent a tenth, at the least."""
    text = "fewer connections are shared by all"

    halved = find(as_lines, "a.yaml", "-pool: 40\n+pool: 20")[text]
    cut = find(as_lines, "a.yaml", "-pool: 40\n+pool: 4")[text]
    trimmed = find(as_lines, "a.yaml", "-pool: 40\n+pool: 39")[text]

    assert cut.strength > halved.strength > trimmed.strength == pytest.approx(0.1 * cut.strength, abs=0.01)


def test_what_is_given_for_the_first_time_counts_less_than_what_is_given_otherwise(as_lines):
    """It seldom breaks what worked without."""
    text = "somebody else is asked"

    changed = find(as_lines, "a.yaml", "-url: a\n+url: b")[text]
    new = find(as_lines, "a.yaml", "+url: b")[text]

    assert new.strength < 0.6 <= changed.strength


def test_bound_that_was_not_there_counts_whole(as_lines):
    """What it may hold was up to the machine until now."""
    assert find(as_lines, "a.yaml", " limits:\n+  memory: 256Mi")["it may hold less memory"].strength >= 0.6


def test_edits_of_a_change_that_does_much_count_less(as_lines):
    """Who writes all settings anew does a bit of everything."""
    many = "\n".join(
        f"-queue{i}: a\n+queue{i}: b\n-host{i}: a\n+host{i}: b\n-pool: {40 + i}\n+pool: {4 + i}" for i in range(9)
    )
    text = "fewer connections are shared by all"

    assert (
        find(as_lines, "a.yaml", many)[text].strength < find(as_lines, "a.yaml", "-pool: 40\n+pool: 4")[text].strength
    )


def test_files_of_one_path_are_read_together(as_lines):
    """A setting that moved from one place of a file to another is the same."""
    diff = parse_diff(as_lines("+++ b/a.yaml\n@@ -1,2 +1,1 @@\n-queue: a\n@@ -9,1 +9,2 @@\n+queue: a"))

    assert list_setting_edits(diff) == ()


@pytest.mark.parametrize(("name", "count"), [("hikari", 0), ("listener", 1)])
def test_pool_that_closes_what_nobody_uses_cuts_nobody_off(as_lines, name, count):
    """No request is on a connection that idles in a pool; at a listener one may be."""
    edits = find(as_lines, "a.yaml", f" {name}:\n-  idle-timeout: 1800000\n+  idle-timeout: 600000")

    assert len([text for text in edits if "cut off" in text]) == count


def test_name_with_an_x_within_it_declares_no_queue(as_lines):
    """`MaxRAMPercentage` is no argument of a queue that begins with `x-`."""
    body = ' - name: JAVA_TOOL_OPTIONS\n-  value: "-XX:MaxRAMPercentage=70"\n+  value: "-XX:MaxRAMPercentage=40"'

    assert "a queue is declared otherwise than it is" not in find(as_lines, "env.yaml", body)


@pytest.mark.parametrize(
    ("old", "new", "is_more"),
    [("INFO", "DEBUG", True), ("WARN", "TRACE", True), ("DEBUG", "INFO", False), ("all", "error", False)],
)
def test_level_that_goes_up_writes_less(as_lines, old, new, is_more):
    """What counts is the level that it has from then on."""
    found = find(as_lines, "application.yml", f" logging:\n-  level: {old}\n+  level: {new}")

    assert ("much more is written or sent" in found) is is_more
