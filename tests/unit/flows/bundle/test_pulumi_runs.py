"""What a run of Pulumi changed, by its details, or by name alone."""

import time

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.pulumi_runs import read_pulumi

BODY = """
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:prod::infra::pulumi:pulumi:Stack::infra-prod]
    ~ aws:ec2/securityGroup:SecurityGroup: (update)
        [id=sg-1]
        [urn=urn:pulumi:prod::infra::aws:ec2/securityGroup:SecurityGroup::orders-db]
      ~ ingress: [
          ~ [0]: {
                  ~ cidrBlocks: [
                      - [0]: "10.0.1.0/24"
                    ]
                    fromPort  : 5432
                }
        ]
    ~ aws:lambda/function:Function: (update)
        [id=checkout]
        [urn=urn:pulumi:prod::infra::aws:lambda/function:Function::checkout]
      ~ memorySize: 1024 => 256
      + layer     : "x"
Resources:
    ~ 2 updated
"""
DIFF = """\
@@ aws_security_group.orders-db @@
         [id=sg-1]
       ingress = [
           {
                   cidrBlocks = [
-                      "10.0.1.0/24"
                     ]
                     fromPort  : 5432
                 }
         ]
@@ aws_function.checkout @@
-      memorySize = 1024
+      memorySize = 256
+      layer = "x\""""
TABLE = """\
Updating (prod)

     Type                          Name        Status         Info
     pulumi:pulumi:Stack           infra-prod
 ~   ├─ aws:ecs:TaskDefinition     checkout    updated (2s)   [diff: ~containerDefinitions]
 +   └─ aws:ec2:SecurityGroup      orders-db   created (1s)

Resources:
    ~ 1 updated
"""


def test_update_is_written_as_a_diff():
    """One resource under one head."""
    change = read_pulumi(f"Previewing update (prod)\n{BODY}\nUpdating (prod)\n{BODY}", "a.txt", "a")

    assert [line for line in change.diff.split("\n") if "[id" not in line] == [
        line for line in DIFF.split("\n") if "[id" not in line
    ]
    assert (change.state, change.title) == (
        "applied",
        "Pulumi run a: aws_security_group.orders-db, aws_function.checkout",
    )


def test_preview_is_not_known_to_be_applied():
    """Somebody may have confirmed it elsewhere."""
    assert read_pulumi(f"Previewing update (prod)\n{BODY}", "a", "a").state == UNCONFIRMED


def test_update_has_the_values_of_the_preview_above_it():
    """As `pulumi up` asks before it goes on."""
    change = read_pulumi(f"Previewing update (prod)\n{BODY}\n{TABLE}", "a", "a")

    assert (change.state, change.note) == ("applied", "")
    assert "+      memorySize = 256" in change.diff


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (f"Updating (prod)\n{BODY.replace('Resources', f'error: denied{chr(10)}Resources')}", "partly applied"),
        (f"Updating (prod)\n{BODY.partition('Resources')[0]}error: denied\n", "failed"),
    ],
)  # fmt: skip
def test_error_ends_an_update(text, state):
    """What was done before it stays."""
    assert read_pulumi(text, "a", "a").state == state


def test_table_alone_is_unread(folder):
    """Which properties differ is no value."""
    folder.write("bundle.yaml", "version: 1\nwindow: {start: 2026-11-23T11:00:00Z, end: 2026-11-23T12:00:00Z}\n")
    folder.write("changes/up.txt", TABLE)

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["kind"], item.facts["diff_read"], item.facts["state"]) == ("pulumi", False, "applied")
    assert item.cut.startswith("it does not tell what it changes of aws_task_definition.checkout, aws_security_group")


@pytest.mark.parametrize("text", ["", BODY, "Updating (prod)\nResources:\n    15 unchanged\n"])
def test_other_text_is_no_run(text):
    """Nor is one that changed nothing."""
    assert read_pulumi(text, "a", "a") is None


def test_blank_lines_are_read_in_linear_time():
    """A log of CI may hold thousands."""
    started = time.process_time()

    change = read_pulumi(f"Updating (prod)\n{BODY}" + " \n" * 60_000, "a", "a")

    assert change.state == "applied"
    assert time.process_time() - started < 2
