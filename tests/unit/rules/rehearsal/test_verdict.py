"""The verdict, and each way in which there is none."""

import pytest

from fermata.domain.experiment import FaultKind, FaultSpec, Phase, Verdict, WireSample
from fermata.rules.rehearsal import Evidence, find_unreached, judge


@pytest.fixture
def see(ask, make_experiment):
    """Give a function that judges what was seen: journeys by what became of them under the fault."""

    def look(*, pay=None, refund=None, payment=None, experiment=None, **changes):
        answers = [
            answer
            for journey, fields in (("pay", pay), ("refund", refund), ("payment", payment))
            for answer in ask(journey, **(fields or {}))
        ]
        fields = {"affected": 9, "recovered": True, **changes}
        return judge(experiment or make_experiment(), Evidence(answers, **fields))

    return look


DOWN = {"bad": 15, "ok": False}
SLOW = {"bad": 15, "took_ms": 900.0}


def test_all_went_on_is_graceful(see):
    """The fault was there, and nobody who pays has noticed."""
    found = see(probes=9, felt=9)

    assert found.verdict is Verdict.GRACEFUL
    assert "pay: 100 % of 200 answered" in found.why
    assert found.fix_first == ""


GIVEN_UP = DOWN | {"took_ms": 60_000.0}


@pytest.mark.parametrize(("how", "first"), [(DOWN, "Let pay go on"), (SLOW, "Bound how"), (GIVEN_UP, "Bound how")])
def test_what_was_hit_failed_alone_is_contained(see, how, first):
    """Late is failed, too: what nobody ends the wait of reaches no fallback."""
    found = see(pay=how)

    assert found.verdict is Verdict.CONTAINED
    assert found.fix_first.startswith(first)
    assert "fallback" in found.fix_first


def test_only_what_failed_needs_a_fallback(see, make_experiment, make_check):
    """A journey that was to be hit and went on has one."""
    checks = (make_check("pay", is_hit=True), make_check("refund", is_hit=True))
    found = see(experiment=make_experiment(checks=checks), pay=DOWN)

    assert found.verdict is Verdict.CONTAINED
    assert found.fix_first.startswith("Let pay go on")


@pytest.mark.parametrize("how", [DOWN, SLOW])
def test_what_was_not_to_be_touched_suffered_is_a_collapse(see, how):
    """Also when the run was aborted for it."""
    assert see(pay=DOWN, refund=how).verdict is Verdict.COLLAPSED
    found = see(refund=how, breach="beside the fault, refund", recovered=None)
    assert found.verdict is Verdict.COLLAPSED
    assert "refund: " in found.why
    assert "timeout" in found.fix_first


@pytest.mark.parametrize(
    ("fault", "took_ms", "fix"),
    [
        (
            FaultSpec(kind=FaultKind.ERROR, status=503),
            5.0,
            "Find out why refund fails with checkout's calls to payment",
        ),
        (FaultSpec(kind=FaultKind.ERROR, status=503), 900.0, "Give checkout's calls to payment a timeout"),
        (FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000), 5.0, "Give checkout's calls to payment a timeout"),
    ],
)
def test_what_fails_at_once_with_an_error_is_not_told_to_wait_less(ask, make_experiment, fault, took_ms, fix):
    """A timeout mends a wait. Under a slow call an error that comes at once is a full pool's."""
    answers = ask("refund", bad=18, ok=False, took_ms=took_ms)

    judgement = judge(make_experiment(fault=fault), Evidence(answers, affected=100))

    assert judgement.verdict is Verdict.COLLAPSED
    assert judgement.fix_first.startswith(fix)


