"""What ran before is known after the engine forgot it, from what was seen while Fermata served."""

from datetime import timedelta

import pytest

from fermata.domain.facts import ChangeFacts
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.faults import EngineRefused
from fermata.kit.errors import OperationalError
from fermata.ports.notes import PassingNotes
from fermata.testing.action_contract import plan_action


@pytest.fixture
def notes():
    """Give notes that two systems, as two processes, share."""
    return PassingNotes()


@pytest.fixture
def watched(shop, notes):
    """Give the system of the serving process."""
    system = shop.system()
    system.attach_notes(notes)
    return system


async def find_kept(notes):
    """Return what is kept of the one engine that was looked at."""
    names = list(notes._kept)
    return await notes.find(names[0]) if names else None


async def look_up(system, shop):
    """Return what the collector of changes says of the shop's container."""
    collector = next(one for one in system.list_collectors() if one.name == "docker.changes")
    found = await collector.collect(shop.make_scope("service/checkout"))
    return next(one for one in found if one.entity == shop.CHECKOUT)


async def test_other_settings_of_a_container_created_anew_are_told(shop, watched, notes):
    """The engine forgot the container with its removal: what it was created with was noted; secrets stay digests."""
    shop.run(env=["BATCH_SIZE=10", "API_TOKEN=first-Vq8x"])
    await watched.find_watcher().look()
    shop.engine.remove(shop.NAME)
    shop.run(env=["BATCH_SIZE=ten", "API_TOKEN=second-Vq8x"], memory=64 * shop.MIB)
    await watched.find_watcher().look()

    found = await look_up(watched, shop)

    facts = ChangeFacts.from_json(found.facts)
    texts = [line.text for line in found.lines]
    assert facts.title == "shop-checkout-1 was created anew from shop/checkout:1, with other settings"
    assert facts.diff_read
    assert {"-env BATCH_SIZE=10", "+env BATCH_SIZE=ten"} <= set(texts)
    assert {f"-memory: {32 * shop.MIB}", f"+memory: {64 * shop.MIB}"} <= set(texts)
    assert sum("API_TOKEN=<redacted" in text for text in texts) == 2
    assert "not known" not in found.cut
    assert "Vq8x" not in str(await find_kept(notes))


async def test_command_beside_the_serving_process_knows_it_too(shop, watched, notes):
    """`fermata context` reads the same notes, and looks at nothing by itself."""
    shop.run(env=["BATCH_SIZE=10"])
    await watched.find_watcher().look()
    shop.engine.remove(shop.NAME)
    shop.run(env=["BATCH_SIZE=ten"])
    beside = shop.system()
    beside.attach_notes(notes)

    found = await look_up(beside, shop)

    assert "-env BATCH_SIZE=10" in [line.text for line in found.lines]


async def test_image_that_was_seen_is_the_way_back(shop, watched):
    """Neither a container nor an event is left of it: it was seen to run, and is on the engine."""
    shop.run()
    await watched.find_watcher().look()
    shop.engine.remove(shop.NAME)
    shop.run(image="shop/checkout:2")

    found = await look_up(watched, shop)
    action = next(one for one in watched.list_actions() if one.spec.name == "docker.recreate_with_previous_image")
    dry_run = await action.dry_run(shop.CHECKOUT, {"image": "previous"})

    title = ChangeFacts.from_json(found.facts).title
    assert title == "shop-checkout-1: shop/checkout:2 took the place of shop/checkout:1"
    assert any("known from what was seen" in line.text for line in found.lines)
    assert "+image: shop/checkout:1" in plan_action(action, shop.CHECKOUT, {"image": "previous"}, dry_run).dry_run.diff


async def test_container_created_anew_from_the_same_image_is_no_new_image(shop):
    """The image of two releases ago ran before, and did not make way for this one: it is no way back from it."""
    for image in ("shop/checkout:2", "shop/checkout:1"):
        shop.run(image=image)
        shop.engine.remove(shop.NAME)
    shop.run(image="shop/checkout:1")

    (found,) = await shop.collect("docker.changes", "service/checkout")

    assert ChangeFacts.from_json(found.facts).title == "shop-checkout-1 was created anew from shop/checkout:1"


