"""What a setting that is given otherwise can bring, by its name and by which way it went: see docs/changes.md.

The rows are about what a name means in the systems that read it (a probe's path, a queue's visibility timeout, the
memory of a container), in whatever file it stands. `setting_edits` reads diffs with them.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A name, the ways it may go, and what follows."""

    text: str
    """For people; also its name."""
    name: re.Pattern[str]
    """Of where it stands and how it is called, in small letters, with `_` for humps and hyphens."""
    ways: str
    """Any of `d` down, `u` up, `s` says something else, `g` gone, `c` came, `C` came and counts whole, `+` on, `-` off."""
    brings: frozenset[str]
    """Kinds of failure of which one at least is seen when it is to blame."""
    also: frozenset[str]
    """Kinds that then may be seen as well."""
    strength: float
    """0..1.5: how seldom it is harmless."""
    said: re.Pattern[str] | None = None
    """What has to stand in `old > new`; `None`: anything."""


def make_row(text: str, name: str, ways: str, kinds: str, strength: float, said: str = "") -> SettingRow:
    """Return one.

    Args:
        kinds: What it brings, and after a bar what may be seen as well: `memory restart | slow`.
        said: Of `old > new`; nothing stands where there was or is none.
    """
    brings, _, also = kinds.partition("|")
    return SettingRow(
        text, re.compile(name), ways, frozenset(brings.split()), frozenset(also.split()), strength,
        re.compile(said, re.IGNORECASE) if said else None,
    )  # fmt: skip


_PROBE = r"(?:readiness|liveness|startup|health_?check|httpchk|probe)\w*"
_LIMITS = r"(?:memory_?max|mem_?limit|memory_?size|max_?old_?space\w*|memory_?limit\w*|proxy_?memory\w*)"

