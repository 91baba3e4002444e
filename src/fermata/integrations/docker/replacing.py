"""The steps of putting one container in the place of another, and the way back from each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fermata.domain.action import Outcome
from fermata.integrations.docker.blueprint import Blueprint
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import name_aside
from fermata.integrations.docker.faults import EngineRefused, NotDelivered
from fermata.integrations.docker.restart import STOP_S
from fermata.integrations.docker.site import Target, find_target
from fermata.kit.errors import OperationalError

_SEEN_RUNNING = 5
_LOOK_EVERY_S = 0.2
"""The new container must be seen to run for a second: one that dies at its start is taken back."""


@dataclass(slots=True)
class Replacement:
    """One replacement under way."""

    session: EngineSession
    target: Target
    blueprint: Blueprint
    mark: str
    _new_id: str = ""
    _done: list[str] = field(default_factory=list)
    """Steps that were taken on the present container: what the way back has to undo."""

    @property
    def _old_id(self) -> str:
        return self.target.inspected.id

    @property
    def _aside(self) -> str:
        return name_aside(self.target.name, self.mark)

    async def perform(self) -> tuple[Outcome, str]:
        """Take all steps; on a failure go back. Returns what is known and, in words, what happened."""
        name = self.target.name
        try:
            await self._create()
        except NotDelivered as error:
            return Outcome.FAILED, f"Nothing was changed. {error}"
        except EngineRefused as error:
            await self._remove_new()
            return Outcome.FAILED, f"Nothing was changed: the new container could not be created. {error}"
        except OperationalError as error:
            return Outcome.UNKNOWN, f"A new container may have been created; {name} itself was not touched. {error}"
        try:
            await self._set_aside()
            await self._put_in_place()
        except OperationalError as error:
            return await self._go_back(error)
        image = self.blueprint.body["Image"]
        return Outcome.DONE, f"{name} runs from {image}; the container before it is kept, stopped, as {self._aside}"

    async def _create(self) -> None:
        passing = f"{self.target.name}.new-{self.mark[-12:]}"
        answer = await self.session.post("/containers/create", dict(self.blueprint.body), {"name": passing})
        self._new_id = str(answer["Id"]) if isinstance(answer, dict) and "Id" in answer else passing
        for network, endpoint in self.blueprint.further_networks.items():
            body = {"Container": self._new_id, "EndpointConfig": endpoint}
            await self.session.post(f"/networks/{network}/connect", body)

    async def _set_aside(self) -> None:
        # Both would want the same ports, and an `always` container comes back with the engine.
        await self._step("policy", f"/containers/{self._old_id}/update", {"RestartPolicy": {"Name": "no"}})
        await self._step("stop", f"/containers/{self._old_id}/stop", params={"t": str(STOP_S)})
        await self._step("name", f"/containers/{self._old_id}/rename", params={"name": self._aside})

    async def _put_in_place(self) -> None:
        await self.session.post(f"/containers/{self._new_id}/rename", params={"name": self.target.name})
        await self.session.post(f"/containers/{self._new_id}/start", patience_s=STOP_S)
        for _ in range(_SEEN_RUNNING):
            await asyncio.sleep(_LOOK_EVERY_S)
            now = await find_target(self.session, self._new_id)
            state = now.inspected.state if now else None
            if state is None or state.status != "running":
                why = f"It is {state.status} with exit code {state.exit_code}" if state else "It is gone"
                raise OperationalError("The new container did not stay up", why=why, do="Read its log")

    async def _step(self, step: str, path: str, body: object = None, params: dict[str, str] | None = None) -> None:
        # Noted before: a call whose answer was lost may have taken effect, and the way back has to undo it.
        self._done.append(step)
        await self.session.post(path, body, params, patience_s=STOP_S + 5)

    async def _go_back(self, error: OperationalError) -> tuple[Outcome, str]:
        name = self.target.name
        try:
            await self._remove_new()
            await self._restore()
        except OperationalError as second:
            return Outcome.UNKNOWN, (
                f"{error} Going back failed too. {second} "
                f"Do it by hand: docker rename {self._aside} {name}; docker start {name}"
            )
        return Outcome.FAILED, f"{error} The container before it has its name again and is as it was"

    async def _restore(self) -> None:
        inspected = self.target.inspected
        if "name" in self._done:
            now = await find_target(self.session, self._old_id)
            if now is not None and now.name != self.target.name:
                await self.session.post(f"/containers/{self._old_id}/rename", params={"name": self.target.name})
        policy = inspected.host.restart
        body = {"RestartPolicy": {"Name": policy.name or "no", "MaximumRetryCount": policy.most_retries}}
        await self.session.post(f"/containers/{self._old_id}/update", body)
        if "stop" in self._done and inspected.state.status in ("running", "restarting"):
            await self.session.post(f"/containers/{self._old_id}/start", patience_s=STOP_S)

    async def _remove_new(self) -> None:
        if self._new_id:
            await self.session.delete(f"/containers/{self._new_id}", {"force": "true", "v": "false"})
            self._new_id = ""
