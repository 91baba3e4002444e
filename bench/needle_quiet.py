"""Quiet traps for `needle_cases`: lines that alarm nobody, and lines that stand among many that are as rare.

The noise is a made-up program's or, where loghub lies, what real systems print.
"""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from needle_cases import Case, Family, Log, hint_of
from needle_styles import make_style

QUIET: dict[str, Family] = {}
_SYSTEMS = ("Linux", "Hadoop", "Zookeeper", "OpenStack", "Spark", "Apache", "HealthApp", "Mac", "OpenSSH", "Windows")
_PART_WORDS = "indexer mailer ledger gateway planner cache router archive sampler relay broker courier"
_PARTS = _PART_WORDS.split()


def quiet(function: Family) -> Family:
    """Register a trap."""
    QUIET[function.__name__] = function
    return function


class RealLog(Log):
    """A log whose noise are the lines of a real system; written lines take the head of its first line."""

    def __init__(self, rnd: random.Random, loghub: Path, system: str) -> None:
        super().__init__(rnd, make_style(rnd), datetime(2026, 1, 1, tzinfo=UTC))
        self._real = (loghub / system / f"{system}_2k.log").read_text(errors="replace").splitlines()
        with (loghub / system / f"{system}_2k.log_structured.csv").open(newline="", errors="replace") as file:
            self._contents = [row["Content"] for row in csv.DictReader(file)]
        self._at = 0
        self._head = ""

    def noise(self, count: int) -> None:
        for _ in range(count):
            line, content = self._real[self._at % len(self._real)], self._contents[self._at % len(self._contents)]
            if line.endswith(content) and not self._head:
                self._head = line[: len(line) - len(content)]
            self._at += 1
            self.put(line)

    def write(self, level: str, message: str, *, service: str = "", telling: bool = False, after_s: float = 0.4) -> str:
        del level, after_s
        return self.put(f"{self._head}{service + ': ' if service else ''}{message}", telling=telling)


def make_quiet_cases(half: str, loghub: Path | None = None) -> Iterator[Case]:
    """Give two cases a family: one of a made-up program, one of a real system."""
    for name, function in QUIET.items():
        for kind in ("made", "real") if loghub is not None else ("made", "made2"):
            rnd = random.Random(f"{name}/{kind}/{half}")
            style = make_style(rnd)
            size = rnd.choice((400, 1500, 4000, 12000))
            log = Log(rnd, style, datetime(2026, rnd.randint(1, 12), rnd.randint(1, 28), 3, tzinfo=UTC))
            if kind == "real" and loghub is not None:
                log, size = RealLog(rnd, loghub, rnd.choice(_SYSTEMS)), rnd.choice((600, 1800))
            hint = function(log, size)
            yield Case(f"{name}-{half}-{kind}", name, log.lines, log.needles, hint)


def _part(log: Log) -> str:
    return log.rnd.choice(_PARTS)


