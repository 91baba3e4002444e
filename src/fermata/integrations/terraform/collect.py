"""Terraform as evidence: each step between two serials in the window is a change; so is drift, of somebody else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.integrations.terraform.client import MOST_SERIALS, StateStore, StoredState
from fermata.integrations.terraform.command import Terraform
from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.terraform_state import compare_states, compare_values, flatten_attributes
from fermata.ports.handing import read_all

DIFF_LINES = 400
_CHANGE_FRESH_FOR = timedelta(days=1)  # A serial never changes.
_DRIFT_FRESH_FOR = timedelta(minutes=10)
_UNSEEN = "nothing that is shown differs; addresses, and values that are marked as sensitive, may"
_CHANGED = 2  # Exit code of `plan -detailed-exitcode` that found a difference.


def name_workspace(name: str) -> Entity:
    """Return the entity of a workspace."""
    return Entity(system="terraform", kind="workspace", name=name)


class StateChangeCollector:
    """What changed between the serials of one workspace's state, within the window."""

    name = "terraform.changes"

    def __init__(self, workspace: str, services: Sequence[str], store: StateStore, clock: Clock) -> None:
        self._workspace = workspace
        self._services = tuple(services)
        self._store = store
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the workspace provides something for what the scope names."""
        return not self._services or bool(set(self._services) & set(scope.list_names()))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one change for each step that was written in the window, newest first.

        Raises:
            OperationalError: The state cannot be read, or only its newest serial can, and that is too new to compare or
                of unknown time.
        """
        if not self.wants(scope):
            return ()
        async with self._store.open(scope.window_start) as reads:
            items = await read_all(
                {
                    f"what led to {place}": self._compare(scope, before, after)
                    for (place, after), (_, before) in pairwise(reads.items())
                }
            )
            states = [await one for one in reads.values()]
        untold = self._find_untold(scope, states)
        if untold is None:
            return items
        if not items:
            raise untold
        told = f"{untold.what}: {untold.why}"
        return [item.model_copy(update={"cut": join_cuts(item.cut, told)}) for item in items]

    async def _compare(
        self, scope: Scope, before: Awaitable[StoredState], after: Awaitable[StoredState]
    ) -> Sequence[Evidence]:
        found = self._build(scope, await before, await after)
        return () if found is None else (found,)

    def _find_untold(self, scope: Scope, states: Sequence[StoredState]) -> OperationalError | None:
        """Return what may have changed in the window and nobody can tell."""
        unplaced, oldest = _list_unplaced(scope, states), states[-1]
        if unplaced:
            serials = ", ".join(str(one.state.serial) for one in unplaced)
            return OperationalError(
                f"Serial {serials} of {self._workspace} may have been written in the window: its time is not known",
                why=f"{unplaced[0].place} was written with the serial after it",
                do="Keep earlier states under a name of their own, and name them in `history`",
            )
        if oldest.written_at is None and len(states) == 1:
            return OperationalError(
                f"Serial {oldest.state.serial} of {self._workspace} may have been written in the window: neither its "
                "time nor the serial before it is known",
                why=f"{oldest.place} gives the newest serial alone",
                do="Name where the state is kept (`s3` with versioning, or `file` with `history`) to have changes told",
            )
        if oldest.written_at is None or not scope.window_start <= oldest.written_at <= scope.window_end:
            return None
        is_full = len(states) == MOST_SERIALS
        return OperationalError(
            f"Serial {oldest.state.serial} of {self._workspace} was written in the window, and what it changed is "
            "not known",
            why=f"the newest {MOST_SERIALS} serials are read" if is_full else f"{oldest.place} keeps no earlier serial",
            do="Compare the earlier ones by hand"
            if is_full
            else "Turn on versioning, or keep earlier states and name them in `history`",
        )

    def _build(self, scope: Scope, before: StoredState, after: StoredState) -> Evidence | None:
        written = after.written_at
        if written is None or not scope.window_start <= written <= scope.window_end:
            return None
        lines = compare_states(before.state, after.state).splitlines()
        service = next((name for name in scope.list_names() if name in self._services), "")
        serials = f"serial {before.state.serial} to {after.state.serial}"
        facts = ChangeFacts(
            id=f"{after.state.lineage[:8] or self._workspace}-serial-{after.state.serial}",
            kind="terraform",
            title=f"Terraform state of {self._workspace}, {serials}",
            changed_at=written,
            repository="",
            diff_read=len(lines) <= DIFF_LINES,
            service=service,
            state="applied",
            ref=str(after.state.serial),
        )
        now = self._clock.now()
        # Silence would be taken for no apply at all, and a new password is not shown.
        unseen = f"{serials} was written at {format_instant(written)}: {_UNSEEN}"
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.CHANGE if lines else EvidenceKind.TEXT,
            collector=self.name,
            entity=name_workspace(self._workspace),
            title=f"Terraform {self._workspace}: {serials}",
            query=f"diff of {before.place} and {after.place}",
            observed_at=now,
            fresh_until=now + _CHANGE_FRESH_FOR,
            facts=facts.to_json() if lines else {},
            **_number(lines or [unseen]),
        )


