"""The changes of one container: its resources, its image, one of its variables; and the restart, which changes none.

Each replaces the workload's pods by the workload's own strategy. Pure.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from fermata.domain.action import ActionSpec, Risk
from fermata.integrations.kubernetes.change_kinds import (
    Edited,
    Parameters,
    Scene,
    make_schema,
    read_parameters,
    refuse_parameter,
)
from fermata.integrations.kubernetes.quantities import PATTERN, parse_quantity, write_quantity
from fermata.integrations.kubernetes.template_change import (
    TemplateChange,
    copy_with_container,
    suggest_rollback,
    suggest_same,
)
from fermata.integrations.kubernetes.writing import RESTARTED
from fermata.kit.errors import UserError
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.ports.variables import NAME, refuse_code_name, refuse_secret, show_value

_CONTAINER = {"type": "string", "description": "Name of the container; empty means the only one", "default": ""}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_IMAGE = re.compile(r"[\w][\w./:@+-]{0,511}", re.ASCII)
# Below this nothing starts; a number of MiB that was meant without its suffix ends up here.
_LEAST_MEMORY = "4Mi"
_LEAST_CPU = "1m"


def _read_container(spec: ActionSpec, value: Any) -> str:
    if value != "" and (not isinstance(value, str) or not _LABEL.fullmatch(value)):
        raise refuse_parameter(spec, "container", "It is no name of a container")
    return str(value)


class RestartChange(TemplateChange):
    """Replace every pod by one of the same template. Nothing that anybody declares changes."""

    # Argo CD, Flux and Helm leave alone what their source does not mention, and none of them mentions this annotation.
    is_undone_by_managers = False
    spec = ActionSpec(
        name="kubernetes.rollout_restart",
        summary="Replace the pods of a workload one by one, with the same image and configuration",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=make_schema({}),
    )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return `{}`."""
        return read_parameters(self.spec, parameters, {})

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with another annotation in its template, which is what makes a rollout."""
        del parameters
        if scene.live["spec"].get("paused"):
            raise UserError(
                f"Deployment {scene.target.name} is paused, and would not restart",
                do=f"Resume it first: kubectl rollout resume {scene.target.kind}/{scene.target.name}",
            )
        desired = copy.deepcopy(scene.live)
        metadata = desired["spec"]["template"].setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), RESTARTED: MARK_PLACEHOLDER}
        return Edited(desired, "every pod is replaced by one of the same template", None, _NOTHING_TO_UNDO)


_NOTHING_TO_UNDO = "Nothing to undo: the same template runs in new pods"


class ResourcesChange(TemplateChange):
    """Change limits and requests of one container. What is not given stays."""

    spec = ActionSpec(
        name="kubernetes.set_resources",
        summary="Change memory and CPU limits and requests of one container; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=make_schema(
            {
                "container": _CONTAINER,
                **{
                    f"{kind}_{part}": {
                        "type": ["string", "null"],
                        "pattern": PATTERN,
                        "default": None,
                        "description": f"New {kind} {part}, as {example}; null leaves it as it is",
                    }
                    for kind, example in (("memory", "512Mi"), ("cpu", "500m"))
                    for part in ("limit", "request")
                },
            }
        ),
    )
    _AMOUNTS = ("memory_limit", "memory_request", "cpu_limit", "cpu_request")

    def validate(self, parameters: Parameters) -> Parameters:
        """Return all five, amounts in canonical form or `None`."""
        given = read_parameters(self.spec, parameters, {"container": "", **dict.fromkeys(self._AMOUNTS)})
        given["container"] = _read_container(self.spec, given["container"])
        for name in self._AMOUNTS:
            given[name] = self._read_amount(name, given[name])
        if not any(given[name] for name in self._AMOUNTS):
            raise UserError(f"{self.spec.name} would change nothing", do=f"Give one of {', '.join(self._AMOUNTS)}")
        return given

    def _read_amount(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        least = _LEAST_MEMORY if name.startswith("memory") else _LEAST_CPU
        try:
            if not isinstance(value, str):
                raise refuse_parameter(self.spec, name, "It is no text such as 512Mi or 500m")
            amount, written = parse_quantity(value), write_quantity(value)
        except ValueError as error:
            raise refuse_parameter(self.spec, name, str(error)) from error
        if amount < parse_quantity(least):
            raise refuse_parameter(self.spec, name, f"{value} is less than {least}; is its suffix missing?")
        return written

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with the amounts set."""
        desired, container = copy_with_container(scene.live, parameters["container"])
        resources = container.setdefault("resources", {})
        old: dict[str, Any] = {}
        said = []
        for name in self._AMOUNTS:
            kind, _, part = name.partition("_")
            group = resources.get(f"{part}s") or {}
            old[name] = group.get(kind) if parameters[name] else None
            if parameters[name] and parameters[name] != old[name]:
                said.append(f"{kind} {part} of {container['name']}: {old[name] or 'none'} -> {parameters[name]}")
                resources[f"{part}s"] = {**group, kind: parameters[name]}
        if not said:
            raise UserError(f"{container['name']} has these resources already", do="Nothing needs to change")
        is_new = any(parameters[name] and not old[name] for name in self._AMOUNTS)
        if is_new:
            undo, words = suggest_rollback(scene)
        else:
            undo, words = suggest_same(scene, self.spec.name, {**parameters, **old}, "Set the old amounts again")
        return Edited(desired, "; ".join([*said, *_warn_of_quality(container)]), undo, words)


