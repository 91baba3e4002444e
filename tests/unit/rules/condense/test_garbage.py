"""Anything at all as a log: no crash, no stall, no growth, and never more than the budget."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.rules.condense import condense, count_tokens, keep_lines, parse_messages
from fermata.rules.condense.reading import GAP

# Pieces that patterns are made of, repeated: what catastrophic backtracking lives on.
PIECES = (
    "0", "a", "aA", "0a", "a0", "-", "--", ".", "..", ":", "::", "/", "//", "\\", "=", "a=", '="', "'", "(", "()",
    "[", "<", "<*>", " ", "  ", "\t", "\x1b[", "\x1b[1;", "0.0", "0:0", "a.b", "a:b/", "A.", "Caused by: ", "at a.",
    'File "', "0x", "f0", "é", "\x00", "\u2028", "no error ", "exited with ", "level=", "goroutine 0", "thread '", "$",
    "_", "0/", '{"a":',
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.tuples(st.sampled_from(PIECES), st.sampled_from(PIECES), st.integers(0, 2_000)).map(
        lambda parts: parts[0] * parts[2] + parts[1]
    ),
)
RAW = st.one_of(
    st.binary(max_size=300),
    TEXTS.map(lambda text: text.encode("utf-8", "replace")),
    TEXTS.map(lambda text: text.encode("utf-16", "replace")),
)


@given(lines=st.lists(st.one_of(RAW, TEXTS), max_size=40), budget=st.integers(-5, 400), service=st.text(max_size=5))
@settings(max_examples=120, deadline=None)
def test_any_log_is_condensed_within_its_budget(lines, budget, service):
    """Every line is counted, every kept line is one of ours on a line of its own, and the text fits."""
    result = condense([("log", lines)], budget=budget, hint={"service": service, "alert": service})

    assert result.lines_in == len(lines) == sum(template.count for template in result.templates)
    assert result.tokens_out == count_tokens(result.text) <= max(0, budget)
    rest = result.text.splitlines()[1:]
    assert len(rest) == len(result.kept)
    assert all(re.match(r"[0-9]+ x[0-9]+( cut)?\| ", line) for line in rest)


@given(
    lines=st.lists(TEXTS.filter(lambda text: "\n" not in text and "\r" not in text and "\x00" not in text), max_size=40)
)
@settings(max_examples=60, deadline=None)
def test_kept_lines_stood_in_the_log(lines):
    """Lines are never paraphrased: each kept one is a line of the log, or parts of a gigantic one."""
    for kept in keep_lines(lines, 300):
        parts = kept.removeprefix("\ufeff").split(GAP)
        assert any(all(part in line for part in parts) for line in lines)


@given(lines=st.lists(TEXTS, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_messages_are_grouped(lines):
    """One group and one template a line; equal lines are of one group."""
    groups, templates = parse_messages(lines)

    assert len(groups) == len(templates) == len(lines)
    assert len({(line, group) for line, group in zip(lines, groups, strict=True)}) == len(set(lines))


@given(text=TEXTS)
@settings(max_examples=200, deadline=None)
def test_tokens_grow_with_the_text(text):
    """A longer text never counts less than half a token fewer: a budget cannot be cheated by splitting."""
    assert 0 <= count_tokens(text) <= 4 * len(text.encode("utf-8", "replace")) + 1


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_is_slow(piece):
    """A line of 200,000 characters made of any piece is read in one go; the test's time limit would tell."""
    condense([("log", [piece * (200_000 // len(piece)), piece * 400, ("x" + piece) * 400])], budget=50)
