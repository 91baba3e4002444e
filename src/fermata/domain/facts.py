"""The typed form of `Evidence.facts`, one record for each kind of evidence: what collectors write and signatures read.

A collector builds the record and stores `to_json()`; a signature reads it back with `from_json`. A new system feeds
the same signatures by writing the same facts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

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


class MountFacts(Record):
    """What a workload has from outside its own file system."""

    path: str
    """Where it stands inside."""
    source: str
    """What it is, in words: `volume shop_data`, `bind of /srv/shop`, `tmpfs`."""
    is_read_only: bool = False


class NamedFile(Record):
    """A file that a command names (settings, or the program itself), or that declares how it is started."""

    path: str
    changed_at: Instant
    """When its content was written last, as its file system says, in whole seconds."""
    is_declaration: bool = False
    """It says how the process is started, as a unit file does; the command need not name it."""


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
    created_at: Instant | None = None
    """When it was made; later than the incident's own beginning where it was made anew. `None` means unsaid."""
    started_at: Instant | None = None
    """Start of the running process; `None` when it does not run."""
    ended_at: Instant | None = None
    """Its last end; `None` while it runs, or unsaid."""
    is_asked_for: bool = False
    """Somebody started this run, and no end of the one before; false means unsaid."""
    former_end_at: Instant | None = None
    """When the run before this one ended unasked, where the system started this one for that; `None` means unsaid."""
    start_error: str = ""
    """Why the system could not start it, in the system's own words; empty when it could, or unsaid."""
    names: tuple[str, ...] = ()
    """Under which others reach it, besides its own name (a compose service, an alias of a network)."""
    addresses: tuple[str, ...] = ()
    """The network addresses it has now; of one that is down those it had last, if known, and nobody else has now."""
    networks: tuple[str, ...] | None = None
    """The networks that it is in, sorted; empty of one that is in none. `None` means unsaid, or those of its host."""
    mounts: tuple[MountFacts, ...] = ()
    """Empty when it has none, or the system does not say."""
    ended_for: str = ""
    """Why the system itself ended it last, in its own words (a watchdog, a time limit); empty: not so, or unsaid."""
    killed_for_memory: bool = False
    """The system itself says so (`OOMKilled`, a memory watchdog); false means unsaid, not disproved."""
    kills_within_at: Instant | None = None
    """When the system last killed a process in it for memory while it itself went on; `None` means unsaid."""
    check_command: str = ""
    """What its own health check runs; empty when it has none, or unsaid."""
    check_output: str = ""
    """What the last run of that check said."""
    command: str = ""
    declared_in: str = ""
    """The file that says how it is started, and that a restart alone does not read anew; empty where none is known."""
    files: tuple[NamedFile, ...] = ()
    """The settings and programs that its command names; empty where it names none, or they cannot be looked at."""
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
    cpu_limit_cores: float | None = None
    """The declared limit; `None` when there is none, or it is not known."""
    cpu_periods: int | None = None
    """How many periods the kernel counted while it was looked at; `None` when nobody looked."""
    cpu_throttled_periods: int | None = None
    """In how many of them it had used up its limit, and waited for the next."""
    open_files: int | None = None
    """Files, sockets and pipes that it has open now; `None` when nobody may look."""
    open_files_limit: int | None = None
    """At how many it is refused the next one; `None` when there is no limit, or it is not known."""
    full_mounts: tuple[str, ...] = ()
    """Where the file systems are mounted that it may write to and that have no room; empty where none is known."""


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
    """The commit the file was read at; empty of a file of the machine, which no repository holds."""
    read_by: str = ""
    """What makes the system read the file, as a command, where it has not since the file was changed; empty where it
    has, or a deployment does."""


class FileChange(Record):
    """One file of a commit."""

    path: str
    added: tuple[int, ...] = ()
    """Line numbers in the new file that the commit added or changed."""


