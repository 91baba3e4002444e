"""What is installed is whole: nothing in the wheel leans on the stand-ins that stay with the source."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_nothing_installed_imports_a_stand_in_that_is_left_out():
    """The contract suites and the demo are used where there is no checkout."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    left_out = [ROOT / path.lstrip("/") for path in wheel["exclude"]]
    modules = tuple(".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in left_out)

    leaning = [
        f"{path.relative_to(ROOT)} imports {node.module}"
        for path in (ROOT / "src").rglob("*.py")
        if not any(path == one or one in path.parents for one in left_out)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and any(f"{node.module}.".startswith(f"{module}.") for module in modules)
    ]

    assert all(path.exists() for path in left_out)
    assert leaning == []
