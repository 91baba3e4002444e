"""Roles by teams and groups: who is in which, asked for now."""

from datetime import timedelta

import pytest

from fermata.kit.errors import OperationalError
from fermata.testing.web_server import Answer

GROUPS = {"github": ("shop/oncall", "shop/leads"), "gitlab": ("shop", "shop/backend")}


async def test_groups_of_an_account_are_found_by_its_number(rig):
    """Alice is in one of those that work where cards are decided; Bob is in another one."""
    first, second = GROUPS[rig.system]
    rig.alice.groups, rig.bob.groups = (first, "elsewhere/oncall"), (second,)
    directory = rig.make_system().find_directory()

    assert first in await directory.list_groups(str(rig.alice.id))
    assert list(await directory.list_groups(str(rig.bob.id))) == [second]


async def test_answer_counts_for_half_a_minute(rig):
    """Somebody who leaves a group has its role no longer than that."""
    first = GROUPS[rig.system][0]
    rig.alice.groups = (first,)
    directory = rig.make_system().find_directory()
    await directory.list_groups(str(rig.alice.id))
    rig.alice.groups = ()

    assert list(await directory.list_groups(str(rig.alice.id))) == [first]
    rig.clock.advance(timedelta(seconds=31))
    assert list(await directory.list_groups(str(rig.alice.id))) == []


async def test_answer_does_not_outlive_a_clock_that_is_set_back(rig):
    """Else a role that was taken away would count for as long as the clock was wrong."""
    rig.alice.groups = (GROUPS[rig.system][0],)
    directory = rig.make_system().find_directory()
    await directory.list_groups(str(rig.alice.id))
    rig.alice.groups = ()
    rig.clock.advance(timedelta(hours=-2))

    assert list(await directory.list_groups(str(rig.alice.id))) == []


async def test_nobody_is_in_no_group(rig):
    """A handle that is no number (a login name) and one that no account has."""
    directory = rig.make_system().find_directory()

    assert list(await directory.list_groups("alice")) == []
    assert list(await directory.list_groups("999")) == []


@pytest.mark.parametrize("status", [403, 502])
async def test_forge_that_does_not_say_gives_nobody_a_role(rig, status):
    """The house refuses the click then."""
    rig.alice.groups = (GROUPS[rig.system][0],)
    directory = rig.make_system().find_directory()
    rig.answer("/memberships/" if rig.system == "github" else "/groups/", Answer({"message": "no"}, status))

    with pytest.raises(OperationalError):
        await directory.list_groups(str(rig.alice.id))


async def test_account_that_may_write_where_cards_are_decided_has_nothing_against_it(rig):
    """Asked by its number: a name can be given up."""
    assert await rig.make_system().find_directory().find_bar(str(rig.alice.id)) == ""


async def test_account_that_lost_its_permission_is_barred(rig):
    """What was approved before that is not executed after it."""
    rig.alice.permission = "read"

    assert await rig.make_system().find_directory().find_bar(str(rig.alice.id))


@pytest.mark.parametrize("handle", ["alice", "999"])
async def test_account_that_is_gone_is_barred(rig, handle):
    """A handle that is no number, and one that no account has."""
    assert await rig.make_system().find_directory().find_bar(handle)


async def test_forge_that_does_not_say_who_may_is_an_error(rig):
    """Neither a bar nor a permission."""
    rig.answer("/permission" if rig.system == "github" else "/members/", Answer({"message": "no"}, 502))

    with pytest.raises(OperationalError):
        await rig.make_system().find_directory().find_bar(str(rig.alice.id))


async def test_repository_that_is_not_there_any_more_bars_nobody_elsewhere(rig):
    """Who may decide in the second one decides; who may not is not known of."""
    directory = rig.make_system(repository="shop/gone", rooms=[rig.repository]).find_directory()
    rig.answer("gone", Answer({"message": "no"}, 502))

    assert await directory.find_bar(str(rig.alice.id)) == ""
    rig.alice.permission = "read"
    with pytest.raises(OperationalError):
        await directory.find_bar(str(rig.alice.id))
