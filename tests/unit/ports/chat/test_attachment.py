"""A file is named so that it can be told from any other."""

import hashlib

import pytest

from fermata.ports.chat.attachment import Attachment


@pytest.mark.parametrize(("content", "lines"), [(b"a\nb\n", 2), (b"a\nb", 2), (b"", 1)])
def test_file_is_described_by_lines_and_digest(content, lines):
    """A last line counts with and without its end."""
    digest = hashlib.sha256(content).hexdigest()

    assert Attachment("a.diff", "A diff", content).describe() == f"a.diff ({lines} lines, sha256 {digest})"