def _warn_of_quality(container: dict[str, Any]) -> list[str]:
    resources = container["resources"]
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    limit, request = limits.get("memory"), requests.get("memory")
    if limit and request and limit != request:
        return [f"it asks for {request} and may use {limit}: where the node runs short, it is killed above its request"]
    if limit and not request:
        return [f"without a memory request of its own it asks its node for the whole {limit}"]
    return []


class ImageChange(TemplateChange):
    """Set a container's image to one that this workload has run before."""

    history_is_needed = True
    spec = ActionSpec(
        name="kubernetes.set_image",
        summary="Set a container's image to one that its rollout history holds; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=make_schema(
            {
                "container": _CONTAINER,
                "image": {"type": "string", "description": "As the history has it, to the letter"},
            },
            ("image",),
        ),
    )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return both."""
        given = read_parameters(self.spec, parameters, {"container": ""})
        given["container"] = _read_container(self.spec, given["container"])
        if not isinstance(given["image"], str) or not _IMAGE.fullmatch(given["image"]):
            raise refuse_parameter(self.spec, "image", "It is no image's name")
        return given

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with the image set."""
        desired, container = copy_with_container(scene.live, parameters["container"])
        old, new = str(container.get("image", "")), str(parameters["image"])
        if old == new:
            raise UserError(f"{container['name']} runs {new} already", do="Nothing needs to change")
        known = _list_images(scene, str(container["name"]))
        if new not in known:
            others = [image for image in known if image != old]
            raise UserError(
                f"{new} is not an image that {scene.target.name} has run before",
                why="This action goes back to what was there; a new image is a deploy",
                do=f"Choose one of: {', '.join(others[:10])}" if others else "Its history holds no other image",
            )
        container["image"] = new
        tag = "" if "@" in new else "; what a tag points at may have changed since"
        undo, words = suggest_same(
            scene, self.spec.name, {"container": container["name"], "image": old}, f"Set {old} again"
        )
        return Edited(desired, f"image of {container['name']}: {old} -> {new}{tag}", undo, words)


def _list_images(scene: Scene, name: str) -> list[str]:
    """Return the images of a container in the rollout history, the latest first."""
    found = [
        str(container.get("image", ""))
        for revision in reversed(scene.revisions)
        for container in revision.template["spec"].get("containers") or ()
        if container.get("name") == name
    ]
    return list(dict.fromkeys(found))


class VariableChange(TemplateChange):
    """Set, add or remove one variable of a container. Secrets are refused: their values would be on the card."""

    spec = ActionSpec(
        name="kubernetes.set_env",
        summary="Set one environment variable of a container; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=make_schema(
            {
                "container": _CONTAINER,
                "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
                "value": {"type": ["string", "null"], "description": "The new value; null removes the variable"},
            },
            ("name", "value"),
        ),
    )

    def validate(self, parameters: Parameters) -> Parameters:
        """Return all three."""
        given = read_parameters(self.spec, parameters, {"container": ""})
        given["container"] = _read_container(self.spec, given["container"])
        name, value = given["name"], given["value"]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise refuse_parameter(self.spec, "name", "Use letters, digits and underscores")
        if value is not None and (not isinstance(value, str) or not value.isprintable()):
            raise refuse_parameter(self.spec, "value", "It is no line of printable text, nor null")
        refuse_code_name(name)
        refuse_secret(name, value)
        return given

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the workload with the one variable changed."""
        desired, container = copy_with_container(scene.live, parameters["container"])
        name, value = parameters["name"], parameters["value"]
        variables: list[dict[str, Any]] = list(container.get("env") or ())
        held = next((one for one in variables if one.get("name") == name), None)
        if held is not None and held.get("valueFrom"):
            raise UserError(
                f"{name} of {container['name']} is not set here",
                why=f"Its value comes from elsewhere: {', '.join(held['valueFrom'])}",
                do="Change it there, by hand",
            )
        # An empty value is written as none at all.
        old = None if held is None else str(held.get("value", ""))
        refuse_secret(name, old)
        if value == old:
            state = "not set" if value is None else "that already"
            raise UserError(f"{name} of {container['name']} is {state}", do="Nothing needs to change")
        if value is None:
            variables = [one for one in variables if one is not held]
        elif held is None:
            variables = [*variables, {"name": name, "value": value}]
        else:
            variables = [{"name": name, "value": value} if one is held else one for one in variables]
        container["env"] = variables
        back = {"container": container["name"], "name": name, "value": old}
        words = f"Remove {name} again" if old is None else f'Set {name} back to "{old}"'
        undo, text = suggest_same(scene, self.spec.name, back, words)
        return Edited(desired, f"{name} of {container['name']}: {show_value(old)} -> {show_value(value)}", undo, text)
