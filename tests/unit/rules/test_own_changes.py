"""A change is Fermata's own by what was approved, never by what it says of itself."""

import pytest

from fermata.domain.action import Outcome
from fermata.domain.execution import Intent
from fermata.domain.facts import ChangeFacts
from fermata.rules.own_changes import find_action_id, is_own_change

DIFF = """\
diff --git a/pay.py b/pay.py
index 111..222 100644
--- a/pay.py
+++ b/pay.py
@@ -1,2 +1,2 @@
 import money
-total = sum(prices)
+total = sum(PRICES[line] for line in lines)
"""
TOLD = ("commit 0123", "author Fermata", "date   now", "", '    Revert "Speed up"', "")


def show(plan, diff):
    """Return the plan whose one action shows a diff."""
    action = plan.actions[0]
    return plan.model_copy(
        update={"actions": (action.model_copy(update={"dry_run": action.dry_run.model_copy(update={"diff": diff})}),)}
    )


@pytest.fixture
def plan(build_plan):
    """Give a plan whose one action shows a diff."""
    return show(build_plan(), DIFF)


@pytest.fixture
def judge(plan, noon):
    """Give a function that judges a commit with such a diff, whatever else is changed about it."""

    def judge(diff=DIFF, *, plan=plan, mark="", held=None, outcome=Outcome.DONE, **facts):
        held = held or plan
        action = plan.actions[0]
        intent = Intent(
            action_id=action.id, plan_id=plan.id, plan_digest=plan.digest, action_name=action.name,
            target=action.target, intended_at=noon, outcome=outcome,
        )  # fmt: skip
        known = {"id": "0123", "title": "Revert", "changed_at": noon, "diff_read": True} | facts
        mark = mark or f"act-1.{plan.digest.removeprefix('sha256:')[:12]}"
        return is_own_change(ChangeFacts(mark=mark, **known), [*TOLD, *diff.split("\n")], intent, held)

    return judge


def test_commit_of_what_was_approved_is_ours(judge):
    """Ids and places move with what stands around a change; what it changes is what was on the card."""
    moved = DIFF.replace("index 111..222", "index 333..444").replace("@@ -1,2 +1,2 @@", "@@ -9,2 +9,2 @@ def pay")

    assert judge(moved)
    assert judge(outcome=None)


@pytest.mark.parametrize(
    "diff",
    [
        DIFF.replace("+total = sum(PRICES[line] for line in lines)", "+total = 0"),
        f"{DIFF}diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n",
        f"{DIFF}diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n",
        f"{DIFF}diff --git a/key b/key\nindex 1..2 100644\nBinary files a/key and b/key differ\n",
        f"{DIFF}+++ i;\n",
        "",
    ],
)
def test_copied_mark_on_another_change_is_not_ours(judge, diff):
    """A mark stands on the card and in the history: whoever copies it onto a change of their own gains nothing."""
    assert not judge(diff)


def test_same_lines_in_another_place_are_not_ours(judge, plan):
    """What is taken out of one file and put into another is another change, and so is another order."""
    head = "diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n"
    shown = show(plan, head.format("a") + "-x\n+y\n" + head.format("b") + "+z\n-w\n")

    assert judge(head.format("a") + "-x\n+y\n" + head.format("b") + "+z\n-w\n", plan=shown)
    assert judge(head.format("b") + "+z\n-w\n" + head.format("a") + "-x\n+y\n", plan=shown)
    assert not judge(head.format("a") + "-x\n+z\n" + head.format("b") + "+y\n-w\n", plan=shown)
    assert not judge(head.format("a") + "+y\n-x\n" + head.format("b") + "+z\n-w\n", plan=shown)


@pytest.mark.parametrize(
    ("beside", "is_ours"),
    [
        (" import money\n{} return total\n", True),
        (" import time\n import money\n{} return total\n # end\n", True),
        (" import money\n{} return 0\n", False),
        (" import time\n{} return total\n", False),
        ("{} return total\n", False),
        (" import money\n{}", False),
        (" import money\n{}@@ -9 +9 @@\n return total\n", False),
    ],
)
def test_same_lines_at_another_place_of_the_file_are_not_ours(judge, plan, beside, is_ours):
    """The same words mean something else elsewhere; the lines before and behind tell the place."""
    head, change = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n", "-x\n+y\n"
    shown = show(plan, f"{head} import money\n{change} return total\n")

    assert judge(head + beside.format(change), plan=shown) is is_ours


def test_secret_beside_a_change_is_no_part_of_it(judge, plan):
    """It is hidden in both, maybe by another kind of mark; what is changed is told in full."""
    diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n password: {}\n-x\n+y\n"

    assert judge(diff.format("<redacted 9f86d081>"), plan=show(plan, diff.format("[redacted:password:9f86]")))


def test_program_that_goes_is_ours_where_nobody_says_that_it_was_one(judge, plan):
    """Forges tell no modes: of what goes that is the same change, of what comes it may be another."""
    gone = "diff --git a/a b/a\n{}--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    new = "diff --git a/a b/a\n{}--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"

    assert judge(gone.format(""), plan=show(plan, gone.format("deleted file mode 100755\n")))
    assert judge(new.format("new file mode 100755\n"), plan=show(plan, new.format("new file mode 100755\n")))
    assert not judge(new.format(""), plan=show(plan, new.format("new file mode 100755\n")))
    assert not judge(new.format("new file mode 100755\n"), plan=show(plan, new.format("")))


def test_claim_that_the_rows_do_not_bear_out_is_not_ours(judge, plan, build_plan):
    """Another plan's digest, an action that failed, a plan that was edited, a diff that was not read."""
    other = build_plan(id="plan-2")

    assert not judge(mark="act-1.000000000000")
    assert not judge(mark="act-1.")
    assert not judge(mark=f"act-2.{plan.digest.removeprefix('sha256:')[:12]}")
    assert not judge(outcome=Outcome.FAILED)
    assert not judge(held=other)
    assert not judge(held=plan.model_copy(update={"actions": build_plan(id="plan-1").actions}))
    assert not judge(held=plan.model_copy(update={"actions": (plan.actions[0].model_copy(update={"id": "act-2"}),)}))
    assert not judge(diff_read=False)


@pytest.mark.parametrize(
    ("mark", "found"), [("act-1.0123456789ab", "act-1"), ("act-1.0", None), ("yes", None), ("", None)]
)
def test_mark_names_an_action(mark, found):
    """What has not the form of a mark names nothing."""
    assert find_action_id(mark) == found


@pytest.mark.parametrize(
    ("value", "is_ours"), [("lines", True), ("[redacted:url:7688]", False), ("<redacted 9f86d081>", False)]
)
def test_change_of_a_hidden_value_is_like_any_other(plan, noon, value, is_ours):
    """Its mark is as short as people compare it, and a value that has the same one is found within a second."""
    diff = DIFF.replace("PRICES[line]", value)
    (action,) = plan.actions
    shown = action.model_copy(update={"dry_run": action.dry_run.model_copy(update={"diff": diff})})
    held = plan.model_copy(update={"actions": (shown,)})
    digest = held.digest.removeprefix("sha256:")[:12]
    intent = Intent(
        action_id=action.id, plan_id=held.id, plan_digest=held.digest, action_name=action.name,
        target=action.target, intended_at=noon, outcome=Outcome.DONE,
    )  # fmt: skip
    facts = ChangeFacts(mark=f"{action.id}.{digest}", id="0123", title="Revert", changed_at=noon, diff_read=True)

    assert is_own_change(facts, [*TOLD, *diff.split("\n")], intent, held) is is_ours
