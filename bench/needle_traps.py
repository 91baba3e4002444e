"""Further traps for `needle_cases`: the ones that were written after the rules, to see what those miss."""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

from needle_cases import Log, family, hint_of

_NOUN_WORDS = "arbor basin cedar delta ember fjord grove haven islet jetty knoll ledge marsh north oasis prism quarry ridge slate thorn umbra vault wharf yonder zephyr"
_NOUNS = _NOUN_WORDS.split()
_VERB_WORDS = "adopts binds carries drafts enters folds gathers heeds inlays joins keeps lends mends notes opens pairs quits reads seals tends"
_VERBS = _VERB_WORDS.split()


def _oddity(log: Log) -> str:
    """A harmless sentence that was never said before."""
    rnd = log.rnd
    return f"{rnd.choice(_NOUNS)} {rnd.choice(_VERBS)} {rnd.choice(_NOUNS)} {rnd.choice(('for', 'with', 'under', 'after'))} {rnd.choice(_NOUNS)}"


@family
def needle_among_oddities(log: Log, size: int) -> dict[str, str]:
    """One-offs of INFO all through the log; the telling one has words of a change."""
    at = int(size * log.rnd.uniform(0.3, 0.9))
    for index in range(size):
        if index == at:
            log.write(
                "INFO",
                log.rnd.choice(
                    (
                        "Failover completed, new primary is db-2",
                        "Dropped privileges to uid 0",
                        "Read replica removed from rotation",
                        "Quota of tenant blue lowered to 0",
                    )
                ),
                telling=True,
            )
        elif index % 12 == 0:
            log.write("INFO", _oddity(log))
        else:
            log.noise(1)
    return hint_of("WritesFailing", log.style.service)


@family
def exit_code_changes(log: Log, size: int) -> dict[str, str]:
    """A routine line whose 0 is a 1 once."""
    at = int(size * log.rnd.uniform(0.4, 0.9)) // 5 * 5
    for index in range(size):
        if index % 5 == 0:
            log.write("INFO", f"job nightly-sync finished with status {1 if index == at else 0}", telling=index == at)
        else:
            log.noise(1)
    return hint_of("SyncStale", log.style.service)


@family
def one_name_of_many(log: Log, size: int) -> dict[str, str]:
    """Every peer connects and disconnects all day; one is refused."""
    at = int(size * log.rnd.uniform(0.3, 0.9))
    for index in range(size):
        peer = log.rnd.choice(_NOUNS)
        if index == at:
            log.write("INFO", f"peer {peer} refused: protocol version 3 is not supported any more", telling=True)
        elif index % 3 == 0:
            log.write("INFO", f"peer {peer} {log.rnd.choice(('connected', 'disconnected'))}")
        else:
            log.noise(1)
    return hint_of("PeersMissing", log.style.service)


@family
def failed_requests_in_access_log(log: Log, size: int) -> dict[str, str]:
    """An access log where the status changes for one path."""
    at = int(size * log.rnd.uniform(0.5, 0.9))
    for index in range(size):
        log.now = log.now.replace(second=index % 60)
        path = log.rnd.choice(("/", "/cart", "/search?q=tea", "/api/v1/items", "/static/app.js"))
        bad = at <= index < at + 6
        log.put(
            f'10.1.2.{log.rnd.randint(1, 250)} - - [{log.now:%d/%b/%Y:%H:%M:%S +0000}] "GET {"/api/v1/checkout" if bad else path} HTTP/1.1" {503 if bad else log.rnd.choice((200, 200, 200, 304, 404))} {log.rnd.randint(100, 90000)} "-" "curl/8.5"',
            telling=index == at,
        )
    return hint_of("CheckoutErrors", "checkout")


@family
def many_kinds_of_errors(log: Log, size: int) -> dict[str, str]:
    """A cascade in which every component complains in its own words; the first complaint is the origin."""
    log.noise(size // 2)
    log.write(
        "ERROR",
        log.rnd.choice(
            (
                "vault sealed: unseal threshold lost",
                "ntp offset 612.4 s exceeds limit, clock not trusted",
                "inode table of /data is full",
            )
        ),
        telling=True,
    )
    for _ in range(60):
        log.write(
            log.rnd.choice(("ERROR", "WARN")),
            f"{log.rnd.choice(_NOUNS)}-{log.rnd.choice(_NOUNS)}: cannot {log.rnd.choice(_VERBS)} {log.rnd.choice(_NOUNS)}, will try again in {log.rnd.randint(1, 60)} s",
        )
        log.noise(log.rnd.randint(0, 3))
    log.noise(size // 4)
    return hint_of("ManyErrors", log.style.service)


@family
def capacity_shrinks(log: Log, size: int) -> dict[str, str]:
    """Three numbers in each line; one of them goes to zero in the middle of the log and comes back."""
    steps = max(15, size // 20)
    low = steps // 2
    for index in range(steps):
        free = abs(index - low) * 40
        log.write(
            "INFO",
            f"cache: hits={log.rnd.randint(1000, 9000)} evictions={log.rnd.randint(0, 40)} free={free}MB",
            telling=index in (0, low),
        )
        log.noise(size // steps - 1)
    return hint_of("CacheEvictions", log.style.service)


@family
def debug_tells(log: Log, size: int) -> dict[str, str]:
    """The one telling line has the lowest level."""
    at = int(size * log.rnd.uniform(0.4, 0.9))
    for index in range(size):
        if index == at:
            log.write(
                "DEBUG",
                log.rnd.choice(
                    (
                        "resolver returned 0 addresses for payments.internal",
                        "feature gate strict-auth evaluated to true for all tenants",
                        "lock table holder pid 4242 has exited without release",
                    )
                ),
                telling=True,
            )
        else:
            log.noise(1)
    return hint_of("PaymentsFailing", log.style.service)


@family
def two_like_faults(log: Log, size: int) -> dict[str, str]:
    """Two services lose two backends; both must be seen."""
    log.noise(size // 2)
    log.write("ERROR", "pool reader: backend 10.0.0.5 removed, 0 left", service="cart", telling=True)
    log.noise(20)
    log.write("ERROR", "pool writer: backend 10.0.0.9 removed, 0 left", service="ledger", telling=True)
    log.noise(size // 3)
    return hint_of("BackendsGone", "ledger")


@family
def huge_log(log: Log, size: int) -> dict[str, str]:
    """A hundred and fifty thousand lines, one of them."""
    del size
    log.noise(90_000)
    log.write("WARN", "write stall: 14 immutable memtables waiting for flush", telling=True)
    log.noise(60_000)
    return hint_of("WriteLatency", log.style.service)


@family
def state_by_words(log: Log, size: int) -> dict[str, str]:
    """A resource goes through states; the last one it never leaves."""
    stop = int(size * 0.6)
    for index in range(size):
        if index % 10 == 0 and index < stop:
            for state in ("QUEUED", "RUNNING", "DONE"):
                log.write("INFO", f"export {index} is {state}")
        elif index == stop:
            log.write("INFO", f"export {index} is SUSPENDED by operator", telling=True)
        else:
            log.noise(1)
    return hint_of("ExportsMissing", log.style.service)
