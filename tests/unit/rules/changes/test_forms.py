"""Lines that only say the same in another form, or something to people alone."""

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.forms import is_for_people, leave_out_form


def find(as_lines, path, body):
    """Return the signed lines of a file that can still take effect."""
    diff = leave_out_form(parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}")))
    return [
        f"{line.sign}{line.text}" for hunk in diff.hunks for line in hunk.lines if line.sign != " " and not line.inert
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.yaml", "-size: 8gb\n+size: 8192mb"),
        ("a.yaml", "-hold: 900s\n+hold: 15min"),
        ("a.yaml", "-timeout_ms: 4000\n+timeout_ms: 4400"),
        ("a.yaml", "-owner: web\n+owner: checkout"),
        ("a.tf", ' tags = {\n+  Team = "x"'),
        ("a.java", "-  f(a, b);\n+  f(\n+    a, b);"),
        ("db/1.sql", "-select a from b;\n+SELECT a\n+  FROM b;"),
        ("db/1.sql", "+CREATE TABLE a (\n+  b int NOT NULL\n+);"),
        ("cron.yaml", '-schedule: "0 3 * * *"\n+schedule: "5 3 * * *"'),
        ("job.yaml", "+successfulJobsHistoryLimit: 5"),
        ("README.md", "-pool: 9\n+pool: 1"),
    ],
)
def test_line_that_changes_the_form_only_is_inert(as_lines, path, body):
    """Another unit, a few percent, a word for people, another layout, a table that nobody knew."""
    found = find(as_lines, path, body)

    assert found == [] or path == "README.md"  # Whole files without effect are left out elsewhere.


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.yaml", "-size: 8gb\n+size: 6gb"),
        ("cron.yaml", '-schedule: "0 3 * * *"\n+schedule: "0 9 * * *"'),
        ("cron.yaml", '-schedule: "0 3 * * *"\n+schedule: "@hourly"'),
        ("a.yaml", "-port: 8080\n+port: 8081"),
        ("a.yaml", "-hold: 900s\n+hold: 900ms"),
        ("a.yaml", "-class: db.m6g.large\n+class: db.m7g.large"),
        ("a.py", "-  f(a)\n+f(a)"),
        ("a.java", "-  f(a, b);\n+  f(b, a);"),
        ("db/1.sql", "+CREATE TABLE a PARTITION OF b\n+  FOR VALUES IN (1);"),
        ("db/1.sql", "+ALTER TABLE a ADD b int;\n"),
    ],
)
def test_line_that_says_another_thing_takes_effect(as_lines, path, body):
    """A port is no amount, and blanks in front of a line of Python are a block."""
    assert find(as_lines, path, body) == [line for line in body.splitlines() if line]


def test_what_follows_a_new_table_takes_effect(as_lines):
    """Its end is where the statement ends."""
    body = "+CREATE TABLE a (\n+  b int\n+);\n+DROP INDEX c;"

    assert find(as_lines, "db/1.sql", body) == ["+DROP INDEX c;"]


def test_diff_without_such_lines_stays_as_it_is(as_lines):
    """Nothing is copied for nothing."""
    diff = parse_diff(as_lines("+++ b/a.yaml\n-pool: 9\n+pool: 1"))

    assert leave_out_form(diff).hunks[0] is diff.hunks[0]


def test_names_that_only_people_read_are_known():
    """What a resource is called for bills and who owns it."""
    assert is_for_people("metadata.labels.team")
    assert not is_for_people("spec.selector.app")


@pytest.mark.parametrize(
    "gone",
    ['  value: "-XX:+UseG1GC -XX:MaxRAMPercentage=70"', '  value: "--no-cache -XX:MaxRAMPercentage=70"'],
)
def test_flag_without_a_value_that_goes_is_no_form(as_lines, gone):
    """Beside flags that are given a value it says something, too."""
    assert find(as_lines, "a.yaml", f'-{gone}\n+  value: "-XX:MaxRAMPercentage=70"') == [f"-{gone}"]


def test_line_that_moved_past_another_is_no_form(as_lines):
    """Of rules and of steps the first one counts; a blank line or a comment between them is no step."""
    assert len(find(as_lines, "a.java", "+  .match(all);\n   .match(some);\n-  .match(all);")) == 2
    assert find(as_lines, "a.java", "+  a(b);\n \n // why\n-  a(b);") == []
