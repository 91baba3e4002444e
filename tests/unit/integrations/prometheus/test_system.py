"""What the doctor says of Prometheus."""

from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.testing.clock import FakeClock


def build(server, clock=None, **settings):
    """Give the system, pointed at a scripted server."""
    return Prometheus(PrometheusSettings(url=server.url, **settings), clock or FakeClock())


def respond_as(server, *, skew_s=0.0, rules=("Down",), version=True):
    """Give a respond function of a server in good order, but for what is said."""

    def respond(request):
        if request.path.endswith("/query"):
            at = FakeClock().now().timestamp() + skew_s
            return server.answer({"resultType": "scalar", "result": [at, str(at)]})
        if request.path.endswith("/rules"):
            return server.answer({"groups": [{"rules": [{"name": name, "query": "up == 0"} for name in rules]}]})
        return server.answer({"version": "2.42.0"}) if version else server.answer(status="404 Not Found", body=b"")

    return respond


async def look(system):
    """Give the findings by what was looked at."""
    return {result.name.removeprefix("prometheus: "): result for result in await system.check()}


async def test_server_in_order_has_three_good_findings(server):
    """Reachable, in time, with rules."""
    await server.start(respond_as(server, rules=[f"R{i}" for i in range(7)]))

    found = await look(build(server))

    assert {name: result.ok for name, result in found.items()} == {
        "server": True,
        "clock": True,
        "alerting rules": True,
    }
    assert "Prometheus 2.42.0 answers at" in found["server"].text
    assert found["alerting rules"].text == "7 alerting rules: R0, R1, R2, R3, R4 and 2 more"


async def test_server_without_a_version_is_still_reachable(server):
    """Mimir, Thanos and others speak the API and know no build."""
    await server.start(respond_as(server, version=False))

    assert (await look(build(server)))["server"].text.startswith("Prometheus of unknown version")


async def test_clock_that_is_off_is_a_fault(server):
    """Windows are asked in our time; a minute off, they show another minute."""
    await server.start(respond_as(server, skew_s=-60))

    result = (await look(build(server)))["clock"]

    assert not result.ok
    assert "60 s behind" in result.text
    assert "NTP" in result.text


async def test_server_without_rules_is_a_fault(server):
    """A Prometheus that raises no alert has been set up halfway."""
    await server.start(respond_as(server, rules=()))

    result = (await look(build(server)))["alerting rules"]

    assert not result.ok
    assert "rule_files" in result.text


async def test_unreachable_server_is_one_finding_and_no_exception(server):
    """The doctor reports; it does not fall ill."""
    await server.start(lambda _: server.answer(status="401 X", body=b""))

    (result,) = await build(server).check()

    assert not result.ok
    assert "prometheus.token" in result.text


def test_building_the_system_touches_nothing(server):
    """Constructing opens no connection: there is no server yet."""
    server.url = "http://127.0.0.1:9"

    names = [collector.name for collector in build(server).list_collectors()]

    assert names == [
        "prometheus.alert_expression",
        "prometheus.resources",
        "prometheus.workload",
        "prometheus.exemplars",
    ]
