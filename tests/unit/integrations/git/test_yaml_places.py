"""Hunks of YAML files say where they stand: whose setting it is."""

import time

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
    diff = "+++ b/compose.yaml\n@@ -1 +1 @@ x\n@@ -5 +5 @@\n@@ -6 +6 @@\n@@ -90 +90 @@ x"

    assert add_places(diff, {"compose.yaml": COMPOSE}).split("\n")[1:] == [
        *("@@ -1 +1 @@ x", "@@ -5 +5 @@ services: api: environment:", "@@ -6 +6 @@ services:", "@@ -90 +90 @@ x"),
    ]


def test_file_that_is_gone_keeps_its_headings():
    """There is nothing to look it up in."""
    assert add_places(DIFF, {}) == DIFF
    assert add_places(DIFF, {"compose.yaml": ""}) == DIFF


def test_file_that_was_changed_all_over_is_read_once():
    """Manifests that were rendered anew: read again for each of these hunks, it would take a minute."""
    text = "services:\n" + "".join(f"  s{number}:\n    image: a\n" for number in range(25_000))
    diff = "+++ b/all.yaml\n" + "".join(f"@@ -{line} +{line} @@\n-x\n+y\n" for line in range(9, 50_000, 8))

    started = time.process_time()
    lines = add_places(diff, {"all.yaml": text}).split("\n")

    assert lines[-4] == "@@ -49993 +49993 @@ services: s24995:"
    assert time.process_time() - started < 5
