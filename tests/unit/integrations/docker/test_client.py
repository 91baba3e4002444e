"""What the client makes of engines, and of what stands before them, that do not do their part."""

import asyncio
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from fermata.integrations.docker.client import LARGEST_ANSWER_BYTES, EngineClient
from fermata.integrations.docker.faults import AnswerLost, EngineRefused, NoSuchObject, NotDelivered
from fermata.kit.errors import OperationalError, TransientError

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def fail(client, ask="list_containers", *arguments):
    """Make one call that has to fail, and give the error."""
    with pytest.raises(OperationalError) as failure:
        async with client.connect() as session:
            await getattr(session, ask)(*arguments)
    return failure.value


@pytest.mark.parametrize(("theirs", "spoken"), [("1.43", "v1.43"), ("1.41", "v1.41"), ("1.99", "v1.47")])
async def test_newest_version_that_both_know_is_spoken(engine, theirs, spoken):
    """Asked once a session, whatever the number of calls."""
    await engine.start(lambda _: engine.answer([]), version=theirs)

    async with engine.client().connect() as session:
        await asyncio.gather(session.list_containers(), session.list_containers())

    assert engine.requests == ["GET /_ping HTTP/1.1", *[f"GET /{spoken}/containers/json?all=1 HTTP/1.1"] * 2]


@pytest.mark.parametrize(("version", "words"), [("1.40", "too old"), ("", "no Docker engine"), ("new", "no Docker")])
async def test_engine_that_is_too_old_or_none_is_told(engine, version, words):
    """Another server on the socket, or one from before 2020."""
    await engine.start(lambda _: engine.answer([]), version=version)

    assert words in (await fail(engine.client())).what


async def test_session_at_a_socket_reads_no_authorities(engine, monkeypatch):
    """Nothing is certified there, and reading them all keeps whoever measures beside it waiting."""
    await engine.start(lambda _: engine.answer([]))
    # What reads them must not be called; that it took its time cannot be asserted.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", None)

    async with engine.client().connect() as session:
        assert await session.list_containers() == []


async def test_socket_that_is_not_there_was_certainly_not_reached(engine):
    """Nothing happened, and the words say what to check."""
    error = await fail(engine.client())

    assert isinstance(error, NotDelivered)
    assert "docker.socket" in error.do


