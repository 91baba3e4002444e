"""A harbour: a town with services, ports, environments, network policies and alerts."""

from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.claims import Quote
from fermata.rules.documents import Document, DocumentForm


class Harbour(Town):
    """Builds workloads that serve and call each other; every method returns the harbour."""

    def __init__(self):
        super().__init__()
        self.notices = []
        self.spec = {}
        """What the specification of each further pod holds besides its containers."""

    def app(self, name, *, ready=True, replicas=1, kind="Deployment", labels=None, node="n1", more=(), **container):
        """Add a workload with one pod; `container` is what its container's specification holds besides its name.

        `ready=None` adds no pod. `more` are further containers.
        """
        labels = labels or {"app": name}
        containers = [{"name": "app", **container}, *more]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers} | self.spec}
        body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        count = 1 if ready else 0
        self.add(kind, name, spec=body, status={"readyReplicas": count, "updatedReplicas": count, "replicas": 1})
        if ready is None:
            return self
        state = {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
        status = [
            {"name": each["name"], "ready": bool(ready), "restartCount": 0, "state": state} for each in containers
        ]
        conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
        return self.add(
            "Pod",
            f"{name}-7d9f8b6c5-x2x4k" if kind == "Deployment" else f"{name}-0",
            labels=labels,
            owner=("ReplicaSet", f"{name}-7d9f8b6c5") if kind == "Deployment" else (kind, name),
            spec={"containers": containers, "nodeName": node} | self.spec,
            status={"phase": "Running", "containerStatuses": status, "conditions": conditions},
        ).owner_set(name, kind, labels)

    def owner_set(self, name, kind, labels):
        """Add the replica set between a deployment and its pod."""
        if kind == "Deployment":
            self.add(
                "ReplicaSet",
                f"{name}-7d9f8b6c5",
                labels=labels,
                owner=(kind, name),
                spec={"replicas": 1},
                status={"replicas": 1},
            )
        return self

    def svc(self, name, port=80, *, target=None, selector=None, serves=(), protocol="TCP", **spec):
        """Add a service with one port, and its endpoints: `ip:port` each, or `None` when they are not known."""
        ports = [{"port": port, "targetPort": target or port, "protocol": protocol}]
        selector = {"app": name} if selector is None else selector
        self.add("Service", name, spec={"selector": selector, "ports": ports, "clusterIP": "10.96.0.99"} | spec)
        if serves is None:
            return self
        subsets = [
            {"addresses": [{"ip": ip}], "ports": [{"port": int(number)}] if number else []}
            for ip, _, number in (address.partition(":") for address in serves)
        ]
        return self.add("Endpoints", name, subsets=subsets)

    def table(self, query, text):
        """Add what a command printed."""
        self.documents.append(Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=NOW))
        return self

    def notice(self, text):
        """Add a line of an alert."""
        self.notices.append(Quote("alert", len(self.notices) + 1, text))
        return self

    def build(self):
        """Return the cluster."""
        cluster = super().build()
        cluster.notices = tuple(self.notices)
        return cluster
