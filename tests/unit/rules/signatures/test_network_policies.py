import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.network_policies import (
    find_dns_denial,
    find_egress_denial,
    find_ingress_denial,
    selects,
)


def pods(harbour):
    """Return the cluster, the caller and the callee."""
    cluster = harbour.app("web", labels={"app": "web", "tier": "front"}).app("cart").build()
    return cluster, cluster.find("Pod", "web-7d9f8b6c5-x2x4k"), cluster.find("Pod", "cart-7d9f8b6c5-x2x4k")


def guard(*rules, direction="ingress", selector=None, **more):
    """Build a harbour whose policy selects the cart, or what is said, with rules for one direction."""
    selector = {"matchLabels": {"app": "cart"}} if selector is None else selector
    spec = {"podSelector": selector, direction: list(rules), "policyTypes": [direction.capitalize()]} | more
    return Harbour().add("NetworkPolicy", "guard", spec=spec)


def peer(**labels):
    """Return a peer that selects pods by labels."""
    return {"podSelector": {"matchLabels": labels}}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"from": [peer(tier="front")]},
        {"from": [peer(app="x"), peer(app="web")], "ports": [{"port": 8080}]},
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        {"from": [peer()], "ports": [{"port": 8000, "endPort": 9000}]},
        {"from": [peer()], "ports": [{"port": "http"}]},
        {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]},
        {"from": [{"namespaceSelector": {"matchLabels": {"team": "unknown here"}}}]},
    ],
)
def test_rule_that_admits_the_caller_denies_nothing(rule):
    """Anybody, a label of the caller, an address block or a name that cannot be judged, a range of ports."""
    cluster, caller, callee = pods(guard(rule))

    assert find_ingress_denial(cluster, caller, callee, port=8080) is None


@pytest.mark.parametrize(
    "rules",
    [
        (),
        ({"from": [peer(role="client")]},),
        ({"from": [peer(app="web")], "ports": [{"port": 81}]},),
        ({"from": [peer()], "ports": [{"port": 80, "endPort": 90}]},),
        ({"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "back"}}}]},),
        ({"from": [{"namespaceSelector": {}, **peer(app="x")}]},),
    ],
)
def test_policy_without_a_rule_for_the_caller_denies_it(rules):
    """A selected pod is reached only where a rule says so."""
    cluster, caller, callee = pods(guard(*rules))

    assert find_ingress_denial(cluster, caller, callee, port=8080).name == "guard"


def test_port_that_is_not_known_is_admitted_by_any_rule():
    """A policy is blamed only for what it certainly denies."""
    cluster, caller, callee = pods(guard({"ports": [{"port": 81}]}))

    assert find_ingress_denial(cluster, caller, callee, port=None) is None


def test_namespace_that_is_known_is_judged_by_its_labels():
    """Unlike one that was not captured."""
    harbour = guard({"from": [{"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}]})
    cluster, caller, callee = pods(harbour.add("Namespace", "shop", "", labels={"name": "shop"}))

    assert find_ingress_denial(cluster, caller, callee, port=80) is not None


def test_pod_of_another_namespace_is_no_peer_without_a_selector_for_it():
    """A selector of pods means those of the policy's own namespace."""
    harbour = guard({"from": [peer(app="web")]}).add("Pod", "far", "back", labels={"app": "web"})
    cluster, _, callee = pods(harbour)

    assert find_ingress_denial(cluster, cluster.find("Pod", "far"), callee, port=80) is not None


def test_policy_for_other_pods_or_the_other_direction_denies_nothing():
    """It is not about this call."""
    for harbour in (guard(selector={"matchLabels": {"app": "x"}}), guard(direction="egress"), Harbour()):
        cluster, caller, callee = pods(harbour)

        assert find_ingress_denial(cluster, caller, callee, port=80) is None


def test_caller_that_may_not_reach_out_is_denied():
    """Rules for egress speak of the caller."""
    closed = guard({"to": [peer(app="x")]}, direction="egress", selector={})
    opened = guard({"to": [peer(app="cart")]}, direction="egress", selector={})

    assert find_egress_denial(*pods(closed), port=80).name == "guard"
    assert find_egress_denial(*pods(opened), port=80) is None


def test_policy_without_types_is_about_what_it_has_rules_for():
    """Ingress always, egress when it speaks of it."""
    cluster, caller, callee = pods(guard(direction="egress", selector={}, policyTypes=None))

    assert find_ingress_denial(cluster, caller, callee, port=80) is not None
    assert find_egress_denial(cluster, caller, callee, port=80) is not None
    cluster, caller, callee = pods(guard(selector={}, policyTypes=None))
    assert find_egress_denial(cluster, caller, callee, port=80) is None


def test_lookups_are_denied_where_no_rule_opens_their_port():
    """Whoever may not reach port 53 knows no names."""
    for rules, denied in (((), True), (({"ports": [{"port": 53}]},), False), (({"ports": [{"port": 80}]},), True)):
        cluster, caller, _ = pods(guard(*rules, direction="egress", selector={}))

        assert (find_dns_denial(cluster, caller) is not None) is denied
    cluster, caller, _ = pods(Harbour())
    assert find_dns_denial(cluster, caller) is None


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("In", ["a", "b"], True),
        ("In", ["b"], False),
        ("NotIn", ["b"], True),
        ("NotIn", ["a"], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ],
)
def test_expressions_select_as_the_api_defines(operator, values, expected):
    """Four operators are known."""
    selector = {"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}

    assert selects(selector, {"k": "a"}) is expected