CONTAINERS: tuple[SettingRow, ...] = (
    make_row("it may hold less memory", rf"limits?\.memory$|(?:memory|mem)_?limit\w*$|(?:^|[._]){_LIMITS}$|\bmem_?limit|memory_?(?:limit|max|size)\b|gomemlimit|max_?memory_?restart", "dC", "memory restart | slow unavailable refused cpu", 1.1),
    make_row("it may use less CPU", r"limits?\.cpus?$|cpu_?(?:quota|limit|s)\b|gomaxprocs|(?:^|\.)cpus$", "dC", "cpu slow | timeout backlog starvation restart", 1.0),
    make_row("it gets no time between requests", r"cpu_?(?:idle|throttling)$", "+", "slow timeout empty stale | refused concurrency retry", 1.1),
    make_row("it asks for more room than before", r"requests?\.(?:cpu|memory)$", "u", "placement | restart unavailable", 0.9),
    make_row("its heap is smaller", r"(?:^|[._])(?:xmx|mx|max_?ram_?percentage|max_?heap\w*|heap_?size|ms)$|max_old_space", "d", "memory | restart slow cpu timeout size", 1.1),
    make_row("its heap fills what its container may hold", r"(?:^|[._])(?:xmx|mx|max_?ram_?percentage|max_?heap\w*)$|max_old_space", "u", "memory restart | unavailable", 0.9),
    make_row("memory is collected in another way", r"(?:java|jvm|jdk)?_?(?:opts|options)$|^$|gogc|(?:use)?\w*gc$", "sgc", "memory cpu | slow timeout starvation", 0.9, r"use\w*gc|gogc|\bgc\b(?!\*)"),
    make_row("whether it is well is asked at another path or port", rf"{_PROBE}.*(?:path|port|scheme|command|exec|matcher|service)$|{_PROBE}$|(?:^|\.)option_?(?:httpchk)?$", "s", "restart routing notfound auth | unavailable refused timeout", 1.0, r"/|\d|http"),
    make_row("it is given up before it has begun", rf"{_PROBE}.*(?:initial_?delay|timeout|threshold|period|interval|retries|start_?period)\w*$", "d", "restart routing | timeout unavailable refused", 1.0),
    make_row("nobody waits for its start any more", r"startup_?probe|(?:readiness|liveness)_?probe|pre_?stop|depends_?on|service_healthy|(?:^|\.)(?:unit\.)?(?:after|wants|requires)$", "gs", "restart refused routing dns | unavailable timeout notfound", 0.9),
    make_row("it is cut off at its end", r"grace_?period\w*|deregistration_?delay|drain\w*|stop_?timeout\w*|timeout_?stop\w*|shutdown_?timeout|pre_?stop", "dg", "restart refused routing duplicate | unavailable empty", 1.0),
    make_row("signals reach another program", r"(?:^|\.)(?:entrypoint|cmd|command)$", "s", "restart empty | memory backlog duplicate", 0.8, r"tini|dumb-init|exec |/bin/sh|bash -c"),
    make_row("it is started another way", r"(?:^|\.)(?:entrypoint|cmd|command|args|workdir|exec_?start|handler|working_?directory)$", "sg", "import notfound restart config | unavailable null", 1.0),
    make_row("fewer of it run", r"(?:^|\.)(?:replicas?|(?:min|desired)_?(?:size|replicas|capacity|count|instances)|desired_count|replica_?count|scale)$", "d", "cpu starvation backlog unavailable load | slow timeout memory refused", 1.0),
    make_row("it cannot grow as far", r"max_?(?:replicas|size|capacity|instances|count|nodes)$", "d", "cpu placement starvation backlog ratelimit load | slow timeout unavailable", 1.0),
    make_row("it grows later", r"target_?(?:value|cpu\w*|memory\w*|utilization)|lag_?threshold|metadata\.(?:\w+_)?(?:length|threshold|value)$|average_?(?:utilization|value)|cool_?down|warm_?up|scale_?up\w*|stabilization\w*", "us", "cpu slow starvation backlog | timeout unavailable", 1.0),
    make_row("it grows by another measure", r"metrics?\..*name$|metric_?name|trigger|query$", "s", "backlog placement cpu notfound | slow", 0.9),
    make_row("more of it run against the same store", r"(?:^|\.)(?:replicas?|(?:min|max|desired)_?(?:size|replicas|capacity|count))$", "u", "connections pool lock ratelimit | refused duplicate", 0.7),
    make_row("it goes away all at once", r"max_?unavailable|max_?surge|min_?ready\w*|strategy\.type", "sud", "unavailable routing placement cpu slow | refused restart timeout", 0.95),
    make_row("nothing keeps enough of it when machines go", r"(?:min_?available|max_?unavailable|^kind|\.kind)$", "g", "unavailable routing placement restart | refused", 1.0, r"disruption|\d"),
    make_row("no machine may take it", r"node_?selector|affinity|tolerations?|taint|topology\w*|node_?pool|requirements\.|instance_?types?$", "sgC", "placement | unavailable restart backlog import", 1.0),
    make_row("its machines may be taken away", r"capacity_?type|spot|preemptible|values$|lifecycle|interruptible", "sC+", "placement restart unavailable | refused timeout", 1.0, r"spot|preempt|true"),
    make_row("it is moved about, or replaced, while it works", r"update_?mode$|consolidat\w*|auto_?(?:upgrade|repair)$|maintenance\w*\.\w*|(?:^|[._])disruption[._]|rebalanc\w*|descheduler\w*", "sudgC+", "placement restart refused | unavailable cache timeout", 1.0, r"^(?!.*> ?(?:off|initial|never|false)\b)"),
    make_row("what breaks a rule is no longer admitted", r"failure_?policy|pod_?security\w*|[._]enforce\w*$|validation\w*action\w*|enforcement_?action|allow_?\w*(?:snippet|privilege)\w*|admission\w*", "sC+-", "placement auth constraint config | timeout routing", 1.1),
    make_row("a port of the machine itself is taken", r"host_?port", "C", "placement ports | refused", 1.1),
    make_row("it no longer sees, or may not touch, what it used of the machine", r"private_?(?:tmp|devices|network|users|mounts)|protect_?\w+|(?:read_?only|inaccessible)_?(?:paths|directories)|restrict_?\w+|capabilit\w*|system_?call_?filter|no_?new_?privileges|dynamic_?user", "C+s", "notfound auth disk | refused restart routing", 1.0),
    make_row("it says otherwise that it is up", r"(?:^|[._])type$", "sC", "timeout restart | unavailable", 1.0, r"\b(?:notify|forking|oneshot)\b"),
    make_row("all wake at the same moment", r"randomized_?\w*|splay|jitter|stagger\w*", "gd-", "load refused unavailable ratelimit cpu starvation | slow timeout", 1.1),
    make_row("two of them share one name", r"(?:client|transaction\w*|instance|node|worker|broker|member|producer|consumer)_?id\w*(?:_?prefix)?$", "s", "concurrency duplicate restart | backlog retry refused", 1.1, r"\$\{?\(?\w*(?:host|pod|rand|uuid|instance)\w*.* > (?!.*\$)"),
    make_row("it runs on another processor", r"arch\w*|values$|platform|runtime_?platform|machine_?type", "s", "import restart placement | notfound unavailable", 1.0, r"arm64|amd64|x86|aarch"),
    make_row("files that it wrote or read lie nowhere", r"(?:volume_?mounts?|volumes?|mounts?|volume)(?:\.|$)|mount_?path|claim_?name|sub_?path|host_?path", "gs", "notfound disk empty schema | null restart config", 1.0),
    make_row("it may no longer write its own files", r"read_?only\w*", "+C", "disk auth | restart", 1.1),
    make_row("it runs as somebody else", r"run_?as_?\w*|fs_?group|(?:^|\.)user$|security_?context", "sdugC+", "auth | restart disk notfound refused", 1.0),
    make_row("it asks in another name", r"service_?account\w*|(?:^|\.)role(?:_?arn|_?name)?$|iam_?role|execution_?role\w*|assume\w*|principals?", "sgc", "auth | notfound unavailable restart config", 1.0),
    make_row("what it is told is looked up under another name", r"(?:secret_?key_?ref|secret_?ref|config_?map\w*|value_?from|env_?from|secret_?name|existing_?secret|image_?pull_?secrets?).*|secret\w*$", "sg", "placement config auth notfound | restart null refused", 1.0),
    make_row("an image is taken that may not be there", r"(?:^|\.)(?:image|tag|new_?tag|new_?name|repository|image_?tag|digest)$", "sudC", "placement import restart null config | parse data unavailable notfound auth", 0.8),
    make_row("temporary files get less room", r"ephemeral_?storage|size_?limit|shm_?size|tmpfs|total_limit_size|max_?size$|storage_?limit\w*", "dgC", "disk placement size memory | restart", 1.0),
    make_row("a shared allowance is smaller", r"(?:hard|quota\w*|limit_?range)\.", "d", "placement ratelimit auth | unavailable restart", 1.1),
    make_row("it waits for slower disks", r"storage_?class\w*|volume_?type|storage_?type|disk_?type", "s", "disk slow query | timeout backlog", 1.0),
    make_row("nothing starts it again", r"(?:^|\.)restart(?:_?policy|_?sec)?$", "sg", "restart stale backlog | unavailable refused", 0.95),
    make_row("a port is taken that others hold", r"ports?(?:\.|$)|host_?port|publish|listen", "s", "ports refused routing | restart unavailable", 0.8),
    make_row("fewer ports are left for calls to others", r"local_?port_?range|tcp_?(?:tw_?reuse|fin_?timeout|max_?tw\w*)|snat\w*|min_?ports\w*", "sdu", "ports refused | timeout unavailable", 1.1),
    make_row("fewer connections are kept track of", r"conntrack\w*|nat\w*_?table|max_?(?:flows|states)|max_?map_?count|inotify\w*|pid_?max|threads_?max", "d", "starvation refused fd | timeout dns unavailable", 1.1),
    make_row("fewer files, threads or processes are allowed", r"limit_?no_?file|nofile|nproc|limit_?nproc|tasks_?max|pids_?limit|ulimits?|file_?max|open_?files", "dg", "fd starvation | refused memory restart unavailable", 1.1),
    make_row("files are left out of what is built", r"^$", "C", "notfound import | null config restart", 0.8, r"> [\w./*-]+$"),
    make_row("nothing may be moved from machine to machine", r"min_?available|max_?unavailable|disruption\w*", "u", "placement | unavailable", 0.9),
    make_row("others must give way to it, or it to others", r"priority_?class\w*|pre_?emption\w*|nice$|io_?nice|cpu_?shares", "sgcud", "placement restart cpu | unavailable slow", 1.0),
    make_row("its network is another one", r"host_?network|networks?(?:$|\.)|network_?mode|dns_?policy|external_?name|traffic_?policy|vpc_?id|hosted_?zone\w*", "sgc-+", "dns refused routing ratelimit auth | timeout unavailable", 1.1),
    make_row("nobody prepares its ground any more", r"init_?containers|pre_?start|exec_?start_?pre|hooks?(?:$|\.)|migrat\w*|entrypoint_?init", "g", "schema config notfound null | restart unavailable", 1.1),
    make_row("what it is told stands in a file that is not read", r"env_?file|env_?from|environment(?:_?file)?$|config_?file", "gs", "config null auth | restart refused notfound", 1.1),
    make_row("it takes itself for another stage", r"(?:node|rails|rack|app|flask|django|asp_?net_?core|mix|symfony)_?(?:env|environment|settings_module)$|profiles?(?:_active)?$|(?:^|[._])debug$", "sgc+-", "import config cpu auth notfound null | refused slow memory cache starvation", 1.1),
    make_row("what it is built on is not at hand", r"layers?$|extensions?$|plugins?(?:$|_dir)|packages?$|modules?$|lib(?:rary)?_?path|python_?path|class_?path", "gs", "import notfound | config null restart", 1.1),
    make_row("memory is collected in another way", r"gc[._]\w+$|\bgc$|server_?gc|concurrent_?gc|use_?\w*gc$", "+-sudgC", "memory restart cpu | slow", 0.9),
)  # fmt: skip
"""How programs are run."""

