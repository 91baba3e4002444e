"""Webhooks: proved or refused, deduplicated, and never more than a hint."""

import asyncio
import contextlib
import json

import pytest

from fermata.kit.errors import OperationalError


async def receive(rig, headers, body):
    """Send a request."""
    return await rig.webhook.receive(headers, body, rig.desk)


async def test_signed_request_is_taken(rig):
    """It wakes the listener, and is answered at once."""
    reply = await receive(rig, *rig.make_hook())

    assert reply.status == 202


async def test_wrong_secret_is_refused(rig):
    """So is none at all, and one with letters that no header has."""
    headers, body = rig.make_hook(secret="another-secret-of-somebody")
    bare = {key: value for key, value in headers.items() if "signature" not in key and "token" not in key}

    assert (await receive(rig, headers, body)).status == 401
    assert (await receive(rig, bare, body)).status == 401
    assert (await receive(rig, {key: f"{value}\u00e9" for key, value in headers.items()}, body)).status == 401


async def test_forged_body_decides_nothing(rig):
    """A body that says a comment approves: only what the forge itself gives counts."""
    await rig.deliver()
    forged = {"comment": {"id": 1, "body": "/approve 0123456789abcdef", "user": {"id": rig.alice.id}}}

    await receive(rig, *rig.make_hook(text=json.dumps(forged).encode()))
    await rig.look()

    assert rig.desk.asked == []


async def test_copy_of_a_request_is_known(rig):
    """The same delivery again wakes nobody."""
    await receive(rig, *rig.make_hook(delivery="d-7"))

    again = await receive(rig, *rig.make_hook(delivery="d-7"))

    assert (again.status, json.loads(again.body)["message"]) == (200, "known")


async def test_other_events_are_answered(rig):
    """A ping, a push: nothing is to be done."""
    assert (await receive(rig, *rig.make_hook(event="ping"))).status == 200


@pytest.mark.parametrize("text", ["<!-- fermata reply 1 1/1 -->", "looks good", b'{"action": "edited"}', b"[1]"])
async def test_talk_wakes_nobody(rig, text):
    """Fermata's own answers come by webhook, too: a look for each would ask the forge without end."""
    assert (await receive(rig, *rig.make_hook(text=text))).status == 200


async def test_body_that_is_no_json_is_looked_into(rig):
    """A form, as GitHub sends it when it is set so: it is proved, and what it says does not matter."""
    assert (await receive(rig, *rig.make_hook(text=b"payload=%7B%7D"))).status == 202


async def test_list_that_lags_behind_is_looked_at_again(rig):
    """A webhook came, and the comment is not in the list yet: three seconds later it is looked again."""
    await receive(rig, *rig.make_hook())

    assert await rig.look() == 3
    assert await rig.look() == 60


async def test_store_that_fails_keeps_no_comment_from_being_read(rig):
    """Whether the delivery is known cannot be told: then it is looked."""

    async def fail(channel, delivery_id):
        raise OperationalError("down")

    rig.desk.is_known = fail

    assert (await receive(rig, *rig.make_hook())).status == 202


async def test_no_secret_no_webhook(rig):
    """Without one nobody could be told from the forge."""
    system = rig.make_system(webhook_secret=None)

    assert system.find_webhook() is None
    assert system.find_listener() is not None


async def test_webhook_wakes_the_listener(rig):
    """A listener that would look again in a minute looks now."""
    rig.go_live()
    rig.start()
    await rig.deliver()
    listening = asyncio.create_task(rig.listener.listen(rig.desk))
    for _ in range(2000):
        if rig.listener.is_connected:
            break
        await asyncio.sleep(0.01)
    rig.say(rig.alice, "/approve {nonce}")

    await receive(rig, *rig.make_hook())

    for _ in range(3000):
        if rig.book.list_answers():
            break
        await asyncio.sleep(0.01)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    assert rig.desk.decided == "approved by alice"
    assert rig.listener.is_connected is False


async def test_question_is_no_reason_for_an_approval_to_wait(rig):
    """What takes a minute is answered aside; a stop ends it, and the next start takes it up."""
    gate = asyncio.Event()
    ask = rig.desk.ask_for_more

    async def wait(guest, incident_id, question=""):
        await gate.wait()
        return await ask(guest, incident_id, question)

    rig.desk.ask_for_more = wait
    rig.go_live()
    rig.start()
    await rig.deliver()
    rig.say(rig.alice, "/ask why?")
    rig.say(rig.alice, "/approve {nonce}")
    listening = asyncio.create_task(rig.listener.listen(rig.desk))
    for _ in range(3000):
        if rig.book.list_answers():
            break
        await asyncio.sleep(0.01)
    assert rig.desk.decided == "approved by alice"
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening

    gate.set()
    rig.start()
    await rig.look()

    assert rig.desk.asked[-1][1] == "ask"


@pytest.mark.parametrize("missing", ["issues=read", "push", "gone"])
async def test_doctor_says_what_is_missing(github, missing):
    """Each call is made; nothing is written."""
    system = github.make_system()
    good = await system.check()
    assert all(result.ok for result in good)
    assert any("v1/hooks/github" in result.text for result in good)

    if missing == "push":
        github.fake.can_push = False
    elif missing == "gone":
        github.fake.books.pop("shop/payments")
    else:
        github.fake.granted -= {"issues=read"}
    bad = await system.check()

    assert not all(result.ok for result in bad)
    assert [one.method for one in github.server.requests if one.method != "GET" and one.path != "/graphql"] == []
