"""A town: a small cluster in the API's own shape, put together piece by piece."""

import json
from datetime import UTC, datetime, timedelta

from fermata.domain.evidence import EvidenceKind
from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.logs import read_log
from fermata.rules.signatures.base import Signature, Specificity

NOW = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)


def make_signature(cause, find, *, specificity=Specificity.ORIGIN, **more):
    """Give a signature whose words do not matter."""
    return Signature(
        id=cause,
        title="t",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="r",
        confidence_note="c",
        action="a",
        specificity=specificity,
        find=find,
        **more,
    )


class Town:
    """Builds a cluster around the namespace `shop`; every method returns the town."""

    def __init__(self):
        self.bodies = []
        self.documents = []
        self.logs = []

    def add(self, kind, name, namespace="shop", *, labels=None, owner=None, annotations=None, **parts):
        """Add any object; `owner` is a kind and a name."""
        metadata = {"name": name, "labels": labels or {}, "annotations": annotations or {}}
        if namespace:
            metadata["namespace"] = namespace
        if owner:
            metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
        self.bodies.append({"kind": kind, "metadata": metadata, **parts})
        return self

    def deployment(self, name="web", *, replicas=1, ready=0, updated=None, spec=None, status=None, **more):
        """Add a deployment whose pods carry the label app=<name>."""
        counts = {"readyReplicas": ready, "updatedReplicas": ready if updated is None else updated}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app"}]} | (spec or {})}
        body = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template} | more
        return self.add("Deployment", name, spec=body, status=counts | (status or {}))

    def replica_set(self, name="web-1", owner="web", *, wanted=1, existing=0, ready=0, revision=1, **status):
        """Add a replica set of a deployment."""
        return self.add(
            "ReplicaSet",
            name,
            owner=("Deployment", owner),
            annotations={"deployment.kubernetes.io/revision": str(revision)},
            spec={"replicas": wanted},
            status={"replicas": existing, "readyReplicas": ready} | status,
        )

    def pod(self, name="web-1-a", owner="web-1", *, node="", state=None, ready=False, spec=None, **more):
        """Add a pod: unscheduled, or on a node with its one container in the given state.

        The owner is a replica set's name, or any kind and name.
        """
        container = {"name": "app", "ready": ready, "restartCount": 0, "state": state or {}}
        status = {"phase": "Running" if ready else "Pending"} | more.pop("status", {})
        if node:
            status["containerStatuses"] = [container]
        if ready:
            status["conditions"] = [{"type": "Ready", "status": "True"}]
        return self.add(
            "Pod",
            name,
            owner=("ReplicaSet", owner) if isinstance(owner, str) else owner,
            labels=more.pop("labels", {"app": name.partition("-")[0]}),
            spec={"containers": [{"name": "app"}]} | ({"nodeName": node} if node else {}) | (spec or {}),
            status=status,
            **more,
        )

    def waiting(self, reason, message="", *, spec=None, name="web-1-a", **more):
        """Add a pod of `web` on a node whose container waits, or has ended and waits for its next start."""
        state = {"waiting": {"reason": reason, "message": message}}
        return self.pod(name, node="n1", state=state, spec=spec, **more)

    def service(self, name="web", *, app=None):
        """Add a service that selects app=<name>."""
        return self.add("Service", name, spec={"selector": {"app": app or name}, "ports": [{"port": 80}]})

    def event(self, kind, name, reason, message, *, age_s=60, sort="Warning", namespace="shop"):
        """Add an event about an object."""
        about = {"kind": kind, "name": name, "namespace": namespace}
        seen = (NOW - timedelta(seconds=age_s)).isoformat()
        number = len(self.bodies)
        return self.add(
            "Event",
            f"{name}.{number}",
            involvedObject=about,
            type=sort,
            reason=reason,
            message=message,
            firstTimestamp=seen,
            lastTimestamp=seen,
            count=1,
        )

    def listing(self, kinds, *names, namespace="shop"):
        """Add a complete list of what a namespace has of a kind; without names it has none."""
        text = "\n".join(["NAME  AGE", *(f"{name}  5m" for name in names)]) if names else ""
        query = f"kubectl get {kinds} -n {namespace}"
        self.documents.append(Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=NOW))
        return self

    def log(self, source, *lines):
        """Add what a container wrote; the source is a pod or a workload."""
        self.logs.append(read_log(f"log {source}", f"shop__{source}__app", "\n".join(lines)))
        return self

    def build(self):
        """Return the cluster."""
        shown = [
            Document(
                f"{body['kind']}/{body['metadata']['name']}",
                DocumentForm.API,
                # As YAML would print a message, which keeps its quotation marks.
                json.dumps(body, indent=2).replace('\\"', '"'),
                objects=(body,),
                observed_at=NOW,
            )
            for body in self.bodies
        ]
        return build_cluster([*self.documents, *shown], self.logs)

    def refuse(self, message, **more):
        """Add what the controller of web was told when it made a pod."""
        return self.event("ReplicaSet", "web-1", "FailedCreate", message, **more)

    def find(self, signatures, cause):
        """Return what the signature of a cause claims; each claim is of that cause and quotes something."""
        (signature,) = (item for item in signatures if item.id == cause)
        claims = list(signature.find(self.build()))
        assert all(claim.cause == cause and claim.quotes for claim in claims)
        return claims

    def list_causes(self, signatures):
        """Return the causes that any of the signatures claims, sorted."""
        cluster = self.build()
        return sorted({claim.cause for signature in signatures for claim in signature.find(cluster)})
