"""What goes first where a signature and the judge of changes speak of one failure.

The judge weighs all changes against each other, by time, place and words: it may say which, and not how. So it goes,
from the first to the last (docs/adr/0015-what-shows-a-change-goes-before-what-weighs-it.md):

1. what shows which change did it, and how: by its system's own record the name, the port or the network that a call
   fails on went with that change, whatever the judge says;
2. what says how the guilty change did harm, which is then not told a second time;
3. the guilty change by itself;
4. what says how something fails, and no more: it is silent, since the guilty change may well have brought it.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.rules.changes.judge import judge_changes
from fermata.rules.signatures.base import Case


def find_cited(case: Case, hypothesis: Hypothesis) -> str | None:
    """Return the change that a hypothesis cites, the newest of several; `None` for none."""
    cited = {citation.evidence_id for citation in hypothesis.citations}
    return next((change.facts.id for change in case.changes if change.evidence.id in cited), None)


def find_told(case: Case, hypothesis: Hypothesis) -> str | None:
    """Return the change that a hypothesis says the harm of: one that it cites, or the guilty one of its own object."""
    guilty = judge_changes(case).guilty
    own = (change for change in case.changes if change.facts.id == guilty and change.evidence.entity.system)
    made_anew = (change.facts.id for change in own if change.evidence.entity == hypothesis.entity)
    return find_cited(case, hypothesis) or next(made_anew, None)


def keep_telling(case: Case, found: Sequence[Hypothesis], *, is_shown: bool = False) -> list[Hypothesis]:
    """Return what stands of findings that give way where a change is guilty: those that say how that one did harm.

    Args:
        is_shown: What they say of another change stands, too: its system's record shows it.
    """
    guilty = judge_changes(case).guilty if found else None
    if guilty is None:
        return list(found)
    told = ((one, find_told(case, one)) for one in found)
    return [one for one, change in told if change == guilty or (is_shown and change is not None)]
