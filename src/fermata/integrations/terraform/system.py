"""Terraform as the house sees it: a collector for each workspace, and the doctor. There is no action."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.terraform.client import FileStore, StateStore, open_store
from fermata.integrations.terraform.collect import DriftCollector, StateChangeCollector
from fermata.integrations.terraform.command import Terraform
from fermata.integrations.terraform.settings import TerraformSettings, WorkspaceSettings
from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.collector import Collector
from fermata.ports.system import CheckResult, System


class TerraformSystem(System):
    """The workspaces of the settings."""

    name: ClassVar[str] = "terraform"
    Settings: ClassVar[type[BaseModel]] = TerraformSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._commands = {name: self._build_command(item) for name, item in settings.workspaces.items()}
        self._stores: dict[str, StateStore] = {
            name: open_store(name, item, self._commands[name], clock) for name, item in settings.workspaces.items()
        }

    def list_collectors(self) -> Sequence[Collector]:
        """Return the changes of each workspace, and its drift where that is allowed."""
        collectors: list[Collector] = []
        for name, item in self.settings.workspaces.items():
            collectors.append(StateChangeCollector(name, item.services, self._stores[name], self.clock))
            if item.allow_drift_check:
                collectors.append(DriftCollector(name, item.services, self._commands[name], self.clock))
        return collectors

    async def check(self) -> Sequence[CheckResult]:
        """Look whether each state can be read, what history it has, and whether Terraform can run where it may."""
        results = [await self._check_state(name) for name in self.settings.workspaces]
        runs = [name for name, item in self.settings.workspaces.items() if item.directory is not None]
        return [*results, *[await self._check_command(name) for name in runs]]

    def _build_command(self, item: WorkspaceSettings) -> Terraform:
        environment = {name: value.get_secret_value() for name, value in item.environment.items()}
        return Terraform(item.directory, self.settings.binary, self.settings.timeout_s, environment)

    async def _check_state(self, workspace: str) -> CheckResult:
        name = f"terraform: state of {workspace}"
        try:
            async with self._stores[workspace].open() as reads:
                states = [await one for one in reads.values()]
        except OperationalError as error:
            return CheckResult(name=name, ok=False, text=str(error))
        newest = states[0]
        at = f", written {format_instant(newest.written_at)}" if newest.written_at else ", of unknown time"
        text = f"serial {newest.state.serial}{at}; {len(states) - 1} earlier ones can be compared"
        if len(states) > 1 and newest.written_at is not None:
            return CheckResult(name=name, ok=True, text=text)
        if isinstance(self._stores[workspace], FileStore):
            # A first apply counts a serial for each resource it makes, so the number does not tell a first state.
            later = "an apply that writes this very file keeps this one beside it; otherwise keep history files"
            return CheckResult(name=name, ok=True, text=f"{text} yet: {later}")
        todo = "without a time and earlier serials no change can be told: use a versioned bucket, or keep history files"
        return CheckResult(name=name, ok=False, text=f"{text}; {todo}")

    async def _check_command(self, workspace: str) -> CheckResult:
        name = f"terraform: command for {workspace}"
        try:
            version = json.loads(await self._commands[workspace].run("version", "-json"))["terraform_version"]
        except (OperationalError, ValueError, KeyError) as error:
            return CheckResult(name=name, ok=False, text=str(error))
        return CheckResult(name=name, ok=True, text=f"{self.settings.binary} {version}")
