"""The alert door over real HTTP: who gets in, what is kept, what is journalled."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.integration.web.conftest import serving
from tests.unit.web.house import SECRET, SENTRY_SECRET, TOKEN, Settings

from fermata.kit.errors import OperationalError, TransientError, UserError

PATH = "/v1/alerts/alertmanager"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def sign(body):
    """Give the header a signing sender adds."""
    return {"X-Fermata-Signature": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def assert_told(answer, status):
    """Check that a refusal says what happened, why and what to do, and nothing of the inside."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "why", "do"}
    assert answer.json()["error"]
    assert "Traceback" not in answer.text


async def test_alerts_with_the_token_are_accepted(client, house):
    """The answer comes after the commit and says what became of them."""
    answer = await client.post(PATH, content=b'{"alerts": []}', headers=BEARER)

    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 2,
        "new": 1,
        "incidents": ["inc-01kar7m2qz84c6tn"],
        "truncated": 0,
        "refused": 0,
        "held_back": [],
    }
    assert house.bodies == [b'{"alerts": []}']
    assert house.refusals == []


async def test_signed_alerts_are_accepted(client, house):
    """A signature over the raw body is a proof like the token."""
    answer = await client.post(PATH, content=b"{ }", headers=sign(b"{ }"))

    assert answer.status_code == 202
    assert house.bodies == [b"{ }"]


def stamp(body, at, *, signed_at=None, prefix="sha256=", secret=SECRET):
    """Give the headers of a sender that signs the time along; `prefix` is empty as in Grafana's."""
    said, signed = (str(int(one.timestamp())) for one in (at, signed_at or at))
    digest = hmac.new(secret.encode(), f"{signed}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Fermata-Signature": prefix + digest, "X-Fermata-Timestamp": said}


