"""What a setting of a store, a queue, a schedule or an application can bring: rows like those of `setting_tables`."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

from fermata.rules.changes.setting_tables import SettingRow, make_row

STORES: tuple[SettingRow, ...] = (
    make_row("fewer may be connected at once", r"max_?connections|max_?clients|max_?client_?conn|max_?user_?connections|superuser_reserved\w*", "d", "connections pool refused | timeout unavailable", 1.2),
    make_row("fewer connections are shared by all", r"pool_?size|(?:^|[._])pool$|maximum_?pool\w*|max_?(?:active|open|idle)\w*|max_?total|reserve_?pool\w*|pool\.max\w*|connection_?limit", "d", "pool timeout starvation | unavailable slow refused connections backlog", 1.1),
    make_row("each copy takes more connections", r"pool_?size|(?:^|[._])pool$|maximum_?pool\w*|max_?(?:active|open|idle)\w*|pool\.max\w*|connection_?limit|max_?connections", "u", "connections pool ratelimit refused memory | lock cpu unavailable", 0.95),
    make_row("a session is shared between transactions", r"pool_?mode|multiplex\w*|prepare\w*|statement_?cache\w*|server_?reset\w*", "s-+", "pool query null lock | notfound constraint parse", 1.1),
    make_row("statements are cut off sooner", r"statement_?timeout|lock_?(?:wait_?)?timeout|query_?timeout|max_?execution_?time|idle_?in_?transaction\w*|socket_?timeout|command_?timeout", "d", "timeout query lock | unavailable pool refused", 1.1),
    make_row("forgotten transactions stay open", r"idle_?in_?transaction\w*|lock_?(?:wait_?)?timeout|statement_?timeout|deadlock_?timeout", "su", "lock pool connections | slow timeout disk stale", 0.95),
    make_row("less memory for what is read and sorted", r"work_mem|shared_buffers|buffer_?pool\w*|effective_cache\w*|sort_?buffer\w*|tmp_?table\w*|cache_?size\w*|key_?buffer\w*|block_?cache\w*|query_?cache\w*", "d", "query disk slow cache memory | cpu timeout load", 1.0),
    make_row("each statement may take much memory", r"work_mem|sort_?buffer\w*|join_?buffer\w*|tmp_?table\w*|shared_buffers|buffer_?pool\w*|hash_mem\w*", "u", "memory restart | refused slow unavailable", 1.0),
    make_row("dead rows are not cleared away", r"autovacuum\w*|vacuum_\w+|purge_?threads?|compaction\w*", "-sud", "query slow disk lock stale | timeout cpu", 1.0),
    make_row("queries are planned otherwise", r"random_page_cost|seq_page_cost|enable_\w+|effective_io\w*|jit\w*|optimizer\w*|default_statistics\w*|max_parallel\w*|cpu_\w+_cost", "ud-+s", "query slow cpu | timeout pool disk memory", 1.0),
    make_row("writes wait for others", r"synchronous\w*|appendfsync|fsync|flush_log\w*|sync_?binlog|write_?concern|min_?in_?sync\w*|min\.insync\w*|acks?$|journal|consistency\w*|quorum\w*", "sdu+c", "slow lock refused timeout disk unavailable replication | pool backlog query retry", 0.95),
    make_row("what is written may be lost", r"synchronous\w*|appendfsync|appendonly|(?:^|[._])save(?:_\d+)?$|fsync|write_?concern|acks?$|journal|unclean\w*|persist\w*|durable|aof|rdb\w*|replication\w*", "s-+gd", "empty notfound stale data auth | null disk concurrency", 1.0),
    make_row("more must agree before anything is written", r"min_?in_?sync\w*|min\.insync\w*|replication_?factor|quorum\w*|consistency\w*|write_?concern", "us", "replication refused unavailable | timeout retry backlog", 1.1),
    make_row("fewer copies are kept", r"replication(?:_?factor)?$|number_?of_?replicas|replicas$|num_?cache\w*|multi_?az", "d-", "replication unavailable notfound | refused routing slow", 0.95),
    make_row("the write-ahead log is kept for who lags", r"max_?slot\w*|wal_?keep\w*|replication_?slots?|max_?wal\w*|archive_\w+|binlog_expire\w*|log_?segment\w*", "sugd", "disk replication | refused slow unavailable restart", 1.0),
    make_row("it throws out another part when it is full", r"max_?memory_?policy|eviction\w*|noeviction", "s", "memory cache auth empty notfound | restart unavailable backlog", 1.2),
    make_row("less is kept at hand", r"max_?memory$|maxmemory$|cache_?size\w*|max_?(?:entries|items|size)|off_?heap\w*|wired_?tiger\w*|item_?size\w*|^[mi]$", "d", "cache memory load | slow query cpu timeout", 1.1),
    make_row("more memory is left unused", r"watermark\w*|high_?water\w*|disk_?free_?limit\w*|flood_?stage|quota_?backend\w*|(?:^|[._])quota\w*|max_?size\w*", "ds", "memory disk replication refused backlog auth | timeout unavailable size", 1.0),
    make_row("large records are refused", r"message\.max\w*|max\.(?:message|request|partition)\w*|max_?(?:message|record|packet|item|document)\w*|allowed_?packet|^i$", "d", "size cache load | parse unavailable", 1.2),
    make_row("a consumer is thought dead", r"max\.poll\.interval\w*|session\.timeout\w*|heartbeat\w*|consumer_?timeout", "d", "backlog duplicate | retry restart timeout", 1.2),
    make_row("one reader takes more at once", r"prefetch\w*|max\.poll\.records|max_?poll_?records|qos|fetch\.max\w*|batch_?size|bulk\w*|chunk\w*|page_?size|lots?_?size", "u", "memory backlog lock size | restart slow timeout query starvation", 1.0),
    make_row("fewer may read side by side", r"partitions?$|num\.partitions|shards?$|number_?of_?shards|consumers?$|concurrency$|workers?$|listeners?$|threads?$|max_?threads$|min_?spare\w*", "d", "backlog starvation skew | slow timeout refused cpu", 1.1),
    make_row("readers begin elsewhere, or under another name", r"group[._]?id|auto[._]?offset\w*|offset\.reset|consumer_?group|durable_?name|subscription\w*|start_?from", "sgc", "duplicate backlog empty | stale data load", 1.1),
    make_row("messages go to another place", r"(?:^|[._])(?:queues?|topics?|exchange|routing_?key|bindings?|destination|source|vhost|channel|stream|subject)s?(?:[._]|$)|\w+_(?:queue|topic)$", "sgc", "backlog empty notfound routing | null parse stale", 1.0),
    make_row("a queue is declared otherwise than it is", r"arguments?\b.*|durable|x_\w+|auto_?delete|exclusive", "sgc+-", "config cache backlog routing restart | refused unavailable size", 1.0),
    make_row("messages are written otherwise", r"(?:de)?serializ\w*|content_?type|value_?format|key_?format|converter\w*|compatibility|schema\w*|codec|encoding|avro\w*|proto\w*", "sgc", "parse encoding null data | backlog retry schema", 1.1),
    make_row("what is unknown is refused", r"fail_?on\w*|strict\w*|sql_?mode|additional_?properties|unknown\w*|validat\w*|reject\w*", "+sc", "parse constraint null auth | data unavailable", 1.1),
    make_row("a field is kept as another type", r"properties\..*|mappings?\..*|(?:^|\.)(?:type|analyzer|scaling_factor|dynamic)$", "sgc", "parse empty data | query notfound schema", 0.95, r"text|keyword|long|integer|float|date|\{|nested|analy|strict"),
    make_row("texts are held in other characters", r"char(?:acter)?_?set\w*|collat\w*|(?:^|[._])lang$|lc_\w+|encoding|locale|file_?encoding", "sg", "encoding parse | data notfound query auth constraint", 1.1),
    make_row("reads go to a copy that lags behind", r"read_?preference|read_?from|replica\w*|reader\w*|read_?only\w*|route_?reads?\w*|host$|uri$", "sc+", "stale notfound data replication | null concurrency", 1.0, r"secondary|replica|reader|-ro\b|nearest|follower|true"),
)  # fmt: skip
"""Databases, caches and queues."""

APPLICATIONS: tuple[SettingRow, ...] = (
    make_row("somebody else is asked", r"(?:^|[._])(?:\w*_)?(?:host(?:name)?|url|uri|base_?url|endpoint|address|addr|server|broker\w*|bootstrap\w*|upstream|dsn|region|bucket|domain|proxy_pass|connection_?string)s?$", "sgc", "dns refused auth notfound tls | timeout config unavailable routing data null", 1.0),
    make_row("files are looked for elsewhere", r"(?:^|[._])(?:\w*_)?(?:bucket|root|path|dir(?:ectory)?|folder|prefix|container|share|mount)s?$", "sgc", "notfound | empty auth null config disk", 1.0),
    make_row("attempts follow sooner, and more of them", r"(?:max_?)?retr(?:y|ies)\w*|attempts?|back_?off\w*|retry_?(?:delay|interval|wait)\w*", "ud", "retry ratelimit load | duplicate cpu timeout unavailable", 0.95),
    make_row("what was kept is asked for each time", r"cach\w*(?:\.|_)?(?:\w*_)?(?:enabled?|ttl|on|active)|cache$|memoi\w*", "-dg", "cache load query | slow cpu timeout ratelimit pool", 1.1),
    make_row("what is old is still believed", r"cach\w*.*(?:ttl|max_?age|expir\w*|life\w*)|(?:^|[._])ttl$|refresh\w*|poll\w*", "u", "stale cache data | auth foreign memory notfound", 1.0),
    make_row("more is done in one go", r"batch\w*|chunk\w*|bulk\w*|page_?size|limit$|window$", "u", "lock memory query size | timeout slow backlog", 1.0),
    make_row("hours are counted in another zone", r"(?:^|[._])(?:tz|time_?zone|zone|default_?zone\w*)$", "sgc", "time data | stale empty", 1.2),
    make_row("much more is written or sent", r"(?:^|[._])(?:\w*_)?level$|log_?\w*|verbos\w*|sampl\w*|trac(?:e|ing)\w*|debug", "su+c", "disk cpu memory backlog | slow ratelimit", 1.0, r"debug|trace|all|true|> ?1(?:00|\.0)?$|verbose|full"),
    make_row("a partner is asked more than it allows", r"(?:max_?)?conn\w*|rate\w*|per_?(?:minute|second|hour)|concurren\w*|parallel\w*|workers?", "u", "ratelimit connections | refused backlog retry timeout", 0.95),
    make_row("it speaks in another name", r"(?:^|[._])(?:sender\w*|(?:mail|smtp|sms)\w*\.from|reply_?to|user_?agent|merchant\w*|account\w*|sender_?id|origin|caller\w*)$", "sg", "auth data | unavailable refused empty", 1.0),
    make_row("less is offered", r"methods?$|currenc(?:y|ies)$|countr(?:y|ies)$|features?$|supported\w*|enabled_?\w+|types$|providers?$|locales?$|regions?$|channels?$", "sgd", "data parse auth notfound | constraint empty unavailable", 0.95),
    make_row("other amounts are reckoned with", r"currency$|vat$|tax\w*|rate$|fee\w*|price\w*|discount\w*|rounding|precision|scale$|unit$|country$|factor$|margin|percent\w*", "sudgc", "data | constraint parse", 1.0),
    make_row("other code runs for everybody", r"roll_?out\w*|percent\w*|weight|enabled?$|variant\w*|default_?(?:variant|rule)|flags?\..*|features?\..*|canary\w*|traffic\w*", "u+s", "null parse data notfound auth schema import | restart slow query constraint", 0.8),
    make_row("what others rely on is switched off", r"enabled?$|active$|(?:^|[._])(?:on|off)$|roll_?out\w*|percent\w*|flags?\..*|features?\..*|disable\w*", "-d", "notfound routing null cache auth empty load | stale unavailable parse slow", 0.9),
    make_row("it runs at another hour, or more often", r"cron\w*|schedule\w*|(?:^|[._])(?:every|at|frequency|period)$|run_?at|on_?calendar", "sud", "load lock cpu ratelimit query empty duplicate | slow stale disk backlog time pool", 1.0),
    make_row("it runs at another hour, or more often: a line of a table", r"^$|(?:cron|schedule)\w*$", "s", "load lock cpu ratelimit query empty duplicate stale null | slow disk backlog time pool", 1.0, r"(?:[\d*/,-]+ ){4}[\d*/,-]+"),
    make_row("it no longer runs", r"suspend\w*|cron\w*|schedule\w*|paused?|disabled?", "+gs", "stale disk backlog empty | slow auth", 0.95, r"true|^[^>]*> ?(?:None|\"?\"?)$|none|-"),
    make_row("it may run beside itself", r"concurrency_?policy|leader\w*|single\w*|lock\w*|max_?instances|overlap\w*|mutex|election\w*|unique\w*|exclusive\w*", "s-gud", "duplicate concurrency lock | data constraint cpu load", 1.1),
    make_row("another text is looked for", r"templates?\b.*|layout|partials?\b.*|theme|messages?\..*|subject", "sgc", "notfound null empty parse | data", 1.0),
    make_row("the same number is another length of time", r"\w+$", "sud", "time timeout duplicate data stale | auth concurrency retry backlog lock", 0.9, r"^(\d+) ?(?:ms|s|m|min|h|d)? > \1 ?(?:ms|s|m|min|h|d)$"),
)  # fmt: skip
"""What programs are told."""
