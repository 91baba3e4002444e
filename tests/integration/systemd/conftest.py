"""A real systemd with its journal for the tests that ask for one, with units written into its /etc/systemd/system."""

import pytest

from fermata.testing.systemd import SystemdRig, find_obstacle


@pytest.fixture(scope="session")
def needs_systemd():
    """Skip where no systemd can be run in namespaces of its own."""
    obstacle = find_obstacle()
    if obstacle:
        pytest.skip(obstacle)


@pytest.fixture(scope="module")
def rig(needs_systemd, tmp_path_factory):
    """One systemd for the tests of a module; its units are theirs."""
    with SystemdRig(tmp_path_factory.mktemp("systemd")) as rig:
        yield rig
