"""What keeps anybody from calling it healthy, although nothing observable is wrong: asked before that is said.

"Healthy" is the one answer that makes people look away, so it needs more than the absence of symptoms: logs that do
not fail at present, nobody who is refused, nothing that stopped or piles up, nothing that could not be looked at,
nobody who asks why something fails, and no log that shows a selection only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gap
from fermata.rules.changes.shapes import find_newest
from fermata.rules.levels import find_level
from fermata.rules.logs import find_time
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.edge_codes import say_edge_code
from fermata.rules.signatures.refusals import find_refusals
from fermata.rules.signatures.routine import list_routine
from fermata.rules.signatures.standstill import find_standstill
from fermata.rules.signatures.workloads import Workload, clip

OVER_AFTER = timedelta(minutes=10)
"""A log that goes on this long without failing has got over it (a guess; revisit when measured)."""
_OWN = "fermata."
"""How a collector is called that is Fermata itself: its reason is what to do already."""
_LOOKED_AT = 5000  # Lines from a log's end: what was over before that is over.
# The status of an access log, of a structured one, and of JSON.
_SERVER_ERROR = re.compile(
    r'HTTP/[0-9.]{1,3}" 5[0-9]{2} '
    # Also of balancers and edges: Cloudflare's Logpush, Traefik, AWS.
    r'|\b(?:status|EdgeResponseStatus|DownstreamStatus|elb_status)(?:_code|Code)?"?\s{0,2}[=:]\s{0,2}"?5[0-9]{2}\b'
)

_WHY = re.compile(r"\b(?:why|warum|wieso|weshalb|weswegen|pourquoi|por qué|perché)\b", re.IGNORECASE)
"""A word that takes for granted that something is wrong."""


def find_unrest(case: Case) -> str:
    """Return, as a check for people, the first thing that speaks against "healthy"; empty when nothing does."""
    logs = [item for item in case.evidence if item.kind is EvidenceKind.LOGS]
    began = {log.query: _find_steady_start(workload) for workload in case.workloads for log in workload.logs}
    for log in logs:
        line = find_present_failure(log.lines)
        if line is not None and _is_outlived(line, log, began.get(log.query)):
            continue
        if line is not None:
            line = find_present_failure(
                log.lines, list_routine(case, log, list(filter(_fails, log.lines[-_LOOKED_AT:])))
            )
        if line is not None:
            where = f"line {line.number} of '{log.title}'"
            return f"Explain {clip(line.text)!r} ({where}): no signature knows it.{say_edge_code(line.text)}"
    if told := find_refusals(case) or find_standstill(case):
        return told
    for gap in list_lacks(case):
        return ask_for(gap)
    if complaint := find_complaint(case):
        return complaint
    cut = next((log for log in logs if log.cut), None)
    return f"Get all of '{cut.title}': {cut.cut}." if cut is not None else ""


def _find_steady_start(workload: Workload) -> datetime | None:
    return workload.state.facts.started_at if workload.state is not None and workload.is_steady else None


def _is_outlived(line: EvidenceLine, log: Evidence, started_at: datetime | None) -> bool:
    """Answer whether a failure is from before the steady run that goes on: that run has not failed so."""
    at = find_time(line.text) or find_newest(log)
    return at is not None and started_at is not None and at < started_at


def find_complaint(case: Case) -> str:
    """Return, as a check for people, what a person who asks why already knows; empty when an alert spoke first.

    Nobody asks why payments hang where they do not: what was collected merely does not show it.
    """
    why = _WHY.search(case.question)
    if case.alerts or why is None:
        return ""
    asked = clip(case.question[why.start() :])
    return f"Look where it is felt: {asked!r} is asked, and nothing that was collected shows it."


_TOLD_ONLY = "fermata.callees"
"""Says what was looked at besides: nothing that anybody could give."""


def list_lacks(case: Case) -> list[Gap]:
    """Return the gaps that are for something which was not collected."""
    return [gap for gap in case.gaps if gap.collector != _TOLD_ONLY]


def ask_for(gap: Gap) -> str:
    """Return, as a check for people, what would close a gap."""
    if gap.collector.startswith(_OWN):
        return f"{gap.reason[:1].upper()}{gap.reason[1:]}."
    file = gap.collector.partition(":")[2]
    if file and gap.reason.startswith(file):
        return f"See to {gap.reason}."  # A bundle's file, which the reason names already.
    whom = f" for {gap.entity.ref}" if gap.entity else ""
    return f"Get what {gap.collector} could not give{whom}: {gap.reason}."


def find_present_failure(lines: Sequence[EvidenceLine], routine: Collection[int] = frozenset()) -> EvidenceLine | None:
    """Return the last line by which a log fails at present; `None` when it does not, or has long gone on without.

    Linear in at most 5,000 lines from the end.

    Args:
        routine: Numbers of lines that do not count.
    """
    end = None
    for line in reversed(lines[-_LOOKED_AT:]):
        at = find_time(line.text)
        end = end or at
        if line.number not in routine and _fails(line):
            over = at is not None and end is not None and end - at >= OVER_AFTER
            return None if over else line
    return None


def _fails(line: EvidenceLine) -> bool:
    level = find_level(line.text)
    return (level is not None and level.is_severe) or _SERVER_ERROR.search(line.text[:1000]) is not None
