"""Whoever held the lock of a state was applying just then."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.state_locks import read_lock

LOCKED = """\
\u2577
\u2502 Error: Error acquiring the state lock
\u2502
\u2502 Error message: resource temporarily unavailable
\u2502 Lock Info:
\u2502   ID:        5ce9fa2c-2660-767c-0da4-9d0cdaf4950c
\u2502   Path:      shop.tfstate
\u2502   Operation: OperationTypeApply
\u2502   Who:       noor@ci-7
\u2502   Version:   1.11.4
\u2502   Created:   2026-11-23 11:33:10.397944746 +0000 UTC
\u2502   Info:
\u2502
\u2575
"""


PLAIN = LOCKED.replace("\u2502 ", "") + "\nTerraform acquires a state lock to protect the state from being written\n"


@pytest.mark.parametrize("text", [LOCKED, PLAIN])
def test_apply_that_held_the_lock_is_a_change(folder, text):
    """Who and since when; what it changed nobody read. CI runs without colours, and then there is no frame."""
    folder.write("terraform/apply.txt", text)

    (item,) = folder.list_evidence(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["author"]) == ("lock-5ce9fa2c", "noor@ci-7")
    assert (item.facts["changed_at"], item.facts["diff_read"]) == ("2026-11-23T11:33:10Z", False)
    assert folder.read().warnings == (
        (
            "terraform/apply.txt: nothing is known to be applied by this run, which ended with: "
            "Error acquiring the state lock"
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        LOCKED.replace("OperationTypeApply", "OperationTypePlan"),
        LOCKED.replace("Created: ", "Made:    "),
        LOCKED.replace("+0000 UTC", "+0100 CET"),
        LOCKED.replace("2026-11-23", "2026-13-45"),
        LOCKED.replace("acquiring", "releasing"),
    ],
)
def test_lock_of_no_apply_or_of_unknown_time_is_none(text):
    """A plan changes nothing, and without a time nobody can set it beside a fault."""
    assert read_lock(text, "a.txt") is None
