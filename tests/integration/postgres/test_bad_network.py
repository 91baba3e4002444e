"""Servers that do not do their part: each gives a stated gap in time, never a crash and never a hang."""

import asyncio
import contextlib
import ssl
import struct
import subprocess
import time

import psycopg
import pytest

from fermata.integrations.postgres.settings import PostgresSettings
from fermata.integrations.postgres.system import Postgres
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, TransientError
from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_scope

SCOPE = make_scope("service/checkout")
PASSWORD = "hunter2-Vq8x"
WELCOME = b"R" + struct.pack("!ii", 8, 0) + b"Z" + struct.pack("!i", 5) + b"I"


def say_error(code, text):
    """Return PostgreSQL's message of a fatal error."""
    fields = b"".join(b"%c%s\0" % (key, value.encode()) for key, value in ((83, "FATAL"), (67, code), (77, text)))
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"


async def read_message(reader):
    """Read one message without a type: the start of a conversation."""
    (length,) = struct.unpack("!i", await reader.readexactly(4))
    return await reader.readexactly(length - 4)


class BadServer:
    """Listens on loopback and behaves as it is told."""

    def __init__(self, behave):
        self._behave = behave
        self._tasks = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reader, writer):
        self._tasks.append(asyncio.current_task())
        try:
            await self._behave(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # The client went away, as it should.
        finally:
            writer.transport.abort()

    def system(self, options="sslmode=disable", **settings):
        """Return the integration, pointed at this server."""
        dsn = f"postgresql://reader:{PASSWORD}@127.0.0.1:{self.port}/shop?{options}"
        values = {"connect_timeout_s": 0.3, "statement_timeout_s": 0.2, "sample_s": 0}
        return Postgres(PostgresSettings(dsn=dsn, write_dsn=dsn, **(values | settings)), SystemClock())


async def collect(server, index=0, **settings):
    """Return the failure of a collector, and the seconds it took."""
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        await server.system(**settings).list_collectors()[index].collect(SCOPE)
    assert time.monotonic() - began < 5
    assert PASSWORD not in str(caught.value) + repr(caught.value.facts)
    assert caught.value.do
    return caught.value


async def hang(reader, writer):
    """Take the connection and say nothing."""
    await reader.read()


async def welcome_and_hang(reader, writer):
    """Let the client in, and never answer a statement."""
    await read_message(reader)
    writer.write(WELCOME)
    await reader.read()


async def answer_half(reader, writer):
    """Let the client in, answer half a message to its statement, and go."""
    await read_message(reader)
    writer.write(WELCOME)
    await reader.read(1)
    writer.write(b"T" + struct.pack("!i", 500) + b"half")
    await writer.drain()


async def speak_http(reader, writer):
    """Be another protocol."""
    await reader.read(8)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


def refuse(code, text):
    """Return a behaviour: refuse the login."""

    async def behave(reader, writer):
        await read_message(reader)
        writer.write(say_error(code, text))
        await writer.drain()

    return behave


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (hang, "did not take the connection within 0.3 s"),
        (welcome_and_hang, "did not answer within 1.2 s"),
        (answer_half, "could not be asked"),
        (speak_http, "could not be asked"),
    ],
)
async def test_server_that_hangs_or_babbles_is_a_gap_in_time(behave, words):
    """Whoever waits stops waiting, and the message says for what."""
    async with BadServer(behave) as server:
        error = await collect(server)

        assert words in error.what
        assert isinstance(error, TransientError) == ("within" in words)


@pytest.mark.parametrize(
    ("code", "text", "words", "is_passing"),
    [
        ("28P01", 'password authentication failed for user "reader"', "refused the password", False),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1"', "refused the login", False),
        ("28000", 'role "reader" does not exist', "refused the login", False),
        ("3D000", 'database "shop" does not exist', "has no such database", False),
        ("42501", 'permission denied for database "shop"', "the role may not connect", False),
        ("57P03", "the database system is starting up", "starting up or shutting down", True),
        ("57P03", "the database system is shutting down", "starting up or shutting down", True),
        ("XX000", "something nobody has heard of", "something nobody has heard of", False),
    ],
)
async def test_refused_login_says_what_to_correct(code, text, words, is_passing):
    """While it connects libpq gives no code: the server's words are understood."""
    async with BadServer(refuse(code, text)) as server:
        error = await collect(server, 2)

        assert words in error.why
        assert isinstance(error, TransientError) == is_passing


