"""What is said of a proxy beside whether it may be used."""

from tests.unit.rules.sandbox.places import LIMITS, make_proxy_facts

from fermata.domain.experiment import SteadyCheck
from fermata.rules.sandbox import judge_sandbox
from fermata.testing.experiments import make_experiment


def test_proxy_says_what_it_passes_calls_on_to():
    """That is what the fault hits."""

    def say(upstream):
        findings = judge_sandbox(make_proxy_facts(upstream=upstream), make_experiment(), LIMITS)
        return next(finding.text for finding in findings if finding.name == "proxy")

    assert say("10.0.0.5:5432") == "The proxy passes calls on to 10.0.0.5:5432"
    assert say("") == "The proxy answers"


def test_address_with_a_word_for_production_is_named_whole():
    """The word may stand in its path: its host alone would show none."""
    asked = SteadyCheck(journey="pay", url="http://127.0.0.1:8001/live/pay", max_p95_ms=300)

    findings = judge_sandbox(make_proxy_facts(), make_experiment(checks=(asked,)), LIMITS)

    assert "127.0.0.1/live/pay, and that carries" in next(f.text for f in findings if f.name == "addresses")
