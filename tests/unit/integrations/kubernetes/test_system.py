"""What the system offers, and what it says where its package is missing."""

import importlib.util
import subprocess
import sys

import pytest

from fermata.integrations import resolve_system
from fermata.integrations.kubernetes.actions import PERMISSIONS
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.errors import UserError
from fermata.testing.clock import FakeClock

MODULE = "fermata.integrations.kubernetes.system"


def make(**settings):
    """Build the system; nothing is connected."""
    return Kubernetes(KubernetesSettings(in_cluster=True, **settings), FakeClock())


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ((), []),
        (("kubernetes.rollout_*",), ["kubernetes.rollout_restart"]),
        (("kubernetes.cordon", "kubernetes.scale"), ["kubernetes.cordon", "kubernetes.scale"]),
        (("docker.*",), []),
        (("kubernetes.*",), sorted(PERMISSIONS)),
    ],
)
def test_only_what_the_settings_name_is_offered(globs, names):
    """None by default: the cluster is read-only until somebody decides otherwise."""
    assert sorted(action.spec.name for action in make(actions=globs).list_actions()) == names


def test_collectors_and_probes_are_always_there():
    """Reading needs no switch."""
    names = [collector.name for collector in make().list_collectors()]

    assert names == [f"kubernetes.{what}" for what in ("objects", "logs", "changes", "environment", "resources")]
    assert len(make().list_probes()) == 1


def test_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    """The extra has the system's name."""
    real = importlib.util.find_spec
    # What is not installed cannot be injected.
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "lightkube" else real(name, *more)
    )
    monkeypatch.delitem(sys.modules, MODULE)

    with pytest.raises(UserError, match="needs the Python package lightkube, which is not installed"):
        resolve_system("kubernetes")


def test_offering_imports_no_client():
    """`fermata --help` must not wait for it: lightkube comes in with the first connection."""
    shown = "[name for name in sys.modules if name.startswith(('lightkube', 'msgspec'))]"
    code = f"import sys; import {MODULE}; print({shown})"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
