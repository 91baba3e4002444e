"""What is believed of changes that nobody read, or knows to be done."""

import pytest

from fermata.domain.facts import UNCONFIRMED
from fermata.rules.signatures import diagnose

POOL = """
@@ config/database.yml @@
   adapter: postgresql
-  pool: 40
+  pool: 4
"""
POOL_ERROR = "ERROR QueuePool limit of size 4 reached, connection timed out order=#"


def test_change_that_nobody_read_takes_its_share_of_what_is_believed(incident):
    """Unread is not ruled out: what is tied less closely than usual is not named beside it."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c1", 9, POOL).release("d1", 6, "c1")
    alone = incident.judge()

    beside = incident.change("cfg-1", 4, kind="config", state="applied", environment="production").judge()

    assert (alone.guilty, beside.ranked[0].id) == ("c1", "c1")
    assert beside.ranked[0].blame < alone.ranked[0].blame
    unread = next(one for one in beside.ranked if one.id == "cfg-1")
    assert unread.blame > 0.01
    assert unread.why.startswith("Cannot be judged: what it changed was not read; in effect ")


def test_belief_is_that_of_the_first_ones_release(incident):
    """What one change of a release lacks its siblings may have; without any change there is nothing to believe."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    nobody = incident.judge()
    incident.change("c1", 9, POOL).change("c2", 9, POOL).release("d1", 6, "c1").release("d2", 6, "c2")

    both = incident.judge()

    assert nobody.belief == 0.0
    assert both.belief == sum(one.blame for one in both.ranked) > both.ranked[0].blame


def test_release_of_a_change_that_was_read_is_no_unread_one(incident):
    """What it did is known as far as anybody says."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c1", 9, POOL).release("d1", 6, "")

    judgement = incident.judge()

    release = next(one for one in judgement.ranked if one.id == "d1")
    assert release.why == "Ruled out: c1, which it carried, is judged by itself."
    assert release.blame == 0


def test_nothing_is_named_beside_an_unread_change_that_is_as_near(incident, monkeypatch):
    """A tie is no reason to pass over what nobody read; its diff settles it."""
    monkeypatch.setattr("fermata.rules.changes.judge._NEAR_UNREAD", 0.01)
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c1", 9, POOL).release("d1", 6, "c1")
    alone = incident.judge()

    beside = incident.change("cfg-1", 4, kind="config", state="applied", environment="production").judge()

    assert (alone.guilty, beside.guilty) == ("c1", None)
    assert beside.none_because == "cfg-1, which nobody read, may as well be the one as c1"
    assert "Get the diff of cfg-1." in beside.checks


def test_nobody_is_sent_for_the_diff_of_what_stands_for_another_change(incident):
    """The request that merged a commit is that commit, whose diff is here."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c1", 9, "@@ docs/notes.md @@\n+hello", sha="abcdef1")
    incident.change("pull-1", 8, kind="pull_request_merged", sha="abcdef1")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert not any("Get the diff" in check for check in judgement.checks)


def test_plan_that_nobody_is_known_to_have_applied_is_not_blamed(incident):
    """It says what would be done; whether it was is the first thing to find out."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("plan", 9, POOL, kind="terraform", state=UNCONFIRMED)

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.ranked[0].why == "Cannot be judged: it is a plan, and nothing says that it was applied."
    assert judgement.checks[0] == "Find out whether plan was applied, and when: only the plan of it is here."


def test_plan_that_may_have_been_applied_leaves_nobody_else_named(incident, monkeypatch):
    """It may as well be the one."""
    monkeypatch.setattr("fermata.rules.changes.judge._NEAR_UNREAD", 0.01)
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c1", 9, POOL).release("d1", 6, "c1")

    judgement = incident.change("plan", 4, POOL, kind="terraform", state=UNCONFIRMED).judge()

    assert judgement.none_because == "plan, which may not have been applied, may as well be the one as c1"


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        (
            {"kind": "release", "state": "success", "title": "Helm release"},
            (
                "First read what release shop.v7 (Helm release) changed, which nobody did; it was in effect 4m before "
                "the first sign. Then find out what holds the connections"
            ),
        ),
        (
            {"kind": "terraform", "state": UNCONFIRMED, "title": "Terraform plan"},
            "First find out whether terraform shop.v7 (Terraform plan) was applied. Then find out",
        ),
    ],
)
def test_what_nobody_read_is_looked_at_before_what_shows_is_mended(incident, facts, first):
    """Where it is likelier than not far from it: the full pool may be its doing."""
    incident.calm("shop").log("shop", (0, 40, POOL_ERROR)).change("shop.v7", 4, diff_read=False, **facts)

    (leader, *_) = diagnose(incident.build()).hypotheses

    assert leader.cause == "connection_pool_exhausted"
    assert leader.person_must.startswith(first)


def test_what_nobody_read_long_ago_is_not_looked_at_first(incident):
    """It is listed, and no more."""
    incident.calm("shop").log("shop", (0, 40, POOL_ERROR)).change("shop.v7", 4000, kind="release", diff_read=False)

    assert diagnose(incident.build()).hypotheses[0].person_must.startswith("Find out what holds the connections")


def test_step_back_is_not_the_commit_that_it_goes_to(incident):
    """That one ran before; what it takes back is what changed."""
    incident.change("early", 70, "+++ b/src/pay.py\n@@ -1,1 +1,1 @@\n-    return a\n+    return b").release(
        "dep-1", 60, "early"
    )
    incident.release("dep-2", 8, "early", title="Roll back shop", dropped=("late",))

    ranked = {one.id: one for one in incident.judge().ranked}

    assert not ranked["dep-2"].ruled_out
    assert ranked["dep-2"].unread
