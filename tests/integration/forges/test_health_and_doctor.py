"""What became of a request, and what the doctor says of a repository."""

from datetime import timedelta

import pytest

from fermata.kit.errors import OperationalError
from fermata.testing.web_server import Answer

STABLE = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("state", "checks", "healthy", "severity"),
    [
        ("open", ["passed"], False, 1),
        ("open", ["failed"], False, 1),
        ("closed", [], False, 1),
        ("merged", ["passed", "passed"], True, 0),
        ("merged", [], True, 0),
        ("merged", ["passed", "running"], False, 1),
        ("merged", ["failed", "running"], False, 2),
    ],
)
async def test_request_is_healthy_when_merged_and_green(rig, state, checks, healthy, severity):
    """Being open is no worse than not being there."""
    rig.add_request("fermata/act-1.0", rig.clock.now() - timedelta(minutes=1), state)
    rig.set_checks(*checks)

    reading = await rig.make_probe().read(rig.entity, STABLE)

    assert (reading.healthy, reading.severity) == (healthy, severity)
    assert f"is {state}" in reading.text


async def test_only_fermatas_own_and_recent_requests_count(rig):
    """One of somebody else's, and one of yesterday, mend nothing now."""
    rig.add_request("speed-2", rig.clock.now(), "merged")
    rig.add_request("fermata/act-0.0", rig.clock.now() - timedelta(hours=2), "merged")

    reading = await rig.make_probe().read(rig.entity, STABLE)

    assert (reading.healthy, reading.severity) == (False, 1)
    assert reading.text == f"no {rig.request_words} of Fermata within 60 min"


async def test_merge_of_this_very_second_is_not_settled(rig):
    """It has to hold for a while."""
    rig.add_request("fermata/act-1.0", rig.clock.now(), "merged")

    assert not (await rig.make_probe().read(rig.entity, STABLE)).healthy


async def test_probe_handles_the_repositories_of_the_settings_only(rig):
    """And says so when the forge cannot be asked."""
    probe = rig.make_probe()
    assert probe.handles(rig.entity)
    assert not probe.handles(rig.entity.model_copy(update={"name": "gone"}))

    rig.break_it()
    with pytest.raises(OperationalError):
        await probe.read(rig.entity, STABLE)


async def check(rig, **changes):
    """Give the doctor's findings by what was looked at."""
    found = await rig.make_system(**changes).check()
    prefix = f"{rig.system}: {rig.fake.repository}"
    return {item.name.removeprefix(prefix).removeprefix(": "): item for item in found}


async def test_doctor_makes_every_call(rig):
    """All is well, and each finding says with what."""
    before = rig.snapshot()

    found = await check(rig)

    assert [name for name, item in found.items() if not item.ok] == []
    assert found[""].text.startswith("main at ")
    assert found["paths"].text == "2 services, all paths are there"
    assert found["manifests"].text == "1 files"
    assert rig.snapshot() == before


async def test_doctor_names_paths_and_globs_that_are_not_there(rig):
    """A typing error in the settings would hide a cause."""
    services = {"checkout": ["services/chekcout.py"]}
    found = await check(rig, repository={"services": services, "manifests": ["deploy/*.yml"]})

    assert "The branch has no services/chekcout.py" in found["paths"].text
    assert "No file matches deploy/*.yml" in found["manifests"].text
    assert not found["paths"].ok
    assert not found["manifests"].ok
    assert (await check(rig, repository={"manifests": []}))["manifests"].ok


async def test_doctor_names_the_missing_permission_of_github(github):
    """By the name that the settings page of the token has."""
    github.fake.granted -= {"deployments=read", "checks=read"}
    github.fake.can_push = False

    found = await check(github)

    assert "it needs Deployments: read" in found["deployments"].text
    assert "it needs Checks: read" in found["checks"].text
    assert "Give the token Contents: write and Pull requests: write" in found["writing"].text
    assert [name for name, item in found.items() if not item.ok] == ["deployments", "checks", "writing"]


async def test_doctor_says_what_the_token_of_gitlab_lacks(gitlab):
    """Its scopes can be asked for; so can the role."""
    assert (await check(gitlab))["writing"].text == "the token may write, valid until 2027-11-23"

    gitlab.fake.scopes, gitlab.fake.role = ("read_api",), 20
    found = await check(gitlab)

    assert [name for name, item in found.items() if not item.ok] == ["writing", "tickets"]
    assert "Give the token of gitlab the scope api and the role Developer in the project" in found["writing"].text


@pytest.mark.parametrize("answer", [Answer({}, 404), Answer({"scopes": ["granular"]})])
async def test_token_of_gitlab_that_does_not_tell_its_scopes(gitlab, answer):
    """A job's token has none to ask for, a fine-grained one has its own words; the role is known all the same."""
    gitlab.answer("/personal_access_tokens/self", answer)

    assert "GitLab does not tell before it is tried" in (await check(gitlab))["writing"].text
    gitlab.fake.role = 20
    assert "Give the token of gitlab the role Developer" in (await check(gitlab))["writing"].text


async def test_archived_repository_takes_no_request(rig):
    """It can be read, and that is all."""
    row = {
        "id": 1,
        "full_name": "shop/shop",
        "path_with_namespace": "shop/backend/shop",
        "default_branch": "main",
        "archived": True,
    }
    path = "/repos/shop/shop" if rig.system == "github" else "/api/v4/projects/shop/backend/shop"
    rig.fake.stand_in = lambda request: Answer(row) if request.path == path else None

    found = await check(rig)

    assert "is archived" in found["writing"].text


async def test_doctor_stops_at_a_repository_that_cannot_be_read(rig):
    """One finding with the reason, and no more questions."""
    rig.fake.is_gone = True

    found = await check(rig)

    assert list(found) == [""]
    assert not found[""].ok
    assert "HTTP 404" in found[""].text
