"""Kinds of failure, told by words of runtimes, protocols and databases."""

import pytest

from fermata.rules.changes.failures import BROAD, KINDS, classify, weigh


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("context deadline exceeded", "timeout"),
        ("HikariPool-1 - Connection is not available", "pool"),
        ("FATAL: sorry, too many clients already", "connections"),
        ("ORA-00018: maximum number of sessions exceeded", "connections"),
        ("ORA-12516, TNS:listener could not find available handler with matching protocol stack", "connections"),
        ('ERROR: column "email" does not exist', "schema"),
        ("TypeError: 'NoneType' object is not subscriptable", "null"),
        ("json.decoder.JSONDecodeError: Expecting value", "parse"),
        ("x509: certificate signed by unknown authority", "tls"),
        ("dial tcp: lookup db on 10.0.0.2:53: no such host", "dns"),
        ("java.lang.OutOfMemoryError: Java heap space", "memory"),
        ("429 Too Many Requests", "ratelimit"),
        ("connect EADDRNOTAVAIL 10.0.0.1:80", "ports"),
        ("blk_update_request: critical medium error", "hardware"),
        ("deadlock detected", "lock"),
        ("thread pool starvation", "starvation"),
        ("tax.quote failed after 4 ms", "timeout"),
        ("212 statements in one request", "load"),
        ("198 threads BLOCKED on RateCard.lookup", "lock"),
        ("198 threads BLOCKED on RateCard.lookup", "starvation"),
        ("Reserve message queue 18220", "backlog"),
        ("dropped push for user 9911", "backlog"),
        ("2.1M clicks lost between 01:10 and 05:00", "empty"),
        ("no records polled from invoices for 35m", "stale"),
        ("axios error: Request body larger than maxBodyLength", "size"),
        ("refund of 4950.00 exceeds captured amount 49.50", "data"),
        ("sum of entries 19.990000000000002", "data"),
        ("bookings one hour late since Sunday", "time"),
        ("session gone, user logged out", "auth"),
        ("name on statement: M\u00c3\u00bcller", "encoding"),
        ("handshake failure: no protocols in common", "tls"),
        ("pgbouncer: no more connections allowed", "connections"),
        ("psp: two captures for one order", "duplicate"),
        ("the export no longer exists", "notfound"),
    ],
)
def test_failure_has_the_kind_of_its_words(text, kind):
    """What a runtime says when it fails tells the kind."""
    assert kind in classify(text)


def test_ordinary_line_has_no_kind():
    """A request that went well is no failure."""
    assert classify("GET /items/7 200") == frozenset()


@pytest.mark.parametrize("text", ["*429 connect() to socket", "GET /items/7 200 took 0.502", "10:00:00.401 accepted"])
def test_number_that_is_no_status_tells_no_kind(text):
    """The number of a connection, and a fraction, read like one."""
    assert not classify(text) & {"ratelimit", "routing", "auth"}


def test_pool_of_ones_own_that_is_empty_is_no_store_that_is_full():
    """The one is short of connections, the other of room for them."""
    assert "connections" not in classify("HikariPool-1 - Connection is not available")


def test_words_far_behind_in_a_line_do_not_count():
    """A megabyte of payload is not searched: what failed stands in front."""
    assert classify("ok " + "x" * 5000 + " deadlock detected") == frozenset()


def test_broad_kinds_weigh_half():
    """What callers of anything broken show as well says less of where it broke."""
    assert {weigh(kind) for kind in BROAD} == {0.5}
    assert weigh("pool") == 1.0
    assert set(KINDS) >= BROAD


@pytest.mark.parametrize(
    "text",
    ['unknown order state "LOST"', "header Idempotency-Key: required", "ledger answered 400", "no template for state"],
)
def test_refusal_of_what_was_sent_is_a_failure_of_reading(text):
    """Whoever refuses says what it could not read."""
    assert "parse" in classify(text)


