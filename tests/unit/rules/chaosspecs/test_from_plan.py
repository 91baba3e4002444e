"""From an item of a plan to an experiment: what the graph says, and what a person has to say."""

from datetime import timedelta

import pytest

from fermata.domain.experiment import Expected, FaultKind
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.from_plan import Aim, Journey, is_named, make_experiment
from fermata.rules.chaosspecs.validation import validate_spec
from fermata.rules.chaosspecs.writing import write_spec
from fermata.testing.records import NOON

PAY, BROWSE = Journey("pay", "http://shop.staging/pay"), Journey("browse", "http://shop.staging/browse")
AIM = Aim(
    "chaosmesh",
    namespace="staging-shop",
    labels={"app": "checkout"},
    callee_labels={"app": "payment"},
    ports=(8080,),
    replicas=4,
)


def item(fault="latency", target="checkout->payment", **magnitude):
    """Give an item as `chaos plan --json` prints it."""
    steady = {"journeys": ["pay"], "success_ratio_min": 0.98, "latency_ms_max": 750.0, "latency_limit": "measured"}
    return {
        "kind": "pool_exhaustion",
        "target": target,
        "fault": fault,
        "predict": "collapse",
        "why": "40/s x 2 s is more than 20",
        "score": 0.8,
        "numbers": {"need_calls": 80.0},
        "scenario": {"fault": fault, "magnitude": magnitude, "duration_s": 300, "steady_state": steady},
    }


def make(planned, aim=AIM, journeys=(PAY, BROWSE)):
    """Give the experiment."""
    return make_experiment(planned, aim, journeys, experiment_id="exp-1", now=NOON)


def test_prediction_and_steady_state_come_from_the_plan():
    """The journeys that the plan names are expected to feel it; the others must not."""
    experiment = make(item(latency_ms=1500.0))

    assert experiment.prediction.expected is Expected.COLLAPSE
    assert experiment.prediction.numbers == {
        "need_calls": 80.0,
        "planned_fault": "latency (latency_ms 1500.0, percent 50.0) at checkout->payment",
    }
    assert experiment.prediction.weak_point == "pool_exhaustion"
    assert [(check.journey, check.is_hit, check.max_p95_ms) for check in experiment.checks] == [
        ("pay", True, 750.0),
        ("browse", False, 750.0),
    ]
    assert (experiment.fault.latency_ms, experiment.fault.percent) == (1500.0, 50.0)
    assert experiment.blast_radius == "2 of 4 replicas of checkout in staging-shop; calls of checkout to payment"


def test_journey_may_have_a_limit_of_its_own():
    """By its name, or by that of the way in where no journey is named."""
    planned = item()
    planned["scenario"]["steady_state"]["latency_ms_max_of"] = {"browse": 90.0, "(what enters at admin)": 3000.0}

    checks = make(planned, journeys=(PAY, BROWSE, Journey("admin", "http://admin.staging/"))).checks

    assert [check.max_p95_ms for check in checks] == [750.0, 90.0, 3000.0]


@pytest.mark.parametrize(
    ("planned", "kind"),
    [
        (item(latency_ms=1500.0), "NetworkChaos"),
        (item("blackhole", drop_percent=100.0), "NetworkChaos"),
        (item("error", error_percent=30.0), "HTTPChaos"),
        (item("reset", connections="all"), "HTTPChaos"),
        (item("kill", "payment", replicas="all"), "PodChaos"),
        (item("cpu", "payment", load_percent=80.0), "StressChaos"),
        (item("memory", "payment", memory_percent=90.0), "StressChaos"),
    ],
)
def test_each_planned_fault_becomes_a_spec_that_passes(planned, kind):
    """From the plan to the object, and through our own rules."""
    aim = Aim("chaosmesh", "staging-shop", {"app": "a"}, {"app": "b"}, ports=(80,), replicas=2, memory_mb=64)

    document = write_spec(make(planned, aim))

    assert document["kind"] == kind
    assert validate_spec(document) == ()


def test_error_on_one_call_moves_to_the_callee_and_says_so():
    """A cluster injects it where calls arrive, so every caller feels it."""
    experiment = make(item("error", error_percent=30.0))

    assert (experiment.target.service, experiment.target.callee) == ("payment", "")
    assert experiment.target.labels == {"app": "payment"}
    assert experiment.fault.percent == 30.0
    assert "every caller of payment feels it, not checkout alone" in experiment.blast_radius


def test_proxy_stands_on_the_call_itself():
    """All of its calls, as the plan says, and no replicas to count."""
    proxy = Aim("faultproxy", address="127.0.0.1:8474")

    experiment = make(item("error", error_percent=100.0), proxy)

    assert (experiment.target.service, experiment.target.callee) == ("checkout", "payment")
    assert (experiment.fault.percent, experiment.fault.status) == (100.0, 503)
    assert experiment.blast_radius == "100 % of the calls of checkout to payment that go through the proxy"
    assert "everybody to payment" in make(item(target="payment"), proxy).blast_radius


def test_uncounted_replicas_are_said_to_be_uncounted():
    """A share of nobody knows how many."""
    aim = Aim("gremlin", "staging-shop", {"app": "a"}, {"app": "b"})

    assert "50 % of the replicas of checkout in staging-shop, not counted" in make(item(), aim).blast_radius


def test_person_says_which_check_feels_it_where_the_graph_names_no_journey():
    """A graph without journeys is planned with one for each way in: its name is taken, and a person's word."""
    planned = item()
    planned["scenario"]["steady_state"]["journeys"] = ["(what enters at front)"]
    journeys = (Journey("front", "http://x/"), Journey("pay", "http://x/pay", is_hit=True), BROWSE)

    experiment = make(planned, journeys=journeys)

    assert [check.is_hit for check in experiment.checks] == [True, True, False]
    assert [is_named(journey, planned) for journey in journeys] == [True, True, False]


def test_long_scenario_is_cut_to_five_minutes():
    """The sandbox would refuse it later."""
    planned = item()
    planned["scenario"]["duration_s"] = 3600

    assert make(planned).duration == timedelta(minutes=5)


def test_sizes_that_the_plan_leaves_out_have_defaults():
    """Two seconds, and nine tenths of a processor."""
    assert make(item()).fault.latency_ms == 2000.0
    assert make(item("cpu", "payment")).fault.load_percent == 90.0
    assert make(item("kill", "payment")).fault.kind is FaultKind.KILL


@pytest.mark.parametrize(
    ("planned", "aim", "journeys", "words"),
    [
        ({}, AIM, (PAY,), "This is no item of a plan"),
        ({**item(), "fault": "rm -rf"}, AIM, (PAY,), "fault: "),
        (item(), AIM, (), "needs a journey to watch"),
        (item("memory", "payment"), AIM, (PAY,), "How much memory to take"),
        (item(), AIM, (Journey("", "http://x"),), "cannot be built"),
    ],
)
def test_what_is_missing_is_asked_for(planned, aim, journeys, words):
    """Nothing is guessed that a person has to say."""
    with pytest.raises(UserError, match=words):
        make(planned, aim, journeys)
