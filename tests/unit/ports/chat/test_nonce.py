"""A button names the plan that was seen, and nothing else."""

import pytest

from fermata.ports.chat.nonce import can_decide_on, find_nonce, split_value, write_value
from fermata.testing.channel_contract import build_card


def test_value_is_read_back():
    """Incident and first digits of the digest; an incident's own colons are its own."""
    card = build_card()

    assert write_value(card) == "inc-1:0123456789abcdef"
    assert split_value(write_value(card)) == (card.incident_id, find_nonce(card))
    assert split_value("a:b:0123") == ("a:b", "0123")


@pytest.mark.parametrize("value", ["", "approve"])
def test_what_is_missing_is_empty(value):
    """Without an incident, nothing can be decided."""
    assert split_value(value)[0] == ""


def test_card_without_a_plan_has_no_nonce():
    """There is nothing to name."""
    card = build_card().model_copy(update={"plan_digest": ""})

    assert find_nonce(card) == ""


def test_only_the_open_plan_of_the_nonce_can_be_decided_on():
    """Another plan, a decided one, and no card at all cannot."""
    card = build_card()

    assert can_decide_on(card, find_nonce(card))
    assert not can_decide_on(card, "fedcba9876543210")
    assert not can_decide_on(card.model_copy(update={"can_decide": False}), find_nonce(card))
    assert not can_decide_on(None, find_nonce(card))