@pytest.mark.parametrize("text", ["took 400 ms", "traces export failed", "concurrent_reads"])
def test_numbers_and_parts_of_words_are_no_failure_of_reading_or_of_order(text):
    """`trace` is no race, and reading at once is no conflict."""
    assert not {"parse", "concurrency"} & classify(text)


def test_hour_that_is_wrong_for_its_reader_is_a_failure_of_time():
    """Who is woken at five says so in many ways; how long something took is none of them."""
    assert "time" in classify("recipient local time 05:01 is inside quiet hours")
    assert "time" not in classify("took 5 hours")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("client went away before answer", "timeout"),
        ("canceling statement due to user request", "timeout"),
        ("rule evaluation exceeded budget", "timeout"),
        ("Failed to obtain JDBC Connection", "pool"),
        ("db_conns", "pool"),
        ("load shedding: inflight=512", "ratelimit"),
        ("worker heartbeat late", "starvation"),
        ("disk_await_ms", "disk"),
        ("decimal.ConversionSyntax", "parse"),
        ("no workspace in call context", "auth"),
        ("wrong account: refund found on merchant-payable", "data"),
        ("rendition registered twice", "duplicate"),
        ("SocketError: other side closed", "refused"),
    ],
)
def test_wording_of_clients_pools_and_refusals_is_known(text, kind):
    """As programs and their metrics put it."""
    assert kind in classify(text)


@pytest.mark.parametrize(
    "text", ["client connected", "connecting people", "user request accepted", "exceeded expectations", "keyset found"]
)
def test_everyday_words_name_no_failure(text):
    """What goes well is told with the same nouns."""
    assert classify(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "is_unreached"),
    [
        ("java.net.SocketTimeoutException: Connect timed out", True),
        ("dial tcp 10.0.0.7:5432: i/o timeout", True),
        ("connect: no route to host", True),
        ("Read timed out", False),
        ("connection refused", False),
    ],
)
def test_peer_that_never_answers_is_told_from_one_that_is_late(text, is_unreached):
    """Whoever drops packets answers nothing; whoever is late was reached."""
    assert ("unreached" in classify(text)) is is_unreached


def test_pool_that_is_called_by_its_methods_is_one():
    """A dot behind it begins the name of a file, or what is asked of it."""
    assert "pool" in classify("pool.acquire failed: none is free")


def test_attempt_to_connect_is_no_attempt_after_another():
    """A driver calls its first one an attempt, too."""
    assert "retry" not in classify("PSQLException: The connection attempt failed.")
    assert "retry" in classify("gave up after 3 attempts")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OOMKilled: false", "memory"),
        ("timeouts=0 retries=0 took 3 ms", "retry"),
        ("rows=429", "ratelimit"),
        ("page 404 printed", "notfound"),
        ("took 503 ms", "unavailable"),
    ],
)
def test_what_is_denied_or_counted_is_no_kind(text, kind):
    """A failure that there was none of, and a number that is no status, say nothing."""
    assert kind not in classify(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("accept: too many open files", "data"),
        ("FATAL: sorry, too many clients already", "restart"),
        ("HTTPConnectionPool(host='rates', port=8000)", "pool"),
        ("[pool-2-thread-1] no idempotency_key", "pool"),
        ("upstream=documents status=401", "routing"),
        ("partner=corso declined", "routing"),
        ("event loop lag 1507 ms", "backlog"),
        ("queue_channel.ex:41: joined", "backlog"),
        ("oom-kill:constraint=CONSTRAINT_MEMCG", "constraint"),
        ("rcu_preempt self-detected stall", "placement"),
        ("attempting to reclaim ephemeral-storage", "ports"),
        ("member was removed from the group", "import"),
        ("LOG: duration: 1.09 ms execute", "query"),
        ("checkpoint complete: wrote 1021 buffers", "size"),
        ("PKIX path validation failed", "parse"),
        ("at processTicksAndRejections (node:internal)", "data"),
        ("client=backoffice saved", "retry"),
        ("read by Utf8JsonReader", "encoding"),
        ('File "app/pool.py", line 3, in take', "pool"),
        ("x509: certificate has expired", "time"),
        ("GET /cart took 0.031234567890123", "data"),
    ],
)
def test_word_that_names_another_thing_is_no_such_failure(text, kind):
    """A resource that ran out is no wrong sum, a level no restart, a class of a client no pool that ran dry."""
    assert kind not in classify(text)


