"""The end of the scope's processes' logs, with the line numbers they have in their files where that can be known."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.domain.scope import Scope
from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.collect import ProcessCollector, build_evidence, list_targets
from fermata.integrations.supervisor.proc import OpenLog
from fermata.integrations.supervisor.site import Site
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.ports.handing import read_all

# Counting line breaks costs about 1 s per 2 GiB; above this the numbers are counted from the tail instead.
_LARGEST_COUNTED_BYTES = 512 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
# A server has an error log and an access log for each site; more would crowd out what else was gathered (a guess).
_MOST_OPEN = 4
_CLOCK = re.compile(r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?![\d:]|[.,]?\d*\s?(?:Z|[+-]\d\d))")
"""A time of its own at a line's begin, without a zone: as Python's logging, nginx and Go's write it."""
_ZONES_S = tuple(
    int(hours * 3600)
    for hours in (*range(-12, 15), -9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75)
)
"""Before UTC, as zones are (tz database 2026a): a line that is older by another span was not the last thing written."""
_BEHIND_S = 60  # How long before the file's own time its last line with a time may lie.
_CONTROL = {code: None for code in range(0x20) if code not in (0x09, 0x0A)}


@dataclass(frozen=True, slots=True)
class _Tail:
    lines: tuple[str, ...]
    first_line: int
    is_numbered: bool
    """Whether `first_line` is the number in the file; else the tail counts from 1."""
    size_bytes: int
    """Of the whole log."""
    query: str
    newest_at: datetime | None = None
    """When the file was last written to; `None` where only supervisord was asked."""


class LogCollector(ProcessCollector):
    """The last bytes of stdout and stderr of the scope's processes, and of the logs that they write themselves.

    Args:
        size_bytes: How much of each is read; a guess that holds a few hundred lines and every traceback.
    """

    name = "supervisor.logs"

    def __init__(self, site: Site, size_bytes: int) -> None:
        super().__init__(site)
        self._size_bytes = size_bytes

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each log file; none for a stream that is not kept.

        Raises:
            OperationalError: supervisord cannot be asked, or cannot give a log that is not readable here either.
        """
        targets = list_targets(await self._site.client.fetch_processes(), scope)
        is_local = bool(targets) and await self._site.find_supervisord_pid() is not None
        parts: dict[str, Awaitable[Evidence | list[Evidence]]] = {}
        for info, entity in targets:
            for stream, path in (("stdout", info.stdout_logfile), ("stderr", info.stderr_logfile)):
                if path:
                    read = self._read(scope, info, entity, stream, path, is_local=is_local)
                    parts[f"{stream} of {info.namespec}"] = read
            if is_local:
                parts[f"files that {info.namespec} writes"] = self._read_own(scope, info, entity)
        return await read_all(parts)

    async def _read_own(self, scope: Scope, info: ProcessInfo, entity: Entity) -> list[Evidence]:
        """Return the logs that the process has open itself: a proxy's errors stand in no stream of it."""
        live = await self._site.find_live_quietly(info)
        if live is None:
            return []
        live = await asyncio.to_thread(self._site.proc.follow_shell, live)
        found: list[Evidence] = []
        for log in await asyncio.to_thread(self._site.proc.list_open_logs, live.pid):
            if log.path in (info.stdout_logfile, info.stderr_logfile) or len(found) >= _MOST_OPEN:
                continue
            try:
                tail = await asyncio.to_thread(_read_file, log.handle, self._size_bytes)
            except OSError:
                continue  # It was closed meanwhile, or is not ours to read.
            built = self._build(scope, info, entity, "", log.path, tail)
            lost = _describe_lost(log, info)
            found.append(built.model_copy(update={"cut": join_cuts(lost, built.cut)}))
        return found

    async def _read(
        self, scope: Scope, info: ProcessInfo, entity: Entity, stream: str, path: str, *, is_local: bool
    ) -> Evidence:
        tail = await self._read_tail(info, stream, path, is_local=is_local)
        return self._build(scope, info, entity, stream, path, tail)

    async def _read_tail(self, info: ProcessInfo, stream: str, path: str, *, is_local: bool) -> _Tail:
        if is_local:
            try:
                return await asyncio.to_thread(_read_file, Path(path), self._size_bytes)
            except OSError:
                # Another user's file, or one seen only from inside supervisord's container: it can still tell us.
                pass
        text, size = await self._site.client.fetch_tail(info.namespec, stream, self._size_bytes)
        lines = _split(text, is_whole=size <= self._size_bytes)
        query = f"supervisor.tailProcess{stream.capitalize()}Log({info.namespec!r}, 0, {self._size_bytes})"
        return _Tail(lines, 1, size <= self._size_bytes, size, query)

    def _build(self, scope: Scope, info: ProcessInfo, entity: Entity, stream: str, path: str, tail: _Tail) -> Evidence:
        total = tail.first_line + len(tail.lines) - 1
        instants = list_instants(tail.lines, tail.newest_at) if tail.newest_at is not None else ()
        oldest_at = min(instants, default=None)
        cut = ""
        if tail.size_bytes > self._size_bytes:
            cut = f"last {len(tail.lines)} lines: the last {self._size_bytes} of {tail.size_bytes} bytes"
            cut += f", of {total} lines" if tail.is_numbered else "; numbered from the tail, not from the file's start"
        return build_evidence(
            self._site,
            scope,
            entity,
            hide_lines(tail.lines),
            LogFacts(
                path=path,
                stream=stream,
                first_line=tail.first_line,
                total_lines=total,
                newest_at=tail.newest_at if tail.lines else None,
                oldest_at=oldest_at,
                seconds=tuple(int((at - oldest_at).total_seconds()) for at in instants) if oldest_at else (),
            ),
            kind=EvidenceKind.LOGS,
            collector=self.name,
            title=f"{info.namespec}: {stream or path}, " + (f"{len(tail.lines)} lines" if tail.lines else "empty"),
            query=tail.query,
            first_line=tail.first_line,
            cut=cut,
        )


