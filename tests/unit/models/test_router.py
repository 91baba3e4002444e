import pytest

from fermata.domain.model import TaskKind
from fermata.models.calls import Task
from fermata.ports.model import NoModelAnswered
from fermata.rules.routing import Need
from fermata.testing.providers import FakeOpenAi, ModelFault, Script
from fermata.testing.web_server import WebServer


@pytest.fixture
async def two(build):
    """Give two endpoints and a router over them."""
    first, second = FakeOpenAi(Script(say='{"name": "a"}')), FakeOpenAi(Script(say='{"name": "b"}'))
    async with WebServer(first) as one, WebServer(second) as other:
        gateway = build({"base_url": one.url, "model": "first"}, {"base_url": other.url, "model": "second"})
        router = await gateway.build_router(Task(TaskKind.DIAGNOSE, Need()))
        yield first.script, second.script, router
    assert one.complaints + other.complaints == []


async def test_agent_is_served_by_the_next_target(two):
    """To pydantic-ai it is one model: tools, typed answers and all."""
    from pydantic_ai import Agent

    first, second, router = two
    first.fault = ModelFault.SERVER_ERROR
    first.say = second.say = "fine"

    result = await Agent(router, instructions="Be short.").run("password=correct-horse-battery")

    assert result.output == "fine"
    assert len(second.hits) == 1
    assert "correct-horse" not in str(second.hits[0].body)
    assert "Be short." in str(second.hits[0].body)


@pytest.mark.parametrize("fault", [ModelFault.UNKNOWN_TOOL, ModelFault.BAD_TOOL_JSON])
async def test_bad_call_of_a_tool_is_a_failed_attempt(two, fault):
    """An agent never sees a tool that was not offered, nor arguments that are none."""
    from pydantic import BaseModel
    from pydantic_ai import Agent

    class Name(BaseModel):
        name: str

    first, second, router = two
    first.fault = fault

    result = await Agent(router, output_type=Name).run("who?")

    assert result.output.name == "b"
    assert (len(first.hits), len(second.hits)) == (1, 1)


async def test_agent_hears_when_nobody_answers(two):
    """The gateway's own error, with every attempt."""
    from pydantic_ai import Agent

    first, second, router = two
    first.fault = second.fault = ModelFault.NO_CHOICES

    with pytest.raises(NoModelAnswered) as caught:
        await Agent(router).run("who?")

    assert len(caught.value.attempts) >= 2


async def test_router_is_called_by_its_task(two):
    """As traces name it."""
    _, _, router = two

    assert (router.model_name, router.system, router.provider) == ("fermata:diagnose", "fermata", None)


async def test_whole_conversation_is_redacted():
    """What models and tools said before is outside text as well."""
    from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart

    from fermata.models.router import redact_messages

    secret = "password=correct-horse-battery"
    messages = [
        ModelRequest(parts=[UserPromptPart([secret, secret])], instructions=secret),
        ModelResponse(parts=[TextPart(secret), ToolCallPart("look", {"a": 1})]),
        ModelRequest(parts=[ToolReturnPart("look", {"log": secret, "lines": 3}, tool_call_id="1")]),
    ]

    redacted = redact_messages(messages)

    assert "correct-horse" not in str(redacted)
    assert redacted[1].parts[1] == messages[1].parts[1]
