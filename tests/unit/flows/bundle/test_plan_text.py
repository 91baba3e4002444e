"""What Terraform prints of a plan is the diff of the resources it changes; what stays is none."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.plan_text import is_plan, write_plan

PLAN = """\
Terraform will perform the following actions:

  \x1b[1m# module.data.aws_security_group.rds\x1b[0m will be updated in-place
  ~ resource "aws_security_group" "rds" {
        id              = "sg-1"
      ~ security_groups = [
          - "sg-2",
        ]
      + cidr_blocks     = ["10.20.0.0/20"]
        # (5 unchanged attributes hidden)
    }

  # aws_instance.web must be replaced
-/+ resource "aws_instance" "web" {
      ~ ami  = "ami-1" -> "ami-2" # forces replacement
      - key  = "old" -> null
      ~ tags = {
          ~ "team" = "web" -> "shop"
        }
      ~ ports = [
          ~ 80 -> 8080,
        ]
    }

Plan: 1 to add, 1 to change, 1 to destroy.
"""
DIFF = """\
@@ module.data.aws_security_group.rds @@
         id              = "sg-1"
         security_groups = [
-            "sg-2",
         ]
+        cidr_blocks     = ["10.20.0.0/20"]
@@ aws_instance.web @@
-        ami  = "ami-1"
+        ami  = "ami-2"
-        key  = "old"
         tags = {
-            "team" = "web"
+            "team" = "shop"
         }
         ports = [
-            80
+            8080,
         ]"""
RECORD = {"id": "tf-5", "kind": "terraform", "time": "2026-11-23T11:30:00Z", "actor": "ada", "title": "Open it"}


def test_plan_is_written_as_a_diff():
    """Under each resource what it was and what it becomes; colours, notes and what is hidden are left out."""
    assert is_plan(PLAN)
    assert write_plan(PLAN) == DIFF


@pytest.mark.parametrize("text", ["", "+ one\n", "# x will be created\n", 'resource "a" "b" {\n}\n'])
def test_other_text_is_no_plan(text):
    """A head without its block, a block without its head, and what is neither."""
    assert not is_plan(text)


def test_what_changed_outside_or_is_only_read_is_no_change_of_a_plan():
    """Terraform shows both above what it will do."""
    outside = '  # a.c has changed\n  ~ resource "a" "c" {\n      ~ size = 1 -> 2\n    }\n'
    read = '  # data.a.d will be read during apply\n <= data "a" "d" {\n      + id = (known after apply)\n    }\n'

    assert not is_plan(outside + read)
    assert write_plan(outside + read + PLAN) == DIFF


def test_plan_that_changes_no_value_is_empty():
    """A resource that is only moved."""
    text = (
        '  # a.b has moved to a.c\n  # a.c will be updated in-place\n  ~ resource "a" "c" {\n        id = "1"\n    }\n'
    )

    assert write_plan(text) == ""


@pytest.mark.parametrize("name", ["changes/tf-5.diff", "changes/apply.txt", "terraform/apply.txt"])
def test_plan_of_a_file_is_the_diff_of_its_run(folder, name):
    """Named like the record, or the only plan and the only run."""
    folder.write("changes/tf.json", RECORD)
    folder.write(name, PLAN)

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["diff_read"]) == ("tf-5", True)
    assert [line.text for line in item.lines][-len(DIFF.splitlines()) :] == DIFF.splitlines()


def test_plan_of_a_record_is_its_diff(folder):
    """As whoever writes the record pastes it."""
    folder.write("changes/tf.json", RECORD | {"diff": PLAN})

    item = folder.get_only(EvidenceKind.CHANGE)

    assert item.facts["diff_read"]
    assert item.lines[-1].text == DIFF.splitlines()[-1]


def test_plan_of_no_one_run_is_a_change_of_its_own(folder):
    """Of two runs nobody says which planned it."""
    folder.write("changes/tf.json", [RECORD, RECORD | {"id": "tf-6"}])
    folder.write("terraform/apply.txt", f"{PLAN}\nApply complete! Resources: 1 added, 1 changed, 1 destroyed.\n")
    folder.write("terraform/plan.txt", PLAN)

    own = [item.facts for item in folder.list_evidence(EvidenceKind.CHANGE) if item.facts["diff_read"]]

    assert [(facts["id"], facts["kind"], facts["state"]) for facts in own] == [
        ("apply", "terraform", "applied"),
        ("plan", "terraform", ""),
    ]


def test_plan_that_changes_nothing_is_named(folder):
    """It was read, and there is nothing in it to weigh."""
    folder.write("logs/a.log", "x\n")
    folder.write("terraform/a.txt", '  # a.c will be updated in-place\n  ~ resource "a" "c" {\n    }\n')

    assert folder.read().warnings == ("terraform/a.txt: it is a plan that changes nothing",)


def test_diff_in_no_known_form_counts_as_unread(folder):
    """A change that nobody read is not innocent."""
    folder.write("changes/a.json", RECORD | {"diff": "size goes from large to small"})

    bundle = folder.read()

    assert bundle.warnings == ("changes/a.json: change tf-5: its diff is in no form that is read",)
    assert [item.facts["diff_read"] for item in bundle.evidence] == [False]
