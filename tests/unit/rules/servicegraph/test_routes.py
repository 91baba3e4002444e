"""Ways in from outside, and what a mesh says of calls."""

import pytest

from fermata.rules.servicegraph.partial import Basis, PartialGraph
from fermata.rules.servicegraph.routes import read_routes

KNOWN = {"web": "web", "cart": "cart"}


@pytest.fixture
def graph():
    """Give a graph in which web calls cart."""
    graph = PartialGraph("k8s/", Basis.DECLARED)
    graph.add_edge("web", "cart")
    return graph


def route(kind, name="r", **spec):
    """Give an object with its place."""
    return ({"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}, f"{name}.yaml")


def pairs(graph):
    """Give the calls without web's."""
    return [(edge.caller, edge.callee) for edge in graph.edges[1:]]


def test_ingress_leads_to_its_services(graph):
    """Rules and the default, in the new and the old form; a service that is not there is none."""
    paths = [{"backend": {"service": {"name": "web"}}}, {"backend": {"serviceName": "cart"}}, {"backend": {}}]
    item = route(
        "Ingress",
        rules=[{"http": {"paths": paths}}],
        defaultBackend={"service": {"name": "gone"}},
    )

    read_routes(graph, [item], KNOWN)

    assert pairs(graph) == [("ingress", "web"), ("ingress", "cart")]
    assert graph.nodes["ingress"].facts["kind"].value == "gateway"


def test_routes_of_the_gateway_api_are_named_after_their_gateway(graph):
    """A backend may be in another namespace; without a gateway it is an ingress of its class."""
    refs = [{"name": "web", "namespace": "shop"}, {"name": "gone"}, {"port": 1}]

    read_routes(
        graph,
        [
            route("HTTPRoute", parentRefs=[{"name": "door"}], rules=[{"backendRefs": refs}]),
            route("GRPCRoute", rules=[{"backendRefs": [{"name": "cart"}]}]),
            route(
                "Ingress", ingressClassName="nginx", rules=[{"http": {"paths": [{"backend": {"serviceName": "web"}}]}}]
            ),
        ],
        {**KNOWN, "web.shop": "web"},
    )

    assert pairs(graph) == [("door", "web"), ("ingress", "cart"), ("nginx", "web")]


def test_mesh_gives_timeouts_and_retries_to_calls(graph):
    """Of one attempt where it says so, else of the whole."""
    rules = [
        {
            "route": [{"destination": {"host": "cart.shop.svc.cluster.local"}}, {"destination": {"host": "gone"}}],
            "timeout": "1.5s",
            "retries": {"attempts": 3, "perTryTimeout": "250ms"},
        },
        {"route": [{"destination": {"host": "web"}}], "timeout": "soon", "retries": {"attempts": True}},
    ]

    read_routes(graph, [route("VirtualService", http=rules)], KNOWN)

    facts = {key: fact.value for key, fact in graph.edges[0].facts.items()}
    assert facts == {"code.timeout_ms": 250.0, "code.retries": 3}
    assert pairs(graph) == []


def test_gateway_of_a_mesh_is_a_way_in(graph):
    """The mesh itself is none, and a rule for gateways alone says nothing of calls inside."""
    rules = [{"route": [{"destination": {"host": "cart"}}], "timeout": "2s"}, {"route": [{"destination": {}}]}]

    read_routes(graph, [route("VirtualService", gateways=["shop/door", 7], http=rules)], KNOWN)
    read_routes(graph, [route("VirtualService", gateways=["mesh"], http=[])], KNOWN)

    assert pairs(graph) == [("door", "cart")]
    assert graph.edges[1].facts["code.timeout_ms"].value == 2000.0
    assert "code.timeout_ms" not in graph.edges[0].facts


def test_mesh_beside_a_gateway_means_both(graph):
    """Calls inside and from the gateway."""
    rules = [{"route": [{"destination": {"host": "cart"}}], "timeout": "2m"}]

    read_routes(graph, [route("VirtualService", gateways=["mesh", "door"], http=rules)], KNOWN)

    assert [edge.facts["code.timeout_ms"].value for edge in graph.edges] == [120_000.0, 120_000.0]