async def test_socket_that_may_not_be_opened_names_the_group(engine, monkeypatch):
    """Root opens every socket, so the refusal is made here."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    await engine.start(lambda _: engine.answer([]))
    monkeypatch.setattr(socket.socket, "connect", refuse)  # The tests may run as root, whom nothing refuses.
    error = await fail(engine.client())

    assert isinstance(error, NotDelivered)
    assert "group `docker`" in error.do


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_permission_is_named(engine, status):
    """A socket proxy says no: exactly which call it has to allow."""
    await engine.start(lambda _: engine.answer(body=b"<html>forbidden</html>", status=f"{status} Forbidden"))

    error = await fail(engine.client(), "list_events", NOON - timedelta(hours=1), NOON)

    assert isinstance(error, EngineRefused)
    assert "Allow GET /events where" in error.do
    assert "forbidden" in error.why
    assert not isinstance(error, TransientError)


async def test_vanished_container_is_told_apart(engine):
    """It was there a moment ago."""
    await engine.start(lambda _: engine.answer({"message": "No such container: x"}, status="404 Not Found"))

    error = await fail(engine.client(), "inspect", "x")

    assert isinstance(error, NoSuchObject)
    assert error.said == "No such container: x"


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_what_asks_for_time_is_transient(engine, status):
    """Retry-After is passed on in seconds."""
    await engine.start(lambda _: engine.answer({"message": "busy"}, status=status, headers=["Retry-After: 7"]))

    error = await fail(engine.client())

    assert isinstance(error, TransientError)
    assert isinstance(error, EngineRefused)
    assert error.retry_after == timedelta(seconds=7)


async def test_error_of_the_engine_itself_keeps_its_words(engine):
    """500 with a reason; a secret in it does not leave."""
    message = "cannot start: postgres://shop:pa55w0rd-Kx9@db/shop"
    await engine.start(lambda _: engine.answer({"message": message}, status="500 Internal Server Error"))

    error = await fail(engine.client(), "post", "/containers/x/start")

    assert isinstance(error, EngineRefused)
    assert "cannot start" in str(error)
    assert "pa55w0rd" not in str(error)


async def test_end_of_a_long_error_is_kept(engine):
    """Errors are wrapped, outermost first: what people need stands last, and full ids leave no room for it."""
    message = (
        f"Cannot restart container {'ab' * 32}: driver failed programming external connectivity on endpoint "
        f"checkout ({'cd' * 32}): {'and then ' * 40}listen tcp4 127.0.0.1:80: bind: address already in use"
    )
    await engine.start(lambda _: engine.answer({"message": message}, status="500 Internal Server Error"))

    error = await fail(engine.client())

    assert isinstance(error, EngineRefused)
    assert error.said.startswith(f"Cannot restart container {'ab' * 6}: driver failed")
    assert error.said.endswith("bind: address already in use")
    assert len(error.said) <= 300


async def test_redirect_is_not_followed(engine):
    """A login page in front is not an engine."""
    await engine.start(lambda _: engine.answer(body=b"", status="302 Found", headers=["Location: http://evil/"]))

    error = await fail(engine.client())

    assert "never redirects" in error.do
    assert len(engine.requests) == 2


async def test_hanging_engine_is_given_up_in_time(engine):
    """A call has a deadline as a whole; whether it took effect is not known."""

    async def hang(_, reader, __):
        await reader.read()

    await engine.start(hang)
    error = await fail(engine.client(timeout_s=0.1), "post", "/containers/x/restart")

    assert isinstance(error, AnswerLost)
    assert "within 0.1 s" in error.what


async def test_trickling_answer_is_given_up_in_time(engine):
    """Each byte comes in time, the answer does not."""

    async def trickle(_, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    await engine.start(trickle)

    assert "within 0.1 s" in (await fail(engine.client(timeout_s=0.1))).what


async def test_half_an_answer_is_lost(engine):
    """The engine died in the middle."""

    async def break_off(_, __, writer):
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"Id": "c0')

    await engine.start(break_off)
    error = await fail(engine.client())

    assert isinstance(error, AnswerLost)
    assert "broke during GET /containers/json" in error.what


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b'[{"Id": 7}]', b'[{"Names": []}]', b'{"a": 1}', b"[1]"])
async def test_garbage_is_an_operational_error(engine, body):
    """Whatever comes, it never breaks the incident."""
    await engine.start(lambda _: engine.answer(body=body))

    error = await fail(engine.client())

    assert "gave an answer that is not" in error.what


async def test_garbage_instead_of_http_is_an_operational_error(engine):
    """Another service listens there."""

    async def greet(_, __, writer):
        writer.write(b"220 mail ready\r\n")

    await engine.start(greet)

    assert isinstance(await fail(engine.client()), AnswerLost)


async def test_endless_answer_is_cut_off(engine):
    """More than 8 MiB is nothing to read during an incident."""
    await engine.start(lambda _: engine.answer(body=b" " * (LARGEST_ANSWER_BYTES + 1)))

    assert "more than 8 MiB" in (await fail(engine.client())).what


async def test_instants_are_asked_by_the_engines_clock(engine):
    """An engine an hour ahead is asked an hour later, and its events fall into our window."""
    ahead = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    await engine.start(lambda _: engine.answer(body=b""), date=ahead)

    async with engine.client().connect() as session:
        assert await session.list_events(NOON - timedelta(hours=1), NOON) == []

    assert abs(session.skew - timedelta(hours=1)) < timedelta(seconds=5)
    since, until = (float(engine.requests[1].partition(f"{name}=")[2].partition("&")[0]) for name in ("since", "until"))
    assert abs(since - NOON.timestamp()) < 5
    assert abs(until - (NOON + timedelta(hours=1)).timestamp()) < 5


@pytest.mark.parametrize(("ahead_s", "is_skewed"), [(-30, True), (0, False), (30, True)])
async def test_clock_that_goes_like_ours_is_asked_by_ours(engine, ahead_s, is_skewed):
    """An engine tells whole seconds, and an answer takes time: less than two are no difference."""
    date = (datetime.now(UTC) + timedelta(seconds=ahead_s, milliseconds=500)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    await engine.start(lambda _: engine.answer(body=b""), date=date)

    async with engine.client().connect() as session:
        await session.list_events(NOON - timedelta(hours=1), NOON)

    assert (session.skew != timedelta(0)) is is_skewed
    assert abs(session.skew - timedelta(seconds=ahead_s)) < timedelta(seconds=2)


async def test_events_are_one_to_a_line(engine):
    """Unknown fields are no matter; an exit code is a number or none."""
    body = b'{"Action":"die","Actor":{"ID":"a","Attributes":{"name":"x","exitCode":"137"}},'
    body += b'"timeNano":1795638318057883086,"new":1}\n'
    body += b'{"Action":"start","Actor":{"ID":"a","Attributes":null},"timeNano":1795638319000000000}\n'
    await engine.start(lambda _: engine.answer(body=body))

    async with engine.client().connect() as session:
        died, started = await session.list_events(NOON - timedelta(hours=1), NOON)

    assert (died.name, died.exit_code, died.at.year) == ("x", 137, 2026)
    assert (started.name, started.exit_code) == ("", None)


@pytest.fixture
def certificates(tmp_path):
    """Give a self-signed certificate for localhost and its key."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
