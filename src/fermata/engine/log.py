"""Leads what dbos logs into our log: one structured line each, and a trace only for what is a bug."""

from __future__ import annotations

import logging
import re
import time

from fermata.kit.errors import FermataError
from fermata.kit.log import get_log

_DBOS = "dbos"
_AGAIN_AFTER_S = 60.0
"""dbos looks at its tables ten times a second, and tells each time that they are away: once a minute is enough."""
_MOST_KNOWN = 200
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_RAISED_TOO = "DBOS failed to launch"
"""What dbos logs with its trace and then raises: whoever launched it says it once, in words."""
_log = get_log("engine")


class _ToOurLog(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}

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
        kind, now = _NUMBERS.sub("#", text), time.monotonic()
        at, kept_back = self._told.get(kind, (now - _AGAIN_AFTER_S, 0))
        if now - at < _AGAIN_AFTER_S:
            self._told[kind] = (at, kept_back + 1)
            return
        if len(self._told) >= _MOST_KNOWN:
            self._told.clear()
        self._told[kind] = (now, 0)
        _log.warning("engine.reported", text=text, **({"kept_back": kept_back} if kept_back else {}))


def redirect_log(level: int) -> None:
    """Take dbos's log over, from this level on. Idempotent; dbos adds a handler of its own only where there is none."""
    logger = logging.getLogger(_DBOS)
    logger.setLevel(level)
    logger.propagate = False
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.handlers = [_ToOurLog()]
