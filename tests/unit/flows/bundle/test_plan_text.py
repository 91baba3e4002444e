"""What Terraform prints of a plan is the diff of the resources it changes; what stays is none."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.plan_text import is_plan, read_run, write_plan

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
ERROR = """\
\u2577
\u2502 Error: creating it: denied
\u2502
\u2575
"""
RECORD = {"id": "tf-5", "kind": "terraform", "time": "2026-11-23T11:30:00Z", "actor": "ada", "title": "Open it"}


def test_plan_is_written_as_a_diff():
    """Under each resource what it was and what it becomes; colours, notes and what is hidden are left out."""
    assert is_plan(PLAN)
    assert write_plan(PLAN) == DIFF


@pytest.mark.parametrize("text", ["", "+ one\n", "# x will be created\n", 'resource "a" "b" {\n}\n'])
def test_other_text_is_no_plan(text):
    """A head without its block, a block without its head, and what is neither."""
    assert not is_plan(text)


@pytest.mark.parametrize("words", ["has changed", "has been changed", "has been deleted"])
def test_what_changed_outside_is_told_by_any_version(words):
    """Terraform 0.15.4 to 1.1 said `has been changed`; it is no change of the run."""
    run = read_run(f'  # a.c {words}\n  ~ resource "a" "c" {{\n      ~ size = 1 -> 2\n    }}\n{PLAN}')

    assert (run.diff, run.drift) == (DIFF, "@@ a.c @@\n-        size = 1\n+        size = 2")


def test_what_changed_outside_or_is_only_read_is_no_change_of_a_plan():
    """Terraform shows both above what it will do; what changed outside is told apart from it."""
    outside = '  # a.c has changed\n  ~ resource "a" "c" {\n      ~ size = 1 -> 2\n    }\n'
    read = '  # data.a.d will be read during apply\n <= data "a" "d" {\n      + id = (known after apply)\n    }\n'

    run = read_run(outside + read + PLAN)

    assert not is_plan(read)
    assert (run.diff, run.state) == (DIFF, UNCONFIRMED)
    assert run.drift == "@@ a.c @@\n-        size = 1\n+        size = 2"


@pytest.mark.parametrize(
    ("ends", "state", "heads"),
    [
        ("", UNCONFIRMED, 2),
        ("Note: You didn't use the -out option to save this plan, so Terraform can't\n", UNCONFIRMED, 2),
        ("Apply complete! Resources: 1 added, 1 changed, 1 destroyed.\n", "applied", 2),
        ("\nApply cancelled.\n", "cancelled", 2),
        ("aws_instance.web: Destroying... [id=i-1]\n", UNCONFIRMED, 2),
        ("\nApply cancelled.\n\nApply complete! Resources: 1\n", "applied", 2),
        (f"aws_instance.web: Destruction complete after 1s\nApply complete!\n{ERROR}", "partly applied", 1),
        (f"aws_instance.web: Destruction complete after 1s\n{ERROR}", "partly applied", 1),
        ("aws_instance.web (deposed object 1a2b3c4d): Destruction complete after 1s\n", "partly applied", 1),
        (ERROR, "failed", 0),
    ],
)
def test_run_has_done_what_its_progress_tells(ends, state, heads):
    """A plan is what would be done; Terraform does not take back what it completed before an error."""
    run = read_run(PLAN + ends)

    assert (run.state, sum(line.startswith("@@ ") for line in run.diff.splitlines())) == (state, heads)
    assert run.error == ("creating it: denied" if ERROR in ends else "")


def test_partly_applied_run_is_in_effect_though_its_record_calls_it_failed(folder):
    """What was completed counts, and nothing else of it."""
    folder.write("changes/tf.json", RECORD | {"state": "failed"})
    folder.write("terraform/apply.txt", f"{PLAN}aws_instance.web: Destruction complete after 1s\n{ERROR}")

    item = folder.get_only(EvidenceKind.CHANGE)

    assert item.facts["state"] == "partly applied"
    assert "@@ aws_instance.web @@" in [line.text for line in item.lines]
    assert "@@ module.data.aws_security_group.rds @@" not in [line.text for line in item.lines]


def test_run_that_is_a_records_diff_tells_how_far_it_came(folder):
    """As whoever writes the record pastes it, with its error."""
    folder.write(
        "changes/tf.json",
        RECORD | {"state": "failed", "diff": f"{PLAN}\naws_instance.web: Modifications complete after 1s\n{ERROR}"},
    )

    assert folder.get_only(EvidenceKind.CHANGE).facts["state"] == "partly applied"


def test_run_that_an_error_ended_is_kept(folder):
    """Its error is in none of its changes, and says what people look for."""
    folder.write("terraform/apply.txt", ERROR)

    bundle = folder.read()

    assert bundle.warnings == (
        "terraform/apply.txt: nothing is known to be applied by this run, which ended with: creating it: denied",
    )
    assert [item.title for item in bundle.evidence] == ["terraform/apply.txt: a run that an error ended"]


def test_what_changed_outside_is_a_change_of_its_own(folder):
    """Whoever did it, it is in effect; what would set it back is not."""
    outside = '  # a.c has changed\n  ~ resource "a" "c" {\n      ~ size = 1 -> 2\n    }\n'
    folder.write("logs/a.log", "2026-11-23T11:30:00Z x\n")
    folder.write("bundle.yaml", "version: 1\nwindow: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:00:00Z}\n")
    folder.write("terraform/plan.txt", outside)

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["title"]) == ("plan-drift", "Changed outside of Terraform, found by plan")


def test_diff_that_quotes_an_error_is_no_run(folder):
    """Code may print such words."""
    folder.write("changes/a.diff", "--- a/x.sh\n+++ b/x.sh\n@@ -1 +1 @@\n-Error: a\n+Error: b\n")
    folder.write("bundle.yaml", "version: 1\nwindow: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:00:00Z}\n")

    assert folder.get_only(EvidenceKind.CHANGE).facts["kind"] == "commit"


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
        ("plan", "terraform", UNCONFIRMED),
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


def stamp(text, before):
    """Give a text as a CI keeps it: each line behind a time, a second apart."""
    return "\n".join(before.format(number) + line for number, line in enumerate(text.split("\n")))


@pytest.mark.parametrize(
    "before",
    [
        "2026-11-23T11:40:{:02}.1234567Z ",
        "apply\tTerraform Apply\t2026-11-23T11:40:{:02}.1234567Z ",
        "2026-11-23T11:40:{:02}.123456Z 01O ",
        "[2026-11-23T11:40:{:02}.123Z] ",
    ],
)
def test_run_in_a_log_of_ci_is_read_with_its_time(folder, before):
    """What the CI writes before each line is no part of the run, and tells when the last step was taken."""
    done = "aws_instance.web: Creation complete after 1s [id=i-1]\nApply complete! Resources: 1 added.\n\nOutputs:\n"
    folder.write("terraform/apply.log", stamp(PLAN + done, before))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert read_run(stamp(PLAN + done, before)).diff == DIFF
    assert (item.facts["state"], item.facts["changed_at"][:19]) == ("applied", "2026-11-23T11:40:25")
    assert item.facts["title"] == "Terraform run apply: module.data.aws_security_group.rds, aws_instance.web"


def test_plan_in_a_log_of_ci_was_made_when_it_says(folder):
    """It cannot have been applied before; without an end of it nobody knows whether it was."""
    folder.write("terraform/plan.txt", stamp(PLAN, "2026-11-23T11:40:{:02}.1234567Z "))

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["state"], item.facts["changed_at"][:19]) == (UNCONFIRMED, "2026-11-23T11:40:24")


def test_time_in_some_lines_is_the_programs_own():
    """A program that writes times itself is left as it is."""
    assert read_run(f"2026-11-23T11:40:00Z Initializing\n{PLAN}").at is None
    assert read_run("").at is None


def test_plan_in_a_comment_of_atlantis_is_the_same_plan():
    """It puts the marks first for the colours of a forge, and writes another one for a change in place."""
    put_first = (
        '```diff\n  # a.b will be updated in-place\n!   resource "a" "b" {\n!       size = 1 -> 2\n+       tier = "x"\n'
        "    }\n```\n"
    )

    assert is_plan(put_first)
    assert write_plan(put_first) == '@@ a.b @@\n-        size = 1\n+        size = 2\n+        tier = "x"'


def test_value_that_is_known_after_the_apply_is_not_gone():
    """What stands within is what it was; only that it will be told anew is known."""
    text = (
        '  # a.b will be updated in-place\n  ~ resource "a" "b" {\n      ~ size   = 1 -> 2\n      ~ output = {\n'
        '          - url  = "x"\n          - ports = [\n              - 80,\n            ]\n'
        '        } -> (known after apply)\n      - gone   = {\n          - url = "y"\n        } -> null\n    }\n'
    )

    diff = write_plan(text)

    assert "-        size   = 1" in diff
    assert "         output = (known after apply)" in diff
    assert '"x"' not in diff
    assert '-            url = "y"' in diff


APPLIED = "aws_instance.web: Creation complete after 1s [id=i-1]\nApply complete! Resources: 1 added.\n"


def test_run_of_a_saved_plan_does_what_that_plan_says(folder):
    """It does not print it again: the only plan that tells of all that was completed is the one."""
    folder.write("terraform/plan.txt", PLAN)
    folder.write("terraform/other.txt", PLAN.replace("aws_instance", "aws_lb"))
    folder.write("terraform/apply.txt", stamp(APPLIED, "2026-11-23T11:40:{:02}.1234567Z "))

    changes = {item.facts["id"]: item for item in folder.list_evidence(EvidenceKind.CHANGE)}

    assert sorted(changes) == ["apply", "other"]
    assert changes["apply"].facts["diff_read"]
    assert changes["apply"].facts["changed_at"][:19] == "2026-11-23T11:40:00"
    assert "@@ module.data.aws_security_group.rds @@" in [line.text for line in changes["apply"].lines]


def test_run_of_a_saved_plan_that_an_error_ended_did_a_part_of_it(folder):
    """What it told to be complete."""
    folder.write("terraform/plan.txt", PLAN)
    folder.write("terraform/apply.txt", f"aws_instance.web: Creation complete after 1s\n{ERROR}")

    (item,) = folder.list_evidence(EvidenceKind.CHANGE)

    assert item.facts["state"] == "partly applied"
    assert "@@ aws_instance.web @@" in [line.text for line in item.lines]
    assert "@@ module.data.aws_security_group.rds @@" not in [line.text for line in item.lines]


@pytest.mark.parametrize("plans", [(), ("a", "b")])
def test_run_of_a_plan_that_nobody_can_tell_is_unread(folder, plans):
    """Without its plan, or with two that would fit, it happened, and what it changed is not known."""
    for name in plans:
        folder.write(f"terraform/{name}.txt", PLAN)
    folder.write("terraform/apply.txt", APPLIED)

    (item,) = (item for item in folder.list_evidence(EvidenceKind.CHANGE) if item.facts["id"] == "apply")

    assert (item.facts["state"], item.facts["diff_read"]) == ("applied", False)
    assert "it does not tell what it changes of aws_instance.web" in item.cut
