from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.git.history import parse_blame, parse_log


def test_commits_are_read_with_empty_bodies_and_many_parents():
    """The separators are ones that no message holds."""
    text = "a\x00b c\x00Mei\x001700000000\x00Title\x00\x1e\nd\x00\x00Noor\x000\x00T\x00Body\nmore\n\x1e\n"

    merge, first = parse_log(text)

    assert merge.parents == ("b", "c")
    assert merge.committed_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (first.parents, first.body) == ((), "Body\nmore")
    assert parse_log("") == ()


def test_blame_tells_headers_from_content():
    """Lines of the file begin with a tab, whatever they hold."""
    sha, other = "a" * 40, "b" * 40
    raw = f"{sha} 1 1 1\nauthor x\n\t{other} 7 7\n{other} 2 2 2\n\tx\n{sha} 9 3\n\ty\n".encode()

    assert parse_blame(raw) == {sha: (1, 3), other: (2,)}


@given(st.binary(max_size=200))
def test_any_output_is_read_without_harm(raw):
    """What git never says must not break the reader either."""
    parse_blame(raw)
