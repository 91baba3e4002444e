"""One supervisord as the integration reaches it: its XML-RPC, its files, and its processes in `/proc`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fermata.integrations.supervisor.client import ProcessInfo, SupervisorClient, SupervisorFault
from fermata.integrations.supervisor.config_tree import Config, read_config
from fermata.integrations.supervisor.main_log import Ending, LogEntry, list_endings, parse_main_log
from fermata.integrations.supervisor.proc import LiveProcess, ProcReader
from fermata.integrations.supervisor.processes import PAUSED
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError

MAIN_LOG_BYTES = 128 * 1024
"""How much of supervisord's own log is read: about 1,500 lines, hours of a quiet machine."""


@dataclass(frozen=True, slots=True)
class History:
    """What supervisord's log tells of its processes."""

    infos: tuple[ProcessInfo, ...]
    entries: tuple[LogEntry, ...]

    def list_endings(self, info: ProcessInfo) -> tuple[Ending, ...]:
        """Return the unrequested ends of one process, oldest first."""
        return list_endings(self.entries, info, self.infos)


@dataclass(frozen=True, slots=True)
class Site:
    """What collectors, actions and the probe share. Holds no state and no connection."""

    client: SupervisorClient
    config_path: Path | None
    clock: Clock
    timeout_s: float
    proc: ProcReader

    async def read_config(self) -> Config | None:
        """Return the configuration on disk; `None` when no `config_path` is set.

        Raises:
            OperationalError: It cannot be read.
        """
        return None if self.config_path is None else await asyncio.to_thread(read_config, self.config_path)

    async def fetch_history(self) -> History:
        """Return all processes with what supervisord's log says of them.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        return await self.read_history(await self.client.fetch_processes())

    async def read_history(self, infos: tuple[ProcessInfo, ...]) -> History:
        """Return what supervisord's log says of processes that are known.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        text = await self.client.fetch_main_log(MAIN_LOG_BYTES)
        local = datetime.now(UTC).astimezone().utcoffset() or timedelta(0)
        return History(infos, parse_main_log(text, infos, local))

    async def mark_halted(self, history: History) -> History:
        """Return a history in which what a signal holds is `PAUSED`: supervisord goes on to call it running.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        pid = await self.find_supervisord_pid()
        if pid is None:
            return history
        infos = await asyncio.to_thread(lambda: tuple(self._mark(info, pid) for info in history.infos))
        return replace(history, infos=infos)

    def _mark(self, info: ProcessInfo, supervisord_pid: int) -> ProcessInfo:
        live = self.proc.find_child_of_supervisord(info.pid, supervisord_pid, info.start)
        is_halted = live is not None and (live.is_halted or self.proc.follow_shell(live).is_halted)
        return replace(info, state=PAUSED) if is_halted else info

    async def find_supervisord_pid(self) -> int | None:
        """Return supervisord's process id if it surely runs on this machine, else `None`."""
        if not self.client.is_unix:
            return None
        try:
            pid = int(await self.client.call("getPID"))
        except SupervisorFault:
            return None
        return pid if await asyncio.to_thread(self.proc.is_supervisord, pid) else None

    async def find_live(self, info: ProcessInfo) -> LiveProcess | None:
        """Return the running process from `/proc` if it surely is the one supervisord means."""
        supervisord_pid = await self.find_supervisord_pid() if info.pid else None
        if supervisord_pid is None:
            return None
        return await asyncio.to_thread(self.proc.find_child_of_supervisord, info.pid, supervisord_pid, info.start)

    async def find_live_quietly(self, info: ProcessInfo) -> LiveProcess | None:
        """Return what `find_live` does, and `None` when supervisord cannot be asked meanwhile."""
        try:
            return await self.find_live(info)
        except OperationalError:
            return None
