"""The three actions where it matters: what was killed comes back, what runs goes on, and every failure leads back."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.faults import AnswerLost
from fermata.kit.errors import UserError
from fermata.testing.action_contract import KEY, OTHER_KEY

pytestmark = pytest.mark.docker
LIMIT, RESTART, RECREATE = "docker.set_memory_limit", "docker.restart_container", "docker.recreate_with_previous_image"
# Holds 24 MiB: too much for 16 MiB, enough for 64.
HUNGRY = (
    "x=aaaaaaaaaaaaaaaa; i=0; while [ $i -lt 19 ]; do x=$x$x; i=$((i+1)); done; echo ready; while :; do sleep 1; done"
)


@pytest.fixture
def starving(shop):
    """Give a container that is killed for memory again and again."""
    host = {"RestartPolicy": {"Name": "always"}}
    shop.run(Cmd=["/bin/sh", "-c", HUNGRY], memory=8 * shop.MIB, HostConfig=host)
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] >= 2, "two restarts")
    return shop


@pytest.fixture
def released(shop):
    """Give release 2, and release 1 that ran before it."""
    shop.run("shop-checkout-old")
    shop.engine.call("POST", "/containers/shop-checkout-old/stop")
    shop.run(image="shop/checkout:2")
    return shop


async def test_more_memory_cures_a_container_that_is_killed_for_it(starving):
    """The plan of a crash loop does not go stale, the limit is raised, and the container is started at once."""
    action, planned = await starving.plan(LIMIT, {"limit_bytes": 64 * starving.MIB})
    was = planned.dry_run.observed_version
    starving.wait_until(lambda: starving.engine.inspect(starving.NAME)["RestartCount"] >= 4, "two more restarts")
    assert await action.observe_version(planned.target, planned.parameters) == was

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "8 MiB -> 64 MiB" in result.detail
    assert "-Memory: 8388608 (8 MiB)\n" in planned.dry_run.diff
    starving.wait_until(
        lambda: b"ready" in starving.engine.call("GET", f"/containers/{starving.NAME}/logs?stdout=1"), "it"
    )
    reading = await starving.read_health(timedelta(0))
    assert reading.healthy, reading.text


async def test_container_that_was_given_up_on_is_started_again(shop):
    """Killed and not restarted by any policy: a limit alone would change nothing."""
    shop.run(Cmd=["/bin/sh", "-c", HUNGRY], memory=8 * shop.MIB)
    shop.wait_until(lambda: shop.state()["Status"] == "exited", "its end")
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.state()["Status"] == "running"


async def test_container_that_was_stopped_stays_so(shop):
    """Somebody wanted it down: a new limit is no reason to start it."""
    shop.run()
    shop.engine.call("POST", f"/containers/{shop.NAME}/stop")
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.state()["Status"] == "exited"


async def test_running_container_keeps_running_with_its_new_limit(shop):
    """Live means live: the same process, started when it was."""
    shop.run()
    before = shop.state()
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})

    await action.execute(planned, KEY)

    assert (shop.state()["Pid"], shop.state()["StartedAt"]) == (before["Pid"], before["StartedAt"])
    assert planned.dry_run.undo.parameters == {"limit_bytes": 32 * shop.MIB}
    undo = await action.dry_run(shop.CHECKOUT, planned.dry_run.undo.parameters)
    assert "+Memory: 33554432 (32 MiB)\n" in undo.diff


async def test_limit_below_what_is_used_is_refused(shop):
    """The kernel would kill it at once."""
    shop.run(Cmd=["/bin/sh", "-c", HUNGRY], memory=64 * shop.MIB)
    shop.wait_until(lambda: b"ready" in shop.engine.call("GET", f"/containers/{shop.NAME}/logs?stdout=1"), "it")

    with pytest.raises(UserError, match="less than shop-checkout-1 uses") as refused:
        await shop.plan(LIMIT, {"limit_bytes": 7 * shop.MIB})

    assert refused.value.facts["used_bytes"] > 7 * shop.MIB


async def test_limit_above_what_the_host_has_is_refused(shop):
    """A number of KiB meant as bytes, or the other way round, ends up here."""
    shop.run()

    with pytest.raises(UserError, match="more than the host"):
        await shop.plan(LIMIT, {"limit_bytes": 2**50})


async def test_same_limit_makes_no_difference(shop):
    """Nothing to approve."""
    shop.run()

    with pytest.raises(UserError, match="already"):
        await shop.plan(LIMIT, {"limit_bytes": 32 * shop.MIB})


async def test_container_without_a_limit_gets_one_and_the_card_says_it_stays(shop):
    """The engine cannot take a limit away again: the undo is words, not an action."""
    shop.run(memory=0)

    _, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})

    assert planned.dry_run.undo is None
    assert "creating shop-checkout-1 anew can" in planned.dry_run.undo_text


async def test_limit_that_somebody_else_set_is_not_claimed(shop):
    """After a crash, neither the old limit nor the meant one: the world cannot tell."""
    shop.run()
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})
    limits = {"Memory": 48 * shop.MIB, "MemorySwap": 96 * shop.MIB}
    shop.engine.call("POST", f"/containers/{shop.NAME}/update", limits)

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert "changed by somebody else" in result.detail


async def test_engine_that_refuses_the_limit_changed_nothing(shop, monkeypatch):
    """A refusal leaves the container as it was, and that is looked at, not believed."""
    shop.run()
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})
    post = EngineSession.post

    async def post_nonsense(session, path, body=None, params=None, **options):
        # Less swap than memory: a real refusal by the real engine.
        return await post(session, path, {**body, "MemorySwap": 1024}, params, **options)

    monkeypatch.setattr(EngineSession, "post", post_nonsense)  # The engine's own refusals cannot be ordered.
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert result.detail.startswith("Nothing was changed")


async def test_lost_answer_is_an_unknown_outcome_and_the_probe_settles_it(shop, monkeypatch):
    """The update took effect, its answer did not come: unknown, never done twice, and the limit itself tells."""
    shop.run()
    action, planned = await shop.plan(LIMIT, {"limit_bytes": 64 * shop.MIB})
    post = EngineSession.post

    async def lose(session, *arguments, **options):
        await post(session, *arguments, **options)
        raise AnswerLost("the line broke")

    monkeypatch.setattr(EngineSession, "post", lose)  # A connection that breaks between effect and answer.
    result = await action.execute(planned, KEY)
    monkeypatch.undo()

    assert result.outcome is Outcome.UNKNOWN
    assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.DONE


async def test_restart_that_the_engine_cannot_finish_is_told(shop):
    """Its file is gone: the container was stopped and cannot be started, and nobody may call that `failed`."""
    script = shop.engine.folder / "serve.sh"
    script.write_bytes(shop.SERVE)
    shop.run(HostConfig={"Mounts": [{"Type": "bind", "Source": str(script), "Target": "/serve.sh"}]})
    action, planned = await shop.plan(RESTART, {})
    script.unlink()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN, result.detail
    assert "is exited" in result.detail
    assert shop.state()["Status"] != "running"


async def test_restart_by_its_policy_is_not_ours(shop):
    """After a crash of ours: started since, but by the policy; only the engine's own event proves a restart."""
    shop.run(image="shop/crash:1", HostConfig={"RestartPolicy": {"Name": "always"}})
    action, planned = await shop.plan(RESTART, {})
    intended_at = datetime.now(UTC)
    count = shop.engine.inspect(shop.NAME)["RestartCount"]
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] > count, "a restart")

    result = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN
    assert "by us or by its restart policy" in result.detail


