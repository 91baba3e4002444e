"""What is installed is whole: nothing in the wheel leans on the stand-ins that stay with the source."""

import ast
import tomllib
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def _list_imported(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("line", ["from a.b import c", "import a.b.c", "def f():\n    from a.b.c import d"])
def test_every_way_to_import_is_seen(line):
    """A module is also named by the package that it is imported from."""
    assert all(name.startswith("a.b.c") for name in _list_imported(line))


def test_nothing_installed_imports_a_stand_in_that_is_left_out():
    """The contract suites and the demo are used where there is no checkout."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    left_out = [ROOT / path.lstrip("/") for path in wheel["exclude"]]
    modules = tuple(".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in left_out)

    leaning = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "src").rglob("*.py")
        if not any(path == one or one in path.parents for one in left_out)
        for name in _list_imported(path.read_text())
        if f"{name}.".startswith(tuple(f"{module}." for module in modules))
    ]

    assert all(path.exists() for path in left_out)
    assert leaning == []


def test_packed_tables_are_installed_too():
    """What is no source text comes along: `fermata.kit.packed` reads it from the package."""
    installed = {Path(one.path) for one in WheelBuilder(str(ROOT)).recurse_included_files()}

    packed = set((ROOT / "src").rglob("*.xz"))
    assert packed
    assert packed <= installed
