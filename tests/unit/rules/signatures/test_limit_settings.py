"""The commit that lowered a memory limit."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.rules.signatures.limit_settings import find_limit_setting
from fermata.rules.signatures.resources import MEMORY_LIMIT_EXCEEDED

MIB = 1024**2
HEAD = ("+++ b/compose.yaml", "@@ -22,3 +22,3 @@ services:")
LOWERED = (*HEAD, "-    mem_limit: 256m", "+    mem_limit: 48m")


def find(scene, *diff, **facts):
    """Return what a commit with a diff set, or nothing."""
    case = scene.change("aaaaaaa1", {}, diff=list(diff), **facts).build()
    return find_limit_setting(case.changes, 48 * MIB, ONSET)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    mem_limit: 256m", "    mem_limit: 48m"),
        ("MemoryMax=1G", "MemoryMax=48M"),
        ('            memory: "512Mi"', '            memory: "48Mi"'),
        ("    mem_limit: 268435456", "    mem_limit: 50331648"),
    ],
)
def test_commit_that_lowered_a_limit_to_the_one_in_force_is_found(scene, old, new):
    """Compose, systemd, Kubernetes and bare bytes."""
    found = find(scene, *HEAD, f"-{old}", f"+{new}")

    assert found.words == (
        f"aaaaaaa (Change aaaaaaa1) by Tomás lowered a limit to that: {old.strip()} -> {new.strip()}."
    )
    assert found.line == 4


@pytest.mark.parametrize(
    ("diff", "facts"),
    [
        ((*HEAD, "-    mem_limit: 16m", "+    mem_limit: 48m"), {}),
        ((*HEAD, "-    mem_limit: 256m", "+    mem_limit: 64m"), {}),
        ((*HEAD, "-    shm_size: 256m", "+    mem_limit: 48m"), {}),
        ((*HEAD, "-    shm_size: 256m", "+    shm_size: 48m"), {}),
        (LOWERED, {"kind": "deployment"}),
        (LOWERED, {"is_own": True}),
        (LOWERED, {"taken_back_at": ONSET - timedelta(seconds=20)}),
        (LOWERED, {"before": timedelta(minutes=-1)}),
    ],
)
def test_what_set_another_limit_or_stood_there_no_longer_is_not(scene, diff, facts):
    """Raised, another size, new, no memory, no commit, an answer of ours, taken back, too late."""
    assert find(scene, *diff, **facts) is None


def test_limit_that_is_exceeded_names_the_commit_that_lowered_it(scene):
    """Whoever raises it again should read first who meant it to be so low, and why."""
    scene.state("running", kills_within_at=ONSET - timedelta(seconds=20), lines=["killed a process for memory"])
    scene.change("aaaaaaa1", {}, diff=list(LOWERED), author="", before=timedelta(days=1)).resources(limit=48 * MIB)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert found.text.endswith("aaaaaaa (Change aaaaaaa1) lowered a limit to that: mem_limit: 256m -> mem_limit: 48m.")
    assert "+    mem_limit: 48m" in [citation.quote for citation in found.citations]


def test_limit_that_was_lowered_is_given_back_and_not_doubled(scene):
    """It was enough before; twice too little may be too little still."""
    scene.state("running", kills_within_at=ONSET - timedelta(seconds=20), lines=["killed a process for memory"])
    scene.change("aaaaaaa1", {}, diff=list(LOWERED), before=timedelta(days=1)).resources(limit=48 * MIB)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert [suggestion.parameters["limit_bytes"] for suggestion in found.suggestions] == [256 * MIB]


def test_former_limit_that_the_host_does_not_have_is_for_a_person(scene):
    """Somebody may have lowered it for that."""
    scene.state("running", kills_within_at=ONSET - timedelta(seconds=20), lines=["killed a process for memory"])
    scene.change("aaaaaaa1", {}, diff=list(LOWERED), before=timedelta(days=1))
    scene.resources(limit=48 * MIB, available=200 * MIB)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert not found.suggestions
    assert "its former limit is 256 MiB, and the host has 200 MiB to give." in found.person_must
