"""What is collected of a shop that was broken twenty minutes before the onset, from each forge."""

from datetime import timedelta

import pytest
from tests.integration.forges.test_merges import merge_into_main
from tests.integration.forges.test_story import make_logs

from fermata.domain.evidence import EvidenceKind
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.rules.changes.judge import judge_changes
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.change import FAULTY_COMMIT
from fermata.testing.collector_contract import cut_off
from fermata.testing.forges.shop import CODE, ONSET, SECRET
from fermata.testing.web_server import Answer


async def test_guilty_commit_is_read_with_its_diff(rig):
    """Title, author, time, files with added lines, and the diff as lines to cite."""
    facts, evidence = await rig.collect()

    guilty = facts[rig.shop.guilty]
    assert guilty["kind"] == "commit"
    assert (guilty["title"], guilty["author"]) == ("Speed up totals (#7)", "Tomás")
    assert guilty["repository"] == rig.entity.ref
    assert guilty["service"] == "checkout"
    assert guilty["diff_read"] is True
    assert guilty["files"] == [{"path": CODE, "added": [5]}]
    (item,) = (item for item in evidence if item.facts["id"] == rig.shop.guilty)
    texts = [line.text for line in item.lines]
    assert f"+++ b/{CODE}" in texts
    assert "+    return fast_sum(lines)" in texts
    assert texts[0] == f"commit {rig.shop.guilty}"


async def test_deployment_brings_what_was_written_before_the_window(rig):
    """A commit of two hours ago that went live a quarter of an hour ago is a change of now."""
    facts, _ = await rig.collect()

    deployment = facts["deployment-2"]
    assert (deployment["kind"], deployment["environment"], deployment["state"]) == (
        "deployment",
        "production",
        "success",
    )
    assert deployment["sha"] == rig.shop.guilty
    assert set(deployment["commits"]) == {rig.shop.early, rig.shop.guilty}
    assert deployment["service"] == "checkout"
    assert facts[rig.shop.early]["service"] == ""
    assert "deployment-3" not in facts  # staging does not count


async def test_deployment_that_waited_for_a_person_counts_when_it_went_live(rig):
    """Behind an approval, or a job that is started by hand, it may be days older than what it did."""
    live = ONSET - timedelta(minutes=4)
    rig.deploy_late(rig.shop.guilty, created_at=ONSET - timedelta(days=2), live_at=live)

    facts, _ = await rig.collect()

    assert facts["deployment-0"]["changed_at"].startswith(f"{live:%Y-%m-%dT%H:%M}")


async def test_older_deployment_that_goes_live_after_a_younger_one_is_a_step_back(rig):
    """Numbers tell when they were asked for; what ran before is told by when each went live."""
    rig.deploy_late(rig.shop.first, created_at=ONSET - timedelta(days=2), live_at=ONSET - timedelta(minutes=4))

    facts, _ = await rig.collect()

    assert facts["deployment-0"]["title"].startswith("Roll back production")


async def test_deployment_from_another_branch_names_what_it_leaves_out(rig):
    """A hotfix on the former tag, or a force push: what ran a moment ago is gone, and nobody called it a rollback."""
    rig.shop.history.branches["hotfix"] = rig.shop.first
    hotfix = rig.shop.history.commit("hotfix", {CODE: "HOT = 1\n"}, at=ONSET - timedelta(minutes=12))
    rig.fake.add_deployment(hotfix, ONSET - timedelta(minutes=10))

    facts, _ = await rig.collect()

    last = facts["deployment-4"]
    assert last["title"].startswith("Deploy")
    assert last["commits"] == [hotfix]
    assert set(last["dropped"]) == {rig.shop.early, rig.shop.guilty}


async def test_what_ran_before_the_window_is_told_as_that(rig):
    """A commit that was written since, and is deployed to nobody or to staging only, is not in effect."""
    deployed = next(row for row in rig.fake.deployments if row["id"] == 2)
    rig.fake.deployments.remove(deployed)
    rig.fake.add_deployment(rig.shop.first, ONSET - timedelta(days=40), environment="old")

    facts, evidence = await rig.collect(repository={"environments": []})
    scope = rig.make_scope()
    judged = judge_changes(Case(scope=scope, alerts=scope.alerts, evidence=tuple(evidence))).ranked

    assert [name for name, one in facts.items() if one["is_former"]] == ["deployment-1"]
    why = {one.id: one.ruled_out for one in judged}
    assert why[rig.shop.guilty] == "no release before the fault carried it to where it hurts"


