"""How bad lines of loggers, runtimes and servers say they are, each as the program writes it."""

import pytest

from fermata.rules.condense.wording import Severity, read_saying
from fermata.rules.levels import LogLevel, find_level, find_sign, find_stated

STATED = [
    (LogLevel.ERROR, "E1128 06:10:00.123456   12345 charge.go:42] charge failed"),
    (LogLevel.INFO, "I1128 06:10:00.123456   12345 charge.go:42] error budget reset"),
    (LogLevel.FATAL, '{"level":"dpanic","ts":1795846200.123,"msg":"x"}'),
    (LogLevel.ERROR, "ERRO[0012] charge failed                       error=EOF"),
    (LogLevel.WARNING, "6:10AM WRN charge is slow"),
    (LogLevel.FATAL, "2026-11-28T06:10:00Z FTL cannot start"),
    (LogLevel.FATAL, "[2026-11-28 06:10:00] production.EMERGENCY: Unable to create configured logger"),
    (LogLevel.ERROR, '{"message":"x","context":{},"level":400,"level_name":"ERROR","channel":"app"}'),
    (LogLevel.FATAL, "[28-Nov-2026 06:10:00 UTC] PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted"),
    (LogLevel.WARNING, 'PHP Warning:  Undefined array key "sku" in /var/www/app/Price.php on line 42'),
    (LogLevel.ERROR, "fail: Shop.Orders.OrderController[0]"),
    (LogLevel.FATAL, "2026-11-28T06:10:00.123Z crit: Microsoft.AspNetCore.Hosting.Diagnostics[6]"),
    (LogLevel.WARNING, "warn: Microsoft.AspNetCore.Server.Kestrel[22]"),
    (LogLevel.ERROR, '{"@t":"2026-11-28T06:10:00.123Z","@l":"Error","@mt":"x {A}"}'),
    (LogLevel.FATAL, "2026/11/28 06:10:00 [alert] 12#12: 1024 worker_connections are not enough"),
    (LogLevel.ERROR, "2026-11-28 06:10:00.123456+00:00 [erro] <0.812.0> closing AMQP connection"),
    (LogLevel.FATAL, "[2026-11-28 06:10:00.123][1][critical][main] [source/server/server.cc:414] error initializing"),
    (LogLevel.WARNING, "2026-11-28T06:10:00.123456Z 12 [Warning] [MY-010055] [Server] could not be resolved"),
    (LogLevel.INFO, "2026-11-28T06:10:00.123456Z 12 [Note] [MY-010914] [Server] Aborted connection 12 to db: 'shop'"),
    (LogLevel.ERROR, "[Sat Nov 28 06:10:00.123456 2026] [mpm_prefork:error] [pid 12] AH00161: server reached"),
    (LogLevel.ERROR, '{"t":{"$date":"2026-11-28T06:10:00.123+00:00"},"s":"E","c":"STORAGE","msg":"WiredTiger error"}'),
    (LogLevel.INFO, '{"t":{"$date":"2026-11-28T06:10:00.123+00:00"},"s":"I","c":"COMMAND","msg":"Slow query"}'),
]


@pytest.mark.parametrize(("level", "text"), STATED, ids=[text[:40] for _, text in STATED])
def test_level_of_a_logger_is_read_and_told_by_condensing_alike(level, text):
    """One form is known everywhere or nowhere."""
    told = read_saying(text).severity

    assert find_level(text) is find_stated(text) is level
    assert told >= Severity.ERROR if level.is_severe else told is Severity[level.name]


@pytest.mark.parametrize(
    "text",
    [
        'Exception in thread "main" java.lang.IllegalStateException: no basket',
        "# A fatal error has been detected by the Java Runtime Environment:",
        "Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.",
        "2026/11/28 06:10:00 http: panic serving 127.0.0.1:50202: runtime error: invalid memory address",
        "thread 'tokio-runtime-worker' panicked at src/pricing.rs:42:17:",
    ],
)
def test_last_words_of_a_runtime_are_fatal_without_any_level(text):
    """Who prints them ends, or gives a request up."""
    assert find_level(text) is LogLevel.FATAL
    assert find_stated(text) is None


@pytest.mark.parametrize(
    ("sign", "level"),
    [(".", LogLevel.DEBUG), ("-", LogLevel.DEBUG), ("*", LogLevel.INFO), ("#", LogLevel.WARNING)],
)
def test_sign_of_redis_is_its_level(sign, level):
    """It stands behind the time."""
    text = f"1:M 28 Nov 2026 06:10:00.123 {sign} 1 changes in 900 seconds. Saving..."

    assert find_level(text) is find_sign(text) is level
    assert read_saying(text).severity is Severity[level.name]


def test_highest_sign_of_redis_holds_what_it_ends_on():
    """It has no level for an error."""
    text = "1:M 28 Nov 2026 06:10:00.123 # Can't save in background: fork: Cannot allocate memory"

    assert find_level(text) is LogLevel.FATAL


@pytest.mark.parametrize("text", ["an info: nothing more", "we fail: x", "about [noting] it", "a system", ""])
def test_words_of_running_text_are_no_level(text):
    """A category, brackets or capitals are wanted."""
    assert find_level(text) is None
