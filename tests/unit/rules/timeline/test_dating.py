import pytest
from tests.unit.rules.timeline.trail_scene import BERLIN, message

from fermata.rules.timeline.dating import Told, find_dated, list_marks, weigh_time
from fermata.rules.timeline.dating_weights import WEIGHTS
from fermata.rules.timeline.reading import read_message
from fermata.rules.timeline.stated import find_stated_times


def told(text, *, is_met=False):
    """Return the first sentence of a message at 12:50, and the times that it names."""
    said = message(1, "12:50", "ana", text)
    clauses = read_message(said).clauses
    return (
        Told(clauses[0], said, is_alone=len(clauses) == 1, is_met=is_met),
        find_stated_times(clauses[0].text, said.at, BERLIN),
    )


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("rolled back checkout at 14:20", "behind at"),
        ("errors and timeouts since 14:20", "behind since"),
        ("14:20 rolled back checkout", "behind nothing"),
        ("the first failed order was 14:20", "behind was"),
        ("the first failed order was 14:20", "behind a first"),
        ("the last failed order was 14:20", "behind a last"),
        ("rollback went live 14:20", "behind what is over"),
        ("31 orders were lost between 14:20 and then", "behind a limit"),
        ("31 orders were lost, 14:20-14:31", "begin of a span"),
        ("checkout has been failing for all since 14:20", "lasting"),
        ("errors rose when traffic doubled at 14:20", "beside another"),
        ("rolled back checkout 14:20 our time", "with its zone"),
        ("rolled back checkout 14:20 right before the sale", "before when"),
        ("rolled back checkout at 14:20.", "at the end"),
        ("for the record: rolled back checkout at 14:20", "for the record"),
        ("per the logs checkout failed at 14:20", "from a source"),
        ("checkout failed at 14:20 sharp", "to the minute"),
        ("posted on the status page at 14:20", "told to others"),
        ("rolled back checkout at 14:48", "said soon after"),
        ("rolled back checkout at 14:45", "said shortly after"),
        ("errors started around ten past two", "about then"),
        ("checkout failed at 14:20:07", "to the second"),
        ("restarted 3 of 4 pods at 14:20", "several numbers"),
        ("customers cannot pay since 14:20", "what users felt"),
        ("the cause is the rotation at 14:20", "found"),
        ("mitigated at 14:20", "mitigated"),
        ("mitigated at 14:20", "a milestone"),
        ("rolled back checkout at 14:20", "an act"),
        ("rolled back checkout at 14:20", "all there is"),
        ("rolled back checkout at 14:20", "minutes"),
    ],
)
def test_mark_is_found_where_a_sentence_has_it(text, mark):
    """Each is one of those that have a weight."""
    sentence, stated = told(text)

    assert mark in list_marks(sentence, stated, 0)
    assert mark in WEIGHTS


def test_marks_that_tell_times_of_a_sentence_apart_are_of_each():
    """The second time of a span is its end."""
    sentence, stated = told("31 orders were lost, 14:20-14:31", is_met=True)

    first, second = (set(list_marks(sentence, stated, number)) for number in range(2))

    assert second - first == {"end of a span", "not the first", "at the end"}
    assert {"somebody wrote then", "begin of a span"} <= first


def test_time_for_which_most_speaks_is_that_of_what_is_told():
    """Of two, the one that is said to be it; what only names something is none."""
    sentence, stated = told("rolled back the 14:02 deploy at 14:20 our time")

    assert find_dated(sentence, stated) is stated[1]
    assert weigh_time(sentence, stated, 1) > 0


@pytest.mark.parametrize(
    "text",
    ["restarted the 14:02 deploy", "failing since we resized at 14:20", "no orders since about 14:20 or so"],
)
def test_time_of_something_else_leaves_the_minute_in_which_it_was_said(text):
    """Which one it is, or what somebody did beside it, is not when."""
    assert find_dated(*told(text)) is None
