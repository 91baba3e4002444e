"""Kinds of failure, as programs, databases and metrics word them: what a symptom says, apart from where it was said.

One table for all systems. A kind is what a change can be held against: a pool that was made smaller explains `pool`,
not `tls`. Words are those of runtimes, protocols and databases, not of one product's log.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from functools import lru_cache

_KINDS: tuple[tuple[str, str], ...] = (
    ("timeout", r"time[d]?[ -]?out|timeout|deadline exceeded|\b504\b|etimedout|took too long|no (?:answer|reply|response)|(?:cancel\w*|gone|went away|abort\w*|closed) (?:by (?:the )?(?:client|caller|user|peer)|(?:\w+ )?due to user)|(?:client|caller)s?[ _](?:has |is |had )?(?:gone|went away|abort\w*|cancel\w*|disconnected|closed)|(?:deadline|budget|soft limit|time limit)\b.{0,20}exceeded|exceeded (?:the |its )?(?:deadline|budget|soft limit|time limit)|still (?:processing|running|waiting) after|(?:after|within|in) \d{2,6} ?ms\b"),
    ("slow", r"\bslow|latency|duration|p9[059]\b|took \d|elapsed|response time|seq(?:uential)? ?scan|full table scan|rows_read|rows (?:examined|removed|read)|\blate by\b|\blate_(?:s|ms)\b|took_ms|await_ms|iowait|blocks_read|disk_read|scans_per"),
    ("query", r"slow (?:query|statement)|seq(?:uential)? ?scan|full (?:table|collection) scan|collscan|duration: \d|rows[_ ](?:examined|removed|read)|statement timeout|statement: (?:select|update)|long[- ]running query|queries per request|\bqueries=\d{2,}|n\+1|queries_per|blocks_read|(?:index|seq\w*|table)_scans|(?:disk|io)_read|queries_per|\bqps\b"),
    ("pool", r"tns-125(?:16|19)\b|\bpool|pool\b|prepared statement|too many (?:clients|connections)|connection slots|max_connections|checkout timeout|(?:acquire|obtain|get|lease|borrow|wait\w* for)\w* (?:a |an )?(?:db |database |free )?conn|hikari|(?:conn\w*|thread\w*|worker\w*|session\w*|slot\w*) .{0,20}exhausted|exhausted .{0,20}(?:conn|thread|worker)|no (?:free|idle|available) (?:conn|worker|thread)|active_(?:connections|sessions)|obtain \w+ conn|databaseconnectionerror|\b(?:db|pg|sql)?_?conn(?:ection)?s?\b(?= ?$)"),
    ("connections", r"ora-000(?:18|20)\b|tns-125(?:16|18|19|20)\b|maximum number of (?:processes|sessions)|could not find available handler|too many (?:clients|connections)|connection slots|max(?:imum)?[ _](?:number of )?(?:client|connection)s"),
    ("lock", r"deadlock|lock[_ -]?(?:wait|timeout|contention)|waiting for \w*lock|waits? for \w*lock|could not obtain lock|blocked by|(?:access|row)exclusivelock|could not serialize|lock held|waiting_locks|locks_waiting|while locking|for update\b"),
    ("schema", r"column .{0,60}(?:does not exist|not found|unknown)|unknown column|no such (?:column|table)|relation .{0,60}does not exist|undefined ?(?:column|table)|invalid column|table .{0,60}doesn't exist"),
    ("constraint", r"violates|constraint|duplicate key|duplicate entry|foreign key|not[- ]null|unique index|numeric field overflow|out of range|value too long|data too long"),
    ("null", r"null ?pointer|nonetype|undefined is not|of undefined|of null|nil pointer|null reference|is not a function|has no attribute|attributeerror|keyerror|typeerror|indexerror|index out of (?:range|bounds)|no such element|nosuchelement|unwrap\(\)|panic:|segmentation|invalid memory|missing\b|\bhas no \w+|\blacks\b"),
    ("stale", r"stale|\bolder than|read[- ]your[- ]writes|out of date|outdated|freshness|_age\b|age_(?:s|sec|seconds|min|minutes)\b|not (?:been )?(?:updated|refreshed)|last_(?:success|run|update)|since last|missed (?:run|schedule)|overdue"),
    ("parse", r"pars(?:e|ing)|unmarshal|deseriali[sz]|decod(?:e|ing)|malformed|unexpected token|unexpected end|invalid (?:json|xml|date|format|number|payload|value|syntax|literal|character|enum)|jsondecode|cannot convert|could not convert|schema (?:mismatch|violation|validation)|unknown (?:\w+ ){0,2}(?:field|enum|type|variant|state|status|kind|value|event|code)|unexpected (?:value|field|type|state|status|column)|unrecogni[sz]ed|no (?:template|handler|mapping|case|rule|schema) for|required field|missing required|\bis required|: required|bad request|http[_ ]?4(?:00|22)|(?:answered|returned|status|code)\W{1,3}400\b|\b400 (?:get|post|put|patch)|validation (?:failed|error)|valueerror|numberformat|incompatible (?:type|schema)|unsupported (?:version|encoding|media)|magic byte|\b422\b|conversionsyntax|invalidoperation|argumenterror|must be (?:a |an )?(?:native|valid|string|number|integer|array|object)|could not be invoked with|corrupt|not (?:a )?(?:valid|supported|recogni[sz]ed)|expected \d+ columns|\d+ columns, expected|postingrejected"),
    ("auth", r"\bcookies?\b|(?:unknown|invalid|no such|missing|lost) session|session (?:not found|mismatch|expired|lost)|csrf|\b401\b|\b403\b|unauthori[sz]ed|forbidden|permission denied|access ?denied|not authori[sz]ed|invalid (?:token|signature|credential|api key|audience|issuer|client)|token (?:expired|rejected|invalid)|authentication failed|password authentication|signature (?:mismatch|verification|does not match)|expired token|jwt|login (?:failed|refused)|no permission|rbac|assume role|kid\b|unauthenticated|denied|\bno (?:\w+ )?(?:workspace|tenant|user|principal|identity|subject|session|credentials?)\b"),
    ("tls", r"certificate|x509|\btls\b|\bssl\b|handshake|cert_|pkix|self[- ]signed|unknown authority|not ?after"),
    ("dns", r"no such host|nxdomain|servfail|getaddrinfo|name resolution|name or service not known|\benotfound|eai_again|could not resolve|unknownhost|unknown host|dns|resolver|lookup .{0,60} on "),
    ("refused", r"network-related|establishing a connection|could not open a connection|\breject src|connection (?:refused|reset|closed|aborted|timed)|econn(?:refused|reset|aborted)|no route to host|unreachable|broken pipe|connect(?:ion)? (?:failed|timed out|error)|failed to connect|cannot connect|can't connect|could not connect|i/o timeout|network error|socket hang up|upstream connect error|dial tcp|no healthy upstream|unavailable|other side closed|socket ?error|closed (?:the |tcp )?connection|unexpectedly closed"),
    ("memory", r"out ?of ?memory|(?<![a-z])oom|heap|memory|\brss\b|exit(?:ed)?(?: with)?(?: code)? 137|cannot allocate|bad_alloc|\bgc\b|garbage"),
    ("restart", r"crashloop|restart|exit code|terminated|killed|back-?off restarting|sigkill|sigterm|fatal"),
    ("cpu", r"\bcpu|event loop|throttl(?:ed|ing)_(?:seconds|periods)|cpu[_ ]throttl|run queue|load average|busy|spinning|saturat|catastrophic|backtrack|heartbeat late|\bload(?:1|5|15)\b"),
    ("ratelimit", r"\b429\b|too many requests|rate[- ]?limit|ratelimit|quota|throttl|limit exceeded|requests per|slow ?down|resource_?exhausted|retry-after|load shedding|shedding|in-?flight limit|limit reached"),
    ("disk", r"no space left|enospc|disk (?:full|usage|quota)|disk_|read-only file ?system|inode|filesystem|volume .{0,20}full|wal .{0,20}full|no free space|iowait|await_ms|write to wal|wal_sync|disk_util"),
    ("fd", r"too many open files|emfile|file descriptor|open_fds|unable to create (?:new )?(?:native )?thread|can't start new thread|goroutines"),
    ("backlog", r"\blag|backlog|queue (?:depth|length|full|size)|depth|consumer group|rebalanc|dead[- ]?letter|redeliver|pending (?:jobs|messages|tasks)|unacked|oldest (?:message|job)|queue_|behind"),
    ("retry", r"retr(?:y|ies|ied|ying)|attempts?\b|backoff|circuit|too many attempts|gave up|giving up|amplif"),
    ("cache", r"cache|hit[_ ]?(?:rate|ratio)|miss(?:es)?[_ ]?(?:rate|ratio)|evict|redis|memcache|stale|\bttl\b|\bkeys\b(?= ?$)|_keys\b"),
    ("notfound", r"\b404\b|not found|nosuchkey|no such (?:key|file|bucket|object)|no route matches|missing (?:file|object|route)|unknown (?:route|endpoint|method|host|queue|topic)|unimplemented|\b405\b"),
    ("config", r"missing (?:env|config|setting|variable)|environment variable|not configured|invalid (?:config|setting|option)|configuration|unset|is required|unknown (?:option|setting|flag)|feature flag"),
    ("import", r"modulenotfound|importerror|no module named|cannot find module|classnotfound|noclassdef|nosuchmethod|undefined symbol|glibc|abstractmethoderror|unsatisfiedlink|incompatible library|is not exported|incompatibleclasschange|no such method"),
    ("ports", r"eaddrnotavail|address (?:already )?in use|cannot assign requested address|time[_ ]wait|ephemeral|local_port|new_connections|connections_(?:opened|created|new)|socket closed|snat"),
    ("starvation", r"starv|thread ?pool|event[- ]loop|rejectedexecution|all \d+ .{0,20}busy|maxclients|worker_connections|no free (?:worker|thread)|blocked thread|heartbeat has been running|heartbeat late|worker(?:s)? (?:is |are )?(?:blocked|stuck)|conntrack"),
    ("hardware", r"i/o error|input/output error|medium error|uncorrectable|\becc\b|\bmce\b|machine check|hardware error|smart (?:error|failure)|bad sector|nvme\d?:|ata\d|link is down|nic link|fan fail|psu|thermal"),
    ("recursion", r"stack ?overflow|recursion|call stack"),
    ("data", r"mismatch|invalid \w+|does not match|do not (?:match|add up)|not add up|negative|wrong (?:total|amount|price|currency|unit|sum)|inconsistent|checksum|duplicate (?:charge|order|payment|message|event)|double|differs?\b|difference|not equal|expected .{0,40}(?:got|but|was)|\b(?:says|has) \d+(?:\.\d+)?$|implausible|rounding|reconcil|out of balance|off by|too (?:much|high|low|many)\b|\bwrong (?:account|tenant|user|customer|recipient|order|item|zone|address|product|value|result|answer|data)|below (?:the )?(?:floor|minimum|cost|zero)|above (?:the )?(?:ceiling|maximum)|reject(?:ed|ions?)\b|declined|invalid_\w+|corrupt"),
    ("duplicate", r"duplicat|double[- ]|already (?:exists|processed|charged|paid|sent)|idempot|twice|replay|\bdue again|same (?:card|message|order|payment|event|charge)|registered twice|already (?:exist|there|registered|done)|second time|once more"),
    ("time", r"\bclock|time ?zone|\bdst\b|in the future|not yet valid|issued at|\biat\b|\bexp\b|skew|expired|invalid date|date (?:out|parse)|local time|quiet hours|wrong (?:day|date|hour|time)|(?:hours?|days?) (?:early|late|ahead|behind)|too early|(?:yesterday|tomorrow)'s"),
    ("concurrency", r"\brac(?:e|ing)\b|data race|race condition|concurrent (?:modif|updat|writ|access|map)|concurrentmod|conflict|optimistic|version mismatch|stale (?:object|state)|contention|modified by|\b409\b|\b412\b"),
    ("encoding", r"unicode|utf-?8|charset|encoding|codec|mojibake|invalid byte|incorrect string value|unmappable|\\\\x[0-9a-f]{2}\\\\x"),
    ("size", r"too large|(?:larger|bigger|longer) than|payload too|entity too|\b413\b|message size|max(?:imum)? (?:message|request|body|frame)|exceeds (?:the )?(?:max|limit)|resource exhausted|buffer"),
    ("routing", r"\b502\b|bad gateway|no (?:live )?upstream|upstream|no endpoints|no healthy|misrout|wrong (?:host|cluster|region|shard)|redirect|\b30[12378]\b|cors|origin not allowed"),
    ("foreign", r"(?:another|other|foreign|wrong|different|someone else'?s|not the caller'?s) (?:tenant|org\w*|account|customer|user|workspace|school|company|shop|person|merchant|team|patient|member|guest|owner|locale|language|region|market|country)|(?:tenant|org\w*|owner|account|customer|user|workspace|school|company|merchant)\w* ?(?:mismatch|differs)|not owned by|belongs? to|cross[- ]?(?:tenant|account|user|org)|(?:data|rows?|records?|page|basket|cart|profile) of (?:another|other|someone|somebody)|leak(?:ed|s|ing)? (?:data|rows|to)|not (?:a )?member of|sees? .{0,30}(?:other|another|someone)|foreign_\w+|(?:tenant|owner|principal|scope)_?(?:mismatch|violation|guard)"),
    ("empty", r"\b0 (?:rows|results|items|records|hits|messages|events|matches|files)|\bno (?:rows|results|items|records|hits|matches|recipients|candidates|data)\b|(?:rows|results|items|records|hits|count|size|sent|exported|matched|processed|written|total)[=: ]0\b|empty (?:result|response|list|set|batch|file|page|payload|body|index|feed|report)|returned nothing|nothing (?:to|was|sent|found|processed|exported)|zero[ -]results?|zero_\w+|no_results?|empty_\w+|none (?:found|sent|matched)|missing from (?:the )?(?:export|report|feed|index|results)"),
    ("load", r"queries per request|calls per request|n\+1|per_request|fan-?out|thundering|stampede|amplif\w*|herd\b|hit[_ ]?(?:rate|ratio)|miss(?:es)?[_ ]?(?:rate|ratio)|cache[_ ]?miss\w*|\bqps\b|_qps\b|queries_per\w*|reads_per\w*|scans_per\w*|calls_per\w*"),
    ("skew", r"hot[- _]?(?:key|partition|shard|spot|row)|\bskew(?:ed)?\b|imbalance|uneven|(?:one|single|same) (?:partition|shard)"),
    ("unavailable", r"\b50[03]\b|internal server error|service unavailable|5xx|error rate"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _KINDS)

KINDS: tuple[str, ...] = tuple(name for name, _ in _KINDS)
"""Every kind, in the order of the table."""

BROAD = frozenset({"slow", "timeout", "unavailable", "refused", "restart", "retry", "size", "config", "cpu"})
"""Kinds that many causes end in: they weigh half, since they hold for callers of whatever is broken as well."""

_LONGEST = 1500  # Of a line; what a failure is called stands near its front.


@lru_cache(maxsize=8192)
def classify(text: str) -> frozenset[str]:
    """Return the kinds of failure a text speaks of; a text that names none gives an empty set."""
    head = text[:_LONGEST]
    return frozenset(name for name, pattern in _PATTERNS if pattern.search(head))


def weigh(kind: str) -> float:
    """Return how much it says that a change could bring this kind: 1, or one half for a broad one."""
    return 0.5 if kind in BROAD else 1.0
