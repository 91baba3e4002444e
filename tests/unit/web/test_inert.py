"""Hidden characters are shown, and nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.web.inert import reveal_hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm -rf \u202egnp.tset", "rm -rf ⟨U+202E⟩gnp.tset"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("pay\u200bments", "pay⟨U+200B⟩ments"),
        ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
        ("null\x00", "null⟨U+0000⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("selector\ufe0f\U000e0101", "selector⟨U+FE0F⟩⟨U+E0101⟩"),
        ("filler\u3164", "filler⟨U+3164⟩"),
        ("return\r", "return⟨U+000D⟩"),
    ],
)
def test_hidden_character_is_named(text, shown):
    """What the eye would not see stands there by its number."""
    assert reveal_hidden(text) == shown


@pytest.mark.parametrize("text", ["\tdef x():\n", "żółć 支払い", "שלום", "  two  spaces", "`{{7*7}}`<b>"])
def test_readable_text_stays(text):
    """Letters of any script, tabs and newlines are left alone."""
    assert reveal_hidden(text) == text


@given(st.text())
def test_revealing_twice_is_revealing_once(text):
    """What was shown holds nothing hidden any more."""
    assert reveal_hidden(reveal_hidden(text)) == reveal_hidden(text)
