"""Development logs with known telling lines, made from a seed: what `bench/logs.py` measures needle recall on.

Each family is one trap of real incidents, written in the style of one kind of program. The kept cases that judge the
result are other people's; these only keep us honest on the way there: half of the seeds were looked at while the rules
were written (`dev`), the other half only to be measured (`held`).
"""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from needle_styles import Style, make_style


@dataclass
class Case:
    """One log, the lines that tell, and what an alert would have said."""

    name: str
    family: str
    lines: list[str]
    needles: list[str]
    """Verbatim lines (or parts of very long ones) that a reader needs."""
    hint: dict[str, str]


@dataclass
class Log:
    """A log in the making: a clock, a style, and the lines with their instants."""

    rnd: random.Random
    style: Style
    now: datetime
    lines: list[str] = field(default_factory=list)
    needles: list[str] = field(default_factory=list)

    def write(self, level: str, message: str, *, service: str = "", telling: bool = False, after_s: float = 0.4) -> str:
        """Append one line in the log's style."""
        self.now += timedelta(seconds=self.rnd.random() * 2 * after_s)
        line = self.style.render(self.now, level, message, service or self.style.service)
        return self.put(line, telling=telling)

    def put(self, line: str, *, telling: bool = False) -> str:
        """Append one line as it is."""
        self.lines.append(line)
        if telling:
            self.needles.append(line)
        return line

    def noise(self, count: int) -> None:
        """Append ordinary lines of the style's program."""
        for _ in range(count):
            level, message, service = self.style.chatter(self.rnd)
            self.write(level, message, service=service)


Family = Callable[[Log, int], dict[str, str]]
FAMILIES: dict[str, Family] = {}


def family(function: Family) -> Family:
    """Register a trap."""
    FAMILIES[function.__name__] = function
    return function


def make_cases(half: str, loghub: Path | None = None, per_family: int = 2) -> Iterator[Case]:
    """Give the cases of one half: `dev` or `held`; real logs with planted lines are added where loghub lies."""
    for module in ("needle_programs", "needle_traps"):  # They register their families, and need this module first.
        importlib.import_module(module)

    offset = 0 if half == "dev" else 1000
    for name, function in FAMILIES.items():
        for number in range(per_family):
            rnd = random.Random(f"{name}/{offset + number}")
            style = make_style(rnd)
            log = Log(
                rnd, style, datetime(2026, rnd.randint(1, 12), rnd.randint(1, 28), rnd.randint(0, 20), tzinfo=UTC)
            )
            size = rnd.choice((120, 400, 1500, 4000, 12000))
            hint = function(log, size)
            yield Case(f"{name}-{half}-{number}", name, log.lines, log.needles, hint)
    if loghub is not None:
        from needle_planting import plant_cases

        yield from plant_cases(half, loghub)
    from needle_quiet import make_quiet_cases

    importlib.import_module("needle_calm")  # Registers its families there.
    yield from make_quiet_cases(half, loghub)


def hint_of(alert: str, service: str) -> dict[str, str]:
    return {"alert": alert, "service": service}


