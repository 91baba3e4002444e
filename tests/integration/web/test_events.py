"""The stream that tells pages to look: over a real connection, to its end."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.integration.web.conftest import browse, serving
from tests.unit.web import story

from fermata.kit.errors import OperationalError
from fermata.web import events
from fermata.web.streams import MOST_OF_A_SESSION


@asynccontextmanager
async def listening(client, **headers):
    """Open the stream; yields a function that gives the next event as (name, data, id)."""
    async with client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()

        async def hear():
            fields = {}
            async with asyncio.timeout(30):
                async for line in lines:
                    if not line and "event" in fields:
                        return fields["event"], json.loads(fields["data"]), fields.get("id")
                    name, _, value = line.partition(": ")
                    fields[name] = value
            return None

        yield hear


async def test_change_is_told_at_once(ada, house):
    """What the journal gained, and which incident it is about: never what is in it."""
    async with listening(ada) as hear:
        assert await hear() == ("alive", {}, "6")

        house.happen()

        assert await hear() == ("journal", {"incidents": [story.INCIDENT_ID], "switched": False}, "7")


async def test_stream_needs_a_session(client):
    """Nobody who is not signed in is told anything."""
    answer = await client.get("/events")

    assert (answer.status_code, answer.json()["error"]) == (401, "You are not signed in")


async def test_other_sites_cannot_listen(ada):
    """A page of another site does not learn when something happens here."""
    answer = await ada.get("/events", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


@pytest.mark.parametrize("place", ["4", "4\u00b2", "-4", "x", "9" * 30])
async def test_browser_that_returns_is_told_what_it_missed(ada, place):
    """By its Last-Event-ID; what is no number is as good as none."""
    async with listening(ada, **{"Last-Event-ID": place.encode()}) as hear:
        assert await hear() is not None
        if place == "4":
            assert await hear() == ("journal", {"incidents": None, "switched": True}, "6")


async def test_stream_ends_with_the_session(ada, house):
    """Signing out anywhere tells every tab of the session, and closes its stream."""
    csrf = (await ada.get("/")).text.split('name="csrf" value="')[1].split('"')[0]
    async with listening(ada) as hear:
        await hear()

        await ada.post("/logout", data={"csrf": csrf})

        assert (await hear())[0] == "signed_out"
        assert await hear() is None


async def test_session_that_ran_out_is_noticed(ada, house, clock, monkeypatch):
    """Also where nobody signed out: the session is looked at again whenever there is something to tell."""
    monkeypatch.setattr(events, "ALIVE_EVERY_S", 0.01)  # Ten seconds are too long for a test.
    async with listening(ada) as hear:
        await hear()
        assert (await hear())[0] == "alive"

        house.open_sessions.clear()

        heard = [event async for event in _take_until_end(hear)]
        assert heard[-1] == "signed_out"


async def _take_until_end(hear):
    while (event := await hear()) is not None:
        yield event[0]


async def test_one_stream_too_many_is_refused(ada):
    """In words a script can read; the page asks by itself then."""
    async with asyncio.TaskGroup() as group, asyncio.timeout(30):
        opened = [listening(ada) for _ in range(MOST_OF_A_SESSION)]
        for stream in opened:
            hear = await stream.__aenter__()
            await hear()

        answer = await ada.get("/events")

        assert answer.status_code == 503
        for stream in opened:
            group.create_task(stream.__aexit__(None, None, None))


async def test_stream_that_is_left_frees_its_place(ada, port):
    """A tab that closes is noticed at once, not when there is something to tell."""
    for _ in range(MOST_OF_A_SESSION + 1):
        async with browse(port) as tab, listening(tab, Cookie="fermata=session-1") as hear:
            await hear()
        await asyncio.sleep(0.01)


async def test_store_that_fails_ends_the_stream(ada, house):
    """The browser comes again and asks; it is not left with a stream that says nothing for ever."""
    async with listening(ada) as hear:
        await hear()
        house.fault = OperationalError("The store is locked")

        assert await hear() is None


async def test_server_that_stops_waits_for_no_stream(house, clock):
    """Streams end with the server, rather than hold its stop up."""
    async with asyncio.timeout(30):
        async with serving(house, clock) as port:
            client = browse(port)
            await client.post("/login", data={"token": "link-1"})
            stream = listening(client)
            hear = await stream.__aenter__()
            await hear()
        assert not house.running
        await client.aclose()
