"""What was in effect when a fault began, and what was not."""

from datetime import timedelta

import pytest

from fermata.rules.changes.environments import list_environments
from fermata.rules.changes.live import Rollouts

CODE = "+++ b/src/pay.py\n@@ -1,1 +1,1 @@\n-    return a\n+    return b"


@pytest.fixture
def judge(incident):
    """Give a function that judges one change of the incident at its onset."""

    def run(change_id, environments=frozenset()):
        changes = incident.list_changes()
        rollouts = Rollouts(changes, began_at=incident.onset, environments=environments)
        return rollouts.judge(next(change for change in changes if change.id == change_id))

    return run


@pytest.mark.parametrize("state", ["open", "draft", "failed", "cancelled", "planned", "pending", "dry-run"])
def test_change_that_never_took_effect_is_ruled_out(incident, judge, state):
    """A plan, a failed run and an open pull request change nothing."""
    incident.change("tf-1", 5, CODE, kind="terraform", state=state)

    effect = judge("tf-1")

    assert effect.at is None
    assert effect.why == f"it never took effect: {state}"


def test_merged_pull_request_may_be_called_closed(incident, judge):
    """So forges call it; a commit's closed request is another matter."""
    incident.change("PR-1", 30, CODE, kind="pull_request_merged", state="closed").change("c1", 30, CODE, state="closed")

    assert judge("PR-1").at is not None
    assert judge("c1").why == "it never took effect: closed"


def test_setting_that_only_says_from_what_to_what_has_that_as_its_diff(incident):
    """A console of flags knows no files."""
    incident.change("cfg-1", 5, kind="config", ref="infer.max_batch", state="8->32", title="x")
    incident.change("cfg-2", 5, kind="config", state="applied").change("cfg-3", 5, kind="config", state="8->32")
    incident.evidence[2] = incident.evidence[2].model_copy(update={"lines": ()})

    turned, silent, unquotable = (change.diff for change in incident.list_changes())

    assert [(turn.old, turn.new, turn.direction) for turn in turned.turns] == [("8", "32", 1)]
    assert silent.hunks == ()
    assert unquotable.hunks == ()


def test_test_run_is_no_change(incident, judge):
    """A run of tests can fail, not break."""
    incident.change("ci-1", 5, kind="ci_run", state="success")

    assert judge("ci-1").why == "a test run changes nothing by itself"


@pytest.mark.parametrize(
    ("environment", "own", "here"),
    [
        ("production", (), True),
        ("", (), True),
        ("staging", (), False),
        ("prod-eu", (), True),
        ("staging", ("staging",), True),
        ("qa-2", ("staging",), True),
        ("production", ("staging",), False),
        ("prod-us", ("eu-central-1",), False),
        ("prod-eu", ("eu-central-1", "us-east-1"), True),
        ("production", ("eu-central-1",), True),
    ],
)
def test_change_elsewhere_is_ruled_out(incident, judge, environment, own, here):
    """A change of staging cannot hurt production, and the other way round."""
    incident.change("cfg-1", 5, CODE, kind="config", environment=environment, state="applied")

    effect = judge("cfg-1", frozenset(own))

    assert (effect.at is not None) is here
    assert here or effect.why == f"it went to {environment}, not to where it hurts"


def test_change_within_the_tolerance_may_still_have_been_first(incident, judge):
    """Metrics come by the minute: half a minute after the first sign is not after the fault."""
    incident.change("F-1", -0.5, kind="flag", ref="x", state="off->on").change(
        "F-2", -5, kind="flag", ref="y", state="off->on"
    )

    assert judge("F-1").why == "in effect as the first sign showed"
    assert judge("F-2").why == "it came 5m after the first sign"


def test_commit_takes_effect_with_the_release_that_carries_it(incident, judge):
    """When it was written does not matter."""
    incident.change("abcdef1234", 300, CODE).release("dep-1", 20, "abcdef1")

    effect = judge("abcdef1234")

    assert effect.at == incident.onset - timedelta(minutes=20)
    assert effect.services == {"shop"}
    assert effect.why == "released with dep-1 of shop, in effect 20m before the first sign"


