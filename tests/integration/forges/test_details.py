"""What only one forge has: payloads, statuses and trees of GitHub; squashes and ranges of GitLab."""

import pytest

from fermata.domain.action import Outcome
from fermata.integrations.github.system import GitHubSettings
from fermata.kit.errors import OperationalError
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.forges.github import write_time
from fermata.testing.forges.shop import ONSET, PATCH
from fermata.testing.web_server import Answer, Fault

REPOSITORY = {"owner/group/name": {"services": ["checkout"]}}


async def test_payload_of_a_deployment_names_its_service(github):
    """What it says itself beats every guess; its description and statuses are lines to cite."""
    status = {"state": "inactive", "description": None, "created_at": write_time(ONSET)}
    done = {"state": "failure", "description": "disk full\nmore", "created_at": write_time(ONSET)}
    changes = {"payload": {"app": "profile"}, "description": "by hand\nsecond line", "statuses": [status, done]}
    github.fake.add_deployment(github.shop.guilty, ONSET, **changes)

    facts, evidence = await github.collect()

    deployment = facts["deployment-4"]
    assert (deployment["service"], deployment["state"]) == ("profile", "failure")
    (item,) = (item for item in evidence if item.facts["id"] == "deployment-4")
    texts = [line.text for line in item.lines]
    assert "by hand" in texts
    assert any(text.endswith("failure disk full") for text in texts)


async def test_deployment_without_any_status_is_pending(github):
    """It was announced; nobody says that it happened."""
    github.fake.add_deployment(github.shop.guilty, ONSET, statuses=[], creator=None)

    facts, _ = await github.collect()

    assert facts["deployment-4"]["state"] == "pending"
    assert facts["deployment-4"]["author"] == ""


async def test_incomplete_comparison_names_no_commits(github):
    """A list that lacks some would rule these out."""
    mark = {"sha": github.shop.guilty}
    github.answer("/compare/", Answer({"status": "ahead", "total_commits": 300, "commits": [mark], "files": []}))

    facts, evidence = await github.collect()

    assert facts["deployment-2"]["commits"] == []
    (item,) = (item for item in evidence if item.facts["id"] == "deployment-2")
    assert item.lines[-1].text == "and 299 more commits"


async def test_more_deployments_than_are_read_are_counted(rig):
    """Each costs questions of its own."""
    for _ in range(12):
        rig.fake.add_deployment(rig.shop.guilty, ONSET)

    _, evidence = await rig.collect()

    assert "deployments: the 10 newest of 13 or more" in evidence[0].cut


async def test_release_of_an_unknown_tag_is_told_all_the_same(github):
    """Its commit is not known, and that is what it says."""
    github.shop.history.tags.clear()

    facts, _ = await github.collect()

    assert facts["release-3"]["sha"] == ""


async def test_commit_without_a_time_is_left_out(github):
    """GitHub may leave it out; without it nobody could say whether it came before the onset."""
    row = {"sha": github.shop.guilty, "commit": {"message": "x", "author": None, "committer": None}}
    github.answer(f"/commits/{github.shop.guilty}", Answer(row))

    facts, evidence = await github.collect()

    assert github.shop.guilty not in facts
    assert "does not say when" in evidence[0].cut


async def test_submodule_is_no_file(github):
    """Another repository's commit cannot be reverted here."""
    module = {"path": "libs", "mode": "160000", "type": "commit", "sha": "a" * 40}
    github.fake.stand_in = lambda request: (
        Answer({"sha": "b" * 40, "tree": [module]}) if "/git/trees/" in request.path else None
    )
    async with github.make_system()._forge.open("shop/shop") as session:
        found = await session.find_file(github.shop.guilty, "libs")

    assert (found.content, found.mode) == (b"", "160000")


@pytest.mark.parametrize(
    ("row", "content"), [({"encoding": "utf-8", "content": "x"}, b"x"), ({"encoding": "base64", "content": "a"}, None)]
)
async def test_blob_is_read_in_its_encoding(github, row, content):
    """What is no base64 is no file either."""
    github.answer("/git/blobs/", Answer({"sha": "a" * 40} | row))
    async with github.make_system()._forge.open("shop/shop") as session:
        if content is None:
            with pytest.raises(OperationalError, match="not base64"):
                await session.find_file(github.shop.guilty, "services/checkout.py")
        else:
            assert (await session.find_file(github.shop.guilty, "services/checkout.py")).content == content


async def test_workflows_need_a_permission_of_their_own(github):
    """The refusal names it."""
    path = ".github/workflows/deploy.yml"
    github.shop.history.commit("main", {path: "on: push\n"}, at=ONSET)
    sha = github.shop.history.commit("main", {path: "on: pull_request\n"}, "Wait", at=ONSET)
    action, given = github.make_action(), {"revert": sha}
    plan = plan_action(action, github.entity, given, await action.dry_run(github.entity, given))
    github.answer("POST /repos/shop/shop/git/refs", Answer({"message": "refusing"}, 403))

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.FAILED
    assert "Contents: write, and Workflows: write" in result.detail


def test_repository_of_github_has_an_owner_and_no_groups():
    """GitLab's are deeper."""
    with pytest.raises(ValueError, match="not a repository of GitHub"):
        GitHubSettings(token="x", repositories=REPOSITORY)


async def test_branch_that_nobody_can_look_for_is_unknown(rig):
    """The forge went silent while it was made."""
    action, given = rig.make_action(), {"revert": rig.shop.guilty}
    plan = plan_action(action, rig.entity, given, await action.dry_run(rig.entity, given))

    def stand_in(request):
        if request.method == "POST":
            rig.break_it()
            return Answer({}, fault=Fault.DROP)
        return None

    rig.fake.stand_in = stand_in

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert "was made is not known" in result.detail


