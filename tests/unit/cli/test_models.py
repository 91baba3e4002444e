"""`fermata models` and `fermata route`: whom Fermata may ask, how they are, and why."""

import dataclasses
from datetime import timedelta
from typing import get_args

import pytest
from tests.unit.cli.desk import run
from tests.unit.cli.provider import serve_provider

from fermata.cli import main as door
from fermata.cli import models
from fermata.cli.models import KindName, TierName
from fermata.domain.model import ModelRequest, TaskKind, Tier
from fermata.flows.targets import write_states
from fermata.kit.clock import SystemClock
from fermata.models.trials import PATIENCE_S
from fermata.ports.model import NoModelAnswered
from fermata.testing.providers import ModelFault

PRICED = "price: {input_per_mtok: 3, output_per_mtok: 15}"


@pytest.fixture(autouse=True)
def commands():
    """See to it that the commands are at the door."""
    if all(group.name != "models" for group in door.app.registered_groups):
        models.add_to(door.app)


@pytest.fixture
def provider():
    """Give a provider that is ready."""
    with serve_provider('{"state": "ready"}') as server:
        yield server


@pytest.fixture
def configure(desk, provider):
    """Give a maker of settings with one target at the provider, and perhaps others."""

    def write(*more, options=PRICED):
        own = f"- {{name: small, model: small-1, base_url: '{provider.url}', {options}}}\n"
        desk.write_settings("models:\n  targets:\n" + "".join(f"    {line}" for line in (own, *more)))
        return desk

    return write


def serve_for_a_moment(desk, *, ago=timedelta(0), work=None):
    """Write down the states as a serving process does; `work(context)` happens before."""

    class Earlier(SystemClock):
        def now(self):
            return super().now() - ago

    async def play(house, engine):
        context = dataclasses.replace(house.context, clock=Earlier())
        if work is not None:
            await work(context)
        assert await write_states(context)

    desk.play(play)


@pytest.mark.parametrize("command", [("models", "status"), ("models", "try"), ("route", "explain", "diagnose")])
def test_without_models_each_command_says_so(desk, command):
    """Nothing is wrong: signatures diagnose."""
    result = desk.run(*command)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("No model is configured: signatures alone diagnose.")


def test_status_tells_target_circuit_and_source(configure):
    """Of a process that asked nobody, and it says so."""
    result = configure().run("models", "status")

    assert (result.code, result.err) == (0, "")
    assert "openai-compatible/small" in result.out
    assert "closed" in result.out
    assert "asked nobody yet" in result.out


def test_status_names_what_is_never_asked(configure):
    """A price that nobody knows, and what to do about it."""
    desk = configure("- {name: odd, provider: openai, model: no-such-model, keys: ['file:key']}\n")
    (desk.folder / "key").write_text("secret-key-0001")

    result = desk.run("models", "status")

    assert "openai/odd is never asked: the price of no-such-model is not known" in result.out


def test_status_shows_what_the_serving_process_learnt(configure, provider):
    """A key out of credit is left alone until an instant, for a reason."""
    desk = configure(options="keys: [{key: 'file:key', label: team}], " + PRICED)
    (desk.folder / "key").write_text("secret-key-0001")
    provider.respond.script.fault = ModelFault.NO_CREDIT
    serve_for_a_moment(desk, work=ask_once)

    result = desk.run("models", "status")
    machine = desk.run("models", "status", "--json").json

    assert "team: open: out_of_credit until " in result.out
    assert "As the serving process saw it at" in result.out
    assert machine["serving"] is True
    assert machine["targets"][0]["keys"][0]["reason"] == "out_of_credit"
    assert machine["targets"][0]["last"]["outcome"] == "out_of_credit"
    assert "secret-key-0001" not in result.out + str(machine)


async def ask_once(context):
    """Ask a model something, in vain."""
    request = ModelRequest(kind="classify", prompt_name="x", prompt_digest="x", instructions="x", content="x")
    with pytest.raises(NoModelAnswered):
        await context.models.ask(request)


def test_status_of_a_process_that_is_gone_is_not_shown(configure):
    """After three minutes without a word nobody serves."""
    desk = configure()
    serve_for_a_moment(desk, ago=timedelta(minutes=4))

    assert desk.run("models", "status", "--json").json["serving"] is False


def test_status_without_a_serving_process_tells_the_last_answer_of_the_ledger(configure, provider):
    """Nobody serves, and the ledger knows how the last call of a target ended; of one never called it knows nothing."""
    desk = configure("- {name: spare, model: spare-1, base_url: 'http://127.0.0.1:9', " + PRICED + "}\n")
    provider.respond.script.fault = ModelFault.NO_CREDIT
    before = desk.run("models", "status")
    desk.run("models", "try", "openai-compatible/small")

    result = desk.run("models", "status")
    machine = desk.run("models", "status", "--json").json

    assert "the ledger's" not in before.out
    assert "The last answers are the ledger's, of seven days." in result.out
    assert machine["serving"] is False
    assert [target["last"] and target["last"]["outcome"] for target in machine["targets"]] == ["out_of_credit", None]


