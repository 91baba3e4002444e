"""A workspace's state comes from one place, and drift is asked for in a directory only."""

import pytest
from pydantic import ValidationError

from fermata.integrations.terraform.settings import TerraformSettings


@pytest.mark.parametrize(
    ("workspace", "words"),
    [
        ({}, "name one place"),
        ({"file": {"path": "x"}, "http": {"url": "http://x"}}, "name one place"),
        ({"file": {"path": "x"}, "allow_drift_check": True}, "needs a directory"),
        ({"file": {"path": "x"}, "apply": True}, "Extra inputs"),
    ],
)
def test_workspace_that_cannot_work_is_refused(workspace, words):
    """At start, with the field that is wrong; there is no setting that applies anything."""
    with pytest.raises(ValidationError, match=words):
        TerraformSettings.model_validate({"workspaces": {"main": workspace}})
