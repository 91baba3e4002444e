"""What the form of a change says: one that is told twice, one that is called something, one that lasts longer."""

import pytest


def test_migration_and_the_commit_that_wrote_it_are_one_suspect(incident):
    """Both are taken back together, and neither makes the other less sure."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR canceling statement, lock wait timeout on booking #"))
    diff = (
        "+++ b/migrations/0151_daily_total.sql\n@@ -1,0 +1,1 @@\n+ALTER TABLE booking ADD CONSTRAINT c CHECK (n > 0);"
    )
    incident.change("aaaaaa1", 300, diff)
    incident.change("m-1", 4, diff, kind="migration", title="0151_daily_total applied", environment="production")

    judgement = incident.judge()

    assert judgement.belief == pytest.approx(sum(one.blame for one in judgement.ranked))
    assert not judgement.is_shared


@pytest.mark.parametrize(("ref", "kind"), [("dark_theme", "flag"), ("layout", "config")])
def test_name_of_a_flag_counts_half_of_the_same_name_of_a_setting(incident, ref, kind):
    """A flag is called as somebody likes."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR NullPointerException in basket #"))
    incident.change("F-1", 4, kind=kind, ref=ref, state="ham1->all", environment="production")

    points = [sign.points for one in incident.judge().ranked for sign in one.signs if sign.name == "kind"]

    assert (points[0] > 0.75) is (kind == "config")


def test_longer_life_explains_nothing_before_the_old_one_is_over(incident):
    """What is kept is as old as it would have been."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR redis OOM command not allowed, used_memory at its maximum #"))
    incident.change("aaaaaa1", 30, "+++ b/app/store.rb\n@@ -1,1 +1,1 @@\n-  TTL = 14.days\n+  TTL = 30.days")

    assert not any(sign.name == "kind" for one in incident.judge().ranked for sign in one.signs)
