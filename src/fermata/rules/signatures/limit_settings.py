"""The commit that lowered a memory limit to what is in force: who reaches the limit should read that first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.diffs import DiffLine, Hunk
from fermata.rules.changes.live import Change
from fermata.rules.setting_commits import TOLERANCE
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.workloads import clip

_SETS = re.compile(
    r"^\W*(?P<key>[\w.-]{0,60}mem[\w.-]{0,60})[\"']?\s*[:=]\s*[\"']?(?P<number>\d{1,15})\s?(?P<unit>[kmgt]?)i?b?\b",
    re.IGNORECASE,
)
"""A size as compose, systemd and Kubernetes write it: `mem_limit: 48m`, `MemoryMax=48M`, `memory: 48Mi`."""
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


@dataclass(frozen=True, slots=True)
class LimitSetting:
    """A commit with the line that set a limit, and what stood there before."""

    change: Sighting[ChangeFacts]
    line: int
    """Number of the line in the commit's evidence."""
    before: str
    after: str
    former_bytes: int
    """The limit before it."""

    @property
    def words(self) -> str:
        """Return it as a sentence for people."""
        facts = self.change.facts
        author = f" by {facts.author}" if facts.author else ""
        return (
            f"{facts.id[:7]} ({clip(facts.title, 80)}){author} lowered a limit to that: {self.before} -> {self.after}."
        )


def find_limit_setting(
    changes: Sequence[Sighting[ChangeFacts]], limit_bytes: int, made_at: datetime
) -> LimitSetting | None:
    """Return the newest commit that lowered a memory limit to this one and stood there when the process was made.

    Args:
        changes: Those whose diffs were read, newest first. A hunk rarely shows whose limit it is; the size does.
    """
    for change in changes:
        facts = change.facts
        is_there = facts.taken_back_at is None or facts.taken_back_at > made_at
        if facts.kind == "commit" and not facts.is_own and is_there and facts.changed_at <= made_at + TOLERANCE:
            for hunk in Change(change.evidence, facts).diff.effective:
                for size, old, new in _list_lowered(hunk, limit_bytes):
                    told = (clip(old.text.strip(), 60), clip(new.text.strip(), 60))
                    return LimitSetting(change, new.number, *told, size)
    return None


def _list_lowered(hunk: Hunk, limit_bytes: int) -> Iterator[tuple[int, DiffLine, DiffLine]]:
    """Yield the former size and the lines that a hunk takes away and brings where one setting goes down to a size."""
    old = {key: (size, line) for line in hunk.list_signed("-") for key, size in _read_size(line.text)}
    for line in hunk.list_signed("+"):
        for key, size in _read_size(line.text):
            if size == limit_bytes and key in old and old[key][0] > size:
                yield *old[key], line


def _read_size(text: str) -> Iterator[tuple[str, int]]:
    found = _SETS.match(text[:200])
    if found is not None:
        yield found["key"].lower(), int(found["number"]) * _UNITS[found["unit"].lower()]
