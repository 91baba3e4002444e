from fermata.domain.model import TaskKind, Tier
from fermata.rules.routing.targets import DEFAULT_TIERS, Target


def test_every_kind_has_a_tier():
    """Nothing is left to a guess; a diagnosis is worth the best model, and an action to be checked is not."""
    assert set(DEFAULT_TIERS) == set(TaskKind)
    assert [kind for kind, tier in DEFAULT_TIERS.items() if tier is Tier.HIGH] == [TaskKind.DIAGNOSE]


def test_target_serves_the_kinds_it_names():
    """Without a list it serves all of them."""
    named = Target("a/b", kinds=frozenset({TaskKind.PARSE}))

    assert named.serves(TaskKind.PARSE)
    assert not named.serves(TaskKind.PLAN)
    assert Target("a/b").serves(TaskKind.PLAN)
