"""What systemd itself wrote to the journal about a service: when and how it ended, and who had it end. Pure.

`systemctl show` tells only the last run. The kinds of messages are those of sd-messages.h of systemd 252, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.integrations.systemd.client import JournalEntry

_PROCESS_EXIT = "98e322203f7a4ed290d09fe03c09fe15"
_RESTART_SCHEDULED = "5eb03494b6584870a536b337290809b3"
_OUT_OF_MEMORY = "fe6faa94e7774663a0da52717891d8ef"
_FAILURE_RESULT = "d9b373ed55a64feb8242e02dbe79a49c"
SPAWN_FAILED = "641257651c1b4ec9a8624d7a40a9e1e7"
_STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
_STARTED = "39f53479d3a045ac8e11786248231fbf"
_STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
_STOPPED = "9d1aaa27d60140bd96365438aad20286"
_START_FAILED = "be02cf6855d2428ba40df7e9d022f03d"
_NO_FILE = "Failed to load environment files: "
_GAVE_UP = "Start request repeated too quickly."
# Written before what it does about it (service.c of systemd 252: service_dispatch_watchdog, service_dispatch_timer).
_ENDED_FOR = re.compile(r"Watchdog timeout|\S+ operation timed out|Service reached runtime time limit")
_KILLED = -9
_NEAR = timedelta(seconds=5)
"""How long after the kernel's word a kill may be told: systemd hears of it at once, a busy machine later."""
_KERNEL_KILL = re.compile(r"oom-kill:.*\btask_memcg=(?P<group>[^,]*),task=(?P<task>[^,]*),pid=(?P<pid>\d+)")


@dataclass(frozen=True, slots=True)
class Ending:
    """One end of a service's main process that nobody had asked for."""

    at: datetime
    exit_code: int | None
    """Negative for a signal; `None` when systemd found nothing wrong with it and did not say."""
    text: str
    """As systemd wrote it."""
    is_out_of_memory: bool = False


@dataclass(frozen=True, slots=True)
class UnitLog:
    """What the journal tells of a service's life, oldest first."""

    entries: tuple[JournalEntry, ...] = ()
    endings: tuple[Ending, ...] = ()
    was_stopped: bool = False
    """The last that happened is that somebody stopped it."""
    was_given_up: bool = False
    """systemd started it no more, since it had ended too often."""
    ended_for: str = ""
    """Why systemd ended it, the last time it ended: its watchdog, or a limit of time."""
    kill_at: datetime | None = None
    """When the kernel last killed a process of its present run for memory, while the service went on."""
    spawn_error: str = ""
    """Why its program could not be started, the last time; empty when it could."""
    refusal: str = ""
    """Why systemd did not start it, the last time it should: what it depends on failed, or a file is not there."""
    was_begun: bool = False
    """It was started, or should have been."""
    kernel: tuple[JournalEntry, ...] = ()
    """What the kernel wrote of processes of its that it killed for memory."""

    @property
    def is_known(self) -> bool:
        """Answer whether the journal tells anything of it."""
        return bool(self.entries)