@pytest.mark.parametrize("prefix", ["sha256=", ""])
@pytest.mark.parametrize("off_s", [0, -290, 290])
async def test_alerts_with_a_signed_time_are_accepted(client, house, prefix, off_s):
    """Within five minutes, and known again by what was signed; a body that is signed alone is known by itself."""
    at = house.clock.now() + timedelta(seconds=off_s)
    answers = [
        await client.post(PATH, content=body, headers=headers)
        for body, headers in ((b"{ }", stamp(b"{ }", at, prefix=prefix)), (b"{ }", sign(b"{ }")), (b"{}", BEARER))
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    stamped, plain, bearer = house.signed
    assert (stamped.is_stamped, plain.is_stamped, bearer) == (True, False, None)
    assert stamped.digest != plain.digest


async def test_alerts_that_were_signed_long_ago_are_refused(client, house):
    """Whoever recorded them sends them now; nothing is stored, and both clocks are named."""
    now = house.clock.now()
    old, later = now - timedelta(seconds=302), now + timedelta(seconds=302)
    no_time = stamp(b"{ }", now) | {"X-Fermata-Timestamp": "soon"}
    no_time["X-Fermata-Signature"] = hmac.new(SECRET.encode(), b"soon:{ }", hashlib.sha256).hexdigest()

    answers = [
        await client.post(PATH, content=b"{ }", headers=headers)
        for headers in (stamp(b"{ }", old), stamp(b"{ }", later), no_time, stamp(b"{ }", now, signed_at=old))
    ]

    for answer in answers:
        assert_told(answer, 401)
    assert "s off" in answers[0].json()["why"]
    assert "no number of seconds" in answers[2].json()["why"]
    assert house.bodies == []


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, sign(b"other"), sign(b"")]
)
async def test_alerts_without_proof_are_refused_and_journalled(client, house, headers):
    """No valid token and no valid signature: 401, nothing stored, one journal entry."""
    answer = await client.post(PATH, content=b"{}", headers=headers)

    assert_told(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert house.bodies == []
    assert house.refusals == [("alertmanager", "unauthenticated")]


@pytest.mark.parametrize("empty", ["", None])
async def test_intake_without_credentials_is_closed_to_everyone(house, client, empty):
    """Neither configured is never open: 503 in words, whatever the sender brings."""
    house.web = Settings(
        alert_token=empty, alert_hmac_secret=empty, alert_sentry_secret=empty, public_url=house.web.public_url
    )

    for headers in ({}, BEARER, {"Authorization": "Bearer"}, sign(b"{}")):
        answer = await client.post(PATH, content=b"{}", headers=headers)
        assert_told(answer, 503)
        assert "never open" in answer.json()["why"]
    assert house.bodies == []
    assert {reason for _, reason in house.refusals} == {"no_credential"}


async def test_signature_does_not_stand_in_for_a_missing_secret(house, client):
    """With the token alone configured, a signature made with an empty key proves nothing."""
    house.web.alert_hmac_secret = ""
    empty = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()

    assert_told(await client.post(PATH, content=b"{}", headers={"X-Fermata-Signature": empty}), 401)


async def test_token_may_sign_where_there_is_no_secret(house, client):
    """With the time, so that whoever it was sent to has nothing; and only while no secret is set to sign with."""
    now = house.clock.now()
    beside = await client.post(PATH, content=b"{}", headers=stamp(b"{}", now, secret=TOKEN))
    house.web.alert_hmac_secret = ""
    alone = await client.post(PATH, content=b"{}", headers=stamp(b"{}", now, secret=TOKEN))
    old = await client.post(PATH, content=b"{}", headers=stamp(b"{}", now - timedelta(minutes=6), secret=TOKEN))
    timeless = hmac.new(TOKEN.encode(), b"{}", hashlib.sha256).hexdigest()

    assert (beside.status_code, alone.status_code, old.status_code) == (401, 202, 401)
    assert_told(await client.post(PATH, content=b"{}", headers={"X-Fermata-Signature": timeless}), 401)


def sign_as_sentry(body, secret=SENTRY_SECRET, **others):
    """Give the headers of Sentry's integration platform; its time is not signed."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Sentry-Hook-Resource": "metric_alert",
        "Sentry-Hook-Timestamp": "1609459200",
        "Sentry-Hook-Signature": digest,
        **others,
    }


async def test_alerts_that_sentry_signed_are_accepted(client, house):
    """Known again by the body, whatever time stands beside it: that one is not signed."""
    answer = await client.post(PATH, content=b"{ }", headers=sign_as_sentry(b"{ }"))
    later = sign_as_sentry(b"{ }") | {"Sentry-Hook-Timestamp": str(int(house.clock.now().timestamp()))}
    again = await client.post(PATH, content=b"{ }", headers=later)

    assert (answer.status_code, again.status_code) == (202, 202)
    first, second = house.signed
    assert first == second
    assert not first.is_stamped


@pytest.mark.parametrize(
    "headers",
    [
        sign_as_sentry(b"{}", SECRET),
        sign_as_sentry(b"other"),
        sign_as_sentry(b"{}", **{"Sentry-Hook-Signature": ""}),
        {"X-Fermata-Signature": sign_as_sentry(b"{}")["Sentry-Hook-Signature"]},
        {"Sentry-Hook-Signature": sign(b"{}")["X-Fermata-Signature"]},
    ],
)
async def test_sentry_signs_with_its_own_secret_only(client, house, headers):
    """A secret proves under its own header; neither opens the other's."""
    assert_told(await client.post(PATH, content=b"{}", headers=headers), 401)
    assert house.bodies == []


async def test_sentry_without_its_secret_proves_nothing(client, house):
    """Not set is closed, also to a signature made with an empty key."""
    house.web.alert_sentry_secret = ""

    for secret in ("", SENTRY_SECRET):
        answer = await client.post(PATH, content=b"{}", headers=sign_as_sentry(b"{}", secret))
        assert_told(answer, 401)


async def test_slash_at_the_end_is_the_same_address(client, house):
    """People write it, and no sender follows a redirect with its body."""
    answer = await client.post(f"{PATH}/", content=b'{"alerts": []}', headers=BEARER)

    assert answer.status_code == 202
    assert house.bodies == [b'{"alerts": []}']


@pytest.mark.parametrize("path", ["/v1/alerts", "/v1/alerts/", "/v1/alerts/alertmanager/v2", "/v1/alerts//grafana"])
async def test_address_that_is_none_is_refused_aloud(client, house, path):
    """An alert sent a little beside the door is counted and journalled like any other that was not taken."""
    answer = await client.post(path, content=b"{}", headers={**BEARER, "Host": "fermata.example"})

    assert_told(answer, 404)
    assert "/v1/alerts/<source>" in answer.json()["do"]
    assert house.refusals == [("unknown", "unknown_source")]


@pytest.mark.parametrize("path", ["/v1/alert/webhook", "/alerts/webhook", "/api/v1/alerts", "/"])
async def test_alert_sent_to_no_address_is_told_the_right_one(client, path):
    """A tool's log shows the answer to whoever set it up: the list of incidents is of no help there."""
    answer = await client.post(path, content=b"{}", headers=BEARER)

    assert answer.status_code in (404, 405)
    assert "by POST to /v1/alerts/" in answer.text
    assert "list of incidents" not in answer.text


async def test_wrong_method_at_the_door_is_told_the_right_one(client):
    """Whoever tries the address in a browser is not sent to the list of incidents."""
    answer = await client.get(PATH)

    assert_told(answer, 405)
    assert "by POST to /v1/alerts/<source>" in answer.json()["do"]


async def test_unknown_source_is_told_only_to_those_with_proof(client, house):
    """A stranger cannot find out which sources there are."""
    assert_told(await client.post("/v1/alerts/nagios", content=b"{}"), 401)
    assert_told(await client.post("/v1/alerts/nagios", content=b"{}", headers=BEARER), 404)
    assert_told(await client.post("/v1/alerts/NA%20GIOS", content=b"{}", headers=BEARER), 404)

    assert house.refusals == [
        ("nagios", "unauthenticated"),
        ("nagios", "unknown_source"),
        ("unknown", "unknown_source"),
    ]


async def test_body_that_is_no_alert_is_refused(client, house):
    """What the source cannot read is a 400 that names the field."""
    house.fault = UserError("The body is not JSON", why="line 1: unexpected end", do="Send Alertmanager's webhook")

    answer = await client.post(PATH, content=b"{", headers=BEARER)

    assert_told(answer, 400)
    assert answer.json()["why"] == "line 1: unexpected end"
    assert house.refusals == [("alertmanager", "malformed")]


async def test_compressed_body_is_refused(client, house):
    """Unpacking would undo the limit."""
    answer = await client.post(PATH, content=b"\x1f\x8b", headers=BEARER | {"Content-Encoding": "gzip"})

    assert_told(answer, 415)
    assert house.bodies == []


async def test_body_over_the_limit_is_refused(house, client):
    """Both a long body and a body of unknown length are stopped at the limit, and the sender reads why."""
    house.web.max_body_bytes = 1000

    async def endless():
        for _ in range(300):
            yield b"x" * 1000

    told = await client.post(PATH, content=b"x" * 300_000, headers=BEARER)
    untold = await client.post(PATH, content=endless(), headers=BEARER)

    assert_told(told, 413)
    assert_told(untold, 413)
    assert "1000 B" in untold.json()["why"]
    assert house.bodies == []
    assert house.refusals == [("alertmanager", "too_large")] * 2


async def exchange(port, text):
    """Write raw bytes to the server and give what it answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_length_that_lies_downwards_smuggles_nothing(port, house):
    """Bytes past the declared length are not part of the body, and no second request is made of them."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"

    answer = await exchange(port, f"{head}Content-Length: 2\r\n\r\n{{}}POST /halt HTTP/1.1\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 202")
    assert answer.count(b"HTTP/1.1") == 1
    assert house.bodies == [b"{}"]


@pytest.mark.parametrize(
    "framing", ["Content-Length: 2\r\nContent-Length: 3", "Content-Length: -2", "Transfer-Encoding: gzip, chunked"]
)
async def test_ambiguous_length_does_not_get_in(port, house, framing):
    """A body whose end is uncertain is how requests are smuggled: it is no request."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n{framing}"

    answer = await exchange(port, f"{head}\r\n\r\n{{}}".encode())

    assert answer.startswith(b"HTTP/1.1 400")
    assert house.bodies == []


async def test_sender_that_hangs_up_half_way_leaves_nothing(port, house):
    """Half a body is not stored, and the server goes on."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n"
    writer.write(f'{head}{{"alerts'.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    answer = await exchange(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
    assert house.bodies == []


async def test_store_that_is_down_asks_to_try_again(client, house):
    """503, so that the source sends again; nothing is journalled as refused."""
    house.fault = OperationalError("The store cannot take the alerts", why="the disk is full", do="Make room")

    answer = await client.post(PATH, content=b"{}", headers=BEARER)

    assert_told(answer, 503)
    assert house.refusals == []


async def test_passing_trouble_says_when_to_try_again(client, house):
    """A known delay becomes Retry-After, in whole seconds."""
    house.fault = TransientError("The store is locked", retry_after=timedelta(seconds=1.2))

    answer = await client.post(PATH, content=b"{}", headers=BEARER)

    assert answer.headers["retry-after"] == "2"


async def test_store_that_is_away_is_told_once_a_minute(client, house):
    """Every request is answered, and the log is not filled by sources that send again twice a second."""
    house.fault = OperationalError("The store is gone")

    with capture_logs() as lines:
        answers = [await client.post(PATH, content=b"{}", headers=BEARER) for _ in range(3)]
        house.fault = OperationalError("The store is full")
        answers.append(await client.post(PATH, content=b"{}", headers=BEARER))

    assert [answer.status_code for answer in answers] == [503] * 4
    told = [line["error"] for line in lines if line["event"] == "request.not_served"]
    assert told == ["The store is gone", "The store is full"]


async def test_refusal_stands_when_it_cannot_be_journalled(client, house, monkeypatch):
    """A store that is down does not turn a 401 into anything else."""

    async def fail(source, reason, detail):
        raise OperationalError("The store is gone")

    monkeypatch.setattr(house, "refuse", fail)
    with capture_logs() as lines:
        answer = await client.post(PATH, content=b"{}")

    assert_told(answer, 401)
    assert [line["event"] for line in lines] == ["body.refusal_not_journalled", "request.refused"]


async def test_fault_of_ours_is_one_log_line_and_no_trace(client, house):
    """An unexpected error is a 500 with a run id that stands in the log, once; the sender sees nothing inside."""
    house.fault = ZeroDivisionError("secret inside")

    with capture_logs() as lines:
        answer = await client.post(PATH, content=b"{}", headers=BEARER)

    assert_told(answer, 500)
    assert "secret inside" not in answer.text
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line["run_id"] in answer.json()["do"]
    assert "not certain" in answer.json()["why"]
    assert TOKEN not in json.dumps(lines, default=str)


async def test_alerts_come_in_under_any_host(client, house):
    """A container's name in the Host header loses no alert: the token is the proof."""
    answer = await client.post(PATH, content=b"{}", headers=BEARER | {"Host": "fermata:4600"})

    assert answer.status_code == 202


async def test_house_lives_as_long_as_the_server(house, clock):
    """The lifespan starts the house before the first request and closes it after the last."""
    async with serving(house, clock):
        assert house.running
    assert not house.running
