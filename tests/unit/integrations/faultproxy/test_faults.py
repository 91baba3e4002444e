"""The injector keeps what an injector promises, on a real proxy."""

import contextlib
import json
from datetime import timedelta

import pytest
from pydantic import SecretStr

from fermata.domain.experiment import FaultKind, FaultSpec, FaultTarget
from fermata.domain.sandbox import SandboxFinding
from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import Injection

LEASE = timedelta(seconds=3)


async def test_fault_is_begun_seen_renewed_and_withdrawn(bench, make_experiment):
    """Its count grows with the calls it hits, and stands still afterwards."""
    experiment = make_experiment(fault=FaultSpec(kind=FaultKind.ERROR, status=503))

    injection = await bench.injector.inject(experiment)
    assert (await bench.ask()).startswith(b"HTTP/1.1 503")
    await bench.injector.renew(injection, LEASE)
    during = await bench.injector.observe(injection)
    await bench.injector.withdraw(injection)
    await bench.injector.withdraw(injection)
    assert (await bench.ask()).startswith(b"HTTP/1.1 200")
    after = await bench.injector.observe(injection)

    assert (during.active, during.affected) == (True, 1)
    assert "of the lease are left" in during.text
    assert (after.active, after.affected, after.text) == (False, 1, "it was withdrawn")
    assert after.numbers["calls"] == 2


async def test_calls_are_counted_before_and_under_a_fault(bench, make_experiment):
    """Those that felt an error failed; those that were late may have been answered well."""
    failing = make_experiment(fault=FaultSpec(kind=FaultKind.ERROR, status=503))
    before = await bench.injector.measure(failing)
    await bench.ask()
    await bench.injector.inject(failing)
    await bench.ask()

    under = await bench.injector.measure(failing)

    assert (before["calls"], before["failed"]) == (0, 0)
    assert (under["calls"], under["failed"]) == (2, 1)
    assert under["call_seconds"] > 0
    assert (await bench.injector.measure(make_experiment()))["failed"] == 0


async def test_call_that_could_not_be_passed_on_failed_whatever_the_fault(bench, make_experiment):
    """The callee was not there: a delay has not done that."""
    await bench.injector.inject(make_experiment())
    bench.server.close()
    await bench.server.wait_closed()
    with contextlib.suppress(ConnectionError):
        await bench.ask()

    seen = await bench.injector.measure(make_experiment())

    assert (seen["calls"], seen["failed"]) == (1, 1)


async def test_injecting_twice_is_one_fault(bench, make_experiment):
    """As after an answer that was lost."""
    first = await bench.injector.inject(make_experiment())

    assert await bench.injector.inject(make_experiment()) == first


async def test_preview_is_the_request(bench, make_experiment):
    """What a person approves is what is sent."""
    shown = json.loads(await bench.injector.preview(make_experiment()))

    assert shown == {
        "proxy": "checkout->payment",
        "control": str(bench.proxy.control),
        "relays_to": (await bench.state())["to"],
        "experiment": "exp-1",
        "ttl_s": 3.0,
        "longest_s": 315.0,
        "fault": {"kind": "latency", "percent": 100.0, "latency_ms": 2000.0},
    }


async def test_preview_of_a_proxy_that_is_gone_names_nothing_behind_it(bench, make_experiment):
    """It is never the same as one that was seen, so that nothing is carried out by it."""
    seen = json.loads(await bench.injector.preview(make_experiment()))
    gone = ProxySettings(edge="checkout->payment", control="127.0.0.1:9", token=SecretStr("x" * 16))
    injector = FaultProxyInjector(FaultProxySettings(proxies=(gone,)), bench.rules)

    unseen = json.loads(await injector.preview(make_experiment()))

    assert seen["relays_to"].startswith("127.0.0.1:")
    assert unseen == seen | {"control": "127.0.0.1:9", "relays_to": None}


async def test_nothing_is_injected_outside_a_sandbox(bench, make_experiment):
    """The rules are asked anew, with what was seen just now."""
    bench.rules.findings = (SandboxFinding(name="production", ok=False, text="it is called prod"),)

    with pytest.raises(UserError, match="production: it is called prod"):
        await bench.injector.inject(make_experiment())

    (facts,) = bench.rules.facts
    assert facts.system == "faultproxy"
    assert facts.upstream.startswith("127.0.0.1:")
    assert facts.running == ()
    assert not (await bench.state())["active"]


async def test_taken_proxy_takes_no_second(bench, make_experiment):
    """One experiment at a time."""
    await bench.injector.inject(make_experiment())

    findings = await bench.injector.check_sandbox(make_experiment(id="exp-2"))
    assert [finding.name for finding in findings if not finding.ok] == ["free"]
    assert [fault.experiment_id for fault in bench.rules.facts[-1].running] == ["exp-1"]
    with pytest.raises(UserError, match="exp-1"):
        await bench.injector.inject(make_experiment(id="exp-2"))


