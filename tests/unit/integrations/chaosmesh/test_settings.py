"""One way in, and only one."""

import pytest
from pydantic import ValidationError

from fermata.integrations.chaosmesh.settings import ChaosMeshSettings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "either kubeconfig or in_cluster"),
        ({"kubeconfig": "k", "in_cluster": True}, "either kubeconfig or in_cluster"),
        ({"in_cluster": True, "context": "staging"}, "context belongs to a kubeconfig"),
    ],
)
def test_ambiguous_way_in_is_refused(given, words):
    """Which cluster, and as whom, is a decision."""
    with pytest.raises(ValidationError, match=words):
        ChaosMeshSettings(**given)
