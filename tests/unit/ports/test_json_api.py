"""One bounded way to speak to JSON APIs: what it sends, how it fails, and when it stops asking."""

import asyncio
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from pydantic import BaseModel, TypeAdapter

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports import json_api
from fermata.ports.api_faults import find_reason
from fermata.ports.json_api import ApiTarget, JsonApi, NotThere, find_next_page
from fermata.ports.server_clock import listen_to_clocks
from fermata.testing.clock import FakeClock
from fermata.testing.web_server import Answer, Fault, WebServer, make_tls


class Thing(BaseModel):
    name: str


@pytest.fixture
def clock():
    """Give a clock that moves when told to."""
    return FakeClock()


def open_api(server, clock, **changes):
    """Give the API at a server."""
    target = {"name": "Things", "url": server.url, "settings_key": "things", "timeout_s": 10} | changes
    return JsonApi(ApiTarget(**target), clock)


async def ask(api, path="/v1/thing"):
    """Ask for one thing."""
    async with api.connect() as session:
        return await session.get(path, Thing)


async def test_calls_of_a_session_share_a_connection(clock):
    """Connections are kept between calls, and the credential goes with each."""
    async with WebServer(lambda request: Answer({"name": request.get_query("id")})) as server:
        api = open_api(server, clock, headers={"Authorization": "Bearer t"})
        async with api.connect() as session:
            first = await session.get("/v1/thing", Thing, {"id": "a"})
            second = await session.post("/v1/thing", Thing, {"x": 1}, {"id": "b"})

    assert (first.name, second.name) == ("a", "b")
    assert server.connections == 1
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer t"] * 2
    assert server.requests[1].read() == {"x": 1}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Renew the credential of things: it needs to read things"),
        (403, "Widen the credential of things: it needs to read things"),
        (422, "Ask the same by hand"),
        (302, "a login page"),
    ],
)
async def test_refusal_says_what_to_do(clock, status, words):
    """A status that will not pass is told with its reason and the way out."""
    async with WebServer(lambda _: Answer({"errors": [{"message": "no such field"}]}, status)) as server:
        with pytest.raises(OperationalError) as caught:
            await ask(open_api(server, clock, permissions="to read things"))

    assert not isinstance(caught.value, TransientError)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"message": "Validation Failed", "errors": [{"message": "body is too long"}]},
            "Validation Failed: body is too long",
        ),
        ({"message": "Validation Failed.", "errors": [{"field": "head", "code": "invalid"}]}, "Failed: head invalid"),
        ({"message": "no", "errors": ["a", {}, "b"]}, "no: a; b"),
        ({"message": "no", "errors": "a"}, "no. Ask"),
        ({"message": "no", "errors": ["no"]}, "no. Ask"),
    ],
)
async def test_refusal_says_of_what(clock, body, words):
    """A message that fits everything is told with its list."""
    async with WebServer(lambda _: Answer(body, 422)) as server:
        with pytest.raises(OperationalError) as caught:
            await ask(open_api(server, clock))

    assert words in str(caught.value)


def test_lists_within_lists_are_read_once():
    """Each of them twice would take longer than the age of the world, for a body of two kilobytes."""
    body = {"message": "x"}
    for _ in range(60):
        body = {"message": [""], "errors": [body]}

    assert find_reason(json.dumps(body).encode()) == ""
    assert find_reason(b'{"message": "", "errors": [{"message": "a"}]}') == "a"


@pytest.mark.parametrize("depth", [900, 200_000])
def test_lists_within_lists_without_end_tell_nothing(depth):
    """A body of brackets is no reason to die of: what parses is looked into a few levels deep, else it is text."""
    body = b"[" * depth + b"]" * depth

    assert find_reason(body) in ("", "[" * 300)
    assert find_reason(b'{"error": {"message": "no room"}}') == "no room"


async def test_answer_nested_without_end_is_not_the_apis(clock):
    """It is refused as any other body that is no JSON; the parser does not end the process."""
    async with WebServer(lambda _: Answer(b"[" * 200_000 + b"]" * 200_000)) as server:
        with pytest.raises(OperationalError, match="gave an answer that is not its API's"):
            await ask(open_api(server, clock))


async def test_limit_says_how_long(clock):
    """Whoever waits is told until when."""
    async with WebServer(lambda _: Answer({}, 429, {"Retry-After": "90"})) as server:
        with pytest.raises(TransientError, match="asks to wait 1m"):
            await ask(open_api(server, clock))


async def test_refusals_tell_the_time_too(clock):
    """Whoever checks hears how far the server's clock is off, from any answer."""
    theirs = format_datetime(clock.now() + timedelta(minutes=2), usegmt=True)
    async with WebServer(lambda _: Answer({}, 401, headers={"Date": theirs})) as server:
        with listen_to_clocks() as heard, pytest.raises(OperationalError):
            await ask(open_api(server, clock))

    assert [round(skew.total_seconds()) for skew in heard] == [120]


