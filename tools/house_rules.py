"""The house rules that ruff, mypy and the import contracts cannot say, as functions from source to findings.

Called by tests/house, on the tree and on small counter-examples. Each function reads one file's text or syntax tree and
returns what is wrong with it, worded for the person who wrote it; empty means nothing. Nothing here reads a file.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TypeGuard

LONGEST_FILE = 500
LONGEST_FUNCTION = 80

_BROAD = {"Exception", "BaseException"}
_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
_CLOCK_METHODS = {"now", "utcnow", "today"}
_CLOCK_MODULES = {"time"}
_RANDOM_MODULES = {"random", "secrets"}
_RANDOM_NAMES = {"uuid1", "uuid4", "uuid6", "uuid7", "uuid8", "urandom"}
_IO_CALLS = {"open", "print", "input", "breakpoint"}

_CODES = r"[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*"
_IGNORE = re.compile(
    rf"""
    \#\s*(?:
        noqa\b:?\s*(?P<noqa>{_CODES})?
      | ruff:\s*(?:noqa|ignore|disable|file-ignore)\b:?\s*\[?(?P<ruff>{_CODES})?\]?
      | type:\s*ignore(?:\[(?P<type>[a-z0-9,\s-]+)\])?
      | (?P<codeless>mypy:\s*(?:ignore-errors|disable-error-code)\S* | pragma:\s*no\s(?:cover|branch))
    )(?P<rest>.*)
    """,
    re.VERBOSE,
)

# Spelt in parts, so that this file passes its own check.
_MACHINE_PATH = re.compile(
    r"(?:^|[^a-zA-Z0-9.])/(?:" + "|".join(("work", "farm", "tmp/" + "boot", r"root/\.py" + "env")) + r")/"
)
_REGISTRY_HOST = re.compile(
    "|".join((r"pypi\." + "org", "python" + "hosted", r"registry\." + r"npmjs", "/simple" + r"/\w"))
)
_ADDRESS = re.compile(r"[a-z+]+://|--(?:extra-)?index-url|--find-links|(?:^|\s)-f\s|@\s*(?:file|git)|^-e\s|^/")


def list_long_functions(tree: ast.AST) -> list[str]:
    """Name the functions longer than a screen and a half, decorators not counted."""
    return [
        f"line {node.lineno}: {node.name} has {length} lines (at most {LONGEST_FUNCTION})"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def list_broad_excepts(tree: ast.AST) -> list[str]:
    """Name the places that catch everything: bare, `Exception`, `BaseException`, alone or in a tuple, or suppressed."""
    return [f"line {node.lineno}: catches everything" for node in ast.walk(tree) if _catches_everything(node)]


def _catches_everything(node: ast.AST) -> TypeGuard[ast.ExceptHandler | ast.Call]:
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or bool(_names_in(node.type) & _BROAD)
    return isinstance(node, ast.Call) and _last_name(node.func) == "suppress" and bool(_names_in(*node.args) & _BROAD)


def list_environment_reads(tree: ast.AST) -> list[str]:
    """Name the places that touch the process environment through `os`."""
    findings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _ENVIRONMENT and _last_name(node.value) == "os":
            findings.append(f"line {node.lineno}: os.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            findings += [f"line {node.lineno}: os.{alias.name}" for alias in node.names if alias.name in _ENVIRONMENT]
    return findings


def list_impurities(tree: ast.AST) -> list[str]:
    """Name the places that read a clock, draw randomness or do I/O, as far as the syntax shows it.

    Imports of whole I/O modules are the import contract's business; this finds what arrives through innocent modules:
    `datetime.now`, `uuid4`, the built-in `open`, and any object's own `now()`.
    """
    findings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (node.attr in _RANDOM_NAMES or _reads_clock(node)):
            findings.append(f"line {node.lineno}: .{node.attr}")
        elif isinstance(node, ast.Call) and _calls_clock(node):
            findings.append(f"line {node.lineno}: .{ast.unparse(node.func).rsplit('.', 1)[-1]}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            findings += [f"line {node.lineno}: imports {name}" for name in _impure_imports(node)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _IO_CALLS:
            findings.append(f"line {node.lineno}: {node.func.id}()")
    return findings


def _reads_clock(node: ast.Attribute) -> bool:
    """Answer whether it names a clock's method, called or handed on; a field called `now` is what rules are given."""
    base = node.value
    name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
    return node.attr in _CLOCK_METHODS and name in {"datetime", "date", "clock", "_clock"}


def _calls_clock(node: ast.Call) -> bool:
    """Answer whether something is asked for the time that is not named like a clock."""
    function = node.func
    return isinstance(function, ast.Attribute) and function.attr in _CLOCK_METHODS and not _reads_clock(function)


def _impure_imports(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in _CLOCK_MODULES | _RANDOM_MODULES]
    if node.module in _CLOCK_MODULES | _RANDOM_MODULES:
        return [str(node.module)]
    return [alias.name for alias in node.names if alias.name in _RANDOM_NAMES]


def list_unexplained_ignores(text: str) -> list[str]:
    """Name the comments that silence a checker without saying which rule, or without saying why.

    A reason is at least two words after the code: `# noqa: BLE001 - the step runner is a boundary`.
    """
    return [
        f"line {token.start[0]}: {complaint}: {token.string}"
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
        for match in _IGNORE.finditer(token.string)
        if (complaint := _judge_ignore(match))
    ]


def _judge_ignore(match: re.Match[str]) -> str | None:
    if not any(match.group("noqa", "ruff", "type", "codeless")):
        return "names no rule"
    if len(re.findall(r"[A-Za-z]{2,}", match["rest"])) < 2:
        return "gives no reason"
    return None


def list_machine_traces(text: str) -> list[str]:
    """Name the lines that hold a path of somebody's machine, or the address of a package registry."""
    return [
        f"line {number}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), start=1)
        if _MACHINE_PATH.search(line) or _REGISTRY_HOST.search(line)
    ]


def list_lock_addresses(text: str) -> list[str]:
    """Name the lines of a lock file that say where a package comes from: that is each machine's own affair."""
    return [f"line {number}: {line}" for number, line in enumerate(text.splitlines(), start=1) if _ADDRESS.search(line)]


def parse_lock(text: str) -> dict[str, str]:
    """Read the pins of a hash-locked requirements file.

    Returns:
        Version by package name, as written; environment markers are dropped.

    Raises:
        ValueError: A requirement is not pinned, or carries no hash.
    """
    pins: dict[str, str] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text).strip()):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", block)
        if match is None or "--hash=sha256:" not in block:
            msg = f"Not pinned with a hash: {block.splitlines()[0]}"
            raise ValueError(msg)
        pins[match[1]] = match[2]
    return pins


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _names_in(*nodes: ast.AST) -> set[str]:
    parts = [part for node in nodes for part in (node.elts if isinstance(node, ast.Tuple) else [node])]
    return {_last_name(part) for part in parts}
