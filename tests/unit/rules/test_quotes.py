"""What is no longer said is struck where others say it again, and nothing else is."""

import pytest

from fermata.rules.quotes import list_plain_lines, list_quoted_spans, remove_spans, strike_quotes

GONE = {"the password is swordfish": True, "ok": True, "v41 broke checkout for everybody": False}


def test_lines_are_compared_without_marks_case_and_spaces():
    """A quote looks different from what it quotes."""
    text = '> The  password is\tswordfish\n&gt; "OK"\n\n>> ok\nThe password is swordfish'

    assert list_plain_lines(text) == ("the password is swordfish", "ok")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("> The password is swordfish\nplease rotate it", "please rotate it"),
        ("the password is swordfish", ""),
        ("> ok\nsure", "sure"),
        ("ok", "ok"),
        ("> v41 broke checkout for everybody\nno, it did not", "no, it did not"),
        ("v41 broke checkout for everybody", "v41 broke checkout for everybody"),
        ('"The password is swordfish!!!" please rotate it', "please rotate it"),
        ("re \u201cthe password is swordfish\u201d: no", "re: no"),
        ("> The password is swordfish...\nplease", "please"),
        ('"the password is" hm', '"the password is" hm'),
        ('he said "ok" twice', 'he said "ok" twice'),
        ('"v41 broke checkout for everybody" is wrong', '"v41 broke checkout for everybody" is wrong'),
        ("> something else\n\nstays", "> something else\n\nstays"),
    ],
)
def test_only_what_is_said_again_is_struck(text, left):
    """Marked quotes of any length; unmarked lines only when they are long and were deleted."""
    assert strike_quotes(text, GONE.get) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('a "b c" d', "a d"),
        ('"b c": d', "d"),
        ('"b c"\nnext  line', "next line"),
        ('- "b c"', ""),
        ('see "b c", "d e"', "see"),
    ],
)
def test_what_a_quote_leaves_behind_is_tidy(text, left):
    """No double spaces, no sign without a sentence, no empty line."""
    assert remove_spans(text, [span for span in list_quoted_spans(text) if not span.is_marked]) == left
