"""What is said of a proxy beside whether it may be used."""

from tests.unit.rules.sandbox.places import LIMITS, make_proxy_facts

from fermata.rules.sandbox import judge_sandbox
from fermata.testing.experiments import make_experiment


def test_proxy_says_what_it_passes_calls_on_to():
    """That is what the fault hits, and nobody has looked whose it is."""

    def say(upstream):
        findings = judge_sandbox(make_proxy_facts(upstream=upstream), make_experiment(), LIMITS)
        return next(finding.text for finding in findings if finding.name == "proxy")

    assert say("10.0.0.5:5432") == "The proxy passes calls on to 10.0.0.5:5432; whose that is was not looked at"
    assert say("") == "The proxy answers"
