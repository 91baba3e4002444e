"""Leads what dbos logs into our log: one structured line each, and a trace only for what is a bug."""

from __future__ import annotations

import logging

from fermata.kit.errors import FermataError
from fermata.kit.log import get_log

_DBOS = "dbos"
_log = get_log("engine")


class _ToOurLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        text = record.getMessage()
        if isinstance(error, FermataError):
            _log.warning("run.failed", error=str(error))
        elif error is not None:
            _log.error("engine.failed", text=text, exc_info=error)
        else:
            _log.warning("engine.reported", text=text)


def redirect_log(level: int) -> None:
    """Take dbos's log over, from this level on. Idempotent; dbos adds a handler of its own only where there is none."""
    logger = logging.getLogger(_DBOS)
    logger.setLevel(level)
    logger.propagate = False
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.handlers = [_ToOurLog()]
