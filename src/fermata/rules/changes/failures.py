"""Kinds of failure, as programs, databases and metrics word them: what a symptom says, apart from where it was said.

One table for all systems. A kind is what a change can be held against: a pool that was made smaller explains `pool`,
not `tls`. Words are those of runtimes, protocols and databases, not of one product's log.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from functools import lru_cache

from fermata.rules.changes.denials import drop_denials
from fermata.rules.changes.statuses import drop_numbers

_KINDS: tuple[tuple[str, str], ...] = (
    ("timeout", r"time[d]?[ -]?out|timeout|deadline exceeded|\b504\b|etimedout|took too long|no (?:answer|reply|response)|(?:cancel\w*|gone|went away|abort\w*|closed) (?:by (?:the )?(?:client|caller|user|peer)|(?:\w+ )?due to user)|(?:client|caller)s?[ _](?:has |is |had )?(?:gone|went away|abort\w*|cancel\w*|disconnected|closed)|(?:deadline|budget|soft limit|time limit)\b.{0,20}exceeded|exceeded (?:the |its )?(?:deadline|budget|soft limit|time limit)|still (?:processing|running|waiting) after|(?:after|within|in) \d{2,6} ?ms\b|waited (?:for )?\d+(?:\.\d+)? ?s\b|query_wait_timeout|timelimit ?exceeded|time limit exceeded|\b408\b|(?:failed|gave up|aborted|cancell?ed) after \d+(?:\.\d+)? ?(?:ms|s)\b|(?:longer|more) than (?:its |the )?(?:budget|deadline|limit) of \d"),
    ("slow", r"\bslow|latency|duration|p9[059]\b|took \d|elapsed|response time|seq(?:uential)? ?scan|full table scan|rows_read|rows (?:examined|removed|read)|\blate by\b|\blate_(?:s|ms)\b|took_ms|await_ms|iowait|blocks_read|disk_read|scans_per|\btakes? \d+(?:\.\d+)? ?(?:ms|s)\b|taking too long|pauses? of \d|\bwaits? \d+(?:\.\d+)? ?s\b|pause full|arrives? \d+ ?(?:s|ms|min\w*) late"),
    ("query", r"slow (?:query|statement)|seq(?:uential)? ?scan|full (?:table|collection) scan|collscan|duration: \d{3,}|rows[_ ](?:examined|removed|read)|statement timeout|statement: (?:select|update)|long[- ]running query|queries per request|\bqueries=\d{2,}|n\+1|queries_per|blocks_read|(?:index|seq\w*|table)_scans|(?:disk|io)_read|queries_per|\bqps\b|temporary file: path|external merge|must be vacuumed|dead tuples|rows_examined|query_time|\d{2,} (?:sql )?queries|executed \d+ times|\d{2,} statements|calls x\d{2,}|rows scanned"),
    ("pool", r"tns-125(?:16|19)\b|(?<![\w.-])pool(?!-\d+-thread|ing|\.(?:\w+:|(?:py|go|rb|js|ts|java|ex|rs|php|cs)\b))|(?<=[\w-])(?<!connection)(?<!thread)(?<!join)pool\b(?!\.\w+:)|prepared statement|too many (?:clients|connections)|connection slots|max_connections|checkout timeout|(?:acquire|obtain|get|lease|borrow|wait\w* for)\w* (?:a |an )?(?:db |database |free )?conn|hikari|(?:conn\w*|thread\w*|worker\w*|session\w*|slot\w*) .{0,20}exhausted|exhausted .{0,20}(?:conn|thread|worker)|no (?:free|idle|available) (?:conn|worker|thread)|active_(?:connections|sessions)|obtain \w+ conn|databaseconnectionerror|\b(?:db|pg|sql)?_?conn(?:ection)?s?\b(?= ?$)|\bcl_waiting\b|query_wait_timeout|unable to acquire \w+ connection|no operations allowed after connection|queue capacity|too many database connections|idle in transaction|no more connections allowed|max_?client_?conn|connection leak|leak detect"),
    ("connections", r"ora-000(?:18|20)\b|tns-125(?:16|18|19|20)\b|maximum number of (?:processes|sessions)|could not find available handler|too many (?:clients|connections)|connection slots|max(?:imum)?[ _](?:number of )?(?:client|connection)s|too many database connections|no more connections|max_?client_?conn"),
    ("lock", r"deadlock|lock[_ -]?(?:wait|timeout|contention)|waiting for \w*lock|waits? for \w*lock|could not obtain lock|blocked by|(?:access|row)exclusivelock|could not serialize|lock held|waiting_locks|locks_waiting|while locking|for update\b|deadlocks|\bmutex\b|idle in transaction|threads? blocked|blocked on \w"),
    ("schema", r"column .{0,60}(?:does not exist|not found|unknown)|unknown column|no such (?:column|table)|relation .{0,60}does not exist|undefined ?(?:column|table)|invalid column|table .{0,60}doesn't exist|operator does not exist|undefinedcolumn|unknown ?attribute|doesn't have a default|function .{1,60} does not exist"),
    ("constraint", r"violates|(?<!oom-kill:)(?<!=)constraint|duplicate key|duplicate entry|foreign key|not[- ]null|unique index|numeric field overflow|out of range|value too long|data too long|invalid input value|doesn't have a default|no partition of|data truncat|integrityerror|uniqueviolation"),
    ("null", r"null ?pointer|nonetype|undefined is not|of undefined|of null|nil pointer|null reference|is not a function|has no attribute|attributeerror|keyerror|typeerror|indexerror|index out of (?:range|bounds)|no such element|nosuchelement|unwrap\(\)|panic:|segmentation|invalid memory|missing\b|\bhas no \w+|\blacks\b|\bis null\b|undefined method|nomethoderror|is not a constructor|empty header|header=\"\"|\bon null\b|converting null|object reference not set|nullreference|notloaded|lazyinitialization|could not initialize proxy|functionclause|no function clause|matcherror|non-nullable|lazily initialize"),
    ("stale", r"stale|\bolder than|read[- ]your[- ]writes|out of date|outdated|freshness|_age\b|(?<![a-z])age[_ ](?:s|sec|seconds|min|minutes)(?![a-z])|not (?:been )?(?:updated|refreshed)|last_(?:success|run|update)|since last|missed (?:run|schedule)|overdue|no heartbeat|\b(?:hours?|days?) old\b|days? ago\b|retired address|\(dead\)|not visible|replication lag|cached \d+ ?h(?:ours)? ago|until (?:a|\d+) (?:minute|hour|day)s? later|too late|\bno \w+ (?:polled|seen|received|written|read)\b.{0,40}for \d+ ?(?:m|min|h|s)\b"),
    ("parse", r"pars(?:e(?!d)|ing)|unmarshal|deseriali[sz]|decod(?:e|ing)|malformed|unexpected token|unexpected end|invalid (?:json|xml|date|format|number|payload|value|syntax|literal|character|enum)|jsondecode|cannot convert|could not convert|schema (?:mismatch|violation|validation)|unknown (?:\w+ ){0,2}(?:field|enum|type|variant|state|status|kind|value|event|code)|unexpected (?:value|field|type|state|status|column)|unrecogni[sz]ed|no (?:template|handler|mapping|case|rule|schema) for|required field|missing required|\bis required|: required|bad request|http[_ ]?4(?:00|22)|(?:answered|returned|status|code)\W{1,3}400\b|\b400 (?:get|post|put|patch)|(?<!path )validation (?:failed|error)|valueerror|numberformat|incompatible (?:type|schema)|unsupported (?:version|encoding|media)|magic byte|\b422\b|conversionsyntax|invalidoperation|argumenterror|must be (?:a |an )?(?:native|valid|string|number|integer|array|object)|could not be invoked with|corrupt|not (?:a )?(?:valid|supported|recogni[sz]ed)|expected \d+ columns|\d+ columns, expected|postingrejected|validation ?error|expecting \w+|extra content|invalid_char|exception: found \w|no enum constant|defined enum values|values accepted|formatexception|correct format|cannot query field|should not exist|wrong number of arguments|\b415\b|unsupported media|(?:is )?not valid\b|invalid '|(?:cannot|unable to|could not) map\b|no mapping for"),
    ("auth", r"\bcookies?\b|(?:unknown|invalid|no such|missing|lost) session|session (?:not found|mismatch|expired|lost)|csrf|\b401\b|\b403\b|unauthori[sz]ed|forbidden|permission denied|access ?denied|not authori[sz]ed|invalid (?:token|signature|credential|api key|audience|issuer|client)|token (?:expired|rejected|invalid)|authentication failed|password authentication|signature (?:mismatch|verification|does not match|we calculated does not match)|signaturedoesnotmatch|invalid_(?:grant|client)\b|expired token|jwt|login (?:failed|refused)|no permission|rbac|assume role|kid\b|unauthenticated|denied|\bno (?:\w+ )?(?:workspace|tenant|user|principal|identity|subject|session|credentials?)\b|\bnoauth\b|authentication required|wrongpass|pg_hba\.conf|insufficient ?privilege|no ?credentials?(?: error|error|\b)|unable to locate credentials|blocked by (?:\w+ )?(?:rule|policy|waf)|waf-action|row-level security|\bdmarc\b|\bspf check\b|sender (?:id|rejected)|no signatures found|secret .{0,20}must be provided|authorizationexception|logged out|sign(?:ed)? in again|no cookie|insufficient_?scope|redirect(?:ed)? to /?(?:login|sign_?in)|not enabled for (?:account|user|customer|tenant)|signed out"),
    ("tls", r"certificate|x509|\btls\b|\bssl\b|handshake|cert_|pkix|self[- ]signed|unknown authority|not ?after|no encryption|unable to decrypt|decrypt\w* failed|ciphertext|bad key id|digital envelope|no (?:supported )?protocols?(?: version)? in common|unsupported protocol|protocol version|no shared cipher|no cipher"),
    ("dns", r"no such host|nxdomain|servfail|getaddrinfo|name resolution|name or service not known|\benotfound|eai_again|could not resolve|unknownhost|unknown host|dns|(?<![a-z])resolver|lookup .{0,60} on "),
    ("refused", r"network-related|establishing a connection|could not open a connection|\breject src|connection (?:refused|reset|closed|aborted|timed)|econn(?:refused|reset|aborted)|no route to host|unreachable|broken pipe|connect(?:ion)? (?:failed|timed out|error)|failed to connect|cannot connect|can't connect|could not connect|i/o timeout|network error|socket hang up|upstream connect error|dial tcp|no healthy upstream|unavailable|other side closed|socket ?error|closed (?:the |tcp )?connection|unexpectedly closed|gone away|communications? link failure|(?:accept|listen) queue|no server available|packets? (?:dropped|loss)|dropping packet|econnrefused|syn flood|publishers? blocked|connection\.blocked"),
    ("memory", r"out ?of ?memory|(?<![a-z])oom|heap|memory|\brss\b|exit(?:ed)?(?: with)?(?: code)? 137|cannot allocate|bad_alloc|\bgc\b|garbage|pause full|full gc|stop-the-world|overhead, spent|\bdata too large, data for|out of shared memory|memory size of \d+ bytes exhausted"),
    ("restart", r"crashloop|restart(?!ing transaction)|exit code|terminated|killed|back-?off restarting|sigkill|sigterm|fatal (?:error|exception|signal)|liveness probe failed|exit(?:ed)?,? (?:with )?(?:status|code)|code=exited|not restarted|recovery mode|oom-kill"),
    ("cpu", r"\bcpu|event loop|throttl(?:ed|ing)_(?:seconds|periods)|cpu[_ ]throttl|run queue|load average|busy|spinning|saturat|catastrophic|backtrack|heartbeat late|\bload(?:1|5|15)\b|credit balance"),
    ("ratelimit", r"\b429\b|too many requests|rate[- ]?limit|ratelimit|quota|throttl|limit exceeded|requests per|slow ?down|resource_?exhausted|retry-after|load shedding|shedding|in-?flight limit|limit reached|enhance_your_calm|too_many_pings|throughputexceeded|limiting requests|too many concurrent|rate exceeded|surge queue|rate-based"),
    ("disk", r"no space left|(?:out of|insufficient|not enough|\bno) (?:free )?disk space|not enough space on the disk|enospc|disk (?:full|usage|quota)|disk_|read-only file ?system|inode|filesystem|volume .{0,20}full|wal .{0,20}full|no free space|iowait|await_ms|write to wal|wal_sync|disk_util|\bnospace\b|space exceeded|temporary file: path|disk is busy|fsync is taking|\bpg_wal\b|flood-stage|watermark|ephemeral local storage|\berofs\b|slow fsync|wal write|freestoragespace|could not extend file"),
    ("fd", r"too many open files|emfile|file descriptor|open_fds|unable to create (?:new )?(?:native )?thread|can't start new thread|goroutines|threads \d{4,}"),
    ("backlog", r"(?<!loop )\blag|backlog|queue (?:depth|length|full|size)|depth|consumer group|rebalanc|dead[- ]?letter|redeliver|pending (?:jobs|messages|tasks)|unacked|oldest (?:message|job)|queue_(?:len\w*|depth|size|wait\w*|full|lag|age|time)|behind|\b(?:jobs|messages|tasks) waiting\b|no consumers?\b|\bdlq\b|dead letter|surge queue|queue capacity|message queue of .{0,40}\d{4,}|rejected ?execution|(?:message queue|mailbox)(?: of \S+)? (?:len(?:gth)? ?)?\d{3,}|(?<!buffer )(?<!stack )\boverflow\b|\bdropp(?:ed|ing) (?:\w+ ){1,2}(?:for|since|because|at)\b|queues? (?:is |are )?(?:up|full)\b|(?<=[a-z] )waiting \d{4,}|no records polled|not drained"),
    ("retry", r"retr(?:y|ies|ied|ying)|(?<!connection )attempts?\b|back-?off(?!ice)|circuit|too many attempts|gave up|giving up|amplif"),
    ("cache", r"cache|hit[_ ]?(?:rate|ratio)|miss(?:es)?[_ ]?(?:rate|ratio)|evict|redis|memcache|stale|\bttl\b|\bkeys\b(?= ?$)|_keys\b"),
    ("notfound", r"\b404\b|not found|nosuchkey|no such (?:key|file|bucket|object)|no route matches|missing (?:file|object|route)|unknown (?:route|endpoint|method|host|queue|topic)|unimplemented|\b405\b|filenotfound|nosuchbucket|\benoent\b|no such file|specified (?:key|bucket) does not exist|couldn'?t find|cannot find|no_route\b|missing partial|no static resource|noresourcefound|no ?handler ?found|no handler for|default backend|unknown (?:\w+ )?id\b|doesnotexist|matching query does not exist|recordnotfound|modelnotfound|no query results|\bno mapping for|no longer (?:exists|there)|cannot (?:get|post|put|patch|delete) /"),
    ("config", r"missing (?:env|config|setting|variable)|environment variable|not configured|invalid (?:config|setting|option)|configuration|unset|is required|unknown (?:option|setting|flag)|feature flag|\bis not set\b|couldn't find key|must be set|precondition[_-]failed|inequivalent|process is not defined|annotations? .{0,60}(?:not allowed|disabled)"),
    ("import", r"modulenotfound|importerror|no module named|cannot find module|classnotfound|noclassdef|nosuchmethod|undefined symbol|glibc|abstractmethoderror|unsatisfiedlink|incompatible library|is not exported|incompatibleclasschange|no such method|exec format error|unsupportedclassversion|unsupported class|different node\.?js version|node_module_version|cannot load such file|loaderror|uninitialized constant|shared (?:library|object)|call to undefined|executable file not found|nosuchmethod|is already registered|module was compiled|\b(?:is|was|been) removed(?:,? use\b| (?:in|since|as of) (?:\w+ )?v?\d)|no longer (?:supported|available)|importmodule|unable to import"),
    ("ports", r"eaddrnotavail|address (?:already )?in use|cannot assign requested address|time[_ ]wait|ephemeral ports?|local_port|new_connections|connections_(?:opened|created|new)|socket closed|snat|already allocated|already in use|only one usage of each socket"),
    ("starvation", r"starv|thread ?pool|event[- ]loop|rejectedexecution|all \d+ .{0,20}busy|maxclients|worker_connections|no free (?:worker|thread)|blocked thread|heartbeat has been running|heartbeat late|worker(?:s)? (?:is |are )?(?:blocked|stuck)|conntrack|free (?:worker|thread)|maxrequestworkers|(?:accept|listen) queue|connection queue .{0,8}full|for a thread\b|worker timeout|maxconn limit|\bqcur=\d{2,}|pending_overflow|rejected ?execution|queue capacity|max_children|threads? (?:busy|waiting)|all \d+ [\w-]+ threads|is blocking, which|worker blocked|\d{4,} (?:tasks|goroutines|threads)|threads \d{4,}|threads? blocked on|threads? waiting for|(?:message queue|mailbox) (?:len(?:gth)? ?)?\d{4,}"),
    ("unreached", r"connect(?:ion|ing)?[ _]?(?:has )?time[d]?[ _-]?out|connecttimeout|connection attempt failed|dial (?:tcp|udp) \S{1,80} i/o timeout|no route to host|network (?:is )?unreachable|\be?host ?unreach\w*|e?netunreach|\betimedout\b|time[d]? ?out (?:while )?connecting|connect\(\) timed out"),
    ("hardware", r"i/o error|input/output error|medium error|uncorrectable|\becc\b|\bmce\b|machine check|hardware error|smart (?:error|failure)|bad sector|nvme\d?:|ata\d|link is down|nic link|fan fail|psu|thermal"),
    ("recursion", r"stack ?overflow|recursion|call stack"),
    ("data", r"mismatch|invalid \w+|does not match|do not (?:match|add up)|not add up|negative|wrong (?:total|amount|price|currency|unit|sum)|inconsistent|checksum|duplicate (?:charge|order|payment|message|event)|double|differs?\b|difference|not equal|expected .{0,40}(?:got|but|was)|\b(?:says|has) \d+(?:\.\d+)?$|implausible|rounding|reconcil|out of balance|off by|too (?:much|high|low)\b|too many (?:items|units|points|credits|rows returned|results|copies|tickets)|\bwrong (?:account|tenant|user|customer|recipient|order|item|zone|address|product|value|result|answer|data)|below (?:the )?(?:floor|minimum|cost|zero)|above (?:the )?(?:ceiling|maximum)|(?<![a-z])reject(?:ed|ions?)\b|declined|invalid_\w+|corrupt|wrong \w+ rate|unsupported (?:currency|method|country|type)|not_allowed\b|is not enabled|undelivered|message filtered|(?:not|un)[ -]?balanced?\b|does not (?:balance|equal)|differs? from|sum of .{0,40}does not|\binstead of \d|\bwrongly\b|\bincorrectly\b|exceeds (?:the )?(?:captured|authori[sz]ed|original|balance|amount|available)|(?:greater|more|less) than (?:the )?(?:original|captured|ordered|authori[sz]ed)|\d\.(?=\d{12})\d{0,14}(?:0{6}|9{6})[1-9]|shown (?:in|as) \S+ to\b|(?:marked|shown|counted|billed) (?:as )?(?:expired|sent|paid|closed|twice)\b|\btotal 0(?:\.00)?\b|one hour (?:late|early|off)"),
    ("duplicate", r"duplicat|double[- ]|already (?:exists|processed|charged|paid|sent)|idempot|twice|replay|\bdue again|same (?:card|message|order|payment|event|charge)|registered twice|already (?:exist|there|registered|done)|second time|once more|received \d+ times|exists already|sent \d+ times|too many times|already paid|second charge|processed again|(?:sent|started|ran|executed) \d+ times|\d+ times at once|once per pod|multipleobjectsreturned|two (?:accounts|orders|users|rows) with the same|two \w+ for (?:one|the same)|\d+ (?:times|copies) for (?:one|the same)|more than once"),
    ("time", r"\bclock|time ?zone|\bdst\b|in the future|not yet valid|issued at|\biat\b|\bexp\b|skew|(?<!certificate )(?<!certificate_)(?<!certificate has )expired|invalid date|date (?:out|parse)|local time|quiet hours|wrong (?:day|date|hour|time)|(?:hours?|days?) (?:early|late|ahead|behind)|too early|(?:yesterday|tomorrow)'s|time ?zone|zoneinfo|hours? (?:late|early)|in the past\b|already past\b|past date|wrong month|offset-naive|one hour (?:late|early|off)|hours? off\b"),
    ("concurrency", r"\brac(?:e|ing)\b|data race|race condition|concurrent (?:modif|updat|writ|access|map)|concurrentmod|conflict|optimistic|version mismatch|stale (?:object|state)|contention|modified by|fenced\b|(?:old|stale) epoch|producer ?epoch|\b409\b|\b412\b|out of order|\bout-of-order\b|second operation was started|lost update|concurrencyexception|older value|serialization failure"),
    ("encoding", r"unicode|utf-?8(?!json)|charset|encoding|codec|mojibake|invalid byte|incorrect string value|unmappable|\\\\x[0-9a-f]{2}\\\\x|collation|illegal mix|multibyte|\u00c3[\u0080-\u00bf\u00bc-\u00bf]|\u00e2\u20ac|\ufffd"),
    ("size", r"too large|(?:larger|bigger|longer) than|payload too|entity too|\b413\b|message size|max(?:imum)? (?:message|request|body|frame)|exceeds (?:the )?(?:max|limit)|resource exhausted|buffer (?:limit|is full|overflow|too)|(?:no|out of) buffer|too (?:big|large)\b|toolarge|too_large|size[_ ]?(?:limit )?exceed|sizeexceeded|request header or cookie|result window|max_?(?:body|content)_?length|returned \d{5,}|\b\d{2,} ?mb (?:body|response|answer)|too ?many ?(?:parts|items|fields|headers|rows|entries)"),
    ("routing", r"\b502\b|bad gateway|no (?:live )?upstream|\bupstream\b(?!\W?=)(?!\x22)|no endpoints|no healthy|misrout|wrong (?:host|cluster|region|shard)|redirect|\b30[12378]\b|\bcors\b|origin not allowed|access-control-allow|content security policy|blocked-uri|\bcsp\b|endpoints? of .{0,40}none|has no server|\bejected \d+|panic mode|health ?checks? fail|taken out of service|0 healthy|\bis down\b|layer7|no live \w+|no target|responsecodemismatch|wrong target group|readiness probe failed|allowed_hosts|invalid (?:http_)?host|upgrade required|loop on "),
    ("foreign", r"(?:another|other|foreign|wrong|different|someone else'?s|not the caller'?s) (?:tenant|org\w*|account|customer|user|workspace|school|company|shop|person|merchant|team|patient|member|guest|owner|locale|language|region|market|country)|(?:tenant|org\w*|owner|account|customer|user|workspace|school|company|merchant)\w* ?(?:mismatch|differs)|not owned by|belongs? to|cross[- ]?(?:tenant|account|user|org)|(?:data|rows?|records?|page|basket|cart|profile) of (?:another|other|someone|somebody)|leak(?:ed|s|ing)? (?:data|rows|to)|not (?:a )?member of|sees? .{0,30}(?:other|another|someone)|foreign_\w+|(?:tenant|owner|principal|scope)_?(?:mismatch|violation|guard)"),
    ("empty", r"\b0 (?:rows|results|items|records|hits|messages|events|matches|files)|\bno (?:rows|results|items|records|hits|matches|recipients|candidates|data)\b|(?:rows|results|items|records|hits|count|size|sent|exported|matched|processed|written|total)[=: ]0\b|empty (?:result|response|list|set|batch|file|page|payload|body|index|feed|report)|returned nothing|nothing (?:to|was|sent|found|processed|exported)|zero[ -]results?|zero_\w+|no_results?|empty_\w+|none (?:found|sent|matched)|\b(?:records?|messages|jobs|orders|events|rows|keys|documents) (?:were |was )?(?:lost|vanished|missing|deleted|evicted)\b|\bvanished\b|\bare (?:all )?empty\b|\bis empty\b|receives? nothing|receives? no\b|\b0 keys\b|dbsize 0|0 messages|log truncated|offset.{0,12}out of range|fetch position out of range|expired before|no (?:events|messages) for|0 [\w-]+ codes|body empty|form empty|is missing$|never (?:sent|reached|arrived|awaited|processed)|(?:fell|dropped|down) (?:from \d+ )?to 0\b|messages? lost|no message in queue|no history|tasks? lost|\bare gone\b|\d[\d.]*[kM]? [a-z]+ lost\b|no records (?:polled|read)|per (?:minute|second|hour): 0\b|not (?:a single|one) \w+ (?:sent|written|received)|missing from (?:the )?\w+\b|knows? none of|has no record"),
    ("load", r"queries per request|calls per request|n\+1|per_request|fan-?out|thundering|stampede|amplif\w*|herd\b|hit[_ ]?(?:rate|ratio)|miss(?:es)?[_ ]?(?:rate|ratio)|cache[_ ]?miss\w*|\bqps\b|_qps\b|queries_per\w*|reads_per\w*|scans_per\w*|calls_per\w*|\b\d+x\b(?! larger)|doubled|\d{2,} (?:sql )?queries|executed \d+ times|\d+ times in one request|statements? per request|\d{2,} statements (?:in|per|for)|calls x\d{2,}"),
    ("skew", r"hot[- _]?(?:key|partition|shard|spot|row)|\bskew(?:ed)?\b|imbalance|uneven|(?:one|single|same) (?:partition|shard)|other partitions|without partition|consumers idle|others idle|only \d+ consumers? active"),
    ("placement", r"failedscheduling|unschedulable|insufficient (?:cpu|memory|\w+)|nodes? (?:are|is) available|untolerated taint|node affinity|\bpending\b.{0,20}pod|pods? .{0,40}\b(?:pending|unscheduled)|imagepullbackoff|errimagepull|failed to pull|manifest unknown|createcontainer\w*error|exceeded quota|\bevict(?:ed|ing|ion)\b.{0,40}(?:pod|node|drain)|(?:pod|container)s? .{0,60}\bevict|failedcreate|failedmount|scalinglimited|failedget\w*metric|interruption notice|(?<!rcu_)preempt|reclaim|node ?(?:not ?ready|lost|drained)|ephemeral local storage|0 of \d+ (?:replicas|pods|nodes)|cannot evict|disruption budget|cordoned"),
    ("replication", r"replica(?:tion|s)?\b.{0,30}(?:lag|behind|few|not enough|required|delay|slot|broken|in[- ]sync)|in-sync|\bisr\b|not ?enough ?replicas|quorum|consistency level|wal sender|sync_?rep|standby|failover|no leader|leader (?:election|not)|stepped down|shards? failed|no_?shard|unassigned|read-only.{0,20}(?:index|replica)|pg_wal|wal files|cannot replicate|replica stopped|binary log|iterator age"),
    ("unavailable", r"\b50[03]\b|internal server error|service unavailable|5xx|error rate"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _KINDS)
WORDS = {
    "timeout": "timeouts", "slow": "slowness", "query": "slow queries", "pool": "an exhausted pool",
    "connections": "too many connections", "lock": "waits for locks", "schema": "unknown tables or columns",
    "constraint": "broken constraints", "null": "missing values", "stale": "stale data", "parse": "unreadable input",
    "auth": "refused access", "tls": "TLS errors", "dns": "names that do not resolve", "refused": "broken connections",
    "memory": "memory running out", "restart": "restarts", "cpu": "busy processors", "ratelimit": "rate limits",
    "disk": "a full disk", "fd": "too many files or threads", "backlog": "a backlog", "retry": "retries",
    "cache": "cache trouble", "notfound": "things not found", "config": "missing or invalid settings",
    "import": "missing modules", "ports": "taken ports", "starvation": "no free workers",
    "unreached": "unreachable hosts", "hardware": "hardware errors", "recursion": "endless recursion",
    "data": "wrong data", "duplicate": "duplicates", "time": "wrong times", "concurrency": "conflicting writes",
    "encoding": "wrong encodings", "size": "exceeded sizes", "routing": "wrong routes", "foreign": "data of others",
    "empty": "empty results", "load": "multiplied calls", "skew": "uneven load", "placement": "pods without a place",
    "replication": "replicas that lag or lack", "unavailable": "5xx answers",
}  # fmt: skip
"""Kind -> what people call it who see it."""

KINDS: tuple[str, ...] = tuple(name for name, _ in _KINDS)
"""Every kind, in the order of the table."""

BROAD = frozenset({"slow", "timeout", "unavailable", "refused", "restart", "retry", "size", "config", "cpu"})
"""Kinds that many causes end in: they weigh half, since they hold for callers of whatever is broken as well."""

_NO_STATUS = re.compile(r"(?<!\S)\*\d+(?= )|(?<=\d)\.\d{3}(?![\d.])")
"""Numbers that read like a status and are none: a connection of nginx (`*429 connect()`), a fraction (`took 0.502`)."""
_LOST_LINES = re.compile(r"buffer overflow\): drain .*|\bdrain '[^']{0,80}' dropped \d+ messages?.*", re.IGNORECASE)
_ANOTHER_THING = {
    # A pointer that leads nowhere (Go, Rust, C) and a store that reads itself in (Redis' LOADING) want no more memory.
    "memory": re.compile(
        r"invalid memory address|memory access|data ?set in(?:to)? memory|\bin-memory\b", re.IGNORECASE
    ),
    # More files are watched than may be, on a disk with room (inotify_add_watch(2)).
    "disk": re.compile(r"\b(?:inotify|fsnotify).{0,120}no space left|enospc.{0,60}\bwatch(?!dog)", re.IGNORECASE),
    # Pods that are moved and processors that are held back are no store that forgets and no partner that refuses; a
    # column of a table of pods, a client's word for any failed call, and a kernel's for a flood are none of these either.
    "cache": re.compile(
        r"(?:pods?|kubelet|vpa|nodes?)\b.{0,60}\bevict\w*|\bevict\w*.{0,40}\b(?:pods?|nodes?|vpa)|\bkubelet\w*evict\w*|karpenter.{0,60}|\bevicted\b.{0,12}kubelet",
        re.IGNORECASE,
    ),
    "ratelimit": re.compile(
        r"\bc(?:pu|fs)\w*[ _]throttl\w*|cpu throttl\w*|throttl\w*[ _](?:seconds|periods)\w*", re.IGNORECASE
    ),
    "pool": re.compile(r"node_?pools?\b", re.IGNORECASE),
    "restart": re.compile(r"status\s+restarts\s+age", re.IGNORECASE),
    "hardware": re.compile(r"i/o error on (?:get|post|put|patch|delete) request", re.IGNORECASE),
    "auth": re.compile(r"sending cookies", re.IGNORECASE),
    # Lines of a log that a drain of the platform lost are no work that waits or is missing.
    "backlog": _LOST_LINES,
    "empty": _LOST_LINES,
    # What a door refuses is no content that is wrong: credentials, the codes of OAuth (RFC 6749, 5.2), signed requests,
    # a name that a server does not answer to; nor is the text of a program, or an address in memory.
    "data": re.compile(
        r"invalid[ _](?:memory|syntax|grant|client|scope|token|session|bearer|jwt|user(?:name)?s?|login|password"
        r"|credential\w*|signature|api[ _-]?key|access[ _-]?key|security token|http_host|host|certificate|response from)\b"
        # What belongs to a user, a client or a session is content.
        r"(?! (?:input|data|order|record|object|state)\b)"
        r"|signature\b.{0,40}\bdoes not match",
        re.IGNORECASE,
    ),
}
"""What reads like a kind and is another one's, by kind: taken out of the text before its words are looked for."""
_LONGEST = 1500  # Of a line; what a failure is called stands near its front.


@lru_cache(maxsize=8192)
def classify(text: str) -> frozenset[str]:
    """Return the kinds of failure a text speaks of; a text that names none gives an empty set."""
    head = _NO_STATUS.sub("", drop_denials(drop_numbers(text[:_LONGEST])))
    return frozenset(name for name, pattern in _PATTERNS if pattern.search(head) and _is_meant(name, pattern, head))


def _is_meant(kind: str, pattern: re.Pattern[str], text: str) -> bool:
    """Answer whether a text that has the words of a kind still has some without what only reads like it."""
    other = _ANOTHER_THING.get(kind)
    return other is None or pattern.search(other.sub(" ", text)) is not None


def weigh(kind: str) -> float:
    """Return how much it says that a change could bring this kind: 1, or one half for a broad one."""
    return 0.5 if kind in BROAD else 1.0