async def test_deployment_that_brings_another_services_commits_only_is_theirs(rig):
    """What it brought is read: it is not held against whoever is asked about, nor counted as unread."""
    change = rig.shop.history.commit("main", {"services/profile.py": "CUSTOMERS = 901\n"}, at=ONSET)
    rig.fake.add_deployment(rig.shop.decoy, ONSET - timedelta(minutes=4))
    rig.fake.add_deployment(change, ONSET - timedelta(minutes=3))

    facts, evidence = await rig.collect()
    scope = rig.make_scope()
    judged = judge_changes(Case(scope=scope, alerts=scope.alerts, evidence=tuple(evidence))).ranked

    services = [facts[name]["service"] for name in ("deployment-2", "deployment-5", change)]
    assert services == ["checkout", "profile", "profile"]
    assert {one.id: one.ruled_out for one in judged}["deployment-5"] == f"{change} is the same change, by its own name"


async def test_release_whose_tag_was_moved_is_of_a_commit_that_nobody_knows(rig):
    """The tag stands for what was written later: that was not in the release."""
    rig.move_tag(rig.shop.decoy)

    facts, _ = await rig.collect()

    (release,) = [one for one in facts.values() if one["kind"] == "release"]
    assert release["sha"] == ""


@pytest.mark.parametrize("minutes", [2880, 12])
async def test_merge_of_a_branch_is_read_where_no_deployment_brought_it(rig, minutes):
    """A path's list leaves such a merge out, and its branch may be older; a young one is read itself."""
    history = rig.shop.history
    history.branches["feature"] = rig.shop.first
    change = history.commit("feature", {"deploy/prod/new.yaml": "a: 1\n"}, at=ONSET - timedelta(minutes=minutes))
    merge = merge_into_main(rig, change, ONSET - timedelta(minutes=8))

    facts, _ = await rig.collect()

    assert [name in facts for name in (merge, change)] == [minutes > 60, minutes < 60]


@pytest.mark.parametrize("asked", ["checkout", "elsewhere"])
async def test_commit_to_a_service_beside_is_read_as_that_services(rig, asked):
    """Who writes to the same queue in another form breaks who takes it, and is in no path of theirs."""
    scope = rig.make_scope(asked).model_copy(update={"beside": ("profile",)})
    collector = rig.make_collector()

    evidence = await collector.collect(scope)

    assert collector.wants(scope)
    (item,) = [one for one in evidence if one.facts["id"] == rig.shop.decoy]
    assert (item.facts["service"], item.facts["diff_read"]) == ("profile", True)
    assert (rig.shop.guilty in [one.facts["id"] for one in evidence]) is (asked == "checkout")


async def test_commit_that_is_slow_costs_none_of_the_others(rig):
    """What was read by the deadline is there, of one's own and of the services beside."""
    late = ONSET - timedelta(minutes=1)
    other = rig.shop.history.commit("main", {"services/profile.py": "CUSTOMERS = 901\n"}, "More of them", at=late)
    scope = rig.make_scope().model_copy(update={"beside": ("profile",)})

    rig.answer(rig.shop.decoy, Answer({}, delay_s=60))
    handed = await cut_off(rig.make_collector(), scope, f"commit {rig.shop.decoy[:10]}")

    found = [item.facts["id"] for item in handed.evidence]
    assert rig.shop.guilty in found
    assert other in found


async def test_service_beside_that_cannot_be_read_costs_nothing_of_ones_own(rig):
    """It is said to be missing; where there is nothing of one's own, the failure is told."""
    rig.answer(rig.shop.decoy, Answer({"message": "Not now"}, 503))
    scope = rig.make_scope().model_copy(update={"beside": ("profile",)})

    evidence = await rig.make_collector().collect(scope)
    with pytest.raises(OperationalError):
        await rig.make_collector().collect(rig.make_scope("elsewhere").model_copy(update={"beside": ("profile",)}))

    assert rig.shop.guilty in [one.facts["id"] for one in evidence]
    assert "no commits of profile: " in evidence[0].cut


