"""Who may decide a plan, where nobody clicks: what takes it from its deciders asks the same."""

from fermata.domain.person import Person
from fermata.rules.approval import refuse_unentitled

ALICE = Person(id="alice", name="Alice", roles=("oncall",))
CAROL = Person(id="carol", name="Carol", roles=("dev",))
DAVE = Person(id="dave", name="Dave")


def test_who_may_decide_a_plan_is_told_to_whoever_may_not(build_plan):
    """By role or by name; the words are those of a click that does not count."""
    plan = build_plan(people=("dave",))

    assert [refuse_unentitled(person, plan) for person in (ALICE, DAVE)] == ["", ""]
    assert "carol has role dev" in refuse_unentitled(CAROL, plan)
    assert "nobody has a role by them now" in refuse_unentitled(CAROL, plan, ["group S1 is unknown"])