UNCONFIRMED = "not known to be applied"
"""The `state` of a change that was planned, where nothing says whether anybody did it."""
DELIVERY = "delivery"
"""The kind of a change that is one delivery of Argo CD's: `ref` names the application, `sha` the revision."""

MANIFESTS = "manifests"
"""The kind of a change that is a difference of manifests: `ref` names the release that installed it, where one did."""


class ChangeFacts(Record):
    """`EvidenceKind.CHANGE`: one change, with its diff read (the evidence's lines hold it)."""

    id: str
    """Commit id, deployment id, serial."""
    kind: str = "commit"
    title: str
    author: str = ""
    changed_at: Instant
    is_dated: bool = True
    """False where its source gives no time: `changed_at` is the start of the window, where it is looked for."""
    repository: str = ""
    """Entity ref of the repository (`git:repository/shop`)."""
    files: tuple[FileChange, ...] = ()
    diff_read: bool = False
    """A change may be named a cause only if this is true."""
    service: str = ""
    """The service it says it changed; empty when it does not say."""
    environment: str = ""
    """Where it was rolled out (`production`); empty when it does not say."""
    state: str = ""
    """`success`, `failure`, `rolled_back`, or a flag's `off->on`, in the source's words; or `UNCONFIRMED`."""
    ref: str = ""
    """A flag's name, a branch, a tag or a number."""
    sha: str = ""
    """The commit it stands for: of a deployment, the head of its release."""
    commits: tuple[str, ...] = ()
    """Commits it is known to carry; empty when the source does not say, which does not mean none."""
    dropped: tuple[str, ...] = ()
    """Commits that ran before it and that it does not hold: of a step back, or another branch. Empty when not said."""
    is_former: bool = False
    """It ran before the time that is looked at: it tells what was live then, and is no change of that time."""
    revertible: bool | None = None
    """Whether its revert can be proposed: it applied cleanly, and it is no first commit or merge; `None`: not tried."""
    is_reverted_aside: bool = False
    """Its revert goes to a branch that a person merges and deploys: nothing runs otherwise by it."""
    taken_back_at: Instant | None = None
    """Since when nothing of it is left in what the repository holds; `None` while it stands, or nobody looked."""
    mark: str = ""
    """The action of Fermata's that its message names. Anybody can write one: it proves nothing by itself."""
    is_own: bool = False
    """Fermata made it, on a person's approval: by the ledger and the approved diff, never by the message alone."""


class LogFacts(Record):
    """`EvidenceKind.LOGS`: where the lines come from."""

    path: str = ""
    stream: str = ""
    """`stdout` or `stderr`."""
    first_line: int = 1
    total_lines: int = 0
    oldest_at: Instant | None = None
    newest_at: Instant | None = None
    """When the last line was written, as the file says; `None` where nobody knows."""
    seconds: tuple[int, ...] = ()
    """When each line was written, in whole seconds after `oldest_at`, as the source says beside it; empty: unsaid."""
    offset_minutes: int = 0
    """How far east of Greenwich its times are that state no zone: 0 where nothing says so, as UTC."""


class Series(Record):
    """One metric series of a range query."""

    labels: FrozenMap[str, str]
    points: tuple[tuple[float, float], ...]
    """(epoch seconds, value), oldest first; gaps are absent points."""


class ObjectFacts(Record):
    """`EvidenceKind.OBJECTS`: the evidence's lines hold the text; this says how to read it."""

    form: str
    """`kubectl`: the query is a command and the lines are what it printed; `api`: `objects` holds them; `text`."""
    objects: tuple[FrozenMap[str, Any], ...] = ()
    """In the API's own shape, without the data of secrets."""
    whole_kinds: tuple[str, ...] = ()
    """`Deployment/shop`: every object of that kind in that namespace is here, so that one which is not does not exist.
    Empty when the source does not say."""
    is_unanswered: bool = False
    """Nothing was read: the lines are the server's refusals, and what was cut says what to do. It is told as a gap."""