@pytest.mark.parametrize(
    ("text", "kind", "other"),
    [
        ("runtime error: invalid memory address or nil pointer dereference", "null", "memory"),
        ("runtime error: invalid memory address or nil pointer dereference", "null", "data"),
        ("LOADING Redis is loading the dataset in memory", "cache", "memory"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "auth", "data"),
        ("invalid_grant: Token has been expired or revoked.", "auth", "data"),
        ("The request signature we calculated does not match the signature you provided", "auth", "data"),
        ("Invalid HTTP_HOST header: 'shop.example'. You may need to add it to ALLOWED_HOSTS.", "routing", "data"),
        ("Syntax error in module 'app': invalid syntax (app.py, line 14)", "parse", "data"),
        ("unauthorized: Invalid response from http://shop.example/.well-known/acme-challenge/x: 404", "auth", "data"),
    ],
)
def test_word_that_names_another_thing_tells_its_own_kind_alone(text, kind, other):
    """A null pointer needs no memory, and who is refused for a key sent no wrong content."""
    assert kind in classify(text)
    assert other not in classify(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write /var/lib/a: no space left on device", "disk"),
        ("invalid amount -3 for order 7", "data"),
        ("total does not match the sum of lines", "data"),
        ("invalid user input: age must be positive", "data"),
        ("invalid client order id 12", "data"),
        ("write /data/a: no space left on device, watchdog stopped it", "disk"),
        ("ENOSPC on /data, the watchdog stopped it", "disk"),
        ("invalid_currency: EUR for an account in SEK", "data"),
        ("cannot allocate memory", "memory"),
    ],
)
def test_content_that_is_wrong_and_memory_that_is_short_are_told_as_before(text, kind):
    """What is left out is a wording, never the kind."""
    assert kind in classify(text)


def test_lines_that_a_drain_lost_are_no_work():
    """Heroku's L10 is about the log, not about what the program does."""
    line = "heroku[logplex]: Error L10 (output buffer overflow): drain 'd.a' dropped 120 messages since 14:04"

    assert not {"backlog", "empty"} & classify(line)
    assert "backlog" in classify("rabbit: dropped 120 messages for queue mail: overflow")


def test_too_many_watched_files_fill_no_disk():
    """The kernel answers ENOSPC where files are watched that may not be."""
    assert "disk" not in classify("Error: ENOSPC: System limit for number of file watchers reached, watch '/app'")
    assert "disk" not in classify("inotify_add_watch /etc/app: no space left on device")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Pod was evicted by VPA Updater", "cache"),
        ("container_cpu_cfs_throttled_seconds_total", "ratelimit"),
        ("disrupting nodepools=[batch]", "pool"),
        ("NAME READY STATUS RESTARTS AGE", "restart"),
        ('I/O error on GET request for "http://search"', "hardware"),
        ("Possible SYN flooding on port 443. Sending cookies.", "auth"),
        ("AbstractNamedValueMethodArgumentResolver.updateInfo", "dns"),
    ],
)
def test_word_of_another_thing_is_not_the_kind(text, kind):
    """Each gave innocents a tie."""
    assert kind not in classify(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Unable to locate credentials", "auth"),
        ("agent_heartbeat_age_seconds_max", "stale"),
        ("received GoAway ENHANCE_YOUR_CALM", "ratelimit"),
        ("out of service in response to an ELB health check failure", "routing"),
        ("producer attempted to produce with an old epoch", "concurrency"),
    ],
)
def test_word_of_a_runtime_is_the_kind(text, kind):
    """As they word it themselves."""
    assert kind in classify(text)
