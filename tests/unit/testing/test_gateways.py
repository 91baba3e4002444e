import pytest

from fermata.domain.model import AttemptOutcome, ModelRequest, TaskKind, Tier
from fermata.ports.model import NoModelAnswered
from fermata.testing.gateways import RecordingGateway, ReplayGateway, ScriptedGateway

SCHEMA = {"type": "object", "properties": {"cause": {"type": "string"}}, "required": ["cause"]}


def ask(**changes):
    """Give a request."""
    values = {"kind": TaskKind.DIAGNOSE, "prompt_name": "p", "prompt_digest": "d", "instructions": "i", "content": "c"}
    return ModelRequest(**values | {"output_schema": SCHEMA} | changes)


async def test_script_is_said_in_order():
    """The last step is said for ever, and each answer is counted."""
    gateway = ScriptedGateway([{"cause": "one"}, lambda request: {"cause": request.content}])

    answers = [await gateway.ask(ask()) for _ in range(3)]

    assert [answer.value["cause"] for answer in answers] == ["one", "c", "c"]
    assert answers[0].attempts[0].usage.input_tokens > 0
    assert len(gateway.requests) == 3


@pytest.mark.parametrize("steps", [[], [AttemptOutcome.OVERLOADED], ["no JSON"], [{"other": 1}]])
async def test_script_may_fail(steps):
    """As a real gateway does: no answer, a failure, an answer that is not of the schema."""
    with pytest.raises(NoModelAnswered):
        await ScriptedGateway(steps).ask(ask())


async def test_script_tells_text_without_a_schema():
    """There is no value then."""
    answer = await ScriptedGateway(["words"]).ask(ask(output_schema=None))

    assert (answer.text, answer.value) == ("words", None)


async def test_recording_is_said_again(tmp_path):
    """The same answer for the same request, whoever pays; another request has none."""
    recording = RecordingGateway(ScriptedGateway([{"cause": "one"}]), tmp_path / "kept")

    said = await recording.ask(ask())
    replay = ReplayGateway(tmp_path / "kept")

    assert await replay.ask(ask(incident_id="inc-1")) == said
    with pytest.raises(NoModelAnswered, match="changed since"):
        await replay.ask(ask(content="another"))


def test_gateways_without_a_provider_can_be_described(tmp_path):
    """Commands that show targets work with them as well."""
    scripted = ScriptedGateway(["x"], kinds=frozenset({TaskKind.PARSE}))
    recording, replay = RecordingGateway(scripted, tmp_path), ReplayGateway(tmp_path)

    assert scripted.can_ask(TaskKind.PARSE)
    assert not recording.can_ask(TaskKind.PLAN)
    assert not replay.can_ask(TaskKind.PARSE)
    for gateway in (scripted, recording, replay):
        assert gateway.explain(TaskKind.PARSE, Tier.HIGH)[0] == "parse begins at the high tier"
        assert gateway.describe()[0]["circuit"]["state"] == "closed"
