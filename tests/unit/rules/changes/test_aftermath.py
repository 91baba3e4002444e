"""What was taken back during an incident, and whether that helped."""

import pytest

from fermata.rules.changes.aftermath import find_undoing
from fermata.rules.changes.live import Rollouts

CODE = "+++ b/src/pay.py\n@@ -1,1 +1,1 @@\n-    return a\n+    return b"


@pytest.fixture
def undo(incident):
    """Give a function that finds what undid a change of the incident."""

    def run(change_id):
        changes, symptoms = incident.list_changes(), incident.read()
        rollouts = Rollouts(changes, began_at=symptoms.began_at)
        return find_undoing(next(one for one in changes if one.id == change_id), changes, rollouts, symptoms)

    return run


def test_flag_that_was_turned_again_was_taken_back(incident, undo):
    """The same flag later on, by its name."""
    incident.change("F-1", 5, kind="flag", ref="x", state="off->on")
    incident.change("F-2", -5, kind="flag", ref="y", state="off->on")
    incident.change("F-3", -10, kind="flag", ref="x", state="on->off")

    assert undo("F-1").by == "F-3"
    assert undo("F-1").helped is None


def test_release_that_was_rolled_back_takes_its_commits_back(incident, undo):
    """What the running release had brought goes with it; what an earlier one had brought stays."""
    incident.change("older12", 300, CODE).release("dep-0", 200, "older12")
    incident.change("abcdef1", 100, CODE).release("dep-1", 20, "abcdef1")
    incident.release("dep-2", -15, "0000000", title="Roll back shop")

    assert undo("abcdef1").by == "dep-2"
    assert undo("dep-1").by == "dep-2"
    assert undo("older12") is None


def test_setting_is_taken_back_by_a_revert_of_its_service_or_file(incident, undo):
    """A later change of another kind, or without such a title, undoes nothing."""
    incident.change("cfg-1", 5, CODE, kind="config")
    incident.change("cfg-2", -3, CODE, kind="config", title="Tune it")
    incident.change("F-1", -4, kind="flag", ref="z", state="a->b", title="Revert")
    incident.change("cfg-3", -5, CODE, kind="config", title="Revert the setting", service="mail")

    assert undo("cfg-1").by == "cfg-3"


def test_revert_that_is_only_planned_takes_nothing_back(incident, undo):
    """It has to take effect."""
    incident.change("tf-1", 5, CODE, kind="terraform", state="applied")
    incident.change("tf-2", -5, CODE, kind="terraform", state="planned", title="Revert tf-1")

    assert undo("tf-1") is None


@pytest.mark.parametrize(("until", "helped"), [(99, False), (8, True)])
def test_metrics_say_whether_it_helped(incident, undo, until, helped):
    """Back to normal minutes later, or as bad as before."""
    incident.log("shop", (-1, 30, "ERROR boom"))
    incident.metric("shop", "error_rate", 0.1, 30, until=until).metric("mail", "error_rate", 0.1, 0.1)
    incident.metric("shop", "cpu_percent", 10, 90)
    incident.change("F-1", 2, kind="flag", ref="x", state="off->on")
    incident.change("F-3", -5, kind="flag", ref="x", state="on->off")

    assert undo("F-1").helped is helped


def test_metrics_that_do_not_agree_say_nothing(incident, undo):
    """One of two came back: that may have other reasons."""
    incident.metric("shop", "error_rate", 0.1, 30, until=8).metric("shop", "latency_p95_ms", 50, 900)
    incident.change("F-1", 2, kind="flag", ref="x", state="off->on")
    incident.change("F-3", -5, kind="flag", ref="x", state="on->off")

    assert undo("F-1").helped is None


def test_metrics_that_end_too_early_say_nothing(incident, undo):
    """Five minutes are no time for a queue to drain."""
    incident.metric("shop", "error_rate", 0.1, 30)
    incident.change("F-1", 2, kind="flag", ref="x", state="off->on")
    incident.change("F-3", -25, kind="flag", ref="x", state="on->off")

    assert undo("F-1").helped is None


@pytest.mark.parametrize(
    ("state", "ref", "service", "is_back"),
    [
        ("4->40", "pool", "shop", True),
        ("20 -> 40", "pool", "", True),
        ("4->20", "pool", "shop", False),
        ("40", "pool", "shop", False),
        ("4->40", "queue", "shop", False),
        ("4->40", "pool", "mail", False),
    ],
)
def test_setting_that_went_back_to_what_it_was_was_taken_back(incident, undo, state, ref, service, is_back):
    """Whatever that is called: the values say it, of the same setting of the same service."""
    incident.change("k1", 2, kind="config", ref="pool", state="40->4")
    incident.change("k2", -20, kind="config", ref=ref, state=state, service=service)

    assert (undo("k1") is not None) is is_back


def test_flag_that_went_further_was_not_taken_back(incident, undo):
    """From a quarter of the callers to all of them is the other way."""
    incident.change("F-1", 5, kind="flag", ref="x", state="0%->25%")
    incident.change("F-2", -5, kind="flag", ref="x", state="25%->100%")
    incident.change("F-3", -9, kind="flag", ref="x", state="100%->0%")

    assert undo("F-1").by == "F-3"


def test_name_of_a_setting_says_nothing_of_taking_back(incident, undo):
    """What is called `restore.limit` restores no setting."""
    incident.change("k1", 2, kind="config", ref="pool", state="40->4")
    incident.change("k2", -5, kind="config", ref="restore.limit", title="restore.limit", state="1->2")

    assert undo("k1") is None


@pytest.mark.parametrize(("sha", "is_back"), [("bbbbbb2", True), ("cccccc3", False)])
def test_release_of_a_commit_that_turns_the_lines_around_takes_them_back(incident, undo, sha, is_back):
    """No title says so; the lines do."""
    incident.change("aaaaaa1", 100, CODE).release("dep-1", 20, "aaaaaa1")
    incident.change("bbbbbb2", -4, "+++ b/src/pay.py\n@@ -1,1 +1,1 @@\n-    return b\n+    return a")
    incident.change("cccccc3", -5, "+++ b/src/pay.py\n@@ -1,1 +1,1 @@\n-    return b\n+    return c")
    incident.release("dep-2", -9, sha)

    assert (undo("aaaaaa1") is not None) is is_back


@pytest.mark.parametrize(
    ("count", "calm", "helped"),
    [(33, 435, True), (80, 435, False), (33, 385, None), (3, 435, None)],
    ids=["it ended", "it went on", "the log ended too", "it had ended before"],
)
def test_logs_say_whether_it_helped(incident, undo, count, calm, helped):
    """What failed until then, and no longer, in a log that goes on."""
    incident.log("shop", (-115, calm, "INFO GET /items/# 200"), (-1, count, "ERROR boom"))
    incident.change("k1", 2, kind="config", ref="pool", state="40->4")
    incident.change("k2", -10, kind="config", ref="pool", state="4->40")

    assert undo("k1").helped is helped


def test_warnings_and_other_services_do_not_say_whether_it_helped(incident, undo):
    """Only what fails is looked at."""
    incident.calm("shop").log("shop", (-1, 80, "ERROR boom"))
    incident.calm("mail").log("mail", (-1, 33, "WARN slow relay"))
    incident.change("k1", 2, kind="config", ref="pool", state="40->4")
    incident.change("k2", -10, kind="config", ref="pool", state="4->40")

    assert undo("k1") is not None
