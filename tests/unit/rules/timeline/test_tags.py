import pytest

from fermata.rules.timeline.tags import find_marks


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("restarted the pods", "ACT_ED_FIRST"),
        ("ok so restarted the pods", "ACT_ED_FIRST"),
        ("we've just restarted it", "HAS+ACT_ED"),
        ("we\u2019re down", "IS+BAD"),
        ("we were down", "WAS+BAD"),
        ("don't restart it", "NEG+ACT_DO"),
        ("re-deployed everything", "ACT_ED"),
        ("client-side retries", "SYSTEM_MANY"),
        ("errors at 14%", "PERCENT"),
        ("workers 8 -> 40", "ARROW"),
        ("3 of 5 brokers", "FRACTION"),
        ("see #4711", "REFERENCE"),
        ("since 14:20", "CLOCK"),
        ("the kettle is broken", "OFFICE"),
        ("rebased it again", "CHORE"),
        ("qwerty zxcvb", "NO_TAG"),
        ("one", "WORDS_1_2"),
        ("a b c d e f g h i j k l m n o p q r s t u v w", "WORDS_MORE"),
    ],
)
def test_sentence_is_marked_by_what_it_is_made_of(text, mark):
    """Words by their work, their place and their neighbours, and the shapes of what is counted."""
    assert mark in set(find_marks(text))


def test_sentence_of_filling_words_alone_has_no_first_word():
    """Where nothing begins, nothing is marked as a beginning."""
    assert not any(mark.endswith(("_FIRST", "_LAST")) for mark in find_marks("ok so"))
