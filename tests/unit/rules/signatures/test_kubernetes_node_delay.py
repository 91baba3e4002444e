import pytest
from tests.unit.rules.signatures.notices import NoticedTown

from fermata.rules.signatures.kubernetes_node_delay import SIGNATURES

CAUSE = "node_network_delay"
CALLS = {"web": ["cart", "mail", "ads"], "till": ["pay", "ads"]}
NODES = {"web": "n1", "till": "n1", "ads": "n1", "cart": "n2", "mail": "n3", "pay": "n2"}


def town(*slow, calm=("ads",), nodes=None):
    """Return a town in which `web` and `till` on n1 call others; some are slow, and some measured and not."""
    placed = NODES | (nodes or {})
    found = NoticedTown().run(*NODES, calls=CALLS, nodes=placed)
    for name in sorted({*placed.values(), "n1", "n2", "n3"}):
        found.add("Node", name, "")
    for name in slow:
        found.measure(name, "p90latency", 5, 900)
    for name in calm:
        found.measure(name, "p90latency", 5, 5)
    return found.slow(slow[0], 5, 900) if slow else found


def test_calls_across_one_boundary_that_are_late_accuse_the_node():
    """The cart and pay on n2, the mail on n3: they have nothing in common but that n1 calls them."""
    scene = town("cart", "pay", "mail", "web", "till")

    (claim,) = scene.find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.6
    assert "till to pay" in claim.text
    assert {f"kubernetes:deployment/shop/{name}" for name in ("cart", "pay", "mail", "web", "till")} <= claim.explains


@pytest.mark.parametrize(
    ("first", "second", "name", "confidence"), [(9, 2, "n1", 0.6), (2, 9, "n2", 0.6), (3, 3, "n1", 0.4)]
)
def test_of_two_nodes_the_one_that_repeats_itself_is_named(first, second, name, confidence):
    """Each is the other's boundary; without a difference the word is weak."""
    scene = town("cart", "pay", "mail", "web", "till", nodes={"mail": "n2"})
    scene.measure("n1", "tcp_retrans", first / 10, first / 10).measure("n2", "tcp_retrans", second / 10, second / 10)

    (claim,) = scene.find(SIGNATURES, CAUSE)

    assert (claim.subject.name, claim.confidence) == (name, confidence)
    assert claim.quotes[-1].document == f"{name}-tcp_retrans"


@pytest.mark.parametrize(
    "scene",
    [
        town(),
        town("cart", "web"),
        town("cart", "pay", "mail", "web", "till", "ads", calm=()),
        town("cart", "pay", "web", "till", calm=("ads", "mail"), nodes={"pay": "n3"}),
        town("cart", "pay", "mail", "web", "till", nodes=dict.fromkeys(NODES, "n1")),
        NoticedTown().run(*NODES, calls=CALLS, nodes=NODES).slow("cart", 5, 900),
    ],
    ids=["all is quick", "one slow callee", "slow within", "quick across", "one node", "no series"],
)
def test_what_a_node_does_not_explain_accuses_none(scene):
    """Nothing slow, one origin, a slow call within, a quick one across, one node, or nobody known to be quick."""
    assert scene.find(SIGNATURES, CAUSE) == []


def test_one_workload_that_explains_as_much_goes_first():
    """A caller that reaches all its callees late needs no slow node."""
    scene = NoticedTown().run("web", "cart", "mail", calls={"web": ["cart", "mail"]}, nodes={"web": "n1", "cart": "n2"})
    scene.add("Node", "n1", "").add("Node", "n2", "").slow("web", 5, 900)
    for name in ("web", "cart", "mail"):
        scene.measure(name, "p90latency", 5, 900)

    assert scene.find(SIGNATURES, CAUSE) == []


def test_lossy_node_goes_first():
    """Lost packets delay as well, and are told by name."""
    scene = town("cart", "pay", "mail", "web", "till")
    scene.notice("Node n1: NETWORK [TCP Retransmission] | Normal=0retrans -> Current=8retrans")

    assert scene.find(SIGNATURES, CAUSE) == []


def test_workload_on_two_nodes_and_series_of_strangers_are_left_out():
    """What runs everywhere crosses no boundary for sure, and what is not known was not measured."""
    scene = town("cart", "pay", "mail", "web", "till", calm=("ads", "ghost"))
    scene.pod("ads-1-b", "ads-1", node="n2", ready=True)

    (claim,) = scene.find(SIGNATURES, CAUSE)

    assert claim.subject.name == "n1"
