"""The rules an injector is handed are the house's, under the limits of its settings."""

from datetime import timedelta

from tests.unit.rules.sandbox.places import make_proxy_facts

from fermata.domain.sandbox import RunLimits
from fermata.flows.experiments.rules import SandboxRules
from fermata.testing.experiments import make_experiment


def test_rules_write_check_and_judge():
    """What is written passes its own check; a place that no setting names is not met."""
    rules = SandboxRules(RunLimits())
    document = rules.write(make_experiment())

    assert rules.check(document) == ()
    assert not all(finding.ok for finding in rules.judge(make_proxy_facts(), make_experiment()))


def test_limits_are_those_of_the_settings():
    """A shorter cap refuses what the default takes; a definition of the cluster is asked besides."""
    rules = SandboxRules(RunLimits(longest=timedelta(seconds=5)))
    document = rules.write(make_experiment(duration=timedelta(minutes=1)))

    assert rules.check(document) != ()
    assert rules.check(document, {}) != rules.check(document)
