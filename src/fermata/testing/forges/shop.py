"""A small shop's repository for tests of forges: a guilty commit, a decoy, manifests, and a secret in a diff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.testing.forges.history import History

ONSET = datetime(2026, 11, 23, 11, 50, tzinfo=UTC)
SECRET = "hunter2-Vq8x"  # noqa: S105 - to be looked for where it must not be
CODE = "services/checkout.py"
MANIFEST = "deploy/prod/checkout.yaml"
_PYTHON = """\
PRICES = {"mug": 1250}


def total(lines):
    return sum(PRICES[line] for line in lines)


def main():
    print("ready")
"""
_YAML = """\
# What runs in production.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
spec:
  replicas: 2  # Two zones.
  template:
    spec:
      containers:
        - name: checkout
          image: "registry.example/checkout:1.4.1"
          resources:
            limits:
              memory: 256Mi
"""
PATCH = ManifestPatch(
    api_version="apps/v1",
    kind="Deployment",
    name="checkout",
    namespace="shop",
    manager="Argo CD application shop",
    edits=(
        FieldEdit(
            path=("spec", "template", "spec", "containers", "checkout", "resources", "limits", "memory"),
            value="512Mi",
            was="256Mi",
        ),
    ),
)
"""Twice the memory."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The history and the ids in it."""

    history: History
    first: str
    """Three hours before the onset."""
    early: str
    """Two hours before the onset: outside the window, and deployed within it."""
    guilty: str
    """Twenty minutes before the onset: breaks `total`."""
    decoy: str
    """Ten minutes before the onset: another service, and a file of settings with a secret."""


def make_shop() -> Shop:
    """Return a shop whose checkout was broken twenty minutes before the onset."""
    history = History()
    files = {CODE: _PYTHON, "services/profile.py": "CUSTOMERS = 500\n", MANIFEST: _YAML, "deploy/app.env": "A=1\n"}

    def commit(changes: dict[str, str], message: str, minutes: int) -> str:
        return history.commit("main", changes, message, author="Tomás", at=ONSET - timedelta(minutes=minutes))

    first = commit(files, "Start the shop", 180)
    early = commit({"libs/money.py": "CENTS = 100\n"}, "Count in cents\n\nAs the law wants it.", 120)
    broken = _PYTHON.replace("sum(PRICES[line] for line in lines)", "fast_sum(lines)")
    guilty = commit({CODE: broken}, "Speed up totals (#7)", 20)
    decoy = commit({"services/profile.py": "CUSTOMERS = 900\n", "deploy/app.env": f"A=1\nAUTH={SECRET}\n"}, "Grow", 10)
    return Shop(history, first, early, guilty, decoy)
