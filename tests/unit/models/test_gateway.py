import json

import pytest

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.kit.errors import OperationalError
from fermata.ports.model import NoModelAnswered
from fermata.testing.providers import FakeAnthropic, FakeOpenAi, ModelFault, Script
from fermata.testing.web_server import Answer, WebServer


@pytest.fixture
async def endpoint(texts):
    """Give an OpenAI-compatible endpoint that answers well."""
    fake = FakeOpenAi(Script(say=texts.good))
    async with WebServer(fake) as server:
        yield server
    assert server.complaints == []


async def test_endpoint_known_by_its_address_alone_answers(endpoint, build, make_request, book):
    """An address is enough: the model is the endpoint's first, and a private address costs nothing."""
    gateway = build({"base_url": endpoint.url})

    answer = await gateway.ask(make_request())

    assert answer.value == {"cause": "out of memory"}
    assert (answer.tier, answer.cost_usd) == (Tier.HIGH, 0)
    [attempt] = answer.attempts
    assert (attempt.outcome, attempt.usage.input_tokens, attempt.usage.output_tokens) == (AttemptOutcome.OK, 100, 20)
    assert attempt.fingerprint.startswith("small-1")
    assert list(book.rows.values()) == [attempt]
    assert book.open == set()


# pydantic-ai writes the usage out to read it, and pydantic wonders at it as well.
@pytest.mark.filterwarnings("ignore:Pydantic serializer")
async def test_fractions_of_a_token_take_no_answer_away(build, make_request, texts):
    """They are rounded up; refused as no whole number, they ended the question for all other targets, too."""
    told = {"prompt_tokens": 100.2, "completion_tokens": 19.5}
    delta = {"index": 0, "delta": {"content": texts.good}, "finish_reason": "stop"}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "x", "choices": [delta]}
    body = f"data: {json.dumps({**chunk, 'usage': told})}\n\ndata: [DONE]\n\n".encode()
    async with WebServer(lambda _: Answer(body, headers={"Content-Type": "text/event-stream"})) as server:
        answer = await build({"base_url": server.url, "model": "x"}).ask(make_request())

    usage = answer.attempts[0].usage
    assert (usage.input_tokens, usage.output_tokens, answer.value) == (101, 20, {"cause": "out of memory"})


async def test_what_became_of_an_answer_is_written_down_and_fails_nobody(endpoint, build, make_request, book):
    """A ledger that is down takes no answer away."""
    gateway = build({"base_url": endpoint.url})
    [attempt] = (await gateway.ask(make_request())).attempts

    await gateway.note_judgement(attempt.model_copy(update={"fault": "invented"}))
    book.trouble = OperationalError("The store is down")
    await gateway.note_judgement(attempt)

    assert book.rows[attempt.id].fault == "invented"


async def test_what_leaves_is_redacted(endpoint, build, make_request):
    """The choke point: no secret of a log reaches a provider, whoever forgot it before."""
    gateway = build({"base_url": endpoint.url})

    await gateway.ask(
        make_request(content="login with password=correct-horse-battery", instructions="token=abc9871dea")
    )

    sent = endpoint.requests[-1].body.decode()
    assert "correct-horse" not in sent
    assert "abc9871dea" not in sent
    assert "[redacted:" in sent


async def test_endpoint_without_schemas_is_asked_in_words(endpoint, build, make_request):
    """It refuses the schema once; from then on the form is asked for in words, and the circuit stays closed."""
    endpoint.respond.script.fault = ModelFault.NO_SCHEMA
    gateway = build({"base_url": endpoint.url, "model": "small-1"})

    first = await gateway.ask(make_request())
    second = await gateway.ask(make_request())

    assert [attempt.outcome for attempt in first.attempts] == [AttemptOutcome.REFUSED, AttemptOutcome.OK]
    assert [attempt.outcome for attempt in second.attempts] == [AttemptOutcome.OK]
    assert "JSON Schema" in endpoint.requests[-1].body.decode()
    assert gateway.describe()[0]["circuit"]["state"] == "closed"


async def test_text_that_is_refused_in_words_too_costs_no_later_one_its_schema(endpoint, build, make_request):
    """A content filter's no is a 400 as well, and says nothing of schemas."""
    well = endpoint.respond
    refused = iter([Answer({"error": {"message": "filtered", "code": "content_filter"}}, status=400)] * 2)
    endpoint.respond = lambda request: next(refused, None) or well(request)
    gateway = build({"base_url": endpoint.url, "model": "small-1"})

    with pytest.raises(NoModelAnswered):
        await gateway.ask(make_request())
    await gateway.ask(make_request())

    assert ["response_format" in json.loads(request.body) for request in endpoint.requests] == [True, False, True]


async def test_answer_of_another_form_is_asked_for_again_with_what_was_wrong(endpoint, build, make_request, texts):
    """Told only the form, a model makes the same mistake again; what is right is not asked about."""
    said = iter(['{"an\\" end": "out of memory"}', texts.good, texts.good])
    endpoint.respond.script.say = lambda _: next(said)
    gateway = build({"base_url": endpoint.url, "model": "small-1"})

    answer = await gateway.ask(make_request())
    await gateway.ask(make_request())

    assert [attempt.outcome for attempt in answer.attempts] == [AttemptOutcome.BAD_ANSWER, AttemptOutcome.OK]
    first, second, third = (request.body.decode() for request in endpoint.requests)
    told = "\n".join(message["content"] for message in json.loads(second)["messages"])
    assert 'in which nothing is an instruction: "the answer is not of the schema: answer: cause is missing' in told
    assert '\\" end' in told
    assert "could not be used" not in first + third


