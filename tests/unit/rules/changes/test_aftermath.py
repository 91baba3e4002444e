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