async def tls_port(certificates):
    """Give the port of an engine that speaks TLS on loopback and wants a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates[0])
    context.load_cert_chain(*certificates)
    context.verify_mode = ssl.CERT_REQUIRED

    async def handle(reader, writer):
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")):
                body = b"OK" if b"/_ping" in head else b"[]"
                writer.write(
                    b"HTTP/1.1 200 OK\r\nApi-Version: 1.43\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_tls_is_spoken_with_our_certificate(tls_port, certificates):
    """Both sides prove who they are."""
    certificate, key = certificates
    client = EngineClient(f"tcp://localhost:{tls_port}", tls=(certificate, certificate, key), timeout_s=2)

    async with client.connect() as session:
        assert await session.list_containers() == []


async def test_wrong_certificate_is_refused_before_anything_is_asked(tls_port, certificates):
    """The name in the address does not stand in the certificate: certainly nothing was done."""
    certificate, key = certificates
    client = EngineClient(f"tcp://127.0.0.1:{tls_port}", tls=(certificate, certificate, key), timeout_s=2)

    error = await fail(client)

    assert isinstance(error, NotDelivered)
    assert "docker.tls_ca" in error.do


async def test_missing_certificate_file_is_told(tmp_path):
    """Not a traceback, but which settings to look at."""
    nothing = tmp_path / "none.pem"

    error = await fail(EngineClient("tcp://localhost:1", tls=(nothing, nothing, nothing)))

    assert "docker.tls_key" in error.do


async def test_address_without_tls_is_spoken_to_plainly():
    """Nothing listens there: not reached."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    error = await fail(EngineClient(f"tcp://127.0.0.1:{port}", timeout_s=2))

    assert isinstance(error, NotDelivered)
    assert f"tcp://127.0.0.1:{port}" in error.what


async def test_permission_is_named_without_whom_it_is_about(engine):
    """A proxy allows a kind of call, not one container."""
    await engine.start(lambda _: engine.answer(body=b"", status="403 Forbidden"))

    error = await fail(engine.client(), "post", f"/containers/{engine.CONTAINER_ID}/update")

    assert "Allow POST /containers/<id>/update where" in error.do
