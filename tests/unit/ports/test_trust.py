"""Certificates that cannot be used are told with the setting that names them."""

import pytest

from fermata.kit.errors import OperationalError
from fermata.ports.trust import load_trust


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_file_that_cannot_be_used_is_told(tmp_path, content):
    """Not there, or of something else."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(OperationalError, match=r"ca\.pem cannot be used") as caught:
        load_trust(file, "jira")

    assert caught.value.do.startswith("Correct jira.ca_file")
    assert caught.value.why


def test_without_a_file_the_systems_own_are_trusted():
    """Nothing is read of ours."""
    assert load_trust(None, "jira").check_hostname
