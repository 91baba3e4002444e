from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, StateFacts
from fermata.rules.signatures.change import FAULTY_COMMIT
from fermata.rules.signatures.releases import NEW_IMAGE

CONTAINER = "docker:container/checkout"
TITLE = "checkout: bakery/checkout:3 took the place of bakery/checkout:2"
FATAL = "checkout: fatal: cannot read profile /srv/profile.icc: No such file or directory"


@pytest.fixture
def crash(scene):
    """Return a container that ends again and again since it was made from a new image."""

    def make(*, title=TITLE, before=timedelta(seconds=9), phase="crash_loop", code=1, logs=(FATAL, "bye"), **facts):
        state = StateFacts(phase=phase, system_state="restarting", exit_code=code, exits=5)
        scene.add(EvidenceKind.STATE, CONTAINER, ["checkout is restarting", "ended with exit code 1"], state)
        at = ONSET - before
        change = ChangeFacts(
            id="docker:1", title=title, changed_at=at, diff_read=True, **{"kind": "deployment"} | facts
        )
        scene.add(EvidenceKind.CHANGE, CONTAINER, ["checkout was created", "-FROM 2", "+FROM 3"], change)
        if logs:
            scene.add(EvidenceKind.LOGS, CONTAINER, list(logs), {"stream": "stderr"})
        return scene

    return make


def test_new_image_right_before_a_crash_loop_is_taken_back(crash):
    """What is wrong in it a person may read tomorrow; what it said last stands beside it."""
    scene = crash()

    (found,) = scene.match(NEW_IMAGE)

    assert found.text == f"{TITLE} 9s before the alert began; checkout has not stayed up since, and says last: {FATAL}."
    assert [(item.name, item.target, dict(item.parameters)) for item in found.suggestions] == [
        ("docker.recreate_with_previous_image", Entity.parse(CONTAINER), {"image": "previous"})
    ]
    assert [citation.quote for citation in found.citations] == [
        "checkout was created",
        FATAL,
        "ended with exit code 1",
    ]
    assert scene.diagnose().hypotheses[0].cause == "new_image_does_not_stay_up"
    assert scene.diagnose().guilty_change == "docker:1"


def test_without_the_action_a_person_is_told_the_way_back(crash):
    """A rule suggests nothing that nobody offers."""
    scene = crash(before=-timedelta(seconds=30), logs=())
    scene.actions = frozenset()

    (found,) = scene.match(NEW_IMAGE)

    assert found.text == f"{TITLE} 30s after the alert began; checkout has not stayed up since."
    assert found.person_must == "Run checkout from the image before, and mend the new one."


def test_last_line_is_quoted_where_none_says_that_it_is_fatal(crash):
    """Programs end without a word for it, too."""
    (found,) = crash(logs=("loading", "")).match(NEW_IMAGE)

    assert found.text.endswith("and says last: loading.")


@pytest.mark.parametrize(
    "other",
    [
        {"title": "checkout was created from bakery/checkout:3"},
        {"before": timedelta(hours=1)},
        {"before": -timedelta(minutes=5)},
        {"phase": "running"},
        {"code": 0},
        {"kind": "commit"},
    ],
)
def test_what_does_not_fit_in_time_and_kind_is_not_blamed(crash, other):
    """The same image anew, one from long before, one that came after, and what runs or ended well."""
    assert crash(**other).match(NEW_IMAGE) == []


def test_workload_without_a_state_is_left_alone(scene):
    """Nothing says that it does not stay up."""
    assert scene.logs([FATAL]).match(NEW_IMAGE) == []


@pytest.mark.parametrize(
    ("title", "is_suggested"), [(TITLE, True), ("checkout was created anew from bakery/checkout:3", False)]
)
def test_only_another_image_is_taken_back_for_a_commit(crash, stack, title, is_suggested):
    """What runs the same image as before brought no commit: the image of a release ago is no way back from it."""
    scene = crash(title=title, logs=stack("KeyError: 'sku'", "/srv/shop/services/checkout.py:41:total"))
    scene.change("0123456789", {"services/checkout.py": [41]}, before=timedelta(minutes=10))

    (found,) = scene.match(FAULTY_COMMIT)

    assert bool(found.suggestions) is is_suggested


REPLICAS = [f"docker:container/checkout/shop_checkout_{number}" for number in (1, 2, 3, 4)]
STAGING = "docker:container/checkout/staging_checkout_1"


def test_every_replica_that_was_given_the_image_goes_back(scene):
    """One that runs on with it breaks again what the other mended; one of another image, or project, stays."""
    for position, ref in enumerate([*REPLICAS, STAGING]):
        phase, exits = ("crash_loop", 5) if position == 1 else ("running", 0)
        state = StateFacts(phase=phase, system_state="up", exit_code=1 if exits else None, exits=exits)
        scene.add(EvidenceKind.STATE, ref, ["it lives", "ended with exit code 1"], state)
        image = "bakery/checkout:1" if position == 2 else "bakery/checkout:3"
        verb = "was created from" if position == 3 else "took the place of another:"
        change = ChangeFacts(
            id=f"docker:{position}",
            kind="deployment",
            title=f"{image} {verb} bakery/checkout:2",
            changed_at=ONSET - timedelta(seconds=9),
            diff_read=True,
            service="checkout",
            ref=image,
        )
        scene.add(EvidenceKind.CHANGE, ref, ["it was created"], change)

    (found,) = scene.match(NEW_IMAGE)

    assert found.entity == Entity.parse(REPLICAS[1])
    assert [item.target for item in found.suggestions] == [Entity.parse(ref) for ref in (REPLICAS[1], REPLICAS[0])]
