import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_proxy import SIGNATURES

CAUSE = "kube_proxy_unavailable"
ADDRESSES = {"cart": "10.0.0.1", "store": "10.0.0.2"}


class Nodes(Town):
    """A town of two nodes: `web` and `pay` call `cart`, which calls `store`."""

    def __init__(self):
        super().__init__()
        self.add("Node", "n1", "").add("Node", "n2", "")

    def run(self, name, node, *, calls=(), ready=True):
        """Add a workload with one pod on a node and its service."""
        values = [{"name": f"{target.upper()}_ADDR", "value": f"{target}:80"} for target in calls]
        spec = {"containers": [{"name": "app", "env": values}]}
        self.deployment(name, ready=1, spec=spec).replica_set(f"{name}-1", name, existing=1, ready=1)
        self.pod(f"{name}-1-a", f"{name}-1", node=node, ready=ready, spec=spec)
        self.service(name)
        self.bodies[-1]["spec"]["clusterIP"] = ADDRESSES.get(name, "10.0.0.9")
        addresses = [{"ip": "172.16.0.1", "targetRef": {"kind": "Pod", "name": f"{name}-1-a"}}]
        subset = {"addresses" if ready else "notReadyAddresses": addresses, "ports": [{"port": 80}]}
        return self.add("Endpoints", name, subsets=[subset])

    def all(self, *, web="n1", cart="n1", store="n2", pay="n2"):
        """Add all four."""
        self.run("web", web, calls=["cart", "pay"]).run("cart", cart, calls=["store"]).run("store", store)
        return self.run("pay", pay, calls=["cart"])

    def timeout(self, source, target):
        """Let a workload log a call that timed out at a service's own address."""
        return self.log(
            f"{source}-1-a", "up", f"rpc error: code = 14 desc = dial tcp {ADDRESSES[target]}:80: i/o timeout"
        )


def test_calls_that_time_out_from_one_node_accuse_its_proxy():
    """Two workloads of n1 cannot reach services that have ready pods, wherever these run."""
    (claim,) = Nodes().all().timeout("web", "cart").timeout("cart", "store").find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.75
    assert claim.text.endswith("cart to store, web to cart.")
    assert claim.quotes[0].text.endswith("i/o timeout")
    assert "kubernetes:deployment/shop/pay" in claim.explains


def test_nested_answer_is_charged_to_the_callee_that_passed_it_on():
    """An error within an error tells of a call that somebody in between made: of those called, the only caller."""
    town = Nodes().all()
    inner = "rpc error: code = 14 desc = connection error: dial tcp 10.0.0.1:80: i/o timeout"
    town.log("web-1-a", f"rpc error: code = 13 desc = cart failure: {inner}")

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.subject.name == "n2"
    assert "pay to cart" in claim.text


def test_nested_answer_that_nobody_in_between_can_have_made_is_dropped():
    """Of a store that only the cart calls, web's nested answer could be the cart's; of the cart's own, nobody's."""
    town = Nodes().all()
    inner = "rpc error: code = 14 desc = dial tcp 10.0.0.2:80: i/o timeout"
    town.log("cart-1-a", f"rpc error: code = 13 desc = odd: {inner}")

    assert town.find(SIGNATURES, CAUSE) == []


def test_named_endpoint_of_a_client_library_is_read():
    """Some clients say the name instead of the address."""
    town = Nodes().all().log("cart-1-a", "It was not possible to connect. ConnectTimeout, serverEndpoint: store:80, x")

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.subject.name == "n1"


def test_names_that_are_not_found_from_one_node_are_a_weaker_sign():
    """A node's cache of names asks at a service's address as well; a call that was dialled says more."""
    named = Nodes().all().log("cart-1-a", *["dial tcp: lookup store on 169.254.20.10:53: no such host"] * 9)
    both = Nodes().all().log("cart-1-a", "lookup store: no such host", "dial tcp 10.0.0.2:80: i/o timeout")

    assert [claim.confidence for claim in named.find(SIGNATURES, CAUSE)] == [0.6]
    assert [claim.confidence for claim in both.find(SIGNATURES, CAUSE)] == [0.75]


def test_failure_that_was_got_over_is_none():
    """While services are being made, their names and addresses fail for a moment."""
    lines = ["dial tcp: lookup store on 169.254.20.10:53: no such host", *["all is well, request answered"] * 40]

    assert Nodes().all().log("cart-1-a", *lines).find(SIGNATURES, CAUSE) == []


def test_callers_of_a_service_that_nobody_configures_are_the_logs_owners():
    """Without a call graph, whoever logs the failure is taken for the caller."""
    town = Nodes().run("web", "n1").run("cart", "n2").timeout("web", "cart")

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.subject.name == "n1"


def test_calls_that_fail_from_everywhere_accuse_no_proxy():
    """As many from one node as from the other: what they call is the trouble."""
    town = Nodes().all().timeout("web", "cart").timeout("pay", "cart")

    assert town.find(SIGNATURES, CAUSE) == []


def test_callee_without_ready_pods_accuses_no_proxy():
    """An address that has nothing behind it leads nowhere by itself."""
    town = Nodes().run("web", "n1", calls=["cart"]).run("cart", "n2", ready=False).timeout("web", "cart")

    assert town.find(SIGNATURES, CAUSE) == []


def test_policy_may_cut_calls_off_instead():
    """Where a network policy exists, silence."""
    town = Nodes().all().timeout("web", "cart").add("NetworkPolicy", "deny", spec={})

    assert town.find(SIGNATURES, CAUSE) == []


def test_one_node_cannot_be_told_from_all():
    """All pods on one node: nothing sets its proxy apart from the callee."""
    assert Nodes().all(store="n1", pay="n1").timeout("web", "cart").find(SIGNATURES, CAUSE) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("web-1-a", "dial tcp 10.9.9.9:80: i/o timeout"),
        ("web-1-a", "i/o timeout"),
        ("stranger", "dial tcp 10.0.0.1:80: i/o timeout"),
        ("web-1-a", "dial tcp 10.0.0.1:80: connect: connection refused"),
    ],
)
def test_other_failures_accuse_no_proxy(source, line):
    """Unknown addresses, lines without one, logs of unknown owners, and refusals, which are answers."""
    assert Nodes().all().log(source, line).find(SIGNATURES, CAUSE) == []


def test_proxy_seen_to_crash_is_nearly_certain():
    """Where it runs as a pod, its own state speaks, before any call fails; a healthy one does not."""
    town = Nodes().all()
    for name, node, ready in (("kube-proxy-a", "n1", False), ("kube-proxy-b", "n2", True)):
        state = {} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
        town.pod(name, ("DaemonSet", "kube-proxy"), node=node, state=state, ready=ready)
        town.bodies[-1]["metadata"]["namespace"] = "kube-system"

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.subject.name == "n1"
    assert claim.confidence == 0.95
    assert "kube-proxy-a" in claim.quotes[0].text
