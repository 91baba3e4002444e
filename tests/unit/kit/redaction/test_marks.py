"""Marks: comparable, not readable, and never taken for something else."""

import pytest

from fermata.kit.redaction.marks import MARK, Tally, describe_secret, holds_any, is_marked


def test_mark_tells_its_kind_and_a_short_digest():
    """Four digits compare; 16 bits give nothing of a secret away."""
    tally = Tally()

    assert tally.mark("url", "hunter2") == "[redacted:url:f52f]"
    assert tally.mark("url", "hunter2") == "[redacted:url:f52f]"
    assert tally.count == 2


def test_value_of_a_variable_is_described_by_more_digits():
    """Live and declared values are compared by it."""
    assert describe_secret("hunter2") == "<redacted f52fbd32>"
    assert describe_secret("\ud800") == describe_secret("\udfff")


@pytest.mark.parametrize("mark", ["[redacted:url:f52f]", "[redacted:pem]", "<redacted f52fbd32>"])
def test_every_mark_of_ours_is_known(mark):
    """Those of the collectors too: what is hidden already is not hidden again."""
    assert MARK.fullmatch(mark)
    assert is_marked(mark)
    assert is_marked(f'"{mark}", {mark}.')


@pytest.mark.parametrize(
    "text", ["", "hunter2", "[redacted:url:f52f]x", "x <redacted f52fbd32>", "[redacted:URL:f52f]"]
)
def test_text_beside_a_mark_is_not_hidden_by_it(text):
    """Whoever writes a mark before a secret hides nothing."""
    assert not is_marked(text)


def test_words_are_looked_for():
    """One of them is enough."""
    assert holds_any("a b c", ("x", "b"))
    assert not holds_any("a b c", ("x", "y"))