class CallEdge(Record):
    """Who calls whom."""

    caller: str
    callee: str
    mode: str = ""
    """`sync` or `async`; empty when the source does not say."""
    facts: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    """The rest of what the source says of the call (`protocol`, `timeout_ms` ...)."""


class GraphFacts(Record):
    """`EvidenceKind.GRAPH`: the service graph."""

    services: tuple[FrozenMap[str, Any], ...] = ()
    """As the bundle format has them: `name`, `kind`, `replicas` ..."""
    edges: tuple[CallEdge, ...] = ()
    journeys: tuple[FrozenMap[str, Any], ...] = ()


class ProviderEvent(Record):
    """One entry of a provider's status feed."""

    id: str
    service: str
    region: str = ""
    status: str = ""
    title: str = ""
    detail: str = ""
    started_at: Instant | None = None
    resolved_at: Instant | None = None


class ProviderStatusFacts(Record):
    """`EvidenceKind.PROVIDER_STATUS`: a status feed as it was fetched; each event is one line of the evidence."""

    source: str
    fetched_at: Instant | None = None
    events: tuple[ProviderEvent, ...] = ()


class TraceSpan(Record):
    """One span, reduced to what a diagnosis needs."""

    trace_id: str
    span_id: str
    parent_id: str = ""
    service: str
    operation: str = ""
    kind: str = ""
    """`client`, `server`, `producer`, `consumer`, `internal` or empty."""
    started_at: Instant
    duration_s: float
    error: bool = False
    attributes: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)


class TraceFacts(Record):
    """`EvidenceKind.TRACES`: spans in the order of their start; span number n is line n of the evidence."""

    spans: tuple[TraceSpan, ...] = ()


class LogPattern(Record):
    """A log template with its counts, as a log system reports it; pattern number n is line n of the evidence."""

    service: str = ""
    signature: str
    count: float = 0
    delta: float | None = None
    """Change against the time before, as the source counts it; `None` when it does not say."""


class LogPatternFacts(Record):
    """`EvidenceKind.LOG_PATTERNS`."""

    patterns: tuple[LogPattern, ...] = ()


class MetricFacts(Record):
    """`EvidenceKind.METRICS`: one range query, or one file of series."""

    expression: str
    unit: str = ""
    purpose: str
    """`alert` (the alert's own expression), `up`, `memory`, `memory_limit`, `cpu`, `errors`, `restarts`, `traffic`,
    `latency`, `replicas` (wanted; those that are ready are `up`)."""
    step_s: float
    series: tuple[Series, ...]


class DatabaseSession(Record):
    """One session of a database server."""

    line: int = 1
    """The evidence's line about it."""
    pid: int
    backend_started_at: Instant | None = None
    """When it connected; with the pid it names one session and no other."""
    kind: str = "client backend"
    """As the server calls it: `client backend`, `autovacuum worker`, `walsender`."""
    user: str = ""
    application: str = ""
    state: str = ""
    """`active`, `idle`, `idle in transaction`, in the server's words."""
    wait: str = ""
    """What it waits for: `Lock:transactionid`; empty when it works or idles."""
    transaction_started_at: Instant | None = None
    statement_started_at: Instant | None = None
    """Start of what it runs, or of what it ran last."""
    state_changed_at: Instant | None = None
    statement: str = ""
    """What it runs or ran last, literals taken out."""
    statement_digest: str = ""
    """Of the statement as it was written."""
    blocked_by: tuple[int, ...] = ()
    """Pids of the sessions it waits for."""


class DatabaseHolder(Record):
    """Who holds connections to a database server, by the address they come from."""

    line: int = 1
    """The evidence's line about it."""
    address: str
    connections: int
    """To the whole server."""
    idle: int = 0
    """How many of these do nothing; outside a transaction."""


