"""A text is cut behind its secrets, never through one."""

import pytest

from fermata.kit.redaction import redact, redact_cut
from fermata.kit.redaction.cutting import BEYOND

ADDRESS = "postgres://shop:correct-horse-battery@db/x"
TOKEN = "PNO6jzPde0IgxLd6GncfBAepfJBd0Kh8oWq7Zt3Y"


def test_text_that_fits_is_only_redacted():
    """Nothing is lost of it, and the secrets are counted."""
    assert redact_cut(f"see {ADDRESS}", 100) == redact(f"see {ADDRESS}")


@pytest.mark.parametrize("secret", [ADDRESS, TOKEN])
def test_secret_across_the_cut_leaves_no_half(secret):
    """Half of one looks like none: wherever the cut falls in it, and however much follows."""
    for tail in ("", " and more" * 500):
        for room in range(1, len(secret)):
            kept = redact_cut("w" * (100 - room) + f" {secret}{tail}", 100).text

            assert "correct" not in kept
            assert TOKEN[:8] not in kept


def test_secret_across_the_end_of_what_is_read_is_not_kept():
    """Where much is hidden before it, what stands at the end of what was read would move up into what is kept."""
    longest = 200
    hidden = f"password={'x9' * 280} " * 2
    for start in range(longest + BEYOND - len(ADDRESS), longest + BEYOND):
        text = f"{hidden}{'w ' * 600}"[: start - 1] + f" {ADDRESS} {'w ' * 600}"

        assert "correct" not in redact_cut(text, longest).text
        assert len(redact_cut(text, longest).text) <= longest


def test_long_text_is_cut():
    """To what is asked for, when nothing is hidden in it."""
    assert redact_cut("word " * 2000, 500).text == ("word " * 2000)[:500]
