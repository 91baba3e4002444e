"""Addresses, told from names."""

import pytest

from fermata.kit.addresses import is_address


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("::1", True), ("0.0.0.0", True), ("localhost", False), ("127.1", False), ("[::1]", False)],
)
def test_address_is_told_from_a_name(host, is_one):
    """As `inet_pton(3)` takes it: short forms, brackets and names are none."""
    assert is_address(host) is is_one
