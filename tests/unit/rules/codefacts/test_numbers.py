"""Numbers in lines of common clients, with their unit."""

import pytest

from fermata.rules.codefacts.numbers import list_pools, list_retries, list_timeouts

TIMEOUTS = [
    ("ctx, cancel := context.WithTimeout(ctx, 5*time.Second)", ".go", [5000]),
    ("context.WithTimeout(ctx, time.Millisecond*100)", ".go", [100]),
    ("http.Client{Timeout: time.Duration(5) * time.Second}", ".go", [5000]),
    ("http.Client{Timeout: 5}", ".go", []),
    ("requests.get(url, timeout=2.5)", ".py", [2500]),
    ("httpx.Timeout(timedelta(milliseconds=300))", ".py", [300]),
    ("axios.get(url, {timeout: 5_000})", ".js", [5000]),
    ("setTimeout(mongoLoop, 2000);", ".js", []),
    ("setTimeout(() => { go() }, 2000);", ".js", []),
    ("client.setReadTimeout(3000);", ".java", [3000]),
    (".callTimeout(10, TimeUnit.SECONDS)", ".java", [10000]),
    (".timeoutDuration(Duration.ofSeconds(4))", ".java", [4000]),
    ("client.Timeout = TimeSpan.FromMinutes(1);", ".cs", [60000]),
    ("command.CommandTimeout = 30;", ".cs", []),
    ("timeout: Duration::from_millis(250)", ".rs", [250]),
    ("'timeout' => 3", ".php", [3000]),
    ("timeoutMs: 500", ".yaml", [500]),
    ("socketTimeoutMS=700", ".conf", [700]),
    ("SOCKET_TIMEOUT_SECONDS = 7", ".go", [7000]),
    ("proxy_read_timeout 30s;", ".conf", [30000]),
    ("proxy_connect_timeout 30s;", ".conf", []),
    ("setConnectionTimeout(httpParams, 5000);", ".java", []),
    ("serverSelectionTimeoutMS: 5000", ".js", []),
    ("timeout = 0", ".py", []),
    ("delay = 5 * time.Second", ".go", []),
    ("recvCtx, cancel := context.WithTimeout(ctx, 5*time.Second)", ".go", []),
    ("timeoutSeconds: 5", ".yaml", []),
    ("closeCtx, cancel := context.WithTimeout(ctx, 1*time.Second)", ".go", []),
    ("grpc timeout 1m", ".conf", [60000]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "suffix", "found"), TIMEOUTS)
def test_timeout_of_a_call_is_read_in_milliseconds(code, suffix, found):
    """And a timer, a limit for connecting, or a number without a unit is none."""
    assert list_timeouts(code, suffix) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("maxRetries := 10", [10]),
        ("retries: 3", [3]),
        ("retryAttempts: 3", [3]),
        ("max_attempts=3", [2]),
        ("maxAttempts = 1", [0]),
        ("attempts = 0", []),
        ("retries = 5000", []),
        ("retryDelay: 3", []),
        ("retry_interval = 5", []),
    ],
)
def test_retries_are_attempts_after_the_first(code, found):
    """A pause between them is none."""
    assert list_retries(code) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("db.SetMaxOpenConns(10)", [10]),
        ("pool_size=5", [5]),
        ("maximum-pool-size: 20", [20]),
        ("maxPoolSize: 50", [50]),
        ("max_connections=40", [40]),
        ("SetMaxIdleConns(2)", []),
        ("pool_size=0", []),
        ("thread_pool_size=8", []),
        ("corePoolSize = 10", []),
    ],
)
def test_pool_is_what_may_be_open_at_once(code, found):
    """What is idle is not counted."""
    assert list_pools(code) == found
