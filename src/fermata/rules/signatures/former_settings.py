"""What a container was created with before it was created anew: the value that one setting of it can go back to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceLine
from fermata.domain.facts import ChangeFacts
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import clip

HIDDEN_MARKS = ("<redacted ", "[redacted:")
_LONGEST = 400
"""What the action takes."""
_LINE = re.compile(r"(?P<sign>[-+])(?P<setting>env \w+(?==)|cmd(?=: \[))(?:=|: )(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Former:
    """One setting as it was in the container before."""

    change: Sighting[ChangeFacts]
    line: EvidenceLine
    """As the difference tells it."""
    setting: str
    """`env NAME` or `cmd`, as the action takes it."""
    before: str
    after: str | None
    """What it is now; `None` where it is gone."""

    @property
    def is_hidden(self) -> bool:
        """Answer whether the value may not be shown, or not all of it."""
        return any(mark in self.before for mark in HIDDEN_MARKS)

    @property
    def words(self) -> str:
        """Return the value, if it may be shown."""
        return "another value" if self.is_hidden else repr(clip(self.before))


def list_former(case: Case, entity: Entity) -> Iterator[Former]:
    """Yield what the difference from the container before tells of variables and the command, in its order."""
    for change in case.changes:
        if change.facts.kind == "commit" or change.evidence.entity != entity:
            continue
        told = [(line, match) for line in change.evidence.lines if (match := _LINE.fullmatch(line.text)) is not None]
        now = {match["setting"]: match["value"] for _, match in told if match["sign"] == "+"}
        for line, match in told:
            if match["sign"] == "-":
                yield Former(change, line, match["setting"], match["value"], now.get(match["setting"]))


def go_back(case: Case, entity: Entity, former: Former) -> tuple[ActionSuggestion, ...]:
    """Return the action that gives a setting its former value, where that is known in full and somebody offers it."""
    if former.is_hidden or len(former.before) > _LONGEST:
        return ()
    parameters = {"setting": former.setting, "value": former.before}
    return propose(case, entity, Intent.PREVIOUS_SETTING, parameters)
