"""What the collectors say of containers in trouble."""

import json

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import (
    ChangeFacts,
    EnvironmentFacts,
    LogFacts,
    ResourceFacts,
    StateFacts,
    WorkloadPhase,
)
from fermata.kit.errors import OperationalError
from fermata.kit.redaction import describe_secret

pytestmark = pytest.mark.docker

AGAIN = {"RestartPolicy": {"Name": "on-failure"}}


def leak(shop, **host):
    """Start a container that the kernel kills for memory."""
    shop.run(image="shop/leak:1", memory=16 * shop.MIB, HostConfig=host)
    shop.wait_until(lambda: shop.state()["OOMKilled"], "the kernel's kill")


async def test_container_killed_for_memory_says_so(shop):
    """OOMKilled, exit code 137 and the limit: all a signature needs to propose more memory."""
    leak(shop)
    shop.wait_until(lambda: shop.state()["Status"] == "exited", "its end")

    (state,) = await shop.collect("docker.state", "service/checkout")
    (resources,) = await shop.collect("docker.resources", "service/checkout")

    facts = StateFacts.from_json(state.facts)
    assert (facts.phase, facts.system_state, facts.exit_code) == (WorkloadPhase.EXITED, "exited", 137)
    assert (facts.killed_for_memory, facts.exits, facts.pid, facts.started_at) == (True, 1, None, None)
    assert any("killed for memory (OOMKilled)" in line.text for line in state.lines)
    assert state.entity == shop.CHECKOUT
    limits = ResourceFacts.from_json(resources.facts)
    assert (limits.memory_limit_bytes, limits.memory_limit_kind) == (16 * shop.MIB, "cgroup")
    assert (limits.memory_bytes, limits.memory_peak_bytes) == (None, None)
    assert "does not run" in resources.cut
    assert limits.host_available_bytes is not None


async def test_container_restarted_again_and_again_is_a_crash_loop(shop):
    """Between two restarts it waits, and after some it is caught alive: a crash loop both times, with all its ends."""
    shop.run(image="shop/crash:1", HostConfig=AGAIN)
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] >= 3, "three restarts")

    (state,) = await shop.collect("docker.state", "service/checkout")

    facts = StateFacts.from_json(state.facts)
    assert (facts.phase, facts.exit_code, facts.killed_for_memory) == (WorkloadPhase.CRASH_LOOP, 3, False)
    assert facts.exits >= 3
    assert any(line.text == "restart policy: on-failure" for line in state.lines)


async def test_stopped_container_was_stopped_by_somebody(shop):
    """An end that somebody asked for is no failure."""
    shop.run()
    shop.engine.call("POST", f"/containers/{shop.NAME}/stop")

    (state,) = await shop.collect("docker.state", "service/checkout")

    facts = StateFacts.from_json(state.facts)
    assert (facts.phase, facts.exits) == (WorkloadPhase.STOPPED, 0)


async def test_containers_beside_it_are_mentioned_in_brief(shop):
    """A failing dependent is explained by its failing dependency: the same project's, those that are down first."""
    shop.run()
    shop.run("shop-profile-1", Labels=shop.LABELS | {"com.docker.compose.service": "profile"})
    shop.run("shop-bank-1", image="shop/crash:1", Labels=shop.LABELS | {"com.docker.compose.service": "bank"})
    shop.run("elsewhere", Labels={})
    shop.wait_until(lambda: shop.state("shop-bank-1")["Status"] == "exited", "the bank's end")

    _, bank, profile = await shop.collect("docker.state", "service/checkout")

    assert bank.entity.ref == "docker:container/bank/shop-bank-1"
    facts = StateFacts.from_json(bank.facts)
    assert (facts.phase, facts.exit_code) == (WorkloadPhase.EXITED, 3)
    assert StateFacts.from_json(profile.facts).phase is WorkloadPhase.RUNNING


async def test_failing_health_check_is_told(shop):
    """A container that runs and does not work says so itself."""
    check = {"Test": ["CMD-SHELL", "echo no answer; exit 1"], "Interval": 50_000_000, "Retries": 1}
    shop.run(Healthcheck=check)
    shop.wait_until(lambda: shop.state()["Health"]["Status"] == "unhealthy", "the health check")

    (state,) = await shop.collect("docker.state", "service/checkout")

    assert StateFacts.from_json(state.facts).system_state == "running (unhealthy)"
    assert any("with 1: no answer" in line.text for line in state.lines)


