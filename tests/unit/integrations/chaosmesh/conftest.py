"""A cluster that is a sandbox."""

import pytest
from tests.unit.integrations.chaosmesh.place import furnish

from fermata.testing.kubernetes.server import KubernetesEmulator


@pytest.fixture
def cluster():
    """Give an emulated cluster with a sandbox namespace and Chaos Mesh's definitions."""
    with KubernetesEmulator() as emulator:
        furnish(emulator)
        yield emulator
