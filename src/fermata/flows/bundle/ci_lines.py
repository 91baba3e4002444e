"""What a program printed, out of a CI job's log: without what the CI writes before each line, and with its times.

GitHub writes `2026-11-27T19:32:31.5170000Z ` before a line, Azure alike, and `gh run view --log` the job and the step
before that, with tabs; GitLab `2026-11-27T19:32:31.517000Z 01O ` (docs.gitlab.com/ci/jobs/job_logs, "Job log
timestamps"), Jenkins' timestamper `[2026-11-27T19:32:31.517Z] `. Forms read from memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fermata.flows.bundle.parsing import read_instant

_BEFORE = re.compile(
    r"\ufeff?(?:[^\t\n]{1,200}\t[^\t\n]{1,200}\t)?\ufeff?"
    r"\[?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d))\]?(?: [0-9a-f]{2}[OE](?:[ +]|$)| |$)"
)
_LEAST = 0.9
"""Of the lines that say something: a program that writes a time itself writes it into some of its lines."""


@dataclass(frozen=True, slots=True)
class PrintedLines:
    """A text by its lines."""

    lines: tuple[str, ...]
    times: tuple[datetime | None, ...]
    """When each line was printed; all `None` where nobody wrote it before them."""


def read_printed(text: str) -> PrintedLines:
    """Return the lines of a text, without a CI's words before them where nearly all have some."""
    lines = text.split("\n")
    found = [_BEFORE.match(line) for line in lines]
    said = sum(1 for line in lines if line.strip())
    if not said or sum(1 for match in found if match) < _LEAST * said:
        return PrintedLines(tuple(lines), (None,) * len(lines))
    rest = (line if match is None else line[match.end() :] for line, match in zip(lines, found, strict=True))
    times = (None if match is None else read_instant(match[1].replace(",", ".")) for match in found)
    return PrintedLines(tuple(rest), tuple(times))
