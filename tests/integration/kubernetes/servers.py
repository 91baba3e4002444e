"""What the conformance suites run on: the emulator, and a real cluster where one is named."""

import os
from pathlib import Path

import pytest

from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.testing.kubernetes import KubernetesEmulator

REAL = os.environ.get("FERMATA_TEST_KUBECONFIG", "")
needs_cluster = pytest.mark.skipif(not REAL, reason="no cluster: FERMATA_TEST_KUBECONFIG names none")


class OnEmulator:
    """Nothing is ever removed by force."""

    @pytest.fixture(autouse=True)
    def _serve(self, tmp_path):
        with KubernetesEmulator() as cluster:
            self.kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig")
            yield
            assert cluster.list_forced() == []

    @pytest.fixture(autouse=True)
    async def _own_namespace(self, _serve):
        async for _ in self.keep_namespace():
            yield

    def make_settings(self):
        return KubernetesSettings(kubeconfig=self.kubeconfig)


class OnCluster:
    """With the permissions of whoever runs the tests."""

    def make_settings(self):
        return KubernetesSettings(kubeconfig=Path(REAL), timeout_s=30)
