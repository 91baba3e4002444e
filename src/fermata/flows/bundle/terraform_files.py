"""`terraform/*.tfstate`: several serials of one state are its history, and each step of it is a change.

A state says neither when it was written nor by whom: a change record of kind `terraform` whose `ref` or `number` is
the serial tells. Sensitive values are never kept, not even as a digest of their change.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.paper_files import add_text
from fermata.flows.bundle.parsing import parse_json
from fermata.flows.bundle.plan_json import read_machine_run
from fermata.kit.terraform_state import NotAState, TerraformState, compare_states, parse_state

STATES = (".tfstate", ".json", ".backup")
"""How files of states end, and those of plans as JSON; a plan is read with the changes."""


def is_state(file: SourceFile) -> bool:
    """Answer whether a file is read as a state: its name ends like one, and it holds no run printed for machines."""
    if file.suffix not in STATES:
        return False
    try:
        return read_machine_run(read_text(file)) is None
    except Unreadable:
        return True  # Whoever reads it says why it cannot be read.


def read_states(files: Sequence[SourceFile], haul: Haul) -> list[Change]:
    """Return what changed from one serial to the next; of a state that stands alone, add its values as text."""
    steps: list[Change] = []
    histories: dict[str, list[tuple[SourceFile, TerraformState]]] = {}
    for file in files:
        try:
            state = parse_state(parse_json(read_text(file)))
        except Unreadable as error:
            haul.leave_out_file(file, error)
            continue
        except NotAState as error:
            haul.leave_out(file.name, str(error))
            continue
        histories.setdefault(state.lineage or file.name, []).append((file, state))
    for lineage, states in histories.items():
        states.sort(key=lambda read: read[1].serial)
        if len(states) == 1:
            _add_alone(haul, *states[0])
        for (_, before), (file, after) in pairwise(states):
            if diff := compare_states(before, after):
                steps.append(_describe(file, lineage, before, after, diff))
    return steps


def _add_alone(haul: Haul, file: SourceFile, state: TerraformState) -> None:
    add_text(
        haul,
        EvidenceKind.TEXT,
        file=file,
        title=f"{file.name}: serial {state.serial}",
        entity_kind="terraform",
        name=file.stem,
        lines=[f"{name} = {value}" for name, value in sorted(state.values.items())],
    )


def _describe(file: SourceFile, lineage: str, before: TerraformState, after: TerraformState, diff: str) -> Change:
    return Change(
        file=file.name,
        id=f"{lineage[:8]}-serial-{after.serial}",
        kind="terraform",
        at=None,
        title=f"Terraform state, serial {before.serial} to {after.serial}",
        ref=str(after.serial),
        state="applied",
        diff=diff,
    )
