"""`systemctl` and `journalctl` as bounded subprocesses: no shell, a fixed locale and zone, an end and a size.

Four kinds of failure are kept apart, because an action must know whether its call may have taken effect: `NotDelivered`
(certainly not), `AnswerLost` (perhaps), `JobFailed` (systemd did it, and it ended badly) and `SystemdFault` (systemd
refused it).

Format: systemctl(1) `show`, journalctl(1) `--output=json` and systemd.journal-fields(7) of systemd 252, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.command import CommandOutput, run_command

SUFFIX = ".service"
LARGEST_OUTPUT_BYTES = 8 * 1024 * 1024
"""The journal's newest lines come first: what is beyond it is the oldest."""
_ENVIRONMENT = {
    "LC_ALL": "C",
    "TZ": "UTC",  # Both programs write times in the zone of whoever calls them.
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
    "SYSTEMD_URLIFY": "0",
}
_PROPERTIES = (
    *("Id", "Names", "Description", "LoadState", "LoadError", "ActiveState", "SubState", "Result", "Type", "Restart"),
    *("MainPID", "ExecMainPID", "ExecMainStartTimestamp", "ExecMainExitTimestamp", "ExecMainCode", "ExecMainStatus"),
    *("ActiveEnterTimestamp", "InactiveEnterTimestamp", "InvocationID", "NRestarts", "RestartUSec"),
    *("FragmentPath", "DropInPaths", "NeedDaemonReload", "UnitFileState", "ControlGroup", "User", "WorkingDirectory"),
    *("ExecStart", "Environment", "EnvironmentFiles", "RequiredBy", "BoundBy", "ConsistsOf", "WantedBy", "Triggers"),
    *("Conflicts", "ConflictedBy"),
    *(
        "TriggeredBy",
        "Requires",
        "BindsTo",
        "Wants",
        "CanStart",
        "CanStop",
        "RefuseManualStart",
        "RefuseManualStop",
        "Job",
    ),
    *("MemoryCurrent", "MemoryPeak", "MemoryMax", "MemoryHigh", "MemoryLimit", "OOMPolicy", "CPUUsageNSec"),
    *("CPUQuotaPerSecUSec", "TasksCurrent", "TasksMax", "LimitNOFILE", "LimitNOFILESoft"),
    *("TimeoutStartUSec", "TimeoutStopUSec", "StatusText", "LastTriggerUSec", "NextElapseUSecRealtime"),
)
_FEW = ("Id", "Description", "TriggeredBy", "FragmentPath", "LoadState", "ActiveState", "SubState")
_FIELDS = (*("MESSAGE", "MESSAGE_ID", "PRIORITY", "EXIT_CODE", "EXIT_STATUS", "UNIT_RESULT", "JOB_TYPE", "JOB_RESULT"),)
_LARGEST = 2**64 - 1  # How older versions write "infinity", and "not known".
_INSTANT = re.compile(r"(?:\w{3} )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC")
_COMMAND = re.compile(r"argv\[\]=(?P<words>.*?) ; ignore_errors=")
_UNREACHED = ("Failed to connect to bus", "not been booted with systemd", "Failed to get D-Bus connection")
_NO_BUS = "No such file or directory"
_DENIED = ("Access denied", "authentication required", "Permission denied", "Not authorized")
_JOB_FAILED = re.compile(r"Job for \S+ (?:failed|canceled|finished)|A dependency job for")


class NotDelivered(TransientError):
    """The command did not reach systemd: certainly nothing happened."""


class AnswerLost(TransientError):
    """The command may have reached systemd, and no answer came in time."""


class JobFailed(OperationalError):
    """systemd took the job, and the job ended badly: the unit is not what it was before."""


