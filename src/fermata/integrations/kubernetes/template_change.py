"""What all changes of a workload's pods have in common. Pure but for reading."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from fermata.domain.action import ActionSpec, BlastRadius
from fermata.domain.diagnosis import ActionSuggestion
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.change_kinds import Edited, Parameters, Scene
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.digging import Owner
from fermata.integrations.kubernetes.radius import Surroundings, count_replacement, look_around
from fermata.integrations.kubernetes.resources import CONTROLLER_REVISION, REPLICA_SET, WORKLOADS, Resource
from fermata.integrations.kubernetes.revisions import Revision, list_revisions
from fermata.kit.errors import UserError

Json = dict[str, Any]

ROLLBACK = "kubernetes.rollback_to_revision"


class TemplateChange:
    """Base of the kinds of change that replace a workload's pods."""

    spec: ActionSpec
    resources: Mapping[str, Resource] = WORKLOADS
    is_undone_by_managers: bool = True
    history_is_needed: ClassVar[bool] = False
    """Whether the change cannot be made when the rollout history may not be read."""

    async def fetch_revisions(self, session: KubernetesSession, live: Json) -> tuple[Revision, ...]:
        """Return the rollout history, oldest first.

        Raises:
            OperationalError: It cannot be read; a missing permission only where the change needs it.
        """
        meta, kind = live["metadata"], str(live["kind"])
        resource = REPLICA_SET if kind == "Deployment" else CONTROLLER_REVISION
        try:
            listing = await session.list_objects(resource, str(meta["namespace"]))
        except Refusal as refusal:
            if refusal.code != 403 or self.history_is_needed:
                raise
            return ()
        # A workload that was removed and made anew has its namesake's revisions still being collected.
        own = [item for item in listing.items if _is_controlled_by(item, str(meta["uid"]))]
        return list_revisions(Owner(kind, str(meta["name"])), own)

    def get_versioned(self, scene: Scene, parameters: Parameters) -> Any:
        """Return the spec without the number of replicas: an autoscaler may move that, and this changes the pods."""
        del parameters
        return {key: value for key, value in scene.live["spec"].items() if key != "replicas"}

    async def look_around(self, session: KubernetesSession, live: Json) -> Surroundings:
        """Return the pods, and what sends them traffic or decides over them."""
        return await look_around(session, live)

    def count_radius(self, scene: Scene, edited: Edited, around: Surroundings) -> BlastRadius:
        """Return how many pods are replaced, and how."""
        del edited
        return count_replacement(scene.target, scene.live, around)


def _is_controlled_by(item: Mapping[str, Any], uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or ())


def find_current(scene: Scene) -> Revision | None:
    """Return the revision whose template is the live one; `None` when none is."""
    template = read_template(scene.live)
    return next((one for one in reversed(scene.revisions) if one.template == template), None)


def read_template(live: Json) -> Json:
    """Return the pod template in the form that revisions hold it."""
    template = live["spec"]["template"]
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "creationTimestamp"}
    return {"metadata": metadata, "spec": template["spec"]}


def suggest_rollback(scene: Scene) -> tuple[ActionSuggestion | None, str]:
    """Return how to take a change of the template back: by the revision that runs now."""
    current = find_current(scene)
    if current is None:
        return None, "Its revision now is not known; kubectl rollout history, then kubectl rollout undo --to-revision"
    suggestion = ActionSuggestion(name=ROLLBACK, target=scene.target, parameters={"revision": current.number})
    return suggestion, f"Roll back to revision {current.number}, which is the one before this change"


def suggest_same(scene: Scene, name: str, parameters: Parameters, words: str) -> tuple[ActionSuggestion, str]:
    """Return how to take a change back by the same action with the old values."""
    return ActionSuggestion(name=name, target=scene.target, parameters=dict(parameters)), words


def copy_with_container(live: Json, name: str) -> tuple[Json, Json]:
    """Return a copy of a workload, and the container in it that a name means.

    Args:
        name: Empty means the only one.

    Raises:
        UserError: There is none of that name, or several and no name.
    """
    desired = copy.deepcopy(live)
    containers = desired["spec"]["template"]["spec"]["containers"]
    names = [str(container["name"]) for container in containers]
    if not name and len(containers) > 1:
        raise UserError(
            f"{live['kind']} {live['metadata']['name']} has {len(names)} containers",
            do=f"Name one as container: {', '.join(names)}",
        )
    found = next((container for container in containers if not name or container["name"] == name), None)
    if found is None:
        raise UserError(
            f"{live['kind']} {live['metadata']['name']} has no container {name}",
            do=f"Name one of: {', '.join(names)}",
        )
    return desired, found