async def test_job_that_nobody_started_has_deployed_nothing(gitlab):
    """Its deployment is there since the pipeline was made; `created` is GitLab's word for that."""
    gitlab.fake.deployments.pop()
    gitlab.fake.deployments[-1]["status"] = "created"

    facts, evidence = await gitlab.collect()
    scope = gitlab.make_scope()
    judged = judge_changes(Case(scope=scope, alerts=scope.alerts, evidence=tuple(evidence))).ranked

    assert facts["deployment-2"]["state"] == "waiting"
    why = {one.id: one.ruled_out for one in judged}
    assert why["deployment-2"] == "it never took effect: waiting"
    assert why[gitlab.shop.guilty] == "no release before the fault carried it to where it hurts"


async def test_deployment_that_the_next_one_ended_is_no_change_of_the_window(github):
    """It was made inactive then, and had come long before."""
    row = github.fake.add_deployment(github.shop.first, ONSET - timedelta(days=2))
    row["updated_at"] = f"{ONSET:%Y-%m-%dT%H:%M:%SZ}"
    row["statuses"].insert(0, {"state": "inactive", "description": "", "created_at": row["updated_at"]})

    facts, _ = await github.collect()

    assert "deployment-4" not in facts


async def test_all_deployments_count_when_no_environment_is_named(rig):
    """Then the environment is compared with the alert's by whoever judges."""
    facts, _ = await rig.collect(repository={"environments": []})

    assert facts["deployment-3"]["environment"] == "staging"


async def test_revert_by_the_button_is_no_change_that_nobody_read(rig):
    """It took away what failed before it; the request and the deployment that brought it did nothing else."""
    history, at = rig.shop.history, ONSET - timedelta(minutes=9)
    former = history.commits[rig.shop.first].tree[CODE][1]
    back = history.commit("main", {CODE: former}, f"Revert it\n\nThis reverts commit {rig.shop.guilty}.", at=at)
    rig.add_request("revert-7", at, "merged", sha=back)
    rig.fake.add_deployment(back, ONSET - timedelta(minutes=8))
    _, evidence = await rig.collect()
    scope = rig.make_scope()

    ranked = judge_changes(Case(scope=scope, alerts=scope.alerts, evidence=(make_logs(scope), *evidence))).ranked

    assert [one.id for one in ranked if one.unread] == []
    assert f"{back} is the same change, by its own name" in [one.ruled_out for one in ranked]


async def test_runs_releases_and_merges_stand_beside_the_commits(rig):
    """Each in the kind that the judgement of changes knows; drafts and requests closed without a merge are none."""
    facts, evidence = await rig.collect()

    by_kind = {}
    for item in facts.values():
        by_kind.setdefault(item["kind"], []).append(item)
    (run,), (release,), (merge,) = by_kind["ci_run"], by_kind["release"], by_kind["pull_request_merged"]
    assert (run["state"], run["sha"]) == ("success", rig.shop.guilty)
    assert (release["ref"], release["sha"]) == ("v2", rig.shop.guilty)
    assert (merge["state"], merge["sha"], merge["title"]) == ("merged", rig.shop.guilty, "Speed up totals")
    assert all(item.kind is EvidenceKind.CHANGE for item in evidence)
    times = [item.facts["changed_at"] for item in evidence]
    assert times == sorted(times, reverse=True)


async def test_the_judgement_of_changes_can_use_it(rig):
    """The commit is in effect since its deployment, and the request that merged it is the same change."""
    _, evidence = await rig.collect()
    scope = rig.make_scope()

    judged = {
        one.id: one for one in judge_changes(Case(scope=scope, alerts=scope.alerts, evidence=tuple(evidence))).ranked
    }

    assert "released with deployment-2 of checkout" in judged[rig.shop.guilty].effect.why
    merge = next(one for name, one in judged.items() if name.startswith(("pull-", "merge-")))
    assert "is the same change" in merge.ruled_out


async def test_other_services_commits_are_left_to_them(rig):
    """The decoy touched another service; asked about that one, it is there, and a secret in it is not."""
    facts, _ = await rig.collect()
    assert rig.shop.decoy not in facts

    facts, evidence = await rig.collect("profile")
    assert facts[rig.shop.decoy]["service"] == "profile"
    texts = [line.text for item in evidence for line in item.lines]
    assert redact(f"+AUTH={SECRET}").text in texts


async def test_whole_repository_may_be_one_service(rig):
    """A plain list of services: every commit is theirs."""
    facts, _ = await rig.collect(repository={"services": ["checkout"]})

    assert {rig.shop.guilty, rig.shop.decoy} <= set(facts)
    assert facts[rig.shop.decoy]["service"] == "checkout"


