"""What people type is kept as words."""

from fermata.web.forms import clean_words


def test_typed_words_lose_only_what_cannot_be_stored():
    """Control characters go, line ends become newlines, letters of any script stay."""
    assert clean_words("  not now,\r\nz\x00ażółć\x1b[1m \t") == "not now,\nzażółć[1m"


def test_typed_words_are_bounded():
    """To four times what is kept of them: they are cut where their secrets are hidden, never before."""
    assert len(clean_words("x" * 2001)) == 2000
