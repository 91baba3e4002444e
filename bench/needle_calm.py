"""Calm traps for `needle_quiet`: nothing in the telling line alarms, or a hundred harmless lines are as rare as it.

The noise is what real systems print, and among it one-off lines of made-up programs.
"""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

from needle_cases import Log, hint_of
from needle_quiet import RealLog, quiet

_PART_WORDS = "spooler matcher notifier vaultd balancer pricing exporter transcoder quotas ingest scorer lookup"
_PARTS = _PART_WORDS.split()
_NAME_WORDS = (
    "amber birch coral dune elm fern gale heron iris juniper kelp linden moss nettle opal pine quartz reed sage teal"
)
_NAMES = _NAME_WORDS.split()

_ONE_OFFS = (
    ("INFO", "loaded extension {a}-{b} ({n} hooks)"),
    ("INFO", "{a} theme compiled in {n} ms"),
    ("INFO", "first request from client {a}/{n}.{m}"),
    ("INFO", "registered handler {a}.{b}"),
    ("INFO", "cron entry {a}-{b} parsed"),
    ("INFO", "locale {a} uses {b} as its parent"),
    ("WARN", "header x-{a} sent twice by client {b}"),
    ("WARN", "{a}: option {b} is set but not used"),
    ("WARN", "no translation for {a}.{b}"),
    ("WARN", "thumbnail {a}-{n} has no alpha channel"),
    ("WARN", "slow template {a} took {n} ms"),
    ("WARN", "client {a} sent an unknown field {b}"),
    ("ERROR", "client {a} closed the connection while reading {b}"),
    ("ERROR", "could not parse user agent {a}/{b}"),
    ("ERROR", "address {a}@{b} of a form is not valid"),
)


def _say(log: Log, level: str, message: str, *, telling: bool = False) -> None:
    """Write a line that says its level also where the program's lines have none."""
    said = f"{level.lower()}: " if isinstance(log, RealLog) and level != "INFO" else ""
    log.write(level, said + message, telling=telling)


def _one_off(log: Log) -> None:
    level, form = log.rnd.choice(_ONE_OFFS)
    rnd = log.rnd
    _say(
        log,
        level,
        form.format(a=rnd.choice(_NAMES), b=rnd.choice(_NAMES), n=rnd.randint(2, 900), m=rnd.randint(0, 40)),
    )


def _strew(log: Log, size: int, one_offs: int) -> None:
    """Noise with one-off lines strewn evenly."""
    share = one_offs / max(1, size)
    for _ in range(size):
        if log.rnd.random() < share:
            _one_off(log)
        log.noise(1)


def _part(log: Log) -> str:
    return log.rnd.choice(_PARTS)


