"""Asking for an action where a diagnosis stands and nobody names one: the cheapest model, and the same checks."""

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, nobody
from tests.unit.rules.incident_case import ACTIONS, blame, conclude, make_case, make_piece

from fermata.domain.entity import Entity
from fermata.domain.model import AttemptOutcome, TaskKind
from fermata.flows.bundle.shipped import SHIPPED_SPECS
from fermata.flows.suggest import Chooser
from fermata.kit.errors import GuardRefused
from fermata.models.prompts import load_prompts
from fermata.ports.model import NoModelAnswered
from fermata.testing.records import CHECKOUT

LOG = make_piece("MemoryError: the limit is 64 MiB")
LIMIT = {
    "action": "supervisor.set_memory_limit",
    "target": CHECKOUT.ref,
    "parameters": {"limit_bytes": 134217728},
}
RESTART = {"action": "supervisor.restart", "target": CHECKOUT.ref, "parameters": {}}
LEDGER = Entity(system="supervisor", kind="process", name="ledger")
OF_LEDGER = make_piece("x", title="ledger", entity=LEDGER)


@pytest.fixture
def choose():
    """Give a function that asks for an action, for an answer; give what came of it and the requests."""

    async def run(step, *, first=None, diagnosis=None, **changes):
        gateway = ScriptedGateway(step)
        case = make_case(LOG, OF_LEDGER)
        chooser = Chooser(gateway, load_prompts()["plan"], SHIPPED_SPECS)
        values = {
            "first": first or case,
            "timeout_s": 5.0,
            "charged_to": None,
        } | changes
        choice = await chooser.choose(case, diagnosis or conclude(blame(LOG)), **values)
        return choice, gateway.requests

    return run


async def test_action_of_the_catalogue_is_chosen_by_a_request_of_its_own(choose):
    """A small one of its kind, whose tier the settings say; what comes back is typed and about what was observed."""
    choice, (request,) = await choose({"actions": [LIMIT]})

    assert [(item.name, item.target) for item in choice.suggestions] == [("supervisor.set_memory_limit", CHECKOUT)]
    assert (choice.left_out, choice.by) == ((), "acme/high")
    assert (request.kind, request.tier, request.prompt_name) == (TaskKind.PLAN, None, "plan")
    assert request.most_bad_answers == 2
    assert "from the diagnosis to act on\nverdict| identified" in request.content
    assert "- supervisor.set_memory_limit(limit_bytes: integer" in request.content
    assert len(choice.attempts) == 1


async def test_nothing_is_a_good_answer(choose):
    """When no action fits, a person acts, and nothing is said to be wrong."""
    choice, _ = await choose({"actions": []})

    assert (choice.suggestions, choice.left_out, choice.by) == ((), (), "acme/high")


@pytest.mark.parametrize(
    ("actions", "fault"),
    [
        ([LIMIT], ""),
        ([], ""),
        ([LIMIT, LIMIT | {"action": "shell.run"}], ""),
        ([LIMIT | {"action": "shell.run"}], "There is no action 'shell.run'"),
    ],
)
async def test_whether_the_choice_stood_is_kept(actions, fault):
    """Who invents an action is blamed for it, as who invents a quote."""
    gateway, case = ScriptedGateway({"actions": actions}), make_case(LOG)
    chooser = Chooser(gateway, load_prompts()["plan"], SHIPPED_SPECS)

    await chooser.choose(case, conclude(blame(LOG)), first=case, timeout_s=5.0, charged_to=None)

    (kept,) = gateway.faults
    assert kept.startswith(fault) if fault else kept == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": "shell.run"}, "There is no action 'shell.run'"),
        ({"target": "supervisor:process/cashier"}, "The target 'supervisor:process/cashier'"),
        ({"parameters": {"limit_bytes": "all of it"}}, "The parameters of supervisor.set_memory_limit do not hold"),
        ({"parameters": {"limit_bytes": 134217728, "approved_by": "dana"}}, "'approved_by'"),
    ],
)
async def test_action_that_does_not_hold_is_dropped_with_all_that_rests_on_it(choose, changes, reason):
    """Whatever a model says adds nothing to the catalogue, to what was observed, or to the parameters."""
    choice, _ = await choose({"actions": [LIMIT | changes, RESTART]})

    assert choice.suggestions == ()
    assert reason.strip("'") in choice.left_out[0]