def test_earlier_commit_of_the_repository_is_carried_too(incident, judge):
    """A release holds everything up to its head."""
    incident.change("older12", 300, CODE, repository="git:repository/shop")
    incident.change("newer12", 200, CODE, repository="git:repository/shop").release("dep-1", 20, "newer12")
    incident.change("after12", 100, CODE, repository="git:repository/shop")

    assert judge("older12").at is not None
    assert judge("after12").why == "no release before the fault carried it to where it hurts"


def test_release_that_lists_its_commits_carries_no_other(incident, judge):
    """What the source says goes before what may be guessed."""
    incident.change("listed1", 300, CODE).change("unlist1", 290, CODE).release("dep-1", 20, "", commits=("listed1",))

    assert judge("listed1").at is not None
    assert judge("unlist1").at is None


def test_commit_rolled_back_before_the_fault_is_ruled_out(incident, judge):
    """What no longer ran did not break it, nor did the release that had carried it."""
    incident.change("abcdef1", 300, CODE).release("dep-1", 60, "abcdef1")
    incident.release("dep-2", 30, "0000000", title="shop: roll back to the previous release")

    assert judge("abcdef1").at is None
    assert judge("dep-1").why == "dep-2 had replaced it before the fault began"


def test_commit_reverted_in_time_is_ruled_out(incident, judge):
    """A revert that was released takes the commit out of what ran."""
    incident.change("abcdef1", 300, CODE, title="Faster totals").release("dep-1", 90, "abcdef1")
    incident.change("fedcba9", 60, CODE, title='Revert "Faster totals"').release("dep-2", 30, "fedcba9")

    assert judge("abcdef1").why == "fedcba9 had taken it back before the fault began"


def test_revert_that_was_not_released_takes_nothing_back(incident, judge):
    """The running release still holds the commit."""
    incident.change("abcdef1", 300, CODE, title="Faster totals").release("dep-1", 90, "abcdef1")
    incident.change("fedcba9", 60, CODE, title='Revert "Faster totals"').change("other12", 50, CODE, title="Revert it")

    assert judge("abcdef1").at is not None


def test_release_of_an_unknown_head_carries_what_is_older(incident, judge):
    """Nobody says what is in it; what is younger cannot be."""
    incident.change("abcdef1", 300, CODE).change("younger", 10, CODE).release("dep-1", 60, "9999999")

    assert judge("abcdef1").at is not None
    assert judge("younger").at is None


COMPOSE = "+++ b/compose.yaml\n@@ -1,1 +1,1 @@\n-    mem_limit: 256m\n+    mem_limit: 48m"


@pytest.mark.parametrize(
    ("title", "own", "ago", "diff"),
    [
        ("shop-1: shop:newer12 took the place of shop:former1", "older12", 300, CODE),
        ("shop-1: shop:newer12 took the place of shop:former1", "former1", 200, CODE),
        ("shop-1: shop:newer12 took the place of shop:former1", "newer12", 1, CODE),
        ("shop-1: shop:newer12 took the place of shop", "older12", 1, CODE),
        ("shop-1 was created anew from shop:newer12, with other settings", "newer12", 100, CODE),
        ("shop-1 was created anew from shop:newer12, with other settings", "newer12", 1, COMPOSE),
    ],
)
def test_container_brings_what_ran_before_it_nothing_of_that(incident, judge, title, own, ago, diff):
    """Of what it replaced the tag tells the commit; made anew of the same image it brings its settings alone."""
    incident.change("older12", 300, CODE, repository="git:repository/shop")
    incident.change("former1", 200, CODE, repository="git:repository/shop")
    incident.change("newer12", 100, diff, repository="git:repository/shop")
    incident.release("dep-1", 1, "newer12", title=title)

    effect = judge(own)

    assert effect.at == incident.onset - timedelta(minutes=ago)
    assert effect.why.endswith("what ran before 11:59:00 UTC had it, too") == (ago != 1)