async def test_image_that_came_and_went_while_nobody_looked_is_what_made_way(shop, watched):
    """Fermata did not serve then: that the one before it ran the same image is no longer so."""
    shop.run()
    await watched.find_watcher().look()
    for image in ("shop/checkout:2", "shop/checkout:1"):
        shop.engine.remove(shop.NAME)
        shop.run(image=image)

    found = await look_up(watched, shop)

    title = ChangeFacts.from_json(found.facts).title
    assert title == "shop-checkout-1: shop/checkout:1 took the place of shop/checkout:2"


async def test_what_became_different_beside_it_is_told(shop, watched):
    """A port of what it calls is no setting of its own; what beside it is as before is not told."""
    labels = {**shop.LABELS, "com.docker.compose.service": "cache"}
    shop.run()
    shop.run("shop-same-1", Labels={**labels, "com.docker.compose.service": "same"})
    shop.run("shop-cache-1", env=["PORT=6379"], Labels=labels)
    await watched.find_watcher().look()
    for name, port in (("shop-cache-1", 6380), ("shop-same-1", 0)):
        shop.engine.remove(name)
        own = labels if port else {**labels, "com.docker.compose.service": "same"}
        shop.run(name, env=[f"PORT={port}"] if port else [], Labels=own)
    collector = next(one for one in watched.list_collectors() if one.name == "docker.changes")

    found = await collector.collect(shop.make_scope("service/checkout"))

    assert [one.entity.ref for one in found] == [
        "docker:container/checkout/shop-checkout-1",
        "docker:container/cache/shop-cache-1",
    ]
    assert [one.facts["kind"] for one in found] == ["deployment", "config"]
    assert {"-env PORT=6379", "+env PORT=6380"} <= {line.text for line in found[1].lines}


async def test_what_was_never_started_or_makes_way_is_not_kept(shop, watched, notes):
    """A container that compose renamed for a moment, one set aside, one only created: none ran under its name."""
    shop.run()
    shop.engine.call("POST", f"/containers/{shop.NAME}/rename", params={"name": "0123456789ab_shop-checkout-1"})
    shop.engine.call("POST", "/containers/create", {"Image": "shop/checkout:1"}, params={"name": "only-created"})

    await watched.find_watcher().look()

    assert not await find_kept(notes)


async def test_notes_of_another_version_are_left_aside(shop, watched, notes):
    """What they meant nobody knows any more: what runs now is noted anew."""
    shop.run()
    await watched.find_watcher().look()
    (name,) = notes._kept
    await notes.keep(name, {shop.NAME: [{"id": 1}]})
    watched = shop.system()
    watched.attach_notes(notes)

    await look_up(watched, shop)
    await watched.find_watcher().look()

    assert len((await find_kept(notes))[shop.NAME]) == 1


class SlowNotes(PassingNotes):
    """Notes in a store that is busy the first time; counts how often it is written."""

    writes = 0

    async def keep(self, name, value):
        self.writes += 1
        if self.writes == 1:
            raise OperationalError("The store is busy")
        await super().keep(name, value)


async def test_what_a_busy_store_did_not_take_is_kept_at_the_next_look(shop, watched):
    """Nothing is new then; and once it is kept, it is not written again."""
    shop.run()
    notes = SlowNotes()
    watched.attach_notes(notes)
    with pytest.raises(OperationalError):
        await watched.find_watcher().look()
    for _ in range(2):
        await watched.find_watcher().look()

    assert list(await find_kept(notes)) == [shop.NAME]
    assert notes.writes == 2


async def test_more_containers_than_are_remembered_are_not_new_at_every_look(shop, watched, monkeypatch):
    """The same ones are known at each look, and nothing is written again."""
    monkeypatch.setattr("fermata.integrations.docker.remembered._MOST_NAMES", 2)
    for name in ("shop-a-1", "shop-b-1", "shop-c-1"):
        shop.run(name)
    notes = SlowNotes()
    notes.writes = 1
    watched.attach_notes(notes)

    for _ in range(3):
        await watched.find_watcher().look()

    assert len(await find_kept(notes)) == 2
    assert notes.writes == 2


