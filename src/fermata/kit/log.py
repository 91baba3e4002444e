"""structlog, set up once: constant events, facts as keys, never a payload, a prompt or a token.

What a library or a plug says of its failure may quote what it was given. So every line passes redaction, its trace too,
and what libraries write to Python's own log becomes a line of ours.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO, cast

from fermata.kit.errors import UserError

if TYPE_CHECKING:
    import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_log(level: str = "info", *, as_json: bool = False) -> None:
    """Send structured lines to stderr (stdout belongs to command output). Idempotent.

    Args:
        level: debug, info, warning or error.
        as_json: One JSON object a line, for collectors; otherwise aligned text for people.

    Raises:
        UserError: There is no such level.
    """
    if level not in _LEVELS:
        raise UserError(f"There is no log level {level!r}", do=f"Use {', '.join(_LEVELS)}")
    _load_without_rich()
    import structlog

    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        # Plain traces: the default prints the local variables of every frame, payloads and secrets among them.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    _take_over(max(_LEVELS[level], logging.WARNING))


def _load_without_rich() -> None:
    """Load structlog as where rich is not installed: it would take rich for traces, 4 MB and 50 ms, and ours are plain.

    Once a process, at its start: meanwhile no other thread could import rich.
    """
    if "rich" in sys.modules or "structlog" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own sign that a module is not to be had.
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]


class _Patient:
    """Where lines go. On a full disk, behind a pipe that nobody reads any more, or once it is closed, they are lost.

    Whoever reports must not fail for it: a step that was carried out would not be recorded as that, and what asyncio
    reports of a callback that failed would end its loop, and the server with it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _ToOurLog(logging.Handler):
    """Writes what libraries report as a line of ours: Python itself would print it as it is, traces included."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get_log("libraries")
        write = log.error if record.levelno >= logging.ERROR else log.warning
        try:
            text = record.getMessage()
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):
            # Whoever counts their own arguments wrong, or hands one over that cannot be shown: the usual way would
            # print them all.
            text = "its words cannot be read"
        facts = {"exc_info": record.exc_info[1]} if record.exc_info else {}
        write("library.reported", logger=record.name, text=text, **facts)


def _take_over(level: int) -> None:
    """Take over what goes to Python's root logger (asyncio's lost tasks, the SDKs of others), from this level on."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _ToOurLog)]:
        root.removeHandler(handler)
    handler = _ToOurLog()
    handler.setLevel(level)
    root.addHandler(handler)


def _hide_secrets(logger: Any, method: str, facts: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Redact every fact of a line, by its name and by its look."""
    del logger, method
    return {name: _hide(name, value) for name, value in facts.items()}


def _hide(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: _hide(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(name, item) for item in value]
    from fermata.kit.redaction import redact_named

    # What is no text is written as its repr, by both renderers.
    return redact_named(name, value if isinstance(value, str) else repr(value)).text


def get_log(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose lines carry `component=name`."""
    return cast("structlog.typing.FilteringBoundLogger", _LateLog(name))


class _LateLog:
    """Loads structlog when a line is written: that takes a while, and most commands write none."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        import structlog

        if not structlog.is_configured():
            configure_log()  # As it comes it writes to stdout, where a program may be reading what a command found.
        return getattr(structlog.get_logger(component=self._name), method)
