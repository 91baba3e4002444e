"""Mode http: Slack's signature is the proof, and everything behind it is as over the socket."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.integration.slack.conftest import wait_for

from fermata.integrations.slack.system import Slack
from fermata.testing.clock import FakeClock
from fermata.testing.slack.workspace import SIGNING_SECRET

FORM = "application/x-www-form-urlencoded"
JSON = {"content-type": "application/json"}


@pytest.fixture
def frozen():
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
def webhook(settings, frozen):
    """Give what takes Slack's requests."""
    values = {"mode": "http", "signing_secret": SecretStr(SIGNING_SECRET), "app_token": None}
    return Slack(settings.model_copy(update=values), frozen).find_webhook()


@pytest.fixture
async def card(slack, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return slack.space.list_cards()[0]


def sign(body, at, secret=SIGNING_SECRET):
    """Give a request's headers as Slack writes them (docs.slack.dev, "Verifying requests from Slack")."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"content-type": FORM, "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def write_form(payload):
    """Give an interaction's body."""
    return urlencode({"payload": json.dumps(payload)}).encode()


async def test_signed_click_is_taken_and_answered(slack, card, desk, *, webhook, frozen, told):
    """200 after the desk has taken it."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))

    reply = await webhook.receive(sign(body, frozen.now()), body, desk)
    said = await told("UALICE")

    assert (reply.status, desk.decided) == (200, "approved by alice")
    assert said["text"] == "Approved by alice."


async def test_signed_command_is_taken(slack, desk, webhook, frozen, told):
    """A command's body is a form of its own."""
    body = urlencode(slack.sockets.write_command("UALICE", "/fermata", "status")).encode()

    reply = await webhook.receive(sign(body, frozen.now()), body, desk)
    await told("UALICE")

    assert (reply.status, desk.asked[0][2]) == (200, "status")


@pytest.mark.parametrize("age", [timedelta(minutes=-6), timedelta(minutes=6)])
async def test_old_and_future_requests_are_refused(slack, card, desk, *, webhook, frozen, age):
    """Five minutes either way; that it is the clock, and not the secret, is logged."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))

    with capture_logs() as logs:
        reply = await webhook.receive(sign(body, frozen.now() - age), body, desk)

    assert (reply.status, desk.asked) == (401, [])
    (said,) = (one for one in logs if one["event"] == "slack.request_refused")
    assert "Slack signed it, and its time is 6m off" in said["reason"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers | {"x-slack-signature": "v0=" + "0" * 64},
        lambda headers: headers | {"x-slack-signature": "v0=ü"},
        lambda headers: headers | {"x-slack-request-timestamp": "now"},
        lambda headers: {name: value for name, value in headers.items() if name != "x-slack-signature"},
        lambda headers: {name: value for name, value in headers.items() if name != "x-slack-request-timestamp"},
        lambda _: {},
    ],
    ids=["forged", "not_ascii", "no_number", "unsigned", "no_time", "nothing"],
)
async def test_forged_requests_are_refused(slack, card, desk, *, webhook, frozen, spoil):
    """401, and nothing of it reaches the desk."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))

    reply = await webhook.receive(spoil(sign(body, frozen.now())), body, desk)

    assert (reply.status, desk.asked) == (401, [])


@pytest.mark.parametrize("change", [lambda body: body + b"&a=b", lambda _: b"\xff\xfe", lambda _: b""])
async def test_changed_bodies_are_refused(slack, card, desk, *, webhook, frozen, change):
    """The signature is over the bytes as they came."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))

    reply = await webhook.receive(sign(body, frozen.now()), change(body), desk)

    assert (reply.status, desk.asked) == (401, [])


async def test_signature_with_another_secret_is_refused(slack, card, desk, webhook, frozen):
    """Of another app, or from before the secret was renewed."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))

    with capture_logs() as logs:
        reply = await webhook.receive(sign(body, frozen.now() - timedelta(hours=1), "another"), body, desk)

    assert (reply.status, desk.asked, logs) == (401, [], [])


async def test_replayed_request_decides_nothing_again(slack, card, desk, *, webhook, frozen, told):
    """A copy passes the proof for five minutes; its trigger is known."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))
    headers = sign(body, frozen.now())
    await webhook.receive(headers, body, desk)
    await told("UALICE")

    again = await webhook.receive(headers, body, desk)

    assert (again.status, len(desk.asked), len(slack.space.whispers)) == (200, 1, 1)


async def test_two_copies_at_once_are_one_click(slack, card, desk, *, webhook, frozen, told):
    """Slack retries over HTTP while the first is being dealt with."""
    body = write_form(slack.sockets.write_click("UALICE", card.ts, "approve"))
    headers = sign(body, frozen.now())

    replies = await asyncio.gather(*(webhook.receive(headers, body, desk) for _ in range(2)))
    await told("UALICE")

    assert [reply.status for reply in replies] == [200, 200]
    assert len(desk.asked) == 1


@pytest.mark.parametrize(
    "payload",
    [
        *("{not", "[]", '"x"', '{"type": "block_actions"}', '{"type": "view_submission", "view": 1}'),
        *('{"type": "block_actions", "actions": []}', '{"type": "block_actions", "actions": ["x"]}'),
    ],
)
async def test_signed_form_that_is_no_interaction_is_refused(desk, webhook, frozen, payload):
    """400 and no trace: a signature says who sent it, and not that it can be read."""
    body = urlencode({"payload": payload}).encode()

    reply = await webhook.receive(sign(body, frozen.now()), body, desk)

    assert (reply.status, reply.body, desk.asked) == (400, '{"error": "no interaction of Slack\'s"}', [])


@pytest.mark.parametrize(
    "kind", ["interactive_message", "dialog_submission", "shortcut", "workflow_step_edit", "of_tomorrow", None]
)
async def test_signed_interaction_that_is_none_of_ours_is_no_error_of_the_server(
    slack, card, desk, *, webhook, frozen, kind
):
    """A button of an old attachment, which another integration may have left: 404, and nobody is asked."""
    old = {"callback_id": "deploy", "actions": [{"name": "approve", "type": "button", "value": "x"}]}
    payload = slack.sockets.write_click("UALICE", card.ts, "approve") | old | {"type": kind}
    bodies = [write_form(payload), write_form({"type": kind})]

    replies = [await webhook.receive(sign(body, frozen.now()), body, desk) for body in bodies]

    assert [reply.status for reply in replies] == [404, 404]
    assert desk.asked == []


async def test_address_proves_itself_to_slack(desk, webhook, frozen):
    """Slack asks for the challenge back when the address is set."""
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"}).encode()
    headers = sign(body, frozen.now()) | {"content-type": "application/json"}

    reply = await webhook.receive(headers, body, desk)

    assert (reply.status, json.loads(reply.body)) == (200, {"challenge": "3eZbrw1aB"})


@pytest.mark.parametrize(("kind", "status"), [("event_of_tomorrow", 404), ("app_rate_limited", 200)])
async def test_signed_payload_of_another_kind_is_answered(desk, webhook, frozen, observer, *, kind, status):
    """What Slack sends for something that we do not offer is no error of the server."""
    webhook.attach(observer)
    body = json.dumps({"type": kind, "minute_rate_limited": 1518467820}).encode()

    reply = await webhook.receive(sign(body, frozen.now()) | JSON, body, desk)

    assert (reply.status, observer.calls) == (status, 0)


async def test_signed_event_is_kept_before_it_is_answered(slack, desk, webhook, frozen, *, observer):
    """As over the socket; a copy within the five minutes is taken once."""
    webhook.attach(observer)
    body = json.dumps(slack.talk.say("UALICE", "errors on checkout")).encode()
    headers = sign(body, frozen.now()) | JSON

    replies = [await webhook.receive(headers, body, desk) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert observer.list_texts() == ["errors on checkout"]
    await wait_for(lambda: "UALICE" in observer.people)


async def test_event_that_is_not_stored_is_asked_for_again(slack, desk, webhook, frozen, *, observer):
    """Slack sends again what is answered with an error."""
    webhook.attach(observer)
    observer.failures = 1
    body = json.dumps(slack.talk.say("UALICE", "errors on checkout")).encode()
    headers = sign(body, frozen.now()) | JSON

    first = await webhook.receive(headers, body, desk)
    again = await webhook.receive(headers, body, desk)

    assert (first.status, again.status) == (503, 200)
    assert observer.list_texts() == ["errors on checkout"]
    await wait_for(lambda: "UALICE" in observer.people)


async def test_forged_event_is_refused(slack, desk, webhook, frozen, *, observer):
    """Nobody puts words into the observer's mouth."""
    webhook.attach(observer)
    body = json.dumps(slack.talk.say("UALICE", "resolved at 10:00")).encode()

    reply = await webhook.receive(sign(body, frozen.now(), "another") | JSON, body, desk)

    assert (reply.status, observer.messages) == (401, {})


@pytest.mark.parametrize("body", [b"{", b"[]", b"nothing"])
async def test_signed_event_that_is_no_json_is_answered(desk, webhook, frozen, observer, *, body):
    """It is nothing that Slack sends."""
    webhook.attach(observer)

    reply = await webhook.receive(sign(body, frozen.now()) | JSON, body, desk)

    assert (reply.status, observer.calls) == (400, 0)


def test_mode_decides_the_way_in(settings, frozen):
    """One way in: over the socket, or over HTTP."""
    over_http = settings.model_copy(update={"mode": "http", "signing_secret": SecretStr(SIGNING_SECRET)})

    assert Slack(settings, frozen).find_webhook() is None
    assert Slack(settings, frozen).find_listener() is not None
    assert Slack(over_http, frozen).find_webhook().name == "slack"
    assert Slack(over_http, frozen).find_listener() is None


async def test_yes_in_words_is_told_over_http_too(slack, card, desk, *, webhook, frozen, told):
    """The event is acknowledged at once, and the answer follows."""
    body = json.dumps(slack.talk.say("UALICE", "lgtm", thread_ts=card.ts)).encode()

    reply = await webhook.receive({**sign(body, frozen.now()), **JSON}, body, desk)

    assert (reply.status, desk.decided) == (200, None)
    assert (await told("UALICE"))["text"].startswith("Not counted: words decide nothing")
