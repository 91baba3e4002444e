"""One variable or the command of a container goes back to what it was, and nothing that nobody saw in full."""

import json

import pytest

from fermata.domain.action import Outcome
from fermata.kit.errors import UserError
from fermata.ports.notes import PassingNotes
from fermata.testing.action_contract import KEY, OTHER_KEY, plan_action

pytestmark = pytest.mark.docker
BACK = "docker.recreate_with_previous_setting"


@pytest.fixture
def system(shop):
    """Give the system of the serving process."""
    system = shop.system()
    system.attach_notes(PassingNotes())
    return system


async def replace(shop, system, first, second):
    """Have a container run, be seen, be removed as compose does, and another one run in its place."""
    shop.run(**first)
    await system.find_watcher().look()
    shop.engine.remove(shop.NAME)
    shop.run(**second)


async def plan(shop, system, setting, value):
    """Return the action and its planned form, after a real dry run."""
    action = next(one for one in system.list_actions() if one.spec.name == BACK)
    parameters = {"setting": setting, "value": value}
    return action, plan_action(action, shop.CHECKOUT, parameters, await action.dry_run(shop.CHECKOUT, parameters))


def read_environment(shop):
    """Return the variables of what has the name now."""
    return shop.engine.inspect(shop.NAME)["Config"]["Env"]


async def test_variable_goes_back_to_what_was_seen_and_can_be_undone(shop, system):
    """Compose removed the container before: the notes have the value, and the one set aside proves the way back."""
    await replace(shop, system, {"env": ["CACHE_HOST=cache"]}, {"env": ["CACHE_HOST=cachee"]})
    action, planned = await plan(shop, system, "env CACHE_HOST", "cache")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    changed = [
        line for line in planned.dry_run.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changed == ["-env CACHE_HOST=cachee", "+env CACHE_HOST=cache"]
    assert 'was "cache" in the container of that name that was seen until' in planned.dry_run.note
    assert {"CACHE_HOST=cache", f"DB_PASSWORD={shop.SECRET}", "RELEASE=1"} < set(read_environment(shop))
    assert shop.SECRET not in json.dumps(planned.to_json())
    undo = planned.dry_run.undo
    assert dict(undo.parameters) == {"setting": "env CACHE_HOST", "value": "cachee"}
    _, back = await plan(shop, system, **undo.parameters)
    undone = await action.execute(back, OTHER_KEY)
    assert undone.outcome is Outcome.DONE, undone.detail
    assert "CACHE_HOST=cachee" in read_environment(shop)
    assert f"in container {shop.NAME}.fermata-" in back.dry_run.note


async def test_command_goes_back_word_by_word(shop, system):
    """A port that a command names."""
    serve = ["/bin/sh", "/serve.sh"]
    await replace(shop, system, {"Cmd": [*serve, "--port", "6379"]}, {"Cmd": [*serve, "--port", "6380"]})
    action, planned = await plan(shop, system, "cmd", json.dumps([*serve, "--port", "6379"]))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert shop.engine.inspect(shop.NAME)["Config"]["Cmd"] == [*serve, "--port", "6379"]


async def test_variable_that_was_not_there_is_taken_away_again(shop, system):
    """No container before had it, and its undo gives it back."""
    await replace(shop, system, {}, {"env": ["CACHE_HOST=cachee"]})
    action, planned = await plan(shop, system, "env CACHE_HOST", None)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert not any(text.startswith("CACHE_HOST=") for text in read_environment(shop))
    assert planned.dry_run.undo.parameters["value"] == "cachee"


async def test_value_that_no_container_had_is_refused(shop, system):
    """Another value is a deployment."""
    await replace(shop, system, {"env": ["CACHE_HOST=cache"]}, {"env": ["CACHE_HOST=cachee"]})

    for value in ("elsewhere", "cach", None):
        with pytest.raises(UserError, match="cannot go back to env CACHE_HOST"):
            await plan(shop, system, "env CACHE_HOST", value)


async def test_value_it_has_already_is_refused(shop, system):
    """There is nothing to approve."""
    await replace(shop, system, {"env": ["CACHE_HOST=cache"]}, {"env": ["CACHE_HOST=cachee"]})

    with pytest.raises(UserError, match="already"):
        await plan(shop, system, "env CACHE_HOST", "cachee")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("API_URL", "http://a.example/v1", "http://b.example/v1"),
        ("CACHE_HOST", "cache", "redis://shop:hunter2-Vq8x@cache:6379"),
        ("CACHE_HOST", "cache", "cachee\nsecond line"),
    ],
    ids=["not allowed", "secret now", "two lines"],
)
async def test_value_that_is_not_shown_in_full_is_left_alone(shop, system, name, before, after):
    """Neither the change nor its way back could be approved."""
    await replace(shop, system, {"env": [f"{name}={before}"]}, {"env": [f"{name}={after}"]})

    with pytest.raises(UserError, match="is not changed") as refused:
        await plan(shop, system, f"env {name}", before)

    assert "hunter2" not in str(refused.value)


async def test_value_that_its_image_brings_cannot_be_taken_away(shop, system):
    """A container without one has the image's."""
    await replace(shop, system, {}, {"env": ["LOG_LEVEL=debug"]})
    shop.engine.remove(shop.NAME)
    shop.engine.import_image(
        "shop/level:1", {"serve.sh": shop.SERVE}, ['CMD ["/bin/sh", "/serve.sh"]', "ENV LOG_LEVEL=info"]
    )
    shop.run(image="shop/level:1", env=["LOG_LEVEL=debug"])

    with pytest.raises(UserError, match="Its image brings another value"):
        await plan(shop, system, "env LOG_LEVEL", None)


async def test_container_that_dies_with_the_value_is_taken_back(shop, system):
    """What was there before did not stay up either: the present one gets its name back."""
    shop.run("shop-checkout-old", Cmd=["/bin/sh", "-c", "exit 3"])
    shop.run()
    before = shop.engine.inspect(shop.NAME)["Id"]
    action, planned = await plan(shop, system, "cmd", '["/bin/sh", "-c", "exit 3"]')

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED, result.detail
    assert (shop.engine.inspect(shop.NAME)["Id"], shop.state()["Status"]) == (before, "running")
