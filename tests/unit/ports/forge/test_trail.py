"""Which texts name an incident, whose change it was, and which deployments went back."""

import pytest

from fermata.domain.entity import Entity
from fermata.ports.forge.records import Event
from fermata.ports.forge.trail import Span, find_steps_back, name_incident, name_service
from fermata.ports.trail import TrailScope
from fermata.testing.records import NOON

WORDS = ("inc-1m844dzg232yx12f", "checkout: CheckoutDown", "checkout-service-2", "HighErrorRate")


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("see INC-1m844dzg232yx12f for more", True),
        ("Checkout: checkoutdown again", True),
        ("inc-1m844dzg232yx12f2 is another one", False),
        ("checkout-service-2 is slow", False),
        ("HighErrorRate fires too often", False),
    ],
)
def test_incident_is_named_by_its_id_or_its_title(text, is_named):
    """As a whole word, in any case; a service's name and a title of one word are everybody's."""
    entities = (Entity(kind="service", name="checkout-service-2"),)
    belongs = name_incident(TrailScope(start=NOON, end=NOON, words=WORDS, entities=entities))

    assert belongs(text) is is_named


def test_incident_without_a_name_is_named_by_nothing():
    """An empty pattern would fit every text."""
    belongs = name_incident(TrailScope(start=NOON, end=NOON, words=("", "api")))

    assert not belongs("api")


@pytest.mark.parametrize(
    ("changes", "services", "service"),
    [
        ({"title": "Deploy search-api to production"}, ("search", "search-api"), "search-api"),
        ({"environment": "checkout-prod"}, ("profile", "checkout"), "checkout"),
        ({}, ("checkout",), "checkout"),
        ({}, ("checkout", "profile"), "platform"),
        ({}, (), "platform"),
    ],
)
def test_change_is_of_the_service_that_it_names(changes, services, service):
    """Else of the only one that its repository has; else nobody knows more than the repository."""
    event = Event(**{"id": "1", "kind": "deployment", "title": "Deploy", "changed_at": NOON, **changes})

    assert name_service(event, services, "shop/platform") == service


@pytest.mark.parametrize(
    ("commits", "back"),
    [("ab", set()), ("aba", {3}), ("abab", {3}), ("aab", set()), ("abca", {4}), ("abcb", {4}), ("", set())],
)
def test_deployment_that_goes_back_is_told_from_one_that_goes_on(commits, back):
    """What ran earlier than what runs is a step back; the same again, or forward again, is none."""
    deployments = [(number, "production", sha) for number, sha in enumerate(commits, start=1)]

    assert find_steps_back(deployments) == back


def test_environments_go_back_by_themselves():
    """What production had before is new to staging."""
    deployments = [(1, "production", "a"), (2, "production", "b"), (3, "staging", "b"), (4, "staging", "a")]

    assert find_steps_back(deployments) == frozenset()


def test_span_holds_its_ends():
    """And nothing but instants."""
    span = Span(NOON, NOON)

    assert NOON in span
    assert "noon" not in span
