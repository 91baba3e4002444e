"""What the outbox keeps of an issue."""

import pytest

from fermata.ports.forge.issues.receipt import IssueReceipt


def test_receipt_is_read_back():
    """As it was written."""
    receipt = IssueReceipt(repository="shop/shop", number=7)

    assert IssueReceipt.find(receipt.write(), "shop/shop") == receipt


@pytest.mark.parametrize("text", [None, "", "1700000.001", '{"repository": "shop/other", "number": 7}'])
def test_what_is_no_receipt_of_this_repository_is_none(text):
    """Then the issue is looked for."""
    assert IssueReceipt.find(text, "shop/shop") is None
