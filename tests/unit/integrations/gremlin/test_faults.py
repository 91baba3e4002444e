"""Attacks: begun once, seen by their targets, halted by their guid; and what Gremlin does not show is not guessed."""

from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment

from fermata.domain.sandbox import RunLimits, SandboxFinding
from fermata.flows.experiments.rules import SandboxRules
from fermata.integrations import resolve_system
from fermata.integrations.gremlin.settings import GremlinSettings
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import Injection
from fermata.testing.clock import FakeClock
from fermata.testing.gremlin import API_KEY, TEAM, GremlinTeam
from fermata.testing.web_server import Answer, Fault, WebServer

EXPERIMENT = make_experiment(system="gremlin", ports=(8080,))


class Lenient(SandboxRules):
    """Rules of somebody who can tell the sandbox in another way."""

    seen = None

    def judge(self, facts, experiment):
        self.seen = facts
        return (SandboxFinding(name="person", ok=not facts.document_problems, text="a person looked"),)


@pytest.fixture
async def team():
    """Give a team, and the server that answers for it, which must have nothing to complain about."""
    team = GremlinTeam()
    async with WebServer(team.respond) as server:
        team.server = server
        yield team
    assert server.complaints == []


def make_system(team, **given):
    """Give the system as the settings would make it."""
    values = {"url": f"{team.server.url}/v1", "api_key": API_KEY, "team_id": TEAM, "recover_s": 3, "timeout_s": 2}
    return resolve_system("gremlin")(GremlinSettings(**values | given), FakeClock())


@pytest.fixture
def injector(team):
    """Give an injector whose rules let it go on."""
    return make_system(team).find_injector(Lenient(RunLimits()))


async def test_house_rules_refuse_what_gremlin_does_not_show(team):
    """Neither namespace nor quota nor pods can be read there: no sandbox, nothing is begun."""
    injector = make_system(team).find_injector(SandboxRules(RunLimits(namespaces=("staging-shop",))))

    with pytest.raises(UserError, match="nothing was begun"):
        await injector.inject(EXPERIMENT)

    assert team.attacks == []


async def test_preview_is_what_is_begun_and_only_once(team, injector):
    """A person reads the very attack; asking again begins none."""
    preview = await injector.preview(EXPERIMENT)
    assert team.server.requests == []

    first = await injector.inject(EXPERIMENT)
    second = await injector.inject(EXPERIMENT)

    assert first == second
    assert len(team.attacks) == 1
    assert '"commandType": "Latency"' in preview


async def test_what_can_be_seen_is_told_to_the_rules(team):
    """Attacks that are active, our own spec and its faults; all else is unread."""
    rules = Lenient(RunLimits())
    injector = make_system(team).find_injector(rules)
    await injector.inject(EXPERIMENT)

    findings = await injector.check_sandbox(make_experiment(system="gremlin", whole={"id": "exp-2"}))

    assert [finding.ok for finding in findings] == [True]
    assert [fault.name for fault in rules.seen.running] == [team.attacks[0].guid]
    assert rules.seen.document_problems == ()
    assert (rules.seen.place, rules.seen.pods) == ("127.0.0.1", None)
    assert rules.seen.unread["pods"] == "Gremlin's API does not tell"


async def test_attack_is_seen_by_what_its_targets_make_of_it(team, injector):
    """Pending is not yet; running is; what was affected never shrinks."""
    injection = await injector.inject(EXPERIMENT)
    pending = await injector.observe(injection)
    team.attacks[0].stages = ["Running", "TargetNotFound"]
    running = await injector.observe(injection)
    await injector.renew(injection, timedelta(seconds=3))
    await injector.withdraw(injection)
    halted = await injector.observe(injection)

    assert [(state.active, state.affected) for state in (pending, running, halted)] == [
        (False, 0),
        (True, 1),
        (False, 1),
    ]
    assert (running.text, halted.text) == ("Running, TargetNotFound", "UserHalted, UserHalted")
    assert team.halted == [injection.handle]


async def test_attack_that_is_not_let_go_is_reported(team, injector):
    """Halted is not ended."""
    team.halts_at_once = False
    injection = await injector.inject(EXPERIMENT)

    with pytest.raises(OperationalError, match="was halted and is still active"):
        await injector.withdraw(injection)


async def test_withdrawing_what_is_gone_is_no_error(team, injector):
    """Undo may be asked for as often as somebody likes."""
    await injector.withdraw(Injection(experiment_id="exp-9", handle="8b5fba93-9999"))


@pytest.mark.parametrize(("handle", "words"), [("exp-9", "is not known"), ("../attacks", "is no attack of Gremlin")])
async def test_nothing_is_halted_that_is_not_known(team, injector, handle, words):
    """With a wrong name, every attack of the team might be halted."""
    with pytest.raises(OperationalError, match=words):
        await injector.withdraw(Injection(experiment_id="exp-9", handle=handle))

    assert team.halted == []


async def test_lost_answer_is_not_taken_for_a_beginning(team, injector):
    """It is not known whether it began, and said to be so."""

    def drop(request):
        return Answer(fault=Fault.DROP) if request.method == "POST" else team.respond(request)

    team.server.respond = drop
    with pytest.raises(OperationalError):
        await injector.inject(EXPERIMENT)


async def test_answer_without_a_guid_is_no_beginning(team, injector):
    """A page of a proxy in between is no attack."""

    def page(request):
        return Answer(b"<html>") if request.method == "POST" else team.respond(request)

    team.server.respond = page
    with pytest.raises(OperationalError, match="did not say which attack it began"):
        await injector.inject(EXPERIMENT)


async def test_attacks_that_cannot_be_listed_are_unread(team):
    """A team that the key does not see shows nothing."""
    rules = Lenient(RunLimits())

    await make_system(team, team_id="team-2").find_injector(rules).check_sandbox(EXPERIMENT)

    assert rules.seen.running is None
    assert "403" in rules.seen.unread["running"]


async def test_doctor_looks_whether_the_key_is_known(team):
    """And says what it needs."""
    (known,) = await make_system(team).check()
    (unknown,) = await make_system(team, api_key="other").check()

    assert (known.ok, known.text) == (True, "it sees attacks; 0 are active")
    assert not unknown.ok
    assert "401" in unknown.text


async def test_injector_says_who_ends_a_fault(injector):
    """No lease is promised that Gremlin does not know."""
    assert "length" in injector.lease_kept_by
