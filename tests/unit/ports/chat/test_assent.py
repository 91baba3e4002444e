"""Decisions in words are told from talk."""

import pytest

from fermata.ports.chat.assent import reads_as_decision


@pytest.mark.parametrize(
    "text",
    [
        "approved :+1:",
        "LGTM",
        "/approve",
        "yes do it",
        "Approved!",
        "👍",
        "ok, go ahead please",
        "reject this",
        "ship it",
    ],
)
def test_short_yes_or_no_is_a_decision(text):
    """Whoever writes it believes that it counts."""
    assert reads_as_decision(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "approved?",
        "who approved it",
        "do it",
        "looks bad",
        "yes, the pool is exhausted",
        "ok " * 7,
        "I approved it in CI",
    ],
)
def test_talk_is_none(text):
    """Questions, reports and what says something else beside it."""
    assert not reads_as_decision(text)
