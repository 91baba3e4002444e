"""Proofs of the intake: what counts as one, and that nothing is nothing."""

import hashlib
import hmac

import pytest

from fermata.web.intake import has_bearer, is_signed


def sign(body, key="key"):
    """Sign as a sender does."""
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def test_right_bearer_counts():
    """The scheme's case does not matter, the token's does."""
    assert has_bearer("Bearer s3cret", "s3cret")
    assert has_bearer("bearer s3cret", "s3cret")


def test_token_beyond_ascii_counts():
    """A token is compared by its bytes, which HTTP libraries hand over as latin-1."""
    assert has_bearer("Bearer " + "zażółć".encode().decode("latin-1"), "zażółć")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer S3cret", "Basic s3cret", "s3cret", "Bearer s3cret x"]
)
def test_wrong_bearer_does_not_count(header):
    """Anything but the very token under the right scheme is refused."""
    assert not has_bearer(header, "s3cret")


@pytest.mark.parametrize("token", ["", None])
def test_absent_token_admits_nobody(token):
    """A token that is not configured equals nothing, not even nothing."""
    assert not has_bearer("Bearer ", token)
    assert not has_bearer("Bearer None", token)


def test_right_signature_counts():
    """The digest is over the raw body, in hex of either case."""
    assert is_signed(sign(b"{}"), "key", b"{}")
    assert is_signed("sha256=" + sign(b"{}")[7:].upper(), "key", b"{}")


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=00", sign(b"{} "), sign(b"{}", "other"), sign(b"{}")[:-1]])
def test_wrong_signature_does_not_count(header):
    """Another body, another key, another algorithm or a cut digest are refused."""
    assert not is_signed(header, "key", b"{}")