async def test_step_back_is_told_as_one(rig):
    """A deployment of an older commit carries nothing new, and its title says what it is."""
    rig.fake.add_deployment(rig.shop.first, ONSET - timedelta(minutes=3))

    facts, _ = await rig.collect()

    assert facts["deployment-4"]["title"] == f"Roll back production to {rig.shop.first[:10]}"
    assert facts["deployment-4"]["commits"] == []


async def test_step_back_that_brings_an_old_fault_back_is_read_backwards(rig):
    """What it leaves out had mended the fault: the deployment wrote the failing line again, and nothing else did."""
    broken = rig.shop.history.commits[rig.shop.guilty].tree[CODE][1].decode()
    at = ONSET - timedelta(minutes=9)
    mended = rig.shop.history.commit("main", {CODE: broken.replace("fast_sum(", "slow_sum(")}, "Mend it", at=at)
    rig.fake.add_deployment(mended, ONSET - timedelta(minutes=8))
    rig.fake.add_deployment(rig.shop.decoy, ONSET - timedelta(minutes=3))

    facts, evidence = await rig.collect()

    back = facts["deployment-5"]
    assert (back["diff_read"], back["files"]) == (True, [{"path": CODE, "added": [5]}])
    (item,) = (one for one in evidence if one.facts["id"] == "deployment-5")
    assert {"-    return slow_sum(lines)", "+    return fast_sum(lines)"} <= {line.text for line in item.lines}
    assert facts["deployment-4"]["diff_read"] is False
    scope = rig.make_scope()
    (found,) = FAULTY_COMMIT.match(Case(scope=scope, alerts=scope.alerts, evidence=(make_logs(scope), *evidence)))
    assert found.text.startswith(f"deployment-5 (Roll back production to {rig.shop.decoy[:10]}) by noor wrote {CODE}:5")


async def test_service_in_a_deployments_words_is_whose_it_is(rig):
    """The environment's name says whose deployment it is."""
    rig.fake.add_deployment(rig.shop.guilty, ONSET - timedelta(minutes=2), environment="production/profile")

    facts, _ = await rig.collect("checkout", "profile", repository={"environments": []})

    assert facts["deployment-4"]["service"] == "profile"
    assert facts["deployment-2"]["service"] == ""


@pytest.mark.parametrize("environment", ["github-pages", "docs", "Pages"])
async def test_pages_are_no_rollout_of_a_service_that_is_deployed(rig, environment):
    """They follow each push, and would pass for the release of what is not deployed yet; nor do they crowd it out."""
    for number in range(12):
        rig.fake.add_deployment(rig.shop.decoy, ONSET - timedelta(minutes=9, seconds=-number), environment=environment)

    facts, evidence = await rig.collect(repository={"environments": []})

    told = {one["environment"] for one in facts.values() if one["kind"] == "deployment"}
    assert told == {"production", "staging"}
    assert "newest of" not in evidence[0].cut
    rig.fake.deployments[:] = [row for row in rig.fake.deployments if environment in str(row["environment"])]
    facts, _ = await rig.collect(repository={"environments": []})
    assert {one["environment"] for one in facts.values() if one["kind"] == "deployment"} == {environment}


async def test_release_is_a_rollout_where_no_deployment_is_on_record(rig):
    """Otherwise it is a name for a commit, and says nothing of when that went live."""
    facts, _ = await rig.collect()
    assert next(one for one in facts.values() if one["kind"] == "release")["service"] == ""

    rig.fake.deployments.clear()
    facts, _ = await rig.collect()
    assert next(one for one in facts.values() if one["kind"] == "release")["service"] == "checkout"


async def test_withheld_diff_makes_a_change_unread(rig):
    """What nobody has read is not called a cause; the cut says why."""
    rig.fake.withheld = frozenset({CODE})

    facts, evidence = await rig.collect()

    assert facts[rig.shop.guilty]["diff_read"] is False
    (item,) = (item for item in evidence if item.facts["id"] == rig.shop.guilty)
    assert f"gives no diff of {CODE}" in item.cut


async def test_long_diff_is_cut_and_said_to_be(rig):
    """Four hundred lines are kept; more makes the change unread."""
    rig.shop.history.commit("main", {CODE: "x = 1\n" * 500}, "Generate", at=ONSET - timedelta(minutes=1), author="Mei")

    facts, evidence = await rig.collect()

    newest = evidence[0]
    assert newest.cut.startswith("first 400 of ")
    assert facts[newest.facts["id"]]["diff_read"] is False


