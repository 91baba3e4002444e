"""The tree under test, read once: its root, its files, and the syntax of its sources."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# For a tree that came without git, such as an unpacked archive.
NOT_OURS = {
    ".git",
    ".venv",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}


@pytest.fixture(scope="session")
def root():
    """Give the folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def tracked():
    """Give the path of every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:  # Empty: git speaks of a repository around us, which ignores us.
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in set(paths) if path.is_file())


@pytest.fixture(scope="session")
def texts(tracked):
    """Give the text of every tracked file by its path from the root; files that are not UTF-8 are left out."""
    found = {}
    for path in tracked:
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(scope="session")
def sources(texts):
    """Give the syntax tree of every module of the package, by its path from the root."""
    return {
        name: ast.parse(text, name)
        for name, text in texts.items()
        if name.startswith("src/fermata/") and name.endswith(".py")
    }
