import pytest

from fermata.rules.timeline.lexicon import TAGS


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("reverted", "ACT_ED"),
        ("disabling", "ACT_ING"),
        ("patches", "ACT_DOES"),
        ("retried", "MEND_ED"),
        ("deployed", "ACT_ED"),
        ("shipped", "ACT_ED"),
        ("resetting", "ACT_ING"),
        ("undone", "ACT_ED"),
        ("found", "FIND_ED"),
        ("froze", "ACT_ED"),
    ],
)
def test_verbs_are_known_in_all_their_forms(word, tag):
    """Regular, doubled and irregular."""
    assert tag in TAGS[word]


def test_words_are_looked_up_as_they_are_tokenised():
    """Lower case and no apostrophes: what is written otherwise would never be found."""
    assert all(word == word.lower() for word in TAGS)
