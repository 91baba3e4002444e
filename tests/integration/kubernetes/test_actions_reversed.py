"""What somebody takes back after it was done, told by who owns the fields."""

from fermata.domain.entity import Entity
from fermata.testing.action_contract import KEY, OTHER_KEY

WEB = Entity.parse("kubernetes:deployment/shop/web")


def _set_limit(amount):
    def edit(web):
        web["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = amount

    return edit


async def test_change_that_was_overwritten_is_told_with_who_did_it(site):
    """A reconciler that puts its manifest back takes the fields over; who writes another field takes nothing."""
    action, planned = await site.plan()
    before = site.web()["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    assert not await action.find_reversal(planned, KEY)
    await action.execute(planned, KEY)
    site.cluster.edit(site.web(), lambda one: one["spec"].update(replicas=3), manager="reconciler")

    assert not await action.find_reversal(planned, KEY)
    site.cluster.edit(site.web(), _set_limit(before), manager="reconciler")

    told = await action.find_reversal(planned, KEY)
    assert told.startswith(f"What was changed on {WEB.ref} was overwritten: ")
    assert "reconciler wrote its spec at 20" in told
    assert not await action.find_reversal(planned, OTHER_KEY)


async def test_removal_is_never_told_as_overwritten(site):
    """It leaves no field behind whose owner would tell."""
    action, planned = await site.plan("set_env", {"name": "EXTRA", "value": "1"})
    await action.execute(planned, KEY)
    action, removal = await site.plan("set_env", {"name": "EXTRA", "value": None})
    await action.execute(removal, OTHER_KEY)
    site.cluster.edit(site.web(), lambda one: one["spec"].update(replicas=3), manager="reconciler")

    assert not await action.find_reversal(removal, OTHER_KEY)
