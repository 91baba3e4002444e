"""What goes wrong on the way: slowness, silence, half an answer, refusals. Set by tests, by method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fermata.testing.kubernetes.requests import Request


class Mishap(StrEnum):
    """How an answer fails."""

    LATE = "late"
    """It comes after `delay_s`."""
    HANGS = "hangs"
    """It never comes; the request has had its effect if `after_effect`."""
    HALF = "half"
    """Its headers and the first half of its body come, then the connection ends."""
    CUT = "cut"
    """The connection ends before a byte of it."""
    REFUSED = "refused"
    """It is a `Status` with the fault's code."""


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong."""

    mishap: Mishap
    path: str = ""
    """Regular expression, searched in the path; empty for every one."""
    methods: tuple[str, ...] = ()
    """Empty for every one."""
    times: int = -1
    """How often; -1 for always."""
    delay_s: float = 0
    code: int = 500
    retry_after_s: int = 0
    after_effect: bool = False
    """Whether the request is carried out before its answer is lost."""

    def strikes(self, request: Request) -> bool:
        """Answer whether it is for this request, and count it."""
        if self.times == 0 or (self.methods and request.method not in self.methods):
            return False
        if not re.search(self.path, request.path):
            return False
        self.times -= self.times > 0
        return True
