"""Puts the tables of the last run together as `bench/RESULTS.md`, with what they were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ORDER = (
    "cases",
    "mechanisms",
    "kubernetes",
    "metrics",
    "logs",
    "redaction",
    "kubernetes_live",
    "docker_logs",
    "intake",
    "grouping",
    "hold",
    "router",
    "budget",
    "brief",
    "slack",
    "discord_cards",
    "postmortem",
    "postmortem-labels",
    "similar",
    "service_graph",
    "weakness",
    "weakness-model",
    "chaos_specs",
    "faultproxy",
    "rehearsal",
    "rehearsal-stop",
    "start",
)
HEAD = """# Measured

Written by `make bench` ({when:%Y-%m-%d}) on {cores} cores, {system}, Python {python}, SQLite {sqlite}. The machine is
shared and noisy: ratios and yes/no count, absolute times vary by a factor of two between runs. Each goal was written
down before its script; a goal that was missed stays in the table. Run one alone with the command above its table.

The public benchmarks are not part of this repository: a script that has not got its data says how to get it, and its
table stays as it was last measured. What they were used for, and what was kept for judging, stands in each script.

"""


def main() -> None:
    """Write the file."""
    head = HEAD.format(
        when=datetime.now(UTC),
        cores=os.cpu_count(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )
    earlier = read_tables(HERE / "RESULTS.md")
    tables = [table for name in ORDER if (table := find_table(name) or earlier.get(name))]
    (HERE / "RESULTS.md").write_text(head + "\n".join(tables))


def find_table(name: str) -> str:
    """Return the table of the last run, empty when there was none."""
    path = HERE / "results" / f"{name}.md"
    return path.read_text() if path.exists() else ""


def read_tables(path: Path) -> dict[str, str]:
    """Return the tables of an earlier report by their names."""
    parts = path.read_text().split("\n## ")[1:] if path.exists() else []
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in parts}


if __name__ == "__main__":
    main()