class DatabaseStatement(Record):
    """What one statement costs, added up over its calls."""

    line: int = 1
    """The evidence's line about it."""
    digest: str
    """Equal for the same statement in other records of the same database."""
    text: str
    """With its literals taken out."""
    calls: int = 0
    mean_s: float = 0
    total_s: float = 0
    recent_calls: int | None = None
    """Calls that ended while the collector watched; `None` when it did not watch."""
    recent_mean_s: float | None = None
    """Mean time of these; `None` without any."""


class DatabaseScan(Record):
    """One table that a statement's plan reads from end to end, and what it keeps of it."""

    line: int = 1
    """The evidence's line about it."""
    statement_digest: str
    statement: str
    """With its literals taken out."""
    namespace: str
    table: str
    equal_columns: tuple[str, ...] = ()
    """Columns that the scan compares with one value, in the order of the plan."""
    range_columns: tuple[str, ...] = ()
    """Columns that it compares otherwise."""
    is_simple: bool = True
    """Whether all conditions hold at once: an index over the columns could answer them."""
    rows_read: float = 0
    """The table's rows, as the planner has them."""
    rows_kept: float = 0
    """Rows that the planner expects to be left over."""
    cost: float = 0
    index: str = ""
    """In whose order it goes through the table, until a LIMIT has had enough; empty for a sequential scan."""


class DatabaseIndex(Record):
    """One index of a table."""

    name: str
    columns: tuple[str, ...] = ()
    """In order; an expression is an empty text."""
    is_valid: bool = True
    """False for what an interrupted build left behind: it is kept up to date and never used."""
    is_partial: bool = False
    definition: str = ""


class DatabaseTable(Record):
    """One table, as the statistics have it."""

    line: int = 1
    """The evidence's line about it."""
    namespace: str
    name: str
    rows: float = 0
    dead_rows: float = 0
    size_bytes: int = 0
    """Without its indexes."""
    sequential_scans: int = 0
    index_scans: int = 0
    indexes: tuple[DatabaseIndex, ...] = ()


class DatabaseLoadFacts(Record):
    """`EvidenceKind.DATABASE_LOAD`: one look at a database; each collector fills in the part it asked for."""

    database: str = ""
    connections: int | None = None
    """Client connections to the whole server; `None` when it was not asked, or refused to say."""
    max_connections: int | None = None
    """How many clients it takes in, without those kept for administrators."""
    refuses_connections: bool = False
    """It refused this very look because all connections are taken."""
    is_down: bool = False
    """It refused this very look because nobody listens at its address, or because it is starting or stopping."""
    clients: tuple[str, ...] = ()
    """The services that are said to use it; empty when nobody said. It may have others."""
    holders: tuple[DatabaseHolder, ...] = ()
    sessions: tuple[DatabaseSession, ...] = ()
    statements: tuple[DatabaseStatement, ...] = ()
    scans: tuple[DatabaseScan, ...] = ()
    tables: tuple[DatabaseTable, ...] = ()


class RunbookFacts(Record):
    """`EvidenceKind.RUNBOOK`: a passage of a document; the evidence's lines carry its own line numbers."""

    path: str
    """Inside its folder or repository."""
    heading: str = ""
    """The headings above it, joined by ` > `."""
    changed_at: Instant | None = None
    """Of its file; `None` when nobody knows."""
    ref: str = ""
    """The commit it was read at, where it was read from a repository."""


class TicketFacts(Record):
    """`EvidenceKind.TICKET`: one issue of a tracker. Its texts were written by people outside: data, never orders."""

    key: str
    """As people call it: `SHOP-12`."""
    title: str
    state: str
    """In the tracker's words."""
    is_open: bool = True
    priority: str = ""
    """In the tracker's words; empty when it has none."""
    assignee: str = ""
    """Empty when nobody has it."""
    created_at: Instant
    updated_at: Instant
    url: str
    labels: tuple[str, ...] = ()