def read_unit_log(entries: Sequence[JournalEntry], kernel: Sequence[JournalEntry], unit_id: str) -> UnitLog:
    """Return what systemd's messages about a service amount to.

    Args:
        entries: Those of PID 1 that name the service, oldest first.
        kernel: Those of the kernel, of all that it killed.
    """
    kills = [entry.at for entry in kernel if is_kill_of(entry, unit_id)]
    endings: list[Ending] = []
    was_asked = was_given_up = was_killed = False
    ended_at: datetime | None = None  # The end that a scheduled restart would be for.
    begun_at: datetime | None = None  # Of the present run, where it is known: what it was before it died with it.
    kill_at: datetime | None = None
    spawn_error = refusal = ""
    for entry in entries:
        kind = entry.message_id
        if kind in (_STARTING, _STARTED):
            was_asked = was_given_up = was_killed = False
            ended_at, kill_at, begun_at = None, None, entry.at
            spawn_error, refusal = spawn_error if kind == _STARTED else "", ""
        elif kind == _STOPPING or (kind == _STOPPED and entry.fields.get("JOB_TYPE") == "stop"):
            was_asked = True
        elif kind == _OUT_OF_MEMORY:
            was_killed, kill_at = True, entry.at
        elif kind == SPAWN_FAILED:
            spawn_error = entry.message
        elif kind == _PROCESS_EXIT and "Main process" in entry.message and not was_asked:
            code = _read_code(entry)
            by_kernel = code == _KILLED and any(timedelta(0) <= entry.at - at <= _NEAR for at in kills)
            endings.append(Ending(entry.at, code, entry.message, was_killed or by_kernel))
            ended_at, begun_at, kill_at, was_killed = entry.at, entry.at, None, False
        elif kind == _FAILURE_RESULT and entry.fields.get("UNIT_RESULT") == "oom-kill" and ended_at is not None:
            endings[-1] = Ending(endings[-1].at, endings[-1].exit_code, endings[-1].text, is_out_of_memory=True)
        elif kind == _RESTART_SCHEDULED and ended_at is None:
            endings.append(Ending(entry.at, None, entry.message))
        refusal = _find_refusal(entry) or refusal
        was_given_up = was_given_up or entry.message.endswith(_GAVE_UP)
    return UnitLog(
        entries=tuple(entries),
        endings=tuple(endings),
        was_stopped=was_asked,
        was_given_up=was_given_up,
        ended_for=_find_ended_for(entries, unit_id),
        # With control groups of the first version the kernel alone tells of a process that was not the main one.
        kill_at=max((at for at in (kill_at, *kills) if at and (begun_at is None or at > begun_at)), default=None),
        spawn_error=spawn_error if endings else "",
        refusal=refusal,
        was_begun=any(one.message_id in (_STARTING, _STARTED, _START_FAILED) for one in entries),
        kernel=list_kernel_lines(kernel, unit_id),
    )


def is_kill_of(entry: JournalEntry, unit_id: str) -> bool:
    """Answer whether the kernel says that it killed a process of a unit for memory."""
    match = _KERNEL_KILL.search(entry.message)
    return match is not None and unit_id in match["group"].split("/")


def list_kernel_lines(kernel: Sequence[JournalEntry], unit_id: str) -> tuple[JournalEntry, ...]:
    """Return the kernel's lines about processes of a unit that it killed for memory."""
    pids = {
        match["pid"]
        for entry in kernel
        if is_kill_of(entry, unit_id) and (match := _KERNEL_KILL.search(entry.message)) is not None
    }
    word = re.compile(rf"Killed process (?:{'|'.join(map(re.escape, pids))}) \(") if pids else None
    return tuple(
        entry for entry in kernel if is_kill_of(entry, unit_id) or (word is not None and word.search(entry.message))
    )


def _find_refusal(entry: JournalEntry) -> str:
    if entry.message_id == _START_FAILED and entry.fields.get("JOB_RESULT") == "dependency":
        return entry.message
    text = entry.message.partition(": ")[2]
    return text if text.startswith(_NO_FILE) else ""


def _find_ended_for(entries: Sequence[JournalEntry], unit_id: str) -> str:
    """Return why systemd ended the run that ended last; empty where it did not."""
    found, is_ending = "", False
    for entry in entries:
        words = entry.message.removeprefix(f"{unit_id}: ")
        if _ENDED_FOR.match(words):
            found, is_ending = words.partition(".")[0].rstrip("!"), True
        elif entry.message_id in (_STARTING, _STARTED):
            is_ending = False
        elif entry.message_id in (_PROCESS_EXIT, _FAILURE_RESULT) and not is_ending:
            found = ""
    return found


def _read_code(entry: JournalEntry) -> int | None:
    status = entry.fields.get("EXIT_STATUS", "")
    if not status.isdecimal():
        return None
    return int(status) if entry.fields.get("EXIT_CODE") == "exited" else -int(status)