@quiet
def count_falls(log: Log, size: int) -> dict[str, str]:
    """A count that wavers falls, and stays low to the end: the first low line tells."""
    form, high, low = log.rnd.choice(
        (("{p}: {n} members in group", (38, 46), (3, 6)), ("{p} saw {n} consumers on shard a", (110, 160), (9, 14)), ("registered {p} endpoints: {n}", (20, 29), (1, 2)))
    )  # fmt: skip
    part, at, told = _part(log), log.rnd.uniform(0.6, 0.93), False
    every = max(4, size // 90)
    for index in range(0, size, every):
        is_low = index >= at * size
        log.write(
            "INFO", form.format(p=part, n=log.rnd.randint(*(low if is_low else high))), telling=is_low and not told
        )
        told = told or is_low
        log.noise(every - 1)
    return hint_of("ThroughputLow", log.style.service)


@quiet
def work_becomes_nothing(log: Log, size: int) -> dict[str, str]:
    """A job goes on reporting, but has nothing more to report."""
    form = log.rnd.choice(
        (
            "{p}: exported {n} rows in {m} ms",
            "{p} pass done, {n} documents, {m} ms",
            "synced {n} objects from {p} ({m} ms)",
        )
    )
    part, at, told = _part(log), log.rnd.uniform(0.5, 0.9), False
    every = max(4, size // log.rnd.choice((30, 120)))
    for index in range(0, size, every):
        is_low = index >= at * size
        log.write(
            "INFO",
            form.format(p=part, n=0 if is_low else log.rnd.randint(300, 9000), m=log.rnd.randint(5, 90)),
            telling=is_low and not told,
        )
        told = told or is_low
        log.noise(every - 1)
    return hint_of("DataStale", log.style.service)


@quiet
def one_of_many_periodic_stops(log: Log, size: int) -> dict[str, str]:
    """Eight periodic kinds; one of them comes no more."""
    forms = (
        "{p} tick {n}",
        "{p} sweep done in {n} ms",
        "{p} saved position {n}",
        "{p} polled, {n} new",
        "{p} wrote snapshot {n}",
        "{p} lease renewed, ttl {n}",
        "{p} compaction {n} done",
        "{p} reported {n} samples",
    )
    parts = log.rnd.sample(_PARTS, 8)
    dead, stop, last = log.rnd.randrange(8), log.rnd.uniform(0.5, 0.85), ""
    every = max(12, size // log.rnd.choice((25, 60)))
    for index in range(0, size, every):
        for number, form in enumerate(forms):
            if number != dead or index < stop * size:
                line = log.write("INFO", form.format(p=parts[number], n=log.rnd.randint(1, 900)))
                last = line if number == dead else last
        log.noise(every - 8)
    log.needles.append(last)
    return hint_of("JobMissing", log.style.service)


@quiet
def periodic_kind_pauses(log: Log, size: int) -> dict[str, str]:
    """A periodic line does not come for a while, and then does again: the last one before tells."""
    part, start = _part(log), log.rnd.uniform(0.3, 0.6)
    every = max(5, size // 80)
    form = log.rnd.choice(("{p}: checkpoint {n} complete", "{p} flush ok ({n} items)", "{p} heartbeat {n}"))
    last, is_over = "", False
    for index in range(0, size, every):
        if not start * size <= index < (start + 0.25) * size:
            line = log.write("INFO", form.format(p=part, n=log.rnd.randint(1, 900)))
            is_over = is_over or index >= (start + 0.25) * size
            last = last if is_over else line
        log.noise(every - 1)
    log.needles.append(last)
    return hint_of("Stalled", log.style.service)


@quiet
def nothing_is_logged(log: Log, size: int) -> dict[str, str]:
    """The program says nothing for minutes, then goes on as if nothing had been."""
    log.noise(int(size * log.rnd.uniform(0.3, 0.7)))
    log.write("INFO", f"{_part(log)} accepted batch {log.rnd.randint(100, 999)}", telling=True)
    log.now += timedelta(minutes=log.rnd.randint(9, 40))
    log.noise(size // 3)
    return hint_of("Unresponsive", log.style.service)


@quiet
def calm_word_before_rates_shift(log: Log, size: int) -> dict[str, str]:
    """One calm line, and from then on a routine kind comes several times as often."""
    told = log.rnd.choice(
        (
            "using profile {p}-b",
            "{p} now reads from eu-2",
            "{p} window set to 5",
            "{p} handed to operator desk",
            "pinned {p} to node 4",
            "{p} ttl is 1 s",
        )
    )
    part, at = _part(log), log.rnd.uniform(0.4, 0.85)
    for index in range(size):
        late = index >= at * size
        if late and len(log.needles) == 0:
            log.write("INFO", told.format(p=part), telling=True)
        if log.rnd.random() < (0.45 if late else 0.04):
            log.write(
                "INFO", f"{part} lookup of k{log.rnd.randint(1, 9000)} went to origin, {log.rnd.randint(1, 90)} ms"
            )
        else:
            log.noise(1)
    return hint_of("OriginLoad", log.style.service)


@quiet
def value_of_letters_changes(log: Log, size: int) -> dict[str, str]:
    """A routine line names somebody; from some line on somebody else."""
    form, old, new = log.rnd.choice(
        (
            ("{p} writes go to {v}", "alpha", "omega"),
            ("{p} zone={v} weight={n} seen={n}", "east", "west"),
            ("{p} status: holder {v}, age {n}", "nodered", "nodeblue"),
        )
    )
    part, at, told = _part(log), log.rnd.uniform(0.4, 0.9), False
    every = max(4, size // 60)
    for index in range(0, size, every):
        late = index >= at * size
        log.write(
            "INFO", form.format(p=part, v=new if late else old, n=log.rnd.randint(1, 99)), telling=late and not told
        )
        told = told or late
        log.noise(every - 1)
    return hint_of("WritesSlow", log.style.service)


@quiet
def begun_and_never_done(log: Log, size: int) -> dict[str, str]:
    """Runs begin and end all day; the last one begun never ends."""
    part, stop = _part(log), log.rnd.uniform(0.6, 0.9)
    every = max(8, size // 40)
    for index in range(0, size, every):
        if index < stop * size:
            log.write("INFO", f"{part} run {index} begins")
            log.noise(2)
            log.write("INFO", f"{part} run {index} ends, {log.rnd.randint(2, 50)} items")
        elif not log.needles:
            log.write("INFO", f"{part} run {index} begins", telling=True)
        log.noise(every - 4)
    return hint_of("RunsMissing", log.style.service)


_FILLERS = ("took note of {a} {b}", "{a} {b} is optional, left out", "no {a} for {b}, default used", "{a} {b} rejected by policy of the client", "slow {a} {b} on first use", "{a}: {b} timeout, next one tried",
            "unknown {a} in {b}, ignored", "{a} closed {b} unexpectedly", "{b} of {a} moved to bin", "could not read {a} of {b}", "{a} changed {b}", "refreshed {a} {b}", "{a} {b} limit exceeded by guest")  # fmt: skip
_THING_WORDS = "ticket banner voucher preview shelf folder badge quota avatar receipt label basket coupon digest layout locale widget chart roster"
_THINGS = _THING_WORDS.split()


def _filler(log: Log) -> tuple[str, str]:
    message = log.rnd.choice(_FILLERS).format(a=log.rnd.choice(_THINGS), b=log.rnd.choice(_THINGS))
    return log.rnd.choice(("INFO", "INFO", "WARN", "WARN", "ERROR")), message


def _rare_noise(log: Log, size: int) -> None:
    """Noise with a one-off in every hundredth line or so, sixty at most."""
    for _ in range(size):
        if log.rnd.random() < min(0.02, 60 / max(1, size)):
            log.write(*_filler(log))
        log.noise(1)


@quiet
def rare_and_then_a_flood(log: Log, size: int) -> dict[str, str]:
    """Of many rare lines one comes right before a flood of a calm kind."""
    _rare_noise(log, int(size * log.rnd.uniform(0.4, 0.7)))
    log.write(
        "INFO",
        log.rnd.choice(("table plan for orders rebuilt", "listener pool set to 2", "origin list is now 1 entry")),
        telling=True,
    )
    log.noise(log.rnd.randint(1, 12))
    for _ in range(max(30, size // 10)):
        log.write("INFO", f"put request {log.rnd.randint(1, 10**6)} back to queue")
        log.noise(log.rnd.choice((0, 1)))
    _rare_noise(log, size // 4)
    return hint_of("QueueGrowing", log.style.service)


@quiet
def rare_and_severe(log: Log, size: int) -> dict[str, str]:
    """Of many rare lines, some of them errors, one names what broke."""
    _rare_noise(log, int(size * log.rnd.uniform(0.3, 0.8)))
    log.write(
        "ERROR",
        log.rnd.choice(
            (
                "write to /var/spool failed: no space left on device",
                "raft log corrupt at entry 9912",
                "upstream tls: certificate has expired",
                "oom: allocation of 2 GiB refused",
            )
        ),
        telling=True,
    )
    _rare_noise(log, size // 3)
    return hint_of("WritesFailing", log.style.service)


@quiet
def rare_and_comes_again(log: Log, size: int) -> dict[str, str]:
    """Rare lines come once; one warning comes again and again from some line on."""
    _rare_noise(log, int(size * log.rnd.uniform(0.4, 0.7)))
    form = log.rnd.choice(("replica of shard {n} not current", "lock on row {n} held by nobody", "page {n} read twice"))
    for index in range(9):
        log.write("WARN", form.format(n=log.rnd.randint(1, 999)), telling=index == 0)
        log.noise(size // 60)
    _rare_noise(log, size // 6)
    return hint_of("Inconsistent", log.style.service)


@quiet
def rare_and_of_the_service(log: Log, size: int) -> dict[str, str]:
    """Rare lines of many parts; one of them is of the part that the alert asks for, and warns."""
    part = _part(log)
    at = int(size * log.rnd.uniform(0.5, 0.9))
    for index in range(size):
        if index == at:
            log.write("WARN", f"{part}: signing key is not the one announced", telling=True)
        elif log.rnd.random() < min(0.02, 60 / size):
            level, message = _filler(log)
            log.write(level, f"{log.rnd.choice(_PARTS[:4] + _PARTS[6:])}: {message}")
        elif log.rnd.random() < 0.1:
            log.write("INFO", f"{part}: signed {log.rnd.randint(1, 99)} tokens")
        else:
            log.noise(1)
    return hint_of("TokensRefused", part)