@pytest.mark.parametrize(
    ("title", "diff", "ago"),
    [
        ("shop-1: shop:older12 took the place of shop:former1", COMPOSE, 1),
        ("shop-1 was created anew from shop:older12, with other settings", COMPOSE, 1),
        ("shop-1 was created anew from shop:older12, with other settings", CODE, None),
        ("Release older12", COMPOSE, None),
    ],
)
def test_container_is_made_with_settings_younger_than_its_image(incident, judge, title, diff, ago):
    """The commit that an image is of tells what code it holds, and not which compose file it was started by."""
    incident.change("older12", 300, CODE, repository="git:repository/shop")
    incident.change("limit12", 2, diff, repository="git:repository/shop").release("dep-1", 1, "older12", title=title)

    assert judge("limit12").at == (None if ago is None else incident.onset - timedelta(minutes=ago))


def test_shared_commit_arrives_with_the_version_that_holds_it(incident, judge):
    """A library's commit runs where a release moved to it, and nowhere else."""
    bump = "+++ b/go.mod\n-\tgit.example/platform v1.0.0\n+\tgit.example/platform v1.1.0"
    incident.change("lib1234", 300, CODE, service="", repository="git:repository/platform")
    incident.change("shop123", 200, bump, repository="git:repository/shop").release("dep-1", 20, "shop123")
    incident.change("mail123", 210, CODE, service="mail", repository="git:repository/mail")
    incident.release("dep-2", 10, "mail123", service="mail")

    effect = judge("lib1234")

    assert effect.services == {"shop"}
    assert effect.find_time(["shop"]) == incident.onset - timedelta(minutes=20)
    assert effect.find_time(["mail"]) == effect.at


def test_library_with_a_name_of_its_own_arrives_with_its_version_too(incident, judge):
    """It is a service to its repository, and never released as one."""
    bump = "+++ b/go.mod\n-\tgit.example/platform v1.0.0\n+\tgit.example/platform v1.1.0"
    incident.change("lib1234", 300, CODE, service="platform", repository="git:repository/platform")
    incident.change("shop123", 200, bump, repository="git:repository/shop").release("dep-1", 20, "shop123")

    assert judge("lib1234").services == {"shop"}


@pytest.mark.parametrize(("name", "services"), [("@acme/platform", {"shop"}), ("@acme/other", set())])
def test_library_that_is_published_works_where_its_version_was_taken(incident, judge, name, services):
    """Its own release is a package in a registry, named without the language of its repository."""
    bump = f'+++ b/package.json\n-  "{name}": "1.0.0"\n+  "{name}": "1.1.0"'
    incident.change("lib1234", 300, CODE, service="platform-js", repository="git:repository/platform-js")
    incident.change("v1", 290, kind="release", service="platform-js", sha="lib1234", repository="platform-js")
    incident.change("shop123", 200, bump, repository="git:repository/shop")
    incident.release("dep-1", 20, "7777777", commits=("shop123",))

    effect = judge("lib1234")

    assert effect.services - {"platform-js"} == services


def test_library_is_taken_by_everybody_where_nobody_says_who_moved_to_it(incident, judge):
    """A commit without a service moved to it."""
    bump = "+++ b/go.mod\n-\tgit.example/platform v1.0.0\n+\tgit.example/platform v1.1.0"
    incident.change("lib1234", 300, CODE, service="platform", repository="git:repository/platform")
    incident.change("v1", 290, kind="release", service="platform", sha="lib1234")
    incident.change("bump123", 200, bump, service="", repository="git:repository/all")
    incident.release("dep-1", 20, "bump123")

    assert "shop" in judge("lib1234").services


def test_shared_commit_without_a_visible_version_arrives_with_every_later_release(incident, judge):
    """In one repository, or where versions are not pinned, a release takes what is there."""
    incident.change("lib1234", 300, CODE, service="", repository="git:repository/platform")
    incident.change("shop123", 200, CODE, repository="git:repository/shop").release("dep-1", 20, "shop123")

    assert judge("lib1234").services == {"shop"}


