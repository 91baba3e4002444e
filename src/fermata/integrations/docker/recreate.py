"""Creating a container anew from an image its service ran before. The present one is set aside, never removed.

The order is chosen so that each step can be taken back: the new container is created under a passing name first (a
refusal then costs nothing), the present one is stopped and renamed, the new one gets its name and is started. Whatever
fails from there on, the present one gets its name back and is started again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import (
    compute_version,
    fetch_as_operational,
    make_result,
    make_schema,
    refuse_drift,
)
from fermata.integrations.docker.blueprint import (
    Blueprint,
    build_blueprint,
    describe_blueprint,
    describe_container,
    write_diff,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import require_container
from fermata.integrations.docker.faults import EngineRefused
from fermata.integrations.docker.images import EarlierRun, list_earlier_runs
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.replacing import Replacement
from fermata.integrations.docker.site import Site, Target
from fermata.integrations.docker.wire import MARK_LABEL, Event
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.showing import refuse_lost
from fermata.ports.action import ExecutionKey, refuse_other_names

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


@dataclass(frozen=True, slots=True)
class _Change:
    """A replacement computed against the engine of one moment."""

    target: Target
    run: EarlierRun
    blueprint: Blueprint
    diff: str
    version: str


class RecreateAction:
    """Replace a container by one like it, from an image that ran before.

    Args:
        shown: Globs of variables whose values the diff may show.
        remembered: What was seen to run before.
    """

    spec = _SPEC

    def __init__(self, site: Site, shown: tuple[str, ...], remembered: Remembered) -> None:
        self._site = site
        self._shown = shown
        self._remembered = remembered

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
            change = await self._compute(session, target, image, mark="")
        name, run = change.target.name, change.run
        return DryRun(
            possible=True,
            diff=change.diff,
            note=f"{run.name} last ran {format_instant(run.until)}, known from {run.source}. {name} is stopped and "
            "kept under another name; the new container takes its name, mounts, networks, ports and labels",
            observed_version=change.version,
            blast_radius=BlastRadius(
                count=1,
                entities=(target.ref,),
                text=f"1 container is replaced: {name} answers nothing until the new one runs",
            ),
            undo=ActionSuggestion(
                name=self.spec.name, target=target, parameters={"image": change.target.inspected.image}
            ),
            undo_text=f"The same with the present image, {change.target.inspected.config.image}",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the digest of what the container is made of.

        Raises:
            OperationalError: The engine cannot be asked, or no longer has the container.
        """
        del parameters  # What ran before does not make the container another one.
        async with self._site.client.connect() as session:
            return compute_version(await fetch_as_operational(self._site, session, target))

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Create the new container with the mark as a label, and put it in the place of the present one."""
        name = require_container(action.target)
        try:
            image = str(self.validate(action.target, action.parameters)["image"])
            async with self._site.client.connect() as session:
                change = await self._compute(session, action.target, image, key.mark)
                refuse_drift(action.dry_run.observed_version, change.version, name)
                if change.diff != action.dry_run.diff:
                    raise UserError("The change would not be the one that was approved", why="Another image ran since")
                replacement = Replacement(session, change.target, change.blueprint, key.mark)
                outcome, detail = await replacement.perform()
        except FermataError as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")
        return make_result(self._site, outcome, detail)

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether `execute` took effect: by the mark on the container that has the name."""
        del intended_at
        name = require_container(action.target)
        try:
            async with self._site.client.connect() as session:
                listed = await session.list_containers()
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} was created anew is not known. {error}")
        marked = next((one for one in listed if one.labels.get(MARK_LABEL) == key.mark), None)
        holder = next((one for one in listed if one.name == name), None)
        if marked is None:
            # Creating comes first: without a new container the present one was not touched.
            state = holder.state if holder else "gone"
            text = f"Not executed: no container carries the mark {key.mark}; {name} is {state}"
            return make_result(self._site, Outcome.FAILED if holder else Outcome.UNKNOWN, text)
        words = f"container {marked.name} carries the mark {key.mark} and is {marked.state}"
        is_in_place = marked.name == name and marked.state == "running"
        todo = "" if is_in_place else f"; look at docker ps --all --filter label={MARK_LABEL}={key.mark}"
        return make_result(self._site, Outcome.DONE if is_in_place else Outcome.UNKNOWN, words + todo)

    async def _compute(self, session: EngineSession, entity: Entity, image: str, mark: str) -> _Change:
        target = await self._site.fetch_target(session, entity)
        _refuse_unreplaceable(target)
        listed = await self._site.list_containers(session)
        seen = await self._remembered.list_before(target)
        runs = await list_earlier_runs(session, target, listed, await self._list_events(session), seen)
        run = _choose(runs, image, target)
        _, present = await session.inspect_image(target.inspected.image)
        _, other = await session.inspect_image(run.image.id)
        blueprint = build_blueprint(target.raw, present, other, run.name, mark)
        diff = write_diff(
            describe_container(target.raw, self._shown),
            describe_blueprint(blueprint, other, self._shown),
            target.name,
        )
        refuse_lost(diff)
        return _Change(target, run, blueprint, diff, compute_version(target))

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


def _refuse_unreplaceable(target: Target) -> None:
    host, name = target.inspected.host, target.name
    if host.auto_remove:
        raise UserError(
            f"{name} cannot be set aside",
            why="It was started with --rm: the engine removes it as soon as it stops",
            do="Create it without --rm",
        )
    if "com.docker.swarm.service.id" in target.inspected.config.labels:
        raise UserError(
            f"{name} cannot be replaced",
            why="Swarm owns it, and would create another one at once",
            do="Use docker service update --rollback",
        )
