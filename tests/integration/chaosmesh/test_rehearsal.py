"""A whole rehearsal through Chaos Mesh's objects: real requests, a real run, a controller that is played."""

from datetime import timedelta

import pytest
from tests.unit.integrations.chaosmesh.place import DELAY, SPACE, furnish, let_go, make_injector, take_hold

from fermata.domain.experiment import SteadyCheck, Verdict
from fermata.flows.rehearsal.asking import HttpAsker
from fermata.flows.rehearse import rehearse
from fermata.kit.clock import SystemClock
from fermata.testing.kubernetes.server import KubernetesEmulator
from fermata.testing.web_server import Answer, WebServer


@pytest.fixture
def cluster():
    """Give a cluster with a sandbox."""
    with KubernetesEmulator() as emulator:
        furnish(emulator)
        yield emulator


def play_controller(cluster):
    """Take hold of each new fault, and let it go when it was told to end, as Chaos Mesh does."""

    def act(request):
        del request
        for found in cluster.list_kind("NetworkChaos", SPACE):
            metadata = found["metadata"]
            if "status" not in found:
                take_hold(cluster, "NetworkChaos", metadata["name"])
            elif metadata.get("deletionTimestamp"):
                let_go(cluster, "NetworkChaos", metadata["name"])

    cluster.before.append(act)


def run(cluster, folder, url):
    """Run the experiment; one journey may feel it, the other must not."""

    async def go_on():
        return ""

    async def ignore(_):
        return None

    checks = tuple(
        SteadyCheck(journey=name, url=f"{url}/{name}", max_p95_ms=2000, rate_rps=10, is_hit=name == "pay")
        for name in ("pay", "refund")
    )
    span = {"baseline": timedelta(seconds=3), "duration": timedelta(seconds=3), "recovery": timedelta(seconds=15)}
    return rehearse(
        DELAY.model_copy(update={"checks": checks, **span}),
        make_injector(cluster, folder, clock=SystemClock()),
        clock=SystemClock(),
        http=HttpAsker(),
        stop=go_on,
        on_phase=ignore,
        on_sample=ignore,
    )


def skip_if_busy(result):
    """Claim nothing where the run itself claims nothing."""
    if result.verdict is Verdict.INCONCLUSIVE:
        pytest.skip(f"the machine is too busy: {result.why}")


async def test_fault_that_was_injected_is_judged_and_gone(cluster, tmp_path):
    """Created once, seen by its records, deleted, and the verdict is about a fault that was there."""
    play_controller(cluster)

    async with WebServer(lambda _: Answer({"ok": True})) as shop:
        result = await run(cluster, tmp_path, shop.url)

    skip_if_busy(result)
    assert (result.verdict, result.affected) == (Verdict.GRACEFUL, 1), result.why
    assert result.withdrawn_at is not None
    assert cluster.list_kind("NetworkChaos") == []
    assert [request.method for request in cluster.list_writes()].count("POST") == 1


async def test_fault_that_nobody_injected_is_invalid(cluster, tmp_path):
    """An object that the controller does nothing about proves nothing, whatever the journeys say."""
    async with WebServer(lambda _: Answer({"ok": True})) as shop:
        result = await run(cluster, tmp_path, shop.url)

    skip_if_busy(result)
    assert (result.verdict, result.affected) == (Verdict.INVALID, 0), result.why
    assert cluster.list_kind("NetworkChaos") == []
