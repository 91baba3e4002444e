"""The exceptions of an error tracker's event as the runtime would have logged them: signatures read stacks of logs.

Called by the reader of logs for each record of an export. Only what Sentry calls Python's is written as a traceback: of
other runtimes the type, the value and the innermost frame of the program's own are one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fermata.flows.bundle.parsing import read_text_field
from fermata.kit.digging import dig_maps

_MOST_EXCEPTIONS = 10
_MOST_FRAMES = 50


def write_stacks(record: Mapping[str, Any]) -> list[str]:
    """Return the lines of an event's exceptions, the first one raised first; empty for any other record.

    Sentry's API keeps them under `entries`, its SDKs and webhooks under `exception`.
    """
    is_python = read_text_field(record, "platform").startswith("python")
    lines: list[str] = []
    for exception in list(_list_exceptions(record))[-_MOST_EXCEPTIONS:]:
        said = ": ".join(
            filter(None, (read_text_field(exception, name).replace("\n", " ") for name in ("type", "value")))
        )
        stack = exception.get("stacktrace")
        frames = dig_maps(stack.get("frames")) if isinstance(stack, Mapping) else []
        if said and is_python and frames:
            lines += ["Traceback (most recent call last):", *map(_write_frame, frames[-_MOST_FRAMES:]), said]
        elif said:
            own = [frame for frame in frames if frame.get("inApp", frame.get("in_app"))] or frames
            lines.append(f"ERROR {said}{_say_place(own[-1]) if own else ''}")
    return lines


def _list_exceptions(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    entries = [entry.get("data") for entry in dig_maps(record.get("entries")) if entry.get("type") == "exception"]
    event = record.get("event")
    for holder in (*entries, record.get("exception"), event.get("exception") if isinstance(event, Mapping) else None):
        if isinstance(holder, Mapping):
            yield from dig_maps(holder.get("values"))


def _write_frame(frame: Mapping[str, Any]) -> str:
    line = frame.get("lineNo", frame.get("lineno"))
    number = line if isinstance(line, int) else 0
    file = read_text_field(frame, "filename", "absPath", "abs_path")
    return f'  File "{file}", line {number}, in {read_text_field(frame, "function")}'


def _say_place(frame: Mapping[str, Any]) -> str:
    file = read_text_field(frame, "filename", "absPath", "abs_path", "module")
    line = frame.get("lineNo", frame.get("lineno"))
    return f" at {file}:{line}" if file and isinstance(line, int) else ""
