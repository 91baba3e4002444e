"""A commit of Terraform's files and the run that applied it are one change, known by who wrote it."""

import pytest

from fermata.rules.changes.judge import judge_changes
from fermata.rules.changes.live import Rollouts

FAILING = "ERROR # killed: OutOfMemoryError, memory limit of 512 MiB"
COMMIT = """\
--- a/ecs/shop.tf
+++ b/ecs/shop.tf
@@ -12,7 +12,7 @@ resource "aws_ecs_task_definition" "shop" {
-    memory = {old}
+    memory = {new}
"""
RUN = "@@ module.eu.aws_ecs_task_definition.shop[0] @@\n-  memory = {old}\n+  memory = {new}\n"
OTHER = '@@ aws_eip.x @@\n-  name = "one"\n+  name = "two"\n'


def write(text, old, new):
    """Fill in what something was and is."""
    return text.replace("{old}", str(old)).replace("{new}", str(new))


LESS = write(COMMIT, 7680, 512)
DONE = write(RUN, 7680, 512)


@pytest.fixture
def incident(incident):
    """Give an incident of too little memory."""
    return incident.calm("shop").log("shop", (0, 40, FAILING))


def effect(incident, change_id="c1"):
    """Judge one change of an incident."""
    changes = incident.list_changes()
    return Rollouts(changes, began_at=incident.onset).judge(next(one for one in changes if one.id == change_id))


def rank(incident):
    """Give the changes of an incident by their ids."""
    return {one.id: one for one in judge_changes(incident.build()).ranked}


def test_commit_takes_effect_when_it_is_applied(incident):
    """It is named for both, with the time of the run."""
    incident.change("c1", 40, LESS, service="")
    incident.change("run", 3, DONE, kind="terraform", service="", state="applied")

    assert effect(incident).why == "applied with run, in effect 3m before the first sign"
    assert judge_changes(incident.build()).guilty == "c1"
    assert rank(incident)["run"].ruled_out == "c1, which it applied, is judged by itself"


def test_run_that_did_more_is_judged_beside_its_commit(incident):
    """Neither makes the other less sure."""
    incident.change("c1", 40, LESS, service="")
    incident.change("run", 3, DONE + OTHER, kind="terraform", service="", state="applied")

    judgement = judge_changes(incident.build())

    assert judgement.guilty in ("c1", "run")
    assert not judgement.is_shared
    assert not rank(incident)["run"].ruled_out


def test_run_without_a_time_is_later_than_its_commit(incident):
    """Nobody applies what is not written yet."""
    incident.change("c1", 40, LESS, service="")
    incident.change("run", 100, DONE, kind="terraform", service="", state="applied", is_dated=False)

    assert effect(incident).why == (
        "applied with run, at a time that it does not tell; written 40m before the first sign"
    )


def test_commit_that_was_applied_too_late_is_ruled_out(incident):
    """As its run is."""
    incident.change("c1", 40, LESS, service="")
    incident.change("run", -9, DONE, kind="terraform", service="", state="applied")

    assert (effect(incident).at, effect(incident).why) == (None, "applied with run: it came 9m after the first sign")


@pytest.mark.parametrize(
    ("diff", "run"),
    [
        (write(COMMIT, 512, 256), DONE),
        (write(COMMIT, 512, 7680), DONE),
        (LESS, write(RUN, 4, 2)),
    ],
)
def test_run_that_touched_the_block_and_not_the_value_missed_it(incident, diff, run):
    """Somebody ran Terraform there, and it did something else: it may not be applied at all."""
    incident.change("c1", 40, diff, service="")
    incident.change("run", 3, run, kind="terraform", service="", state="applied")

    assert effect(incident).why == ("written 40m before the first sign; no run of Terraform that is known applied it")
    assert not effect(incident).certain


@pytest.mark.parametrize(
    ("diff", "facts"),
    [
        (OTHER, {}),
        (DONE, {"changed_before": 50}),
        (DONE, {"diff_read": False}),
        (DONE, {"kind": "config"}),
    ],
)
def test_other_runs_say_nothing_or_come_before(incident, diff, facts):
    """Of another block, before it was written, that nobody read, or no run at all."""
    own = {"kind": "terraform", "service": "", "state": "applied", **facts}
    incident.change("c1", 40, LESS, service="").change("run", own.pop("changed_before", 3), diff, **own)

    assert "applied with" not in effect(incident).why


@pytest.mark.parametrize(
    ("old", "new", "is_told"), [("big-one", "small-one", True), ("4", "2", False), ("false", "true", False)]
)
def test_variable_is_known_by_its_value(incident, old, new, is_told):
    """It stands in no block; a short value and a switch are anybody's."""
    tfvars = f'+++ b/prod.tfvars\n@@ -1 +1 @@\n-size = "{old}"\n+size = "{new}"\n'
    incident.change("c1", 40, tfvars, service="")
    incident.change("run", 3, write(RUN, f'"{old}"', f'"{new}"'), kind="terraform", service="", state="applied")

    assert ("applied with run" in effect(incident).why) is is_told


def test_code_needs_no_run(incident):
    """Only what is all Terraform's configuration is applied by it."""
    incident.change("c1", 40, LESS + "+++ b/shop.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n", service="")
    incident.change("run", 3, DONE, kind="terraform", service="", state="applied")

    assert effect(incident).why == "written 40m before the first sign; no release of it is on record"