async def test_full_server_asks_to_come_back_later():
    """All connections taken: passing, and with a delay."""
    async with BadServer(refuse("53300", "sorry, too many clients already")) as server:
        error = await collect(server, 2)

        assert isinstance(error, TransientError)
        assert error.retry_after.total_seconds() == 5


async def test_nobody_listening_is_a_gap():
    """A port without a server refuses at once."""
    async with BadServer(hang) as server:
        pass
    error = await collect(server, 2)

    assert "could not be asked (connecting)" in error.what
    assert "Start the server, or correct host and port" in error.do


async def test_nobody_listening_is_what_the_first_look_tells():
    """A refused connection is an observation: the diagnosis names it, whatever else stays a gap."""
    async with BadServer(hang) as server:
        pass
    collectors = server.system().list_collectors()
    activity = next(one for one in collectors if one.name == "postgres.activity")

    evidence = await activity.collect(SCOPE)

    diagnosis = diagnose(Case(scope=SCOPE, alerts=SCOPE.alerts, evidence=tuple(evidence)))
    assert diagnosis.leading.cause == "database_down"
    assert "Connection refused" in diagnosis.leading.text
    assert PASSWORD not in diagnosis.to_json().__str__()


async def test_wrong_certificate_is_refused(tmp_path):
    """With sslmode=verify-full a certificate that nobody vouches for ends it, before anything is said."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other.example", "-days", "1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    said = []

    async def speak_tls(reader, writer):
        await read_message(reader)
        writer.write(b"S")
        await writer.drain()
        with contextlib.suppress(ssl.SSLError):
            await writer.start_tls(context)
            said.append(await reader.read(1))

    async with BadServer(speak_tls) as server:
        options = f"sslmode=verify-full&sslrootcert={certificate}"
        error = await collect(server, options=options, connect_timeout_s=3)

        assert "certificate" in error.why
        assert said in ([], [b""])


async def test_action_on_a_server_that_hangs_is_told(monkeypatch):
    """Nothing was begun, so nothing was done; a probe does not know."""
    from datetime import UTC, datetime

    from fermata.domain.action import Outcome
    from fermata.testing.action_contract import KEY
    from fermata.testing.records import make_action

    async with BadServer(welcome_and_hang) as server:
        system = server.system()
        target = system.list_collectors()[0]._databases.by_name["shop"].entity
        for action, parameters in zip(
            system.list_actions()[:2],
            ({"table": "public.a", "columns": ["b"], "method": "btree", "where": ""}, {"index": "public.a"}),
            strict=True,
        ):
            planned = make_action(name=action.spec.name, target=target, parameters=parameters)
            assert (await action.execute(planned, KEY)).outcome is Outcome.FAILED
            assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.UNKNOWN


async def test_check_says_that_it_hangs():
    """The doctor never raises."""
    async with BadServer(hang) as server:
        results = await server.system().check()

        assert [result.ok for result in results] == [False, False]
        assert all("did not take the connection" in result.text for result in results)
        assert all(PASSWORD not in result.text for result in results)


@pytest.mark.postgres
async def test_vanished_table_and_statement_timeout_say_so(shop):
    """What the server itself ends or no longer has: each with its own words."""
    database = shop.system(dsn=shop.url, statement_timeout_s=0.2)._databases.by_name[shop.name]
    async with database.read() as session:
        with pytest.raises(TransientError, match="took longer than it may"):
            await session.run("SELECT pg_sleep(30)", doing="sleeping")
    async with database.read() as session:
        with pytest.raises(OperationalError, match="is gone"):
            await session.run("SELECT 1 FROM nowhere", doing="looking")
    async with database.read() as session:
        with pytest.raises(OperationalError, match="read-only transaction"):
            await session.run("DELETE FROM public.order_lines", doing="deleting")
    async with database.read() as session:
        with pytest.raises(OperationalError, match="multiple commands"):
            await session.run("COMMIT; DELETE FROM public.order_lines", doing="deleting")


@pytest.mark.postgres
async def test_reading_does_not_queue_for_locks(shop):
    """A table locked by somebody else gives up after lock_timeout, and names the lock."""
    with contextlib.closing(psycopg.connect(shop.url)) as other:
        other.execute("LOCK TABLE order_lines IN ACCESS EXCLUSIVE MODE")
        database = shop.system(lock_timeout_s=0.05)._databases.by_name[shop.name]
        async with database.read() as session:
            with pytest.raises(TransientError, match="lock was not to be had"):
                await session.run("SELECT 1 FROM public.order_lines", doing="reading")
