from fermata.domain.model import ModelRequest, TaskKind
from fermata.testing.providers import FakeOpenAi, ModelFault, Script
from fermata.testing.web_server import WebServer


async def test_all_that_leaves_is_redacted_whoever_is_asked(build):
    """What is asked and how it is to be answered: for the next target as for the first."""
    first, second = FakeOpenAi(Script(say="a")), FakeOpenAi(Script(say="fine"))
    first.script.fault = ModelFault.SERVER_ERROR
    async with WebServer(first) as one, WebServer(second) as other:
        gateway = build({"base_url": one.url, "model": "first"}, {"base_url": other.url, "model": "second"})

        answer = await gateway.ask(
            ModelRequest(
                kind=TaskKind.SUMMARISE,
                prompt_name="summarise",
                prompt_digest="d1",
                instructions="Be short. token=correct-horse-staple",
                content="password=correct-horse-battery",
                max_output_tokens=50,
            )
        )

    assert answer.text == "fine"
    for script in (first.script, second.script):
        assert script.hits
        assert "correct-horse" not in str([hit.body for hit in script.hits])
        assert "Be short." in str(script.hits[0].body)
