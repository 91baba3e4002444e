"""A real Prometheus that watches a small shop in this process, through a good time and a bad one."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from fermata.integrations.prometheus.client import PrometheusClient
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.testing.rigs import AlertmanagerRig, PrometheusRig

MIB = 1024**2
# Long enough for a level before and after, short enough for a test.
GOOD_S = 5
RULES = """
groups:
  - name: shop
    rules:
      - alert: CheckoutErrors
        expr: sum by (service) (rate(shop_requests_total{outcome="error"}[5s])) > 2
        for: 1s
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.service }} fails {{ $value }} times a second"}
"""
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [static_configs: [targets: ["127.0.0.1:{alertmanager}"]]]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{shop}"], labels: {{service: checkout}}}}]
  - job_name: gone
    static_configs: [{{targets: ["127.0.0.1:9"]}}]
"""
ALERTMANAGER = """
route: {{receiver: fermata, group_by: [alertname], group_wait: 1s, group_interval: 1s}}
receivers:
  - name: fermata
    webhook_configs:
      - url: http://127.0.0.1:{port}/v1/alerts/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials: sample-token}}}}
"""


class Shop(ThreadingHTTPServer):
    """Exports metrics, and is the receiver of the webhook too."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ShopHandler)
        self.started = time.monotonic()
        self.broke_at = None
        self.mended_at = None
        self.received = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def render(self):
        """Ten requests a second; all of them fail while it is broken."""
        now = time.monotonic()
        broken = max(0, (self.mended_at or now) - self.broke_at) if self.broke_at is not None else 0
        total = (now - self.started) * 10
        memory = 200 * MIB if self.broke_at is not None else 50 * MIB
        return (
            f"process_resident_memory_bytes {memory}\n"
            f"process_memory_limit_bytes {256 * MIB}\n"
            f"process_cpu_seconds_total {(now - self.started) * 0.25}\n"
            f'shop_requests_total{{outcome="ok"}} {total - broken * 10}\n'
            f'shop_requests_total{{outcome="error"}} {broken * 10}\n'
            "unrelated 1\n"
        ).encode()


class ShopHandler(BaseHTTPRequestHandler):
    """`GET /metrics`, and `POST` from Alertmanager."""

    def do_GET(self):
        content = self.server.render()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((body, self.headers["Authorization"], datetime.now(UTC)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Keep quiet."""


def wait_until(found, what, seconds=30):
    """Poll a real server until it has something, and give that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    pytest.fail(f"{what} did not come within {seconds} s")


def query(prometheus, expression):
    """Ask by hand, beside the client under test."""
    with urlopen(f"{prometheus.url}/api/v1/query?{urlencode({'query': expression})}") as response:
        return json.load(response)["data"]["result"]


@pytest.fixture(scope="session")
def outage():
    """Run the shop well, then badly until the alert is delivered, then well until its end is: about 20 s."""
    shop = Shop()
    try:
        with (
            AlertmanagerRig(ALERTMANAGER.format(port=shop.port)) as alertmanager,
            PrometheusRig(CONFIG.format(shop=shop.port, alertmanager=alertmanager.port), RULES) as prometheus,
        ):
            wait_until(lambda: query(prometheus, f"count_over_time(up{{job='shop'}}[1m]) >= {GOOD_S}"), "the good time")
            shop.broke_at = time.monotonic()
            broke_at = datetime.now(UTC)
            wait_until(lambda: shop.received, "the alert")
            time.sleep(2)  # Some points of the bad time, for the series to show.
            bad_until = datetime.now(UTC)
            shop.mended_at = time.monotonic()
            wait_until(lambda: any(b'"status":"resolved"' in body for body, *_ in shop.received), "its end")
            yield SimpleNamespace(
                prometheus=prometheus,
                received=list(shop.received),
                started_at=broke_at - timedelta(seconds=GOOD_S + 1),
                broke_at=broke_at,
                bad_until=bad_until,
            )
    finally:
        shop.shutdown()
        shop.server_close()


@pytest.fixture
def client(outage):
    """Give the client, pointed at the real server."""
    return PrometheusClient(PrometheusSettings(url=outage.prometheus.url))
