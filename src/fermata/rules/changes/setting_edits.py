"""What a change of settings does: the rows of `setting_tables` and `store_tables`, read against what names say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.diffs import Diff, Hunk
from fermata.rules.changes.edit_tables import Edit
from fermata.rules.changes.entries import Shift, find_ratio, is_read_by_names, list_shifts
from fermata.rules.changes.setting_tables import CLOUDS, CONTAINERS, EDGES, SettingRow
from fermata.rules.changes.store_tables import APPLICATIONS, STORES

ROWS: tuple[SettingRow, ...] = (*CONTAINERS, *EDGES, *CLOUDS, *STORES, *APPLICATIONS)
"""Every row about a setting."""

_UNUSED = re.compile(r"(?:hikari|pool|datasource|jdbc|conn_?max).*idle_?time")
"""How long a pool of clients keeps what nobody uses: no request is on it, so that none is cut off."""
_FEW = 6  # Edits of a change up to which each of them is telling.
_NEW = 0.45  # Of what is given for the first time: it seldom breaks what worked without.
_FULL = 2.5  # Times more or less from which on a step counts whole.
_LEAST = 0.1


def list_setting_edits(diff: Diff) -> tuple[Edit, ...]:
    """Return what a diff does to settings, in the order of its files and of the tables."""
    files: dict[str, list[Hunk]] = {}
    for hunk in diff.effective:
        # What a record gives as a name that went from this to that stands in no file, and is a setting all the same.
        if not hunk.path or is_read_by_names(hunk.path):
            files.setdefault(hunk.path, []).append(hunk)
    shifts = [shift for hunks in files.values() for shift in list_shifts(hunks)]
    found = list(dict.fromkeys(edit for shift in shifts for edit in _read(shift)))
    share = min(1.0, (_FEW / max(len(found), 1)) ** 0.5)
    return tuple(Edit(e.text, e.line, e.brings, e.also, round(e.strength * share, 2)) for e in found)


def _read(shift: Shift) -> Iterator[Edit]:
    name = shift.spelled
    if _UNUSED.search(name):
        return
    said = f"{shift.old or ''} > {shift.new or ''}"
    for row in ROWS:
        is_new = shift.ways == "c" and "C" not in row.ways
        if shift.ways in row.ways.lower() and row.name.search(name) and (row.said is None or row.said.search(said)):
            share = _NEW if is_new else _weigh(shift)
            yield Edit(row.text, shift.line, row.brings, row.also, round(row.strength * share, 2))


def _weigh(shift: Shift) -> float:
    """Return how much a step matters, 0..1: what goes up or down by a few percent seldom breaks anything."""
    ratio = find_ratio(shift.old, shift.new) if shift.old is not None and shift.new is not None else None
    if ratio is None:
        return 1.0
    factor = max(ratio, 1.0 / ratio)
    return max(_LEAST, min(1.0, (factor - 1.0) / (_FULL - 1.0)))