@pytest.mark.parametrize("name", ["shop-checkout-1", "CHECKOUT", "shop", "shop-checkout"])
async def test_container_is_found_by_its_names(shop, name):
    """By its own name, its compose service, its project, or the beginning of its name; letter case does not count."""
    shop.run()

    (found,) = await shop.collect("docker.environment", f"service/{name}")

    assert found.entity == shop.CHECKOUT


async def test_container_outside_of_compose_is_found_by_its_image(shop):
    """`docker run registry/team/checkout` gives a container any name."""
    shop.run("amazing_hopper", Labels={})

    (found,) = await shop.collect("docker.environment", "service/checkout")

    assert found.entity.ref == "docker:container/amazing_hopper"


async def test_running_container_tells_its_use(shop):
    """Memory without droppable cache, its peak where the kernel keeps one, and CPU."""
    shop.run(HostConfig={"NanoCpus": 500_000_000})

    (resources,) = await shop.collect("docker.resources", "service/checkout")

    facts = ResourceFacts.from_json(resources.facts)
    assert 0 < facts.memory_bytes < 32 * shop.MIB
    assert facts.cpu_seconds is not None
    assert any(line.text == "cpu limit: 0.5 cores" for line in resources.lines)
    assert resources.cut == ""


async def test_container_at_its_cpu_limit_tells_how_often_it_waits_now(shop):
    """Two readings a second apart: since its start says little of now."""
    shop.run(Cmd=["sh", "-c", "while true; do :; done"], HostConfig={"CpuQuota": 5_000})

    (resources,) = await shop.collect("docker.resources", "service/checkout")

    facts = ResourceFacts.from_json(resources.facts)
    assert facts.cpu_limit_cores == 0.05
    assert 0 < facts.cpu_throttled_periods <= facts.cpu_periods
    assert any(line.text.startswith("cpu throttled now: in ") for line in resources.lines)


async def test_streams_of_a_log_come_apart_and_in_order(shop):
    """Frames of both streams are taken apart; colours and the engine's times are not the program's words."""
    script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf '\\033[31mred\\033[0m\\n'; sleep 60"
    shop.run(Cmd=["sh", "-c", script])
    path = f"/containers/{shop.NAME}/logs?stdout=1"
    shop.wait_until(lambda: b"red" in shop.engine.call("GET", path), "the log")

    out, err = await shop.collect("docker.logs", "service/checkout")

    assert [line.text for line in out.lines] == ["out 1", "out 2", "out 3", "[31mred[0m"]
    assert [line.text for line in err.lines] == ["err 1", "err 2", "err 3"]
    for stream, lines, evidence in (("stdout", 4, out), ("stderr", 3, err)):
        facts = LogFacts.from_json(evidence.facts)
        assert (facts.stream, facts.total_lines) == (stream, lines)
        # The engine stamps each pipe by itself: nothing is said of which of the two came first.
        assert facts.oldest_at <= facts.newest_at <= evidence.observed_at
    assert (out.kind, out.cut) == (EvidenceKind.LOGS, "")


async def test_log_of_a_terminal_has_no_frames(shop):
    """With a terminal everything is one stream of plain bytes."""
    shop.run(Cmd=["sh", "-c", "echo one; echo two; sleep 60"], Tty=True)
    shop.wait_until(lambda: b"two" in shop.engine.call("GET", f"/containers/{shop.NAME}/logs?stdout=1"), "the log")

    (out,) = await shop.collect("docker.logs", "service/checkout")

    assert [line.text for line in out.lines] == ["one", "two"]


