"""How kernels, libraries and providers word what ended, failed or refused outside of any change.

A word alone is not enough where businesses use it, too: certificates of attendance expire, parcels have a last mile.
"""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re

from fermata.rules.changes.statuses import status

_HOSTLIKE = r"[\w*-]{1,63}\."
_PAPER = r"(?<!gift )(?<!birth )(?<!share )(?<!stock )(?<!medical )(?<!training )(?<!savings )(?<!organic )(?<!tax )"
"""Certificates that no machine shows to another."""
CERTIFICATE = re.compile(
    rf"{_PAPER}certificate (?:has |is )?expired(?! or is not yet valid:.{{0,80}}\bis before\b)|certificateexpired|notafter|\bnot after\b|{_PAPER}\bcert(?:ificate)?s?(?! of (?!trust|the|{_HOSTLIKE}))(?! (?:no\.? ?|number |id )?#?\d) .{{0,40}}expired(?! or is not yet valid)|expired cert(?!ificates? of\b)|cert_has_expired|certificate_expired|{_PAPER}certificate (?!of (?!the)).{{0,60}}expires? (?:in 0|today)",
    re.IGNORECASE,
)
LICENCE = re.compile(
    r"(?:(?<!driver's )(?<!driving )(?<!hunting )(?<!fishing )licen[cs]e(?! (?:plates?|holder|fee|number plate))|subscription|trial|domain|contract)\b"
    r"(?! (?:of |for )?(?:customer|user|tenant|member|account|client|subscriber)\b).{0,40}\b(?:expired|(?:has )?ended|lapsed)"
    r"|expired (?:licen[cs]e(?! plate)|subscription)",
    re.IGNORECASE,
)
DNS = re.compile(
    r"no such host|nxdomain|servfail|getaddrinfo|name resolution|name or service not known|\benotfound|eai_again|could not resolve|unknownhost|server misbehaving|(?:name|host|dns|address|domain) resolution fail|lookup \S{1,120} on \S{1,60}:53|no address associated with|could not translate host ?name|(?<!promise )(?<!link )(?<!path )(?<!conflict )does not resolve",
    re.IGNORECASE,
)
HARDWARE = re.compile(
    r"i/o error(?! on \w+ request| while reading input)|input/output error|medium error|uncorrectable|\becc\b(?! (?:key|curve|cert|cipher|public|private|signature))|\bmce\b|machine check|hardware error|bad sector|\b(?-i:SMART|smartd).{0,20}(?:fail|error)|(?<!payment )(?<!magic )(?<!reset )link is down|\bnic\b .{0,20}(?:down|reset)|\bpsu\b|fan fail|thermal throttl|nvrm: xid|remounting filesystem read-only|aborting journal on device|\bnvme\d+: i/o \d+ .{0,20}timeout|\bxid \(|\bdimm(?![ei])",
    re.IGNORECASE,
)
DISK = re.compile(
    # Linux answers ENOSPC, too, to who watches more files than he may (inotify_add_watch(2)).
    r"(?:no space left|enospc|disk (?:is |got )?full|filesystem .{0,20}full|disk quota exceeded"
    r"|(?:out of|insufficient|not enough|\bno) (?:free )?disk space|not enough space on the disk"
    r"|operating system error number 28\b|flood[- ]stage (?:disk )?watermark|minimum free (?:drive|disk) threshold|storage ?full\b)"
    r"(?<!\bwatcher: no space left)(?!.{0,80}\bwatch(?!dog))",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"clock (?:was |has )?(?:skew|drift|is ahead|is behind|jump|stepp)|time (?:drift|jump)|(?<!expired or is )(?<!coupon )(?<!voucher )(?<!ticket )(?<!code )(?<!offer )(?<!pass )not yet valid|request ?time ?too ?skewed|request time and the (?:current|server) time|system clock wrong by|signature not yet current|not yet valid: current time \S{1,40} is before|used before (?:issued|valid)\b|\bjwt (?:not active|before use time|must not be accepted before)|token (?:is not valid yet|can't be used before)|\bnbf\b.{0,20}(?:timestamp check failed|has not been reached)|handle token (?:with nbf )?prior to|ntp .{0,30}(?:lost|unsync|fail|step)|issued in the future",
    re.IGNORECASE,
)
UNSYNCED = re.compile(r"\bntpd?\b|chronyd?|timesync|(?:system|local) clock|clock ?source", re.IGNORECASE)
_SPACE = r"(?:disk|storage|space|memory|mailbox|volume)"
_OWN_CLIENT = (
    r".*(?:^|\s)(?:\d{1,3}\.){3}\d{1,3} - \S"
    r"|(?!.*://)(?=.*(?:^|[\s\"'(])/[a-z_])"
    r".*\b(?:for|from|by|client|remote|ip|addr(?:ess)?)\b[\s:=\"']{1,4}(?:ip )?(?:\d{1,3}\.){3}\d{1,3}"
)
"""A line of an access log, or a client's address beside a path and no host: a request that was made here, and refused
by us."""
LIMITED = re.compile(
    rf"^(?!{_OWN_CLIENT})(?=.*?(?:{status('429')}|too many requests|rate ?limit(?:ed)? .{{0,40}}(?:by|from)"
    # What is full is no matter of how often one asks.
    rf"|(?<!disk )(?<!storage )(?<!space )(?<!memory )(?<!mailbox )(?<!volume )quota (?:exceeded|exhausted)"
    rf"|exceeded (?!.{{0,25}}{_SPACE} quota).{{0,30}}quota|over_(?:daily|query)_limit"
    r"|daily (?!withdraw|transfer|spend|card|cash|pay|purchase|transaction|deposit)(?:\w+ )?limit"
    r"|throttlingexception|provisionedthroughputexceeded|max requests limit exceeded|api rate limit exceeded for"
    r"|maximum credits exceeded"
    # The gateway says so of a function of ours, which runs as often at a time as it may.
    r"|(?<!the lambda function was throttled: )rate exceeded(?!.{0,60}lambda)))",
    re.IGNORECASE | re.DOTALL,
)
OWN_STORE = re.compile(
    r"circuit_?breaking_?exception|es_?rejected_?execution|data too large, data for|too_many_requests/\d+",
    re.IGNORECASE,
)
"""Elasticsearch and OpenSearch answer 429 for want of heap, of room in a queue or on a disk: no quota of another party."""
OUR_SITE = re.compile(
    r"\b(?:server|host): \"?[\w.:-]{1,253}"
    r"|[\"']?\b(?:requestUrl|ClientRequestHost|domainName|RequestHost|RequestAddr|http_host|server_name)[\"']?\s?[=:]\s?[\"']?(?:https?://)?[\w.:-]{1,253}"
    r"|\bhost=[\w.:-]{1,253}(?= (?:request_id|fwd|dyno)=)"
    r"|[\"']host[\"']\s?:\s?[\"'][\w.:-]{1,253}[\"'](?=[^{}]{0,300}[\"'](?:uri|projectId)[\"'])"
    r"|\"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) https?://[\w.:-]{1,253}(?=\S{0,2000} HTTP/\d)"
)
"""The site that was asked for, in requests that came in, as they write it: nginx, Google, Cloudflare and API Gateway;
Traefik; Heroku's router; Caddy and Vercel's drains; balancers and proxies with the whole URL in the request line."""
PATH = re.compile(
    r"packet loss|\bbgp\b|peering|no.carrier|carrier (?:network|link|circuit|outage|maintenance|reports)|(?:network|telecom|mobile|fib(?:er|re)|line) carrier|transit (?:provider|link|peer|network)|\bisp\b|link flap|submarine (?:cable|link|line)|fib(?:er|re) cut|route withdrawn|(?-i:\bAS[-_ ]?PATH\b)|\bas[-_]path\b|last[- ]mile (?:network|link|circuit|access|provider|loss|outage|carrier)|\basn[ =]?\d{3,}",
    re.IGNORECASE,
)
