"""A list in a sentence."""

import pytest

from fermata.kit.listing import begin_small, cut_short, cut_words, write_some


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        (dict.fromkeys("abcde"), "a, b and 3 more"),
    ],
)
def test_first_names_are_written_and_the_others_counted(names, text):
    """Those that are all there are followed by nothing."""
    assert write_some(names, 2) == text


def test_longer_text_ends_in_an_ellipsis():
    """Whoever reads it sees that there is more."""
    assert (cut_short("abcd", 4), cut_short("abcde", 4)) == ("abcd", "abc…")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Raise the limit of OOM.", "raise the limit of OOM."),
        ("OOM is what ended it.", "OOM is what ended it."),
        ("IPv6 is off.", "IPv6 is off."),
        ("A pod waits.", "a pod waits."),
        ("", ""),
    ],
)
def test_sentence_goes_on_within_another(sentence, told):
    """Only an ordinary word begins small."""
    assert begin_small(sentence) == told


@pytest.mark.parametrize(
    ("text", "shown"),
    [("no such model", "no such model"), ("no such model here", "no such …"), ("x" * 15, "x" * 13 + "…")],
)
def test_sentence_is_cut_behind_a_whole_word(text, shown):
    """Half a word could be another one."""
    assert cut_words(text, 14) == shown