async def test_long_log_is_cut_from_the_end(shop):
    """Neither lines nor bytes are unbounded, and what was left out is said."""
    shop.run(Cmd=["sh", "-c", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; sleep 60"])
    shop.wait_until(
        lambda: b"line 3000\n" in shop.engine.call("GET", f"/containers/{shop.NAME}/logs?stdout=1&tail=1"), "the log"
    )

    (few,) = await shop.collect("docker.logs", "service/checkout", log_lines=50)
    (small,) = await shop.collect("docker.logs", "service/checkout", log_bytes=1024)

    assert [few.lines[0].text, few.lines[-1].text] == ["line 2951", "line 3000"]
    assert "last 50 lines" in few.cut
    assert small.lines[-1].text == "line 3000"
    assert sum(len(line.text) + 1 for line in small.lines) <= 1024 + 40 * len(small.lines)
    assert "of 3000 lines: 1024 bytes" in small.cut


async def test_silent_container_says_that_it_is_silent(shop):
    """No line is an observation too."""
    shop.run(Cmd=["/bin/sh", "-c", "sleep 60"])

    (out,) = await shop.collect("docker.logs", "service/checkout")

    assert "silent" in out.title
    assert out.lines == ()


async def test_log_that_cannot_be_read_leaves_the_others(shop):
    """A driver that keeps nothing is named in what was left out; alone it is a gap with its reason."""
    shop.run(HostConfig={"LogConfig": {"Type": "none"}})
    with pytest.raises(OperationalError, match="log driver does not let the engine read it"):
        await shop.collect("docker.logs", "service/checkout")
    shop.run("shop-checkout-2")

    (found,) = await shop.collect("docker.logs", "service/checkout")

    assert found.entity.name == "shop-checkout-2"
    assert "The log of shop-checkout-1 cannot be had" in found.cut


async def test_variables_are_told_from_those_of_the_image(shop):
    """Ordinary values are shown, others are digests; what the container sets on its own is named."""
    shop.run()

    (found,) = await shop.collect("docker.environment", "service/checkout")

    facts = EnvironmentFacts.from_json(found.facts)
    assert facts.variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert facts.variables["DB_PASSWORD"] == describe_secret(shop.SECRET)
    assert facts.variables["GREETING"] == describe_secret("hello")
    assert found.lines[-1].text == "set for the container, not by its image: DB_PASSWORD, PAYMENT_TIMEOUT_MS"
    assert found.redactions >= 2


async def test_deployment_is_told_with_what_ran_before(shop):
    """The container before is still there: its image is known for certain, and both images are compared."""
    shop.run("shop-checkout-old")
    shop.engine.call("POST", "/containers/shop-checkout-old/stop")
    shop.run(image="shop/checkout:2")

    found = [e for e in await shop.collect("docker.changes", "service/checkout") if e.entity == shop.CHECKOUT]

    facts = ChangeFacts.from_json(found[0].facts)
    assert (facts.kind, facts.service, facts.ref, facts.diff_read) == (
        "deployment",
        "checkout",
        "shop/checkout:2",
        True,
    )
    assert facts.title == "shop-checkout-1: shop/checkout:2 took the place of shop/checkout:1"
    texts = [line.text for line in found[0].lines]
    assert "+label release=2" in texts
    assert any("known from container shop-checkout-old" in text for text in texts)


async def test_earlier_image_is_known_from_events_when_its_container_is_gone(shop):
    """The engine remembers who was started, and the tag has not been moved since."""
    shop.run()
    shop.engine.remove(shop.NAME)
    shop.run(image="shop/checkout:2")

    (found,) = await shop.collect("docker.changes", "service/checkout")

    assert ChangeFacts.from_json(found.facts).title.endswith("took the place of shop/checkout:1")
    assert any("known from an event of the engine" in line.text for line in found.lines)


async def test_moved_tag_is_no_proof(shop):
    """What a tag meant then is not what it means now, unless it was not moved since."""
    engine = shop.engine
    engine.call("POST", "/images/shop/checkout:1/tag", params={"repo": "shop/checkout", "tag": "latest"})
    shop.run(image="shop/checkout:latest")
    engine.remove(shop.NAME)
    engine.call("POST", "/images/shop/crash:1/tag", params={"repo": "shop/checkout", "tag": "latest"})
    shop.run("shop-checkout-1", image="shop/checkout:2")

    (found,) = await shop.collect("docker.changes", "service/checkout")

    assert "shop/checkout:latest" not in json.dumps(ChangeFacts.from_json(found.facts).title)


async def test_removed_container_is_told_from_one_that_never_was(shop):
    """The engine's event names it, its service and its time; of a name it never had nothing is said."""
    shop.run()
    beside = {"Labels": shop.LABELS | {"com.docker.compose.service": "profile"}}
    shop.run("shop-profile-1", image="shop/crash:1", **beside)
    shop.engine.remove(shop.NAME)

    with pytest.raises(OperationalError, match=f"no container {shop.NAME} any more; it was destroyed at 20"):
        await shop.collect("docker.state", "service/checkout")

    assert list(await shop.collect("docker.state", "service/search")) == []

    shop.run("shop-canary-1", **beside)
    with pytest.raises(OperationalError, match="only the image is the same of shop-canary-1"):
        await shop.collect("docker.state", "service/checkout")