@pytest.mark.parametrize("status", [404, 410])
async def test_absence_is_an_error_of_its_own(clock, status):
    """A caller may take it as an answer."""
    async with WebServer(lambda _: Answer({}, status)) as server:
        with pytest.raises(NotThere, match="It gave no reason"):
            await ask(open_api(server, clock))


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_failure_of_the_server_may_pass(clock, status):
    """5xx is transient; a page as the body is for a browser and is not shown."""
    async with WebServer(lambda _: Answer(b"<html>oops</html>", status)) as server:
        with pytest.raises(TransientError) as caught:
            await ask(open_api(server, clock))

    assert "oops" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "20"}),
        (429, {}),
        (400, {}),  # With Linear's code in the body.
        (403, {"X-RateLimit-Remaining": "0"}),
        (403, {"Retry-After": "Mon, 23 Nov 2026 12:00:20 GMT"}),
    ],
)
async def test_server_that_asks_for_a_pause_gets_it(clock, status, headers):
    """Further calls fail at once without being sent, until the pause is over."""
    answers = [Answer({"message": "slow down", "extensions": {"code": "RATELIMITED"}}, status, headers)]
    async with WebServer(lambda _: answers.pop() if answers else Answer({"name": "a"})) as server:
        api = open_api(server, clock)
        with pytest.raises(TransientError, match="slow down"):
            await ask(api)

        with pytest.raises(TransientError, match=r"not asked now.*asked too often"):
            await ask(api)
        clock.advance(timedelta(seconds=61))
        thing = await ask(api)

    assert thing.name == "a"
    assert len(server.requests) == 2


async def test_pause_of_days_is_not_believed(clock):
    """A wrong clock at the other side must not close the way for ever."""
    async with WebServer(lambda _: Answer({}, 429, {"Retry-After": "999999"})) as server:
        api = open_api(server, clock)
        with pytest.raises(TransientError):
            await ask(api)
        clock.advance(timedelta(hours=1))

        with pytest.raises(TransientError, match="HTTP 429"):
            await ask(api)


@pytest.mark.parametrize("text", ["soon", "-5"])
def test_unreadable_wait_is_none(clock, text):
    """A header that says nothing is nothing."""
    assert JsonApi(ApiTarget("Things", "http://x"), clock).breaker.read_wait({"retry-after": text}) is None


def test_wait_until_a_past_date_is_no_wait(clock):
    """The two clocks may differ."""
    past = format_datetime(clock.now() - timedelta(hours=1), usegmt=True)

    assert JsonApi(ApiTarget("Things", "http://x"), clock).breaker.read_wait({"retry-after": past}) == timedelta(0)


@pytest.mark.parametrize("fault", [Fault.HALF, Fault.DROP])
async def test_dead_server_is_not_asked_again_and_again(clock, fault):
    """After three calls without an answer the next fail at once; after the pause one is tried again."""
    answers = [Answer({"name": "a"}, fault=fault)] * 3
    async with WebServer(lambda _: answers.pop() if answers else Answer({"name": "a"})) as server:
        api = open_api(server, clock)
        for _ in range(3):
            with pytest.raises(TransientError, match="cannot be reached"):
                await ask(api)

        with pytest.raises(TransientError, match=r"3 calls in a row brought no answer.*next attempt is in 30s"):
            await ask(api)
        asked = len(server.requests)
        clock.advance(timedelta(seconds=31))
        thing = await ask(api)

    assert (asked, thing.name) == (3, "a")


async def test_server_that_hangs_is_given_up(clock):
    """Each call has its own deadline, answer included."""
    async with WebServer(lambda _: Answer(fault=Fault.HANG)) as server:
        with pytest.raises(TransientError, match=r"did not answer within 0.2 s.*GET /v1/thing.*things.timeout_s"):
            await ask(open_api(server, clock, timeout_s=0.2), "/v1/thing?token=secret")


async def test_server_that_is_not_there_is_told(clock):
    """Nothing listens."""
    async with WebServer(lambda _: Answer()) as server:
        pass

    with pytest.raises(TransientError, match="cannot be reached"):
        await ask(open_api(server, clock))


@pytest.mark.parametrize("body", [b"<html>", b'{"name": 1}', b"[]", b""])
async def test_answer_of_another_shape_is_told(clock, body):
    """A page in front of the API answers 200 too."""
    async with WebServer(lambda _: Answer(body)) as server:
        with pytest.raises(OperationalError, match="not its API's"):
            await ask(open_api(server, clock))


