"""The floors of the house, checked on the real package and on a miniature that breaks each rule."""

import os
import shutil
import subprocess
import sys

import pytest

FLOORS = (
    "cli", "web", "testing", "flows", "integrations", "models", "store", "engine", "ports", "rules", "domain", "kit",
)  # fmt: skip
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(tree):
    """Run import-linter in a process of its own: in this one the real package may be imported already."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def miniature(root, tmp_path):
    """Give a house of empty floors under the real contracts, without the floors that need not exist yet."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "fermata"
    for floor in FLOORS:
        (package / floor).mkdir(parents=True)
        (package / floor / "__init__.py").touch()
    for module in ("__init__", "__main__", "bootstrap", "settings", "integrations/git", "integrations/docker"):
        (package / f"{module}.py").touch()
    (package / "engine" / "dbos.py").write_text("import dbos\n")
    (package / "models" / "router.py").write_text(
        "import anthropic, boto3, botocore, genai_prices, openai, pydantic_ai\n"
    )
    return tmp_path


def test_every_contract_holds(root):
    """Nobody leans up or sideways, and only the engine knows dbos."""
    done = lint(root)

    assert done.returncode == 0, done.stdout + done.stderr


def test_empty_house_keeps_the_contracts(miniature):
    """Floors still to be built (`mcp`) do not break the contracts."""
    done = lint(miniature)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "code", "contract"),
    [
        ("domain/plan.py", "import fermata.rules", "A floor leans on the floors below it"),
        ("cli/page.py", "import fermata.web", "A floor leans on the floors below it"),
        ("helpers/__init__.py", "", "A floor leans on the floors below it"),
        ("models/__init__.py", "import fermata.flows", "A floor leans on the floors below it"),
        ("store/tables.py", "import dbos", "Only the engine knows dbos"),
        ("flows/remediate.py", "def later():\n    from dbos import DBOS", "Only the engine knows dbos"),
        ("integrations/git.py", "import fermata.rules", "Integrations never import"),
        ("integrations/git.py", "import fermata.engine", "Integrations never import"),
        ("integrations/git.py", "import fermata.integrations.docker", "No integration knows another"),
        ("rules/policy.py", "import subprocess", "domain and rules do no I/O"),
        ("domain/plan.py", "from time import monotonic", "domain and rules do no I/O"),
        ("rules/policy.py", "import sqlalchemy.orm", "domain and rules do no I/O"),
    ],
)
def test_forbidden_import_breaks_its_contract(miniature, module, code, contract):
    """Each contract refuses the import it is there to refuse, also one hidden inside a function."""
    path = miniature / "src" / "fermata" / module
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{code}\n")

    done = lint(miniature)

    assert done.returncode == 1, done.stdout + done.stderr
    assert any(contract in line and "BROKEN" in line for line in done.stdout.splitlines()), done.stdout
