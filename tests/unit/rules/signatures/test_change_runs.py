"""A commit beside the life of the process: what declares it, what failed last, and what an earlier run said."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.test_change import BROKEN, DIFF, FILE, FRAMES, GUILTY, ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.signatures.change import FAULTY_COMMIT


def test_commit_to_the_declaration_of_the_process_is_left_to_a_person(scene, stack):
    """A restart does not read the declaration anew: the plan would be refused half-way, or change nothing."""
    declared = "/srv/shop/conf.d/checkout.ini"
    scene.state("running", started_at=ONSET - timedelta(seconds=20), declared_in=declared)
    scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])
    scene.change(GUILTY, {FILE: [40, 41], "conf.d/checkout.ini": [2]}, diff=DIFF)

    (found,) = scene.match(FAULTY_COMMIT)

    assert found.suggestions == ()
    assert "It also changes conf.d/checkout.ini" in found.person_must
    assert "supervisorctl update checkout" in found.person_must


def test_revert_that_a_person_merges_is_followed_by_no_restart(scene, stack):
    """What runs would be started with the same lines once more: the plan would mend nothing."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])
    scene.change(GUILTY, {FILE: [40, 41]}, diff=DIFF, is_reverted_aside=True)

    (found,) = scene.match(FAULTY_COMMIT)

    assert [item.name for item in found.suggestions] == ["git.revert_commit"]


def test_failure_that_was_logged_last_goes_first(scene, stack):
    """Between two that fit as well, what still fails says more than what failed before."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    scene.logs(
        [
            *("2026-11-23T09:50:45Z ERROR checkout: first", *stack("KeyError: 'sku'", FRAMES[1])),
            *("2026-11-23T09:50:55Z ERROR checkout: then", *stack(BROKEN, *FRAMES)),
        ]
    )
    scene.change(GUILTY, {FILE: [43]}, diff=DIFF)

    first, second = scene.match(FAULTY_COMMIT)

    assert BROKEN in first.text
    assert "KeyError" in second.text


@pytest.mark.parametrize(
    ("exits", "asked", "late", "told"), [(0, False, -20, 0), (1, False, -20, 1), (1, True, -20, 0), (0, False, 20, 1)]
)
def test_what_an_earlier_run_said_is_no_cause_of_what_began_in_this_one(scene, stack, exits, asked, late, told):
    """Somebody mended it and started it anew; what began after that is about something else, unless it crashed."""
    started_at = ONSET + timedelta(seconds=late)
    scene.state(
        "running", started_at=started_at, exits=exits, is_asked_for=asked, observed_at=ONSET + timedelta(seconds=30)
    )
    scene.logs(["2026-11-23T09:50:30Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])
    scene.change(GUILTY, {FILE: [40, 41]}, diff=DIFF)

    assert len(scene.match(FAULTY_COMMIT)) == told


@pytest.mark.parametrize(
    ("environment", "written", "count"),
    [("staging", "    log(lines)", 0), ("production", "    log(lines)", 1), ("staging", "    total_cents_code()", 1)],
)
def test_commit_that_no_release_brought_is_blamed_by_a_quoted_line_only(scene, stack, environment, written, count):
    """What was deployed elsewhere only is not what fails here; a line that the stack quotes does run."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])
    for ago, where, sha in ((50, "production", "0123abc"), (1, environment, GUILTY)):
        told = {"sha": sha, "environment": where, "service": "checkout", "state": "success", "kind": "deployment"}
        at = ONSET - timedelta(minutes=ago)
        release = ChangeFacts(id=f"deployment-{ago}", title="Deploy", changed_at=at, is_former=ago > 40, **told)
        scene.add(EvidenceKind.CHANGE, "service/checkout", ["Deploy"], release)
    scene.change(GUILTY, {FILE: [41]}, diff=[*DIFF[:3], f"+{written}"], before=timedelta(minutes=2), service="checkout")

    assert len(scene.match(FAULTY_COMMIT)) == count


@pytest.mark.parametrize(
    ("environment", "added", "count"), [("staging", 41, 0), ("production", 41, 1), ("production", 40, 0)]
)
def test_old_commit_counts_from_the_release_that_brought_it(scene, stack, environment, added, count):
    """What was merged last week and deployed a minute ago is the change of a minute ago, by the line that fails."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(BROKEN, *FRAMES)])
    told = {"sha": GUILTY, "commits": (GUILTY,), "service": "checkout", "state": "success", "kind": "deployment"}
    at = ONSET - timedelta(minutes=1)
    release = ChangeFacts(id="deployment-1", title="Deploy", changed_at=at, environment=environment, **told)
    scene.add(EvidenceKind.CHANGE, "service/checkout", ["Deploy"], release)
    scene.change(GUILTY, {FILE: [added]}, diff=DIFF, before=timedelta(days=7), service="checkout")

    assert len(scene.match(FAULTY_COMMIT)) == count