@pytest.mark.parametrize("value", [{"actions": [LIMIT] * 3}, {"actions": "restart"}, [], None])
async def test_plan_of_another_shape_is_no_plan(choose, value):
    """Not even a part of it is taken."""
    choice, _ = await choose(value)

    assert choice.suggestions == ()
    assert "The plan has not the shape that was asked for" in choice.left_out[0]


async def test_second_action_follows_the_first(choose):
    """In order, each once."""
    choice, _ = await choose({"actions": [LIMIT, RESTART]})
    once, _ = await choose({"actions": [RESTART, RESTART]})

    assert [item.name for item in choice.suggestions] == ["supervisor.set_memory_limit", "supervisor.restart"]
    assert len(once.suggestions) == 1


async def test_action_reaches_no_further_than_code_looked(choose):
    """What only a model's own questions brought in is no target."""
    actions = [RESTART | {"target": LEDGER.ref}]
    choice, _ = await choose({"actions": actions}, first=make_case(LOG), diagnosis=conclude(blame(LOG, OF_LEDGER)))

    assert choice.suggestions == ()
    assert choice.left_out == ("supervisor.restart: 'supervisor:process/ledger' is beyond what this incident is about",)


@pytest.mark.parametrize(
    ("diagnosis", "timeout_s"),
    [
        (conclude(blame(LOG, suggests=True)), 5.0),
        (conclude(), 5.0),
        (conclude(blame(LOG, entity=Entity(kind="service", name="provider"))), 5.0),
        (conclude(blame(LOG)), 0.0),
    ],
)
async def test_nobody_is_asked_where_no_answer_could_help(choose, diagnosis, timeout_s):
    """An action is named, no cause is, nothing can be done about it, or no time is left."""
    choice, requests = await choose({"actions": [LIMIT]}, diagnosis=diagnosis, timeout_s=timeout_s)

    assert (choice.suggestions, choice.left_out, requests) == ((), (), [])


@pytest.mark.parametrize(
    ("step", "reason", "attempts"),
    [
        (nobody(AttemptOutcome.TIMED_OUT), "No model chose an action: acme/sage is unreachable.", 1),
        (NoModelAnswered("Nobody", why="\n  a: timed out\n  b: resting"), "an action: a: timed out; b: resting.", 0),
        (GuardRefused("budget", "It does not fit", why="$0 left"), "No model was asked for an action: It does not", 0),
        (ZeroDivisionError(), "No model chose an action: it crashed (ZeroDivisionError)", 0),
    ],
)
async def test_without_an_answer_a_person_acts(choose, step, reason, attempts):
    """No target, no money or a bug of ours: the diagnosis stands, and what was tried is paid for."""
    choice, _ = await choose(step)

    assert choice.suggestions == ()
    assert reason in choice.left_out[0]
    assert len(choice.attempts) == attempts


async def test_slow_answer_is_not_waited_for(choose):
    """The deadline of the analysis is that of the plan, too."""
    choice, _ = await choose("hang", timeout_s=0.05)

    assert "within what the diagnosis left of its deadline (`analysis.deadline`" in choice.left_out[0]


def test_catalogue_of_these_tests_is_shipped():
    """What is asked for here exists."""
    assert {"supervisor.set_memory_limit", "supervisor.restart"} <= ACTIONS & set(SHIPPED_SPECS)


async def test_place_that_a_model_blamed_is_no_target_for_it(choose):
    """A hypothesis of a model's own, at what its questions brought in, opens nothing for the plan that follows."""
    leads = conclude(blame(LOG, tier="acme/sage", entity=LEDGER), blame(LOG))
    choice, _ = await choose({"actions": [RESTART | {"target": LEDGER.ref}]}, first=make_case(LOG), diagnosis=leads)

    assert choice.suggestions == ()


async def test_reason_of_a_dropped_suggestion_is_told(choose):
    """Whoever chooses next need not make the same mistake."""
    _, (request,) = await choose({"actions": []}, dropped=("limit_bytes is missing",))

    assert "dropped| limit_bytes is missing" in request.content
