"""A workload system in one JSON file: small enough to kill at every point, real enough to have effects that count.

It feeds the same facts as a real supervisor and offers one action whose every effect leaves its mark in the file, so
that a test can count effects after any number of crashes. `interrupt` is called at named points and may kill the
process there. Limits: it models a memory limit and a life cycle, nothing else; the file has one writer.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.execution import HealthReading
from fermata.domain.facts import LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.kit.clock import Clock
from fermata.kit.digest import compute_digest
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.action import ExecutionKey
from fermata.ports.system import CheckResult, System

MIB = 1024 * 1024
_FRESH = timedelta(hours=1)


_DEATH = [
    "Traceback (most recent call last):",
    '  File "service.py", line 12, in load',
    "    pages.append(render(number))",
    "MemoryError",
]


def _go_on(point: str) -> None:
    """Do nothing at a point."""
    del point


class RehearsalSettings(BaseModel):
    """Settings of the rehearsal system."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    """The file with the workloads."""


class Workload(Record):
    """One workload of the file."""

    need_bytes: int
    """What it needs: below the limit it runs, above it dies."""
    limit_bytes: int
    marks: tuple[str, ...] = ()
    """One for each effect that ever happened to it: the count of effects."""

    @property
    def runs(self) -> bool:
        """Answer whether the limit suffices."""
        return self.need_bytes <= self.limit_bytes


class Stagehand:
    """Reads and writes the file, atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Workload]:
        """Return the workloads by name.

        Raises:
            OperationalError: The file is gone or broken: the "system" is down.
        """
        try:
            raw = json.loads(self.path.read_text())
            return {name: Workload.from_json(value) for name, value in raw.items()}
        except (OSError, ValueError) as error:
            raise OperationalError("The rehearsal file cannot be read", why=type(error).__name__) from error

    def write(self, workloads: Mapping[str, Workload]) -> None:
        """Replace the file, on disk when this returns."""
        partial = self.path.with_suffix(".partial")
        with partial.open("w") as handle:
            handle.write(
                json.dumps({name: workload.to_json() for name, workload in workloads.items()}, indent=1) + "\n"
            )
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(self.path)

    def get(self, entity: Entity) -> Workload:
        """Return one workload.

        Raises:
            UserError: There is none of that name.
        """
        workloads = self.read()
        if entity.name not in workloads:
            raise UserError(f"There is no workload {entity.name!r}", why=f"known: {', '.join(sorted(workloads))}")
        return workloads[entity.name]


class RehearsalCollector:
    """State, resources and the last log lines of the workloads in scope."""

    name = "rehearsal.state"

    def __init__(self, hand: Stagehand, clock: Clock) -> None:
        self._hand = hand
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything."""
        return bool(scope.entities)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return three pieces of evidence for each workload in scope."""
        workloads = self._hand.read()
        return [
            item
            for name in scope.list_names()
            if name in workloads
            for item in self._observe(scope, name, workloads[name])
        ]

    def _observe(self, scope: Scope, name: str, workload: Workload) -> list[Evidence]:
        phase = WorkloadPhase.RUNNING if workload.runs else WorkloadPhase.CRASH_LOOP
        log = ["INFO serving"] if workload.runs else _DEATH
        state = StateFacts(phase=phase, system_state=phase.value, exit_code=None if workload.runs else 1, exits=3)
        resources = ResourceFacts(
            memory_limit_bytes=workload.limit_bytes, memory_limit_kind="rehearsal", host_available_bytes=8192 * MIB
        )
        return [
            self._write(scope, name, EvidenceKind.STATE, [f"{name} is {phase.value}"], state),
            self._write(scope, name, EvidenceKind.RESOURCES, [f"limit {workload.limit_bytes}"], resources),
            self._write(scope, name, EvidenceKind.LOGS, ["INFO starting", *log], LogFacts(total_lines=1 + len(log))),
        ]

    def _write(self, scope: Scope, name: str, kind: EvidenceKind, lines: Sequence[str], facts: Record) -> Evidence:
        now = self._clock.now()
        return Evidence(
            incident_id=scope.incident_id,
            kind=kind,
            collector=self.name,
            entity=Entity(system="rehearsal", kind="process", name=name),
            title=f"{kind.value} of {name}",
            query=f"read {name}",
            observed_at=now,
            fresh_until=now + _FRESH,
            lines=tuple(EvidenceLine(number=index, text=line) for index, line in enumerate(lines, 1)),
            facts=facts.to_json(),
        )


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    limit_bytes: int


