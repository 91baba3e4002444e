"""An incident that several systems know of: a real Prometheus with its metrics, a GitHub with its deployments."""

import shutil
import subprocess
from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON

from fermata.store.connect import open_store
from fermata.testing.rigs import PrometheusRig

RULES = """
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: sum by (service) (rate(shop_requests_total{outcome="error"}[1m])) > 2
"""
BROKE, MENDED = NOON - timedelta(minutes=10), NOON + timedelta(minutes=14)
STEP = timedelta(seconds=15)


def write_samples():
    """Give an hour and a half in OpenMetrics: ten requests a second, eight of them failing while it is broken."""
    lines = ["# TYPE shop_requests counter"]
    counts = {"ok": 0.0, "error": 0.0}
    rows = {outcome: [] for outcome in counts}
    at = NOON - timedelta(hours=1)
    while at < NOON + timedelta(minutes=30):
        failing = 8 if BROKE <= at < MENDED else 0
        for outcome, rate in (("ok", 10 - failing), ("error", failing)):
            counts[outcome] += rate * STEP.total_seconds()
            labels = f'job="checkout",service="checkout",outcome="{outcome}"'
            rows[outcome].append(f"shop_requests_total{{{labels}}} {counts[outcome]} {at.timestamp():.0f}")
        at += STEP
    return "\n".join([*lines, *rows["ok"], *rows["error"], "# EOF", ""])


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    """Run a Prometheus whose blocks hold that time: no test has to wait for it."""
    if shutil.which("promtool") is None or shutil.which("prometheus") is None:
        pytest.skip("there is no prometheus with its promtool")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples").write_text(write_samples())
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "samples", "data"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with PrometheusRig("rule_files: [rules.yml]\n", RULES, root=folder) as rig:
        yield rig


@pytest.fixture
def sqlite_store(tmp_path):
    """Give an empty store."""
    opened = open_store(f"sqlite:///{tmp_path}/fermata.db")
    yield opened
    opened.close()
