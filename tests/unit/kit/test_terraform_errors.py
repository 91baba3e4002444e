"""What Terraform prints of an error, with colours and without."""

import pytest

from fermata.kit.terraform_errors import find_error

PLAIN = "Error: local-exec provisioner error\n\n  with terraform_data.seed,\n  on main.tf line 77, in resource"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\u2502 Error: a lock", "a lock"),
        (PLAIN, "local-exec provisioner error"),
        ("Error: Error acquiring the state lock\n\nTerraform acquires a state lock", "Error acquiring the state lock"),
        ("OpenTofu will perform\n\nError: creating it: denied", "creating it: denied"),
        ("Error: INSTALLATION FAILED\n\u2502 Error: a lock", "a lock"),
    ],
)
def test_error_is_found_within_its_frame_and_without_one(text, told):
    """CI runs it without colours, and then there is none."""
    assert find_error(text)["told"] == told


@pytest.mark.parametrize("text", ["Error: INSTALLATION FAILED: cannot reuse a name", "an Error: x by terraform", ""])
def test_error_of_another_tool_is_none(text):
    """Many begin so."""
    assert find_error(text) is None
