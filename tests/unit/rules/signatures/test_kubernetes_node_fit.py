import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_scheduling import SIGNATURES


class Nodes(Town):
    """A town with nodes and one pod that waits for one."""

    def node(self, name, *, cordoned=False, taint=None, labels=None, control_plane=False, **allocatable):
        """Add a node; a taint is `key=value:effect`."""
        roles = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
        taints = []
        if taint:
            key, _, rest = taint.partition("=")
            value, _, effect = rest.partition(":")
            taints = [{"key": key, "value": value, "effect": effect or "NoSchedule"}]
        spec = {"taints": taints} | ({"unschedulable": True} if cordoned else {})
        labels = {"kubernetes.io/hostname": name, **roles, **(labels or {})}
        return self.add("Node", name, "", labels=labels, spec=spec, status={"allocatable": allocatable})

    def wait(self, *reasons, spec=None):
        """Add the pod and what the scheduler said of it."""
        self.deployment(spec=spec).replica_set(existing=1).pod(spec=spec)
        if reasons:
            message = f"0/4 nodes are available: {', '.join(reasons)}. preemption: 0/4 nodes are available: 4 No."
            self.event("Pod", "web-1-a", "FailedScheduling", message)
        return self

    def causes(self):
        """Return the causes that are claimed."""
        return self.list_causes(SIGNATURES)


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