@quiet
def setting_of_a_number(log: Log, size: int) -> dict[str, str]:
    """One calm line says what is set from now on; nothing in the log follows from it."""
    part = _part(log)
    log.noise(int(size * log.rnd.uniform(0.3, 0.9)))
    log.write(
        "INFO",
        log.rnd.choice(
            (
                "{p} pool: maxActive=4 (was 64)",
                "{p} timeout 30000 -> 300 ms",
                "{p} batch window now 1",
                "using endpoint list of 1 for {p}",
                "{p} concurrency 1",
            )
        ).format(p=part),
        telling=True,
    )
    log.noise(size // 4)
    return hint_of("ThroughputLow", log.style.service)


@quiet
def work_is_skipped(log: Log, size: int) -> dict[str, str]:
    """A job that was done each time says from some time on that it was passed over."""
    part, at = _part(log), log.rnd.uniform(0.5, 0.9)
    done, skipped = log.rnd.choice(
        (
            ("{p} round {n}: wrote {m} entries", "{p} round {n}: nothing to do"),
            ("{p} job {n} done", "{p} job {n} skipped, holder is elsewhere"),
            ("{p} poll {n} returned {m}", "{p} poll {n} returned none"),
        )
    )
    every = max(6, size // log.rnd.choice((20, 70)))
    for index in range(0, size, every):
        late = index >= at * size
        form = skipped if late else done
        log.write("INFO", form.format(p=part, n=index, m=log.rnd.randint(2, 800)), telling=late and not log.needles)
        log.noise(every - 1)
    return hint_of("DataStale", log.style.service)


@quiet
def two_numbers_part(log: Log, size: int) -> dict[str, str]:
    """What comes in goes on, what goes out falls: the first low line tells."""
    part, at = _part(log), log.rnd.uniform(0.55, 0.9)
    form = log.rnd.choice(
        ("{p} in={i} out={o} in 10s", "{p}: received {i}, delivered {o}", "{p} stats read {i} sent {o}")
    )
    every = max(5, size // log.rnd.choice((40, 110)))
    for index in range(0, size, every):
        late = index >= at * size
        coming = log.rnd.randint(700, 900)
        gone = log.rnd.randint(20, 60) if late else coming - log.rnd.randint(0, 9)
        log.write("INFO", form.format(p=part, i=coming, o=gone), telling=late and not log.needles)
        log.noise(every - 1)
    return hint_of("DeliveryLag", log.style.service)


@quiet
def steady_kind_thins_out(log: Log, size: int) -> dict[str, str]:
    """Of several periodic kinds one comes less and less, and last long before the end."""
    parts = log.rnd.sample(_PARTS, 5)
    forms = ("{p} acked {n}", "{p} keepalive {n} ok", "{p} pushed {n} points", "{p} saw {n} peers", "{p} committed {n}")
    every, last, stop = max(9, size // log.rnd.choice((30, 90))), "", log.rnd.uniform(0.45, 0.75)
    for index in range(0, size, every):
        for number, form in enumerate(forms):
            if number or index < stop * size:
                line = log.write("INFO", form.format(p=parts[number], n=log.rnd.randint(1, 99)))
                last = last if number else line
        log.noise(every - 5)
    log.needles.append(last)
    return hint_of("AcksMissing", log.style.service)


@quiet
def assigned_nothing(log: Log, size: int) -> dict[str, str]:
    """Members come and go all day; one assignment is empty."""
    part, at = _part(log), log.rnd.uniform(0.4, 0.9)
    every = max(6, size // 40)
    for index in range(0, size, every):
        if index >= at * size and not log.needles:
            log.write("INFO", f"{part} generation {index}: assignment []", telling=True)
        else:
            shards = ", ".join(str(log.rnd.randint(0, 30)) for _ in range(log.rnd.randint(1, 4)))
            log.write("INFO", f"{part} generation {index}: assignment [{shards}]")
        log.noise(every - 1)
    return hint_of("ConsumerLag", log.style.service)


@quiet
def one_offs_and_a_fault(log: Log, size: int) -> dict[str, str]:
    """Many one-offs, errors among them; one names what broke, and nothing follows."""
    _strew(log, int(size * log.rnd.uniform(0.3, 0.8)), 30)
    _say(
        log,
        log.rnd.choice(("ERROR", "WARN")),
        log.rnd.choice(
            (
                "journal of {p} cannot be replayed past 8812",
                "{p} keyfile unreadable, starting without keys",
                "{p} lost its lock on segment 12",
                "disk of {p} is 100% full",
                "{p}: no reply from 10.9.0.4:5432 in 30 s",
            )
        ).format(p=_part(log)),
        telling=True,
    )
    _strew(log, size // 3, 30)
    return hint_of("WritesFailing", log.style.service)


@quiet
def one_offs_and_a_cascade(log: Log, size: int) -> dict[str, str]:
    """Many one-offs; one of them is what a cascade of errors begins with."""
    _strew(log, int(size * log.rnd.uniform(0.4, 0.7)), 45)
    _say(
        log,
        log.rnd.choice(("INFO", "WARN")),
        log.rnd.choice(
            (
                "{p} certificate reissued for 1 name",
                "{p} reads from replica b",
                "{p} schema is at 41",
                "{p} image tag 2.9.0",
            )
        ).format(p=_part(log)),
        telling=True,
    )
    log.noise(log.rnd.randint(0, 6))
    for index in range(max(12, size // 25)):
        _say(log, "ERROR", f"order {log.rnd.randint(10**4, 10**6)} not accepted by upstream", telling=index == 0)
        log.noise(2)
    _strew(log, size // 8, 8)
    return hint_of("OrdersFailing", log.style.service)


@quiet
def one_offs_and_three_times(log: Log, size: int) -> dict[str, str]:
    """Many one-offs; one warning comes three times, near each other."""
    _strew(log, int(size * log.rnd.uniform(0.4, 0.8)), 45)
    form = log.rnd.choice(
        ("{p} cursor {n} behind head", "{p} could not renew lease {n}", "{p} write {n} not acknowledged by peer")
    )
    part = _part(log)
    for index in range(3):
        _say(log, "WARN", form.format(p=part, n=log.rnd.randint(10, 99)), telling=index == 0)
        log.noise(log.rnd.randint(1, 9))
    _strew(log, size // 4, 15)
    return hint_of("Inconsistent", log.style.service)


def _stack(log: Log, names: list[str], *, deep: int, telling: bool) -> None:
    for number, name in enumerate(names):
        log.put(f"{'Caused by: ' if number else ''}{name}", telling=telling and number == len(names) - 1)
        for _ in range(deep):
            a, b = log.rnd.choice(_NAMES), log.rnd.choice(_NAMES)
            log.put(
                f"\tat com.{a}.{b}.{a.title()}{b.title()}.run({a.title()}{b.title()}.java:{log.rnd.randint(10, 900)})"
            )
    log.put(f"\t... {log.rnd.randint(9, 80)} more")


@quiet
def routine_stacks_and_one_cause(log: Log, size: int) -> dict[str, str]:
    """Stacks of clients that went away come all day; one stack has another cause, three levels down."""
    at = log.rnd.uniform(0.4, 0.9)
    every = max(20, size // 12)
    for index in range(0, size, every):
        late = index >= at * size and not log.needles
        _say(log, "ERROR", f"request {log.rnd.randint(1, 10**6)} failed")
        names = [
            "shop.web.RequestFailed: /cart/items",
            "java.io.IOException: stream closed",
            "java.net.SocketException: socket closed by client",
        ]
        if late:
            names = [
                "shop.web.RequestFailed: /cart/items",
                "shop.store.StoreException: load",
                log.rnd.choice(
                    (
                        "java.lang.IllegalStateException: key epoch 4 is older than 5",
                        "java.net.NoRouteToHostException: 10.2.0.14:6380",
                        "java.sql.SQLException: relation carts_v2 is absent",
                    )
                ),
            ]
        _stack(log, names, deep=log.rnd.randint(4, 14), telling=late)
        log.noise(every // 2)
    return hint_of("CartErrors", log.style.service)


@quiet
def many_stacks_of_one_fault(log: Log, size: int) -> dict[str, str]:
    """Three kinds of stacks go on from some line on, of long messages; they share a cause."""
    log.noise(size // 2)
    cause = log.rnd.choice(
        (
            "Caused by: java.net.ConnectException: connect to 10.0.4.7:9092 timed out",
            "Caused by: javax.net.ssl.SSLHandshakeException: PKIX path building failed",
            "Caused by: java.nio.file.FileSystemException: /var/data/idx: Too many open files",
        )
    )
    for index in range(max(6, size // 150)):
        kind = log.rnd.choice(("Checkout", "Refund", "Basket"))
        _say(
            log,
            "ERROR",
            f"{kind} handler gave up on message {log.rnd.getrandbits(64):016x} of tenant {log.rnd.choice(_NAMES)} after {log.rnd.randint(1, 9)} tries",
        )
        _stack(
            log,
            [
                f"com.shop.{kind}Exception: message {log.rnd.getrandbits(64):016x} could not be handled",
                f"com.shop.io.TransportException: {kind} channel",
            ],
            deep=9,
            telling=False,
        )
        log.put(cause, telling=index == 0)
        _stack(log, ["\tat com.shop.io.Channel.open(Channel.java:88)"], deep=7, telling=False)
        log.noise(4)
    return hint_of("HandlersFailing", log.style.service)


@quiet
def notice_among_errors(log: Log, size: int) -> dict[str, str]:
    """Errors and warnings of five kinds are everyday; one calm line says who did what."""
    part, at = _part(log), int(size * log.rnd.uniform(0.4, 0.9))
    routine = log.rnd.sample(
        [
            "peer {n} sent a frame of wrong size",
            "decoder: {n} packets lost",
            "token of client {n} expired",
            "failed to fetch avatar {n}",
            "upstream took {n} ms, limit is 800",
            "invalid checksum in upload {n}",
        ],
        5,
    )
    for index in range(size):
        if index == at:
            log.write(
                "INFO",
                log.rnd.choice(
                    ("{p} released by jdoe", "{p} put on hold", "{p} listens on loopback only", "{p} map emptied")
                ).format(p=part),
                telling=True,
            )
        elif log.rnd.random() < 0.2:
            _say(log, log.rnd.choice(("ERROR", "WARN")), log.rnd.choice(routine).format(n=log.rnd.randint(1, 9999)))
        else:
            log.noise(1)
    return hint_of("Unavailable", log.style.service)


@quiet
def long_lines_hide_a_short_one(log: Log, size: int) -> dict[str, str]:
    """Errors of a thousand characters come by the dozen, each of another kind; a short one is the first of them."""
    log.noise(size // 2)
    _say(
        log, "ERROR", log.rnd.choice(("vault is sealed", "no leader for shard 4", "clock went back 91 s")), telling=True
    )
    for _ in range(14):
        body = " ".join(
            f"{log.rnd.choice(_NAMES)}={log.rnd.choice(_NAMES)}-{log.rnd.randint(1, 99)}" for _ in range(60)
        )
        _say(log, "ERROR", f"{log.rnd.choice(_NAMES)} {log.rnd.choice(_NAMES)} could not finish, state: {body}")
        log.noise(log.rnd.randint(0, 8))
    log.noise(size // 4)
    return hint_of("ManyErrors", log.style.service)
