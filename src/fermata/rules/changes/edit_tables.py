"""What a change does, as typed edits, and what each kind of edit can and cannot bring: see docs/changes.md.

A row is a transition: something goes, comes, gives way to something else, or stays and says another thing. What it
brings follows from how such systems work. `edits` reads diffs with it.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fermata.rules.changes.diffs import DiffLine, FileKind


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a diff does."""

    text: str
    """For people."""
    line: DiffLine
    """The line it rests on."""
    brings: frozenset[str]
    """Kinds of failure (`failures.KINDS`) of which one at least is seen when it is to blame."""
    also: frozenset[str]
    """Kinds that then may be seen as well."""
    strength: float
    """0..1.5: how seldom such an edit is harmless."""


def make_edit(text: str, line: DiffLine, kinds: str, strength: float) -> Edit:
    """Return one.

    Args:
        kinds: What it brings, and after a bar what may be seen as well: `null parse | restart`.
    """
    brings, _, also = kinds.partition("|")
    return Edit(text, line, frozenset(brings.split()), frozenset(also.split()), strength)


class Direction(StrEnum):
    """Which way an edit goes."""

    REMOVED = "removed"
    ADDED = "added"
    SWAPPED = "swapped"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class EditRow:
    """One kind of edit."""

    text: str
    """For people; also its name."""
    direction: Direction
    gone: re.Pattern[str] | None
    """What there is less of afterwards."""
    came: re.Pattern[str] | None
    """What there is more of afterwards."""
    changed: re.Pattern[str] | None
    """What stands on both sides in other words, or on one only."""
    brings: frozenset[str]
    """Kinds of failure of which one at least is seen when it is to blame."""
    also: frozenset[str]
    """Kinds that then may be seen as well."""
    strength: float
    """0..1.5: how seldom such an edit is harmless."""
    near: re.Pattern[str] | None = None
    """What has to stand in the file's changed lines, around them, or in its name; `None`: anything."""
    unless: re.Pattern[str] | None = None
    """What takes care of it where it stands in the new lines."""
    files: frozenset[FileKind] = frozenset()
    """Only in files of these kinds; empty: in any but manifests."""
    way: int = 0
    """Of what only became more or less: 1 where more alone hurts, -1 where less alone does, 0 where either may."""


def _compile(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE) if pattern else None


_WAYS = {"": 0, "more": 1, "less": -1}


def _row(text: str, patterns: tuple[Direction, str, str, str], kinds: str, strength: float, **where: str) -> EditRow:
    brings, _, also = kinds.partition("|")
    direction, *texts = patterns
    gone, came, changed = (_compile(text) for text in texts)
    near, unless = _compile(where.get("near", "")), _compile(where.get("unless", ""))
    files = frozenset(FileKind(kind) for kind in where.get("files", "").split())
    return EditRow(
        text, direction, gone, came, changed, frozenset(brings.split()), frozenset(also.split()), strength,
        near, unless, files, _WAYS[where.get("way", "")],
    )  # fmt: skip


def _gone(pattern: str) -> tuple[Direction, str, str, str]:
    return Direction.REMOVED, pattern, "", ""


def _came(pattern: str) -> tuple[Direction, str, str, str]:
    return Direction.ADDED, "", pattern, ""


def _swap(gone: str, came: str) -> tuple[Direction, str, str, str]:
    return Direction.SWAPPED, gone, came, ""


def _said(pattern: str) -> tuple[Direction, str, str, str]:
    return Direction.CHANGED, "", "", pattern


_OWNER = r"(?:tenant|org(?:ani[sz]ation)?|account|customer|user|owner|workspace|shop|store|site|school|company|merchant|team|project|clinic|hotel|region|country|locale|lang(?:uage)?|currency|channel|version)"
_SQL = (
    r"\bselect\b|\bwhere\b|\bjoin\b|\bfrom \w+|\.filter\(|\.where\(|query|objects\.|repositor|\bsql\b|find_?by|criteria"
)
_ASYNC = r"\basync\b|\bawait\b|event_?loop|coroutine|asyncio|reactor|\bmono\b|\bflux\b|aiohttp|fastapi|starlette|express|fastify|\bpromise\b|node:|webflux|vert\.?x|tokio|\bsuspend\b|dispatchers|gen_?server"
_LOCKED = r"lock|for[\s_]update|mutex|synchroni[sz]ed"
_MAPS = r"new (?:concurrent_?)?(?:hash_?)?map\b|concurrent_?hash_?map|\bnew_?map\(|\{\}|\bdict\(|defaultdict|sync\.map|make\(map|hash\.new|object\.create|\bdashmap|new weak_?map|array_?list|linked_?list|\[\]"
_LOT = r"\.limit\(|\blimit\s+[\d$:?]|\[:\s?(?:\d|\w*(?:limit|max|size|count|top|page|batch)\w*\])|\btake\(|first\(\d|fetch_?size|\.iterator\(|find_?each|in_?batches|\.stream\(|yield_per|server_side|\bcursor\(|page_?size|per_?page|chunk|max_?results|\btop\s+\d|pageable|paginat|islice|batch_?size"

