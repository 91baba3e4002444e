"""A drain that a disruption budget refuses, by the words of kubectl."""

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.cluster_rank import examine
from fermata.rules.signatures.kubernetes_rollout import SIGNATURES

CAUSE = "disruption_budget_blocks"
REFUSED = (
    'error when evicting pods/"web-1-a" -n "shop" (will retry after 5s): '
    "Cannot evict pod as it would violate the pod's disruption budget."
)


def drained(text):
    """Give a town in which somebody drained a node, and what was printed."""
    town = Town()
    town.documents.append(Document("q", DocumentForm.KUBECTL, text, query="kubectl drain n1"))
    return town


def test_refusal_names_node_budget_and_workload():
    """As far as they are known; the line is quoted, and it is wrong that the pod stays."""
    town = drained(f"node/n1 cordoned\nevicting pod shop/web-1-a\n{REFUSED}\n").deployment(ready=1)
    town.replica_set(existing=1, ready=1).pod(node="n1", ready=True)
    town.add("PodDisruptionBudget", "web", spec={"selector": {"matchLabels": {"app": "web"}}})

    (found,) = examine(town.build(), SIGNATURES)

    assert found.claim.subject.ref == "kubernetes:deployment/shop/web"
    assert found.claim.text == "Node n1 cannot be drained: budget web does not allow web-1-a to be evicted."
    assert found.claim.quotes[0].text == REFUSED


def test_refusal_alone_is_enough():
    """Nobody listed anything, and it is said twice."""
    (claim,) = drained(f"{REFUSED}\n{REFUSED}\n").find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:pod/shop/web-1-a"
    assert claim.text == "A node cannot be drained: its disruption budget does not allow web-1-a to be evicted."


def test_refusal_is_of_the_node_that_was_cordoned_last():
    """Who drains one node after the other prints both."""
    (claim,) = drained(f"node/n1 cordoned\nnode/n1 drained\nnode/n2 cordoned\n{REFUSED}\n").find(SIGNATURES, CAUSE)

    assert claim.text.startswith("Node n2 cannot be drained")


@pytest.mark.parametrize(
    "text",
    [
        f"{REFUSED}\npod/web-1-a evicted\nnode/n1 drained\n",
        "a disruption budget is a good thing",
        "error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): kube-system/agent",
    ],
    ids=["evicted at last", "only spoken of", "another refusal"],
)
def test_drain_that_no_budget_blocks_is_silent(text):
    """It went on, or something else is in the way."""
    assert drained(text).find(SIGNATURES, CAUSE) == []
