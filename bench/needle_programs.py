"""More families for `needle_cases`: kernels, clusters, certificates, restarts, and lines that are long or few."""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

from datetime import timedelta

from needle_cases import Log, family, hint_of


@family
def kernel_oom(log: Log, size: int) -> dict[str, str]:
    """The kernel kills a process; syslog has it between cron and sshd."""
    host = log.rnd.choice(("node-3", "ip-10-2-0-9", "web01"))
    pid = log.rnd.randint(1000, 40000)
    for index in range(size):
        log.now += timedelta(seconds=3)
        stamp = f"{log.now:%b %d %H:%M:%S} {host}"
        if index == int(size * 0.7):
            log.put(
                f"{stamp} kernel: [81234.120001] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936"
            )
            for _ in range(18):
                log.put(
                    f"{stamp} kernel: [81234.12{log.rnd.randint(1000, 9999)}] [{log.rnd.randint(300, 40000):7d}]  1000 {log.rnd.randint(300, 40000):7d} {log.rnd.randint(1000, 900000)} {log.rnd.randint(100, 90000)} 81920 0 0 {log.rnd.choice(('bash', 'sshd', 'java', 'nginx'))}"
                )
            log.put(
                f"{stamp} kernel: [81234.131009] Killed process {pid} (java) total-vm:8123456kB, anon-rss:3987654kB, file-rss:0kB, shmem-rss:0kB",
                telling=True,
            )
        elif index % 3:
            log.put(
                f"{stamp} CRON[{log.rnd.randint(1000, 32000)}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)"
            )
        else:
            log.put(
                f"{stamp} sshd[{log.rnd.randint(1000, 32000)}]: Failed password for invalid user {log.rnd.choice(('admin', 'test', 'oracle', 'guest'))} from 203.0.113.{log.rnd.randint(1, 254)} port {log.rnd.randint(1024, 65000)} ssh2"
            )
    return hint_of("PodRestarted", "java")


@family
def election(log: Log, size: int) -> dict[str, str]:
    """A cluster elects anew; everything is INFO."""
    log.noise(int(size * 0.7))
    node = f"{log.rnd.getrandbits(48):x}"
    log.write(
        "INFO", f"raft: {node} lost leader {log.rnd.getrandbits(48):x} at term {log.rnd.randint(3, 30)}", telling=True
    )
    log.write("INFO", f"raft: {node} became candidate at term 31")
    log.write("INFO", f"raft: {node} became leader at term 31", telling=True)
    log.noise(int(size * 0.3))
    return hint_of("EtcdLeaderChanges", "etcd")


@family
def certificate_notice(log: Log, size: int) -> dict[str, str]:
    """A notice about a certificate among notices about deprecations."""
    for index in range(size):
        if index == int(size * log.rnd.uniform(0.2, 0.5)) or (index == size - 1 and not log.needles):
            log.write(
                "INFO",
                f"certificate for *.shop.example serial {log.rnd.getrandbits(40):x} notAfter=2026-01-0{log.rnd.randint(1, 9)}T00:00:00Z is no longer valid",
                telling=not log.needles,
            )
        elif index % 11 == 0:
            log.write(
                "WARN",
                log.rnd.choice(
                    (
                        "option --enable-v1 is deprecated and will be removed",
                        "flag logtostderr has been deprecated, will be removed in a future release",
                    )
                ),
            )
        else:
            log.noise(1)
    return hint_of("TLSHandshakeErrors", log.style.service)


@family
def retry_decoys(log: Log, size: int) -> dict[str, str]:
    """Attempts fail and succeed again all day; one does not come back."""
    at = int(size * log.rnd.uniform(0.6, 0.9))
    for index in range(size):
        number = log.rnd.randint(100, 99999)
        if index == at:
            log.write("ERROR", f"giving up on upload {number} after 5 attempts: checksum mismatch", telling=True)
        elif index % 6 == 0:
            log.write("ERROR", f"attempt 1 of upload {number} failed: timeout")
            log.write("INFO", f"upload {number} succeeded after retry")
        else:
            log.noise(1)
    return hint_of("UploadsFailing", log.style.service)


@family
def crash_and_restart(log: Log, size: int) -> dict[str, str]:
    """The last words before a restart, in the middle of the log."""
    banner = (
        "Starting server version 4.2.{n}",
        "Loading configuration from /etc/app/app.conf",
        "Listening on 0.0.0.0:8080",
        "Ready to accept connections",
    )
    for line in banner:
        log.write("INFO", line.format(n=7))
    log.noise(size * 2 // 3)
    log.write("INFO", log.rnd.choice(("worker watchdog: main loop has not progressed for 30 s", "assertion `len(queue) <= cap` did not hold in flush()",
                                      "stack guard page hit in thread io-3")), telling=True)  # fmt: skip
    for line in banner:
        log.write("INFO", line.format(n=7))
    log.noise(size // 3)
    return hint_of("Restarted", log.style.service)


@family
def long_line(log: Log, size: int) -> dict[str, str]:
    """The telling words stand deep inside a very long line."""
    log.noise(size // 2)
    payload = ",".join(
        f'{{"id":{log.rnd.randint(1, 10**6)},"qty":{log.rnd.randint(1, 9)},"sku":"{log.rnd.getrandbits(32):08x}"}}'
        for _ in range(log.rnd.choice((80, 400, 3000)))
    )
    telling = f"validation failed: warehouse code WX-{log.rnd.randint(10, 99)} is unknown"
    log.write("ERROR", f"batch refused payload=[{payload}] reason={telling} trace={log.rnd.getrandbits(64):x}")
    log.needles.append(telling)
    log.noise(size // 2)
    return hint_of("BatchRefused", log.style.service)


@family
def rate_jump(log: Log, size: int) -> dict[str, str]:
    """A warning that was always there comes ten times as often; and one of another kind starts it."""
    for index in range(size):
        late = index > size * 0.7
        if index == int(size * 0.7):
            log.write("WARN", "primary resolver 10.0.0.2 did not answer, using 10.0.0.3", telling=True)
        elif log.rnd.random() < (0.5 if late else 0.03):
            log.write(
                "WARN",
                f"lookup of api.partner.example took {log.rnd.randint(900, 5000) if late else log.rnd.randint(100, 400)} ms",
            )
        else:
            log.noise(1)
    return hint_of("SlowLookups", log.style.service)


@family
def health_turns(log: Log, size: int) -> dict[str, str]:
    """A state in a routine line flips: the words differ, the form does not."""
    at = int(size * log.rnd.uniform(0.4, 0.8))
    good, bad = log.rnd.choice((("backend b2 healthy=true", "backend b2 healthy=false"), ("link eth1 state UP", "link eth1 state DOWN"),
                                ("probe orders: PASSING", "probe orders: CRITICAL"), ("sync status: in-sync", "sync status: out-of-sync")))  # fmt: skip
    for index in range(size):
        if index % 8 == 0:
            log.write("INFO", bad if index >= at else good, telling=index >= at and not log.needles)
        else:
            log.noise(1)
    return hint_of("BackendDown", log.style.service)


@family
def tiny(log: Log, size: int) -> dict[str, str]:
    """A log of thirty lines: nearly everything could be kept."""
    del size
    log.noise(14)
    log.write("INFO", "connected to broker amqp://mq:5672 as consumer", after_s=2)
    log.write("WARN", "channel closed by peer: PRECONDITION_FAILED - delivery acknowledgement timed out", telling=True)
    log.noise(12)
    log.write("ERROR", "consumer stopped: channel is closed", telling=True)
    return hint_of("ConsumerDown", log.style.service)
