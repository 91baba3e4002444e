"""Creating a container anew from an image its service ran before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionSpec, DryRun, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import (
    make_schema,
)
from fermata.integrations.docker.blueprint import (
    build_blueprint,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import require_container
from fermata.integrations.docker.faults import EngineRefused
from fermata.integrations.docker.images import EarlierRun, list_earlier_runs
from fermata.integrations.docker.recreating import Change, ReplacingAction, refuse_unreplaceable
from fermata.integrations.docker.site import Target
from fermata.integrations.docker.wire import Event
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.ports.action import refuse_other_names

_PREVIOUS = "previous"
# An image's id, whole or shortened as people see it, or a name with a tag.
_LONGEST_IMAGE = 300

_SPEC = ActionSpec(
    name="docker.recreate_with_previous_image",
    summary="Create one container anew from an image it ran before; the present one is set aside, stopped",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema=make_schema(
        {
            "image": {
                "type": "string",
                "minLength": 1,
                "maxLength": _LONGEST_IMAGE,
                "description": "`previous` for the one before, or the id or name of an image this service ran before",
            }
        }
    ),
)


class RecreateAction(ReplacingAction):
    """Replace a container by one like it, from an image that ran before."""

    spec = _SPEC

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"image": str}`. Pure.

        Raises:
            UserError: The target is no container, or the image is no text.
        """
        require_container(target)
        refuse_other_names(self.spec.name, parameters, known={"image"})
        image = parameters["image"]
        if not isinstance(image, str) or not image.strip() or len(image) > _LONGEST_IMAGE or image != image.strip():
            raise UserError(f"image cannot be {image!r}", do=f"Give `{_PREVIOUS}`, or an image's name or id")
        return {"image": image}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute what the new container would be, compared with the present one.

        Raises:
            UserError: There is no such container, it cannot be set aside, no such image ran before, or what would
                change cannot be shown.
            OperationalError: The engine cannot be asked.
        """
        image = str(self.validate(target, parameters)["image"])
        async with self._site.client.connect() as session:
            change = await self._compute(session, target, {"image": image}, mark="")
        name = change.target.name
        return DryRun(
            possible=True,
            diff=change.diff,
            note=f"{change.known}. {name} is stopped and kept under another name; the new container takes its name, "
            "mounts, networks, ports and labels",
            observed_version=change.version,
            blast_radius=change.radius,
            undo=ActionSuggestion(
                name=self.spec.name, target=target, parameters={"image": change.target.inspected.image}
            ),
            undo_text=f"The same with the present image, {change.target.inspected.config.image}",
        )

    async def _compute(
        self, session: EngineSession, entity: Entity, parameters: Mapping[str, Any], mark: str
    ) -> Change:
        target = await self._site.fetch_target(session, entity)
        refuse_unreplaceable(target)
        listed = await self._site.list_containers(session)
        seen = await self._remembered.list_before(target)
        runs = await list_earlier_runs(session, target, listed, await self._list_events(session), seen)
        run = _choose(runs, str(parameters["image"]), target)
        _, present = await session.inspect_image(target.inspected.image)
        _, other = await session.inspect_image(run.image.id)
        blueprint = build_blueprint(target.raw, present, other, run.name, mark)
        known = f"{run.name} last ran {format_instant(run.until)}, known from {run.source}"
        return self._compare(target, known, blueprint, other)

    async def _list_events(self, session: EngineSession) -> list[Event]:
        """Return all events that are still known; none where they may not be asked for, as containers tell most."""
        now = self._site.clock.now()
        try:
            return await session.list_events(datetime.fromtimestamp(0, now.tzinfo), now)
        except EngineRefused:
            return []


def _choose(runs: list[EarlierRun], image: str, target: Target) -> EarlierRun:
    """Return the run that is meant.

    Raises:
        UserError: No image of that name or id ran before, as far as the engine knows.
    """
    wanted = image.removeprefix("sha256:")
    for run in runs:
        names = (_PREVIOUS, run.name, *run.image.tags)
        if image in names or (len(wanted) >= 12 and run.image.id.removeprefix("sha256:").startswith(wanted)):
            return run
    known = ", ".join(run.name for run in runs) or "none"
    raise UserError(
        f"{target.name} cannot go back to {image}",
        why=f"Images it certainly ran before and that are still on the engine: {known}",
        do="Choose one of them; another image is a deployment, which this action is not for",
    )
