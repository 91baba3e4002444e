"""Workloads and exemplars on a real Prometheus that scrapes what a cluster exports, with pods that look alike."""

import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from fermata.domain.entity import Entity
from fermata.domain.facts import MetricFacts
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.exemplars import ExemplarsCollector
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.integrations.prometheus.workload import WorkloadCollector
from fermata.kit.clock import SystemClock
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_alert
from fermata.testing.rigs import PrometheusRig

pytestmark = pytest.mark.servers

MIB = 1024**2
CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: cluster
    honor_labels: true
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
PODS = {"checkout-7d9f8b6c5-x2x4z": ("ReplicaSet", "checkout-7d9f8b6c5"), "checkout-7d9f8b6c5-aaaaa":
        ("ReplicaSet", "checkout-7d9f8b6c5"), "checkout-old-5f5f5f5f5-bbbbb": ("ReplicaSet", "checkout-old-5f5f5f5f5"),
        "db-0": ("StatefulSet", "db")}  # fmt: skip
SETS = {"checkout-7d9f8b6c5": "checkout", "checkout-old-5f5f5f5f5": "checkout-old"}
EXEMPLAR = '# {trace_id="4bf92f3577b34da6"} 0.67'
EXPRESSION = 'rate(http_request_duration_seconds_bucket{namespace="shop"}[10s]) > 0'


class ClusterHandler(BaseHTTPRequestHandler):
    """`GET /metrics` in OpenMetrics, which alone has exemplars."""

    def do_GET(self):
        count = time.monotonic()
        lines = ["# TYPE container_cpu_usage_seconds counter"]
        for pod in PODS:
            for container in ("", "POD", "app"):
                labels = f'namespace="shop",pod="{pod}",container="{container}"'
                lines.append(f"container_cpu_usage_seconds_total{{{labels}}} {count * 0.5}")
        lines.append("# TYPE container_memory_working_set_bytes gauge")
        lines += [
            f'container_memory_working_set_bytes{{namespace="shop",pod="{pod}",container="{name}"}} {100 * MIB}'
            for pod in PODS
            for name in ("", "app", "sidecar")
        ]
        lines.append("# TYPE kube_pod_owner gauge")
        lines += [
            f'kube_pod_owner{{namespace="shop",pod="{pod}",owner_kind="{kind}",owner_name="{owner}"}} 1'
            for pod, (kind, owner) in PODS.items()
        ]
        lines.append("# TYPE kube_replicaset_owner gauge")
        lines += [
            f'kube_replicaset_owner{{namespace="shop",replicaset="{one}",owner_kind="Deployment",owner_name="{of}"}} 1'
            for one, of in SETS.items()
        ]
        lines += [
            "# TYPE kube_deployment_status_replicas_available gauge",
            'kube_deployment_status_replicas_available{namespace="shop",deployment="checkout"} 2',
            "# TYPE http_request_duration_seconds histogram",
            f'http_request_duration_seconds_bucket{{namespace="shop",le="1.0"}} {int(count)} {EXEMPLAR}',
            f'http_request_duration_seconds_bucket{{namespace="shop",le="+Inf"}} {int(count)}',
            "# EOF",
            "",
        ]
        content = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Keep quiet."""


class ExemplarRig(PrometheusRig):
    """A Prometheus that keeps exemplars."""

    def _list_arguments(self, folder):
        return (*super()._list_arguments(folder), "--enable-feature=exemplar-storage")


@pytest.fixture(scope="module")
def cluster():
    """Give a Prometheus that has scraped the cluster for some seconds."""
    exporter = ThreadingHTTPServer(("127.0.0.1", 0), ClusterHandler)
    threading.Thread(target=exporter.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with ExemplarRig(CONFIG.format(port=exporter.server_address[1])) as prometheus:
            deadline = time.monotonic() + 30
            question = urlencode({"query": "count_over_time(up[1m]) >= 4"})
            while time.monotonic() < deadline:
                with urlopen(f"{prometheus.url}/api/v1/query?{question}") as response:
                    if b'"metric"' in response.read():
                        break
                time.sleep(0.2)
            yield prometheus
    finally:
        exporter.shutdown()
        exporter.server_close()


@pytest.fixture
def client(cluster):
    """Give the client, pointed at the real server."""
    return Prometheus(PrometheusSettings(url=cluster.url), SystemClock())._client


def make_scope(*refs, expression=""):
    """Give the scope of the last seconds."""
    now = datetime.now(UTC)
    url = "http://p/graph?" + urlencode({"g0.expr": expression})
    return Scope(
        incident_id=IncidentId("inc-1"),
        alerts=(make_alert(generator_url=url),) if expression else (),
        entities=tuple(Entity.parse(ref) for ref in refs),
        onset=now - timedelta(seconds=2),
        window_start=now - timedelta(seconds=30),
        window_end=now,
    )


async def test_deployment_has_the_metrics_of_its_own_pods(client):
    """By ownership: the pod of `checkout-old` is another deployment's; containers are counted once."""
    evidence = await WorkloadCollector(client, SystemClock()).collect(make_scope("kubernetes:deployment/shop/checkout"))

    found = {facts.purpose: facts for facts in (MetricFacts.from_json(one.facts) for one in evidence)}
    assert set(found) == {"up", "memory", "cpu"}
    pods = {"checkout-7d9f8b6c5-x2x4z", "checkout-7d9f8b6c5-aaaaa"}
    assert {series.labels["pod"] for series in found["memory"].series} == pods
    assert {series.labels["pod"] for series in found["cpu"].series} == pods
    assert found["memory"].series[0].points[-1][1] == 200 * MIB
    assert found["cpu"].series[0].points[-1][1] > 0  # A window of two minutes, of which there are four seconds.
    assert found["up"].series[0].points[-1][1] == 2