class SystemdFault(OperationalError):
    """systemd answered that it did not do what it was asked."""

    def __init__(self, what: str, *, why: str, do: str = "", is_denied: bool = False) -> None:
        super().__init__(what, why=why, do=do)
        self.is_denied = is_denied
        """It is a matter of rights."""


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """One unit as `systemctl show` tells it."""

    properties: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a property; empty when it has none, or this systemd is too old to know it."""
        return self.properties.get(name, "")

    @property
    def id(self) -> str:
        """Return its name with its suffix: `checkout.service`."""
        return self.get("Id")

    @property
    def is_loaded(self) -> bool:
        """Answer whether systemd has read a file of it."""
        return self.get("LoadState") == "loaded"

    @property
    def pid(self) -> int | None:
        """Return its main process while that runs."""
        return self.find_number("MainPID") or None

    @property
    def needs_reload(self) -> bool:
        """Answer whether its files were changed since systemd read them."""
        return self.get("NeedDaemonReload") == "yes"

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files that declare it: its own, then what is added to that."""
        return tuple(filter(None, (self.get("FragmentPath"), *self.get("DropInPaths").split())))

    @property
    def environment_files(self) -> tuple[str, ...]:
        """Return the files of variables that it is given, in order; patterns of several are left out."""
        named = (line.partition(" (ignore_errors=")[0].strip() for line in self.get("EnvironmentFiles").split("\n"))
        return tuple(path for path in named if path.startswith("/") and "*" not in path)

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the commands it is started by, each in one line."""
        return tuple(match["words"] for match in _COMMAND.finditer(self.get("ExecStart")))

    def find_number(self, name: str) -> int | None:
        """Return a property as a number; `None` where it is unset, unlimited or unknown."""
        text = self.get(name)
        return int(text) if text.isdecimal() and int(text) != _LARGEST else None

    def find_instant(self, name: str) -> datetime | None:
        """Return a property as an instant, in whole seconds; `None` where it never was."""
        match = _INSTANT.fullmatch(self.get(name))
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None

    @property
    def exit_code(self) -> int | None:
        """Return how its main process ended last: negative for a signal; `None` while it runs, or when it never ran."""
        code, status = self.get("ExecMainCode"), self.find_number("ExecMainStatus")
        # As waitid(2) has them: CLD_EXITED, CLD_KILLED, CLD_DUMPED.
        if status is None or code not in ("1", "2", "3"):
            return None
        return status if code == "1" else -status


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry of the journal."""

    at: datetime
    """Aware UTC, when journald received it."""
    message: str
    priority: int | None
    """As in syslog(3): 3 is an error, 4 a warning; `None` when it has none."""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def message_id(self) -> str:
        """Return what kind of message it is; empty when it does not say."""
        return self.fields.get("MESSAGE_ID", "")


@dataclass(frozen=True, slots=True)
class JournalTail:
    """The end of what the journal holds, oldest first."""

    entries: tuple[JournalEntry, ...]
    is_cut: bool = False
    """There is more before it."""
    hint: str = ""
    """What journalctl said of files it may not read; empty when it read all."""


@dataclass(frozen=True, slots=True)
class SystemdClient:
    """Ask one systemd, the one of this machine. Holds no state; may be used from any event loop."""

    timeout_s: float = 5.0
    """Of one command."""
    prefix: tuple[str, ...] = ()
    """What stands before each command, such as `nsenter` with its arguments: for another one than that of this machine.
    """
    root: Path = Path("/")
    """Where the files of that systemd's machine, and its `/proc`, are seen from here."""

    async def fetch_units(self, names: Sequence[str]) -> tuple[UnitInfo, ...]:
        """Return units by their full names, in that order; a name that nothing has gives one that is not loaded.

        Raises:
            NotDelivered: systemd was not reached.
            AnswerLost: It did not answer in time.
            SystemdFault: It did not answer the question, as for a name that no unit can have.
        """
        if not names:
            return ()
        return _parse_units(await self._show(_PROPERTIES, *names))

    async def fetch_unit(self, name: str) -> UnitInfo:
        """Return one unit; one that is not loaded where nothing has the name.

        Raises:
            As `fetch_units`.
        """
        units = await self.fetch_units([name])
        if not units:
            raise SystemdFault(f"systemctl show says nothing of {name}", why="It printed no unit")
        return units[0]

    async def fetch_services(self) -> tuple[UnitInfo, ...]:
        """Return every service that is loaded, with little of each: what it is called, its file and its states.

        Raises:
            As `fetch_units`.
        """
        return _parse_units(await self._show(_FEW, f"*{SUFFIX}"))

    async def _show(self, properties: Sequence[str], *names: str) -> str:
        said = await self.run("systemctl", "show", f"--property={','.join(properties)}", "--", *names)
        return said.out.decode(errors="replace")

    async def fetch_journal(
        self, matches: Sequence[str], *, lines: int, since: datetime | None = None, until: datetime | None = None
    ) -> JournalTail:
        """Return the newest entries that fit, oldest first.

        Args:
            matches: As in journalctl(1): `--unit=checkout.service`, or `FIELD=value` and `+` for "or".
            lines: How many at most.
            since: Only what came at or after it.
            until: Only what came before or at it.

        Raises:
            OperationalError: The journal cannot be read, with what to do about it.
            AnswerLost: It took too long.
        """
        spans = [f"--{name}=@{at.timestamp():.6f}" for name, at in (("since", since), ("until", until)) if at]
        options = ["--no-pager", "--output=json", "--all", "--reverse", f"--lines={lines + 1}"]
        # One more than asked for tells whether there is more.
        said = await self.run("journalctl", *options, f"--output-fields={','.join(_FIELDS)}", *spans, *matches)
        rows = said.out.split(b"\n")
        if said.is_cut:
            rows.pop()  # The cut fell into it.
        found = [entry for row in rows if row and (entry := _read_entry(row)) is not None]
        is_cut = said.is_cut or len(found) > lines
        hint = said.error if "not seeing messages" in said.error or "insufficient permissions" in said.error else ""
        return JournalTail(tuple(reversed(found[:lines])), is_cut, hint)

    async def run(self, program: str, *arguments: str, timeout_s: float | None = None) -> CommandOutput:
        """Run one command to its end and return what it said.

        Args:
            program: `systemctl` or `journalctl`.
            timeout_s: Of this command; `None` is the client's own.

        Raises:
            NotDelivered: It cannot be run here, or did not reach systemd.
            AnswerLost: It did not end in time; what it asked for may go on.
            JobFailed: What it asked for was begun, and failed.
            SystemdFault: It was refused.
        """
        verb = next((word for word in arguments if not word.startswith("-")), "")
        what = " ".join(filter(None, (program, verb if program == "systemctl" else "")))
        options = ("--no-pager", "--no-ask-password") if program == "systemctl" else ()
        try:
            said = await run_command(
                [*self.prefix, program, *options, *arguments],
                environment=_ENVIRONMENT,
                timeout_s=timeout_s or self.timeout_s,
                most_bytes=LARGEST_OUTPUT_BYTES,
            )
        except TransientError as error:
            raise AnswerLost(
                f"{what} did not end within {timeout_s or self.timeout_s:g} s",
                why="systemd is busy, or the journal is large or on a slow disk",
                do="Raise timeout_s in the systemd settings",
            ) from error
        except OperationalError as error:
            raise NotDelivered(
                f"{program} cannot be run", why=error.why, do="Is this a machine with systemd?"
            ) from error
        if said.code == 0 or said.is_cut:
            return said
        raise _judge(what, said)


