from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.key_words import KEY_WORDS, list_marks, read_weights, sum_marks


def test_message_is_made_of_its_words_their_pairs_and_what_its_sentences_are():
    """Every number is one word, and a bot's message says that it is."""
    person, bot = heard(
        ("12:00", "ana", "rolled back checkout, errors back to 0.2% since 12:31!"),
        ("12:01", "pager", "[RESOLVED] checkout errors"),
    )

    marks = list_marks(person)

    assert {"back to", "to 0", "0", "%", "!", "kind milestone", "stage mitigated"} <= marks
    assert "from a bot" not in marks
    assert not any("31" in mark or "2" in mark for mark in marks)
    assert "from a bot" in list_marks(bot)


def test_post_of_a_status_page_is_known_by_its_state():
    """What is told to everybody is a mark of its own."""
    (item,) = heard(("12:00", "pager", "Status page: Resolved - Checkout errors: this incident has been resolved."))

    assert "post resolved" in list_marks(item)


def test_word_that_no_weight_is_known_of_adds_nothing():
    """Sums are of hundredths, and each mark counts once."""
    weights = read_weights("all green=150;back=-25;")

    assert weights == {"all green": 150, "back": -25}
    assert sum_marks([{"all green", "back", "unknown"}, set()], weights) == [1.25, 0.0]


def test_every_key_time_has_words():
    """A table that lost one would weigh that time by nothing."""
    assert all(len(weights) > 20 for weights in KEY_WORDS.values())
    assert max(KEY_WORDS["declared"], key=KEY_WORDS["declared"].get)
