import pytest
from tests.unit.rules.signatures.nodes import Nodes


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "a", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "a", "value": "b", "effect": "NoSchedule"}, True),
        ({"key": "a", "value": "c"}, False),
        ({"key": "x", "operator": "Exists"}, False),
        ({"key": "a", "operator": "Exists", "effect": "NoExecute"}, False),
    ],
)
def test_tolerations_are_compared_as_the_scheduler_does(toleration, tolerated):
    """An empty key or effect stands for all, and `Exists` for every value."""
    town = Nodes().node("n1", taint="a=b:NoSchedule").wait(spec={"tolerations": [toleration]})

    assert town.causes() == ([] if tolerated else ["taint_toleration_mismatch"])


def test_preference_keeps_nobody_away():
    """`PreferNoSchedule` is a wish."""
    assert Nodes().node("n1", taint="a=b:PreferNoSchedule").wait().causes() == []


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}, True),
        ({"key": "disk", "operator": "In", "values": ["hdd"]}, False),
        ({"key": "disk", "operator": "NotIn", "values": ["hdd"]}, True),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists"}, False),
        ({"key": "gpu", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["4"]}, False),
        ({"key": "disk", "operator": "Gt", "values": []}, False),
    ],
)
def test_affinity_is_evaluated_as_the_scheduler_does(rule, fits):
    """See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/."""
    required = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    town = Nodes().node("n1", labels={"disk": "ssd", "cores": "8"}).wait(spec={"affinity": affinity})

    assert town.causes() == ([] if fits else ["node_affinity_mismatch"])
