"""What was like this before, and what comes back: for people and, with --json, for machines."""

import pytest
from tests.unit.cli.desk import alert_now


@pytest.fixture
def twice(desk):
    """Give a desk that has seen checkout fail twice, the first one resolved by hand, and the later incident."""
    first = desk.send()
    desk.run("resolve", first.incident.id, "--reason", "restarted by hand")
    return desk, first.incident, desk.send(alert_now("CheckoutDown again")).incident


def test_first_incident_has_none_like_it(desk):
    """That there is nothing to compare it with is said."""
    view = desk.send()

    result = desk.run("incidents", "similar")

    assert result.code == 0
    assert f"No earlier incident is known than {view.incident.id}: there is nothing to compare it with." in " ".join(
        result.out.split()
    )
    assert desk.run("incidents", "similar", "--json").json == {
        "incident": view.incident.id,
        "compared": 0,
        "similar": [],
    }


def test_repeat_is_shown_with_why_and_how_it_ended(twice):
    """The earlier one, what the two share, and how it was ended."""
    desk, first, later = twice

    shown = desk.run("incidents", "similar", later.id, "--json").json

    assert [item["id"] for item in shown["similar"]] == [first.id]
    assert any("memory_limit_exceeded of checkout" in why for why in shown["similar"][0]["why"])
    assert shown["similar"][0]["ended"] == "resolved"
    assert shown["similar"][0]["is_over"]
    table = "".join(desk.run("incidents", "similar", later.id).out.split())
    assert first.id[-6:] in table
    assert "notover" not in table


def test_earlier_incident_that_goes_on_is_said_not_to_be_over(desk):
    """It has not ended, and so nothing is said to have ended it."""
    first = desk.send(alert_now("Down", ago_s=3000)).incident
    later = desk.send(alert_now("Down", "payment")).incident

    shown = desk.run("incidents", "similar", later.id, "--json").json["similar"]
    table = "".join(desk.run("incidents", "similar", later.id).out.split())

    assert [(item["id"], item["is_over"]) for item in shown] == [(first.id, False)]
    assert "notover:" in table


def test_cause_that_came_back_is_listed(twice):
    """With where, how often, and in which incidents."""
    desk, first, later = twice

    shown = desk.run("incidents", "recurring", "--json").json

    assert shown["incidents"] == 2
    assert [(item["cause"], item["place"]) for item in shown["recurring"]] == [("memory_limit_exceeded", "checkout")]
    assert [item["id"] for item in shown["recurring"][0]["incidents"]] == [first.id, later.id]
    assert "mitigated, not mended" in desk.run("incidents", "recurring").out


def test_nothing_that_came_back_is_a_sentence(desk):
    """With one incident nothing can have come back."""
    desk.send()

    assert "No cause was found 2 times or more; incidents looked through: 1." in desk.run("incidents", "recurring").out