def test_try_tells_latency_support_and_price(configure):
    """One call, in the ledger like any other."""
    desk = configure()

    result = desk.run("models", "try")

    assert (result.code, result.err) == (0, "")
    assert "openai-compatible/small: answers" in result.out
    assert "s to the first byte, " in result.out
    assert "supports: JSON schema yes, streaming yes, usage yes" in result.out
    assert "price: $3 in, $15 out for a million tokens" in result.out
    assert "this cost $0.0006 in 1 call" in result.out
    assert "Total $0.0006 for 1 call." in desk.run("costs").out


def test_try_says_plainly_what_failed(configure, provider):
    """The exit code too."""
    provider.respond.script.fault = ModelFault.UNAUTHORISED

    result = configure().run("models", "try")
    machine = configure().run("models", "try", "--json")

    assert (result.code, machine.code) == (1, 1)
    assert "openai-compatible/small: FAILED" in result.out
    assert "unauthorised" in result.out
    assert "Incorrect API key provided" in result.out
    assert machine.json["targets"][0]["outcomes"] == ["unauthorised"]


def test_try_says_what_a_target_lacks(configure, provider):
    """And what Fermata does about it."""
    provider.respond.script.fault = ModelFault.NO_SCHEMA

    result = configure(options="local: true").run("models", "try", "openai-compatible/small")

    assert result.code == 0
    assert "JSON schema no" in result.out
    assert "asked for in words" in result.out
    assert "this cost $0 in 2 calls (local)" in result.out


def test_try_says_whom_it_waits_for_and_gives_up(configure, provider, monkeypatch):
    """Silence for minutes looks like a command that hangs."""
    monkeypatch.setattr(models, "_TOLD_EVERY_S", 0.5)
    provider.respond.script.fault = ModelFault.HANG

    result = configure(options=f"{PRICED}, slowness: 100").run("models", "try", "--deadline", "1")

    assert result.code == 1
    assert "No answer yet from openai-compatible/small after 0.5 s; each is given 1 s." in result.err
    assert "no answer within 1 s" in result.out


def test_default_deadline_is_that_of_the_module_that_waits():
    """It is written twice, so that `--help` need not import it."""
    assert models._DEADLINE_S == PATIENCE_S


def test_try_takes_the_name_of_the_settings(configure, provider, monkeypatch):
    """And names keys that do not answer, although the target does."""
    provider.respond.script.keys = frozenset({"secret-key-0002"})
    keys = "{key: 'env:SPARE', label: spare}, {key: 'env:GOOD', label: good}"
    desk = configure(options=f"{PRICED}, keys: [{keys}]")
    monkeypatch.setenv("SPARE", "secret-key-0003")
    monkeypatch.setenv("GOOD", "secret-key-0002")

    result = desk.run("models", "try", "small")

    assert result.code == 0
    assert "key spare, no answer: unauthorised: 401: Incorrect API key provided" in result.out
    assert desk.run("models", "try", "--json").json["targets"][0]["dead_keys"][0]["key"] == "spare"
    assert "secret-key-0003" not in result.out


def test_try_of_an_unknown_target_names_the_known(configure):
    """Before anything is asked."""
    result = configure().run("models", "try", "openai/nobody")

    assert result.code == 2
    assert "openai-compatible/small" in result.err


def test_route_tells_who_would_be_asked(configure):
    """A line for each target, in order."""
    desk = configure("- {name: spare, model: big-1, base_url: 'http://127.0.0.1:9/v1', tier: high}\n")

    result = desk.run("route", "explain", "diagnose")
    higher = desk.run("route", "explain", "classify", "--tier", "high", "--json").json

    assert result.out.splitlines()[:2] == [
        "diagnose begins at the high tier",
        "openai-compatible/small: asked",
    ]
    assert "openai-compatible/spare: next in order" in result.out
    assert higher["lines"][0] == "classify begins at the high tier"


def test_route_is_told_as_the_serving_process_sees_it(configure, provider):
    """Who is left alone there is passed over in the answer."""
    desk = configure()
    provider.respond.script.fault = ModelFault.SERVER_ERROR
    serve_for_a_moment(desk, work=ask_once)

    result = desk.run("route", "explain", "diagnose")

    assert "passed over: overloaded for another" in result.out
    assert "As the serving process saw it at" in result.out


def test_kind_that_does_not_exist_is_refused():
    """With the kinds there are."""
    result = run("route", "explain", "guess")

    assert result.code == 2


def test_choices_are_the_domains_own():
    """They are written down twice, since the domain's module takes its time to import."""
    assert list(get_args(KindName)) == [kind.value for kind in TaskKind]
    assert list(get_args(TierName)) == [tier.value for tier in Tier]
