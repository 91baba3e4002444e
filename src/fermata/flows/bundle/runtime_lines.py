"""What a container runtime wraps around each line: Docker's json-file driver, and the CRI format of containerd.

Left where it is, it stands in the way of whoever reads a quote, and hides the record within from who reads fields.
Forms: docs.docker.com/engine/logging/drivers/json-file, kubernetes' kubelet/cri/streaming (`time stream tag log`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from fermata.flows.bundle.log_text import LogText

_CRI = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\S{8,24}) (?:stdout|stderr) [FP](?::\w+)* (?P<said>.*)", re.DOTALL)
_DOCKER = frozenset({"log", "stream", "time"})
_TIMES = frozenset({"time", "timestamp", "@timestamp", "ts", "datetime", "date", "@t"})


def unwrap_lines(text: LogText) -> LogText:
    """Return a runtime's lines as the program wrote them, each with its time and number; other logs as they are."""
    first = next((line for line in text.lines if line.strip()), "")
    unwrap = next((each for each in (_unwrap_docker, _unwrap_cri) if each(first) is not None), None)
    return text if unwrap is None else replace(text, lines=tuple(_unwrap(line, unwrap) for line in text.lines))


def _unwrap(line: str, unwrap: Callable[[str], str | None]) -> str:
    found = unwrap(line)
    return line if found is None else found


def _unwrap_docker(line: str) -> str | None:
    if not line.startswith('{"log":'):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None  # Cut, because it is longer than what is kept of a line.
    if not record.keys() >= _DOCKER or not all(isinstance(record[key], str) for key in _DOCKER):
        return None
    return _write(record["time"], record["log"])


def _unwrap_cri(line: str) -> str | None:
    match = _CRI.fullmatch(line)
    return _write(match["at"], match["said"]) if match is not None else None


def _write(at: str, said: str) -> str:
    """Write what a program said with the runtime's time: a record that has its own keeps it."""
    said = said.rstrip("\r\n").replace("\n", " ")
    try:
        record = json.loads(said) if said.startswith("{") else None
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return f"{at} {said}"
    return said if _TIMES & record.keys() else json.dumps({"time": at, **record}, ensure_ascii=False)