@pytest.mark.parametrize(
    ("rise_ms", "late_ms", "verdict"),
    [
        (100.0, 0.0, Verdict.COLLAPSED),
        (5.0, 0.0, Verdict.INCONCLUSIVE),
        (100.0, 500.0, Verdict.INCONCLUSIVE),
    ],
)
def test_collapse_that_ended_the_run_is_one_however_long_it_took_to_come(
    ask, make_experiment, rise_ms, late_ms, verdict
):
    """Its breach is what keeps the bad seconds few; a stall, or a watcher that was late, is no such thing."""
    answers = ask(phase=Phase.BASELINE) + ask("pay", 23, late_ms=late_ms) + ask("payment", 23) + ask(seconds=19)
    answers += ask(seconds=2, begins=19, bad=20, took_ms=rise_ms) + ask(seconds=2, begins=21, bad=3, took_ms=900.0)

    found = judge(
        make_experiment(), Evidence(answers, affected=9, recovered=True, breach="beside the fault, refund: x")
    )

    assert found.verdict is verdict
    assert "beside the fault, refund: x" in found.why


def test_what_does_not_come_back_is_a_collapse(see):
    """An outage that outlives its cause."""
    found = see(recovered=False)

    assert found.verdict is Verdict.COLLAPSED
    assert found.why == "not all came back within 60 s after the fault"
    assert found.fix_first.startswith("Bound")


@pytest.mark.parametrize(
    ("how", "fix"),
    [({"ok": False}, "Find out what goes on failing"), ({"took_ms": 900.0}, "Bound what waits")],
)
def test_what_did_not_come_back_is_named_with_how_it_fails(ask, make_experiment, how, fix):
    """Errors that come at once are no queue."""
    answers = [*ask("pay"), *ask("refund"), *ask("payment")]
    answers += ask("pay", phase=Phase.RECOVERY, begins=10, bad=20, **how) + ask(
        "refund", phase=Phase.RECOVERY, begins=10
    )
    answers += ask("payment", phase=Phase.RECOVERY, begins=10)

    found = judge(make_experiment(), Evidence(answers, affected=9, recovered=False))

    assert found.verdict is Verdict.COLLAPSED
    assert "after the fault. In its last seconds pay: " in found.why
    assert "refund" not in found.why
    assert found.fix_first.startswith(fix)


def test_run_that_was_ended_before_it_hit_anything_is_inconclusive(see):
    """It did not have its time."""
    judged = see(affected=0, stopped="dana stopped it")

    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.why == "ended early: dana stopped it; it had hit nothing by then"


@pytest.mark.parametrize("changes", [{"affected": 0}, {"probes": 3, "felt": 0}])
def test_fault_that_nobody_saw_is_invalid(see, changes):
    """However well everything went, and however badly."""
    assert see(**changes).verdict is Verdict.INVALID
    assert see(pay=DOWN, refund=DOWN, **changes).verdict is Verdict.INVALID


def test_two_probes_prove_nothing(see):
    """They may have been unlucky."""
    assert see(probes=2, felt=0).verdict is Verdict.GRACEFUL


@pytest.mark.parametrize("bad", [{"pay": DOWN}, {"refund": DOWN}, {"recovered": False}])
@pytest.mark.parametrize("noise", [{"payment": DOWN}, {"payment": {"late_ms": 400.0, "bad": 1}}])
def test_bad_result_under_noise_is_inconclusive(see, bad, noise):
    """It may have been the machine."""
    found = see(**bad, **noise)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "; but " in found.why


@pytest.mark.parametrize(("bad", "verdict"), [("refund", Verdict.COLLAPSED), ("pay", Verdict.CONTAINED)])
def test_calm_seconds_prove_by_themselves(ask, make_experiment, bad, verdict):
    """The watcher was late in three of ten seconds; the other seven say the same."""
    answers = [*ask("pay"), *ask("refund"), *ask("payment")]
    answers += ask(bad, seconds=7, begins=0, **DOWN) + ask(bad, seconds=3, begins=7, late_ms=400.0, **DOWN)

    assert judge(make_experiment(), Evidence(answers, affected=9, recovered=True)).verdict is verdict