def _list_unplaced(scope: Scope, states: Sequence[StoredState]) -> list[StoredState]:
    """Return the serials that changed something at a time nobody knows, which may lie in the window."""
    found: list[StoredState] = []
    for after, before in pairwise(states):
        if after.written_at is not None and after.written_at < scope.window_start:
            break
        if after.written_at is None and compare_states(before.state, after.state):
            found.append(after)
    return found


class DriftCollector:
    """How what runs differs from the state, by `terraform plan -refresh-only`. Only where the settings allow it."""

    name = "terraform.drift"

    def __init__(self, workspace: str, services: Sequence[str], terraform: Terraform, clock: Clock) -> None:
        self._workspace = workspace
        self._services = tuple(services)
        self._terraform = terraform
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the workspace provides something for what the scope names."""
        return not self._services or bool(set(self._services) & set(scope.list_names()))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return the drifted attributes as one change, a diff from the state to what runs; nothing when there is none.

        Nobody says who made it, nor when: it stands at the start of the window, and says that it is not dated.

        Raises:
            OperationalError: Terraform cannot be run there, or a provider cannot be asked.
        """
        if not self.wants(scope):
            return ()
        with tempfile.TemporaryDirectory(prefix="fermata-terraform-") as folder:
            plan = Path(folder) / "drift"  # A plan file holds secrets; it goes with its folder.
            command = ("-detailed-exitcode", "-lock=false", "-input=false", "-no-color", f"-out={plan}")
            await self._terraform.run("plan", "-refresh-only", *command, accept=(0, _CHANGED))
            shown = json.loads(await self._terraform.run("show", "-json", str(plan)))
        lines = list(_list_drift(shown))
        if not lines:
            return ()
        now = self._clock.now()
        hidden = _number(lines)
        unknown = "nobody says when it was changed, nor by whom"
        facts = ChangeFacts(
            id=f"{self._workspace}-drift",
            kind="terraform",
            title=f"Changed outside of Terraform, found by a plan of {self._workspace}",
            changed_at=scope.window_start,
            is_dated=False,
            diff_read=len(lines) <= DIFF_LINES,
            service=next((name for name in scope.list_names() if name in self._services), ""),
        )
        return [
            Evidence(
                incident_id=scope.incident_id,
                kind=EvidenceKind.CHANGE,
                collector=self.name,
                entity=name_workspace(self._workspace),
                title=f"Terraform {self._workspace}: what runs differs from the state",
                query=f"terraform -chdir={self._terraform.directory} plan -refresh-only -lock=false",
                observed_at=now,
                fresh_until=now + _DRIFT_FRESH_FOR,
                facts=facts.to_json(),
                **hidden | {"cut": join_cuts(hidden["cut"], unknown)},
            )
        ]


def _list_drift(shown: Any) -> Iterator[str]:
    """Give the diff of each drifted resource. Source: Terraform, "JSON Output Format", `resource_drift`."""
    for resource in shown.get("resource_drift") or () if isinstance(shown, Mapping) else ():
        change, address = resource.get("change") or {}, str(resource.get("address") or "")
        before = flatten_attributes(address, change.get("before"), change.get("before_sensitive"))
        after = flatten_attributes(address, change.get("after"), change.get("after_sensitive"))
        yield from compare_values(dict(before), dict(after)).splitlines()


def _number(lines: Sequence[str]) -> dict[str, Any]:
    hidden = hide_lines(lines[:DIFF_LINES])
    cuts = [
        f"first {DIFF_LINES} of {len(lines)} lines of the diff" if len(lines) > DIFF_LINES else "",
        f"{hidden.shortened} lines cut to {LONGEST_LINE} characters" if hidden.shortened else "",
    ]
    return {
        "lines": tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(hidden.lines, start=1)),
        "cut": join_cuts(*cuts),
        "redactions": hidden.redactions,
    }
