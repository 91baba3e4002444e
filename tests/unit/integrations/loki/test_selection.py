"""Which selector an entity gets from the labels and values that are there."""

import pytest

from fermata.integrations.loki.selection import choose_selectors, is_wanted, list_labels
from fermata.testing.loki import parse_logql
from fermata.testing.records import make_scope


@pytest.mark.parametrize(
    ("ref", "values", "selector"),
    [
        ("service/checkout", {"app": ["cart", "checkout"]}, '{app="checkout"}'),
        ("service/checkout", {"app": ["checkout"], "service_name": ["checkout"]}, '{service_name="checkout"}'),
        ("service/checkout", {"app": ["cart"], "container": ["checkout"]}, '{container="checkout"}'),
        ("service/checkout", {"pod": ["checkout-7d9f8b6c5-x2x4z", "checkout-worker-0"]},
         '{pod=~"checkout-([0-9]+|[a-z0-9]{1,10}-[a-z0-9]{5}|[a-z0-9]{5})"}'),
        ("kubernetes:deployment/shop/checkout", {"app": ["checkout"], "namespace": ["shop"]},
         '{app="checkout", namespace="shop"}'),
        ("kubernetes:deployment/shop/checkout", {"app": ["checkout"], "namespace": ["other"]}, '{app="checkout"}'),
        ("kubernetes:deployment/shop/checkout", {"job": ["shop/checkout"]}, '{job="shop/checkout"}'),
        ("kubernetes:pod/shop/checkout-1", {"pod": ["checkout-1"]}, '{pod="checkout-1"}'),
        ("host/web1", {"instance": ["web1:9100"]}, '{instance=~"web1(:[0-9]+)?"}'),
        ("supervisor:process/checkout", {"unit": ["checkout.service"]}, '{unit="checkout.service"}'),
    ],
)  # fmt: skip
def test_selector_is_made_of_what_is_there(ref, values, selector):
    """The first label with a value of the entity's name; the namespace beside it where Loki has it."""
    (chosen,) = choose_selectors(make_scope(ref), values)

    assert chosen.text == selector
    parse_logql(chosen.text)


@pytest.mark.parametrize(
    ("ref", "values"),
    [
        ("service/checkout", {"app": ["checkout-api"]}),
        ("service/checkout", {}),
        ("kubernetes:pod/shop/checkout-1", {"pod": ["checkout-1-x"]}),
        ("host/web1", {"instance": ["web10"]}),
        ("git:repository/checkout", {"app": ["checkout"]}),
    ],
)
def test_entity_that_loki_does_not_know_has_none(ref, values):
    """A name that only begins like it is another workload."""
    assert choose_selectors(make_scope(ref), values) == []


def test_selector_of_the_settings_goes_first():
    """A person knows their labels better than a table."""
    own = {"checkout": '{team="pay"}'}

    (chosen,) = choose_selectors(make_scope("service/checkout"), {"app": ["checkout"]}, own)

    assert chosen.text == '{team="pay"}'


def test_name_cannot_end_the_string():
    """What comes from an alert stays inside its quotes."""
    name = 'a"}|="x'

    (chosen,) = choose_selectors(make_scope(f"service/{name}"), {"app": [name]})
    matches, _ = parse_logql(chosen.text)

    assert matches({"app": name})


def test_at_most_four_selectors():
    """More would be other workloads; two ways to the same streams count once."""
    names = [f"s{number}" for number in range(6)]
    scope = make_scope(*(f"service/{name}" for name in (names[0], *names)))

    assert len(choose_selectors(scope, {"app": names})) == 4


def test_only_known_labels_are_asked_for():
    """Each asked label costs a call; the namespace's only where an entity has one."""
    known = ["app", "filename", "namespace", "pod"]

    assert list_labels(make_scope("service/checkout"), known) == ["app", "pod"]
    assert list_labels(make_scope("kubernetes:pod/shop/checkout-1"), known) == ["pod", "namespace"]


def test_repository_has_no_logs():
    """Nothing is asked for what writes none."""
    assert not is_wanted(make_scope("git:repository/shop"))
    assert is_wanted(make_scope("git:repository/shop", "service/checkout"))