class SetMemoryLimit:
    """Writes another limit into the file, and a mark for every time it did."""

    def __init__(self, hand: Stagehand, clock: Clock, interrupt: Callable[[str], None]) -> None:
        self._hand = hand
        self._clock = clock
        self._interrupt = interrupt
        self.spec = ActionSpec(
            name="rehearsal.set_memory_limit",
            summary="Set the memory limit of a rehearsed workload",
            risk=Risk.LOW,
            reversible=True,
            parameters_schema=_Parameters.model_json_schema(),
        )

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters, checked."""
        if target.system != "rehearsal" or target.kind != "process":
            raise UserError(f"{target.ref} is not a rehearsed process")
        try:
            return _Parameters.model_validate(dict(parameters)).model_dump()
        except ValidationError as error:
            raise UserError("The parameters do not hold", why=str(error.errors()[0]["msg"])) from error

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the diff of the file."""
        workload = self._hand.get(target)
        if workload.limit_bytes == parameters["limit_bytes"]:
            raise UserError(f"The limit of {target.name} is {workload.limit_bytes} already")
        old, new = f"limit_bytes: {workload.limit_bytes}", f"limit_bytes: {parameters['limit_bytes']}"
        diff = "\n".join(difflib.unified_diff([old], [new], f"a/{target.name}", f"b/{target.name}", lineterm=""))
        return DryRun(
            possible=True,
            diff=diff,
            observed_version=await self.observe_version(target, parameters),
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text="1 workload restarts"),
            undo=ActionSuggestion(name=self.spec.name, target=target, parameters={"limit_bytes": workload.limit_bytes}),
            undo_text=f"set the limit back to {workload.limit_bytes}",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the digest of what the diff was computed from."""
        del parameters
        return compute_digest({"limit": self._hand.get(target).limit_bytes})

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Write the limit and the mark."""
        self._interrupt("effect:before")
        workloads = self._hand.read()
        workload = workloads[action.target.name]
        changed = workload.model_copy(
            update={"limit_bytes": int(action.parameters["limit_bytes"]), "marks": (*workload.marks, key.mark)}
        )
        self._hand.write({**workloads, action.target.name: changed})
        self._interrupt("effect:after")
        return ActionResult(outcome=Outcome.DONE, detail=f"limit is {changed.limit_bytes}", at=self._clock.now())

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Look for the mark."""
        del intended_at
        there = key.mark in self._hand.get(action.target).marks
        outcome = Outcome.DONE if there else Outcome.FAILED
        detail = "its mark is in the file" if there else "its mark is not in the file: it did not happen"
        return ActionResult(outcome=outcome, detail=detail, at=self._clock.now())


class RehearsalProbe:
    """Healthy when the limit suffices."""

    def __init__(self, hand: Stagehand, clock: Clock) -> None:
        self._hand = hand
        self._clock = clock

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is one of ours."""
        return entity.system == "rehearsal"

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Read the file."""
        del stable_for
        runs = self._hand.get(entity).runs
        text = "runs" if runs else "dies for memory"
        return HealthReading(entity=entity, healthy=runs, text=text, severity=0 if runs else 3, at=self._clock.now())


class Rehearsal(System):
    """The system, as the house takes it."""

    name: ClassVar[str] = "rehearsal"
    Settings: ClassVar[type[BaseModel]] = RehearsalSettings

    def __init__(self, settings: RehearsalSettings, clock: Clock, *, interrupt: Callable[[str], None] = _go_on) -> None:
        super().__init__(settings, clock)
        self.hand = Stagehand(settings.path)
        self._interrupt = interrupt

    def list_collectors(self) -> Sequence[RehearsalCollector]:
        """Return its collector."""
        return (RehearsalCollector(self.hand, self.clock),)

    def list_actions(self) -> Sequence[SetMemoryLimit]:
        """Return its action."""
        return (SetMemoryLimit(self.hand, self.clock, self._interrupt),)

    def list_probes(self) -> Sequence[RehearsalProbe]:
        """Return its probe."""
        return (RehearsalProbe(self.hand, self.clock),)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the file is there."""
        there = self.settings.path.is_file()
        return (CheckResult(name="rehearsal: file", ok=there, text=str(self.settings.path)),)
