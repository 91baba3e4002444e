"""A real Prometheus that scrapes service-graph metrics and Istio's: what comes out is who calls whom, and how much."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from fermata.flows.graph_systems import ask_systems
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.rules.servicegraph.merging import merge
from fermata.testing.rigs import PrometheusRig

pytestmark = pytest.mark.servers

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: graph
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
WINDOW = "6s"
PAIR = 'client="web",server="{server}",connection_type="{kind}"'
MESH = (
    'reporter="{reporter}",source_workload="cart-v1",source_canonical_service="cart",'
    'destination_service_name="prices",destination_workload="prices-v1",'
    'request_protocol="http",response_code="{code}"'
)


class GraphHandler(BaseHTTPRequestHandler):
    """Twelve calls a second from web to cart at 40 ms, three to a queue, five to prices, one failing."""

    def do_GET(self):
        seconds = time.monotonic()
        cart, mail = PAIR.format(server="cart", kind=""), PAIR.format(server="mail", kind="messaging_system")
        lines = [
            f"traces_service_graph_request_total{{{cart}}} {12 * seconds}",
            f"traces_service_graph_request_total{{{mail}}} {3 * seconds}",
            f"traces_service_graph_request_client_seconds_sum{{{cart}}} {12 * seconds * 0.04}",
            f"traces_service_graph_request_client_seconds_count{{{cart}}} {12 * seconds}",
        ]
        for reporter in ("source", "destination"):
            for code, rate in ((200, 4), (503, 1)):
                labels = MESH.format(reporter=reporter, code=code)
                lines += [
                    f"istio_requests_total{{{labels}}} {rate * seconds}",
                    f"istio_request_duration_milliseconds_sum{{{labels}}} {rate * seconds * 7}",
                    f"istio_request_duration_milliseconds_count{{{labels}}} {rate * seconds}",
                ]
        content = "\n".join([*lines, ""]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture(scope="module")
def prometheus():
    """Give a Prometheus that has scraped for a while."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), GraphHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with PrometheusRig(CONFIG.format(port=server.server_address[1])) as rig:
            query = urlencode({"query": "count_over_time(up[1m]) >= 10"})
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with urlopen(f"{rig.url}/api/v1/query?{query}") as response:
                    if json.load(response)["data"]["result"]:
                        break
                time.sleep(0.2)
            yield rig
    finally:
        server.shutdown()
        server.server_close()


def test_measured_calls_come_out_with_their_numbers(prometheus):
    """Rate, mean latency, share of errors and mode, within what scraping each second allows."""
    system = Prometheus(PrometheusSettings(url=prometheus.url), SystemClock())

    graph = merge(asyncio.run(ask_systems({"prometheus": system}, window=WINDOW)))

    edges = {
        f"{edge.caller}>{edge.callee}": {key: fact.value for key, fact in edge.facts.items()} for edge in graph.edges
    }
    assert set(edges) == {"web>cart", "web>mail", "cart>prices"}
    assert edges["web>cart"]["rate_rps"] == pytest.approx(12, rel=0.1)
    assert edges["web>cart"]["latency_ms"] == pytest.approx(40, rel=0.02)
    assert edges["web>mail"]["mode"] == "async"
    assert edges["cart>prices"]["rate_rps"] == pytest.approx(5, rel=0.1)
    assert edges["cart>prices"]["latency_ms"] == pytest.approx(7, rel=0.02)
    assert edges["cart>prices"]["error_share"] == pytest.approx(0.2, rel=0.1)
    assert graph.problems == ()


def test_question_that_is_refused_costs_no_other(prometheus):
    """It is a gap; when none is answered that is a failure."""
    reader = Prometheus(PrometheusSettings(url=prometheus.url), SystemClock()).find_graph_reader()

    reading = asyncio.run(reader.read_graph({"good": "vector(2)", "bad": "sum(", "nan": "vector(0) / vector(0)"}))

    assert [row.value for row in reading.samples["good"]] == [2.0]
    assert list(reading.samples["nan"]) == []
    assert reading.gaps[0].startswith("bad: ")
    with pytest.raises(OperationalError):
        asyncio.run(reader.read_graph({"bad": "sum("}))
