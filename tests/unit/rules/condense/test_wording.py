"""What a line says by its words: level, fault, change, decoy, stack."""

import pytest

from fermata.rules.condense.wording import Severity, find_telling, names_setting, read_saying


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("2026-01-01 ERROR [orders] gone", Severity.ERROR),
        ('{"level":"warn","msg":"slow"}', Severity.WARNING),
        ("ts=1 severity=critical x", Severity.FATAL),
        ("ts=1 level=error msg=x", Severity.ERROR),
        ("level=unheard INFO of", Severity.INFO),
        ("[Mon Dec 05] [notice] up", Severity.INFO),
        ("Jun 23 node-7 orders[4013]: warning: slow", Severity.WARNING),
        ("E0102 15:04:05.1  1 main.go:3] gone", Severity.ERROR),
        ("03-17 16:13:47.499  2227  2644 D Tag: x", Severity.DEBUG),
        ('{"level":50,"time":1767225600000,"msg":"gone"}', Severity.ERROR),
        ('{"level": 40,"msg":"slow"}', Severity.WARNING),
        ('{"level":9,"msg":"of a game"}', Severity.UNSAID),
        ("an error in running text", Severity.UNSAID),
        ("", Severity.UNSAID),
    ],
)
def test_level_is_found_where_programs_write_it(text, severity):
    """In capitals, brackets, fields, before a colon, or as a letter; not in running text."""
    assert read_saying(text).severity is severity


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("INFO dial tcp: connection refused", 2.0),
        ("INFO worker exited with code 137", 2.0),
        ("INFO request was slow", 1.0),
        ("chronyd[612]: System clock was stepped by -47.310229 seconds", 2.0),
        ("kernel: nf_conntrack: table full", 2.0),
        ("systemd-timesyncd: Synchronized to time server", 0.0),
        ("clock source: tsc, watchdog enabled", 0.0),
        ("INFO user logged in", 0.0),
    ],
)
def test_fault_is_named_or_sounds_like_one(text, fault):
    """Words count beside the level: programs log faults as INFO too."""
    assert read_saying(text).fault == fault


@pytest.mark.parametrize(
    ("text", "is_change"),
    [
        ("Configuration reloaded successfully", True),
        ("Promoted to leader for term 7", True),
        ("Snapshotting to /var/lib/zookeeper/version-2/x", False),
        ("user logged in", False),
    ],
)
def test_change_is_told_by_words_not_by_names(text, is_change):
    """A path or a class that contains such a word says nothing."""
    assert bool(read_saying(text).change) is is_change


@pytest.mark.parametrize(
    "text", ["flag x is deprecated", "upload 7 succeeded after retry", "errors=0", "GET /healthz 200"]
)
def test_decoy_is_seen(text):
    """What was got over, or says that it does not matter."""
    assert read_saying(text).is_decoy


@pytest.mark.parametrize(
    ("text", "is_frame", "is_cause"),
    [
        ("\tat org.shop.Cart.add(Cart.java:12)", True, False),
        ('  File "/app/x.py", line 3, in run', True, False),
        ("2026-01-01T00:00:00.000Z stderr F     return self.run()", True, False),
        ("    [cause]: Error: EMFILE: too many open files", False, True),
        ("web-1  | Caused by: java.io.IOException: closed", False, True),
        ("ssl.SSLCertVerificationError: expired", False, True),
        ("panic: runtime error", False, True),
        ("plain words", False, False),
    ],
)
def test_stack_is_taken_apart(text, is_frame, is_cause):
    """Frames follow; the cause tells, whatever a container runtime puts before it."""
    saying = read_saying(text)

    assert (saying.is_frame, saying.is_cause) == (is_frame, is_cause)


def test_telling_words_are_found_from_a_place_on():
    """What was said before the place does not count."""
    text = "refused " + "x" * 50 + " timeout"

    assert find_telling(text, 10) == text.index("timeout")
    assert find_telling("nothing here", 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "ERROR preview timed out, fallback thumbnail used",
        "ERROR telemetry: 204 expected, got 503 (ignored)",
        "WARN clock skew of 50 ms tolerated",
        "WARN price missing, default rate applied",
    ],
)
def test_what_was_got_over_says_so(text):
    """A fault that the line itself calls done with is a decoy."""
    assert read_saying(text).is_decoy


@pytest.mark.parametrize(
    ("line", "is_frame"),
    [
        ("    0: connection refused (os error 111)", False),
        ("    reason: disk is full", False),
        ("   4: core::panicking::panic_unwrap_failed", True),
        ('    raise ConnectionError("connection refused")', True),
        ("    total: 12", True),
    ],
)
def test_indented_line_that_says_what_failed_is_no_frame(line, is_frame):
    """Causes are numbered below an error, and fields of an error are set in as calls of a stack are."""
    assert read_saying(line).is_frame is is_frame


@pytest.mark.parametrize(
    ("line", "is_it"),
    [
        ("INFO The following 2 profiles are active: prod, loadtest", True),
        ("INFO mail transport Noop selected (mail.enabled=false)", True),
        ("INFO HTTP pool size: max 5 a host", True),
        ("INFO Starting Orders v7.3.1 with PID 1", False),
        ("INFO request served in 5 ms", False),
    ],
)
def test_settings_say_how_a_program_is_set_up(line, is_it):
    """Modes, limits and what is used: not that it starts, nor what it does."""
    assert names_setting(line) is is_it
