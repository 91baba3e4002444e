"""Where a card's alerts point, and what else it says of fact."""

import pytest
from tests.unit.rules.card_scene import NOON, compose_usual, find_section, list_rows, make_alert

from fermata.domain.alert import AlertStatus
from fermata.rules.card_facts import list_unknown_severities, write_pointers

RUNBOOK, BOARD = "https://runbooks.shop.example/checkout", "https://grafana.shop.example/d/abc?orgId=1"


def test_runbook_and_dashboard_of_an_alert_stand_on_its_card():
    """The first thing that is asked for at three in the morning."""
    alert = make_alert(annotations={"summary": "down", "dashboard_url": BOARD, "runbook_url": RUNBOOK})

    card = compose_usual(alerts=(alert,))

    assert list_rows(card, "Where to look") == {
        f"Runbook of {alert.name}": RUNBOOK,
        f"Dashboard of {alert.name}": BOARD,
    }


def test_summary_that_is_the_name_stands_there_once():
    """Monitors that have nothing else to say send their name twice."""
    one, two = (make_alert(annotations={}, labels={"instance": name}) for name in ("web-1", "web-2"))

    alone, *twice = (
        row
        for alerts in ((one,), (one, two))
        for row in find_section(compose_usual(alerts=alerts), "What is wrong").rows
    )

    assert one.summary == one.name
    assert (alone.label, alone.text) == (one.name, "firing since 2026-11-23 12:00:00 UTC")
    assert twice[0].text == "(instance web-1); firing since 2026-11-23 12:00:00 UTC"


def test_address_of_many_alerts_stands_there_once_and_a_storm_adds_no_more_than_four():
    """Forty instances of a rule have one runbook; `fermata incidents show` lists the rest."""
    same = [make_alert(annotations={"runbook_url": RUNBOOK}) for _ in range(40)]
    storm = [make_alert(annotations={"runbook_url": f"{RUNBOOK}/{number}"}) for number in range(40)]

    assert [row.text for row in write_pointers(same).rows] == [RUNBOOK]
    assert len(write_pointers(storm).rows) == 4


@pytest.mark.parametrize(
    "notes",
    [
        {},
        {"summary": f"see {RUNBOOK}"},
        {"runbook": "restart it and wait"},
        {"runbook_url": "javascript:alert(1)"},
        {"runbook_url": ""},
    ],
)
def test_what_is_no_address_of_a_place_to_look_is_none(notes):
    """Text stands where it stands; no other scheme is told, and no section is empty."""
    assert write_pointers((make_alert(annotations=notes),)) is None
    assert find_section(compose_usual(alerts=(make_alert(annotations=notes),)), "Where to look") is None


def test_severity_that_is_no_known_word_is_said_to_be_a_warning():
    """Once for each word, four at most: quiet hours would hold a mistyped outage back until the morning."""
    typo = make_alert(labels={"severity": "critcal"})
    many = [make_alert(labels={"severity": f"level{number}" * 20}) for number in range(9)]

    card = compose_usual(alerts=(typo, typo))

    (note,) = find_section(card, "Notes").paragraphs
    assert note == "The severity 'critcal' is no word that is known here: it is taken for a warning."
    assert len(list_unknown_severities(many)) == 4
    assert all(len(note) < 120 for note in list_unknown_severities(many))


@pytest.mark.parametrize("word", ["critical", "PAGE", " p1 ", "warning", "info", "", " "])
def test_severity_that_is_known_or_absent_is_no_note(word):
    """A note that is always there is read by nobody."""
    assert list_unknown_severities((make_alert(labels={"severity": word}),)) == ()
    assert list_unknown_severities((make_alert(labels={}),)) == ()


def test_severity_of_what_is_over_is_no_note():
    """Nobody has to be woken by it any more."""
    over = make_alert(labels={"severity": "critcal"}, status=AlertStatus.RESOLVED, ends_at=NOON)

    assert list_unknown_severities((over,)) == ()
