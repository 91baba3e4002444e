"""Conditions of guardrails: CEL expressions, compiled once at start and evaluated closed.

Called by the settings check (to refuse a bad expression before anything runs) and by the policy. Anything but a clear
`true` refuses: a fault in an expression never opens a gate. Expressions come from the policy file, whose authors are
trusted with what may be approved; their values come from outside, and stay data.

The language: https://github.com/google/cel-spec, `doc/langdef.md` (read 2026-11-23), as the `cel` package 0.10
implements it. Note its `||` and `&&`: one side that decides the result hides an error of the other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

from fermata.kit.errors import GuardRefused, UserError

if TYPE_CHECKING:
    import cel

VARIABLES: dict[str, frozenset[str]] = {
    "action": frozenset({"name", "risk"}),
    "target": frozenset({"ref", "system", "kind", "namespace", "name"}),
    "parameters": frozenset(),
    "incident": frozenset({"severity", "state", "started_at"}),
    "blast_radius": frozenset(),
    "now": frozenset(),
    "hour": frozenset(),
    "weekday": frozenset(),
}
"""Variable -> its fields; empty when it has none or any. `now` and `incident.started_at` are timestamps, `hour` is an
int (0-23, UTC), `weekday` a word (`monday`, UTC), `blast_radius` an int, `parameters` the action's own, all else text.
"""

_LONGEST = 2000  # Longer is a program, not a condition; it also bounds the parser's work.
_TYPES = frozenset(
    {
        "bool",
        "bytes",
        "double",
        "duration",
        "dyn",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "timestamp",
        "type",
        "uint",
    }
)
_FUNCTIONS = frozenset(
    {
        "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate", "getDayOfMonth", "getDayOfWeek",
        "getDayOfYear", "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds", "int",
        "matches", "size", "startsWith", "string", "timestamp", "type", "uint",
    }
)  # fmt: skip
_FAULT = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
# String literals and comments hold no names.
_LITERAL = re.compile(
    r"""'''.*?'''|\"\"\".*?\"\"\"|[rR]'[^']*'|[rR]"[^"]*"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|//[^\n]*""", re.DOTALL
)
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)\s*,")
_FIELD = re.compile(r"(?<![\w.])(\w+)\s*\.\s*(\w+)\b(?!\s*\()")
# What the library raises for an expression that fails; anything else is a bug and is not caught here.
_EVALUATION_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression. Built by `compile_condition` only."""

    text: str
    """As it stands in the policy."""
    program: cel.Program
    """Its compiled form."""

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Answer whether the condition is true of these values.

        Args:
            variables: The names of `VARIABLES`; values are JSON types or aware instants. A name or a field that is
                not known now is left out, and an expression that needs it refuses.

        Raises:
            GuardRefused: Rule `condition`: the expression failed, or gave something other than true or false.
        """
        try:
            result = self.program.execute(dict(variables))
        except _EVALUATION_ERRORS as error:
            fault = f"there is no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
            raise self._refuse(f"It could not be evaluated: {fault}") from error
        if not isinstance(result, bool):
            raise self._refuse(f"It gave {type(result).__name__}, not true or false")
        return result

    def _refuse(self, why: str) -> GuardRefused:
        return GuardRefused(
            "condition",
            f"The condition {self.text!r} does not hold",
            why=why,
            do="Correct the expression in the policy; until then the guardrail covers nothing",
            condition=self.text,
        )


@cache
def _load_cel() -> Any:
    """Load the library's compiled part by itself.

    `import cel` loads its command line as well, with a terminal toolkit: 0.4 s of CPU and 30 MB (measured with 0.10.0),
    which every server would pay for good. The compiled part needs none of it.
    """
    if "cel.cel" in sys.modules:
        return sys.modules["cel.cel"]
    package = find_spec("cel")
    locations = package.submodule_search_locations if package else None
    found = PathFinder.find_spec("cel.cel", locations)
    if found is None or found.loader is None:
        return import_module("cel")
    module = module_from_spec(found)
    # Known by its name, so that whoever imports the whole package gets this one: it cannot be initialised twice.
    sys.modules["cel.cel"] = module
    found.loader.exec_module(module)
    return module


def compile_condition(text: str) -> Condition:
    """Compile an expression, and refuse one that could only fail later.

    Raises:
        UserError: The text is too long or no expression (with line, column and fault), or it names a variable, a field
            or a function that does not exist.
    """
    if len(text) > _LONGEST:
        raise _fault(text[:60] + "...", f"it has {len(text)} characters, and {_LONGEST} are allowed")
    try:
        program: cel.Program = _load_cel().compile(text)
    except ValueError as error:
        raise _fault(text, _describe_fault(str(error))) from error
    if unknown := _list_unknown(text, program):
        known = ", ".join(sorted(VARIABLES))
        raise _fault(text, f"unknown: {', '.join(unknown)}", do=f"Known variables are {known}; see docs/policy.md")
    return Condition(text, program)


def _list_unknown(text: str, program: cel.Program) -> list[str]:
    code = _LITERAL.sub("''", text)
    names = set(program.variables()) - set(VARIABLES) - set(_BOUND.findall(code)) - _TYPES
    # Operators come as `_&&_`, `!_`, `-_`, `@in`.
    functions = {name for name in program.functions() if name[0].isalpha()} - _FUNCTIONS
    closed = {name: fields for name, fields in VARIABLES.items() if fields}
    fields = {f"{name}.{field}" for name, field in _FIELD.findall(code) if field not in closed.get(name, {field})}
    return sorted(names) + sorted(fields) + [f"{name}()" for name in sorted(functions)]


def _describe_fault(message: str) -> str:
    match = _FAULT.search(message)
    if match is None:
        return "it is no CEL expression"
    fault = re.sub(r" expecting .*", "", match[3]).replace("mismatched input '<EOF>'", "it ends too early")
    return f"line {match[1]}, column {match[2]}: {fault}"


def _fault(text: str, why: str, do: str = "Correct the expression in the policy") -> UserError:
    return UserError(f"The condition {text!r} cannot be used", why=why[:1].upper() + why[1:], do=do, condition=text)
