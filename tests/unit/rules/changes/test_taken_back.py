"""What is said of changes that were taken back, and of what turned their code on."""

import pytest

GUARDED = """
+++ b/shop/basket.py
@@ -10,2 +10,3 @@ def total(basket):
 def total(basket):
+    if flags.on("loyalty_discount"):
+        return TIERS[basket.tier]
     return basket.sum
"""
POOL_ERROR = "ERROR QueuePool limit of size 4 reached, connection timed out"
POOL = """
@@ config/database.yml @@
   adapter: postgresql
-  pool: 40
+  pool: 4
"""
STACK = 'ERROR KeyError: tier File "/srv/shop/basket.py", line 12, in total, cart #'


def fail_in_flagged_code(incident):
    """Let a line fail that a flag turned on a minute before, in code of yesterday."""
    incident.calm("shop").log("shop", (-3, 40, STACK))
    incident.change("aaaaaa1", 1500, GUARDED).release("dep-1", 1400, "aaaaaa1")
    incident.change("flag-1", 4, kind="flag", ref="loyalty_discount", state="off->on", title="loyalty_discount")
    return incident.judge()


def test_flag_has_its_part_where_a_line_of_its_code_fails(incident):
    """The code is named, since its line fails; that the flag had nothing to do with it would be wrong."""
    judgement = fail_in_flagged_code(incident)

    code, flag = judgement.ranked[:2]
    assert (judgement.guilty, code.id, flag.id) == ("aaaaaa1", "aaaaaa1", "flag-1")
    assert code.blame > flag.blame > 0.2
    assert "it turned on aaaaaa1" in flag.why


def test_flag_is_what_is_turned_back_first(incident):
    """That acts at once; and when it was turned on is what is said of when."""
    judgement = fail_in_flagged_code(incident)

    claim = judgement.claim
    assert not judgement.is_shared
    assert claim.person_must.startswith("Turn flag flag-1 (loyalty_discount) back to off first")
    assert "flag-1 turned it on, in effect" in claim.text
    assert "of the same release is nearly as likely" not in claim.text


def test_change_that_was_taken_back_with_effect_is_left_so(incident):
    """Nobody is told to take back what is back already; whoever did it is named beside what rules that change out."""
    incident.log("shop", (-115, 440, "INFO GET /items/# 200"), (-3, 39, POOL_ERROR))
    incident.change("k1", 4, kind="config", ref="pool", title="", state="40->4")
    incident.change("k2", -10, kind="config", ref="pool", title="", state="4->40")

    judgement = incident.judge()

    assert judgement.guilty == "k1"
    assert "k2 took it back at 12:10 UTC, and it helped: what failed has ended" in judgement.claim.text
    assert judgement.claim.person_must.startswith("Leave it taken back")
    assert judgement.ranked[-1].why.endswith("after the first sign, and took k1 back.")


def test_change_that_nobody_took_back_says_nothing_of_it(incident):
    """A setting that went on the same way was not taken back."""
    incident.log("shop", (-115, 440, "INFO GET /items/# 200"), (-3, 39, POOL_ERROR))
    incident.change("k1", 4, kind="config", ref="pool", title="", state="40->4")
    incident.change("k2", -10, kind="config", ref="pool", title="", state="4->3")

    judgement = incident.judge()

    assert "took it back" not in judgement.claim.text
    assert judgement.claim.person_must == "Read config k1 (pool) and take it back, or mend it."
    assert "took k1 back" not in judgement.ranked[-1].why


@pytest.mark.parametrize(("recovers", "words"), [(True, "and it helped"), (False, "without effect so far")])
def test_taking_a_change_back_says_whether_it_was_it(incident, recovers, words):
    """What got better after a change was taken back speaks for the change, what did not speaks against it."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.metric("shop", "error_rate", 0.1, 20, since=-3, until=12 if recovers else 99)
    incident.change("cfg-1", 5, POOL, kind="config", state="applied", environment="production")
    undo = POOL.replace("-  pool: 40", "-  pool: 4").replace("+  pool: 4\n", "+  pool: 40\n")
    incident.change("cfg-2", -10, undo, kind="config", title="Revert the pool size", environment="production")

    first = incident.judge().ranked[0]

    assert first.id == "cfg-1"
    assert f"cfg-2 took it back at 12:10 UTC, {words}" in first.why