def test_noise_after_the_fault_excuses_what_did_not_come_back(see, ask, make_experiment):
    """The recovery is measured on the same machine."""
    answers = [*ask("pay"), *ask("refund"), *ask("payment")]
    answers += ask("payment", phase=Phase.RECOVERY, begins=10, bad=15, ok=False)

    found = judge(make_experiment(), Evidence(answers, affected=9, recovered=False))

    assert found.verdict is Verdict.INCONCLUSIVE


def test_good_result_stands_under_noise(see):
    """Noise can only make things worse."""
    assert see(payment=DOWN).verdict is Verdict.GRACEFUL


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stopped": "dana stopped it"}, "ended early: dana stopped it"),
        ({"breach": "beside the fault, refund"}, "ended early: beside the fault"),
        ({"is_gone": False, "recovered": None}, "could not be seen to be gone"),
        ({"refund": {"seconds": 10, "bad": 0, "rate": 1}}, "cannot be told from chance: refund"),
        ({"pay": {"rate": 1}}, "too little was seen: pay"),
        ({"pay": {"rate": 14, "bad": 1, "ok": False}}, "too close to 95% to tell"),
    ],
)
def test_too_little_or_too_early_is_inconclusive(see, changes, why):
    """Nothing is claimed that was not seen."""
    found = see(**changes)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert why in found.why


def test_without_a_journey_to_hit_the_rest_decides(see, make_check, make_experiment):
    """Nothing was to suffer, and nothing did."""
    found = see(experiment=make_experiment(checks=(make_check("refund"),)))

    assert found.verdict is Verdict.GRACEFUL
    assert "no journey was to be hit" in found.why


def make_wire(failed, phase=Phase.FAULT):
    """Give what was seen of 100 calls in ten seconds."""
    return WireSample(at="2026-11-26T03:00:00Z", phase=phase, seconds=10, calls=100, call_seconds=5, failed=failed)


@pytest.mark.parametrize("journey", ["pay", "refund"])
def test_callee_that_was_gone_is_not_the_fault_of_a_delay(ask, make_experiment, journey):
    """Somebody restarted it, or it fell: a slow call shows nothing of a missing one."""
    experiment = make_experiment()
    answers = [*ask("pay"), *ask("refund")]
    bad = [answer for answer in answers if answer.journey != journey] + ask(journey, bad=18, ok=False)

    judgement = judge(experiment, Evidence(bad, affected=100, unreached=find_unreached(experiment, [make_wire(17)])))

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "17% of the calls reached no payment" in judgement.why
    assert judge(experiment, Evidence(bad, affected=100, unreached=0.02)).verdict in (
        Verdict.CONTAINED,
        Verdict.COLLAPSED,
    )
    assert judge(experiment, Evidence(answers, affected=100, unreached=0.17)).verdict is Verdict.GRACEFUL


@pytest.mark.parametrize("bad", [{"pay": DOWN}, {"refund": DOWN}, {"stopped": "stopped by dana"}])
def test_bad_result_beside_which_something_else_was_done_is_inconclusive(see, bad):
    """A journey fails as well when its service is deployed; a good result stands all the more."""
    done = ("shop-web-1 was restarted", "shop-db-1 was paused")
    found = see(disturbed=done, **bad)

    assert (found.verdict, found.fix_first) == (Verdict.INCONCLUSIVE, "")
    assert "; but beside the fault shop-web-1 was restarted, shop-db-1 was paused, and what came of which" in found.why
    assert see(disturbed=done).verdict is Verdict.GRACEFUL
    assert see(disturbed=done, affected=0).verdict is Verdict.INVALID


def test_what_a_fault_fails_itself_is_not_out_of_reach(make_experiment):
    """Errors in the callee's place are the fault; before it and without a call nothing is told."""
    errors = make_experiment(fault=FaultSpec(kind=FaultKind.ERROR, status=503))

    assert find_unreached(errors, [make_wire(100)]) == 0
    assert find_unreached(make_experiment(), [make_wire(100, Phase.BASELINE)]) == 0
