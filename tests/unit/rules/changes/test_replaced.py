"""What ran before a container that was created."""

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.replaced import find_former_tag, is_anew, is_container


@pytest.mark.parametrize(
    ("title", "kind", "tag"),
    [
        ("shop-1: reg.example:5000/shop:b2 took the place of reg.example:5000/shop:a1", "deployment", "a1"),
        ("shop-1: shop:b2 took the place of shop", "deployment", ""),
        ("shop-1: shop:b2 took the place of shop:a1@sha256:00ff", "deployment", "a1"),
        ("Rename: b2 took the place of shop:a1", "commit", ""),
        ("shop-1 was created from shop:a1", "deployment", ""),
    ],
)
def test_deployment_tells_the_tag_of_what_it_replaced(title, kind, tag):
    """The tag is what follows the last colon of a name, not the port of its registry, nor a digest."""
    assert find_former_tag(ChangeFacts(id="dep-1", title=title, kind=kind, changed_at=ONSET)) == tag


@pytest.mark.parametrize(("kind", "anew"), [("deployment", True), ("commit", False)])
def test_same_image_once_more_is_anew(kind, anew):
    """A commit may be called anything."""
    facts = ChangeFacts(id="d", title="shop-1 was created anew from shop:a1", kind=kind, changed_at=ONSET)

    assert is_anew(facts) == is_container(facts) == anew