async def test_time_until_which_a_container_was_seen_outlives_the_process(shop, watched, notes, monkeypatch):
    """Within an hour, here at once: of what is replaced while nobody serves it is told until when it ran."""
    monkeypatch.setattr("fermata.integrations.docker.remembered._KEPT_FOR", timedelta())
    shop.run()
    seen = []
    for _ in range(2):
        await watched.find_watcher().look()
        seen.append((await find_kept(notes))[shop.NAME][0]["seen_at"])

    assert seen[0] < seen[1]


async def test_address_of_what_is_down_is_the_one_it_had(shop, watched):
    """The engine tells none of a container that does not run, and a caller's failure may name nothing else."""
    shop.engine.call("POST", "/networks/create", {"Name": "back"})
    try:
        labels = {**shop.LABELS, "com.docker.compose.service": "cache"}
        shop.run(HostConfig={"NetworkMode": "back"})
        shop.run("shop-cache-1", Labels=labels, HostConfig={"NetworkMode": "back"})
        address = shop.engine.inspect("shop-cache-1")["NetworkSettings"]["Networks"]["back"]["IPAddress"]
        for _ in range(2):
            await watched.find_watcher().look()
        shop.engine.call("POST", "/containers/shop-cache-1/stop")
        await watched.find_watcher().look()
        collector = next(one for one in watched.list_collectors() if one.name == "docker.state")

        own, cache = await collector.collect(shop.make_scope("service/checkout"))
        assert list(cache.facts["addresses"]) == [address]
        assert cache.lines[-1].text == f"address before it went down: {address}"
        assert len(own.facts["addresses"]) == 1

        # The engine gives a free address to the next one that asks.
        shop.run(
            "shop-mail-1", HostConfig={"NetworkMode": "back"}, Labels={**labels, "com.docker.compose.service": "m"}
        )
        taken = shop.engine.inspect("shop-mail-1")["NetworkSettings"]["Networks"]["back"]["IPAddress"]
        found = {one.entity.name: one for one in await collector.collect(shop.make_scope("service/checkout"))}
        assert taken == address
        assert not found["shop-cache-1"].facts["addresses"]
    finally:
        shop.clear()
        shop.engine.call("POST", "/networks/prune")


async def test_engines_that_share_a_store_do_not_mix_their_containers(shop, notes, monkeypatch):
    """Two hosts with one database may both have a container of that name: neither ran before the other."""
    shop.run(env=["BATCH_SIZE=10"])
    first = shop.system()
    first.attach_notes(notes)
    await first.find_watcher().look()
    shop.engine.remove(shop.NAME)
    shop.run(env=["BATCH_SIZE=ten"])
    fetch = EngineSession.fetch_info

    async def fetch_other(session):
        return (await fetch(session)).model_copy(update={"id": "another-engine"})

    monkeypatch.setattr(EngineSession, "fetch_info", fetch_other)  # A second engine takes as long as all other tests.
    other = shop.system()
    other.attach_notes(notes)

    found = await look_up(other, shop)
    await other.find_watcher().look()

    assert not any("BATCH_SIZE=10" in line.text for line in found.lines)
    assert len(notes._kept) == 2


async def test_engine_that_keeps_its_identity_back_has_notes_all_the_same(shop, watched, notes, monkeypatch):
    """A socket proxy may refuse `/info`."""

    async def refuse(_):
        raise EngineRefused("GET /info was refused", status=403, said="forbidden")

    monkeypatch.setattr(EngineSession, "fetch_info", refuse)  # No proxy is at hand.
    shop.run()
    await watched.find_watcher().look()

    assert list(await notes.find("containers")) == [shop.NAME]


async def test_engine_in_trouble_is_asked_again_who_it_is(shop, watched, notes, monkeypatch):
    """A server's own failure is no refusal: what it says of now is told, and nothing is kept under another name."""
    shop.run()
    fetch = EngineSession.fetch_info

    async def fail(_):
        raise EngineRefused("GET /info failed", status=500, said="disk quota")

    monkeypatch.setattr(EngineSession, "fetch_info", fail)  # No engine fails so at will.
    with pytest.raises(EngineRefused):
        await watched.find_watcher().look()
    assert (await look_up(watched, shop)).lines
    assert not notes._kept

    monkeypatch.setattr(EngineSession, "fetch_info", fetch)
    await watched.find_watcher().look()

    assert [name.startswith("containers-") for name in notes._kept] == [True]
