"""The two edits of a program's section: its memory limit and one of its variables. Pure text in, pure text out.

An editor knows its parameters and its text; `ConfigAction` knows files, supervisord and crashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fermata.domain.action import ActionSpec, Risk
from fermata.integrations.supervisor.config_file import replace_span
from fermata.integrations.supervisor.config_tree import Program
from fermata.integrations.supervisor.memory_limit import (
    RESOURCES,
    WHERE_LIMITS_STAND,
    DeclaredLimit,
    list_limits,
)
from fermata.integrations.supervisor.proc import LiveProcess, ProcReader
from fermata.integrations.supervisor.variables import find_variable, set_variable
from fermata.kit.errors import UserError
from fermata.kit.units import format_size
from fermata.ports.action import refuse_other_names
from fermata.ports.variables import NAME, refuse_code_name, refuse_secret, show_value

_SMALLEST_LIMIT_BYTES = 1024 * 1024  # Below this nothing starts; a number of KiB meant as bytes ends up here.


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit makes of a file."""

    text: str
    """The whole file's new text, without a mark."""
    summary: str
    """In words: `memory limit 64 MiB -> 128 MiB (ulimit -d)`."""
    undo: Mapping[str, Any] | None
    """Parameters of the same action that take it back; `None` when `undo_text` says how else."""
    undo_text: str


