"""The tables of what changes can bring; `risks` reads them, docs/changes.md explains how to add a row."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fermata.rules.changes.diffs import FileKind


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A setting that goes up or down."""

    text: str
    key: re.Pattern[str]
    """What stands before the value."""
    direction: int
    brings: frozenset[str]
    relieves: frozenset[str]
    is_switch: bool = False
    """Whether it is about what is on or off; the others are about amounts, and an off `log_lock_waits` is none."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """Words that come or go."""

    text: str
    signs: str
    """`+`, `-`, or `-+` for either."""
    pattern: re.Pattern[str]
    brings: frozenset[str]
    strength: float
    """0..1: how much such a line usually matters."""
    kinds: frozenset[FileKind] = frozenset()
    """Only in files of these kinds; empty: in any."""
    passing: frozenset[str] = frozenset()
    """Of what it brings what is over when it has been run: a lock is held while an index is built, and no longer."""


def _turn(text: str, key: str, direction: int, brings: str, relieves: str = "") -> TurnRow:
    words = rf"(?:^|[^a-z])(?:{key})"
    return TurnRow(
        text, re.compile(words, re.IGNORECASE), direction, frozenset(brings.split()), frozenset(relieves.split())
    )


def _switch(text: str, key: str, direction: int, brings: str) -> TurnRow:
    return replace(_turn(text, key, direction, brings), is_switch=True)


def _line(text: str, signs: str, pattern: str, brings: str, strength: float, kinds: str = "") -> LineRow:
    only = frozenset(FileKind(kind) for kind in kinds.split())
    return LineRow(text, signs, re.compile(pattern, re.IGNORECASE), frozenset(brings.split()), strength, only)


def _run_once(text: str, pattern: str, brings: str, strength: float, kinds: str = "") -> LineRow:
    row = _line(text, "+", pattern, brings, strength, kinds)
    return replace(row, passing=row.brings & {"lock", "timeout", "pool", "backlog"})


_POOL = r"(?:\w*[_.-])?pool|max[_.-]?(?:conn|clients|active|idle|open)|connections|sessions|maximum-pool"
_CROWD = r"(?:\w*[_.-])?(?:workers?|concurren|threads?|parallel|prefetch|consumers?|procs|processes|in_?flight)"
_LIMIT_OF_TIME = (
    r"(?:\w*[_.-])?(?:(?<!idle[_.-])time_?-?out|deadline|max_?wait|max_?time|read_timeout|keep_?-?alive_?time)"
)
_PAUSE = r"(?:\w*[_.-])?(?:back_?off|interval|delay|jitter|sleep|wait|period|every|poll(?![_.-]?(?:records|size))|cool_?down)"
_MEMORY = r"(?:\w*[_.-])?(?:mem|memory|heap|xmx|work_mem|maxmemory|ram)"
_COPIES = r"(?:\w*[_.-])?(?:replicas?|instances?|min_?(?:size|pods)|max_?(?:size|pods|replicas)|desired|capacity|shards)|(?<![\w.-])count\s*[:=]\s*$"
_LIFE = r"(?:\w*[_.-])?(?:ttl|expir|max_?-?age|cache|stale|lifetime|retention)"
_CAP = r"(?:\w*[_.-])?(?:limit|requests_per|per_(?:unit|second|minute)|rate|quota|max|threshold|rps|burst|budget|cap\b|size|length)"
_LOT = r"(?:\w*[_.-])?(?:batch|page|chunk|fetch|window|fan_?out|depth|bulk|poll[_.-]?(?:records|size))"

TURNS: tuple[TurnRow, ...] = (
    _turn("work is given to others sooner", r"(?:\w*[_.-])?(?:visibility|ack_?(?:deadline|wait)|lease|session_?time|max_?poll_?interval|heartbeat|lock_?(?:ttl|duration|time)|stale_?after|reserve)", -1, "duplicate backlog retry concurrency lock", ""),
    _turn("connections stay open for longer", r"(?:\w*[_.-])?(?:keep_?-?alive|idle|max_?(?:life|age))", 1, "refused ports routing connections fd", ""),
    _turn("connections are closed sooner", r"(?:\w*[_.-])?(?:keep_?-?alive|idle|max_?(?:life|age|requests))", -1, "ports connections tls refused slow cpu", ""),
    _turn("it is given up sooner", r"(?:\w*[_.-])?(?:initial_?delay|failure_?thresh|unhealthy|grace|drain|period_?sec|start_?period|pre_?stop)", -1, "restart routing unavailable refused", ""),
    _turn("less may be sent", r"(?:\w*[_.-])?(?:body|payload|message_?(?:size|bytes|max)|frame|upload|header_?(?:size|buffer)|request_?size|max_?bytes)", -1, "size parse unavailable", ""),
    _turn("more is taken in one go", r"(?:\w*[_.-])?(?:body|upload|header_?(?:size|buffer))", 1, "memory disk", "size"),
    _turn("a smaller pool", _POOL, -1, "pool timeout unavailable refused", "memory"),
    _turn("a larger pool", _POOL, 1, "connections lock pool memory", "pool timeout backlog"),
    _turn("fewer at once", _CROWD, -1, "backlog timeout slow starvation", "memory lock pool"),
    _turn("fewer are let in at once", r"(?:\w*[_.-])?(?:reserved|concurren|max_?instances|in_?flight)", -1, "ratelimit timeout unavailable backlog", ""),
    _turn("more at once", _CROWD, 1, "connections pool ratelimit memory lock refused ports fd", "backlog starvation"),
    _turn("a shorter time limit", _LIMIT_OF_TIME, -1, "timeout retry unavailable routing", "pool"),
    _turn("a longer time limit", _LIMIT_OF_TIME, 1, "pool slow backlog fd starvation", "timeout"),
    _turn("more attempts", r"(?:\w*[_.-])?(?:retr(?!\w*[_-]?(?:after|delay|wait|interval|back))|(?:max_?)?attempt)", 1, "retry ratelimit pool duplicate", "refused"),
    _turn("fewer attempts", r"(?:\w*[_.-])?(?:retr(?!\w*[_-]?(?:after|delay|wait|interval|back))|(?:max_?)?attempt)", -1, "refused timeout unavailable", "retry ratelimit"),
    _turn("less pause", _PAUSE, -1, "retry ratelimit cpu pool backlog", ""),
    _turn("more pause", _PAUSE, 1, "stale backlog slow cache timeout", "retry ratelimit"),
    _turn("less memory", _MEMORY, -1, "memory restart cache", ""),
    _turn("more memory", _MEMORY, 1, "restart", "memory"),
    _turn("what is old is thrown away sooner", r"(?:-mtime|-mmin|older[_.-]?than|keep[_.-]?(?:days|last|for|hours)|retain\w*|retention\w*)", -1, "notfound empty", "disk"),
    _turn("a smaller machine", r"(?:\w*[_.-])?(?:iops|throughput|capacity|storage|acu|dtu|vcpus?)", -1, "cpu slow query disk pool timeout", ""),
    _turn("less CPU", r"(?:\w*[_.-])?(?:cpu|cores)", -1, "cpu slow timeout", ""),
    _turn("fewer files may be open", r"(?:\w*[_.-])?(?:nofile|ulimit|file-max|open_files)", -1, "fd refused", ""),
    _turn("fewer instances", _COPIES, -1, "cpu slow backlog timeout unavailable", ""),
    _turn("more instances", _COPIES, 1, "connections pool lock ratelimit duplicate", "cpu slow backlog"),
    _turn("a shorter life", _LIFE, -1, "cache query ratelimit auth", "data"),
    _turn("a longer life", _LIFE, 1, "stale cache memory disk data auth", "query"),
    _turn("a lower limit", _CAP, -1, "ratelimit size backlog data", "memory"),
    _turn("a higher limit", _CAP, 1, "memory lock size disk", "ratelimit"),
    _turn("a breaker that opens sooner", r"(?:\w*[_.-])?(?:fail\w*_(?:rate|thresh\w*)|threshold|breaker|tolerat\w*|max_fail\w*)", -1, "retry unavailable refused routing restart", ""),
    _turn("bigger lots", _LOT, 1, "memory lock size query timeout", "backlog"),
    _turn("smaller lots", _LOT, -1, "backlog ratelimit query", "memory lock"),
    _turn("more is sampled", r"(?:\w*[_.-])?(?:sampl|verbos|trace)", 1, "disk cpu slow", ""),
    _switch("what is taken counts as done at once", r"(?:\w*[_.-])?(?:auto_?ack|no_?ack|auto_?commit)", 1, "data stale empty backlog duplicate"),
    _switch("what is taken waits to be called done", r"(?:\w*[_.-])?(?:auto_?ack|no_?ack|auto_?commit)", -1, "backlog duplicate memory lock"),
    _switch("more is logged", r"(?:\w*[_.-])?(?:sampl|verbos|trace|log)", 1, "disk cpu slow"),
    _switch("a switch is turned on", r"(?:\w*[_.-])?(?:enable|strict|require|verif|validat|enforce|ssl|tls|auth)", 1, "auth tls parse constraint config"),
    _switch("a switch is turned off", r"(?:\w*[_.-])?(?:enable|cache|verif|keep|persist|compress|async|fallback|index)", -1, "cache ports tls auth data slow"),
)  # fmt: skip
"""A setting that goes up or down."""

VAGUE = frozenset({"a lower limit", "a higher limit", "less pause", "more pause"})
"""Rows about anything that has a limit or a pause: what it is of may say more."""

_TYPES = "json|xml|yaml|proto|avro|seriali|deseriali|marshal|encod|decod|pars(?:e|er)|strptime|schema|serde|jackson|gson|base64|charset|content-type"
_DATA_CALL = r"(?:fetch|get|find|load|query|select|client|await|call|request|send|execute|http)"

LINES: tuple[LineRow, ...] = (
    _line("an index is dropped", "+", r"drop\s+index|dropindex|remove_?index", "query slow timeout pool lock", 1.0),
    _line("a definition loses its index", "-", r"\b(?:create|add)_?\s*(?:unique\s+)?index|db_index\s*=\s*true|@index", "query slow timeout pool", 1.0),
    _run_once("an index is built on a live table", r"create\s+(?:unique\s+)?index(?!\s+concurrently)|add_index", "lock timeout pool constraint", 0.9),
    _line("a column or table goes or is renamed", "+", r"drop\s+(?:column|table|view)|rename\s+(?:column|table|to)|(?:drop|rename|remove)_?column", "schema null notfound", 1.0),
    _run_once("a column changes its type", r"(?:alter|modify|change)\s+column.{0,80}|change_?column|\btype\s+(?:bigint|int|text|varchar|uuid|numeric)", "lock constraint schema query timeout", 0.9, "migration"),
    _run_once("a rule on the data is added", r"(?<!drop )not\s+null|add\s+constraint|\bunique\b|\bcheck\s*\(|foreign\s+key|references\s", "constraint lock null", 0.9, "migration"),
    _run_once("a table is rewritten or locked", r"alter\s+table.{0,160}(?:default|(?<!drop )not\s+null|\btype\b|partition)|vacuum\s+full|lock\s+table|reindex|\bcluster\s|access exclusive", "lock timeout pool", 0.8, "migration"),
    _run_once("rows are rewritten in bulk", r"^\s*(?:update|delete\s+from|insert\s+into.{0,80}select)\b", "lock timeout data disk backlog", 0.8, "migration"),
    _line("a trigger, function or policy changes", "+", r"create\s+(?:or\s+replace\s+)?(?:trigger|function|policy|view)|row level security|\brevoke\b|\bgrant\b", "slow lock auth query constraint", 0.7, "migration"),
    _line("a value that rows hold is not known any more", "-+", r"create\s+type\b.{0,80}\benum|\benum\s*\(|(?:add|rename|drop)\s+value\b", "constraint parse data null", 0.9, "migration"),
    _line("nothing keeps pairs apart any more", "+", r"drop\s+constraint|drop\s+unique|remove_?(?:constraint|unique)\w*|drop_?unique", "duplicate data constraint", 1.0, "migration"),
    _line("numbers start anew", "+", r"alter\s+sequence|restart\s+with|\bsetval\s*\(|auto_increment\s*=|reset_?pk_?sequence|drop\s+sequence", "constraint duplicate concurrency", 1.0, "migration"),
    _line("rows go with those that they belong to", "+", r"on\s+delete\s+(?:cascade|set\s+null)|\btruncate\b|dependent:\s*:(?:destroy|delete)|on_delete\W{1,4}cascade", "empty notfound lock data null", 1.0, "migration"),
    _line("rows are hidden from some", "+", r"row\s+level\s+security|create\s+policy|default_scope", "empty auth notfound null", 1.0, "migration"),
    _line("a view or a function gives other columns", "-", r"^\s*select\b|^\s*returns\b|\bas\s+select\b", "schema null parse", 0.9, "migration"),
    _line("times lose or gain their zone", "+", r"\btime(?:stamp)?\s+with(?:out)?\s+time\s+zone|timestamptz\b|at\s+time\s+zone|datetimeoffset|\bset\s+time\s*zone", "time data", 1.0, "migration"),
    _line("nothing stands in for what is missing", "+", r"drop\s+default|change_?column_?default|default\s*(?:=>|:|=)\s*(?:nil|none|null)", "null constraint schema", 1.0, "migration"),
    _line("a part of a table is missing or another", "-+", r"partition\s+of|(?:drop|detach|attach)\s+partition|partition\s+by|create_?partition", "constraint notfound empty query", 1.0, "migration"),
    _line("a query changes", "-+", r"\bselect\b.{0,200}\bfrom\b|\bwhere\b|(?<!\.)\bjoin\b(?!\()|order\s+by|group\s+by|\.(?:filter|where|aggregate|find_?by\w*|includes|order_by)\s*\(|\blike\s+'%|\bilike\b|\bnot in\s*\(|queryset|criteria", "query slow lock data schema", 0.8),
    _line("what was fetched together is fetched one by one", "-", r"select_related|prefetch_related|joinedload|includes\(|preload|eager|\bin_bulk|batch|bulk|find_?all|get_?many|mget|loaders?\b|(?<!\.)\bjoin\b(?!\()|any\(\$|\.in_\(|where_?in\b|\bin\s?\(", "query slow pool timeout ratelimit", 0.9),
    _line("a call inside a loop", "+", rf"\bfor\b.{{0,120}}{_DATA_CALL}\w*\(|\.map\(.{{0,80}}{_DATA_CALL}|forEach|each do|\bwhile\b.{{0,80}}{_DATA_CALL}|\b{_DATA_CALL}\w*\(.{{0,120}}\bfor \w+(?:, ?\w+)? in\b", "query slow pool timeout ratelimit", 0.8),
    _line("a limit on rows or pages goes", "-", r"find_each|in_batches|batch_size|\bcursor|\.stream\(|iterator\(|chunk|\blimit\b|\btake\(|paginat|max_?results|\btop\s+\d", "memory slow query size", 0.9),
    _line("it is read from elsewhere", "-+", r"replica(?!s\b\s*[:=])|secondary|read_?only|read_preference|eventual|read_consistency|\bprimary\b", "stale data concurrency slow", 0.8, "code settings"),
    _line("which part is read changes", "-+", r"\boffset\b|\bcursor|page_?(?:no|number|token)|\.skip\(|\.limit\(", "duplicate data memory notfound backlog", 0.8, "code"),
    _line("a cache goes", "-", r"cache|memoi[sz]e|\bttl\b", "cache query slow ratelimit", 0.9),
    _line("what is cached, or its key, changes", "-+", r"cache[_\-.]?key|cache\.(?:set|get|put)|lru_cache|@cache|memoi|setex|\bkey\b\s*:?=|vary\b|surrogate-key|cache-control|\(pass\)|beresp|hash_data", "cache memory data auth", 0.9),
    _line("what is thrown out when memory is full changes", "-+", r"evict|maxmemory-policy|noeviction|\bl[rf]u\b", "memory cache", 1.0),
    _line("something grows without being emptied", "+", r"(?:\bappend|\.append|\.push|\.add|\.put)\(|new \w*(?:map|list|queue|set)(?:<[^>]{0,60}>)?\(|\bstatic\b.{0,60}(?:map|list|cache|dict)|(?:cache|seen|history|buffer|registry|pending)\w*\s*(?::[^=]{1,60})?:?=\s*(?:new\s|\{\}|\[\]|make\(|defaultdict|dict\(|set\(|list\()|maxsize=none|addListener|\.subscribe\(|setInterval|\w\[[A-Za-z_][\w.]{0,60}\]\s?(?:\?\?|\|\|)?=(?!=)|noeviction", "memory restart size", 0.8),
    _line("all of it is held at once", "+", r"read_?all\(|readtoend|read_?bytes\(|to_?array\(|to_?list\(|fetch_?all\(|buffer\.concat|array_?buffer\(|\.collect\(|promise\.all\(|load_?all\(|file_get_contents|getvalue\(\)|\.read\(\)", "memory restart size slow", 0.8, "code"),
    _line("what is sent along changes", "-+", r"\bheaders?\b|set_?header|forward_?(?:ed|headers?)|propagat|pass_?through|[\"']x-[a-z-]+[\"']|\bmetadata\b|user-?agent|\baccept\b", "auth parse null notfound constraint", 0.7, "code settings"),
    _line("where files lie changes", "-+", r"\bvolumes?\b|mount(?:s|_?path|_?point)?\b|work_?dir|empty_?dir|tmpfs|sub_?path|data_?dir|upload_?dir|storage_?path", "notfound disk null config", 0.8, "settings"),
    _line("how a database keeps house changes", "-+", r"autovacuum|\bvacuum|replication_?slot|max_?wal|wal_(?:level|keep)|archive_(?:mode|command)|checkpoint_|max_slot|hot_standby|innodb_flush|fsync|synchronous_commit", "disk slow lock query stale data", 0.9, "settings migration"),
    _line("the language of texts changes", "-+", r"\blang\b|lc_(?:all|ctype|collate)|collat|\blocale|charset|\bicu\b|normali[sz]e\(|casefold|to_?lower|lower\(|upper\(", "encoding parse data query notfound", 0.8),
    _line("a bound on what is kept goes", "-", r"max(?:imum)?_?(?:size|entries|len)|capacity|expire_?after|bounded|maxlen|\blru|evict|truncat|rotat", "memory restart cache disk", 1.0),
    _line("something is no longer closed, released or emptied", "-", r"rmtree|unlink|\brm -|cleanup|delete_?(?:temp|file|old)|purge|\.close\(|\.release\(|\.free\(|\bdefer |finally|\bdel \b|\bevict|\.clear\(|unsubscribe|removeListener|\bwith \w+.{0,60}:|\busing\s*\(|dispose|\.rollback\(|\.cancel\(|putconn|\.unlock\(", "pool fd memory lock starvation disk", 1.0),
    _line("something is deleted that used to stay", "+", r"--delete\b|--prune\b|\brm -|\bprune|\bpurge|\bunlink\(|rmtree|\bdelete\s+from|\bremove_?(?:old|all|stale)", "notfound null data", 0.9),
    _line("what was taken is no longer acknowledged", "-", r"\back\b|_ack\b|\.ack\(|ack\(|commit_?(?:sync|async|offset)|delete_?message|\.complete\(", "backlog duplicate memory", 1.0),
    _line("how connections are shared changes", "-+", r"pool_?mode|multiplex|auto_?commit|session_?mode|statement_?cache|prepare_?threshold", "pool lock concurrency query", 0.9),
    _line("a thread is started for each call", "+", r"new thread\(|threading\.thread\(|thread::spawn|std::thread|new\w*(?:executor|thread_?pool)\w*\(|executors\.new|thread_?pool_?executor\(|\bgo func\b|spawn\(", "memory fd starvation cpu", 0.9),
    _line("something is opened for each call", "+", r"new \w*(?:client|connection|session|pool|channel|producer|transport)\b|create_?engine|http\.client\{|grpc\.(?:dial|newclient)|create_?client|\bsession\(\)", "connections pool fd refused ports tls memory", 0.8),
    _line("connections are kept or reused differently", "-+", r"keep_?-?alive|max_?idle|idle_?conn|pooled|reuse|connection:\s*close|disable_?keep", "ports fd pool refused tls", 1.0),
    _line("a check or a guard goes", "-", r"\bif\b.{0,80}(?:null|none|nil|undefined|empty|exists|\berr\b|\blen\b|length|is not|!=)|\?\.|\?\?|optional|orelse|getordefault|\.get\(.{1,60},|unwrap_or|guard\b|assert|validat|require|sanit|escape|except\b|rescue|catch\b|make\(|\bdefault\b", "null parse data constraint auth restart", 0.9),
    _line("a value is assumed to be there", "+", r"\.get\(\)|\.unwrap\(|\.expect\(|\[0\]|\[[\"'][\w.-]+[\"']\]|!!|!\.|\bas!|\.first\(\)|\.single\(|\.\w+\(\)\.\w+\(\)\.|\]\+\+|\]\s*\+=", "null parse", 0.8, "code"),
    _line("a check gets stricter", "+", r"\bif\b.{0,100}(?:throw|raise|reject|return err|abort)|\braise\b|\bthrow\b|panic\(|\breject|validat|\bstrict|\brequire|assert|forbid|\bdeny|unauthori[sz]ed|fail_?on", "parse auth constraint data null config", 0.8),
    _line("what is read or written is parsed differently", "-+", rf"(?:^|[^a-z])(?:{_TYPES})|[\"']type[\"']\s*:", "parse null data encoding size time", 0.8, "code settings"),
    _line("a name in an interface changes", "-", r"json:\"|@jsonproperty|serialized_?name|\brequired\b|= \d+;|\btopic\b|\broute\b|\bpath\(|\bhandle_?(?:func)?\(|\b(?:router|mux|app)\.\w+\(\s?[\"']/|@(?:get|post|put|delete)|endpoint|^\s*[\"'][a-z]+[A-Za-z_]*[\"']\s*:", "parse null notfound data schema", 0.8),
    _line("units or precision change", "-+", r"\*\s*1_?000\b|/\s*1_?000\b|\b1e3\b|milli|micro|nano|\bseconds\b|\bminutes\b|\bhours\b|\bcents?\b|minor_?unit|round|floor|\bceil|precision|decimal|quantize|timedelta|set_?scale|half_(?:up|even|down)", "data timeout time", 0.7),
    _line("exact amounts become inexact", "-", r"\bbig\.js\b|\b(?-i:Big)\(|\bbig_?decimal|\bdecimal(?:\.|\(|js\b)|\bto_?decimal|shopspring/decimal|\bround_?half|half_?(?:even|up)\b", "data", 1.0, "code"),
    _line("time or zone handling changes", "-+", r"\butc|\btz\b|time_?zone|localtime|zoneinfo|\bdst\b|strftime|\bepoch\b|now\(|localdate|\boffset\b.{0,40}(?:hour|time|utc)|utcoffset", "time data parse auth", 0.8),
    _line("locks or a transaction change", "-+", r"\block\b|\.lock\(|\.unlock\(|mutex|synchronized|semaphore|transaction|\batomic|isolation|for update|serializable|commit\(|advisory|nowait|skip locked|leader|\blease|singleton|run_?once|without_?overlap|\bflock\b", "lock concurrency duplicate pool starvation", 0.9),
    _line("idempotence or ordering changes", "-+", r"idempot|dedup|unique_?key|request_?id|\back\b|\backs\b|commit_?sync|auto_?commit|at[-_]least|exactly[-_]once|partition|shard|consistent_?hash", "duplicate backlog concurrency data", 0.9),
    _line("waiting blocks a thread", "+", r"getawaiter\(\)\.getresult\(|\.result\b(?!\w)|\.wait\(\)|block_on|runblocking|\.join\(\)|\.get\(\)\s*;|sync_?to_?async|async_?to_?sync|time\.sleep|thread\.sleep|readfilesync|execsync|\brequests\.\w+\(|blockhound", "starvation pool timeout slow", 1.0),
    _line("waiting is dropped or added", "-+", r"\bawait\b|\basync\b|executor|promise|goroutine|\bgo func|\bfuture\b", "concurrency data starvation null pool", 0.6),
    _line("attempts lose their pause or their end", "-", r"back_?off|sleep|jitter|time\.after|max_?(?:retr|attempt)|retry_?limit|circuit|breaker|\bp\.max\b|\.max(?:retries|attempts)?\b", "retry ratelimit pool cpu unavailable", 1.0),
    _line("attempts are added", "+", r"\bretr(?:y|ies)|attempt|\bfor\b.{0,40}<\s*\d+|while .{0,20}true", "retry ratelimit pool duplicate", 0.8),
    _line("a time limit goes", "-", r"time_?-?out|deadline|withtimeout|max_?time|abortsignal", "slow pool timeout starvation backlog", 0.9),
    _line("a pattern is matched", "+", r"re\.(?:compile|match|search|sub)|regexp?\b|\.matches\(|=~|\(\.\*|\.\*\)|\[\^|\)\+|\)\*", "cpu slow timeout parse starvation", 0.8),
    _line("a function calls itself or nests deeper", "+", r"recurs|\bwalk\w*\(|traverse|\bnested\b", "recursion cpu memory", 0.7),
    _line("work is added to every request", "+", r"middleware|interceptor|before_?(?:request|action)|compress|gzip|encrypt|bcrypt|argon|scrypt|pbkdf|sort(?:ed|_by)?\(|deepcopy|clone\(|stringify|json\.dumps|render|audit", "cpu slow memory timeout", 0.7),
    _line("more is logged", "+", r"log.{0,20}(?:debug|trace)|level.{0,10}(?:debug|trace)|debug\s*[:=]\s*true|log_statement|access_?log", "disk cpu slow", 0.9),
    _line("an address changes", "-+", r"https?://|\bhost(?:name)?\b|\bport\b|endpoint|base_?url|\bdsn\b|\buri\b|\burl\b|upstream|proxy_pass|bootstrap|broker|\.(?:svc|internal|local)\b|bucket|\bregion\b|connection_?string", "refused dns notfound tls routing config", 0.9),
    _line("names are resolved differently", "-+", r"ndots|resolv|\bdns|nameserver|search_?domain|coredns|route53|cname|\bzone\b|\bttl\b.{0,20}record", "dns refused", 1.0),
    _line("a network rule changes", "-+", r"ingress|egress|security_?group|\bcidr|network_?policy|firewall|\bacl\b|route_?table|\bnat_|peering|subnet|from_port|to_port|\ballow|\bdeny|iptables|source_ranges|pod_?selector|allowlist|denylist|\bwaf\b|\bsg_", "refused timeout routing dns ratelimit", 1.0),
    _line("more work for each item", "-+", r"preset|very_?slow|\bslow(?:er|est)?\b|quality|(?:compression|zstd|gzip)_?level|resolution|\bdpi\b|iterations|\brounds?\b(?!\()|\bcost\b|n_estimators|beam|ef_search|num_candidates", "cpu slow backlog timeout", 0.8, "code settings"),
    _line("a right, a role or a secret changes", "-+", r"cookie|same_?site|\bcsrf|\biam\b|\brole|polic(?:y|ies)|permission|\bscope|\bgrant|secret|token|credential|password|api_?key|principal|\bsts\b|assume|audience|issuer|\bjwks?\b|\bjwt\b|oidc|oauth|client_?id|\bkms\b|rbac|service_?account|hmac|signing|signature|vault", "auth tls", 0.9),
    _line("certificates or encryption change", "-+", r"\btls|\bssl|\bcert|cipher|\bca_?(?:file|bundle|cert)|truststore|keystore|\bmtls|\bsni\b|x509|min_?version", "tls refused", 0.9),
    _line("a route, selector or weight changes", "-+", r"\broutes?\b|\blocation |rewrite|path_?prefix|\bweight|canary|selector|target_?port|\bbackend|virtual_?(?:host|service)|listener|redirect|\bcors\b|\bsticky|stickiness|affinity|host_?header|steer|failover|origin", "routing notfound unavailable auth", 0.9),
    _line("a probe or a life cycle changes", "-+", r"health_?check|[\"'/](?:ready|readyz|healthz?|live|livez)\b|readiness|liveness|startup_?probe|\bprobe|grace_?period|prestop|initial_?delay|sigterm|shutdown", "restart routing unavailable refused", 0.9),
    _line("a file or module is renamed", "-", r"^[\w./@-]+/[\w.-]+\.\w{1,5}$", "import notfound parse null", 0.9),
    _line("a needed setting is renamed or removed", "-", r"\benv\[|getenv|environ|process\.env|\bconfig\.|settings\.|\$\{|(?-i:\b[A-Z]{2,}_[A-Z_]{2,}\b)", "config null auth notfound restart", 0.8),
    _line("a new setting is needed", "+", r"\benv\[|getenv|environ\[|process\.env|config\.(?:get|require)|settings\.\w", "config null restart", 0.8),
    _line("what it may use is bounded anew", "-+", r"\bresources\b(?!:\s*$)|\blimits?:\s*[^\s#]|requests:\s*[^\s#]|memory:|\bmem_(?:limit|reservation)|\bpids_limit|\bcpus?:|xmx|heap|replicas|\bhpa\b|autoscal|max_?surge|max_?unavailable|instance_?(?:type|class)|storage|\bdisk|\biops|node_?pool|tolerations|taint", "memory cpu restart disk slow", 0.8, "settings"),
    _line("it runs on another class of machine or disk", "-+", r"instance_?(?:type|class|size)|machine_?type|\bsku|vm_?size|node_?type|(?:storage|volume|disk)_?type|\biops|throughput|burst|credit|(?:read|write)_capacity|capacity_?(?:mode|units)|provisioned|service_(?:level|tier)|\bacu\b|max_?(?:acu|capacity)", "cpu slow query disk timeout pool starvation", 1.0, "settings"),
    _line("a schedule or a job changes", "-+", r"\bcron|schedule|@daily|@hourly|backfill|concurrency_?policy|cron_?job|\bjobs?\s*[:{]|every\(|run_?at\b", "stale backlog cpu lock query pool", 0.9),
    _line("a calculation changes", "-+", r"(?:total|amount|price|tax|\brate|fee|discount|balance|\bsum|count|quantity|currency|vat|shift|offset)\w*\s*(?:=|\*|/|\+|-|\()|\bround\(|\bmin\(|\bmax\(|\babs\(", "data constraint", 0.7, "code migration"),
    _line("messages are sent or taken differently", "-+", r"publish|produce|\bemit|consume|subscribe|\btopic|\bqueue|exchange|binding|routing_?key|kafka|rabbit|\bsqs\b|\bsns\b|group[_.]id|auto_?offset|max[_.]poll|session[_.]timeout|visibility|dead_?letter|prefetch", "backlog duplicate parse notfound stale null", 0.8),
    _line("a value is sent or expected that nobody knew", "+", r"\benum\b|\bcase\b .{1,60}(?::|=>)|status\s*=|\btype\s*=|variant", "parse null constraint notfound", 0.6),
)  # fmt: skip
"""Words that come or go."""


def _place(text: str, pattern: str, brings: str, strength: float = 0.55) -> LineRow:
    return _line(text, "-+", rf"(?:^|[^a-z])(?:{pattern})", brings, strength)


PLACES: tuple[LineRow, ...] = (
    _place("code about caching changes", r"cache|memo|cdn|vcl|varnish", "cache query memory data"),
    _place("code about attempts changes", r"retr|backoff|circuit|resilien", "retry ratelimit pool unavailable"),
    _place("code about connections changes", r"pool|conn(?:ection)?s?\b|datasource|hikari|pgbouncer", "pool fd refused ports"),
    _place("code about access changes", r"auth|token|session|login|jwt|oidc|iam|permission|acl", "auth"),
    _place("code about encryption changes", r"tls|ssl|cert|crypto|pki", "tls auth"),
    _place("code about reading data changes", r"pars|decod|codec|seriali|lexer|schema|proto|marshal|format", "parse encoding null"),
    _place("code about queues changes", r"queue|consum|worker|kafka|rabbit|stream|subscri|producer|broker", "backlog duplicate starvation"),
    _place("code about time changes", r"calendar|time|date|clock|zone|schedul|quarter", "time data"),
    _place("code about money and amounts changes", r"price|pricing|tax|money|currency|fee|discount|invoice|ledger|rounding|fx|rate", "data"),
    _place("code about limits changes", r"limit|throttl|quota|rate", "ratelimit"),
    _place("code about locking changes", r"lock|mutex|transact|lease|leader", "lock concurrency duplicate"),
    _place("code about routes changes", r"rout|ingress|gateway|envoy|nginx|proxy|vhost|cdn|vcl|edge", "routing notfound cache"),
    _place("code about names changes", r"dns|resolv|coredns|zone", "dns refused"),
    _place("code about network rules changes", r"firewall|security_?group|sg|network|acl|waf|vpc", "refused timeout routing"),
    _place("code about queries changes", r"repositor|dao|quer(?:y|ies)|models?|sql|search|store", "query slow schema"),
    _place("code about identity of things changes", r"key|hash|id|uuid|partition|shard", "cache duplicate data"),
)  # fmt: skip
"""What a file, or the function in a hunk's heading, is about."""