async def test_restart_of_what_is_down_starts_it(shop):
    """Nothing is stopped that does not run, and the card says so."""
    shop.run()
    shop.engine.call("POST", f"/containers/{shop.NAME}/stop")

    action, planned = await shop.plan(RESTART, {})
    result = await action.execute(planned, KEY)

    assert planned.dry_run.note.endswith("it is only started")
    assert result.outcome is Outcome.DONE, result.detail
    assert shop.state()["Status"] == "running"


async def test_previous_image_comes_back_with_everything_but_itself(released):
    """Name, limits, variables of its own, labels and networks stay; what the image brought goes with the image."""
    engine = released.engine
    action, planned = await released.plan(RECREATE, {"image": "previous"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    now = engine.inspect(released.NAME)
    assert now["Config"]["Image"] == "shop/checkout:1"
    assert now["HostConfig"]["Memory"] == 32 * released.MIB
    assert {"PAYMENT_TIMEOUT_MS=250", "RELEASE=1"} < set(now["Config"]["Env"])
    assert "RELEASE=2" not in now["Config"]["Env"]
    assert now["Config"]["Labels"] == released.LABELS | {"dev.fermata.action": KEY.mark}
    aside = engine.inspect(f"{released.NAME}.fermata-{KEY.mark[-12:]}")
    assert (aside["State"]["Status"], aside["HostConfig"]["RestartPolicy"]["Name"]) == ("exited", "no")


async def test_way_back_can_be_taken_back(released):
    """The undo names the image by its id, and the container set aside proves that it ran."""
    action, planned = await released.plan(RECREATE, {"image": "shop/checkout:1"})
    await action.execute(planned, KEY)
    undo = planned.dry_run.undo

    action, planned = await released.plan(undo.name, dict(undo.parameters))
    result = await action.execute(planned, OTHER_KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert released.engine.inspect(released.NAME)["Config"]["Image"] == "shop/checkout:2"


async def test_image_that_never_ran_is_refused(released):
    """Another image is a deployment: this action goes back, never elsewhere."""
    with pytest.raises(UserError, match="cannot go back to shop/leak:1") as refused:
        await released.plan(RECREATE, {"image": "shop/leak:1"})

    assert "shop/checkout:1" in refused.value.why


async def test_new_container_that_dies_is_taken_back(shop):
    """The image before crashes too: the present container gets its name back and runs again."""
    shop.run("shop-checkout-old", image="shop/crash:1")
    shop.wait_until(lambda: shop.state("shop-checkout-old")["Status"] == "exited", "its end")
    shop.run(HostConfig={"RestartPolicy": {"Name": "unless-stopped"}})
    before = shop.engine.inspect(shop.NAME)
    action, planned = await shop.plan(RECREATE, {"image": "previous"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED, result.detail
    assert "did not stay up" in result.detail
    after = shop.engine.inspect(shop.NAME)
    assert (after["Id"], after["State"]["Status"]) == (before["Id"], "running")
    assert after["HostConfig"]["RestartPolicy"] == before["HostConfig"]["RestartPolicy"]
    assert shop.engine.list_names() == [shop.NAME, "shop-checkout-old"]
    assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.FAILED


async def test_crash_in_the_middle_is_unknown_and_says_where_to_look(released):
    """Created and marked, but not in its place: a person has to look."""
    action, planned = await released.plan(RECREATE, {"image": "previous"})
    labels = released.LABELS | {"dev.fermata.action": KEY.mark}
    released.engine.call(
        "POST", "/containers/create", {"Image": "shop/checkout:1", "Labels": labels}, {"name": "shop-checkout-1.new-x"}
    )

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert f"label=dev.fermata.action={KEY.mark}" in result.detail


async def test_mounts_and_networks_move_to_the_new_container(shop):
    """Anonymous volumes keep their data, and a network its aliases."""
    engine = shop.engine
    engine.call("POST", "/networks/create", {"Name": "back"})
    engine.call("POST", "/networks/create", {"Name": "front"})
    host = {"NetworkMode": "back", "Mounts": [{"Type": "volume", "Target": "/data"}]}
    try:
        shop.run("shop-checkout-old")
        engine.call("POST", "/containers/shop-checkout-old/stop")
        shop.run(
            image="shop/checkout:2",
            HostConfig=host,
            Volumes={"/cache": {}},
            NetworkingConfig={"EndpointsConfig": {"back": {"Aliases": ["pay"]}}},
        )
        engine.call("POST", "/networks/front/connect", {"Container": shop.NAME})
        before = {mount["Destination"]: mount["Name"] for mount in engine.inspect(shop.NAME)["Mounts"]}
        action, planned = await shop.plan(RECREATE, {"image": "previous"})

        result = await action.execute(planned, KEY)

        assert result.outcome is Outcome.DONE, result.detail
        now = engine.inspect(shop.NAME)
        networks = now["NetworkSettings"]["Networks"]
        assert set(networks) == {"back", "front"}
        assert "pay" in networks["back"]["Aliases"]
        after = {mount["Destination"]: mount["Name"] for mount in now["Mounts"]}
        assert after["/cache"] == before["/cache"]
        assert after["/data"] == before["/data"]
    finally:
        shop.clear()
        engine.call("POST", "/networks/prune")


async def test_container_that_removes_itself_cannot_be_set_aside(shop):
    """`--rm`: stopping it would lose it, and with it the way back."""
    shop.run("shop-checkout-old")
    shop.run(image="shop/checkout:2", HostConfig={"AutoRemove": True})

    with pytest.raises(UserError, match="cannot be set aside"):
        await shop.plan(RECREATE, {"image": "previous"})


async def test_container_of_another_service_is_not_the_target(shop):
    """A guardrail allows a service: the name alone must not reach another one."""
    shop.run()

    with pytest.raises(UserError, match="is now docker:container/checkout/shop-checkout-1"):
        await shop.plan(RESTART, {}, Entity.parse(f"docker:container/profile/{shop.NAME}"))


async def test_new_container_that_cannot_be_created_costs_nothing(released):
    """The engine refuses it before anything was touched."""
    action, planned = await released.plan(RECREATE, {"image": "previous"})
    taken = f"{released.NAME}.new-{KEY.mark[-12:]}"
    released.engine.call("POST", "/containers/create", {"Image": "shop/checkout:1"}, {"name": taken})
    before = released.engine.inspect(released.NAME)["State"]

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "could not be created" in result.detail
    assert released.engine.inspect(released.NAME)["State"] == before


async def test_way_back_that_fails_too_names_the_commands(shop, monkeypatch):
    """The new one dies, and the engine hangs while it is taken back: unknown, and how to finish by hand."""
    shop.run("shop-checkout-old", image="shop/crash:1")
    shop.wait_until(lambda: shop.state("shop-checkout-old")["Status"] == "exited", "its end")
    shop.run()
    action, planned = await shop.plan(RECREATE, {"image": "previous"})

    async def hang(*_):
        raise AnswerLost("the engine did not answer")

    monkeypatch.setattr(EngineSession, "delete", hang)  # The moment between two calls cannot be hit from outside.
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert f"docker rename {shop.NAME}.fermata-{KEY.mark[-12:]} {shop.NAME}" in result.detail


@pytest.mark.parametrize("mode", ["default", "bridge", "host", "container:neighbour"])
async def test_container_of_every_network_mode_is_created_anew(shop, mode):
    """The engine's default, the host's or a neighbour's network: as it was."""
    shop.run("neighbour", Labels={})
    shop.run("shop-checkout-old")
    shop.engine.call("POST", "/containers/shop-checkout-old/stop")
    shop.run(image="shop/checkout:2", HostConfig={"NetworkMode": mode})
    before = shop.engine.inspect(shop.NAME)
    action, planned = await shop.plan(RECREATE, {"image": "previous"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    after = shop.engine.inspect(shop.NAME)
    assert after["HostConfig"]["NetworkMode"] == before["HostConfig"]["NetworkMode"]
    assert set(after["NetworkSettings"]["Networks"]) == set(before["NetworkSettings"]["Networks"])


async def test_published_ports_are_taken_over(shop):
    """Both containers want the port: the present one is stopped first, and given it back if the new one fails."""
    ports = {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}, "NetworkMode": "bridge"}
    shop.run("shop-checkout-old")
    shop.engine.call("POST", "/containers/shop-checkout-old/stop")
    shop.run(image="shop/checkout:2", HostConfig=ports, ExposedPorts={"8080/tcp": {}})
    action, planned = await shop.plan(RECREATE, {"image": "previous"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.engine.inspect(shop.NAME)["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostIp"] == "127.0.0.1"