EDITS: tuple[EditRow, ...] = (
    # What is kept, and for how long.
    _row("what is kept has no bound any more", _gone(r"max(?:imum)?_?(?:size|entries|items|len\w*|keys|weight)|\bmaxlen|\blru|caffeine|capacity|bounded|cachetools|ttl_?cache|expire_?after|evict|\.prune|ring_?buffer|\bdeque\(|\.shift\(\)|\.popleft|\.trim\("), "memory | restart cpu slow cache disk", 1.2, near=_MAPS + r"|cache|memo|buffer|history|seen|queue|map", files="code settings"),
    _row("what is kept has no end any more", _gone(r"\bttl\b|expir\w*|\bex[=:]|['\"]ex['\"]|set_?ex\b|max_?age|time_?out|delete\(|\.clear\(|clear_?interval|remove_?listener|unsubscribe|\.del\("), "memory stale disk | cache restart data auth", 1.0, near=r"cache|redis|\bmap\b|memo|seen|session|store|registry|listener", files="code"),
    _row("what used to be kept is asked for each time", _gone(r"cache\w*\.(?:get|fetch|remember|read|load)|@cach\w*|cacheable|memoi[sz]e|lru_?cache|cached\w*\(|get_?or_?(?:set|load|compute|create)|computeifabsent|\.memo\(|use_?memo|cache_?control|proxy_?cache"), "load cache query pool ratelimit | slow cpu timeout connections", 1.2, unless=r"cache\w*\.(?:get|fetch|remember|read|load)|@cach|memoi"),
    _row("all expire or ask at the same moment", _gone(r"jitter|\brand(?:om|int|range)?\b|math\.random|splay|stagger|spread"), "load cache retry query ratelimit | slow timeout cpu pool", 1.1, near=r"ttl|expir|cache|interval|retry|back_?off|delay|cron|refresh|sleep"),
    _row("many ask for the same thing at once", _gone(r"single_?flight|\bg(?:roup)?\.do\(|dog_?pile|coalesc|in_?flight|dedup\w*|stale_?while|request_?collaps|early_?expir|\bload(?:ing)?_?lock|refresh_?lock|fill_?lock|proxy_cache_lock"), "load cache query cpu | slow timeout pool ratelimit lock", 1.2),
    _row("what was kept is not thrown away when it changes", _gone(r"(?:cache|redis|store|cdn|edge|index)\w*\.(?:del(?:ete)?|evict|invalidate|bust|expire|purge|remove|forget|flush)|cache_?evict|invalidat\w*|touch:\s*true|purge\w*\(|\bbust\w*\(|re_?index"), "stale data cache | foreign notfound auth", 1.2),
    _row("others may be given what was kept for one", _came(r"s-maxage|cache-control.{0,20}public|public,\s?max-age|cache_?everything|proxy_cache_valid|proxy_ignore_headers|unset\s+(?:req|beresp)\.http\.(?:cookie|set-cookie|vary|authorization)|shared_?cache"), "foreign stale auth cache | data", 1.2),
    _row("what answers depend on is left out", _gone(r"\bvary\b|surrogate_?key|cache_?key_?prefix|key_?prefix|hash_data\("), "foreign cache auth data stale encoding | notfound", 1.1),
    # Databases.
    _row("all rows are read instead of a part", _gone(_LOT), "memory slow query size | timeout restart cpu pool load disk", 1.0, unless=_LOT, files="code migration"),
    _row("a search cannot use its index", _came(r"lower\((?!\))|upper\((?!\))|\bdate\(|to_char|date_trunc|\bcast\(|::\s?(?:date|text|varchar|timestamp)|coalesce\(\s*\w+\.|like\s+['\"(]?%|i?contains|\bilike\b|i_?regex|~\*|\bnot\s+in\b|json_extract|->>|jsonb?_|concat\(|substr\w*\(|\.extract\(|trunc\(|\bor\b.{0,40}="), "query slow cpu | timeout pool lock backlog disk", 0.9, near=_SQL, files="code migration"),
    _row("rows are sorted or counted that were not", _came(r"order\s+by|\.order\w*\(|order_?by|count\(\*\)|\.count\(|distinct|total_?count|group\s+by|having\b|over\s*\(|union\b"), "query slow cpu | timeout pool disk memory", 0.8, near=_SQL, files="code migration"),
    _row("another table is joined in", _came(r"\bjoin\s+\w+|\.joins\(|(?:left|inner|outer)_?join|exists\s*\(\s*select|\bin\s*\(\s*select|lateral\b|\$lookup"), "query slow duplicate data | cpu timeout pool lock disk", 0.9, files="code migration"),
    _row("rows of everybody are found", _gone(rf"{_OWNER}_?id\b|{_OWNER}\s*(?:==?|:|=>)|\bfor_?{_OWNER}\b|scope\w*\(|{_OWNER}\w*\)"), "foreign auth data query | duplicate slow memory", 0.9, near=_SQL + r"|cache|key", unless=rf"{_OWNER}_?id\b", files="code migration"),
    _row("rows are no longer told apart", _gone(r"deleted_?at|is_?deleted|archived|is_?active|status\s*(?:==?|:|=>)|state\s*(?:==?|:|=>)|enabled\b|visible|published"), "data duplicate notfound query stale | constraint foreign slow", 0.7, near=_SQL, files="code migration"),
    _row("steps are no longer done together", _gone(r"\btransaction|transactional|\batomic|unit_?of_?work|begin_?tx|with_?tx|\bbegin\(|savepoint|rollback"), "concurrency data duplicate lock constraint stale | notfound null", 1.0),
    _row("a transaction is held for longer", _came(r"\btransaction|transactional|\batomic\b|unit_?of_?work|begin_?tx|with_?tx|in_?transaction"), "lock pool connections slow timeout | query starvation concurrency", 1.0),
    _row("rows are locked that were only read", _came(r"for\s+(?:no\s+key\s+)?update|for\s+share|with_?for_?update|select_?for_?update|lock_?for_?update|pessimistic|lock\s+in\s+share|isolation[^\n]{0,40}serializable|repeatable_?read|lock\s+table|with_?lock\b|advisory"), "lock slow timeout concurrency | pool retry query", 1.2),
    _row("rows are read that should be locked first", _gone(r"for\s+(?:no\s+key\s+)?update|with_?for_?update|select_?for_?update|pessimistic|isolation[^\n]{0,40}serializable|with_?lock\b|optimistic|@version|lock_?version|advisory"), "concurrency data duplicate constraint stale | lock", 1.2),
    _row("workers wait for each other's rows", _gone(r"skip_?\s?locked|nowait|read_?past"), "lock slow backlog duplicate | timeout pool query", 1.3),
    _row("locks are taken in another order", _gone(r"sorted\(|\.sort\w*\(|order(?:ed)?\s?_?(?:by|\()|\bmin\(|\bmax\(|compare_?to|\bsort\.|first|second|low(?:er)?,\s*high|\.id\s*[<>]"), "lock | timeout slow retry", 1.3, near=_LOCKED),
    _row("reads go to a copy that lags behind", _came(r"replica\b|secondary|(?<!@)\bread_only(?!_)|reader\b|read_?preference|eventual|\bro\b|-ro\b|follower|stale_?ok|allow_?stale"), "stale notfound data null | concurrency constraint duplicate", 1.0),
    _row("reads go to the one that takes the writes", _gone(r"\breplica\b|secondary|reader\b|read_?preference|\bro\b|-ro\b|follower"), "load query cpu slow pool connections | timeout lock", 1.0),
    _row("what is there already is written again", _gone(r"on[\s_]+conflict|on[\s_]+duplicate|upsert|insert\s+ignore|insert_?or|get_?or_?create|find_?or_?create|merge\s+into|if\s+not\s+exists|exists\w*\(|update_?or_?create|first_?or_?create"), "constraint duplicate | data", 1.2),
    _row("writes come one by one", _gone(r"bulk_?\w*\(|insert_?many|insert_?all|execute_?many|execute_?batch|add_?all|save_?all|batch_?write|\bcopy\s+\w+\s+from|multi_?insert|pipeline\("), "slow query load backlog lock | timeout pool cpu disk", 1.0),
    _row("a number or text gets less room", _said(r"\b(?:big_?int|small_?int|int(?:eger)?|serial|varchar|char|text|numeric|decimal|int32|int64|int16|float32|float64|char_?field|max_?length)\b"), "constraint data schema size parse | null lock", 0.8, files="migration code", near=r"migrat|column|models\.|alter\s|\bfield\(|gorm|schema\.", way="less"),
    _row("an index is dropped", _came(r"drop\s+index|dropindex|remove_?index|drop_?index"), "query slow cpu disk | timeout pool lock backlog", 1.3),
    _row("a definition loses its index", _gone(r"\b(?:create|add)_?\s*(?:unique\s+)?index|db_index\s*=\s*true|@index|index\s*[:=]\s*true|unique\s*=\s*true"), "query slow constraint duplicate | timeout pool cpu disk lock", 1.1, unless=r"index"),
    _row("a column or table goes or has another name", _came(r"drop\s+(?:column|table|view)|rename\s+(?:column|table|to)|(?:drop|rename|remove)_?(?:column|field|table|model)"), "schema null notfound | parse data restart unavailable empty", 1.3),
    _row("a rule on the data is added", _came(r"(?<!drop )not\s+null|add\s+constraint|\bunique\b|\bcheck\s*\(|foreign\s+key|\breferences\s|null\s*[:=]\s*false|add_?check|validates_\w+"), "constraint null | lock duplicate data unavailable", 1.2, files="migration"),
    _row("rows may lack it from now on", _came(r"drop\s+not\s+null|null\s*[:=]\s*true"), "null parse | data unavailable", 1.0, files="migration"),
    _row("a trigger, function or policy changes", _came(r"create\s+(?:or\s+replace\s+)?(?:trigger|function|policy|view|procedure)|row level security|enable\s+rls"), "slow lock query data constraint auth foreign | timeout duplicate empty cpu", 0.9, files="migration"),
    _row("what was fetched together is fetched one by one", _gone(r"select_?related|prefetch_?related\w*|\bprefetch_?\(|joined_?load|\.includes?\(|preload|eager\w*|in_?bulk|load_?many|get_?many|multi_?get|\bmget|data_?loader|batch_?(?:get|load)\w*|any\(\$|\.in_\(|where_?in\b|find_?all_?by|with_?related|fetch\s+join|join\s+fetch|entity_?graph|\bloaders?\.|(?:::|->)(?:with|load)\(|__in\s*=|\bin\s+\(\s*[?:$]"), "query load slow pool null connections | timeout ratelimit cpu backlog", 1.3, files="code", unless=r"select_?related\([^)]*,[^)]*\).{0,200}prefetch"),
    _row("each item of a list asks for itself", _came(r"\.(?:all|first|last|order_?by|filter|where|count|exists|find\w*|get)\([^\n]{0,60}\)?(?:\.|$)|repo\w*\.|objects\.|client\.|load\w*\(|fetch\w*\("), "query load slow pool | timeout ratelimit cpu connections", 1.0, near=r"serializ|resolver|resolve_?field|presenter|method_?field|\bdto\b|to_?dto|as_?dict|to_?json|decorat|view_?model|\bmapper", files="code"),
    _row("something is kept that was asked for each time", _came(r"(?:cache|memo|redis)\w*\.(?:set|put|get|fetch|remember|add)|@cach\w*|cacheable|memoi[sz]e|lru_?cache|get_?or_?set|computeifabsent|setex|proxy_cache\b"), "foreign stale data auth cache memory | duplicate notfound concurrency", 0.9, files="code settings", unless=r"cache\w*\.(?:del|evict|invalidat)"),
    _row("what was let through unless named must be named now", _swap(r"!\s?\w+\.(?:includes|has|contains)|not\s+in|exclu\w*|except\b|\bomit\w*|deny\w*|block\w*|never|skip\w*|\.\.\.\s?[\w.]+|black_?list|ignore\w*", r"allow\w*|\bonly\b|\bpick\w*|\binclu\w*|permit\w*|known|white_?list|\bpass\b|accept\w*|supported|forward\w*"), "auth null parse notfound data empty constraint routing foreign duplicate | unavailable refused", 1.2),
    _row("a value is sent that others may not know", _came(r"(?-i:[\"'`][A-Z][A-Z0-9_]{2,}[\"'`])|\b(?:case|enum)\b|(?-i:^\s*[A-Z][A-Z0-9_]{2,}\s*(?:=|\(|,))"), "parse null notfound backlog constraint | data retry schema unavailable", 0.8, near=r"publish|emit|produce|\bsend\b|event|status|state|\btype\b|kind|enum|topic|\.proto|schema", files="code"),
    # Requests between services.
    _row("only listed headers are passed on", _gone(r"\.\.\.\s?\w*[._]?(?:headers|metadata|context|ctx)\b|headers\.(?:clone|copy|entries|all)|copy_?headers|dict\(\w*\.?headers|\.\.\.\s?rest\b|proxy_pass_request_headers|forward_?all|headers\.items"), "auth null parse foreign constraint routing duplicate | data notfound unavailable", 1.3, near=r"header|metadata|allow|pick|forward|context"),
    _row("a header is no longer sent or has another name", _gone(r"[\"'`]x-[\w-]+[\"'`]|authorization|content-type|\baccept\b|idempotency|traceparent|[\"'`][a-z]+-[a-z-]+[\"'`]\s*[,:\]]|\.set_?header|\.header\(|with_?header|metadata\.(?:pairs|append|new_?outgoing|from_?incoming)"), "auth parse null notfound duplicate foreign routing encoding | constraint data unavailable", 0.9, near=r"header|metadata|x-|request", files="code settings"),
    _row("what is done to each request on its way is left out", _gone(r"\bhttp_?\w*profile|headers?\b|middleware|\bfilters?\b|plugins?\b|interceptors?\b|rewrite\w*|x-forwarded-\w+|\bxfp\b|\bxff\b|forwarded_?\w*"), "routing auth null notfound | unavailable load parse", 1.0, near=r"ingress|gateway|nginx|envoy|haproxy|traefik|virtual|listener|vhost|server_?name|proxy|profiles?\b|irule|route", files="settings"),
    _row("calls no longer end with their caller", _swap(r"\bctx\b|\bctx,|\.context\(\)|cancellation_?token \w|abort_?signal|\bsignal\b|cancel(?!\w*\.none)\w*|deadline|with_?timeout|time_?out", r"context\.background|context\.todo|cancellation_?token\.none|without_?cancel|none\b|null\b|shield\(|\b0\b"), "backlog starvation pool memory load fd | slow timeout retry cpu", 1.2, files="code"),
    _row("calls wait without an end", _gone(r"time_?out|deadline|abort_?signal|max_?wait|with_?timeout|wait_?for\("), "starvation pool backlog slow timeout fd | memory cpu connections", 1.0, unless=r"time_?out|deadline|abort_?signal", files="code settings"),
    _row("attempts follow each other without a pause", _gone(r"back_?off|sleep\(|jitter|time\.after|delay|exponential|wait_?exponential|wait_?fixed|retry_?after|set_?timeout|ticker|time\.tick"), "retry ratelimit load cpu | pool timeout unavailable duplicate", 1.2, near=r"retr|attempt|tries|again|loop|poll|back_?off"),
    _row("more is tried again", _came(r"(?<![a-z])retr(?:y|ies|ying|yable)(?![a-z])|attempts?\b|max_?retries|retry_?on|tenacity|p_?retry|resilience|\bredo\b|re_?queue|nack\("), "retry ratelimit duplicate load | pool timeout backlog slow cpu", 0.9, files="code settings"),
    _row("nothing is tried again", _gone(r"(?<![a-z])retr(?:y|ies|ying|yable)(?![a-z])|max_?retries|retry_?on|tenacity|p_?retry|resilience4j|polly|transient_?(?:http_?)?error"), "refused unavailable timeout | routing lock concurrency", 1.1, unless=r"retr(?:y|ies)|attempt"),
    _row("a failing callee is no longer let alone", _gone(r"circuit|breaker|hystrix|bulkhead|opossum|gobreaker|fallback|shed\w*|load_?limit"), "retry starvation pool timeout load unavailable | slow backlog", 1.0),
    _row("as many as there are go at once", _gone(r"p_?limit|semaphore|\bsem\b|throttl\w*|max_?concurren\w*|concurrency|with_?limit|set_?limit|bounded|worker_?pool|chunk\w*\(|bottleneck|errgroup.{0,20}limit|max_?workers|rate_?limiter|\blimiter"), "load connections ports memory ratelimit pool fd lock cpu refused | slow timeout starvation", 1.2, files="code"),
    _row("everything is asked for at once", _came(r"promise\.all(?:settled)?\(|asyncio\.gather|gather\(|parallel_?stream|task\.when_?all|join_?all|future\.sequence|par_?iter|go\s+func|errgroup|completable_?future|async_?map|concurrent\.futures|thread_?pool|parallel"), "load connections ports memory ratelimit pool fd lock cpu concurrency | slow timeout starvation refused", 0.9, unless=r"p_?limit|semaphore|\blimit\(|set_?limit|concurrency|max_?workers|chunk", files="code"),
    _row("one is waited for before the next is asked", _gone(r"promise\.all(?:settled)?\(|asyncio\.gather|gather\(|parallel_?stream|task\.when_?all|join_?all|par_?iter|go\s+func|errgroup|\.map_?async|parallel"), "slow timeout backlog | starvation", 0.9, files="code"),
    _row("the answer has another status", _said(r"status(?:_?code)?\W{1,3}[345]?\d\d|http_?status|\.status\(\d|respond\w*\(\d|http\.status\w+|abort\(\d|\b(?:bad_?request|not_?found|conflict|no_?content|unprocessable|forbidden|unauthorized|accepted)\b"), "notfound parse null retry auth data unavailable routing | backlog duplicate", 0.7, files="code"),
    _row("a body may be less large", _said(r"body_?(?:size|limit)|limit\W{1,4}\d+\s?[km]b|\.(?:json|urlencoded|raw)\(\{[^}\n]{0,40}limit|client_?max_?body|max_?(?:request|message|payload|frame|header|upload|receive|send)_?\w*(?:size|length|bytes)|body_?parser|max_?\w*(?:msg|message|body|payload|frame)_?\w*size|large_?client_header|proxy_buffer\w*|header_?size"), "size parse unavailable routing | data", 1.0, way="less"),
    _row("connections stay open longer than the other side keeps them", _said(r"keep_?-?alive\w*|idle_?\w*time\w*|max_?idle\w*|conn(?:ection)?_?max_?(?:life|age|idle)\w*|max_?lifetime|idle_?conn\w*|max_?sockets|http2|\bagent\b"), "refused ports routing connections pool | unavailable fd tls timeout retry", 1.1),
    # Rights and encryption.
    _row("a right is taken away", _gone(r"[\"'][a-z0-9-]{2,24}:(?:\*|[A-Z][A-Za-z_*]+)[\"']|^\s*-\s*[\"']?(?:get|list|watch|create|update|patch|delete)[\"']?\s*$"), "auth | notfound unavailable", 1.2, near=r"action|verbs|effect|statement|rules|polic|role|permission"),
    _row("it is another one each time", _swap(r"key\b|\bid\b|token|\bref\b|nonce|hash|sha\d|md5|digest", r"(?<![\w.])hash\(|identity_?hash_?code|\.hash_?code\(|random_?uuid|uuid_?4|uuid\.new|new_?guid|secure_?random|nano_?id|\brandom\w*\(|nano_?time|time_?stamp\(|attempt"), "duplicate cache load data | constraint concurrency", 1.3, files="code", near=r"key\b|idempot|dedup|cache", unless=r"seed"),
    _row("what was said is left to the default of the machine", _gone(r"iso_8859\w*|utf_?-?8\b|standard_charsets|charset\.for_name|encoding\s*=|locale\.(?:root|us|english)|time_?zone\.utc|zone_?(?:id|offset)\.\w+"), "encoding parse data time | size null", 1.0, files="code", unless=r"8859|utf_?-?8|charset|encoding|locale|zone"),
    _row("who may do what is told otherwise", _said(r"\bscopes?\b|audience|\baud\b|issuer|\biss\b|\broles?\b|permission|\bpolicy|\bpolicies|\bacl\b|rbac|\bgrant|\brevoke|actions?\s*[=:]\s*\[|principal|\bverbs\b|assume_?role|\bsts:|iam_|is_?admin|authori[sz]e|can_?\w+\?|allowed_?(?:users|groups|clients)"), "auth | notfound unavailable foreign", 1.0),
    _row("what is signed or compared is written otherwise", _said(r"\bhmac|signature|\bsign\(|verify\(|(?<![\"\'/])(?<!the )\bdigest|sha\d|\bmd5|canonical|base64|hex\(|url_?encode|quote\(|raw_?body|express\.raw|\braw\(|compare_?digest|hash_?equals|timing_?safe|secure_?compare|sort_?keys|separators"), "auth data parse tls | duplicate notfound cache", 0.9, files="code"),
    _row("a cookie or a session is kept otherwise", _said(r"cookie|same_?site|http_?only|session_?(?:store|secret|key|cookie|id)|csrf|secret_?key(?:_base)?|sticky|affinity"), "auth routing | foreign cache notfound load", 1.0),
    _row("a token is taken for less long", _said(r"leeway|clock_?(?:skew|tolerance)|not_?before|expires_?in|token_?(?:ttl|life|expir\w*)|\bexp\b|\biat\b|\bnbf\b|refresh_?(?:before|ahead|margin)"), "auth time | load retry", 1.0, way="less"),
    _row("encryption asks for something else", _said(r"\btls\b|min_?(?:tls_?)?version|ssl_?\w*|cipher|ca_?(?:file|bundle|certs?|path)|truststore|keystore|verify_?(?:mode|peer|host|none)?\b|insecure_?skip|\bmtls|\bsni\b|server_?name|sslmode|cert(?:ificate)?_?(?:file|path|arn|name)|strict\b.{0,10}tls|peer_?authentication"), "tls auth | refused pool unavailable", 1.1),
    _row("a browser of another site is let in or kept out", _said(r"\bcors\b|allowed?_?origins?|\borigins?\W{0,2}[:=]|access-control|csp\b|content-security|frame-ancestors|referrer"), "auth routing | refused notfound", 1.0),
    # Messages.
    _row("messages go another way", _said(r"\btopics?\b|\bqueues?\b|exchange|routing_?key|\bbinding|\bsubject|subscription|stream_?name|channel_?name|consumer_?group|group_?id|\bfilter_?policy|event_?type|event_?name"), "backlog stale empty notfound duplicate parse | data load", 1.0, files="code settings", near=r"kafka|rabbit|amqp|sqs|sns|pub_?sub|nats|consum|produc|publish|subscri|queue|topic|event|stream|celery|sidekiq|worker"),
    _row("a message is taken off before its work is done", _came(r"(?:auto_?ack|auto_?commit|no_?ack)\b(?!\W{1,4}false)|ack_?early|acks_?late\s*=\s*false|at_?most_?once|fire_?and_?forget|@async"), "data stale empty backlog | duplicate notfound", 1.1),
    _row("work is given to somebody else before it is done", _said(r"visibility_?\w*|ack_?(?:deadline|wait)\w*|lease_?\w*|session_?time\w*|heartbeat_?\w*|max_?poll_?\w*|lock_?(?:duration|ttl|time\w*)|redeliver\w*|max_?receive\w*|stale_?after|reserve_?time|retry_?after"), "duplicate backlog retry concurrency | stale lock data slow load", 1.2),
    _row("more lies at one worker than it gets done", _said(r"prefetch\w*|\bqos\b|max_?in_?flight|max_?messages|max_?outstanding|max_?batch\w*|batch_?size|fetch_?(?:min|max)\w*|linger\w*|worker_?concurrency"), "backlog memory starvation lock size | slow duplicate timeout load", 0.9, files="code settings", way="more"),
    _row("reading begins elsewhere", _said(r"auto_?offset\w*|from_?beginning|offset_?reset|earliest|latest|\bseek\w*\(|start_?position|deliver_?policy|replay|watermark|high_?water|last_?seen|since\b"), "duplicate backlog load stale empty | data", 1.0, files="code settings"),
    _row("what belongs together is spread otherwise", _said(r"partition_?\w*|shard_?\w*|hash_?(?:key|ring|slot)|message_?group\w*|ordering_?key|consistent_?hash|\bmodulo\b|% ?(?:num|n|count|shards|partitions)|murmur|crc32|fnv"), "skew concurrency duplicate backlog data notfound cache | load cpu lock", 1.0),
    _row("doing it twice is no longer noticed", _gone(r"idempot\w*|dedup\w*|\bseen\b|processed_?\w*|already_?\w*|unique_?(?:for|key|job)|request_?id|event_?id|message_?id|once\("), "duplicate data | constraint load", 1.2),
    _row("who reads it does not know it yet", _swap(r"\bjson\b|avro|proto|msg_?pack|pickle|java_?serial\w*|\bxml\b|thrift|v1\b", r"\bjson\b|avro|proto|msg_?pack|pickle|kryo|\bxml\b|thrift|v2\b|snappy|zstd|gzip"), "parse encoding null | backlog data size", 1.0, near=r"seriali|encod|codec|convert|marshal|format|schema|content|mapper"),
    # Programs.
    _row("what may be missing is taken as there", _gone(r"\?\.|\?\?|(?<!\()\?:|&\.|\bis (?:not )?none\b|[!=]==? ?(?:null|nil|none|undefined)|\.get\([^()\n]{1,60},|optional|or_?else|get_?or_?default|unwrap_or|\|\| ?[\[{'\"0]|\bor ['\"\[{0]|\.present\?|\.blank\?|\.presence|safe_?get|try_?get|\bif let\b|hasattr|\bif\s+[\w.]+\s+else\b|\bin (?:data|payload|body|row|doc|params|event|item|msg)\b"), "null parse restart | data unavailable backlog", 1.1, files="code"),
    _row("a failure is no longer caught", _gone(r"\bexcept\b|\bcatch\b|\brescue\b|recover\(\)|on_?error|\.catch\(|catch_?error|ignore_?errors|contextlib\.suppress|continue_?on|try\s*\{|\bensure\b"), "restart unavailable null parse | backlog data timeout refused stale", 1.0, files="code"),
    _row("a failure is swallowed", _came(r"except[^\n]{0,40}:\s*(?:pass|continue|return)|catch\s*(?:\([^)]{0,40}\))?\s*\{\s*\}|\.catch\(\(?\w*\)?\s*=>\s*(?:\{\s*\}|null|undefined|\[\])|rescue\s*(?:=>\s*\w+)?\s*;?\s*(?:nil|next)|_\s*=\s*err|suppress\(|ignore_?errors|\|\| true|continue-on-error|soft_?fail|except\b[^\n]{0,60}:$"), "stale empty data | backlog notfound null duplicate", 0.9, files="code", unless=r"\braise\b|\bthrow\b"),
    _row("nobody looks at what a call gave back any more", _swap(r"\berr\b", r"^\s*_\s*(?:, ?_\s*)?=\s*(?!\w[\w.]*close\()\w[\w.]*\("), "stale empty data | backlog notfound null duplicate", 1.1, files="code"),
    _row("exact amounts become inexact or are rounded elsewhere", _said(r"\bround\w*\(|\bfloor\w*\(|\bceil\w*\(|trunc\w*\(|quantize|to_?fixed|half_?(?:up|even|down)|(?<!big)(?<!big_)decimal|float\(|\bdouble\b|set_?scale|math\.(?:round|floor)|\* ?100\b|/ ?100\b|cents|minor_?unit|precision|rounding"), "data constraint | parse duplicate auth", 1.0, files="code migration"),
    _row("exact amounts become inexact", _gone(r"big_?decimal|\bto_?d\b"), "data constraint | parse duplicate auth", 1.0, files="code"),
    _row("days and hours are counted in another zone", _said(r"\butc\w*|\btz\b|tz_?\w+|time_?zone|\.zone\b|local_?(?:time|date)\w*|zoneinfo|pytz|zone_?id|zone_?offset|\bnow\(|\btoday\b|to_?iso|as_?time_?zone|in_?time_?zone|at_?zone|use_?tz|date\.current|date_?trunc|\.date\(\)|gm_?date\(|\bdate\([\'\"]|utcfromtimestamp|gm_?time|current_?date|start_?of_?day|midnight"), "time data stale duplicate | parse auth empty constraint", 1.1),
    _row("a date is written or read in another form", _said(r"strf?p?time|date_?time_?format\w*|of_?pattern|date_?format\w*|simple_?date|yyyy|iso_?8601|rfc_?3339|to_?char|parse_?date|date_?fns|moment\(|to_?iso_?string|iso_?format|get_?time\(\)|timestamp\(\)|dates?_?as_?timestamps?|epoch|unix(?:_?milli)?\(|%[YmdHMS]-?%"), "parse time data | null constraint encoding", 1.1),
    _row("texts are compared or written otherwise", _said(r"to_?lower\w*|to_?upper\w*|casefold|\.lower\(|\.upper\(|\.strip\(|\.trim\w*\(|normali[sz]e\(|unidecode|slugif\w*|collat\w*|\blocale\b|\blang\b|lc_\w+|ignore_?case|i18n|intl\.|number_?format|sanit\w*|unaccent|culture\b"), "auth notfound duplicate data encoding constraint parse cache | null query", 0.9, files="code settings migration"),
    _row("bytes are read as other characters", _said(r"utf-?(?:8|16)|charset|(?<!content.)encoding\b|latin-?1|iso-?8859|cp125\d|windows-125\d|\bbom\b|\.(?:de|en)code\(\s*[\"\']|ascii|unicode|codec"), "encoding parse data | size null", 1.0),
    _row("a loop waits while it blocks all others", _came(r"time\.sleep|thread\.sleep|\brequests\.(?:get|post|put|request|session)|read_?file_?sync|write_?file_?sync|exec_?sync|\w+_sync\(|\.block\(\)|run_?blocking|run_?until_?complete|\.result\(\)|\.result\b(?!\w)|\.wait\(\)|get_?awaiter|subprocess\.(?:run|check)|bcrypt|pbkdf2|scrypt|urllib\.request|psycopg2|pymysql|\.join\(\)|\.get\(\)\s*;"), "starvation timeout slow cpu | unavailable restart pool backlog", 1.2, near=_ASYNC + r"|handler|controller|executor|thread_?pool|worker", unless=r"to_thread|run_in_executor|spawn_blocking", files="code"),
    _row("a result is no longer waited for", _gone(r"\bawait\b|\.join\(\)|\.get\(\)|\.wait\(\)|wg\.wait|\.then\("), "concurrency null data empty notfound | restart memory duplicate", 1.0, files="code"),
    _row("several threads share what each had for itself", _gone(r"thread_?local|mutex|\block\b|\.lock\(|synchroni[sz]ed|concurrent_?\w+|\batomic\w*|sync\.|rw_?lock|contextvar|thread\.current|async_?local|critical_?section|copy_?on_?write|volatile"), "concurrency data foreign duplicate null restart | cpu memory", 1.1, files="code"),
    _row("one for all is made where each had one", _came(r"^\s*(?:private |public |protected |internal )?static (?!final |readonly |void |async |string |int |bool)|\bglobal \w|singleton|@lazy|\blazy_static|once_?cell|module\.exports\.\w+ = new|@application_?scoped|@@\w+\s*=|\$\w+ (?:\|\|)?=(?![=>])(?![^\n]*;\s*$)"), "concurrency data foreign memory | duplicate parse", 0.9, files="code"),
    _row("all wait for one", _came(r"\bsynchroni[sz]ed\b|mutex|\.lock\(|rw_?lock|\bwith \w*lock|global_?lock|single_?thread\w*|new_?single|semaphore\(1\)|file_?lock|flock|\bexclusive\b|lock_?guard|max_?workers\s*=\s*1\b"), "lock starvation slow timeout cpu backlog | pool concurrency", 1.0, files="code"),
    _row("a column is read that the table may not have", _came(r"@column\b|@join_?column|\bmapped_column\(|\bdb\.column\(|\bmodels\.\w+_?field\(|gorm:\"|^\s*(?:t\.(?:string|integer|boolean|datetime|text)\s|field :\w+,\s?:)"), "schema null | constraint restart unavailable", 1.0, files="code", near=r"entity|models?\b|schema|table|repositor", unless=r"alter\s|add_?column"),
    _row("all go through one", _swap(r"\bvia\w*\(|via_tuple|registry|name\(\w+\)", r"__module__"), "backlog starvation timeout slow lock | pool unavailable", 1.1, files="code"),
    _row("what is opened is not closed", _gone(r"(?<!\w)\w*close\w*\(|-=\s?on_|\btry\s*\(|\.release\w*\(|\.dispose|\bdefer\b(?![^\n]*unlock)|\bfinally\b|^\s*with |\busing\b|try_?with|\.destroy\(|(?<!\bres)(?<!\bresponse)(?<!\breply)(?<!status\(\d{3}\))\.end\(|\.unsubscribe|remove_?(?:event_?)?listener|\.off\(|clear_?(?:interval|timeout)|\.stop\(\)|\.cancel\(|unlink|rmtree|remove\(|cleanup|\.quit\(|put_?conn|body\.close"), "fd pool memory connections disk lock ports | starvation timeout restart backlog", 1.1, files="code"),
    _row("something is opened again and again", _came(r"new \w*(?:client|connection|session|pool|channel|producer|transport|agent|driver|engine)\b|create_?engine|http\.client\{|&http\.transport|grpc\.(?:dial|newclient)|create_?(?:client|pool|connection)|\bsession\(\)|aiohttp\.client_?session|httpx\.\w*client\(|redis\.(?:from_url|redis\(|createclient)|\bconnect\("), "connections ports pool fd tls memory refused | slow cpu load", 0.9, files="code"),
    _row("a listener, timer or thread is added each time", _came(r"set_?interval|add_?(?:event_?)?listener|\.on\(['\"]|\.subscribe\(|new_?ticker|time\.tick\(|schedule_?at|new thread|threading\.thread|\bgo (?:func|\w+[.(])|spawn\(|executors\.new|new_?timer"), "memory fd starvation cpu | restart slow duplicate load", 0.9, files="code", unless=r"clear_?interval|remove_?listener|unsubscribe|\.stop\("),
    _row("a line in front of work has no end", _swap(r"array_?blocking|maxsize\s?=|(?<!un)bounded|channel\(\s?\d|capacity|make\(chan [^\n]{1,40}, ?\d|queue\(\s?\d|max_?queue|\.offer\(|caller_?runs|reject\w*policy", r"linked_?blocking|unbounded|queue\(\)|new_?cached|max_?value|infinit|\(\s*(?:0|-1)\s*\)|\.add\("), "memory backlog starvation | slow restart timeout", 1.2),
    _row("more is worked out for each request", _came(r"deep_?copy|deep_?clone|structured_?clone|json\.(?:dumps|parse|stringify)|sort(?:ed|_by|_slice)?\(|bcrypt|argon|scrypt|pbkdf|levenshtein|difflib|sha\d{3}\(|gzip|zlib|brotli|encrypt\w*\(|resize|render\w*\(|regex|re\.compile|itertools|permutation|\.indexOf\(|\.includes\(|validate\w*\(|schema\.parse|reflect"), "cpu slow | starvation timeout memory backlog", 0.6, files="code"),
    _row("much more is written to logs", _came(r"level\W{1,4}(?:debug|trace|all)|log_?level\W{1,4}(?:debug|trace)|\bdebug\W{1,4}true|log_?statement\W{1,4}['\"]?all|\bdump_?(?:body|request|response)|pretty_?print|general_?log|slow_?query_?log\b(?!_)|access_?log\W{1,4}(?:on|true|all)\b|log_?min_?duration\W{1,4}0"), "disk cpu slow | backlog starvation memory", 1.1),
    _row("all of it is held at once", _came(r"read_?all\(|read_?to_?end|read_?bytes\(|to_?array\(|to_?list\(|\blist\(|fetch_?all\(|buffer\.concat|array_?buffer\(|\.collect\(|load_?all\(|file_get_contents|getvalue\(\)|\.read\(\)|\.readlines|read_?file\w*\(|body\(\)\.string|\.text\(\)"), "memory size | restart slow cpu", 0.9, files="code", near=_SQL + r"|file|\bread|rows|blob|download|body|stream_?reader|db\b|csv"),
    _row("something grows without being emptied", _came(r"\.append\(|\.push\(|\.add\(|\.put\(|\[[\w.]+\]\s*=(?!=)|\.set\(|\.store\("), "memory | restart cpu slow disk", 0.9, near=r"\bstatic\b|\bglobal\b|^[A-Z_]{3,} ?[:=]|^(?:const|let|var|private)?\s*\w* ?\w+ = (?:new (?:map|set|array)|\{\}|\[\]|dict|set\(|defaultdict)|history|\bseen\b|registry|pending|buffer", unless=r"max_?(?:size|len|entries)|\.pop|\.shift|evict|\bttl\b|expire|delete|\.clear|\[:", files="code"),
    _row("the order of results is not given any more", _gone(r"\.sort\w*\(|sorted\(|order_?by|order\s+by|sort\."), "data stale duplicate notfound empty | parse", 0.7, files="code", unless=r"sort|order_?by"),
    _row("all columns are read", _came(r"select\s+\*|\.\*\s+from|include_?all"), "memory size slow query schema | cpu", 0.8),
    _row("a bound is moved by one", _gone(r"[\w)]\s?[-+]\s?1\b"), "data empty duplicate notfound null | parse constraint", 0.7, files="code", near=r"page|offset|index|range|len|limit|slice|count|day|month"),
    _row("each attempt is taken as a new one", _came(r"uuid|random|date\.now|time\(\)|now\(\)|nanoid|ulid|new_?guid|secure_?random"), "duplicate data constraint | load", 1.1, near=r"idempot|dedup|request_?id|message_?id|transaction_?id|job_?id", files="code"),
    _row("messages of one thing go to many readers", _gone(r"\bkey\s*[=:]\s*[\w.\"'({]+"), "concurrency data duplicate stale | backlog", 1.0, near=r"produce|kafka|topic|publish|partition|kinesis|record\(", files="code"),
    _row("what is sent is packed otherwise", _said(r"gzip|brotli|zstd|compress\w*|deflate|content_encoding"), "size cpu parse encoding slow | memory timeout", 0.9),
    _row("more is worked out for each item", _said(r"\brounds?\b(?!\()|\bcost\b|quality|iterations|preset|\bdpi\b|resolution|n_estimators|\bbeam|ef_search|num_candidates|complexity|\bdepth\b|compression_?level"), "cpu slow | starvation timeout backlog memory", 0.9, files="code settings", way="more"),
    _row("several run at once what one ran", _gone(r"scheduler_?lock|shed_?lock|without_?overlapping|on_?one_?server|run_?once|leader_?elect\w*|is_?leader|until_?execut\w+|\block:|unique_?(?:for|until|job)|redlock|single_?instance|advisory_?(?:xact_?)?lock|flock|try_?lock|acquire_?lock|set_?nx|\bnx\s*[=:]"), "duplicate constraint concurrency lock | data load backlog", 1.2, files="code"),
    _row("others are told of it before it is stored", _gone(r"on_?commit|after_?commit|outbox|transaction_?synchroni[sz]ation|transactional_?event"), "notfound null stale concurrency | data retry empty", 1.3, files="code"),
    _row("work that blocks is done where all others wait", _gone(r"spawn_?blocking|to_?thread|run_?in_?executor|dispatchers\.(?:io|default)|publish_?on|subscribe_?on|bounded_?elastic|worker_?threads|sync_?to_?async|block_?in_?place|task\.run\("), "starvation timeout slow cpu | unavailable restart pool backlog", 1.2, files="code"),
    _row("the caller waits for what was done later", _gone(r"should_?queue|deliver_?later|perform_?(?:async|later|in)\b|\.delay\(|apply_?async|\benqueue\w*|background_?tasks?|after_?response|gen_?server\.cast|set_?immediate|hangfire|background_?job"), "slow timeout starvation pool backlog | unavailable refused", 1.0, files="code"),
    _row("a channel has no room any more", _swap(r"make\(chan [^(),\n]{1,40},", r"make\(chan [^(),\n]{1,40}\)"), "fd memory backlog starvation lock | timeout slow restart", 1.1, files="code"),
    _row("a line in front of work loses its end", _gone(r"queue_?capacity|array_?blocking|max_?queue\w*|queue_?size|rejected_?execution|caller_?runs|high_?water_?mark|max_?pending|\bsync_channel"), "memory backlog starvation | slow restart timeout", 1.1, unless=r"queue_?capacity|blocking|max_?queue|queue_?size|channel"),
    _row("an amount that was given is left to the library", _gone(r"\b\w*(?:max|limit|size|capacity|pool)\w*\(\s*\d[^)\n]*\)"), "size pool timeout starvation memory | slow refused connections", 1.1, files="code", unless=r"(?:max|limit|size|capacity|pool)\w*\(\s*\w"),
    _row("there is a bound where there was none", _came(r"\b(?:set_?|with_?)?max_?(?:conn|concurren|stream|pending|in_?flight|permits|requests|open)\w*\(\s*\d{1,2}\b|semaphore\(\s*\d{1,2}\b"), "pool timeout starvation ratelimit backlog refused | slow unavailable", 1.0, files="code"),
    _row("what was written under its full name has another one", _said(r"^\s*(?:package|namespace) [\w.]+"), "import parse notfound | null restart backlog", 1.0, files="code"),
    _row("there is no bound any more", _came(r"max_?size\W{1,3}(?:none|null|nil|-1|infinity)|\bunbounded\w*|\bunlimited\b|no_?limit\b|max_?(?:size|entries|length)\W{1,3}\w*max_?value"), "memory | restart backlog cache slow disk", 1.1, files="code settings"),
    _row("a timer or a listener stays when its owner goes", _gone(r"clear_?interval|clear_?timeout|ticker|remove_?(?:event_?)?listener|\.off\(|unsubscribe|\bteardown|destroy_?ref|take_?until"), "memory cpu load fd starvation | restart slow duplicate", 1.1, files="code", unless=r"clear_?interval|remove_?(?:event_?)?listener|\.off\(|unsubscribe|ticker"),
    _row("a walk has no end", _gone(r"\bseen\b|visited|max_?depth|\bdepth\s?[<>]|recursion_?limit|\bdepth\s?\+"), "recursion cpu memory | slow restart duplicate timeout", 1.1, near=r"child|walk|tree|node|parent|graph|recurs|expand|visit|flat_?map|nest", files="code", unless=r"\bseen\b|visited|depth"),
    _row("how deep or costly a request may be has no bound", _gone(r"depth_?limit|cost_?limit|complexity|max_?depth|query_?cost|max_?cost|max_?complexity|max_?nesting|max_?aliases"), "cpu memory recursion starvation | slow load timeout restart", 1.1, files="code", unless=r"depth|cost|complexity"),
    _row("what fits nothing is no longer taken care of", _gone(r"\bdef \w+\(_\w*\)|^\s*_\s*(?:->|=>)|^\s*default\s*(?::|->)|^\s*case _\b|^\s*otherwise\b|\bcatch_?all\b"), "null parse restart | backlog retry unavailable notfound data", 1.0, files="code", unless=r"^\s*_\s*(?:->|=>)|default\s*(?::|->)|case _\b"),
    _row("fewer failures are caught", _gone(r"except\s*:|except\s+(?:base_?)?exception\b|rescue\s+(?:standard_?error|exception)\b|rescue\s*(?:=>|$)|catch\s*\((?:final\s+)?\\?(?:exception|throwable|runtime_?exception)\b|catch\s*\{"), "restart unavailable null parse timeout refused dns | backlog data", 1.0, files="code", unless=r"except\s*:|except\s+(?:base_?)?exception\b|rescue\s+standard_?error|catch\s*\((?:final\s+)?\\?(?:exception|throwable)\b"),
    _row("a value is no longer converted", _gone(r"\bnumber\(|parse_?(?:int|float)\(|(?<![\w.])int\(|(?<![\w.])float\(|\.to_?i\b|\.to_?f\b|strconv\.|\(int\)\s?\$|int(?:eger)?\.(?:try_?)?parse|\bdecimal\("), "data parse null constraint | auth notfound duplicate", 0.9, files="code", unless=r"\bnumber\(|parse_?(?:int|float)\(|(?<![\w.])int\(|(?<![\w.])float\(|\.to_?i\b|strconv|parse\w*\(|decimal\("),
    _row("nothing and zero are told apart no more", _swap(r"\?\?|\bis (?:not )?none\b|[=!]==? ?(?:null|undefined|nil)\b", r"\|\||\bor\b|\bif not \w+|!\w+\b"), "data null auth empty | parse constraint", 0.9, files="code"),
    _row("what counts as true is told otherwise", _swap(r"[=!]==? ?['\"](?:true|1|yes|on)['\"]|str_?to_?bool|parse_?bool|\bin \(['\"](?:1|true)", r"\bboolean\(|(?<![\w.])bool\(|!!|\.present\?|environ\.get\(|getenv\("), "config data auth unavailable | null routing", 1.0, files="code"),
    _row("another value is left out when it is empty", _came(r"omit_?empty|skip_?serializing_?if|exclude_?none|exclude_?unset|exclude_?defaults|non_?(?:null|empty|default)\b|when_?writing_?(?:null|default)|ignore_?null_?values|default_?value_?handling|compact_?blank"), "null parse notfound | data schema empty", 1.1, files="code"),
    _row("names are written in another form", _said(r"rename_?all|naming_?(?:policy|strategy|convention)|property_?naming|alias_?generator|by_?alias|camelize|decamelize|key_?transform\w*|[\"'](?:camel|snake|pascal|kebab)_?case[\"']"), "null parse schema notfound | data empty constraint", 1.2, files="code"),
    _row("what is not known is refused", _said(r"fail_?on_?(?:unknown|ignored|null|invalid|missing)\w*|additional_?properties|unevaluated_?properties|forbid_?(?:non|unknown|extra)\w*|\bextra\s*=|disallow_?unknown\w*|unknown_?(?:keys|fields|properties)|deny_?unknown\w*|\.strict\(|\.passthrough\("), "parse | constraint backlog null data retry", 1.2, files="code settings"),
    _row("what is taken as well formed is told otherwise", _said(r"(?:pattern|regexp?|reg_?exp?|re\.compile|\bmatches\()\W|=\s?r?['\"/]\^|@pattern|format:\s|\\d[+*{]|\[\^?[\w\\-]+-[\w\\-]+\][+*{]|(?:min|max)_?length\s?[=:(]|\b(?:gt|ge|lt|le)=\d"), "parse data auth notfound constraint | empty null routing", 0.9, files="code"),
    _row("an amount takes less room", _swap(r"\b(?:long|int64|i64|u64|uint64|bigint|big_?decimal|decimal)\b", r"\b(?:int|int32|i32|u32|uint32|short|i16|float|double|integer|number)\b"), "data constraint parse | null auth", 0.9, files="code"),
    _row("how things are told equal is not given any more", _gone(r"\brecord \w|(?<!\.)\bequals\(|hash_?code\(|^\s*@(?:data|value|equals_?and_?hash_?code)\b|\bdata class|__eq__|__hash__|derive\([^)\n]*\b(?:hash|eq)\b"), "cache memory load duplicate data | notfound stale", 1.0, files="code", unless=r"\brecord \w|(?<!\.)\bequals\(|@data|@equals|data class|__eq__|derive\("),
    _row("connections are no longer used again", _gone(r"keep_?-?alive|https?\.agent|https?_?agent\b|max_?sockets|pool_?connections|http_?adapter|pooling_?|pooled_?|connection_?pool|persistent|reuse_?\w*conn\w*|idle_?conn\w*"), "ports tls connections fd refused cpu | slow timeout pool load", 1.1, files="code", unless=r"keep_?-?alive|agent|pool|adapter|persistent|idle_?conn|time_?out"),
    _row("what all shared is made anew", _swap(r"factory\w*\.|\bshared\w*\b|\bpool\b|get_?instance|singleton|\.shared\b|get_?(?:client|session|connection)\(", r"\bnew \w*(?:client|connection|session|pool|channel|producer|transport|engine)\b|\bdial\(|create_?engine\(|connect\("), "connections ports pool fd tls memory refused | slow cpu load", 1.2, files="code"),
    _row("one is held for as long as another is waited for", _came(r"\b(?:let|var|val|const)\s+(?:mut\s+)?\w+\s*(?::[^=\n]{1,40})?=\s*[^\n]{1,60}\.(?:lock|write_?lock|acquire)\(\)\.await"), "lock starvation timeout slow | backlog cpu pool", 1.2, files="code"),
    _row("a hint to the database is left out", _gone(r"(?:force|use|ignore)\s+index|index_?hint|\bhint\(|straight_join|/\*\+"), "query slow cpu | timeout pool lock disk", 1.2, files="code migration"),
    _row("pages are counted off from the front", _swap(r"\bcursor|\bafter\b|key_?set|last_?(?:id|seen)|[\"\'\s][<>][\"\'\s]|\bseek\b", r"\boffset\b|\.skip\(|limit\s+\?,\s?\?|from:\s*\(?page"), "query slow duplicate | cpu timeout pool", 0.9, near=_SQL, files="code", unless=r"row_?number"),
    _row("a default is shared by all calls", _came(r"\bdef \w+\([^)\n]*=\s?(?:\[\]|\{\}|set\(\)|list\(\)|dict\(\))"), "concurrency data foreign duplicate memory | stale auth", 1.2, files="code"),
    _row("what is sent along grows", _swap(r"\burl\b|\buri\b|_?ref\b|\blink\b|(?<![a-z])path\b|(?<![a-z])key\b|[\"']id[\"']", r"\bbody\b|content\b|\.text\b|\bblob\b|base64|\bbytes\b|\bhtml\b|attachment|\braw\b|payload"), "size memory parse | slow timeout unavailable", 1.1, near=r"publish|produc|\.send\w*\(|queue|topic|event|session|cookie|cache\.set", files="code"),
    _row("other columns are read at once", _said(r"\.only\(|\.defer\(|values_?list\(|load_?only\(|\.select\([^)\n]*,|undefer\("), "query load slow null schema | pool timeout cpu", 0.9, files="code"),
    _row("a lock has no end", _gone(r"\b[ep]x\s*[=:]|ttl|expir\w*|lease\w*|lock_?at_?most\w*|time_?out"), "lock backlog stale starvation | timeout concurrency slow", 1.1, near=r"\bnx\b|set_?nx|(?<!b)lock\b|mutex|redlock", files="code", unless=r"\b[ep]x\s*[=:]|ttl|expir|lease|time_?out"),
    _row("a program changes its tables by itself", _said(r"\bsynchroni[sz]e\s*[:=]|ddl_?auto|auto_?migrate|ensure_?created|hbm2ddl|database\.migrate|migrate_?on_?start"), "schema lock constraint | data null timeout unavailable", 1.1),
    _row("as many as by default go at once", _gone(r"\b(?:\w*concurrency|max_?workers|worker_?count|num_?workers|prefetch\w*|parallelism|pool_?size)\s*[:=]\s*\d"), "backlog slow timeout starvation memory load | pool cpu", 1.1, unless=r"concurrency|workers|worker_?count|prefetch|parallelism|pool_?size", files="code"),
    _row("each had one of its own", _gone(r"@scope\(|@(?:request|session)_?scope\w*|prototype|add_?(?:scoped|transient)\b|scoped_?session|request_?scoped|scope\.request"), "concurrency data foreign memory auth | stale duplicate null", 1.2, files="code", unless=r"@scope\(|prototype|add_?(?:scoped|transient)\b|scoped_?session"),
    _row("what is done to one is done to others", _said(r"\bcascade\w*|orphan_?removal|on_?delete\b|dependent:"), "notfound constraint data null | foreign slow lock", 1.1, files="code migration"),
    _row("what follows from a change is left out", _swap(r"\.each\b|\bfor_?each\b|\bfor \w+ in\b|\.save\b|\.save\(|\.update\(|\.destroy\b|\.delete\b", r"update_?all\b|delete_?all\b|bulk_?update|update_?columns?\b|execute_?update|validate: false|skip_?callback|update_?many"), "stale data null constraint | duplicate notfound", 0.9, files="code"),
    _row("what comes in is checked less", _gone(r"uniqueness|unique_?validator|unique_?together|validates_\w+|^\s*@(?:not_?null|not_?blank|not_?empty|size|valid|email|min|max|is_\w+)\b|@body\(.*valid|\.is_?valid\(|\.validate\w*\(|\b(?:z|joi|yup)\.\w+\("), "constraint duplicate data null parse | auth", 1.0, files="code", unless=r"uniqueness|unique_?validator|unique_?together|validates_|validat\w*\("),
    _row("it never ends", _came(r"forever\b|\binfinity\b|\binfinite\b|never_?expires?|ttl\W{1,3}(?:0|-1|none|null)\b|time_?out\W{1,3}(?:0|-1|none|null|nil)\b|\bwithout_?timeout"), "stale memory pool backlog starvation cache | data slow timeout lock", 1.0, files="code settings"),
    _row("who called does not learn of a failure", _came(r"\basync\s+void\b|\.catch\(noop|on_?error_?resume"), "restart null data stale | unavailable", 1.3, files="code"),
    _row("what is only read is kept track of", _gone(r"no_?tracking|read_?only\s*=\s*true|\.lean\(|stateless_?session|expunge|\bdetach\w*\("), "memory slow | cpu restart lock", 1.1, files="code", unless=r"no_?tracking|read_?only|\.lean\(|stateless|expunge|detach"),
    _row("nothing is told apart from what was never said", _gone(r"^\s*optional \w+ \w+ = \d|\*(?:int|string|bool|float)\w* .*json:"), "data null parse | notfound", 1.1, files="code", unless=r"^\s*optional \w+ \w+ = \d"),
    _row("who stands in front is taken for who asks", _said(r"proxy_?ssl\w*|forwarded_?(?:proto|for|host)|trust(?:ed)?_?prox\w*|proxy_?fix|use_?forwarded\w*|forward_?headers\w*|real_?ip\w*"), "routing auth ratelimit | data foreign", 1.1, files="code settings"),
    # Under the programs.
    _row("less is let in, or let out", _said(r"ingress|egress|security_?group\w*|\bcidr\w*|network_?policy|firewall|iptables|nftables|route_?table\w*|\bnat_|peering|subnet\w*|from_?port|to_?port|source_?ranges?|pod_?selector|namespace_?selector|allow_?list|deny_?list|white_?list|black_?list|ip_?set|\bvpc\b|endpoint_?policy|no_?proxy|https?_?proxy"), "unreached refused timeout routing dns | unavailable auth", 1.1, files="settings code"),
    _row("names are looked up otherwise", _said(r"ndots|resolv\w*|\bdns\w*|nameserver\w*|search_?domain|core_?dns|route53|cname|a_?record|host_?aliases|host_?network|dns_?policy|/etc/hosts|service_?discovery|lookup"), "dns refused | timeout routing unavailable", 1.1, files="settings"),
    _row("whether it is well is asked otherwise", _said(r"readiness\w*|liveness\w*|startup_?probe|health_?check\w*|initial_?delay\w*|failure_?threshold|period_?seconds|timeout_?seconds|unhealthy\w*|healthy_?threshold|grace_?period|prestop|pre_?stop|deregistration|drain\w*|sigterm|shutdown\w*|max_?unavailable|max_?surge|min_?ready"), "restart routing unavailable | refused timeout backlog", 1.0, way="less"),
    _row("it may use less, or must ask for more", _said(r"\bmemory\b\s*[:=]|mem_?limit|max_?ram\w*|xmx|xms|heap|max-?old-?space\w*|gomemlimit|gogc|cpu\s*[:=]|cpu_?quota|gomaxprocs|ulimits?|nofile|nproc|pids_?limit|resources\b|ephemeral-?storage|shm_?size"), "memory restart cpu fd starvation | slow timeout disk", 0.9, files="settings code manifest"),
    _row("it runs elsewhere, or on less", _said(r"node_?selector|affinity|tolerations?|taints?|topology\w*|instance_?(?:type|class|size)|machine_?type|vm_?size|node_?type|volume_?type|storage_?(?:type|class)|\biops|throughput|(?:read|write)_?capacity|\bsku|service_?tier|min_?(?:replicas|size|capacity)|max_?(?:replicas|size|capacity)|desired\w*|target_?cpu\w*|average_?utilization|scale_?down\w*|spot"), "cpu slow disk query timeout restart | unavailable pool backlog starvation memory load", 1.0, files="settings"),
    _row("what a database may do is bounded otherwise", _said(r"max_?connections|autovacuum\w*|statement_?timeout|(?<!dead)lock_?timeout|idle_?in_?transaction\w*|innodb_\w+|max_?wal\w*|checkpoint\w*|random_?page_?cost|enable_?(?:seqscan|nestloop|hashjoin)|max_?parallel\w*|replication_?slot\w*|synchronous_?commit|appendonly|wal_?\w+|query_?cache\w*|pool_?mode"), "connections pool query slow disk memory cache lock | timeout cpu stale data", 1.1, files="settings migration"),
    _row("when it runs, or how often, changes", _said(r"\bcron\w*|schedule\w*|\*/\d+ |rate\(\d|every\w*\(|interval\w*|run_?at|start_?at|@(?:hourly|daily)|concurrency_?policy|celery_?beat|crontab|poll\w*_?(?:ms|s|sec|seconds|interval)"), "load backlog duplicate stale cpu lock time query | slow pool disk ratelimit", 0.9),
    _row("files are kept for longer", _gone(r"log_?rotat\w*|rotat\w*|max-?size|max-?file|retention\w*|max_?backup\w*|prune|clean_?up|backup_?count|max_?bytes|tmp_?reaper|ttl_?seconds_?after|history_?limit|vacuum|garbage|lifecycle"), "disk fd | backlog slow restart", 1.0, files="settings code"),
    _row("files lie elsewhere", _said(r"volume_?mounts?|mount_?path|sub_?path|read_?only_?root|work_?dir|\bcopy\s+\S+\s+\S|empty_?dir|pvc|claim_?name|data_?dir|upload_?dir|storage_?path|tmp_?dir|\bbucket\b|file_?path"), "notfound disk null config import | auth restart", 1.0, files="settings manifest code"),
)  # fmt: skip
"""Kinds of edits, by what they are about."""
