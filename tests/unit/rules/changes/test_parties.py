"""Parties that only failing lines name."""

import pytest

from fermata.rules.changes.parties import find_named_party


def test_party_that_every_failure_names_is_found(incident):
    """Nobody told of it, and all failures are its answers."""
    incident.calm("pay").log("pay", (-3, 30, "ERROR charge # failed: cardo answered 503 Service Unavailable"))

    (found,) = find_named_party(incident.read())

    assert (found.cause, found.service, found.confidence) == ("third_party_outage", "pay", 0.5)
    assert found.person_must == "Find out who runs cardo, and ask them."


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("ERROR charge # failed: stock-api answered 503", 30),
        ("ERROR charge # failed: upstream answered 503", 30),
        ("ERROR charge # failed: POST https://api.cardo.example/v1/charges returned 503", 30),
        ("ERROR charge # failed: api.cardo.example returned 503", 30),
        ("ERROR charge # failed: cardo answered 404", 30),
        ("INFO charge # failed: cardo answered 503", 30),
        ("ERROR charge # failed: cardo answered 503", 3),
    ],
    ids=["of ours", "no name", "a path", "a host", "another status", "no error", "too few"],
)
def test_what_is_no_other_party_is_not_found(incident, line, count):
    """A service of the house is to be looked at, not asked."""
    incident.calm("pay").calm("stock-api").log("pay", (-3, count, line))

    assert list(find_named_party(incident.read())) == []


def test_host_of_an_address_is_a_party(incident):
    """What stands behind the scheme is a name."""
    incident.calm("pay").log("pay", (-3, 30, "ERROR charge # failed: http://cardo answered 503"))

    assert [found.person_must for found in find_named_party(incident.read())] == [
        "Find out who runs cardo, and ask them."
    ]
