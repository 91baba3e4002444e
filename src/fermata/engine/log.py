"""Leads what dbos logs into our log: one structured line each, and a trace only for what is a bug."""

from __future__ import annotations

import logging
import re

from fermata.kit.errors import FermataError
from fermata.kit.log import get_log
from fermata.kit.seldom import Seldom, write_kept_back

_DBOS = "dbos"
_TRACE = "Traceback (most recent call last):"
_RAISED = re.compile(r"[A-Za-z_][\w.]*: ")
"""The line of a trace that names what was raised: not indented, and no sentence of Python's between two traces."""
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_RAISED_TOO = "DBOS failed to launch"
"""What dbos logs with its trace and then raises: whoever launched it says it once, in words."""
_log = get_log("engine")


class _ToOurLog(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._told = Seldom()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        text = record.getMessage()
        if text.startswith(_RAISED_TOO):
            return
        if isinstance(error, FermataError):
            _log.warning("run.failed", error=str(error))
        elif error is not None:
            _log.error("engine.failed", text=text, exc_info=error)
        else:
            self._report(text)

    def _report(self, text: str) -> None:
        """Tell it, unless the same was told within the last minute; then count it for the next time."""
        brief = _shorten(text)
        kept_back = self._told.count(_NUMBERS.sub("#", brief))
        if kept_back is None:
            return
        _log.warning("engine.reported", text=brief, **write_kept_back(kept_back))
        if brief != text:
            _log.debug("engine.traced", text=text)


def _shorten(text: str) -> str:
    """Return what failed and why: dbos writes whole traces into what it says of a database that is away."""
    said, *traces = text.split(_TRACE)
    why = next((line for line in traces[-1].splitlines() if _RAISED.match(line)), "") if traces else ""
    return f"{said.rstrip()} {why}".strip() if why else text


def redirect_log(level: int) -> None:
    """Take dbos's log over, from this level on. Idempotent; dbos adds a handler of its own only where there is none."""
    logger = logging.getLogger(_DBOS)
    logger.setLevel(level)
    logger.propagate = False
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.handlers = [_ToOurLog()]
