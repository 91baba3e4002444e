"""Puts the tables of the last run together as `bench/RESULTS.md`, with what they were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ORDER = ("intake", "hold", "start")
HEAD = """# Measured

Written by `make bench` ({when:%Y-%m-%d}) on {cores} cores, {system}, Python {python}, SQLite {sqlite}. The machine is
shared and noisy: ratios and yes/no count, absolute times vary by a factor of two between runs. Each goal was written
down before its script; a goal that was missed stays in the table. Run one alone with the command above its table.

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
    tables = [(HERE / "results" / f"{name}.md").read_text() for name in ORDER]
    (HERE / "RESULTS.md").write_text(head + "\n".join(tables))


if __name__ == "__main__":
    main()
