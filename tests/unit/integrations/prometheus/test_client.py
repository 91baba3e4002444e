"""What the client sends, and what it makes of servers that do not do their part."""

import asyncio
import base64
import json
import re
import socket
from datetime import UTC, datetime, timedelta

import pytest

from fermata.integrations.prometheus.client import (
    LARGEST_ANSWER_BYTES,
    LONGEST_QUERY_IN_URL,
    PrometheusClient,
)
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.web_server import Answer, WebServer, make_tls

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MATRIX = {"resultType": "matrix", "result": []}


async def ask(client, query="up"):
    """Make one range query."""
    async with client.connect() as session:
        return await session.fetch_range(query, NOON - HOUR, NOON, 8.0)


async def fail(client, query="up"):
    """Make one range query that has to fail, and give the error."""
    with pytest.raises(OperationalError) as failure:
        await ask(client, query)
    return failure.value


async def test_range_query_is_a_get_with_its_window(server):
    """A query a person can repeat by hand: a plain GET, its times in seconds, a limit for the server as well."""
    await server.start(lambda _: server.answer(MATRIX))

    assert await ask(server.client(timeout_s=3)) == []

    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/api/v1/query_range")
    assert request.params == {
        "query": "up",
        "start": f"{(NOON - HOUR).timestamp():.3f}",
        "end": f"{NOON.timestamp():.3f}",
        "step": "8",
        "timeout": "3s",
    }
    assert "authorization" not in request.headers


async def test_values_of_every_form_are_read(server):
    """Prometheus writes numbers as text, NaN and infinity among them; native histograms have no values."""
    result = [{"metric": {"a": "1"}, "values": [[NOON.timestamp(), "1.5"], [NOON.timestamp() + 8, "+Inf"]]}]
    result += [{"metric": {}, "histograms": [[1, {}]]}]
    await server.start(lambda _: server.answer(MATRIX | {"result": result}))

    first, second = await ask(server.client())

    assert [value for _, value in first.values] == [1.5, float("inf")]
    assert second.values == []


async def test_long_query_goes_in_the_body(server):
    """Proxies refuse long request lines."""
    await server.start(lambda _: server.answer(MATRIX))
    query = " + ".join(["up"] * LONGEST_QUERY_IN_URL)

    await ask(server.client(), query)

    (request,) = server.requests
    assert (request.method, request.params["query"]) == ("POST", query)


async def test_path_prefix_of_the_address_is_kept(server):
    """Behind a proxy Prometheus often lives under a path."""
    await server.start(lambda _: server.answer(MATRIX))

    await ask(PrometheusClient(PrometheusSettings(url=f"{server.url}/prometheus/")))

    assert server.requests[0].path == "/prometheus/api/v1/query_range"


async def test_token_is_sent_as_bearer(server):
    """A token opens what a proxy guards."""
    await server.start(lambda _: server.answer(MATRIX))

    await ask(server.client(token="sample-token"))

    assert server.requests[0].headers["authorization"] == "Bearer sample-token"


async def test_user_name_and_password_are_sent_as_basic(server):
    """Prometheus' own web configuration knows basic authentication only."""
    await server.start(lambda _: server.answer(MATRIX))

    await ask(server.client(username="bob", password="pass:word"))

    sent = server.requests[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"bob:pass:word"


async def test_nothing_listening_is_transient():
    """A server that is down may come back."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    error = await fail(PrometheusClient(PrometheusSettings(url=url)))

    assert isinstance(error, TransientError)
    assert "cannot be reached" in error.what
    assert url in error.what


async def test_hanging_server_is_given_up_in_time(server):
    """No answer within the limit is an answer."""

    async def hang(*_):
        await asyncio.sleep(30)

    await server.start(hang)

    error = await asyncio.wait_for(fail(server.client(timeout_s=0.2)), 5)

    assert isinstance(error, TransientError)
    assert "did not answer within 0.2 s" in error.what


async def test_trickling_server_is_given_up_in_time(server):
    """An answer that comes byte by byte meets the limit of the whole call."""

    async def trickle(_request, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _byte in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    await server.start(trickle)

    error = await asyncio.wait_for(fail(server.client(timeout_s=0.2)), 5)

    assert "did not answer within" in error.what


async def test_cancelled_call_leaves_nothing_behind(server):
    """A deadline cancels a collector; the connection closes with it."""
    asked, gone = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(_request, reader, _writer):
        asked.set()
        assert await reader.read() == b""
        gone.set()

    await server.start(wait_for_the_end)
    task = asyncio.create_task(ask(server.client(timeout_s=30)))
    await asked.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Unavailable", "504 Timeout", "429 Slow Down"])
async def test_status_that_may_pass_is_transient(server, status):
    """Overload and restarts pass; the reason the server gives is told."""
    body = json.dumps({"status": "error", "errorType": "timeout", "error": "query timed out"}).encode()
    await server.start(lambda _: server.answer(status=status, body=body, headers=["Retry-After: 7"]))

    error = await fail(server.client())

    assert isinstance(error, TransientError)
    assert error.retry_after == timedelta(seconds=7)
    assert "query timed out" in error.why
    assert error.facts["status"] == int(status[:3])


async def test_dated_retry_after_is_left_to_the_caller(server):
    """The header may hold a date, or nonsense; then no delay is claimed."""
    await server.start(lambda _: server.answer(status="503 X", body=b"", headers=["Retry-After: Mon, 23 Nov 2026"]))

    error = await fail(server.client())

    assert error.retry_after is None


@pytest.mark.parametrize(
    ("status", "todo"),
    [
        ("400 Bad Request", "by hand"),
        ("401 Unauthorized", "prometheus.token"),
        ("403 Forbidden", "prometheus.token"),
        ("404 Not Found", "prometheus.url"),
        ("302 Found", "prometheus.url"),
        ("422 Unprocessable", "by hand"),
    ],
)
async def test_refusal_says_what_to_do(server, status, todo):
    """What will not pass by itself is not retried, and names the setting to look at."""
    await server.start(lambda _: server.answer(status=status, body=b"<html>", headers=["Location: /login"]))

    error = await fail(server.client())

    assert not isinstance(error, TransientError)
    assert todo in error.do
    assert len(server.requests) == 1


async def test_login_that_is_set_and_refused_is_to_be_renewed(server):
    """To set what is set already is no help."""
    await server.start(lambda _: server.answer(status="401 Unauthorized", body=b""))

    error = await fail(server.client(token="sample-token"))

    assert error.do.startswith("Renew prometheus.token")


@pytest.mark.parametrize(
    "login", [{"token": "plain-house-token"}, {"username": "eve", "password": "plain-house-token"}]
)
async def test_login_that_is_repeated_is_taken_out(server, login):
    """A token of one's own making looks like no secret."""
    body = json.dumps({"error": "plain-house-token is not known"}).encode()
    await server.start(lambda _: server.answer(status="401 Unauthorized", body=body))

    error = await fail(server.client(**login))

    assert "plain-house-token" not in str(error)
    assert "is not known" in str(error)


async def test_secret_in_a_reason_is_redacted(server):
    """What a server says back is shown to people; it may repeat what it was sent."""
    body = json.dumps({"error": "bad header Bearer abcdefghijklmnop " + "x" * 5_000}).encode()
    await server.start(lambda _: server.answer(status="400 Bad Request", body=body))

    error = await fail(server.client())

    assert "abcdefghijklmnop" not in str(error)
    assert len(str(error)) < 700


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b"",
        b"[]",
        b'{"status":"success"}',
        b'{"data":{"result":7}}',
        b'{"data":{"result":[{"metric":{"a":1},"values":[]}]}}',
        b'{"data":{"result":[{"metric":{},"values":[[1,"many"]]}]}}',
        b'{"data":{"result":[{"metric":{},"values":[[1e300,"1"]]}]}}',
        b'{"data":{"result":[{"metric":{},"values":[["NaN","1"]]}]}}',
        b"\xff\xfe",
    ],
)
async def test_garbage_is_an_operational_error(server, body):
    """A page in front of Prometheus, or a proxy's own words, are named as such."""
    await server.start(lambda _: server.answer(body=body))

    error = await fail(server.client())

    assert "not its API's" in error.what
    assert "prometheus.url" in error.do


