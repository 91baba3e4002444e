"""Which incident somebody means by a word."""

import pytest

from fermata.domain.entity import Entity
from fermata.domain.incident import IncidentState
from fermata.rules.incident_names import Named, describe_others, name_incident
from fermata.testing.records import NOON, make_alert, make_incident


def make(number, service, title, **changes):
    """Return an incident about a service."""
    changes |= {"title": title, "entities": (Entity(kind="service", name=service),)}
    return make_incident(f"inc-{number}aa{number}", make_alert(), **changes)


PAY = make(1, "payments", "payments: PaymentsDown")
SHOP = make(2, "checkout", "checkout: CheckoutDown")
OVER = make(3, "checkout", "checkout: Slow", state=IncidentState.RESOLVED, resolved_at=NOON)
RECENT = (OVER, SHOP, PAY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aa1", PAY),
        ("payments", PAY),
        ("Payments", PAY),
        ("paymentsdown", PAY),
        ("checkout", SHOP),
        ("slow", OVER),
    ],
)
def test_word_names_the_only_incident_that_it_can_mean(text, found):
    """By the end of an id, a service or a word of a title; the one that goes on before what is over."""
    assert name_incident(text, RECENT).found == found


@pytest.mark.parametrize("text", ["pay", "checkou", "down", "billing", "payments:"])
def test_part_of_a_word_names_nothing(text):
    """An incident can be ended by its name: nobody guesses."""
    named = name_incident(text, RECENT)

    assert (named.found, named.others) == (None, ())


def test_word_of_several_names_none_and_lists_them():
    """Those that go on, where there are any."""
    more = [make(number, "checkout", f"checkout: Other{number}") for number in range(4, 8)]

    named = name_incident("checkout", (*more, *RECENT))

    assert (named.found, len(named.others)) == (None, 5)
    assert describe_others(named) == (
        "inc-4aa4 (checkout: Other4), inc-5aa5 (checkout: Other5), inc-6aa6 (checkout: Other6) and 2 more"
    )
    two = name_incident("checkout", (SHOP, more[0]))
    assert describe_others(two) == "inc-2aa2 (checkout: CheckoutDown), inc-4aa4 (checkout: Other4)"


def test_several_that_are_over_are_listed_as_well():
    """And nothing goes on that could be meant instead."""
    other = OVER.model_copy(update={"id": "inc-9"})

    assert name_incident("checkout", (OVER, other)).others == (OVER, other)


@pytest.mark.parametrize(("text", "near"), [("checkot", "checkout"), ("paymnets", "payments"), ("zzz", "")])
def test_slip_is_answered_with_the_name_that_is_near(text, near):
    """A name, never an incident: who meant it writes it."""
    assert name_incident(text, RECENT).near == near


def test_nothing_named_is_every_one_of_several():
    """The end of an id may be empty: then all of them are meant, and none is taken."""
    assert name_incident("", RECENT).others == RECENT
    assert name_incident("", (OVER, SHOP)).found is None
    assert name_incident("checkot", ()).near == ""


def test_end_of_several_ids_does_not_mean_the_one_that_goes_on():
    """An end is typed or pasted, and what is too short may have meant the other."""
    over = OVER.model_copy(update={"id": "inc-8aa2"})

    named = name_incident("aa2", (over, SHOP))

    assert (named.found, named.others) == (None, (over, SHOP))


def test_end_of_an_id_goes_before_no_name():
    """It ends so by chance: who names a service does not end another incident, or one that is long over."""
    by_chance = make(5, "cart", "cart: Slow", state=IncidentState.RESOLVED, resolved_at=NOON)
    by_chance = by_chance.model_copy(update={"id": "inc-5payments"})

    assert name_incident("payments", (by_chance, PAY)).others == (by_chance, PAY)
    assert name_incident("5payments", (by_chance, PAY)).found == by_chance


def test_nothing_named_is_not_the_only_one_either():
    """Every id ends in an empty text, also that of a store with one incident."""
    assert name_incident("", (SHOP,)) == Named(others=(SHOP,))
