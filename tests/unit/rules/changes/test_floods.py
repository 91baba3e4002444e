"""One party that takes what all share."""

import pytest

from fermata.rules.changes.floods import find_flood

LAGS = (-3, 30, "WARN queue depth 9000")


def test_tenant_that_begins_to_ask_for_much_is_a_neighbour(incident):
    """The more so where it is measured apart."""
    incident.calm("shop").log("shop", LAGS, (-10, 90, "INFO submit account=A3317 rcpt=#"))
    (told,) = find_flood(incident.read())
    incident.metric("shop", "accepted_account_A3317", 0.1, 18, since=-10)
    (measured,) = find_flood(incident.read())

    assert (told.cause, told.service, told.confidence) == ("noisy_neighbour", "shop", 0.6)
    assert (measured.confidence, len(measured.quotes)) == (0.85, 2)
    assert measured.person_must == "Limit A3317, so that the others get their share."


def test_user_whose_statements_fill_a_store_is_a_neighbour(incident):
    """A database says who asks before it says what."""
    incident.log("db", (-10, 90, "[#] analyst_kv@orders LOG:  temporary file, size #")).log("shop", LAGS)

    assert [found.cause for found in find_flood(incident.read())] == ["noisy_neighbour"]


@pytest.mark.parametrize(
    "bursts",
    [
        [(-10, 90, "INFO submit account=A3317 rcpt=#")],
        [LAGS, (-10, 20, "INFO submit account=A3317 rcpt=#")],
        [LAGS, (-10, 90, "ERROR submit account=A3317 rcpt=#")],
        [LAGS, (-10, 90, "INFO submit account=A# rcpt=1")],
        [LAGS, (-40, 90, "INFO submit account=A3317 rcpt=#")],
        [LAGS, (-10, 90, "INFO submit user=postgres rcpt=#")],
        [LAGS, (-10, 90, "INFO submit user=shop-rw rcpt=#")],
        [LAGS, (-110, 9, "INFO hello acme"), (-10, 90, "INFO submit account=acme rcpt=#")],
    ],
)
def test_who_is_no_stranger_or_does_no_harm_is_none(incident, bursts):
    """Nothing shared suffers; few lines; failures; many parties; over before; nobody in particular; ours; of old."""
    incident.calm("shop").log("shop", *bursts)

    assert list(find_flood(incident.read())) == []
