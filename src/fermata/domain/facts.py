"""The typed form of `Evidence.facts`, one record for each kind of evidence: what collectors write and signatures read.

A collector builds the record and stores `to_json()`; a signature reads it back with `from_json`. A new system feeds
the same signatures by writing the same facts.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from fermata.domain.record import FrozenMap, Instant, Record


class WorkloadPhase(StrEnum):
    """Life-cycle state of a workload, in words every supervisor can be mapped to."""

    RUNNING = "running"
    STARTING = "starting"
    CRASH_LOOP = "crash_loop"
    """It exits and is started again, or was given up on after doing so."""
    STOPPED = "stopped"
    """Stopped on purpose."""
    EXITED = "exited"
    """Ended by itself and not started again."""
    UNKNOWN = "unknown"


class StateFacts(Record):
    """`EvidenceKind.STATE`: one workload's life cycle."""

    phase: WorkloadPhase
    system_state: str
    """The state in the system's own word (`BACKOFF`, `CrashLoopBackOff`)."""
    exit_code: int | None = None
    """Of the last end, when there was one; negative for a signal (-9)."""
    exits: int = 0
    """Ends seen in the window."""
    pid: int | None = None
    started_at: Instant | None = None
    """Start of the running process; `None` when it does not run."""
    killed_for_memory: bool = False
    """The system itself says so (`OOMKilled`, a memory watchdog); false means unsaid, not disproved."""
    command: str = ""
    version: str = ""
    """What is running, if the system knows (image, release)."""


class ResourceFacts(Record):
    """`EvidenceKind.RESOURCES`: usage against limits. Sizes in bytes."""

    memory_bytes: int | None = None
    """Resident memory now; `None` when the process does not run."""
    memory_peak_bytes: int | None = None
    memory_limit_bytes: int | None = None
    """The declared limit; `None` when there is none."""
    memory_limit_kind: str = ""
    """How it is enforced: `ulimit -d`, `prlimit --data`, `cgroup`."""
    host_available_bytes: int | None = None
    cpu_seconds: float | None = None


class EnvironmentFacts(Record):
    """`EvidenceKind.ENVIRONMENT`: variables as the workload has them. Secret values arrive as digests."""

    variables: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    origin: str
    """Where they were read: `/proc/<pid>/environ`, `conf.d/checkout.ini`."""


class DesiredFacts(Record):
    """`EvidenceKind.DESIRED`: variables as they are declared, to compare with what runs."""

    variables: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    path: str
    repository: str
    commit: str
    """The commit the file was read at."""


class FileChange(Record):
    """One file of a commit."""

    path: str
    added: tuple[int, ...] = ()
    """Line numbers in the new file that the commit added or changed."""


class ChangeFacts(Record):
    """`EvidenceKind.CHANGE`: one change, with its diff read (the evidence's lines hold it)."""

    id: str
    """Commit id, deployment id, serial."""
    kind: str = "commit"
    title: str
    author: str = ""
    changed_at: Instant
    repository: str = ""
    """Entity ref of the repository (`git:repository/shop`)."""
    files: tuple[FileChange, ...] = ()
    diff_read: bool = False
    """A change may be named a cause only if this is true."""
    revertible: bool | None = None
    """Whether a trial revert applied cleanly; `None` when it was not tried."""


class LogFacts(Record):
    """`EvidenceKind.LOGS`: where the lines come from."""

    path: str = ""
    stream: str = ""
    """`stdout` or `stderr`."""
    first_line: int = 1
    total_lines: int = 0
    oldest_at: Instant | None = None


class Series(Record):
    """One metric series of a range query."""

    labels: FrozenMap[str, str]
    points: tuple[tuple[float, float], ...]
    """(epoch seconds, value), oldest first; gaps are absent points."""


class MetricFacts(Record):
    """`EvidenceKind.METRICS`: one range query."""

    expression: str
    unit: str = ""
    purpose: str
    """`alert` (the alert's own expression), `up`, `memory`, `memory_limit`, `cpu`, `errors`, `restarts`, `traffic`."""
    step_s: float
    series: tuple[Series, ...]
