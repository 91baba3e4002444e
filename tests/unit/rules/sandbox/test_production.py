"""Without a word for production nothing can be told from it."""

import pytest
from tests.unit.rules.sandbox.places import LIMITS, make_facts

from fermata.rules.sandbox import judge_sandbox
from fermata.testing.experiments import make_cluster_experiment


@pytest.mark.parametrize("words", [(), ("",)])
def test_no_word_for_production_refuses_everything(words):
    """What cannot be told from production is no sandbox."""
    findings = judge_sandbox(
        make_facts(), make_cluster_experiment(), LIMITS.model_copy(update={"production_words": words})
    )

    assert [finding.name for finding in findings if not finding.ok] == ["production"]