class Editor(Protocol):
    """One way to change a program's section."""

    @property
    def spec(self) -> ActionSpec:
        """Return the catalogue entry."""
        ...

    def validate(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters in canonical form. Pure.

        Raises:
            UserError: One is missing, unknown, of the wrong type or out of range.
        """
        ...

    def edit(self, program: Program, parameters: Mapping[str, Any]) -> Edited:
        """Return what the file would become. Pure.

        Raises:
            UserError: It cannot be done here, or makes no difference.
        """
        ...

    def is_in_force(self, proc: ProcReader, live: LiveProcess, parameters: Mapping[str, Any]) -> bool | None:
        """Answer whether a running process has the new value; `None` when that cannot be read."""
        ...


def _schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        "required": sorted(properties),
    }


class MemoryLimitEditor:
    """Change the number after `ulimit -d` or `-v`, or in `prlimit --data=` or `--as=`, of `command=`."""

    spec = ActionSpec(
        name="supervisor.set_memory_limit",
        summary="Change the memory limit in a program's command, and restart its group with it",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_schema(
            {
                "limit_bytes": {
                    "type": "integer",
                    "minimum": _SMALLEST_LIMIT_BYTES,
                    "description": "The new limit in bytes; a multiple of 1024 where the command uses ulimit",
                }
            }
        ),
    )

    def validate(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"limit_bytes": int}`."""
        refuse_other_names(self.spec.name, parameters, known={"limit_bytes"})
        limit = parameters["limit_bytes"]
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < _SMALLEST_LIMIT_BYTES:
            raise UserError(
                f"limit_bytes cannot be {limit!r}", do=f"Give a whole number of bytes, {_SMALLEST_LIMIT_BYTES} or more"
            )
        return {"limit_bytes": limit}

    def edit(self, program: Program, parameters: Mapping[str, Any]) -> Edited:
        """Return the file with the number replaced in place."""
        size = int(parameters["limit_bytes"])
        option = program.section.find("command")
        limit = _get_only_limit(program, list_limits(option.raw) if option else ())
        if option is None or size == limit.size_bytes:
            raise UserError(
                f"The memory limit of [{program.section.header}] is {format_size(size)} already",
                why=f"By {limit.kind} in {program.file.path}",
                do="Nothing needs to change",
            )
        if size % limit.unit_bytes:
            raise UserError(
                f"{size} bytes cannot be written as {limit.kind}",
                why="ulimit counts KiB",
                do=f"Give a multiple of {limit.unit_bytes}",
            )
        number = str(size // limit.unit_bytes)
        start = option.start
        return Edited(
            text=replace_span(program.file.text, start + limit.start, start + limit.end, number),
            summary=f"memory limit {format_size(limit.size_bytes)} -> {format_size(size)} ({limit.kind})",
            undo={"limit_bytes": limit.size_bytes},
            undo_text=f"Set the limit back to {format_size(limit.size_bytes)} ({limit.size_bytes} bytes)",
        )

    def is_in_force(self, proc: ProcReader, live: LiveProcess, parameters: Mapping[str, Any]) -> bool | None:
        """Answer by `/proc/<pid>/limits`."""
        process = proc.follow_shell(live)
        limits = [proc.find_limit(process.pid, resource) for resource in RESOURCES]
        return parameters["limit_bytes"] in limits if any(limits) else None


def _get_only_limit(program: Program, limits: tuple[DeclaredLimit, ...]) -> DeclaredLimit:
    if len(limits) == 1 and not limits[0].has_hard_part:
        return limits[0]
    if not limits:
        why = "Its command names no number after ulimit -d, ulimit -v, prlimit --data= or prlimit --as="
    elif len(limits) > 1:
        kinds = ", ".join(limit.kind for limit in limits)
        why = f"Its command sets {len(limits)} limits ({kinds}), and raising one alone may not help"
    else:
        why = f"{limits[0].kind} gives a soft and a hard limit, and it is not clear which one is meant"
    raise UserError(f"The memory limit of [{program.section.header}] cannot be set", why=why, do=WHERE_LIMITS_STAND)


class VariableEditor:
    """Set, add or remove one variable in `environment=`. Secrets are refused: their values would be on the card."""

    spec = ActionSpec(
        name="supervisor.set_env",
        summary="Set one variable in a program's environment, and restart its group with it",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_schema(
            {
                "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
                "value": {"type": ["string", "null"], "description": "The new value; null removes the variable"},
            }
        ),
    )

    def validate(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"name": str, "value": str | None}`."""
        refuse_other_names(self.spec.name, parameters, known={"name", "value"})
        name, value = parameters["name"], parameters["value"]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise UserError(f"{name!r} cannot name a variable", do="Use letters, digits and underscores")
        if value is not None and not isinstance(value, str):
            raise UserError(f"The value of {name} is not text", do="Give a string, or null to remove the variable")
        if value is not None and not value.isprintable():
            raise UserError(f"The value of {name} holds a control character", do="Give one line of printable text")
        refuse_code_name(name)
        refuse_secret(name, value)
        return {"name": name, "value": value}

    def edit(self, program: Program, parameters: Mapping[str, Any]) -> Edited:
        """Return the file with the one variable changed."""
        name, value = str(parameters["name"]), parameters["value"]
        old = find_variable(program.section, name)
        refuse_secret(name, old)
        if (value.replace("%", "%%") if value is not None else None) == old:
            state = "not set" if value is None else "that already"
            raise UserError(f"{name} of [{program.section.header}] is {state}", do="Nothing needs to change")
        text = set_variable(program.file.text, program.section, name, value)
        return Edited(text, f"{name}: {show_value(old)} -> {show_value(value)}", *_plan_undo(name, old))

    def is_in_force(self, proc: ProcReader, live: LiveProcess, parameters: Mapping[str, Any]) -> bool | None:
        """Answer by `/proc/<pid>/environ`."""
        variables = proc.find_environment(proc.follow_shell(live).pid)
        return None if variables is None else variables.get(parameters["name"]) == parameters["value"]


def _plan_undo(name: str, old: str | None) -> tuple[Mapping[str, Any] | None, str]:
    if old is not None and "%" in old.replace("%%", ""):
        # Written through the action, its percent signs would be escaped and no longer expand.
        return None, f"Write {name}={old} back into environment= by hand: it uses an expansion of supervisord"
    if old is None:
        return {"name": name, "value": None}, f"Remove {name} from environment= again"
    value = old.replace("%%", "%")
    return {"name": name, "value": value}, f'Set {name} back to "{value}"'
