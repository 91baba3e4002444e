"""The id that makes a second issue impossible."""

from uuid import UUID

from fermata.integrations.linear.client import derive_issue_id


def test_id_follows_the_mark_and_is_one_that_linear_takes():
    """The same action gives the same id, another one another, and it is a version 4 UUID."""
    first, second = derive_issue_id("act-1.0a"), derive_issue_id("act-2.0a")

    assert first == derive_issue_id("act-1.0a")
    assert first != second
    assert UUID(first).version == 4