async def test_huge_answer_is_given_up(clock, monkeypatch):
    """A question without a filter must not fill the memory."""
    monkeypatch.setattr(json_api, "LARGEST_ANSWER_BYTES", 1000)
    async with WebServer(lambda _: Answer(b" " * 2000)) as server:
        with pytest.raises(OperationalError, match="more than"):
            await ask(open_api(server, clock))


@pytest.fixture
def tls(tmp_path):
    """Give a server's TLS whose certificate nobody trusts."""
    return make_tls(tmp_path)


async def test_untrusted_certificate_names_the_setting(clock, tmp_path, tls):
    """A wrong certificate does not pass by waiting; one that is named is trusted."""
    async with WebServer(lambda _: Answer({"name": "a"}), tls) as server:
        with pytest.raises(OperationalError, match=r"is not trusted.*things.ca_file") as caught:
            await ask(open_api(server, clock))
        thing = await ask(open_api(server, clock, ca_file=tmp_path / "certificate.pem"))

    assert not isinstance(caught.value, TransientError)
    assert thing.name == "a"


async def list_things(api, **changes):
    """Ask for all things."""
    async with api.connect() as session:
        return await session.list_pages("/v1/things", TypeAdapter(Thing), {"per_page": 2}, **changes)


async def test_pages_are_followed_to_the_end(clock):
    """The next page's address comes with the answer; the question's parameters are in it."""

    def respond(request):
        page = int(request.get_query("page") or 1)
        assert request.get_query("per_page") == "2"
        more = f'<{server.url}/v1/things?per_page=2&page={page + 1}>; rel="next", <x>; rel="last"' if page < 3 else ""
        return Answer([{"name": str(page)}], headers={"Link": more})

    async with WebServer(respond) as server:
        pages = await list_things(open_api(server, clock))
        fewer = await list_things(open_api(server, clock), most_pages=2)

    assert server.complaints == []
    assert [[item.name for item in pages.items], pages.is_whole] == [["1", "2", "3"], True]
    assert [[item.name for item in fewer.items], fewer.is_whole] == [["1", "2"], False]


async def test_page_on_another_host_is_not_followed(clock):
    """The credential stays where it belongs."""
    elsewhere = {"Link": '<http://elsewhere.test/v1/things?page=2>; rel="next"'}
    async with WebServer(lambda _: Answer([{"name": "1"}], headers=elsewhere)) as server:
        pages = await list_things(open_api(server, clock))

    assert (len(server.requests), pages.is_whole) == (1, False)


def test_next_page_is_the_one_called_next():
    """Other relations are passed over."""
    assert find_next_page('<http://a/1>; rel="prev", <http://a/3>; rel = "next"') == "http://a/3"
    assert find_next_page('<http://a/1>; rel="prev"') == ""


@pytest.mark.parametrize(("timeout_s", "is_closed"), [(0.4, True), (60, False)])
async def test_call_that_a_deadline_ended_counts_if_it_had_waited(clock, timeout_s, is_closed):
    """Who gives up a dead server before its time is out must not hide that it is dead; a quick change of mind may."""
    async with WebServer(lambda _: Answer({}, fault=Fault.HANG)) as server:
        api = open_api(server, clock, timeout_s=timeout_s)
        for _ in range(3):
            with pytest.raises((TimeoutError, TransientError)):
                async with asyncio.timeout(0.25):
                    await ask(api)

    if is_closed:
        with pytest.raises(TransientError, match="not asked now"):
            api.breaker.refuse_if_closed()
    else:
        api.breaker.refuse_if_closed()


async def test_session_that_a_deadline_ends_leaves_no_connection(clock):
    """Four calls are cancelled at each turn of the loop in which they could be: the server sees all of them go."""

    async def ask_often(api):
        async with api.connect() as session:
            await asyncio.gather(*(session.get("/x", dict) for _ in range(4)))

    async with WebServer(lambda _: Answer({"a": 1})) as server:
        api = open_api(server, clock)
        for turns in range(40):
            task = asyncio.ensure_future(ask_often(api))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        for _ in range(100):
            await asyncio.sleep(0)

        assert server.connections > 40
        assert server.open_connections == 0


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer plain-house-key"}, {"PRIVATE-TOKEN": "plain-house-key"}],
)
async def test_credential_that_an_api_repeats_is_taken_out(clock, headers):
    """A refusal goes to cards and chats; a token of one's own making looks like no secret."""

    def refuse(request):
        return Answer({"message": f"{request.headers[next(iter(headers)).lower()]} is no good"}, status=401)

    async with WebServer(refuse) as server:
        with pytest.raises(OperationalError) as refused:
            await ask(open_api(server, clock, headers=headers))

    assert "plain-house-key" not in str(refused.value)
    assert "is no good" in str(refused.value)
