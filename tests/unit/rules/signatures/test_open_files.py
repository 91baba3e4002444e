"""A process whose open files are counted at their limit is named, also where nothing says so."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ResourceFacts
from fermata.rules.signatures.open_files import OPEN_FILES_AT_LIMIT

REF = "supervisor:process/checkout"


def count(scene, open_files, limit):
    """Say how many files a process has open, and may have."""
    lines = ["memory limit: none", f"open files and sockets now: {open_files} of {limit}"]
    return scene.add(EvidenceKind.RESOURCES, REF, lines, ResourceFacts(open_files=open_files, open_files_limit=limit))


@pytest.mark.parametrize("open_files", [64, 63])
def test_process_at_its_limit_is_named_whatever_its_log_says(scene, open_files):
    """A library says what it was about to do, and not why it could not."""
    count(scene.state("running").logs(["ERROR psycopg.OperationalError: connection is bad"]), open_files, 64)

    (found,) = scene.match(OPEN_FILES_AT_LIMIT)

    assert (found.cause, found.entity.ref, found.confidence) == ("open_files_at_limit", REF, 0.8)
    assert found.text.startswith(f"checkout has {open_files} of the 64 files and sockets open")
    assert [one.quote for one in found.citations] == [f"open files and sockets now: {open_files} of 64"]


@pytest.mark.parametrize(("open_files", "limit"), [(40, 64), (None, 64), (64, None)])
def test_process_with_room_or_of_unknown_limit_is_not(scene, open_files, limit):
    """What nobody could count says nothing."""
    count(scene.state("running"), open_files, limit)

    assert scene.match(OPEN_FILES_AT_LIMIT) == []


def test_log_that_says_so_is_the_better_witness(scene):
    """It has a signature of its own."""
    count(scene.state("running").logs(["ERROR accept4() failed (24: Too many open files)"]), 64, 64)

    assert scene.match(OPEN_FILES_AT_LIMIT) == []


def test_process_that_nobody_was_alerted_of_is_left_aside(scene):
    """A busy neighbour may be at its limit every day."""
    count(scene.state("running"), 64, 64)
    scene.names = ["stock"]

    assert scene.match(OPEN_FILES_AT_LIMIT) == []


def test_process_without_any_count_is_left_aside(scene):
    """Nothing was collected of it."""
    assert scene.state("running").match(OPEN_FILES_AT_LIMIT) == []
