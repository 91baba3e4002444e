"""Cordon and uncordon: whether a node takes new pods. Pure but for reading."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fermata.domain.action import ActionSpec, BlastRadius, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.change_kinds import Edited, Parameters, Scene, make_schema, read_parameters
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.radius import Surroundings, make_entity
from fermata.integrations.kubernetes.resources import NODE, POD, Resource
from fermata.integrations.kubernetes.revisions import Revision
from fermata.kit.errors import UserError

Json = dict[str, Any]


class CordonChange:
    """Let a node take no new pods, or (with `is_back`) take them again. What runs there goes on running."""

    resources: Mapping[str, Resource] = {"node": NODE}
    # Nodes are registered by their kubelets; no manifest is written back over them.
    is_undone_by_managers = False

    def __init__(self, *, is_back: bool) -> None:
        self._is_back = is_back
        name = "uncordon" if is_back else "cordon"
        summary = "Let a node take new pods again" if is_back else "Keep new pods off a node; those on it keep running"
        self.spec = ActionSpec(
            name=f"kubernetes.{name}",
            summary=summary,
            risk=Risk.LOW,
            reversible=True,
            parameters_schema=make_schema({}),
        )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return `{}`."""
        return read_parameters(self.spec, parameters, {})

    async def fetch_revisions(self, session: KubernetesSession, live: Json) -> tuple[Revision, ...]:
        """Return nothing: a node has no history."""
        del session, live
        return ()

    def get_versioned(self, scene: Scene, parameters: Parameters) -> Any:
        """Return whether it takes pods now; its kubelet writes everything else."""
        del parameters
        return bool(scene.live.get("spec", {}).get("unschedulable", False))

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the node with `spec.unschedulable` set."""
        del parameters
        spec = scene.live.get("spec", {})
        if bool(spec.get("unschedulable", False)) is not self._is_back:
            state = "takes new pods already" if self._is_back else "is cordoned already"
            raise UserError(f"Node {scene.target.name} {state}", do="Nothing needs to change")
        desired = copy.deepcopy(scene.live)
        desired["spec"] = {**spec, "unschedulable": not self._is_back}
        back = "cordon" if self._is_back else "uncordon"
        undo = ActionSuggestion(name=f"kubernetes.{back}", target=scene.target)
        said = "new pods may be placed on it again" if self._is_back else "no new pod is placed on it"
        return Edited(desired, said, undo, f"{back.capitalize()} it")

    async def look_around(self, session: KubernetesSession, live: Json) -> Surroundings:
        """Return the pods on the node, and as `services` the other nodes that take pods."""
        name = str(live["metadata"]["name"])
        unseen: list[str] = []
        found: list[tuple[Json, ...]] = []
        for resource, fields in ((POD, f"spec.nodeName={name}"), (NODE, "")):
            try:
                found.append((await session.list_objects(resource, fields=fields)).items)
            except Refusal as refusal:
                if refusal.code != 403:
                    raise
                found.append(())
                unseen.append(resource.plural)
        others = [one for one in found[1] if one["metadata"]["name"] != name and not one["spec"].get("unschedulable")]
        return Surroundings(pods=found[0], services=tuple(others), unseen=tuple(unseen))

    def count_radius(self, scene: Scene, edited: Edited, around: Surroundings) -> BlastRadius:
        """Return the node and the pods on it."""
        del edited
        pods, others = len(around.pods), len(around.services)
        text = f"1 node; the {pods} pod{'s' * (pods != 1)} on it go{'es' * (pods == 1)} on running"
        if "nodes" not in around.unseen and not self._is_back:
            text += f"; {others} other node{'s' * (others != 1)} take{'s' * (others == 1)} new pods"
            if not others:
                text += ": whatever is started next stays pending"
        if around.unseen:
            text += f"; not counted, as they cannot be listed: {', '.join(around.unseen)}"
        refs = (scene.target.ref, *(make_entity("pod", pod).ref for pod in around.pods))
        return BlastRadius(count=len(refs), entities=refs, text=text)
