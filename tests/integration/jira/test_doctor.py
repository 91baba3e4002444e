"""What `fermata check` says of a Jira: which permission is missing, in which project."""

import pytest


async def say(make, **settings):
    """Give the findings as (name, ok, text)."""
    return [(one.name, one.ok, one.text) for one in await make(**settings).check()]


@pytest.mark.parametrize("is_cloud", [True, False])
async def test_jira_in_order(make, jira, is_cloud):
    """Read, and an issue could be created."""
    jira.is_cloud = is_cloud

    assert await say(make, projects={"SHOP": {}}) == [
        ("jira: SHOP", True, "SHOP (Shop) can be read"),
        ("jira: SHOP: creating", True, "an issue can be created (type: Task)"),
    ]


async def test_missing_permission_to_create_is_named(make, jira):
    """Reading goes on without it."""
    jira.denied = frozenset({"CREATE_ISSUES"})

    findings = await say(make, projects={"SHOP": {}})

    assert findings[0][1]
    assert findings[1][1:] == (
        False,
        "this account lacks Create Issues (CREATE_ISSUES) in SHOP: issues are read, and none can be created",
    )


async def test_missing_permission_to_read_is_named(make, jira):
    """Then nothing else is looked at."""
    jira.denied = frozenset({"BROWSE_PROJECTS"})

    ((_, ok, text),) = await say(make, projects={"SHOP": {}})

    assert not ok
    assert "lacks Browse Projects (BROWSE_PROJECTS) in SHOP; an administrator of the project grants it" in text


async def test_project_that_is_not_there_is_named(make):
    """A slip in the settings."""
    ((_, ok, text),) = await say(make, projects={"SHPO": {}})

    assert not ok
    assert "Jira has no project SHPO that this account may see" in text


async def test_create_screen_that_cannot_carry_the_mark_is_named(make, jira):
    """Found by the doctor, not in an incident."""
    jira.required = {"customfield_1": "Team"}

    findings = await say(make, projects={"SHOP": {}})

    assert (findings[1][1], "must have Team" in findings[1][2]) == (False, True)
