"""What fills up slowly has not been seen to the end."""

import pytest

from fermata.domain.experiment import Phase, Verdict
from fermata.rules.rehearsal import Answer, Evidence, judge
from fermata.rules.rehearsal.trend import describe_growth


def take(times, journey="refund"):
    """Give answers that took so long, five a second."""
    return [Answer(journey, Phase.FAULT, number / 5, took, ok=True) for number, took in enumerate(times)]


def test_growth_is_told_with_when_it_is_too_slow(make_check):
    """From nothing to 150 ms in 15 s: 300 ms after 30 s of it."""
    told = describe_growth(make_check(), take(2.0 * number for number in range(75)))

    assert "became slower up to the end (24, 74, 124 ms in the thirds of the fault)" in told
    assert "would take 300 ms after some 30 s of it" in told


@pytest.mark.parametrize(
    "times",
    [
        [5.0] * 75,
        [5.0] * 10 + [200.0] * 65,
        [100.0 * (1 + number % 7) / 4 for number in range(75)],
        [5.0 + number for number in range(75)],
        [0.5 * number for number in range(75)],
        [200.0 - 2 * number for number in range(75)],
        [10.0 * number for number in range(75)],
        [2.0 * number for number in range(19)],
    ],
    ids=["steady", "slow from the first on", "uneven", "little", "far from it", "faster", "too slow", "few"],
)
def test_what_does_not_grow_towards_its_limit_is_not_told(make_check, times):
    """Nor what is too slow already: that is the verdict's own."""
    assert describe_growth(make_check(), take(times)) == ""


@pytest.mark.parametrize("pay", [5.0, 900.0])
def test_verdict_says_that_something_still_grew(make_experiment, pay):
    """Whether what was hit went on or not: what was beside it may have gone under soon."""
    answers = take([pay] * 75, "pay") + take(2.0 * number for number in range(75))
    found = judge(make_experiment(), Evidence(answers, affected=9, recovered=True))

    assert found.verdict is (Verdict.GRACEFUL if pay < 300 else Verdict.CONTAINED)
    assert "; but refund became slower up to the end" in found.why


def test_what_is_not_told_from_chance_is_not_judged_by_its_growth(make_experiment):
    """Too little was seen of the other."""
    answers = take([5.0] * 10, "pay") + take(2.0 * number for number in range(75))
    found = judge(make_experiment(), Evidence(answers, affected=9, recovered=True))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "slower up to the end" not in found.why