def _judge(what: str, said: CommandOutput) -> OperationalError:
    why = said.error or f"It ended with {said.code}"
    if any(words in why for words in _UNREACHED):
        do = "Run Fermata on the machine itself, booted with systemd, and not in a container"
        if _NO_BUS in why:
            do += "; there, whoever is not root needs D-Bus (the package dbus)"
        return NotDelivered("systemd is not reachable", why=why, do=do)
    if _JOB_FAILED.search(why):
        return JobFailed(f"{what} was begun and failed", why=why, do="Look at: systemctl status, journalctl --unit")
    if any(words in why for words in _DENIED):
        do = "Let this user do it: as root, or by a polkit rule (docs/systems/systemd.md)"
        return SystemdFault(f"{what} was not allowed", why=why, do=do, is_denied=True)
    if "insufficient permissions" in why:
        do = "Add the user that Fermata runs as to the group systemd-journal"
        return SystemdFault("The journal cannot be read", why=why, do=do, is_denied=True)
    return SystemdFault(f"{what} failed", why=why)


def _parse_units(text: str) -> tuple[UnitInfo, ...]:
    units = []
    for block in text.split("\n\n"):
        pairs = (line.partition("=") for line in block.split("\n") if "=" in line)
        properties: dict[str, str] = {}
        for name, _, value in pairs:
            # Several commands of one unit are several lines of one name.
            properties[name] = f"{properties[name]}\n{value}" if name in properties else value
        if properties:
            units.append(UnitInfo(properties))
    return tuple(units)


def _read_entry(row: bytes) -> JournalEntry | None:
    try:
        record: dict[str, Any] = json.loads(row)
        at = datetime.fromtimestamp(int(record["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
    except (ValueError, KeyError, TypeError):
        return None  # Not an entry: nothing that could be shown with its time.
    told = {name: text for name in _FIELDS if (text := _read_field(record.get(name)))}
    priority = told.get("PRIORITY", "")
    return JournalEntry(at, told.pop("MESSAGE", ""), int(priority) if priority.isdecimal() else None, told)


def _read_field(value: Any) -> str:
    """Return a field as text: journalctl writes bytes that are no UTF-8 as numbers, and several values as a list."""
    if isinstance(value, list):
        if value and all(isinstance(item, int) for item in value):
            return bytes(item % 256 for item in value).decode(errors="replace")
        return _read_field(value[-1]) if value else ""
    return value if isinstance(value, str) else ""
