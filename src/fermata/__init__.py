"""Fermata investigates incidents, proposes a plan, and holds it until a person says go on.

The package itself exports only its version. The floors below it, and who may import whom, are fixed by the import
contracts in `pyproject.toml`.
"""

__version__ = "0.1.0.dev0"
