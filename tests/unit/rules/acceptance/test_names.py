"""Names that hold a hash are copied or invented; words with a number in them are words."""

import pytest

from fermata.rules.acceptance.names import list_hashed_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pod checkout-7d9f8b6c5-x2x7v ran out of heap.", ("checkout-7d9f8b6c5-x2x7v",)),
        ("payments-api-7d9f-xx1zz and payments-api-7d9f-xx1zz", ("payments-api-7d9f-xx1zz",)),
        ("Commit 4be1f0a97c2d broke it", ("4be1f0a97c2d",)),
        ("the 4be1f0a, and that", ("4be1f0a",)),
    ],
)
def test_name_that_holds_a_hash_is_found(text, names):
    """A pod's, a replica set's, a commit's."""
    assert list_hashed_names(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The top-10 of utf-8, sha-256, base64-encoded and ipv4-only names",
        "a 500ms-timeout, 30s-window, a p99-latency of node-17 and web-01",
        "an i18n-bundle, a slim-log4j and x86-64-v2",
        "since 2026-11-27T18:40:06.861Z and 2026-11-27",
        "1234567 requests, deadbeef, effaced",
        "see https://x/checkout-7d9f8b6c5-x2x7v or shop/checkout-7d9f8b6c5-x2x7v:1",
        "a third-2nd-try of e2e-tests",
        "an HPA of autoscaling-v2beta2, and checkout-v1rc3",
        "the ledger-writer rejects it",
    ],
)
def test_words_numbers_times_and_paths_are_no_such_names(text):
    """What people write with a digit in it is not held to stand in the evidence."""
    assert list_hashed_names(text) == ()
