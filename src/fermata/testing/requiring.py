"""What fakes and contract suites insist on: as `assert` does, which optimised runs drop."""

from __future__ import annotations


def require(condition: object, words: str) -> None:
    """Fail unless a condition holds.

    Raises:
        AssertionError: It does not; its words say what was to hold.
    """
    if not condition:
        raise AssertionError(words)