EDGES: tuple[SettingRow, ...] = (
    make_row("it is reached under another port", r"target_?port|(?:^|[._])port$|container_?port|listen$", "sud", "refused routing | unavailable timeout tls", 1.0),
    make_row("others are found by another label", r"selector(?:\.|$)|match_?labels?|(?:^|\.)labels\.app|target_?group\w*|backend_?service", "sgc", "routing refused placement | unavailable timeout notfound", 1.0),
    make_row("paths are led elsewhere", r"rewrite\w*|path(?:_?(?:prefix|pattern|type|s))?(?:\.|$)|strip_?prefix|location\w*|(?:^|\.)(?:root|alias|try_files)$|values$|rule$|priority", "sgc", "notfound routing parse | auth unavailable", 0.95, r"/|\$|exact|prefix"),
    make_row("less may be sent in one go", r"body_?size|max_?body|client_?max\w*|payload|max_?(?:file|request|upload|message|packet|allowed|item|post)\w*|message_?max\w*|buffer_?size|header_?buffers?|max_?allowed_?packet|size_?limit|item_?size", "ds", "size parse | unavailable routing cache load", 1.1),
    make_row("idle or slow sessions are cut off", r"(?:idle|read|send|client|server|keep_?alive|tunnel|response|request|connect|proxy)\w*_?time_?out|time_?out_(?:client|server|tunnel|connect)|wait_?timeout|(?:^|\.)time_?out$", "d", "timeout refused routing | unavailable retry", 1.0),
    make_row("each request opens a connection of its own", r"keep_?alive\w*|max_?idle\w*|reuse\w*|http_?version", "gd-", "ports refused connections | timeout tls slow", 0.95),
    make_row("streams are held back", r"buffering|proxy_?buffer\w*|chunked\w*|flush\w*", "s+c", "timeout stale backlog empty size | refused memory", 0.95),
    make_row("what it was given from outside is replaced by a list of its own", r"(?:location|if|server)\w*\.(?:proxy_set_header|add_header|fastcgi_param|set_header)\w*$|(?:^|\.)env_?from$", "C", "auth null parse notfound routing | config foreign unavailable", 0.9),
    make_row("who asks, and how, is not passed on", r"set_?header|(?:add_)?headers?|forward\w*|real_?ip|cookies?(?:\.|_|$)|x_forwarded\w*|proxy_?protocol|host_?header", "gs", "auth routing parse foreign notfound | null unavailable", 1.0),
    make_row("fewer requests are let through", r"limit_?req\w*|rate(?:_?limit\w*)?|requests_?per\w*|per_?(?:second|minute)|rps|burst|quota|throttl\w*|rate_based\w*|limit$", "ds", "ratelimit auth | unavailable retry refused", 1.0),
    make_row("fewer connections are held at once", r"worker_?connections|max_?conn\w*|max_?clients?|max_?request_?workers|server_?limit|accept_?count|backlog|somaxconn|max_?pending\w*|max_?requests|accept_?queue", "d", "starvation refused pool connections backlog timeout | unavailable slow retry ports", 1.0),
    make_row("a breaker opens sooner", r"circuit_?breakers?|thresholds?\.|max_?(?:connections|pending\w*|requests|retries)|outlier\w*|consecutive\w*|max_?fails", "ds", "routing unavailable retry | refused timeout", 1.0),
    make_row("who failed is kept out for longer, or more of them are", r"ejection\w*|fail_?timeout", "dus", "routing unavailable retry | refused timeout", 1.0),
    make_row("attempts are made more often", r"num_?retries|retry_?on|retries|attempts|retry\w*(?:delay|backoff|interval)?", "us", "retry load ratelimit duplicate | unavailable cpu timeout slow", 0.95),
    make_row("what is done to each request on its way is left out", r"middlewares?|filters?|plugins?|interceptors?|policies|forward_?auth", "g", "auth routing null notfound | unavailable load", 1.0),
    make_row("nobody stays with one server", r"cookie|sticky\w*|affinity|session_?affinity|ip_?hash|balance|hash|server\w*", "gs", "auth routing notfound foreign | data empty", 0.9, r"cookie|sticky|hash|affinity|source|clientip|insert"),
    make_row("old partners cannot agree on how to encrypt", r"ssl_?(?:protocols?|ciphers?)|min_?(?:tls|protocol|version)\w*|tls_?(?:min|version|protocols?)\w*|cipher\w*|security_?policy|ssl_policy", "sgc", "tls | refused unavailable parse", 1.1),
    make_row("another certificate is shown", r"cert\w*|ssl_certificate|subject_alternative_names|domain_?name|ca_?(?:file|bundle)|trust\w*|key_?store|sans?$", "sg", "tls | refused unavailable auth", 1.1),
    make_row("all must encrypt", r"m?tls\.mode|mtls|force_?ssl|require_?(?:ssl|tls|secure\w*)|ssl_?mode|(?:^|[._])mode$|client_?auth|verify\w*", "s+u", "tls auth refused | unavailable routing", 1.0, r"strict|require|verify|true|1|on|mutual|full"),
    make_row("a filter refuses what it only counted", r"override_?action\.(?:none|count)|(?:^|[._])action\.(?:block|count)|(?:^|[._])(?:waf|action|mode|sec_?rule_?engine|enforc\w*)$", "sCg+", "auth ratelimit | routing unavailable", 1.0, r"^ > $|block|deny|drop|enforce|> on$|true"),
    make_row("an answer is kept for longer, or for all", r"(?:default|max|min)?_?ttl|cache_?(?:control|valid|ttl|policy)|s_?maxage|max_?age|proxy_cache\w*|expires", "uc", "stale foreign cache data refused dns | auth notfound routing memory", 0.95),
    make_row("answers do not depend on what they did", r"forward$|vary|cache_?key\w*|query_?string\w*|cookies?\.|headers?$", "sg", "foreign auth stale cache routing | data null encoding", 0.95),
    make_row("browsers are told to refuse", r"content_?security_?policy|csp|cors\w*|allow\w*_?origins?|origins?$|access_control\w*|same_?site|x_frame\w*|permissions_?policy|cookie_?domain|secure$", "sg+C", "routing auth | empty unavailable notfound", 1.1),
    make_row("one server gets far more than the others", r"weight\w*|(?:^|[._])server_?\w*|balanc\w*|algorithm|lb_policy", "suc", "skew cpu load | timeout slow unavailable", 0.9, r"weight|\d|source|hash|first|random|robin|least"),
    make_row("nobody looks up who stands behind a name", r"resolver|nameserver\w*|resolvers?\b.*", "gs", "dns notfound routing | refused unavailable", 1.1),
    make_row("what is one person's is kept for all", r"cache_?bypass|no_?cache|no_?store|pass\b|skip_?cache|bypass\w*", "gs-", "foreign stale auth | cache data", 1.1),
    make_row("a limit where there was none", r"time_?out\w*|max_?\w+|limit\w*", "u", "timeout refused ratelimit size | unavailable retry", 0.9, r"^(?:0|-1)\w{0,2} > [1-9]"),
    make_row("paths begin elsewhere", r"context_?path|base_?path|url_?prefix|script_?name|root_?path|mount_?point|servlet_?path|ingress_?class\w*|server_?name|(?:^|\.)hosts?$", "sgc", "notfound routing | parse unavailable", 1.1),
    make_row("who is sent from here is sent on at once", r"(?:^|[._])return(?:_\d+)?$|redirect\w*|force_?https|secure_?ssl\w*", "sC+", "routing notfound | auth unavailable", 1.0),
    make_row("a request's head may be smaller", r"header_?(?:size|count)|max_?http\w*|max_?header\w*|uri_?length|field_?limit", "d", "size parse | unavailable", 1.2),
    make_row("who may ask from where is told otherwise", r"trusted_?\w*|allowed_?\w*|csrf\w*", "sg", "auth routing | unavailable", 1.1),
)  # fmt: skip
"""What stands in front of programs, and between them."""

