"""A full diff names its file once; each head of a fragment may name another."""

import pytest

from fermata.rules.changes.hunk_heads import Head, read_head, read_span


@pytest.mark.parametrize(
    ("lines", "path", "heading"),
    [
        (["--- a/x.py", "+++ b/x.py", "@@ -1,2 +1,2 @@ other.name"], "x.py", "other.name"),
        (["--- a/x.py", "+++ /dev/null"], "x.py", ""),
        (["--- /dev/null", "+++ b/x.py\t2026"], "x.py", ""),
        (["diff --git a/x b/x"], "", ""),
        (["@@ config/a.yml @@", "@@ config/b.yml @@"], "config/b.yml", "config/b.yml"),
        (["@@ config/a.yml @@", "@@ pool: @@"], "config/a.yml", "pool:"),
        (["@@ -1 +1 @@ config/a.yml", "@@ -9 +9 @@ config/b.yml"], "config/a.yml", "config/b.yml"),
        (["@@ aws_eip.a @@", "@@ aws_eip.b[0] @@"], "aws_eip.b[0]", "aws_eip.b[0]"),
    ],
)
def test_head_says_what_the_lines_are_of(lines, path, heading):
    """The last one that names it."""
    head = Head("")
    for line in lines:
        head = read_head(line, head)

    assert (head.path, head.heading) == (path, heading)


def test_span_is_of_the_new_file():
    """Where the head tells one."""
    assert read_span("@@ -1,2 +5,3 @@") == (5, 7)
    assert read_span("@@ -1 +5 @@") == (5, 5)
    assert read_span("@@ x @@") is None
