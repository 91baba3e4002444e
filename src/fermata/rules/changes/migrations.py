"""Which run of a migration brought a commit's file into effect: by the names that its tool gives both. Pure.

A run says that something was done to a database, and when; what that was stands in the file, which a commit brought.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fermata.rules.changes.diffs import FileKind, find_kind

if TYPE_CHECKING:
    from fermata.domain.facts import ChangeFacts
    from fermata.rules.changes.live import Change

MIGRATION = "migration"
_ENDINGS = re.compile(r"(?:\.(?:up|down|do|undo))?\.\w+$")
_IN_FOLDERS = frozenset({"migration", "up", "down"})
"""Files that are called alike in every migration, as Prisma's and diesel's: its folder has the name."""
_SCRIPT = re.compile(
    r"migrat|alembic|flyway|liquibase|changelog|(?:^|/)[VU]\d[\w.]*__|(?:^|/)\d{3,}[_-]", re.IGNORECASE
)
_NUMBER = re.compile(r"V?\d{1,7}(?:[._]\d+)*")
"""A version that every service counts up from one by itself; a date is nobody else's."""
_LONG_NAME = 8  # Letters of a file's name that are no other's: `0142_external_ref`, not `schema`.


def is_run_of(facts: ChangeFacts, path: str) -> bool:
    """Answer whether what ran is this file.

    Flyway and Liquibase tell the file, Django and Prisma its name (`orders.0003_drop`), alembic and Rails what that
    begins with, golang-migrate the same without its leading zeros. Each of Django's applications has a `0001_initial`.
    """
    folder, _, file = path.rpartition("/")
    application = facts.ref.rpartition(".")[0]
    if file.endswith(".py") and application and application not in folder.split("/"):
        return False
    stem = _ENDINGS.sub("", file)
    stem = folder.rpartition("/")[2] if stem in _IN_FOLDERS else stem
    if len(stem) >= _LONG_NAME and stem in f"{facts.title} {facts.ref}":
        return True
    name = facts.ref if facts.ref.startswith("V") else facts.ref.rpartition(".")[2]
    begin, own = name.casefold().lstrip("0"), stem.casefold().lstrip("0")
    is_head = own.startswith(begin) and not own[len(begin) :][:1].isalnum()
    return bool(begin) and is_head and find_kind(path) is FileKind.MIGRATION


class MigrationRuns:
    """The runs of migrations among changes."""

    def __init__(self, changes: Sequence[Change]) -> None:
        runs = [one for one in changes if one.facts.kind == MIGRATION]
        self._runs = sorted(runs, key=lambda one: (one.facts.changed_at, one.id), reverse=True)
        self._found: dict[str, list[Change]] = {}

    def list_runs(self, change: Change) -> list[Change]:
        """Return the runs of a commit's files, the last one first.

        What ran by its number alone before the commit was there is another service's of the same number.
        """
        if change.id not in self._found:
            paths, written = change.diff.paths if change.is_written else (), change.facts.changed_at
            runs = (
                one for one in self._runs if one.facts.changed_at >= written or not _NUMBER.fullmatch(one.facts.ref)
            )
            self._found[change.id] = [one for one in runs if any(is_run_of(one.facts, path) for path in paths)]
        return self._found[change.id]


def is_migration(change: Change) -> bool:
    """Answer whether all that a commit does is done by migrations, so that no release of code brings it."""
    kinds = {hunk.kind for hunk in change.diff.effective}
    return kinds == {FileKind.MIGRATION}


def runs_once(facts: ChangeFacts) -> bool:
    """Answer whether all that a change touches are scripts of migrations: to take such a file back undoes nothing.

    What ran stays in the database, and the tool then misses a file that it knows to have run.
    """
    paths = [file.path for file in facts.files]
    return bool(paths) and all(find_kind(path) is FileKind.MIGRATION and _SCRIPT.search(path) for path in paths)
