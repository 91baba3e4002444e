"""A town whose deployment `web` was rolled out: two revisions, their pods, and the case that holds all of it."""

import json
from datetime import timedelta

from tests.unit.rules.signatures.conftest import Scene
from tests.unit.rules.signatures.notices import NoticedTown
from tests.unit.rules.signatures.town import NOW

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.objects import entity_of

ACTIONS = frozenset(
    f"kubernetes.{verb}" for verb in ("rollback_to_revision", "set_resources", "scale", "delete_pod", "cordon")
)
OLD = {"name": "app", "image": "shop/web:1"}
NEW = {"name": "app", "image": "shop/web:2"}
FAILS = {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown"}}
HANGS = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
WENT_THROUGH = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}


def available(status, *, ago_s):
    """Return the condition that a deployment has its pods, since some seconds."""
    since = (NOW - timedelta(seconds=ago_s)).isoformat()
    reason = f"MinimumReplicas{'Available' if status else 'Unavailable'}"
    return {"type": "Available", "status": str(status), "reason": reason, "lastTransitionTime": since}


class RolledTown(NoticedTown):
    """Builds revisions; `case` is what a diagnosis of them may rest on. By default, revision 2 came lately."""

    def __init__(self):
        super().__init__()
        self.names = ["web"]
        self.actions = ACTIONS
        self.is_alerted = True
        self.changes = []

    def revision(self, number, *containers, ago_s=240, ready=0, again=False, owner="web", **spec):
        """Add a replica set of `web` with a pod template."""
        name = f"{owner}-{number}"
        self.replica_set(name, owner, revision=number, ready=ready)
        body = self.bodies[-1]
        body["spec"]["template"] = {"spec": {"containers": list(containers)} | spec} if containers else {}
        if ago_s is not None:
            body["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=ago_s)).isoformat()
        if again:
            body["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = "1"
        return self

    def current(self, number, *containers, conditions=(HANGS,), kind="Deployment", paused=False, **spec):
        """Add the deployment `web` as it is declared now."""
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": list(containers)} | spec}
        return self.add(
            kind,
            "web",
            annotations={"deployment.kubernetes.io/revision": str(number)},
            spec={"replicas": 2, "template": template, "paused": paused},
            status={"conditions": list(conditions)},
        )

    def rolled(self, old=OLD, new=NEW, **more):
        """Add revision 1, which ran for days, and revision 2, which is declared now."""
        created = {"ago_s": more.pop("ago_s", 240), "again": more.pop("again", False)}
        self.revision(1, old, ago_s=86400, ready=more.pop("ready", 0)).revision(2, new, **created)
        return self.current(2, new, **more)

    def kept(self, kind, number, *containers, ago_s=240):
        """Add a controller revision of the stateful or daemon set `web`."""
        template = {"spec": {"containers": list(containers)}}
        self.add("ControllerRevision", f"web-{number}", owner=(kind, "web"), revision=number)
        self.bodies[-1]["data"] = {"spec": {"template": template}}
        self.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=ago_s)).isoformat()
        return self

    def replaced(self, kind, old=OLD, new=NEW, *, ago_s=240, status=None, **spec):
        """Add the stateful or daemon set `web` with its two revisions, the latter of which is declared now."""
        self.kept(kind, 1, old, ago_s=86400).kept(kind, 2, new, ago_s=ago_s)
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [new]}}
        return self.add(kind, "web", spec={"replicas": 2, "template": template} | spec, status=status or {})

    def member(self, kind, name, mark, *, state=FAILS, ready=False):
        """Add a pod of the stateful or daemon set `web`, marked with its revision."""
        labels = {"app": "web", "controller-revision-hash": mark}
        state = {"running": {}} if ready else state
        return self.pod(name, (kind, "web"), node="n1", state=state, ready=ready, labels=labels)

    def instance(self, name, *, of, state=None, ready=False, age_s=600, container="app", node="n1"):
        """Add a pod of a replica set with its one container in a state."""
        self.pod(name, of, node=node, state=state, ready=ready, spec={"containers": [{"name": container}]})
        self.bodies[-1]["status"]["containerStatuses"][0]["name"] = container
        self.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=age_s)).isoformat()
        return self

    def serve(self, *, of="web-1", name="web-1-a"):
        """Add a pod that is ready."""
        return self.instance(name, of=of, state={"running": {}}, ready=True)

    def fail(self, *, of="web-2", name="web-2-a", state=FAILS, **more):
        """Add a pod that is not."""
        return self.instance(name, of=of, state=state, **more)

    def case(self):
        """Return the case; its alert fires since a minute, unless there is none."""
        scene = Scene()
        scene.names, scene.actions = self.names, self.actions
        for body in self.bodies:
            ref = f"kubernetes:{body['kind'].lower()}/{body['metadata'].get('namespace', 'shop')}"
            facts = {"form": "api", "objects": [body]}
            lines = json.dumps(body, indent=2).split("\n")
            scene.add(EvidenceKind.OBJECTS, f"{ref}/{body['metadata']['name']}", lines, facts, observed_at=NOW)
        for change in self.changes:
            scene.change(*change[0], **change[1])
            scene.evidence[-1] = scene.evidence[-1].model_copy(update={"entity": change[2]})
        case = scene.build()
        # What the town knows beside its objects: series that an investigation would bring as metrics.
        vars(case)["cluster"] = case.cluster
        case.cluster.series = tuple(self.series)
        if not self.is_alerted:
            case = type(case)(scope=case.scope, alerts=(), evidence=case.evidence, known_actions=case.known_actions)
        return case


def claim(cause, kind="Deployment", name="web", namespace="shop", **more):
    """Return a claim of a cause about an object, as a signature would make it."""
    defaults = {"text": "It fails.", "confidence": 0.9, "quotes": (), "person_must": "Look at it."}
    return Claim(cause=cause, subject=entity_of(kind, namespace, name), **(defaults | more))
