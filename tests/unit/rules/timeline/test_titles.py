import time

import pytest
from tests.unit.rules.timeline.trail_scene import talk

from fermata.rules.timeline.titles import find_title


@pytest.mark.parametrize(
    "text",
    [
        "Incident INC-2231 declared: Card payments fail",
        "Incident INC-2231 declared by tom\nCard payments fail\nSeverity: SEV1",
        "INC-2231 opened: Card payments fail",
        ":fire: *New SEV2 incident*\n*Card payments fail*",
        ":fire::fire: New incident: Card payments fail",
        "New incident: Card payments fail\nInvestigating - We are looking into it.",
        "#inc-2231-cards created\n*Card payments fail*\nSeverity: *Major*",
    ],
)
def test_title_is_what_the_tool_calls_it(text):
    """Whatever marks stand around it."""
    assert find_title(talk(("12:00", "pager", text))) == "Card payments fail"


def test_tool_that_incidents_are_run_by_goes_before_the_status_page():
    """Customers are told less."""
    lines = (
        ("12:00", "pager", "New incident: Payments degraded\nInvestigating - We are looking into it."),
        ("12:01", "pager", "Incident declared: Card payments fail at checkout"),
    )

    assert find_title(talk(*lines)) == "Card payments fail at checkout"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (("12:00", "ana", "Incident declared: Card payments fail"),),
        (("12:00", "pager", "[FIRING] CheckoutHigh5xx"),),
        (("12:00", "pager", "Incident declared\nSeverity: SEV1"),),
        (("12:00", "pager", "Incident declared: Cards fail"), ("12:09", "pager", "Incident declared: Search is slow")),
    ],
)
def test_none_or_several_give_no_title(lines):
    """Which of two is meant, nobody says; and a person's words are talk."""
    assert find_title(talk(*lines)) == ""


@pytest.mark.parametrize("words", [":" * 400, "a:" * 200, "incident" + "_" * 390], ids=["colons", "emojis", "marks"])
def test_marks_without_a_title_are_read_at_once(words):
    """What a bot relays may be anybody's: no run of marks holds a draft up."""
    started = time.process_time()
    assert find_title(talk(("12:00", "pager", words))) == ""
    assert time.process_time() - started < 1


def test_name_of_a_channel_is_no_title():
    """The ticket in it is followed by more of the name, not by what it is called."""
    assert find_title(talk(("12:00", "pager", "#inc-2231-cards created"))) == ""
    assert find_title(talk(("12:00", "pager", "web-01 created\nSeverity: low"))) == ""
