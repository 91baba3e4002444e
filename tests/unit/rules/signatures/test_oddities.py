from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import MIB, NOW, ONSET

from fermata.rules.signatures.checks import list_checks
from fermata.rules.signatures.oddities import find_oddity


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"killed_for_memory": True}, "takes the memory"),
        ({"kills_within_at": ONSET}, "takes the memory"),
        ({"exits": 1}, "ended once by itself"),
        ({"exits": 4}, "ended 4 times by itself"),
        ({"started_at": ONSET + timedelta(seconds=40)}, "checkout was started at 09:51:40 UTC only, 40s after"),
    ],
)
def test_state_that_is_not_normal_is_said(scene, facts, words):
    """Somebody would look elsewhere, or nowhere."""
    scene.state("running", **facts)

    (check,) = list_checks(scene.build(), [], [])

    assert words in check


def test_memory_at_its_limit_is_said(scene):
    """It may have been slow for that, or lost what it had started."""
    scene.state("running").resources(limit=24 * MIB, memory_bytes=5 * MIB, memory_peak_bytes=24 * MIB)

    assert find_oddity(scene.build()) == "Look at the memory of checkout: it used 24 MiB of the 24 MiB that it may."


def test_nothing_odd_is_found_where_all_is_well(scene):
    """Only then is it said to look normal."""
    scene.state("running", started_at=NOW - timedelta(hours=1)).resources(limit=24 * MIB, memory_bytes=5 * MIB)
    scene.resources(limit=None, name="profile")

    assert find_oddity(scene.build()) == ""
    assert list_checks(scene.build(), [], [])[0].endswith("no rule knows a fault in what was collected.")
