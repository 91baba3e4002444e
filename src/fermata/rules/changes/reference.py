"""What kinds of failure incidents show: what any fit of a change with an incident is held against.

Each is what `read_symptoms` saw of an incident whose logs, metrics and alert an engineer wrote down, by two of the four
hands in `bench/cases/mechanisms.jsonl.xz`: `bench/mechanisms.py --write` makes the table. A number is hundredths.
"""

from __future__ import annotations

from collections.abc import Mapping

_TEXT = """
auth; auth; auth backlog memory placement ratelimit refused:50 slow:75 timeout:50; auth backlog:75 restart slow:50;
auth backlog:75 retry slow:50; auth cache null:75 refused:50 stale:75;
auth cache:50 data import load:50 unavailable:50; auth cache:75 data:50 parse:50; auth config data; auth config:50;
auth constraint; auth constraint null:75 placement refused:50 routing; auth data refused size time; auth data retry;
auth empty:75 null:75; auth null; auth null refused restart:50; auth null restart:50 routing:50;
auth null unavailable:75; auth parse tls; auth parse unavailable:50; auth pool; auth refused unavailable;
auth routing; auth routing:75 timeout unavailable:50; auth:50 cache data:50; auth:50 cache:75 data dns:50 foreign;
auth:50 config dns hardware; auth:75 backlog:75 dns slow:50; auth:75 time; backlog cpu:75 ratelimit slow:75 timeout;
backlog data pool slow:75 starvation; backlog load:75 ratelimit slow:75 time:75; backlog parse slow:75;
backlog refused routing slow:75 starvation:75 unavailable; backlog slow:75 tls;
backlog:50 cpu:75 dns:50 ratelimit:75 size:75 skew:75 slow:50 timeout:50;
backlog:75 cache:75 null retry slow:50 stale:75; backlog:75 cache:75 parse retry slow:50 stale:75;
backlog:75 cache:75 parse slow:50 stale:75; backlog:75 data foreign restart:75 slow:50;
backlog:75 data memory placement restart slow:50; backlog:75 data restart:50 slow:50;
backlog:75 data:50 duplicate:75 size:50 slow:50 time:50 timeout:50; backlog:75 data:75 empty:75 slow:50;
backlog:75 data:75 parse slow:50; backlog:75 dns:50 notfound:75 replication:75 retry:50 slow:50 stale:75;
backlog:75 load:75 ratelimit slow:50; backlog:75 memory query slow timeout; backlog:75 query slow:50;
backlog:75 refused retry routing:50 slow:50 unavailable; backlog:75 refused retry slow:50 tls; backlog:75 slow:50;
backlog:75 slow:50 stale:50 timeout:50; backlog:75 slow:50 stale:75; cache config disk restart:75 retry;
cache cpu:75 query slow timeout; cache data:75 load:75; cache dns unavailable:75;
cache encoding:50 parse unavailable:75; cache import parse unavailable:75;
cache load:50 pool refused retry slow:75 timeout unreached; cache memory time:50; cache memory unavailable:75;
cache placement; cache placement pool:75 ratelimit:50 retry timeout; cache placement pool:75 restart:75;
cache placement refused restart:50; cache placement:75 retry:50 size; cache refused;
cache:50 data parse restart:75 retry:75; cache:50 ratelimit; cache:50 stale:50; cache:75 stale;
cache:75 stale:75 tls; concurrency config data:50 null:75 unavailable:50;
concurrency constraint data:75 duplicate:75;
concurrency cpu:75 memory pool:50 ratelimit:75 slow:75 starvation:50 time:50 timeout:50; concurrency fd:75;
concurrency fd:75 load memory restart; concurrency restart; concurrency:50 data;
concurrency:50 empty:75 ports refused retry slow:75 timeout unavailable; concurrency:50 pool:75 slow;
concurrency:75 lock retry:50 unavailable:50; config data null parse restart retry; config data restart:50;
config data:50 notfound:50; config notfound null replication:50 restart:50;
connections memory:75 pool refused unavailable; connections pool refused; constraint; constraint duplicate;
constraint duplicate retry:75 routing:75; constraint:50 data; cpu; cpu data null placement starvation:50;
cpu data:75 placement; cpu parse placement ratelimit retry; cpu slow:50 timeout; cpu slow:75; cpu slow:75 timeout:50;
cpu:50 load:75 ratelimit slow unavailable; cpu:50 pool:50 query refused slow:75 timeout:50;
cpu:50 refused routing unavailable; cpu:50 slow:75; cpu:75 fd:75 ratelimit:50 retry:50;
cpu:75 memory pool:50 ratelimit:75 slow starvation:50 time:50; cpu:75 query slow;
cpu:75 ratelimit:75 refused routing timeout unreached; cpu:75 ratelimit:75 slow:75;
cpu:75 routing starvation:75 timeout unavailable unreached; data; data duplicate parse;
data duplicate:75 hardware:50 retry:50 timeout:50; data fd memory; data null:50 parse:50; data parse routing;
data parse:50; data placement replication; data query timeout; data refused; data routing:75; data:50 dns:50 parse;
data:50 duplicate:75; data:50 empty:75; data:50 import:75 parse:50 unavailable; data:50 parse; data:50 parse:50;
data:50 placement refused:50 routing timeout; data:50 refused:50 routing:50 unavailable; data:50 retry:50 routing;
data:75 lock; data:75 size; data:75 size; disk; disk memory; disk null replication; disk:75 stale:75; dns;
dns notfound restart; dns null:75 refused; dns ports; dns:50 notfound; dns:50 parse:50 unavailable:75;
dns:50 unavailable:75; dns:75 refused slow:50 timeout; duplicate pool unavailable:75; duplicate:75 slow:50 time;
empty notfound; empty:75 notfound:50 stale:50; empty:75 time tls; encoding refused routing:75 timeout;
fd ports refused retry; fd refused; fd retry routing; hardware pool:75 slow:75 timeout; hardware tls;
import restart retry slow:50; import unavailable:75; lock; lock slow:75; lock:50 pool slow:75 timeout unavailable:75;
memory; memory pool timeout; memory pool:50 ratelimit:50 slow; memory restart; memory restart retry;
memory restart retry; memory restart retry slow:50; memory slow; notfound; notfound; notfound; notfound;
notfound null:75; notfound parse; notfound pool routing; notfound restart timeout; notfound routing; notfound tls;
notfound unavailable:75; null parse refused routing slow unavailable; null ratelimit refused restart:50;
null refused replication:50 tls; null restart retry time; null schema; null unavailable; null unavailable:75;
null:50 refused routing unavailable; null:75; null:75; null:75 placement refused; null:75 ratelimit unavailable:75;
null:75 refused:50 tls:50; parse; parse; parse restart:50 tls:75; parse unavailable; parse:50 ratelimit:75 retry:50;
parse:50 refused:50 tls:75; parse:50 size; parse:75 retry skew:50 time:50; placement pool restart;
placement ratelimit; placement replication retry:75; placement slow:50 timeout;
pool refused:50 routing:75 unavailable; pool restart routing:50 unavailable; pool retry timeout;
pool slow timeout unavailable; pool slow:75 timeout; pool:50 replication unavailable:50;
pool:50 restart routing:50 unavailable; pool:50 restart:75 timeout; ports routing slow:50 unavailable:75;
ratelimit size; ratelimit slow:50; ratelimit slow:50 unavailable; ratelimit unavailable; ratelimit unavailable:50;
ratelimit:50; refused restart; refused restart; refused restart:50 routing; refused restart:75; refused retry;
refused retry:75 routing unavailable:50; refused routing slow:50 timeout unreached;
refused routing timeout unavailable:50 unreached; refused routing:50 unavailable:75;
refused starvation timeout unreached; refused tls; refused:50 retry:50; refused:50 tls;
refused:75 routing slow:50 unavailable:75; restart retry:75; restart routing stale:50;
restart routing:75 unavailable; restart:75; restart:75; retry unavailable:75; retry:50 size;
retry:50 timeout unreached; retry:75 slow:50; routing size; routing starvation; routing timeout unavailable:75;
routing timeout:75; routing:75; routing:75 timeout; schema unavailable:75; size; slow:50 timeout; slow:50 timeout;
slow:75 tls; timeout; tls; tls; tls; tls unavailable:50; unavailable; unavailable; unavailable:50
"""


def _read(text: str) -> Mapping[str, float]:
    parts = (word.partition(":") for word in text.split())
    return {kind: int(share) / 100 if share else 1.0 for kind, _, share in parts}


INCIDENTS: tuple[Mapping[str, float], ...] = tuple(map(_read, _TEXT.split(";")))
"""Of each incident kind -> how far it is seen, 0..1."""
