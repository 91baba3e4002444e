from fermata.domain.model import TaskKind, Tier
from fermata.rules.routing.targets import DEFAULT_TIERS, Target


def test_every_kind_has_a_tier():
    """Nothing is left to a guess; a diagnosis is worth the best model."""
    assert set(DEFAULT_TIERS) == set(TaskKind)
    assert DEFAULT_TIERS[TaskKind.DIAGNOSE] is Tier.HIGH


def test_target_serves_the_kinds_it_names():
    """Without a list it serves all of them."""
    named = Target("a/b", kinds=frozenset({TaskKind.PARSE}))

    assert named.serves(TaskKind.PARSE)
    assert not named.serves(TaskKind.PLAN)
    assert Target("a/b").serves(TaskKind.PLAN)