def test_commit_of_one_folder_belongs_to_its_service(incident, judge):
    """In a repository of many services the path says whose commit it is."""
    path = "+++ b/services/mail/send.py\n-a()\n+b()"
    incident.change("abcdef1", 300, path, service="", repository="git:repository/all")
    incident.release("dep-1", 30, "1111111", service="mail").release("dep-2", 20, "2222222")

    assert judge("abcdef1").services == {"mail"}


def test_library_folder_of_a_service_without_releases_is_everybodys(incident, judge):
    """Code under `libs/` runs in whatever is released from it."""
    path = "+++ b/libs/http/retry.py\n-a()\n+b()"
    incident.change("abcdef1", 300, path, service="http").release("dep-1", 20, "2222222")

    assert judge("abcdef1").services == {"shop"}


def test_commit_without_any_release_on_record_counts_by_its_date(incident, judge):
    """Where nobody keeps releases, the date is all there is; where others were released, that is less."""
    incident.change("abcdef1", 30, CODE)
    alone = judge("abcdef1")
    incident.release("dep-1", 20, "2222222", service="mail")
    beside = judge("abcdef1")

    assert (alone.at, alone.certain) == (incident.onset - timedelta(minutes=30), True)
    assert (beside.at, beside.certain) == (incident.onset - timedelta(minutes=30), False)


def test_commit_without_a_service_needs_some_release(incident, judge):
    """A release that names no service cannot carry anything anywhere."""
    incident.change("abcdef1", 30, CODE, service="").release("dep-1", 20, "2222222", service="")

    assert judge("abcdef1").why == "no release before the fault carried it to where it hurts"


def test_commit_written_after_the_fault_says_so(incident, judge):
    """The mend is not the cause."""
    incident.change("abcdef1", -10, CODE)

    assert judge("abcdef1").why == "it was written 10m after the first sign"


def test_release_that_still_runs_is_in_effect(incident, judge):
    """A release is a change like others, if its diff is known."""
    incident.release("dep-1", 20, "2222222").release("dep-2", 10, "3333333")

    assert judge("dep-1").at is not None


def test_environments_come_from_the_labels_of_alerts():
    """Whatever name the label has."""
    assert list_environments([{"env": "Staging", "service": "x"}, {"region": "eu-1"}]) == {"staging", "eu-1"}


def test_migration_that_runs_a_file_brings_its_commit_into_effect(incident, judge):
    """The run is named for the file; what the file does stands in the commit."""
    script = "+++ b/db/0142_external_ref.sql\n@@ -0,0 +1,1 @@\n+DROP INDEX parcels_ref;"
    incident.change("aaaaaaa1", 300, script).change("bbbbbbb2", 200, CODE).release("dep-1", 100, "0000000")
    incident.change("m-0", 9, kind="migration", title="0141_other", state="applied", environment="production")
    incident.change("m-1", 4, kind="migration", title="0142_external_ref", state="applied", environment="production")
    incident.evidence[2] = incident.evidence[2].model_copy(
        update={"facts": incident.evidence[2].facts | {"commits": ["ccccccc3"]}}
    )

    effect = judge("aaaaaaa1")

    assert effect.at == incident.onset - timedelta(minutes=4)
    assert effect.why == "run as m-1, in effect 4m before the first sign"
    assert judge("bbbbbbb2").at is None


@pytest.mark.parametrize(
    ("own", "release", "why"),
    [
        ({"kind": "terraform", "is_dated": False}, None, "in effect {when}"),
        ({"is_dated": False}, {"is_dated": False}, "released with dep-1 of shop, in effect {when}"),
        ({"is_dated": False}, {}, "released with dep-1 of shop, in effect 20m before the first sign"),
        ({"is_dated": False}, None, "written at a time that its source does not give; no release of it is on record"),
    ],
)
def test_time_that_no_source_gives_is_not_told_as_one(incident, judge, own, release, why):
    """It stands at the start of the window, which is where it is looked for and nothing that anybody saw."""
    incident.change("abcdef1234", 300, CODE, **own)
    if release is not None:
        incident.release("dep-1", 20, "abcdef1234", **release)

    effect = judge("abcdef1234")

    assert effect.at is not None
    assert effect.why == why.format(when="at some time before it was looked at: its source gives no time")