@family
def fault_repeats_while_noise_is_rare(log: Log, size: int) -> dict[str, str]:
    """The fault floods; rare lines are harmless one-offs."""
    log.noise(size // 2)
    target = log.rnd.choice(("db-primary:5432", "redis-cart:6379", "kafka-2:9092", "payments.internal:8443"))
    verb = log.rnd.choice(("dial tcp {t}: connect: connection refused", "could not obtain connection to {t} within {n} ms",
                           "upstream {t} reset the stream after {n} bytes"))  # fmt: skip
    for index in range(size // 3):
        log.write("ERROR", verb.format(t=target, n=log.rnd.randint(100, 9000)), telling=index == 0)
        log.noise(log.rnd.choice((0, 0, 1)))
        if index % 37 == 0:
            word = "".join(log.rnd.choice("abcdefghijklmnoprstuw") for _ in range(8))
            log.write("INFO", f"Plugin {word} registered {log.rnd.randint(1, 9)} extension points for {word}-handler")
    return hint_of("HighErrorRate", log.style.service)


@family
def severe_is_routine(log: Log, size: int) -> dict[str, str]:
    """FATAL and ERROR lines are everyday; the telling line is an INFO."""
    routine = log.rnd.sample(
        [
            "ciod: failed to read message prefix on control stream",
            "licence server heartbeat failed, using grace period",
            "could not resolve optional sidecar statsd",
            "metric sink rejected batch of {n} points",
            "session cookie of client {n} could not be verified",
            "invalid request body from crawler {n}",
        ],
        3,
    )
    telling = log.rnd.choice(
        [
            "Configuration reloaded successfully",
            "Peer {p} down",
            "Promoted to leader for term {n}",
            "Switched to backup datasource",
            "Maintenance mode is now on",
            "Role changed from replica to primary",
        ]
    ).format(p=f"10.0.{log.rnd.randint(0, 9)}.{log.rnd.randint(2, 250)}", n=log.rnd.randint(3, 40))
    at = int(size * log.rnd.uniform(0.4, 0.9))
    for index in range(size):
        if index == at:
            log.write("INFO", telling, telling=True)
        elif log.rnd.random() < 0.3:
            log.write(log.rnd.choice(("ERROR", "FATAL")), log.rnd.choice(routine).format(n=log.rnd.randint(1, 9999)))
        else:
            log.noise(1)
    return hint_of("ServiceDegraded", log.style.service)


@family
def fault_in_the_middle(log: Log, size: int) -> dict[str, str]:
    """The fault is over long before the log ends; and the service recovered, loudly."""
    log.noise(int(size * 0.35))
    log.write("ERROR", f"replication slot lag {log.rnd.randint(8, 60)} GB, standby detached", telling=True)
    for _ in range(log.rnd.randint(2, 12)):
        log.write("WARN", f"serving reads from stale snapshot age={log.rnd.randint(10, 900)}s")
        log.noise(2)
    log.write("INFO", "replication caught up, standby attached")
    log.noise(int(size * 0.6))
    return hint_of("ReplicationLag", log.style.service)


@family
def drifting_number(log: Log, size: int) -> dict[str, str]:
    """One routine line whose number drifts: the first and the last value tell, no single line does."""
    form, low, high = log.rnd.choice(
        (
            ("queue depth is {n}", 12, 48211),
            ("GC pause young: heap after {n}M of 2048M", 312, 1987),
            ("free memory {n} MB", 3911, 44),
            ("request latency p99={n}ms over 60s", 41, 9120),
            ("consumer lag orders-0: {n}", 3, 91877),
            ("open file descriptors: {n}/65536", 900, 65102),
            ("pool stats active={n} idle=4 waiting=0", 3, 64),
        )
    )
    steps = max(12, size // 25)
    for index in range(steps):
        share = (index / (steps - 1)) ** 2
        value = round(low + (high - low) * share)
        log.write("INFO", form.format(n=value), telling=index in (0, steps - 1))
        log.noise(size // steps - 1)
    return hint_of("SlowResponses", log.style.service)


@family
def one_spike(log: Log, size: int) -> dict[str, str]:
    """A routine measurement with a few extreme values."""
    form = log.rnd.choice(
        ("slow log: statement took {n} ms", "checkpoint complete in {n} ms", "flush of 64 segments took {n} ms")
    )
    spike = log.rnd.randint(30000, 90000)
    at = int(size * log.rnd.uniform(0.3, 0.8))
    for index in range(size):
        if index == at:
            log.write("INFO", form.format(n=spike), telling=True)
        elif index % 9 == 0:
            log.write("INFO", form.format(n=log.rnd.randint(20, 400)))
        else:
            log.noise(1)
    return hint_of("LatencySpike", log.style.service)


@family
def stack_with_cause(log: Log, size: int) -> dict[str, str]:
    """A long stack; what matters is the cause deep inside of it."""
    log.noise(size // 2)
    log.write("ERROR", f"Request {log.rnd.getrandbits(32):08x} failed with an unhandled exception")
    log.put("org.springframework.web.util.NestedServletException: Request processing failed")
    _frames(log, 28)
    log.put("Caused by: org.hibernate.exception.GenericJDBCException: Unable to acquire JDBC Connection")
    _frames(log, 22)
    log.put(
        log.rnd.choice(
            (
                "Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.",
                'Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "orders"',
                "Caused by: java.net.UnknownHostException: orders-db.shop.svc.cluster.local: Temporary failure in name resolution",
            )
        ),
        telling=True,
    )
    _frames(log, 17)
    log.put("\t... 61 more")
    log.noise(size // 2)
    return hint_of("Errors500", log.style.service)


def _frames(log: Log, count: int) -> None:
    for _ in range(count):
        package = log.rnd.choice(
            (
                "org.apache.catalina.core",
                "org.springframework.web.servlet",
                "com.shop.orders.web",
                "jdk.internal.reflect",
            )
        )
        log.put(
            f"\tat {package}.{log.rnd.choice('ABCDEF')}Handler.{log.rnd.choice(('invoke', 'doFilter', 'handle'))}({log.rnd.choice('ABCDEF')}Handler.java:{log.rnd.randint(20, 900)})"
        )


@family
def python_traceback(log: Log, size: int) -> dict[str, str]:
    """A traceback whose last line says it."""
    log.noise(size * 2 // 3)
    last = log.rnd.choice(("KeyError: 'shipping_zone'", "django.db.utils.OperationalError: FATAL: too many clients already",
                           "pydantic.ValidationError: 1 validation error for Settings", "ssl.SSLCertVerificationError: certificate has expired"))  # fmt: skip
    for repeat in range(log.rnd.randint(1, 8)):
        log.write("ERROR", f"task orders.sync[{log.rnd.getrandbits(64):016x}] raised unexpected")
        log.put("Traceback (most recent call last):")
        for depth in range(7):
            log.put(f'  File "/app/shop/layer{depth}.py", line {log.rnd.randint(10, 400)}, in step_{depth}')
            log.put(f"    return self.layer{depth + 1}.run(payload, retries=retries)")
        log.put(last, telling=repeat == 0)
        log.noise(size // 20)
    return hint_of("TasksFailing", log.style.service)


@family
def hinted_service_only(log: Log, size: int) -> dict[str, str]:
    """Many services in one log, each with troubles of its own; the alert is about one."""
    names = ("cart", "checkout", "search", "catalog", "mailer", "ledger", "gateway")
    service = log.rnd.choice(names)
    quirks = {
        name: log.rnd.choice(
            (
                "cache shard {n} warm-up failed",
                "optional feature store unavailable, attempt {n}",
                "thumbnail {n} missing",
                "slow consumer {n} dropped",
            )
        )
        for name in names
    }
    at = int(size * log.rnd.uniform(0.5, 0.9))
    telling = log.rnd.choice(
        (
            "token signing key not found in keyring kid={h}",
            "schema registry returned incompatible schema for id {n}",
            "price feed snapshot is empty, refusing orders",
        )
    )
    for index in range(size):
        name = log.rnd.choice(names)
        if at <= index < at + 5:
            log.write(
                "ERROR",
                telling.format(h=f"{log.rnd.getrandbits(32):08x}", n=log.rnd.randint(1, 900)),
                service=service,
                telling=index == at,
            )
        elif log.rnd.random() < 0.05:
            log.write("ERROR", quirks[name].format(n=log.rnd.randint(1, 900)), service=name)
        else:
            level, message, _ = log.style.chatter(log.rnd)
            log.write(level, message, service=name)
    return hint_of("CheckoutFailing", service)


@family
def change_before_symptoms(log: Log, size: int) -> dict[str, str]:
    """One quiet change, then a burst of symptoms."""
    log.noise(int(size * 0.6))
    change = log.rnd.choice(
        (
            "applied configuration revision {n}: max_connections 100 -> 10",
            "feature flag new-pricing set to on by rollout controller",
            "loaded routing table version {n}",
            "updated upstream list: 3 servers -> 1 server",
            "environment variable PAYMENT_URL changed, restarting workers",
            "schema migration 20260{n}_drop_index finished in 41 ms",
        )
    )
    log.write("INFO", change.format(n=log.rnd.randint(100, 999)), telling=True)
    log.noise(log.rnd.randint(2, 15))
    for index in range(max(10, size // 10)):
        log.write(
            "ERROR", f"order {log.rnd.randint(10**5, 10**6)} rejected: no capacity left in pool", telling=index == 0
        )
        log.noise(1)
    return hint_of("OrdersFailing", log.style.service)


@family
def flood_of_unique_lines(log: Log, size: int) -> dict[str, str]:
    """An access log in which hardly a line repeats; one error of the program between."""
    size = log.rnd.choice((size, 30000, 100000))
    at = int(size * log.rnd.uniform(0.2, 0.95))
    for index in range(size):
        if index == at:
            log.write("ERROR", "worker 4 exited on signal 11 while serving upload", telling=True)
        path = "/".join(
            "".join(log.rnd.choice("abcdefghijklmnopqrstuvwxyz0123456789-") for _ in range(log.rnd.randint(3, 12)))
            for _ in range(3)
        )
        log.now += timedelta(seconds=0.02)
        log.put(
            f'10.{log.rnd.randint(0, 255)}.{log.rnd.randint(0, 255)}.{log.rnd.randint(0, 255)} - - [{log.now:%d/%b/%Y:%H:%M:%S +0000}] "GET /{path}?sid={log.rnd.getrandbits(64):x} HTTP/1.1" {log.rnd.choice((200, 200, 200, 304, 404))} {log.rnd.randint(100, 90000)} "-" "Mozilla/5.0 ({log.rnd.choice(("X11", "Windows NT 10.0", "Macintosh"))})"'
        )
    return hint_of("UploadsFailing", log.style.service)


@family
def startup_banners(log: Log, size: int) -> dict[str, str]:
    """A start-up prints hundreds of one-offs; the telling one is among them, or right after."""
    subjects = ["cache", "scheduler", "router", "metrics", "tracer", "audit", "mailer", "indexer", "tokens", "exports"]
    verbs = [
        "initialised with {n} slots",
        "bound to port {n}",
        "loaded {n} entries",
        "registered {n} handlers",
        "warmed in {n} ms",
    ]
    banners = [f"{s} {v}" for s in subjects for v in verbs]
    log.rnd.shuffle(banners)
    cut = log.rnd.randint(10, len(banners) - 1)
    for index, banner in enumerate(banners):
        if index == cut:
            log.write("WARN", log.rnd.choice(("licence key not found, falling back to community limits (5 connections)",
                                              "property db.pool.size is 0, using 1", "keystore /etc/app/tls.jks expires in 0 days")), telling=True)  # fmt: skip
        log.write("INFO", banner.format(n=log.rnd.randint(1, 9000)))
    log.noise(size)
    return hint_of("Throttled", log.style.service)


@family
def first_of_many(log: Log, size: int) -> dict[str, str]:
    """A cascade: the first error is the origin, a different and louder one follows a thousand times."""
    log.noise(size // 2)
    origin = log.rnd.choice(("disk /dev/sdb1: I/O error, dev sdb1, sector {n}", "ENOSPC: no space left on device, write '/var/lib/queue/{n}.seg'",
                             "lease {n} lost, fencing token rejected by coordinator"))  # fmt: skip
    log.write("ERROR", origin.format(n=log.rnd.randint(1000, 99999)), telling=True)
    for index in range(max(20, size // 4)):
        log.write(
            "ERROR",
            log.rnd.choice(
                (
                    "failed to persist message {n}",
                    "producer {n} blocked, buffer full",
                    "request {n} aborted: backend unavailable",
                )
            ).format(n=log.rnd.randint(1, 10**6)),
        )
        if index % 4 == 0:
            log.noise(1)
    return hint_of("ProducerErrors", log.style.service)


@family
def heartbeat_ceases(log: Log, size: int) -> dict[str, str]:
    """A line that came steadily comes no more: its last occurrence tells."""
    who = log.rnd.choice(
        ("scheduler tick", "heartbeat from node-b ok", "lease renewed by worker-7", "replica r2 acknowledged wal")
    )
    stop = int(size * log.rnd.uniform(0.5, 0.75))
    last = ""
    for index in range(size):
        if index % 10 == 0 and index < stop:
            last = log.write("INFO", f"{who} seq={1000 + index}")
        else:
            log.noise(1)
    log.needles.append(last)
    return hint_of("JobsNotRunning", log.style.service)


@family
def debug_flood(log: Log, size: int) -> dict[str, str]:
    """Health checks and debug output bury a warning."""
    at = int(size * log.rnd.uniform(0.3, 0.95))
    for index in range(size):
        if index == at:
            log.write("WARN", log.rnd.choice(("connection pool exhausted (50/50), 12 threads waiting", "rate limit reached for tenant acme, shedding load",
                                              "TLS handshake with vault failed: bad certificate")), telling=True)  # fmt: skip
        elif log.rnd.random() < 0.5:
            log.write("DEBUG", f"GET /healthz 200 in {log.rnd.randint(0, 9)}ms")
        else:
            log.write(
                "DEBUG",
                f"error handler chain has {log.rnd.randint(2, 5)} entries, no failure for request {log.rnd.getrandbits(40):x}",
            )
    return hint_of("Saturation", log.style.service)


@family
def several_needles(log: Log, size: int) -> dict[str, str]:
    """Three lines tell together: cause, effect, and the way it ended."""
    parts = log.rnd.choice(
        (
            (("WARN", "memory cgroup usage 98% of limit 512Mi"), ("ERROR", "OutOfMemoryError: unable to create native thread"), ("INFO", "received SIGTERM, draining 41 connections")),
            (("INFO", "lost connection to coordinator zk-1, session 0x3f expired"), ("WARN", "stepping down as controller epoch 19"), ("ERROR", "partition orders-3 has no in-sync replica")),
            (("INFO", "rotated signing key, new kid 8d1f"), ("ERROR", "signature verification failed for token of issuer edge"), ("WARN", "circuit breaker auth opened after 20 failures")),
        )
    )  # fmt: skip
    for level, message in parts:
        log.noise(size // 4)
        log.write(level, message, telling=True)
    log.noise(size // 4)
    return hint_of("Unavailable", log.style.service)


if __name__ == "__main__":
    for case in make_cases("dev"):
        print(
            json.dumps(
                {
                    "name": case.name,
                    "lines": len(case.lines),
                    "needles": len(case.needles),
                    "sample": case.needles[0][:140],
                }
            )
        )
