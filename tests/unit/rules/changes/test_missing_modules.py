"""Modules that what runs cannot find, and who took their package away."""

import pytest

from fermata.rules.changes.missing_modules import judge_modules

NODE = "ERROR Error: Cannot find module 'compression' #"
MOVED = """
+++ b/package.json
@@ -10,8 +10,8 @@
   "dependencies": {
-    "compression": "^1.7.4",
     "express": "^4.19.2"
   },
   "devDependencies": {
+    "compression": "^1.7.4",
     "typescript": "^5.4.0"
   }
"""
APART = """
+++ b/package.json
@@ -10,3 +10,2 @@
-    "compression": "^1.7.4",
     "express": "^4.19.2",
@@ -60,2 +59,3 @@
+    "compression": "^1.7.4",
     "typescript": "^5.4.0"
"""
GONE = """
+++ b/package.json
@@ -10,3 +10,2 @@
-    "compression": "^1.7.4",
     "express": "^4.19.2"
"""
NEWER = """
+++ b/package.json
@@ -10,3 +10,3 @@
-    "compression": "^1.7.4",
+    "compression": "^1.8.0",
     "express": "^4.19.2"
"""
BACK = MOVED.replace("-    ", "?    ").replace("+    ", "-    ").replace("?    ", "+    ")
TO_TOOLS = """
+++ b/pyproject.toml
@@ -5,8 +5,8 @@
 dependencies = [
-    "PyYAML>=6",
     "flask",
 ]
 dev = [
+    "PyYAML>=6",
     "ruff",
 ]
"""
GROUPED = """
+++ b/Gemfile
@@ -5,8 +5,8 @@
-gem 'pg', '~> 1.5'
 gem 'rails'
 group :development, :test do
+  gem 'pg', '~> 1.5'
   gem 'rspec'
 end
"""
TAKEN = """
+++ b/requirements.txt
@@ -1,3 +1,2 @@
 flask==3.0
-requests==2.31.0
"""
SCOPED = GONE.replace("compression", "@acme/money")
DELETED = """
--- a/src/lib/discount.js
+++ /dev/null
@@ -1,2 +0,0 @@
-const money = require('./money');
-module.exports = { off: money(3) };
"""
ASKS = """
+++ b/src/app.js
@@ -1,2 +1,3 @@
 const express = require('express');
+const compression = require('compression');
"""
ASKS_AND_GIVES = (
    ASKS
    + """
+++ b/package.json
@@ -10,2 +10,3 @@
   "dependencies": {
+    "compression": "^1.7.4",
     "express": "^4.19.2"
"""
)
ASKED_BEFORE = """
+++ b/src/app.js
@@ -1,2 +1,2 @@
-const compression = require('compression');
+const compression = require('compression')();
"""
LOCKED = GONE.replace("package.json", "package-lock.json")
TOOLS_ONLY = GONE.replace('-    "compression"', '   "devDependencies": {\n-    "compression"')
SHARED = GONE + GONE.replace("+++ b/", "+++ b/api/").replace("-    ", "+    ")
GENERATED = "\n+++ b/package.json\n@@ -10,99 +10,2 @@\n" + '-    "compression": "^1.7.4",\n' * 61
BELOW = """
+++ b/package.json
@@ -10,4 +10,4 @@
-    "compression": "^1.7.4",
     "express": "^4.19.2",
     "zod": "^3.0.0",
+    "compression": "^1.7.4"
"""


@pytest.mark.parametrize(
    ("line", "diff", "said"),
    [
        (NODE, MOVED, "it moved compression to devDependencies"),
        (NODE.replace("module 'compression'", "package 'compression' imported from /app/a.mjs"), APART, "package.json"),
        (NODE, GONE, "it no longer puts compression in"),
        (NODE, SHARED.replace("api/package.json", "api/setup.txt"), "it no longer puts compression in"),
        ("ERROR ModuleNotFoundError: No module named 'yaml' #", TO_TOOLS, "it moved yaml to dev"),
        ("ERROR cannot load such file -- pg #", GROUPED, "it moved pg to group :development, :test"),
        ("ERROR Could not find pg-1.5.6 in locally installed gems #", GROUPED, "it moved pg to group"),
        ("ERROR No module named 'requests' #", TAKEN, "it no longer puts requests in"),
        ("ERROR Cannot find module '@acme/money/vat' #", SCOPED, "it no longer puts @acme/money/vat in"),
        ("ERROR Error: Cannot find module '../lib/discount' #", DELETED, "it took the file of ../lib/discount"),
        ("ERROR Error: Cannot find module '/app/src/lib/discount.js' #", DELETED, "it took the file of"),
        ("ERROR No module named 'lib.discount' #", DELETED.replace(".js", ".py"), "it took the file of lib.discount"),
        (NODE, ASKS, "it asks for compression"),
    ],
)
def test_change_that_takes_the_package_of_a_missed_module_is_tied_to_it(incident, line, diff, said):
    """What runs says which name it misses, and the change is the one that no longer installs it."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff).release("dep-1", 6, "c0ffee1")

    (sign,) = (sign for change in incident.list_changes() for sign in judge_modules(change, incident.read()))

    assert said in sign.text
    assert sign.text.endswith("which what runs cannot find") or sign.text.endswith("and what runs cannot find it")
    assert sign.line is not None


def test_commit_that_moved_a_package_to_the_tools_is_named(incident):
    """All lines of it come back, as if nothing had happened; in production the package is gone."""
    incident.calm("shop").log("shop", (-3, 40, NODE))
    incident.change("c0ffee1", 12, MOVED).release("dep-1", 6, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"
    assert "it moved compression to devDependencies" in judgement.claim.text


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        (NODE, NEWER),
        (NODE, BACK),
        (NODE, BELOW),
        (NODE, GENERATED),
        (NODE, LOCKED),
        (NODE, TOOLS_ONLY),
        (NODE, SHARED),
        (NODE, ASKS_AND_GIVES),
        (NODE, ASKED_BEFORE),
        (NODE.replace("compression", "express"), MOVED),
        (NODE.replace("compression", "./compression"), GONE),
        (NODE.replace("compression", "discount"), DELETED),
        ("ERROR compression failed #", GONE),
        ("Found no use: Cannot find module 'compression', skipped #", GONE),
    ],
    ids=[
        "another version", "moved to production", "another line of one list", "generated", "a lock only",
        "a tool before", "given elsewhere", "asked for and given", "asked for before", "another module",
        "a file of that name", "a package that is called as a file", "no module", "always said",
    ],
)  # fmt: skip
def test_change_that_takes_nothing_from_production_has_no_such_sign(incident, line, diff):
    """A package that is still installed, or never was, is not what is missed; nor is what was always said."""
    offset = -90 if "skipped" in line else -3
    incident.calm("shop").log("shop", (offset, 260 if offset == -90 else 40, line))
    incident.change("c0ffee1", 12, diff)

    assert [sign for change in incident.list_changes() for sign in judge_modules(change, incident.read())] == []
