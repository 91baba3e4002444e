"""A town with nodes, for those who ask why a pod fits none of them."""

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
