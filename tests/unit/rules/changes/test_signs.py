"""One reason for or against a change."""

import pytest

from fermata.rules.changes.signs import Sign


@pytest.mark.parametrize(
    ("name", "points", "is_link"),
    [("word", 1.0, True), ("kind", 0.0, False), ("place", 1.5, False), ("mends", -1.0, False)],
)
def test_sign_is_a_link_when_it_ties_what_changed_to_what_fails(name, points, is_link):
    """Time and place only say that it was near."""
    assert Sign(name, points, "because").is_link is is_link


def test_vague_sign_counts_and_ties_nothing():
    """Half of all changes near a failure like this could say as much."""
    assert Sign("kind", 1.0, "because", is_vague=True).is_link is False
