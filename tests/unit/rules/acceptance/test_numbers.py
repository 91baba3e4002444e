"""Numbers in a text have to stand in what it cites."""

import pytest

from fermata.rules.acceptance.numbers import count_alike, find_unfounded

SOURCES = [
    "limit 134217728 bytes, used 97.5 %, timeout 30000ms",
    "12:03:05 attempt x14 of 5,000 to 10.96.222.64:8080",
    "version 1.25 and 1,536 rows",
]


@pytest.mark.parametrize(
    "text",
    [
        "nothing to count",
        "it is 1 of 2",
        "the limit is 134217728",
        "the limit is 128 MiB",
        "the limit is 128Mi",
        "after 30 s",
        "after 30 seconds and 14 attempts",
        "at 12:03 it began",
        "of 5000 rows",
        "used 97.5%",
        "10.96.222.64 refuses",
        "port 8080",
        "1536 rows",
        "node-3, v1.2.9, p99 and step2 are names",
        "shop/7 and 3:x are names, too",
        "after fourteen attempts, and in a few",
        "one, two, three or ten things",
    ],
)
def test_number_that_stands_there_is_founded(text):
    """As it is written, or as the same amount in another unit; numbers inside of names are names."""
    assert find_unfounded(text, SOURCES) == ()


@pytest.mark.parametrize(
    ("text", "unfounded"),
    [
        ("it needs 512 MiB", ("512 MiB",)),
        ("3 pods and 3 more, 4 in all", ("3", "4")),
        ("after 31 s", ("31 s",)),
        ("at 12:04 it began", ("12:04",)),
        ("342 rows", ("342",)),
        ("version 25 fails", ("25",)),
        ("10.96.222.6 refuses", ("10.96.222.6",)),
        ("forty of fifty-two in use", ("40", "52")),
    ],
)
def test_number_that_stands_nowhere_is_named(text, unfounded):
    """A part of a longer number is no occurrence, and what would have to be worked out is none either."""
    assert find_unfounded(text, SOURCES) == unfounded


def test_without_sources_every_number_is_unfounded():
    """Nothing cited founds nothing."""
    assert find_unfounded("7 things", []) == ("7",)


@pytest.mark.parametrize(
    ("text", "unfounded"),
    [
        ("it came 31 times", ()),
        ("31 of them", ()),
        ("32 times", ("32",)),
        ("after 31 minutes", ("31 minutes",)),
        ("31 s", ("31 s",)),
        ("31GiB were used", ("31GiB",)),
        ("31 % failed", ("31 %",)),
        ("31 days", ("31 days",)),
    ],
)
def test_count_founds_how_often_and_never_how_much(text, unfounded):
    """How often a line came says nothing of how long something took, or how large it is."""
    assert find_unfounded(text, SOURCES, lambda: [31]) == unfounded


def test_nothing_is_counted_where_every_number_stands():
    """It reads all lines of what is cited."""
    assert find_unfounded("limit 134217728", SOURCES, lambda: pytest.fail("counted")) == ()


def test_lines_that_differ_in_digits_are_alike():
    """As the brief counts them; other words are another line."""
    lines = ["send 1 of 20", "send 22 of 3", "sent 1 of 20", "send 1 of"]

    assert count_alike(lines, "send 7 of 8") == 2
    assert count_alike([], "send 7 of 8") == 0


def test_number_may_be_spelled_on_either_side():
    """Who writes it in words says the same number, and an invented one is no less invented."""
    assert find_unfounded("twenty workers", ["Twenty workers were started"]) == ()
    assert find_unfounded("twenty workers", ["21 workers were started"]) == ("20",)
    assert find_unfounded("a twenty-year-old fault", ["it is old"]) == ()


@pytest.mark.parametrize("text", ["one hundred and twenty calls", "two hundred fifty calls", "sixty thousand calls"])
def test_part_of_a_larger_number_in_words_is_none(text):
    """`two hundred and fifty` is not 50."""
    assert find_unfounded(text, ["120 calls, 250 calls, 60000 calls"]) == ()