async def test_statefulset_owns_its_pods_itself(client):
    """No replica set lies between."""
    evidence = await WorkloadCollector(client, SystemClock()).collect(make_scope("kubernetes:statefulset/shop/db"))

    pods = {series["labels"]["pod"] for one in evidence for series in one.facts["series"]}
    assert pods == {"db-0"}


async def test_exemplars_of_the_alert_lead_to_traces(client):
    """From the real server's storage, which takes the expression as it stands."""
    (evidence,) = await ExemplarsCollector(client, SystemClock(), "https://t/{trace_id}").collect(
        make_scope("service/checkout", expression=EXPRESSION)
    )

    (line,) = evidence.lines
    assert " trace 4bf92f3577b34da6 value 0.67 on http_request_duration_seconds_bucket{" in line.text
    assert line.text.endswith(" https://t/4bf92f3577b34da6")


class WorkloadContract(CollectorContract):
    """The suite for one collector."""

    @pytest.fixture(autouse=True)
    def _use(self, cluster):
        self.cluster, self.url = cluster, cluster.url

    def make_collector(self):
        system = Prometheus(PrometheusSettings(url=self.url, timeout_s=2), SystemClock())
        self.collector = next(one for one in system.list_collectors() if one.name == self.name)
        self.collector._client._settings = self.collector._client._settings.model_copy(update={"url": self.url})
        return self.collector

    def take_snapshot(self):
        with urlopen(f"{self.cluster.url}/api/v1/status/config") as response:
            return response.read().decode()

    def break_system(self):
        settings = self.collector._client._settings
        self.collector._client._settings = settings.model_copy(update={"url": "http://127.0.0.1:9"})


class TestWorkload(WorkloadContract):
    """The workload's pods."""

    name = "prometheus.workload"

    def give_scope(self):
        return make_scope("kubernetes:deployment/shop/checkout")

    def give_foreign_scope(self):
        return make_scope("kubernetes:deployment/shop/nobody")


class TestExemplars(WorkloadContract):
    """The alert's exemplars."""

    name = "prometheus.exemplars"

    def give_scope(self):
        return make_scope("service/checkout", expression=EXPRESSION)

    def give_foreign_scope(self):
        return make_scope("service/checkout", expression="nothing_total > 1")