def _describe_lost(log: OpenLog, info: ProcessInfo) -> str:
    """Return why whoever reads the log by its usual name sees nothing of it; empty when they do."""
    if not (log.is_deleted or log.is_rotated):
        return ""
    what = "was deleted" if log.is_deleted else "has the name of a log that was put aside"
    return (
        f"{log.path} {what}, and {info.name} still writes to it: its room is not given back, and nobody reads it; "
        f"have {info.name} open its logs again (nginx: `nginx -s reopen`)"
    )


def list_instants(lines: Sequence[str], written_at: datetime) -> tuple[datetime, ...]:
    """Return when each line was written, where the lines' own times have no zone; empty where that cannot be told.

    The zone is the one that lies between the last time in the log and the file's own. A line without a time was written
    with the one before it. Pure.

    Args:
        written_at: When the file was last written to.
    """
    told: list[datetime | None] = [_read_clock(line) for line in lines]
    last = next((at for at in reversed(told) if at is not None), None)
    first = next((at for at in told if at is not None), None)
    if last is None or first is None:
        return ()
    ahead_s = (last - written_at).total_seconds()
    zone_s = next((zone_s for zone_s in _ZONES_S if -_BEHIND_S <= ahead_s - zone_s <= 1), None)
    if zone_s is None:
        return ()
    found, latest = [], first
    for at in told:
        latest = at or latest
        found.append(latest - timedelta(seconds=zone_s))
    return tuple(found)


def _read_clock(line: str) -> datetime | None:
    match = _CLOCK.match(line)
    try:
        return datetime(*map(int, match.groups()), tzinfo=UTC) if match else None  # type: ignore[misc,arg-type]  # six numbers, by the pattern
    except ValueError:
        return None


def _read_file(path: Path, size_bytes: int) -> _Tail:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        start = max(0, size - size_bytes)
        is_numbered = start <= _LARGEST_COUNTED_BYTES
        before = 0
        stream.seek(0)
        left = start if is_numbered else 0
        while left and (chunk := stream.read(min(_CHUNK_BYTES, left))):
            before += chunk.count(b"\n")
            left -= len(chunk)
        stream.seek(start)
        content = stream.read(size_bytes)
        written_at = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
    lines = _split(content.decode(errors="replace"), is_whole=start == 0)
    # The line that the cut fell into is left out, and counted.
    first = before + 1 + (start > 0) if is_numbered else 1
    return _Tail(lines, first, is_numbered, size, f"tail --bytes={size_bytes} {path}", written_at)


def _split(text: str, *, is_whole: bool) -> tuple[str, ...]:
    """Return the lines without control characters (colours); a first line that the cut fell into is dropped."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return tuple(line.translate(_CONTROL) for line in (lines if is_whole else lines[1:]))