async def test_squash_is_what_a_merge_left_on_the_branch(gitlab):
    """Without a merge commit the squash is; without that, the last commit itself."""
    gitlab.fake.merge_requests[0] |= {"merge_commit_sha": None, "squash_commit_sha": gitlab.shop.guilty, "author": None}

    facts, _ = await gitlab.collect()

    assert facts["merge-1"]["sha"] == gitlab.shop.guilty


async def test_project_without_a_branch_is_told_as_one(gitlab):
    """It was made a minute ago, and holds nothing."""
    gitlab.answer(
        "GET /api/v4/projects/shop/backend/shop", Answer({"id": 1, "path_with_namespace": "shop/backend/shop"})
    )

    with pytest.raises(OperationalError, match="has no branch at all"):
        await gitlab.make_collector().collect(gitlab.make_scope())


async def test_lost_access_does_not_pass_for_a_deleted_file(gitlab):
    """To take that for an absence would revert into a deletion."""
    gitlab.answer("/repository/files/", Answer({"message": "404 Project Not Found"}, 404))

    with pytest.raises(OperationalError, match="404 Project Not Found"):
        await gitlab.make_action().dry_run(gitlab.entity, {"revert": gitlab.shop.guilty})


async def test_answers_that_contradict_each_other_are_no_ground_for_a_change(gitlab):
    """The diff says that the file was changed, the file says that it was not there before."""

    def stand_in(request):
        is_before = request.get_query("ref") == gitlab.shop.early and "/repository/files/" in request.path
        return Answer({"message": "404 File Not Found"}, 404) if is_before else None

    gitlab.fake.stand_in = stand_in

    with pytest.raises(OperationalError, match="does not fit together"):
        await gitlab.make_action().dry_run(gitlab.entity, {"revert": gitlab.shop.guilty})


async def test_repository_that_cannot_be_asked_does_not_hide_the_next(rig):
    """The manifest may lie in the other one; only when nobody has it, the failure counts."""
    gone = {"services": ["x"], "manifests": ["**/*.yaml"]}
    here = {"services": ["checkout"], "manifests": ["deploy/**/*.yaml"]}
    both = {"shop/gone": gone, rig.fake.repository: here}

    found = await rig.make_action(repositories=both).find_suggestion(PATCH)

    assert found.target == rig.entity
    with pytest.raises(OperationalError, match="404"):
        await rig.make_action(repositories={"shop/gone": gone}).find_suggestion(PATCH)


async def test_rename_is_taken_back_as_two_files(rig):
    """The old name comes back, the new one goes."""
    old, new = "services/profile.py", "services/people.py"
    content = rig.shop.history.find("main").tree[old][1]
    sha = rig.shop.history.commit("main", {old: None, new: content}, "Rename", at=ONSET)
    github = {"filename": new, "previous_filename": old, "status": "renamed", "sha": "a" * 40}
    gitlab = {"old_path": old, "new_path": new, "renamed_file": True, "diff": ""}
    whole = rig.fake._write_commit(rig.shop.history.commits[sha]) | {"files": [github]}
    if rig.system == "github":
        rig.answer(f"/repos/shop/shop/commits/{sha}", Answer(whole))
    else:
        rig.answer(f"/commits/{sha}/diff", Answer([gitlab]))
    action, given = rig.make_action(), {"revert": sha}
    plan = plan_action(action, rig.entity, given, await action.dry_run(rig.entity, given))

    assert (await action.execute(plan, KEY)).outcome is Outcome.DONE

    tree = rig.fake.history.find(f"fermata/{KEY.mark}").tree
    assert tree[old] == ("100644", content)
    assert new not in tree


async def test_file_of_gitlab_that_is_no_base64_is_refused(gitlab):
    """Half a file is none."""
    gitlab.answer("/repository/files/", Answer({"blob_id": "a" * 40, "content": "a", "encoding": "base64"}))
    async with gitlab.make_system()._forge.open("shop/backend/shop") as session:
        with pytest.raises(OperationalError, match="not base64"):
            await session.find_file(gitlab.shop.guilty, "services/checkout.py")


async def test_full_page_of_carried_commits_names_none(gitlab):
    """A hundred may not be all."""
    row = {"id": gitlab.shop.guilty, "title": "x", "committed_date": ONSET.isoformat()}
    gitlab.fake.stand_in = lambda request: (
        Answer([row] * 100) if ".." in "".join(request.query.get("ref_name", ())) else None
    )

    facts, _ = await gitlab.collect()

    assert facts["deployment-2"]["commits"] == []


async def test_header_inside_a_diff_of_gitlab_is_not_doubled(gitlab):
    """Old servers name the files in the diff itself."""
    path = "services/checkout.py"
    diff = f"--- a/{path}\n+++ b/{path}\n@@ -5 +5 @@\n-old\n+new\n"
    gitlab.answer(f"/commits/{gitlab.shop.guilty}/diff", Answer([{"old_path": path, "new_path": path, "diff": diff}]))

    facts, evidence = await gitlab.collect()

    assert facts[gitlab.shop.guilty]["files"] == [{"path": path, "added": [5]}]
    (item,) = (item for item in evidence if item.facts["id"] == gitlab.shop.guilty)
    assert [line.text for line in item.lines].count(f"+++ b/{path}") == 1


async def test_older_gitlab_that_does_not_say_what_it_cut_is_not_trusted(gitlab):
    """An empty diff then is one that nobody has read."""
    path = "services/checkout.py"
    row = {"old_path": path, "new_path": path, "diff": "", "new_file": False}
    gitlab.answer(f"/commits/{gitlab.shop.guilty}/diff", Answer([row]))

    facts, _ = await gitlab.collect()

    assert facts[gitlab.shop.guilty]["diff_read"] is False
