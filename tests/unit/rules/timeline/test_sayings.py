from tests.unit.rules.timeline.trail_scene import heard, talk

from fermata.rules.timeline.sayings import find_sayings


def find(*lines):
    """Return the ids of the sayings of a channel."""
    return find_sayings(talk(*lines))


def test_sentence_that_somebody_else_says_later_is_a_saying():
    """Word by word, or with another word in its place."""
    assert find(
        ("12:00", "ana", "have we tried turning the proxy off and on again"),
        ("12:30", "bob", "Have we tried turning dns off and on again?"),
        ("12:40", "cy", "errors of checkout rise again"),
    ) == {"m1", "m2"}


def test_sentence_that_is_said_at_once_again_is_confirmed():
    """By who sees the same; nor is it a saying where one person says it twice."""
    said = "errors of checkout are at forty percent"

    assert find(("12:00", "ana", said), ("12:01", "bob", said)) == set()
    assert find(("12:00", "ana", said), ("12:30", "ana", said)) == set()
    assert find(("12:00", "pager", said), ("12:30", "bob", said)) == set()


def test_sentences_that_share_little_are_two():
    """Short ones, and those that only begin alike."""
    assert find(("12:00", "ana", "rolled back to 41"), ("12:30", "bob", "rolled back to 41")) == {"m1", "m2"}
    assert find(("12:00", "ana", "rolled back to 41"), ("12:30", "bob", "rolled back to 42")) == set()
    assert find(("12:00", "ana", "same here"), ("12:30", "bob", "same here")) == set()
    long = ("12:30", "bob", "we have tried to turn replication off on each of the hosts by now")
    assert find(("12:00", "ana", "we have tried to turn it off"), long) == set()


def test_saying_that_all_repeat_is_found_to_the_end():
    """However often it was said by then."""
    lines = [(f"12:{minute}", f"user{minute}", "can someone look at my pull request") for minute in range(10, 59, 3)]

    assert len(find(*lines)) == len(lines)


def test_saying_tells_nothing():
    """The channel hears it without a sentence, and says why; that it is over is told as often as people say so."""
    said = "deployed the new menu of the canteen for lunch"
    over = "errors of checkout are back to baseline"
    items = heard(("12:00", "ana", said), ("12:30", "bob", said), ("12:35", "ana", over), ("12:55", "bob", over))

    assert [bool(item.reading.clauses) for item in items] == [False, False, True, True]
    assert "no news" in items[0].reading.why_noise