CLOUDS: tuple[SettingRow, ...] = (
    make_row("a way through the network is closed", r"security_?groups?\w*|ingress|egress|cidr\w*|source_?(?:security|ranges|address)\w*|policy_?types|network_?policy\w*|from_?port|to_?port|allow(?:ed)?_?(?:ips?|cidrs?|hosts?)|vpc_?config|subnet\w*|pod_?selector", "sgCdu", "refused timeout dns routing | unavailable auth", 1.0),
    make_row("a way out of the network leads elsewhere", r"nat_?gateway\w*|transit_?gateway\w*|gateway_?id|peer\w*|route_?table\w*|vpc_?peering\w*|endpoint_?id|https?_?proxy|no_?proxy|proxy$", "sgc", "refused timeout dns | routing unavailable tls", 1.0),
    make_row("all it asks goes through somebody else", r"https?_?proxy$", "C", "refused timeout auth routing tls | unavailable notfound", 1.1),
    make_row("a preface comes that the other side does not know", r"(?:^|[._])server_?\w*|listen\w*$", "sgC", "parse data routing refused | auth unavailable", 1.1, r"proxy_protocol|send-proxy"),
    make_row("its machine no longer tells it its rights", r"http_?tokens|hop_?limit|metadata_?options\w*", "sd", "auth timeout config | retry refused", 1.0),
    make_row("an action is no longer allowed", r"actions?$|resources?$|effect$|permissions?|statement\w*|block_?public\w*|restrict_?public\w*|acl$|grants?$|scopes?$|roles?(?:\.|$)|polic(?:y|ies)\w*|verbs|groups?$|public_?access\w*|uniform_?\w*access", "sgc+", "auth | parse notfound unavailable config", 1.0),
    make_row("a smaller machine", r"(?:instance|node|machine|vm|cache|db)_?(?:type|class|size|tier)|sku|tier$|(?:^|\.)size$", "d", "cpu memory cache query disk slow | pool timeout connections unavailable restart", 1.1),
    make_row("a managed store is started anew", r"(?:^|[._])(?:engine_?version|(?:db_?)?instance_?class|node_?type|apply_?immediately|ca_?cert_?identifier)$", "sud+", "refused unavailable restart | timeout retry", 0.9),
    make_row("less is read and written a second", r"iops|throughput|(?:read|write)_?capacity\w*|capacity_?units|burst\w*|bandwidth|max_?acu|storage_?size|allocated_?storage|billing_?mode|shard_?count|partition_?count", "ds", "disk ratelimit slow query | timeout retry backlog pool", 1.1),
    make_row("it holds less at once", r"reserved_?concurrent\w*|concurren\w*|max_?concurrency|max_?in_?flight|max_?instances", "d", "ratelimit backlog starvation | timeout unavailable retry", 1.1),
    make_row("what was given out comes back sooner", r"visibility_?timeout\w*|ack_?deadline\w*|ack_?wait|lease\w*|lock_?(?:ttl|duration|timeout)|retry_?after|stalled?_?\w*|claim\w*|hold$|reservation\w*|max_?poll_?interval\w*|session_?timeout\w*|heartbeat\w*|consumer_?timeout|reserve\w*", "d", "duplicate concurrency backlog lock time data retry | stale", 1.1),
    make_row("work is set aside after fewer attempts", r"max_?receive\w*|dead_?letter\w*|max_?deliver\w*|delivery_?limit|max_?(?:retries|attempts)|retry_?limit|x_delivery\w*", "d", "backlog empty | retry unavailable timeout refused", 1.0),
    make_row("more is thrown away than before", r"(?:lifecycle|expir\w*|retention|cleanup|filter)[\w.]*[._](?:prefix|tags?|filter)$|(?:^|[._])ttl[\w.]*\.attribute\w*", "gs", "notfound empty | data null stale", 1.3),
    make_row("what is kept is thrown away sooner", r"retention\w*|log\.retention\w*|expiration\w*|(?:^|\.)days$|(?:^|[._])ttl(?:\.|$|_)|max_?age|message_?ttl|expire\w*|lifecycle\w*|delete_?after|min_?age|history|segment\.ms", "dC+", "notfound empty backlog null | data stale auth", 1.0),
    make_row("what is kept is never thrown away", r"retention\w*|retain\w*|expiration\w*|total_?limit\w*|max_?(?:size|file|backups?|slot_wal\w*)\w*|rotate\w*|(?:^|[._])days$|compress$|daily$|copytruncate|keep\w*|suspend", "gu+s", "disk | backlog slow stale memory", 0.95),
    make_row("it must end sooner", r"(?:^|[._])time_?out\w*$|deadline\w*|max_?(?:duration|runtime|wait|time)\w*|_timeout_ms", "d", "timeout retry routing | unavailable refused query backlog", 1.0),
    make_row("it may take far longer", r"time_?out\w*$|deadline\w*|max_?wait\w*", "ug", "starvation pool backlog lock | slow timeout memory refused", 0.9),
    make_row("names lead elsewhere", r"records?$|cname|a_?records?|host_?aliases|ndots|nameservers?|dns\w*|alias\.|search$|options?\.value", "sud", "dns refused tls routing load | timeout notfound unavailable ratelimit", 1.0),
    make_row("names lead to old places for longer", r"ttl$", "u", "dns stale refused cache | routing timeout data", 0.9),
    make_row("it is encrypted with another key", r"kms\w*|key_?(?:id|arn|ring|alias)|encryption\w*|cipher_?key|master_?key|data_?key", "sgc", "auth parse tls data | config unavailable notfound", 1.1),
    make_row("a secret is another one", r"secret\w*|password|passwd|passphrase|requirepass|token$|api_?key|credentials?|private_?key|signing\w*|hmac\w*|jwt_?\w*|webhook\w*", "sgC", "auth tls | unavailable refused parse config", 1.0),
    make_row("who may come in is told otherwise", r"issuer|audience|aud$|client_?id|realm|tenant_?id|allowed_?\w*|hosts?_all|(?:^|\.)host\w*_all\w*|local_all\w*|hba|auth_?(?:method|type|mode)|scopes?", "sgc", "auth tls | refused unavailable routing", 1.0),
    make_row("access lives shorter", r"(?:access|refresh|id|session|token)\w*_?(?:ttl|life\w*|expir\w*|max_?age|timeout)", "d", "auth time ratelimit load | unavailable retry", 1.0),
    make_row("it stores less before it is full", r"(?:max_?)?allocated\w*|storage_?(?:size|gb|limit)|disk_?(?:size|gb)|volume_?size|quota_?gb", "d", "disk | refused unavailable", 1.2),
    make_row("the house is kept at a busy hour", r"(?:backup|maintenance|snapshot)_?window|(?:backup|snapshot)\w*_?(?:time|hour|schedule)", "s", "slow disk cpu lock placement | timeout query backlog unavailable restart", 1.1),
    make_row("messages may come twice, or in another order", r"fifo\w*|dedup\w*|message_?group\w*|order(?:ing|ed)\w*|enable_?idempotence|transactional_?id", "-sg", "duplicate concurrency | data stale", 1.2),
    make_row("another one is trusted", r"values?$|condition\w*|trust\w*|sub(?:ject)?$|thumbprint\w*|auth_?source|auth_?database|principal\w*|operations?$", "sg", "auth tls | refused unavailable", 1.0),
)  # fmt: skip
"""What a cloud gives."""