@pytest.mark.parametrize(
    "raw", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", b""]
)
async def test_server_that_speaks_no_http_is_an_operational_error(server, raw):
    """Another program on the port, or a connection that breaks in the middle."""
    await server.start(lambda _: raw)

    error = await fail(server.client())

    assert "cannot be reached" in error.what


async def test_compressed_garbage_is_an_operational_error(server):
    """A body that does not unpack is the server's fault, not ours."""
    await server.start(lambda _: server.answer(body=b"not gzip", headers=["Content-Encoding: gzip"]))

    assert isinstance(await fail(server.client()), OperationalError)


async def test_oversized_answer_is_given_up(server):
    """An expression that matches everything cannot fill the memory."""

    async def flood(_request, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _chunk in range(LARGEST_ANSWER_BYTES // 2**20 + 2):
            writer.write(b" " * 2**20)
            await writer.drain()

    await server.start(flood)

    error = await fail(server.client())

    assert "more than 16 MiB" in error.what


async def test_token_does_not_follow_a_redirect(server):
    """Another host never sees the token."""
    await server.start(lambda _: server.answer(status="307 X", body=b"", headers=[f"Location: {server.url}/elsewhere"]))

    await fail(server.client(token="sample-token"))

    assert [request.path for request in server.requests] == ["/api/v1/query_range"]


async def test_environment_of_proxies_is_not_read(server, monkeypatch):
    """Only the settings read the environment."""
    await server.start(lambda _: server.answer(MATRIX))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")

    assert await ask(server.client()) == []


async def test_untrusted_certificate_is_refused_until_it_is_named(tmp_path):
    """A server of one's own has a certificate of one's own."""
    async with WebServer(lambda _: Answer({"status": "success", "data": MATRIX}), make_tls(tmp_path)) as server:
        error = await fail(PrometheusClient(PrometheusSettings(url=server.url)))
        ours = PrometheusSettings(url=server.url, ca_file=tmp_path / "certificate.pem")

        assert await ask(PrometheusClient(ours)) == []
    assert "certificate" in str(error)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"url": "127.0.0.1:9090"}, "write it like"),
        ({"url": "ftp://x"}, "write it like"),
        ({"url": "http://"}, "write it like"),
        ({"url": "http://bob:secret@x"}, "settings for these beside it"),
        ({"url": "http://x/graph?g0.expr=up"}, "a query or a fragment"),
        ({"url": "http://x", "username": "bob"}, "go together"),
        ({"url": "http://x", "username": "bob", "password": "p", "token": "t"}, "either token"),
        ({"url": "http://x", "timeout_s": 0}, "greater than 0"),
        ({"url": "http://x", "step_s": -1}, "greater than 0"),
        ({"url": "http://x", "tokn": "t"}, "Extra inputs"),
    ],
)
def test_wrong_setting_is_refused(settings, why):
    """A fault in the settings is found at the start, not in the night."""
    with pytest.raises(ValueError, match=re.escape(why)):
        PrometheusSettings(**settings)


def test_secrets_do_not_show_in_the_settings():
    """Settings are printed and logged."""
    shown = repr(PrometheusSettings(url="http://x", username="bob", password="hunter2"))

    assert "hunter2" not in shown
