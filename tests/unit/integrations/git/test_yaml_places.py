"""Hunks of YAML files say where they stand: whose setting it is."""

from fermata.integrations.git.yaml_places import add_places

COMPOSE = """services:
  api:
    image: api
    environment:
      DEPTH: "1"

  cache:
    image: base
    command:
      - "--port"
      - "6380"
"""
DIFF = """diff --git a/compose.yaml b/compose.yaml
--- a/compose.yaml
+++ b/compose.yaml
@@ -8,4 +8,4 @@ services:
     image: base
     command:
       - "--port"
-      - "6379"
+      - "6380"
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -8,1 +8,1 @@ def main():
-old
+new"""


def test_hunk_of_a_compose_file_names_its_service():
    """Three lines of context seldom reach up to it."""
    lines = add_places(DIFF, {"compose.yaml": COMPOSE}).split("\n")

    assert lines[3] == "@@ -8,4 +8,4 @@ services: cache:"
    assert lines[12] == "@@ -8,1 +8,1 @@ def main():"
    assert len(lines) == len(DIFF.split("\n"))


def test_keys_above_are_named_from_the_outermost_on():
    """A blank line stands below what the next one with text stands below."""
    diff = "+++ b/compose.yaml\n@@ -5 +5 @@\n@@ -6 +6 @@\n@@ -1 +1 @@ x\n@@ -90 +90 @@ x"

    assert add_places(diff, {"compose.yaml": COMPOSE}).split("\n")[1:] == [
        *("@@ -5 +5 @@ services: api: environment:", "@@ -6 +6 @@ services:", "@@ -1 +1 @@ x", "@@ -90 +90 @@ x"),
    ]


def test_file_that_is_gone_keeps_its_headings():
    """There is nothing to look it up in."""
    assert add_places(DIFF, {}) == DIFF
    assert add_places(DIFF, {"compose.yaml": ""}) == DIFF
