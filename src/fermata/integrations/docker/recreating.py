"""What both ways of creating a container anew share. The present one is set aside, never removed.

The order is chosen so that each step can be taken back: the new container is created under a passing name first (a
refusal then costs nothing), the present one is stopped and renamed, the new one gets its name and is started. Whatever
fails from there on, the present one gets its name back and is started again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import (
    compute_version,
    fetch_as_operational,
    make_result,
    refuse_drift,
)
from fermata.integrations.docker.blueprint import (
    Blueprint,
    describe_blueprint,
    describe_container,
    write_diff,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import require_container
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.replacing import Replacement
from fermata.integrations.docker.site import Site, Target
from fermata.integrations.docker.wire import MARK_LABEL
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.showing import refuse_lost
from fermata.ports.action import ExecutionKey


@dataclass(frozen=True, slots=True)
class Change:
    """A replacement computed against the engine of one moment."""

    target: Target
    known: str
    """In words, what ran before and how that is known."""
    blueprint: Blueprint
    diff: str
    version: str

    @property
    def radius(self) -> BlastRadius:
        """Return what the replacement touches."""
        name = self.target.name
        text = f"1 container is replaced: {name} answers nothing until the new one runs"
        return BlastRadius(count=1, entities=(self.target.entity.ref,), text=text)


class ReplacingAction(ABC):
    """Replace a container by one like it, but for what a subclass says.

    Args:
        shown: Globs of variables whose values the diff may show.
        remembered: What was seen to run before.
    """

    spec: ClassVar[ActionSpec]

    def __init__(self, site: Site, shown: tuple[str, ...], remembered: Remembered) -> None:
        self._site = site
        self._shown = shown
        self._remembered = remembered

    @abstractmethod
    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters in canonical form. Pure.

        Raises:
            UserError: The target is no container, or the parameters are not those of the action.
        """

    @abstractmethod
    async def _compute(
        self, session: EngineSession, entity: Entity, parameters: Mapping[str, Any], mark: str
    ) -> Change:
        """Return what would be done.

        Args:
            parameters: Validated.
            mark: Kept in a label of the new container.
        """

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
            parameters = self.validate(action.target, action.parameters)
            async with self._site.client.connect() as session:
                change = await self._compute(session, action.target, parameters, key.mark)
                refuse_drift(action.dry_run.observed_version, change.version, name)
                if change.diff != action.dry_run.diff:
                    raise UserError("The change would not be the one that was approved", why="It is another one since")
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

    def _compare(self, target: Target, known: str, blueprint: Blueprint, image: Mapping[str, Any]) -> Change:
        """Return the replacement of a container by what a blueprint says.

        Args:
            image: Which the blueprint is created from, as the engine inspects it.

        Raises:
            UserError: What would change cannot be shown.
        """
        after = describe_blueprint(blueprint, image, self._shown)
        diff = write_diff(describe_container(target.raw, self._shown), after, target.name)
        refuse_lost(diff)
        return Change(target, known, blueprint, diff, compute_version(target))


def refuse_unreplaceable(target: Target) -> None:
    """Refuse to replace what would be lost, or come back by itself.

    Raises:
        UserError: It would.
    """
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
