"""Where a card's alerts point, and what else it says of fact."""

import pytest
from tests.unit.rules.card_scene import compose_usual, find_section, list_rows, make_alert

from fermata.rules.card_facts import write_pointers

RUNBOOK, BOARD = "https://runbooks.shop.example/checkout", "https://grafana.shop.example/d/abc?orgId=1"


def test_runbook_and_dashboard_of_an_alert_stand_on_its_card():
    """The first thing that is asked for at three in the morning."""
    alert = make_alert(annotations={"summary": "down", "dashboard_url": BOARD, "runbook_url": RUNBOOK})

    card = compose_usual(alerts=(alert,))

    assert list_rows(card, "Where to look") == {
        f"Runbook of {alert.name}": RUNBOOK,
        f"Dashboard of {alert.name}": BOARD,
    }


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
