import pytest

from fermata.domain.model import AttemptOutcome, TaskKind
from fermata.kit.errors import InvariantBroken
from fermata.models.calls import Task
from fermata.ports.model import NoModelAnswered
from fermata.rules.routing import Need
from fermata.testing.providers import FakeOpenAi, ModelFault, Script
from fermata.testing.web_server import WebServer

O = AttemptOutcome  # noqa: E741 - read by its columns


@pytest.fixture
async def two(build):
    """Give two endpoints and a router over them."""
    first, second = FakeOpenAi(Script(say="from the first")), FakeOpenAi(Script(say="from the second"))
    async with WebServer(first) as one, WebServer(second) as other:
        gateway = build({"base_url": one.url, "model": "first"}, {"base_url": other.url, "model": "second"})
        yield first.script, second.script, await gateway.build_router(Task(TaskKind.DIAGNOSE, Need()))
    assert one.complaints + other.complaints == []


@pytest.fixture
def open_stream(two):
    """Give what opens a stream of the router."""
    from pydantic_ai.messages import ModelRequest, UserPromptPart
    from pydantic_ai.models import ModelRequestParameters

    def open_it():
        return two[2].request_stream([ModelRequest([UserPromptPart("why?")])], None, ModelRequestParameters())

    return open_it


async def read(streamed, texts):
    """Read a stream to its end, and keep the pieces of text as they come."""
    async for event in streamed:
        part = getattr(event, "part", None) if event.event_kind == "part_start" else getattr(event, "delta", None)
        texts.append(getattr(part, "content", None) or getattr(part, "content_delta", ""))


async def test_answer_comes_in_pieces(two, open_stream, book):
    """And is whole at its end, with its tokens in the ledger."""
    texts = []

    async with open_stream() as streamed:
        await read(streamed, texts)
        answer = streamed.get()

    assert "".join(texts) == answer.text == "from the first"
    assert len([text for text in texts if text]) > 1
    assert (answer.state, answer.model_name) == ("complete", "first")
    assert (streamed.model_name, streamed.provider_name) == ("first", "openai-compatible")
    assert streamed.provider_url.endswith("/v1/")
    assert streamed.timestamp.tzinfo is not None
    assert streamed.usage.output_tokens == 20
    [row] = book.rows.values()
    assert (row.outcome, row.usage.output_tokens, row.is_estimated, book.open) == (O.OK, 20, False, set())
    assert row.fingerprint == "first fp_1"


@pytest.mark.parametrize("fault", [ModelFault.SERVER_ERROR, ModelFault.STREAM_ERROR, ModelFault.NO_CHOICES])
async def test_next_target_begins_the_answer(two, open_stream, book, fault):
    """Nobody has seen a word yet."""
    first, _, _ = two
    first.fault = fault
    texts = []

    async with open_stream() as streamed:
        await read(streamed, texts)

    assert "".join(texts) == "from the second"
    assert [row.outcome for row in book.rows.values()][-1] is O.OK
    assert len(book.rows) == 2


@pytest.mark.parametrize(("fault", "outcome"), [(ModelFault.STALL, O.TIMED_OUT), (ModelFault.CUT, O.UNREACHABLE)])
async def test_answer_that_was_begun_is_not_continued_by_another(two, open_stream, book, fault, outcome):
    """Its reader hears of it after what came, and its row counts at the most it may have cost."""
    first, second, _ = two
    first.fault = fault
    texts = []

    with pytest.raises(NoModelAnswered) as caught:
        async with open_stream() as streamed:
            await read(streamed, texts)

    assert "".join(texts)
    assert "from the first".startswith("".join(texts))
    assert caught.value.outcomes == (outcome,)
    assert second.hits == []
    [row] = book.rows.values()
    assert (row.outcome, row.is_estimated, row.fingerprint, book.open) == (outcome, True, "first fp_1", set())


async def test_target_that_was_cut_off_is_left_alone(two, open_stream):
    """A failed stream is a failed attempt: the next request goes elsewhere."""
    first, second, _ = two
    first.fault = ModelFault.CUT
    with pytest.raises(NoModelAnswered):
        async with open_stream() as streamed:
            await read(streamed, [])

    async with open_stream() as streamed:
        await read(streamed, [])

    assert (len(first.hits), len(second.hits)) == (1, 1)


async def test_nobody_answers(two, open_stream):
    """The reader hears it before there is a stream."""
    first, second, _ = two
    first.fault = second.fault = ModelFault.SERVER_ERROR

    with pytest.raises(NoModelAnswered) as caught:
        async with open_stream():
            pass

    assert set(caught.value.outcomes) == {O.OVERLOADED}


async def test_reader_that_leaves_stops_the_call(two, open_stream, book):
    """The row says so, at the most it may have cost, and the target is not to blame."""
    first, _, _ = two
    first.fault = ModelFault.STALL

    async with open_stream() as streamed:
        await anext(aiter(streamed))

    [row] = book.rows.values()
    assert (row.outcome, row.is_estimated, book.open) == (O.CANCELLED, True, set())
    first.fault = None
    async with open_stream() as streamed:
        await read(streamed, [])
    assert len(first.hits) == 2


async def test_cancelled_stream_ends_its_call(two, open_stream, book):
    """pydantic-ai's own way to stop one."""
    first, _, _ = two
    first.fault = ModelFault.STALL

    async with open_stream() as streamed:
        await anext(aiter(streamed))
        await streamed.cancel()
        await read(streamed, [])

    assert streamed.get().state == "interrupted"
    assert [row.outcome for row in book.rows.values()] == [O.CANCELLED]


async def test_endpoint_that_cannot_stream_answers_in_one_piece(build, book):
    """A reader need not know."""
    from pydantic_ai import Agent

    fake = FakeOpenAi(Script(say="all at once"))
    async with WebServer(fake) as server:
        router = await build({"base_url": server.url, "model": "x", "stream": False}).build_router(
            Task(TaskKind.DIAGNOSE, Need())
        )
        async with Agent(router).run_stream("why?") as result:
            texts = [text async for text in result.stream_text(delta=True, debounce_by=None)]

    assert "".join(texts) == "all at once"
    assert [hit.is_streamed for hit in fake.script.hits] == [False]
    assert [row.outcome for row in book.rows.values()] == [O.OK]


async def test_agent_streams_words_and_calls(two):
    """To pydantic-ai it is a stream like any other: text by pieces, typed answers, usage; and all of it redacted."""
    from pydantic import BaseModel
    from pydantic_ai import Agent

    class Name(BaseModel):
        name: str

    first, second, router = two
    first.plan(ModelFault.UNAVAILABLE)
    second.say = '{"name": "b"}'

    async with Agent(router, output_type=Name).run_stream("password=correct-horse-battery") as result:
        outputs = [output async for output in result.stream_output(debounce_by=None)]

    assert outputs[-1].name == "b"
    assert result.usage.output_tokens == 20
    assert "correct-horse" not in str(second.hits[0].body)


async def test_answer_without_a_part_is_a_fault_of_ours():
    """A call must not end well before anything was given."""
    from pydantic_ai.models import ModelRequestParameters

    from fermata.models.streaming import open_stream

    async def run(_):
        return None

    with pytest.raises(InvariantBroken, match="without a part"):
        async with open_stream(run, ModelRequestParameters()):
            pass
