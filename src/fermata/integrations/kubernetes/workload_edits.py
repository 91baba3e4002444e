"""The changes of a workload as a whole: how many replicas, and back to an earlier revision. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fermata.domain.action import ActionSpec, BlastRadius, Risk
from fermata.integrations.kubernetes.change_kinds import (
    Edited,
    Parameters,
    Scene,
    make_schema,
    read_parameters,
    refuse_parameter,
)
from fermata.integrations.kubernetes.owners import describe_ownership
from fermata.integrations.kubernetes.radius import Surroundings, count_resizing, refuse_autoscaled
from fermata.integrations.kubernetes.resources import DEPLOYMENT, STATEFUL_SET, Resource
from fermata.integrations.kubernetes.revisions import compare
from fermata.integrations.kubernetes.template_change import (
    TemplateChange,
    find_current,
    suggest_rollback,
    suggest_same,
)
from fermata.kit.errors import UserError

_MOST_REPLICAS = 1000  # A guess at where a number of replicas is a slip of the finger.


def _read_number(spec: ActionSpec, parameters: Parameters, name: str, most: int) -> int:
    value = read_parameters(spec, parameters, {})[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise refuse_parameter(spec, name, f"It is no whole number from 1 to {most}")
    return value


class ScaleChange(TemplateChange):
    """Change the number of replicas. Down to zero is an outage, and not offered."""

    resources: Mapping[str, Resource] = {"deployment": DEPLOYMENT, "statefulset": STATEFUL_SET}
    spec = ActionSpec(
        name="kubernetes.scale",
        summary="Change how many replicas a workload has",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=make_schema(
            {"replicas": {"type": "integer", "minimum": 1, "maximum": _MOST_REPLICAS}}, ("replicas",)
        ),
    )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return `{"replicas": int}`."""
        return {"replicas": _read_number(self.spec, parameters, "replicas", _MOST_REPLICAS)}

    def get_versioned(self, scene: Scene, parameters: Parameters) -> Any:
        """Return the whole spec and all its owners: here the number of replicas counts, and whose it is."""
        del parameters
        return [scene.live["spec"], describe_ownership(scene.live, with_replicas=True)]

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with the number set."""
        old, new = int(scene.live["spec"].get("replicas", 1)), int(parameters["replicas"])
        if old == new:
            raise UserError(f"{scene.target.name} has {new} replicas already", do="Nothing needs to change")
        desired = copy.deepcopy(scene.live)
        desired["spec"]["replicas"] = new
        summary = f"replicas: {old} -> {new}"
        if old == 0:
            return Edited(desired, summary, None, "kubectl scale --replicas=0, by hand: it had been stopped")
        return Edited(
            desired, summary, *suggest_same(scene, self.spec.name, {"replicas": old}, f"Scale to {old} again")
        )

    def count_radius(self, scene: Scene, edited: Edited, around: Surroundings) -> BlastRadius:
        """Return how many pods start or stop; refused where an autoscaler decides."""
        refuse_autoscaled(around)
        return count_resizing(scene.target, scene.live, around, edited.desired["spec"]["replicas"])


class RollbackChange(TemplateChange):
    """Put the pod template of an earlier revision in place of the present one, as `kubectl rollout undo` does."""

    history_is_needed = True
    spec = ActionSpec(
        name="kubernetes.rollback_to_revision",
        summary="Run an earlier revision of a workload again; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=make_schema(
            {"revision": {"type": "integer", "minimum": 1, "description": "As kubectl rollout history numbers it"}},
            ("revision",),
        ),
    )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return `{"revision": int}`."""
        return {"revision": _read_number(self.spec, parameters, "revision", 2**31 - 1)}

    def get_versioned(self, scene: Scene, parameters: Parameters) -> Any:
        """Return the spec, and the template that the number means: numbers move when a revision is taken up again."""
        wanted = next((one for one in scene.revisions if one.number == parameters["revision"]), None)
        return [super().get_versioned(scene, parameters), dict(wanted.template) if wanted else None]

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with the revision's template."""
        number = int(parameters["revision"])
        wanted = next((one for one in scene.revisions if one.number == number), None)
        if wanted is None:
            numbers = ", ".join(str(one.number) for one in scene.revisions) or "none"
            raise UserError(
                f"{scene.target.name} has no revision {number}",
                why=f"Kept are: {numbers}",
                do="kubectl rollout history shows them",
            )
        current = find_current(scene)
        if current is not None and current.number == number:
            raise UserError(f"{scene.target.name} runs revision {number} already", do="Nothing needs to change")
        desired = copy.deepcopy(scene.live)
        desired["spec"]["template"] = copy.deepcopy(dict(wanted.template))
        said = compare(current, wanted, scene.target.name).summary
        before = f"revision {current.number}" if current else "a revision that is not kept"
        summary = f"from {before} back to revision {number}: {said}"
        return Edited(desired, summary, *suggest_rollback(scene), is_replacement=True)
