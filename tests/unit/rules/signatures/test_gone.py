"""What was taken back before what runs was made is no cause of what fails now."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.signatures.change import FAULTY_COMMIT

CONTAINER = "docker:container/checkout/shop-checkout-1"
GUILTY = "abc1234" * 5 + "abcde"
FILE = "services/checkout.py"
FRAMES = ("/srv/shop/services/checkout.py:60:check_out", "/srv/shop/services/checkout.py:41:total_cents")
BROKEN = "TypeError: 'int' object is not iterable"


@pytest.mark.parametrize(("made", "is_blamed"), [(timedelta(seconds=20), False), (timedelta(seconds=60), True)])
def test_image_created_anew_runs_no_commit_that_was_taken_back_before_it_was_built(scene, stack, made, is_blamed):
    """A container made anew from the same image brings what that image was built from, and no more."""
    back = ONSET - timedelta(seconds=40)
    scene.add(EvidenceKind.LOGS, CONTAINER, stack(BROKEN, *FRAMES), {})
    scene.change(GUILTY, {FILE: [41]}, before=timedelta(minutes=3), taken_back_at=back)
    scene.change("f" * 40, {"other.py": [1]}, before=made)
    anew = ChangeFacts(
        id="d1",
        kind="deployment",
        title="checkout was created anew from checkout:2",
        changed_at=ONSET - timedelta(seconds=9),
        diff_read=True,
        sha="f" * 40,
    )
    scene.add(EvidenceKind.CHANGE, CONTAINER, ["created"], anew)

    assert bool(scene.match(FAULTY_COMMIT)) is is_blamed


def test_deployment_that_nobody_compared_ends_what_was_taken_back_all_the_same(scene, stack):
    """An engine that forgot what ran before says when the container was made, and nothing of what became different."""
    back = ONSET - timedelta(seconds=40)
    scene.add(EvidenceKind.LOGS, CONTAINER, stack(BROKEN, *FRAMES), {})
    scene.change(GUILTY, {FILE: [41]}, before=timedelta(minutes=3), taken_back_at=back)
    assert scene.match(FAULTY_COMMIT)

    made = ChangeFacts(id="d1", kind="deployment", title="checkout was created from 3", changed_at=back)
    scene.add(EvidenceKind.CHANGE, CONTAINER, ["created"], made)

    assert scene.match(FAULTY_COMMIT) == []
    why = [change.why for change in scene.diagnose().changes if change.id == GUILTY]
    assert why[0].startswith("Ruled out: it was taken back")