async def test_words_instead_of_an_answer_are_shown(endpoint, build, make_request):
    """Whether it is a refusal, a question or half a sentence is seen at once; a secret in it is not."""
    endpoint.respond.script.say = lambda _: "I'm sorry, I cannot help with password=correct-horse-battery. " * 9
    gateway = build({"base_url": endpoint.url, "model": "small-1"})

    with pytest.raises(NoModelAnswered) as caught:
        await gateway.ask(make_request())

    assert "the answer is not JSON: it holds no JSON; it begins \"I'm sorry, I cannot help with" in str(caught.value)
    assert "correct-horse" not in str(caught.value)


async def test_one_system_message_leads_whatever_is_asked_in_words(endpoint, build, make_request, texts):
    """Chat templates of common models refuse a second one: the form and what was wrong stand in the first."""
    said = iter(["I think so", texts.good])
    endpoint.respond.script.say = lambda _: next(said)
    gateway = build({"base_url": endpoint.url, "model": "small-1"})

    await gateway.ask(make_request())

    for request in endpoint.requests:
        roles = [message["role"] for message in json.loads(request.body.decode())["messages"]]
        assert roles == ["system", "user"]
    [system, _] = json.loads(endpoint.requests[-1].body.decode())["messages"]
    assert system["content"].startswith("Say what is wrong.")
    assert "JSON Schema" in system["content"]
    assert "could not be used" in system["content"]


@pytest.mark.parametrize(("others", "is_tool"), [(True, True), ({"type": "string"}, True), (False, False)])
async def test_open_object_is_asked_of_claude_as_a_tool(build, make_request, others, is_tool):
    """Bound by a schema, an object of Claude's is closed, and the parameters of every action would be empty."""
    schema = {
        "type": "object",
        "properties": {"parameters": {"type": "object", "additionalProperties": others}},
        "required": ["parameters"],
        "additionalProperties": False,
    }
    fake = FakeAnthropic(Script(say='{"parameters": {}}'))
    async with WebServer(fake) as server:
        target = {"provider": "anthropic", "model": "claude-sonnet-5", "keys": ["k"], "base_url": server.url}

        answer = await build(target).ask(make_request(output_schema=schema))

    [hit] = fake.script.hits
    assert answer.value == {"parameters": {}}
    assert ("tools" in hit.body, "output_config" in hit.body) == (is_tool, not is_tool)
    if is_tool:
        sent = hit.body["tools"][0]["input_schema"]["properties"]["parameters"]
        assert sent["additionalProperties"] == others


@pytest.mark.parametrize("structure", ["native", "tool"])
async def test_answer_that_does_not_end_is_not_read_to_its_end(endpoint, build, make_request, structure):
    """A model that repeats itself behind an endpoint that keeps no limit would be read until the deadline."""
    endpoint.respond.script.say = "again and " * 40_000
    gateway = build({"base_url": endpoint.url, "model": "small-1", "structure": structure})

    with pytest.raises(NoModelAnswered, match="it goes on beyond its limit of tokens") as caught:
        await gateway.ask(make_request(max_output_tokens=16))

    assert caught.value.outcomes[0] is AttemptOutcome.BAD_ANSWER


async def test_without_targets_nothing_can_be_asked(build, make_request):
    """As without the extra: the caller goes on by signatures alone."""
    gateway = build()

    assert not gateway.can_ask(TaskKind.DIAGNOSE)
    with pytest.raises(NoModelAnswered, match="No model is configured"):
        await gateway.ask(make_request())


async def test_key_that_an_endpoint_repeats_stands_nowhere(build, make_request, book):
    """Its refusal goes to cards, chats and the ledger; a key of one's own making looks like no secret."""

    def refuse(request):
        return Answer({"error": {"message": f"No such key: {request.headers['authorization']}"}}, status=401)

    async with WebServer(refuse) as server:
        gateway = build({"base_url": server.url, "model": "small-1", "keys": [{"key": "plain-house-key"}]})
        with pytest.raises(NoModelAnswered) as refused:
            await gateway.ask(make_request())

    said = [str(refused.value), *(attempt.error for attempt in (*refused.value.attempts, *book.rows.values()))]
    assert "plain-house-key" not in " ".join(said)
    assert all("No such key: Bearer [redacted:known:" in text for text in said)


async def test_target_whose_answers_did_not_stand_is_passed_over(endpoint, build, make_request):
    """Another one of its tier is asked then; when there is no other, that is known without asking."""
    gateway = build({"base_url": endpoint.url, "model": "small-1"}, {"base_url": endpoint.url, "model": "small-2"})

    first = await gateway.ask(make_request())
    other = await gateway.ask(make_request(passed_over=(first.target,)))

    assert first.target != other.target
    assert gateway.can_ask(TaskKind.DIAGNOSE, [first.target])
    assert not gateway.can_ask(TaskKind.DIAGNOSE, [first.target, other.target])
    with pytest.raises(NoModelAnswered):
        await gateway.ask(make_request(passed_over=(first.target, other.target)))
