import re

import pytest

from fermata.rules.kubernetes.logs import LogText, Sayings, drop_digits, read_log

TEXT = "starting\nERROR refused\nfine\nError timeout\nERROR refused again\n"


@pytest.fixture
def log():
    """A log of a container of which two lines say that calls were refused."""
    return LogText("log", "shop", "web-1", "web", text=TEXT)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("shop__web-1__web", ("shop", "web-1", "web", False)),
        ("shop__web-1__web__previous", ("shop", "web-1", "web", True)),
        ("shop__web-1", ("shop", "web-1", "", False)),
        ("checkout", ("", "checkout", "", False)),
    ],
)
def test_source_names_what_wrote_it(source, parts):
    """A source is a container, a pod or a workload by its name."""
    log = read_log("key", source, "text")

    assert (log.namespace, log.pod, log.container, log.previous) == parts


def test_first_needle_wins_over_the_first_line(log):
    """An earlier needle is what somebody looked for first."""
    assert log.find("timeout", "starting").line == 4
    assert log.find("absent", "starting").text == "starting"
    assert log.find("absent") is None


def test_lines_are_found_in_order_and_once(log):
    """A line that holds a needle twice is one line; a limit keeps the oldest."""
    assert [quote.line for quote in log.lines_with("ERROR")] == [2, 5]
    assert [quote.line for quote in log.lines_with("e")] == [
        number for number, line in enumerate(TEXT.split("\n"), start=1) if "e" in line
    ]
    assert [quote.line for quote in log.lines_with(re.compile("error", re.IGNORECASE), 2)] == [2, 4]
    assert log.lines_with("absent") == ()
    assert log.lines_with("E", 0) == ()


def test_search_ends_with_the_text():
    """The last line may end without a line feed."""
    assert [quote.text for quote in LogText("k", "", "p", text="a\nab").lines_with("a")] == ["a", "ab"]
    assert LogText("k", "", "p", text="x").lines_with(re.compile("$"))[0].text == "x"


def test_only_the_end_of_a_log_is_searched_when_asked(log):
    """What is wrong now stands at the end."""
    assert [quote.line for quote in log.last_lines_with("refused", "timeout", within=1000)] == [2, 4, 5]
    assert [quote.line for quote in log.last_lines_with("refused", "timeout", within=30)] == [5]
    assert [quote.line for quote in log.last_lines_with("refused", within=1000, limit=1)] == [5]
    assert log.last_lines_with("refused", within=1000, limit=0) == ()


def test_tail_leaves_blank_lines_out(log):
    """The last lines are those that say something."""
    assert [quote.text for quote in log.tail(2)] == ["Error timeout", "ERROR refused again"]
    assert log.tail(0) == ()


def test_wording_is_what_stays_when_numbers_change():
    """Its lines are those of the text."""
    assert drop_digits("12:30 error 7\n12:31 error 8 für\n3") == ": error \n: error  f?r\n"


@pytest.mark.parametrize("by_word", [False, True])
def test_needles_that_no_text_holds_are_left_out(by_word):
    """Those that stay may differ in their numbers from what a text holds."""
    said = Sayings(["Errno 110\nrefused", "trace 0af3: ok"], by_word=by_word)

    needles = ("refused", "timeout", "Errno 111", "trace 77", "refused", "refused ")
    assert [said.may_hold(needle) for needle in needles] == [True, False, True, True, True, False]
    assert not Sayings([]).may_hold("refused")


def test_needles_are_counted(log):
    """A count is of occurrences."""
    assert log.count("ERROR") == 2


def test_numbers_of_a_cut_log_are_those_of_its_source():
    """What was cut before stays counted."""
    log = LogText("k", "", "p", text="a\nb", numbers=[101, 102])

    assert log.find("b").line == 102