async def test_more_commits_than_fit_are_counted(rig):
    """The newest are here, and the cut says that there are more."""
    for number in range(25):
        at = ONSET - timedelta(minutes=9) + timedelta(seconds=number)
        rig.shop.history.commit("main", {CODE: f"x = {number}\n"}, f"Try {number}", at=at)

    facts, evidence = await rig.collect()

    assert sum(item["kind"] == "commit" for item in facts.values()) == 20
    assert "commits, 20 are here" in evidence[0].cut


async def test_many_paths_are_filtered_here(rig):
    """Beyond ten paths all commits are asked for, and those of others left out again."""
    paths = [CODE, *(f"services/part{number}.py" for number in range(12))]
    facts, _ = await rig.collect(repository={"services": {"checkout": paths}})

    assert rig.shop.guilty in facts
    assert rig.shop.decoy not in facts


@pytest.mark.parametrize(
    ("part", "name"), [("/deployments", "deployments"), ("/releases", "releases"), ("PULLS", "merged")]
)
async def test_part_that_cannot_be_had_is_said_to_be_missing(rig, part, name):
    """The rest is evidence all the same, and the newest of it says what is not there."""
    path = rig.merge_path if part == "PULLS" else part
    rig.answer(path, Answer({"message": "not for you"}, 403))

    facts, evidence = await rig.collect()

    assert rig.shop.guilty in facts
    assert f"no {name}" in evidence[0].cut
    assert "it needs" in evidence[0].cut


async def test_nothing_but_a_missing_part_is_a_gap(rig):
    """Silence would say that nothing had changed."""
    rig.answer("/deployments", Answer({"message": "not for you"}, 403))
    rig.clock.advance(timedelta(days=1))
    scope = rig.make_scope().model_copy(update={"window_start": ONSET + timedelta(hours=5)})
    scope = scope.model_copy(update={"window_end": ONSET + timedelta(hours=6)})
    rig.fake.runs = rig.fake.pipelines = []

    with pytest.raises(Exception, match="HTTP 403"):
        await rig.make_collector().collect(scope)


async def test_commit_that_was_pushed_over_is_told(rig):
    """A deployed commit that no branch holds any more may be gone; the others are evidence."""
    rig.fake.add_deployment("f" * 40, ONSET - timedelta(minutes=1))

    facts, evidence = await rig.collect()

    assert "deployment-4" in facts
    assert "1 commits: " in evidence[0].cut


async def test_everything_is_asked_over_few_connections(rig):
    """At most eight at once, and none twice."""
    await rig.collect()

    asked = [request.target for request in rig.server.requests]
    assert len(asked) == len(set(asked))
    assert rig.server.connections <= 8


async def test_what_a_deployment_leaves_out_is_asked_for_only_where_it_may(rig):
    """Of one that goes on from what ran before, one comparison tells all: calls are counted by the forge."""

    def count():
        compared = [one.target for one in rig.server.requests if "/compare/" in one.target or ".." in one.target]
        rig.server.requests.clear()
        return len([target for target in compared if "actions" not in target])

    await rig.collect()
    onward = count()
    rig.fake.add_deployment(rig.shop.early, ONSET - timedelta(minutes=3))
    await rig.collect()

    assert (onward, count()) == (1, 3)


async def test_commit_whose_revert_would_be_refused_is_known_to_have_none(rig):
    """A merge, one of too many files: what is suggested is what the dry run takes. A first commit is no change."""
    history, at = rig.shop.history, ONSET - timedelta(minutes=5)
    first = history.commit("other", {CODE: "print(1)\n"}, "Begin elsewhere", at=at)
    tree = history.find("main").tree
    merge = history.add(tree | {CODE: ("100644", b"print(2)\n")}, (rig.shop.decoy, first), "Join", author="Mei", at=at)
    history.branches["main"] = merge
    large = history.commit("main", {f"deploy/prod/{n}.yaml": "a: 1\n" for n in range(51)}, "Much", at=at)
    plain = history.commit("main", {"deploy/prod/0.yaml": "a: 2\n"}, "Little", at=at)

    facts, _ = await rig.collect()

    revertible = {sha: facts[sha]["revertible"] for sha in (merge, large, plain)}
    assert revertible == {merge: False, large: False, plain: None}
    assert first not in facts
    action = rig.make_action()
    assert (await action.dry_run(rig.entity, {"revert": plain})).possible
    for sha in (first, merge, large):
        with pytest.raises(UserError):
            await action.dry_run(rig.entity, {"revert": sha})
