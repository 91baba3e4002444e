"""Which block a line stands in, by its address, the head of its block, or the service above it."""

import pytest

from fermata.rules.changes.blocks import list_heads, name_block
from fermata.rules.changes.diffs import parse_diff

HCL = """\
--- a/shop/main.tf
+++ b/shop/main.tf
@@ -1,9 +1,9 @@ resource "aws_instance" "web" {
-  memory = 7680
+  memory = 512
 }

 module "cart" {
-  size = 4
+  size = 2
 }
+locals {
+  size = 1
+}
"""
COMPOSE = """\
+++ b/docker-compose.yml
@@ -1,9 +1,9 @@
 services:
   cart:
     image: cart:1
   api:
     deploy:
-      mem_limit: 512m
+      mem_limit: 256m
"""
VALUES = """\
+++ b/charts/shop/values.yaml
@@ -4,5 +4,5 @@ checkout:
   resources:
-    memory: 512Mi
+    memory: 256Mi
 cart:
   x: 1
"""
STATE = "@@ module.a.aws_instance.web[0] @@\n-  memory = 1\n+  memory = 2\n"
CODE = "+++ b/a.py\n@@ -1 +1 @@ def f():\n-    memory = 1\n+    memory = 2\n"


@pytest.mark.parametrize(
    ("text", "part", "block"),
    [
        (HCL, "memory = 512", "aws_instance.web"),
        (HCL, "size = 2", "module.cart"),
        (HCL, "size = 1", ""),
        (COMPOSE, "256m", "api"),
        (COMPOSE.replace(" services:\n", "").replace("@@ -1,9 +1,9 @@", "@@ -1,9 +1,9 @@ services:"), "256m", "api"),
        (VALUES, "256Mi", "checkout"),
        (VALUES.replace(" x: 1", "+x: 1"), "x: 1", "cart"),
        (STATE, "= 2", "module.a.aws_instance.web[0]"),
        (CODE, "= 2", ""),
    ],
)
def test_block_is_named(as_lines, text, part, block):
    """What stands at another place is of another block."""
    (hunk,) = parse_diff(as_lines(text)).hunks
    line = next(one for one in hunk.lines if part in one.text)

    assert name_block(hunk, line) == block


def test_blocks_of_a_hunk_are_those_it_changes(as_lines):
    """And of a plan the resource with the modules it lies in."""
    own, planned = (parse_diff(as_lines(text)).hunks[0] for text in (HCL, STATE))

    assert list_heads(own) == {"aws_instance.web", "module.cart"}
    assert list_heads(planned) == {"aws_instance.web", "module.a"}


def test_claim_says_which_block(incident):
    """An amount of memory alone may be anybody's."""
    incident.calm("shop").log("shop", (0, 40, "ERROR # killed: OutOfMemoryError, memory limit of 512 MiB"))
    incident.change(
        "run", 3, "@@ aws_ecs_task_definition.shop @@\n-  memory = 7680\n+  memory = 512\n", kind="terraform"
    )

    assert "memory 7680 -> 512 (aws_ecs_task_definition.shop)" in incident.judge().claim.text


def test_claim_says_from_what_to_what(incident):
    """Of a setting whose row has no number of its own."""
    incident.calm("shop").log("shop", (0, 40, "ERROR # slow query: canceling statement due to statement timeout"))
    diff = '@@ aws_db_instance.shop @@\n-  instance_class = "db.m5.large"\n+  instance_class = "db.t3.small"\n'
    incident.change("run", 3, diff, kind="terraform")

    told = 'a smaller machine: instance_class "db.m5.large" -> "db.t3.small" (aws_db_instance.shop)'
    assert told in incident.judge().claim.text