async def test_changed_fault_under_the_same_name_is_refused(bench, make_experiment):
    """The proxy keeps what it has."""
    await bench.injector.inject(make_experiment())

    with pytest.raises(UserError, match="another fault is active"):
        await bench.injector.inject(make_experiment(fault=FaultSpec(kind=FaultKind.BLACKHOLE)))


async def test_halted_proxy_takes_none(bench, make_experiment, tmp_path):
    """The finding says so before anything is asked for."""
    (tmp_path / "HALT").touch()

    with pytest.raises(UserError, match="halt: halted"):
        await bench.injector.inject(make_experiment())


async def test_proxy_that_is_gone_cannot_be_read(bench, make_experiment):
    """Then nothing is known, and nothing is injected."""
    gone = ProxySettings(edge="checkout->payment", control="127.0.0.1:9", token=SecretStr("x" * 16))
    injector = FaultProxyInjector(FaultProxySettings(proxies=(gone,)), bench.rules)

    findings = await injector.check_sandbox(make_experiment())

    assert [finding.ok for finding in findings] == [False]
    assert "gave no answer" in findings[0].text
    assert bench.rules.facts[-1].running is None
    assert "gave no answer" in bench.rules.facts[-1].unread["running"]
    for step in (injector.renew, injector.observe, injector.withdraw):
        with pytest.raises(OperationalError):
            await step(Injection(experiment_id="e", handle="h"), *([LEASE] if step == injector.renew else []))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fault": FaultSpec(kind=FaultKind.KILL)}, "cannot do kill.* at a call through checkout->payment"),
        ({"target": FaultTarget(system="faultproxy", service="checkout", callee="stock")}, "checkout->stock"),
        (
            {"target": FaultTarget(system="faultproxy", service="checkout", callee="payment", address="10.0.0.9:1")},
            "at 10.0.0.9:1",
        ),
    ],
)
async def test_what_no_proxy_of_the_settings_can_do_is_refused(bench, make_experiment, changes, why):
    """An address in an experiment leads nowhere that the settings do not."""
    experiment = make_experiment(**changes)

    with pytest.raises(UserError, match=why):
        await bench.injector.preview(experiment)
    (finding,) = await bench.injector.check_sandbox(experiment)
    assert not finding.ok


async def test_proxy_before_all_callers_is_found_by_the_callee(bench, make_experiment):
    """The edge's own comes first."""

    def inject(*edges):
        proxies = [
            ProxySettings(edge=edge, control=f"127.0.0.1:{number}", token=SecretStr("x"))
            for number, edge in enumerate(edges, start=1)
        ]
        return FaultProxyInjector(FaultProxySettings(proxies=tuple(proxies)), bench.rules)

    whole = json.loads(await inject("payment", "checkout->payment").preview(make_experiment()))
    shared = json.loads(await inject("payment", "stock").preview(make_experiment()))
    target = FaultTarget(system="faultproxy", service="stock")
    own = json.loads(await inject("payment", "stock").preview(make_experiment(target=target)))

    assert (whole["control"], shared["control"], own["control"]) == ("127.0.0.1:2", "127.0.0.1:1", "127.0.0.1:2")


async def test_fault_whose_answer_was_lost_is_found_by_its_experiment(bench, make_experiment):
    """The handle is not known then."""
    await bench.injector.inject(make_experiment())
    unknown = Injection(experiment_id="exp-1", handle="exp-1")

    assert (await bench.injector.observe(unknown)).active
    await bench.injector.withdraw(unknown)
    assert not (await bench.state())["active"]
    assert not (await bench.injector.observe(Injection(experiment_id="exp-9", handle="exp-9"))).active


async def test_dead_proxy_does_not_keep_the_fault_at_another(bench, make_experiment):
    """Where only the experiment is known, all are told."""
    await bench.injector.inject(make_experiment())
    gone = ProxySettings(edge="stock", control="127.0.0.1:9", token=SecretStr("x"))
    injector = FaultProxyInjector(FaultProxySettings(proxies=(gone, *bench.settings.proxies)), bench.rules)

    with pytest.raises(OperationalError):
        await injector.withdraw(Injection(experiment_id="exp-1", handle="exp-1"))

    assert not (await bench.state())["active"]


async def test_state_that_is_none_is_an_error(bench, make_experiment, monkeypatch):
    """What answers is something else, or another version."""

    async def answer(self):
        return {"experiment": "exp-1"}

    monkeypatch.setattr("fermata.integrations.faultproxy.client.ProxyClient.fetch_state", answer)

    with pytest.raises(OperationalError, match="cannot be read"):
        await bench.injector.observe(Injection(experiment_id="exp-1", handle="exp-1"))
    with pytest.raises(OperationalError, match="cannot be read"):
        await bench.injector.measure(make_experiment())


async def test_lease_is_kept_by_the_proxy(bench):
    """A person reads who ends it."""
    assert bench.injector.name == "faultproxy"
    assert "the proxy itself" in bench.injector.lease_kept_by
