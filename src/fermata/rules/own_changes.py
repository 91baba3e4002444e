"""Whether a change is Fermata's own, as a person approved it: by what was approved, never by what it says of itself.

A commit of Fermata's carries the mark of its action, and so can anybody's. It is ours only if the ledger knows that
action, and if what the commit changes is, line by line, what stood on the card. Who copies a mark onto a change of
their own gains nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fermata.domain.action import Outcome, PlannedAction
from fermata.domain.execution import Intent
from fermata.domain.facts import ChangeFacts
from fermata.domain.ids import ActionId
from fermata.domain.plan import Plan
from fermata.kit.redaction.marks import MARK

_SHORTEST_DIGEST = 12
"""Hex digits of the plan's digest in a mark (`ports.action.ExecutionKey.mark`)."""
_UNSAID = (
    "index ",
    "diff --git ",
    "\\ ",
    "similarity index ",
    "new file mode 100644",
    "deleted file mode ",
)
"""Lines of a diff that other lines say as well, or that move with what stands around the change.

A file that goes is gone whatever it was: forges, unlike git, do not say that it was executable. One that comes
executable is another file, and where a forge does not say it, nobody knows that it is ours.
"""
_DIFF = "diff --git "
_PLACE = "@@"


def find_action_id(mark: str) -> ActionId | None:
    """Return the action that a mark names; `None` when it is no mark."""
    action_id, _, digest = mark.rpartition(".")
    return ActionId(action_id) if action_id and len(digest) >= _SHORTEST_DIGEST else None


def is_own_change(facts: ChangeFacts, lines: Sequence[str], intent: Intent, plan: Plan) -> bool:
    """Answer whether a change is what an approved action was to make.

    Args:
        facts: Of the change; its diff must have been read whole.
        lines: Of its evidence: what is told of it, then its diff.
        intent: The ledger's row of the action that its mark names.
        plan: The plan of that intent, as it is stored now.

    Returns:
        False wherever anything is missing or differs: then it is a change like any other.
    """
    digest = facts.mark.rpartition(".")[2]
    action = next((one for one in plan.actions if one.id == intent.action_id), None)
    is_named = find_action_id(facts.mark) == intent.action_id
    if action is None or not is_named or intent.outcome is Outcome.FAILED or not facts.diff_read:
        return False
    if plan.digest != intent.plan_digest or not plan.digest.removeprefix("sha256:").startswith(digest):
        return False
    return _is_as_approved(lines, action)


def _is_as_approved(lines: Sequence[str], action: PlannedAction) -> bool:
    begins = next((at for at, line in enumerate(lines) if line.startswith(_DIFF)), len(lines))
    made = _list_said(lines[begins:])
    # Of a hidden value four or eight digits are known, and another value that has them is found within a second.
    is_hidden = any(MARK.search(line) for said in made.values() for line in said)
    return bool(made) and not is_hidden and made == _list_said(action.dry_run.diff.split("\n"))


def _list_said(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return what a diff says of each file, in its order: its changed lines, and what becomes of the file as such.

    The same lines in another file, at another place of it, or the other way round, are another change. A place is told
    by the line before and the line behind: its number moves with what others write above it.
    """
    said: dict[str, list[str]] = {}
    path = before = ""
    is_inside = is_behind = False  # Of a hunk, and of a line of it that is changed.
    for line in lines:
        if line.startswith((_DIFF, _PLACE)):
            path = line if line.startswith(_DIFF) else path
            before, is_inside, is_behind = "", line.startswith(_PLACE), False
        elif line.startswith(" "):
            if is_behind:
                said[path].append(_blank_hidden(line))
            before, is_behind = line, False
        elif line and not line.startswith(_UNSAID):
            told = [_blank_hidden(before), line] if before else [line]
            said.setdefault(path, []).extend(told)
            before, is_behind = "", is_inside
    return said


def _blank_hidden(line: str) -> str:
    """Return a line that stands beside a change; what is hidden of it proves nothing, and is no part of the change."""
    return MARK.sub("", line)
