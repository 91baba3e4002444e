"""What is left of a likelihood by how often its kind proved real."""

from fermata.rules.weakness.faults import Kind
from fermata.rules.weakness.proven import weigh_kind


def test_kinds_that_proved_real_weigh_more():
    """Lost data was listed by most experts where the rules said so, a full pool by hardly any."""
    assert weigh_kind(Kind.DATA_LOSS) > 1 > weigh_kind(Kind.POOL_EXHAUSTION)


def test_no_kind_is_moved_far():
    """What a formula says stays the larger part."""
    assert all(0.7 <= weigh_kind(kind) <= 1.42 for kind in Kind)


def test_kind_that_was_never_listed_weighs_the_same():
    """Nothing is known of it, for or against."""
    assert weigh_kind(Kind.LOCK_CONTENTION) == 1