def test_release_that_lists_a_commit_of_a_library_says_who_took_it(incident, judge):
    """Its own service is never deployed: who lists it runs it."""
    incident.change("aaaaaaa1", 300, CODE, service="money-core", repository="money-core")
    incident.release("dep-1", 10, "bbbbbbb2", service="fees", commits=("aaaaaaa1", "bbbbbbb2"))
    incident.release("dep-2", 5, "ccccccc3", service="mail", commits=("ccccccc3",))

    effect = judge("aaaaaaa1")

    assert effect.services == {"fees"}
    assert effect.why == "released with dep-1 of fees, in effect 10m before the first sign"


def test_bare_version_is_of_what_is_named_above_it(incident):
    """A manifest of Maven's names the library in one line, and its version in the next."""
    above = "+++ b/pom.xml\n@@ -4,3 +4,3 @@\n <artifactId>money-core</artifactId>\n-<version>5.1.3</version>\n"
    incident.change("aaaaaaa1", 300, CODE, service="", repository="libs/money-core")
    incident.change("bbbbbbb2", 200, f"{above}+<version>5.2.0</version>", repository="fees")
    incident.change("ccccccc3", 200, above.replace("money-core", "other") + "+<version>5.2.0</version>", repository="x")
    changes = incident.list_changes()

    adopters = Rollouts(changes, began_at=incident.onset).list_adopters(changes[0])

    assert [one.id for one in adopters] == ["bbbbbbb2"]


def test_release_of_whose_commit_nobody_knows_carries_no_patch_of_another(incident, judge):
    """A patch without repository or service was built into the release that has its commit."""
    incident.change("8d2a41f", 60, CODE, service="").change("5f07be9", 61, CODE, service="")
    incident.release("notifier-412", 5, "8d2a41f", service="notifier")
    incident.release("accounts-88", 4, "33e1caf", service="accounts")

    assert "released with notifier-412 of notifier" in judge("8d2a41f").why
    assert "released with notifier-412 of notifier" in judge("5f07be9").why


def test_commit_that_a_release_names_was_in_none_before(incident, judge):
    """A branch is older than its merge: by its date alone it might have been in what ran before."""
    incident.change("feature", 2880, CODE).release("dep-1", 200, "0000000")
    incident.release("dep-2", 20, "feature", commits=("feature",))

    assert judge("feature").why == "released with dep-2 of shop, in effect 20m before the first sign"


def test_change_that_another_branch_left_out_was_not_in_effect(incident, judge):
    """A hotfix from the former tag, or a force push: what was deployed before it is gone without a rollback."""
    incident.change("guilty", 50, CODE).release("dep-1", 45, "guilty")
    incident.change("hotfix", 35, CODE).release("dep-2", 30, "hotfix", commits=("hotfix",), dropped=("guilty",))

    assert judge("guilty").why == "dep-2 had taken it back before the fault began"
    assert judge("hotfix").at is not None


def test_rollback_keeps_what_it_does_not_name(incident, judge):
    """What it left out is known, so that the rest ran on."""
    incident.change("early", 70, CODE).release("dep-1", 60, "early").change("late", 50, CODE)
    incident.release("dep-2", 45, "late").release("dep-3", 30, "early", title="Roll back shop", dropped=("late",))

    assert judge("early").why == "released with dep-1 of shop, in effect 1h before the first sign"
    assert judge("late").why == "dep-3 had taken it back before the fault began"


def test_commit_that_was_released_before_the_fault_was_written_before_it(incident, judge):
    """Whatever the clock of its author's machine said."""
    incident.change("ahead", -30, CODE).release("dep-1", 12, "ahead")

    assert judge("ahead").why == "released with dep-1 of shop, in effect 12m before the first sign"


def test_former_release_says_what_ran_and_is_no_change(incident, judge):
    """A commit that came after it needs another one."""
    incident.release("dep-0", 600, "0000000", is_former=True).change("waiting", 30, CODE)

    assert judge("dep-0").why == "it ran before the time that is looked at"
    assert judge("waiting").why == "no release before the fault carried it to where it hurts"
