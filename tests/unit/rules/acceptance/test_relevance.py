"""Whether a claim speaks of the lines that it cites."""

import pytest
from tests.unit.rules.incident_case import blame, make_piece

from fermata.rules.acceptance.relevance import shares_words

LINE = make_piece("ConnectionRefusedError: POST /orders got 503 from ledger-db after 30 s")


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("It refuses what comes.", True),
        ("Every call ends with 503.", True),
        ("ledger is gone.", True),
        ("The order path is dead.", True),
        ("The DNS resolver is misconfigured.", False),
        ("checkout fails since the disk is full.", False),
        ("It is.", True),
    ],
)
def test_claim_shares_a_telling_word_with_its_lines(text, shares):
    """By its stem, within a name, or as a number; the place itself and plain words are no sign."""
    assert shares_words(blame(LINE, text=text, cause="other: x"), {LINE.id: LINE}) is shares


def test_signature_it_names_counts():
    """A cause that the catalogue has is words, too."""
    claimed = blame(LINE, text="It went away.", cause="connection_refused")

    assert shares_words(claimed, {LINE.id: LINE})
    assert not shares_words(claimed, {})
