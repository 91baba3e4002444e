from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.facts import ChangeFacts, DesiredFacts
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.redaction import describe_secret
from fermata.ports.handing import Handed, expect, take_over
from fermata.testing.collector_contract import CollectorContract


class _Contract(CollectorContract):
    collector = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.shop = shop
        shop.edit("deploy/checkout.env", "250", "300")
        shop.commit("Wait longer")

    def make_collector(self):
        return self.shop.collector(self.collector)

    def give_scope(self):
        return self.shop.make_scope("service/checkout")

    def give_foreign_scope(self):
        return self.shop.make_scope("service/billing")

    def take_snapshot(self):
        return self.shop.snapshot()

    def break_system(self):
        self.shop.destroy()

    def list_secrets(self):
        return [self.shop.SECRET]


class TestChangesContract(_Contract):
    collector = "git.changes"


class TestDesiredContract(_Contract):
    collector = "git.desired"


async def test_commit_of_the_service_is_found_with_its_diff(shop):
    """The change, who made it and when, its diff to cite, and whether it would revert."""
    (evidence,) = await shop.collect("git.changes", "service/checkout")

    facts = ChangeFacts.from_json(evidence.facts)
    assert (facts.id, facts.title, facts.author) == (shop.bad, "Speed up totals", "Mei Tanaka")
    assert (facts.repository, facts.diff_read, facts.revertible) == ("git:repository/shop", True, True)
    assert [(f.path, f.added) for f in facts.files] == [("services/checkout.py", (5,))]
    texts = [line.text for line in evidence.lines]
    assert "+    return fast_sum(lines)" in texts
    assert "    Measured: twice as fast." in texts
    assert evidence.entity.ref == "git:repository/shop"


async def test_first_commit_is_no_change(shop):
    """All that there is would be added by it, and fit every failure; the next one to the same files is one."""
    shop.git("checkout", "--quiet", "--orphan", "anew")
    shop.commit("Begin again", hours_ago=0.1)
    assert not await shop.collect("git.changes", "service/checkout")

    shop.edit("services/checkout.py", "ready", "here")
    second = shop.commit("Say where")
    (evidence,) = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(evidence.facts).id == second


async def test_lines_are_those_of_head(shop):
    """A later commit moved the lines: a traceback of what runs names the new numbers."""
    shop.edit("services/checkout.py", "PRICES = ", "# Prices\n# in cents\nPRICES = ")
    shop.commit("Explain", hours_ago=0.05)

    newest, older = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(newest.facts).files[0].added == (1, 2)
    assert ChangeFacts.from_json(older.facts).files[0].added == (7,)


async def test_commit_dated_before_its_parent_hides_nothing(shop):
    """A clock that was wrong, or a rebase: git itself stops at the first commit that is older than was asked for."""
    shop.edit("services/checkout.py", "ready", "here")
    shop.commit("Dated long ago", hours_ago=8)

    (evidence,) = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(evidence.facts).id == shop.bad


async def test_reindented_lines_count_as_changed(shop):
    """In Python white space decides what runs."""
    shop.edit("services/checkout.py", '    print("ready")', '    if True:\n        print("ready")')
    shop.commit("Nest", hours_ago=0.05)

    newest, _ = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(newest.facts).files[0].added == (9, 10)


async def test_deleted_and_binary_files_have_no_lines(shop):
    """What is gone or has no lines is named, without numbers."""
    (shop.path / "services/checkout.py").unlink()
    (shop.path / "deploy/logo.png").write_bytes(bytes(range(256)))
    shop.commit("Move on", hours_ago=0.05)

    newest, _ = await shop.collect("git.changes", "service/checkout")

    facts = ChangeFacts.from_json(newest.facts)
    assert {f.path: f.added for f in facts.files} == {"deploy/logo.png": (), "services/checkout.py": ()}


async def test_own_files_come_first_and_the_rest_is_cut(shop):
    """A large commit is cut after the budget, and whether the service's part was read whole is said."""
    shop.write("vendor/large.js", "x = 1;\n" * 3000)
    shop.edit("services/checkout.py", "ready", "here")
    shop.commit("Vendor", hours_ago=0.05)

    newest, _ = await shop.collect("git.changes", "service/checkout")

    facts = ChangeFacts.from_json(newest.facts)
    assert facts.diff_read is True
    assert facts.files[0].path == "services/checkout.py"
    assert "first 400 of 30" in newest.cut
    assert any(line.text == '+    print("here")' for line in newest.lines)


async def test_diff_too_long_to_read_is_not_called_read(shop):
    """A change may be blamed only if its diff was read."""
    shop.write("services/checkout.py", "x = 1\n" * 500)
    shop.commit("Rewrite", hours_ago=0.05)

    newest, _ = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(newest.facts).diff_read is False
    assert "first 400 of" in newest.cut


async def test_only_the_newest_commits_of_the_window_are_brought(shop):
    """Commits from before the window are none of its causes; more than twenty are cut, and it is said."""
    for number in range(25):
        shop.write("services/profile.py", f"CUSTOMERS = {number}\n")
        shop.commit(f"Customers {number}", hours_ago=0.05)

    evidence = await shop.collect("git.changes", "service/profile")

    assert len(evidence) == 20
    assert evidence[0].title.endswith("Customers 24 (Mei Tanaka)")
    assert "older commits" in evidence[-1].cut
    assert ChangeFacts.from_json(evidence[15].facts).revertible is None


async def test_commit_that_later_ones_build_on_does_not_revert(shop):
    """The trial is a real three-way merge, done aside."""
    shop.edit("services/checkout.py", "fast_sum(lines)", "fast_sum(sorted(lines))")
    shop.commit("Sort", hours_ago=0.05)

    newest, older = await shop.collect("git.changes", "service/checkout")

    assert ChangeFacts.from_json(newest.facts).revertible is True
    assert ChangeFacts.from_json(older.facts).revertible is False


async def test_commit_that_is_reverted_at_head_is_said_to_be_with_the_time(shop):
    """Whoever blames it would put an end to the search for what fails now."""
    shop.git("revert", "--no-edit", shop.bad)
    reverted_at = datetime.fromtimestamp(int(shop.git("log", "-1", "--format=%ct")), UTC)
    shop.edit("services/checkout.py", "ready", "steady")
    shop.commit("Steady")

    found = [ChangeFacts.from_json(item.facts) for item in await shop.collect("git.changes", "service/checkout")]

    steady, revert, bad = found
    assert (bad.id, bad.revertible, bad.taken_back_at) == (shop.bad, False, reverted_at)
    assert [(one.revertible, one.taken_back_at) for one in (steady, revert)] == [(True, None)] * 2


async def test_commit_undone_by_hand_is_dated_by_the_last_one_to_its_files(shop):
    """People undo without git revert, too."""
    before = shop.git("show", f"{shop.bad}^:services/checkout.py") + "\n"
    shop.write("services/checkout.py", before)
    shop.commit("Sum as before", hours_ago=0.05)

    *_, bad = [ChangeFacts.from_json(item.facts) for item in await shop.collect("git.changes", "service/checkout")]

    assert bad.id == shop.bad
    assert bad.taken_back_at == datetime.fromtimestamp(int(shop.git("log", "-1", "--format=%ct")), UTC)


async def test_merge_is_not_revertible_by_itself(shop):
    """Which side stays is a person's decision."""
    shop.git("checkout", "--quiet", "-b", "feature", shop.first)
    shop.edit("services/checkout.py", "ready", "steady")
    shop.commit("Steady", hours_ago=0.15)
    shop.git("checkout", "--quiet", "main")
    shop.git("merge", "--quiet", "--no-ff", "--no-commit", "feature")
    shop.edit("services/checkout.py", "steady", "go")
    shop.commit("Merge feature", hours_ago=0.05)

    newest = (await shop.collect("git.changes", "service/checkout"))[0]

    facts = ChangeFacts.from_json(newest.facts)
    assert facts.title == "Merge feature"
    assert facts.revertible is False
    assert any("go" in line.text for line in newest.lines)


async def test_commit_that_claims_to_be_fermatas_is_not_revertible(shop):
    """It applies cleanly backwards, and its action refuses it: nothing that is refused is to be suggested."""
    shop.edit("services/checkout.py", "ready", "steady")
    marked = shop.commit("Steady\n\nFermata-Action: act-1.sha256:0", hours_ago=0.05)

    newest, *_ = await shop.collect("git.changes", "service/checkout")

    assert (newest.facts["id"], newest.facts["revertible"]) == (marked, False)


async def test_declared_variables_are_those_of_head(shop):
    """What is declared is what is committed, not what somebody is just typing."""
    shop.edit("deploy/checkout.env", "250", "999")

    (evidence,) = await shop.collect("git.desired", "process/CHECKOUT")

    facts = DesiredFacts.from_json(evidence.facts)
    assert dict(facts.variables) == {
        "PAYMENT_TIMEOUT_MS": "250",
        "CURRENCY": "EUR",
        "DB_PASSWORD": describe_secret(shop.SECRET),
        "AUTH": describe_secret(shop.SECRET),
    }
    assert (facts.path, facts.commit) == ("deploy/checkout.env", shop.head())
    assert "PAYMENT_TIMEOUT_MS=250" in {line.text for line in evidence.lines if line.number == 2}
    assert evidence.entity.ref == "service/checkout"
    assert evidence.redactions >= 2


async def test_missing_declaration_is_a_gap_with_its_path(shop):
    """The settings name a file that is not there: say which."""
    with pytest.raises(OperationalError, match=r"deploy/gone\.env is not a file"):
        await shop.collect("git.desired", "service/checkout", env_files={"checkout": "deploy/gone.env"})


async def test_claim_of_a_commit_is_redacted_before_it_is_cut(shop):
    """Anybody may write a trailer, and half a secret looks like none."""
    shop.edit("services/checkout.py", "ready", "all ready")
    shop.commit(f"Say it once more\n\nFermata-Action: {'x' * 170} postgres://shop:{shop.SECRET}-{'y' * 40}@db/shop")

    newest = (await shop.collect("git.changes", "service/checkout"))[0]

    assert newest.facts["mark"].startswith("xxx")
    assert shop.SECRET[:8] not in newest.facts["mark"]


async def test_env_files_of_a_diff_lose_their_secrets_by_name(shop):
    """A commit that changes a password shows that it did, not which, whatever the password looks like."""
    shop.edit("deploy/checkout.env", f"AUTH={shop.SECRET}", "AUTH=another-one")
    shop.commit("Rotate", hours_ago=0.05)

    newest = (await shop.collect("git.changes", "service/checkout"))[0]

    texts = [line.text for line in newest.lines]
    assert shop.SECRET not in "\n".join(texts)
    assert any(text.startswith("-AUTH=[redacted:") for text in texts)
    assert f"+AUTH={describe_secret('another-one')}" in texts


async def test_repository_cannot_run_anything(shop, tmp_path):
    """Hooks, monitors, pagers and converters in a repository's own settings stay asleep."""
    trap = tmp_path / "sprung"
    shop.git("config", "core.fsmonitor", f"touch {trap}")
    shop.git("config", "core.pager", f"touch {trap}")
    shop.git("config", "diff.external", f"touch {trap}")
    shop.git("config", "diff.trap.textconv", f"touch {trap};cat")
    shop.git("config", "core.sshCommand", f"touch {trap}")
    shop.write(".git/info/attributes", "*.py diff=trap\n")

    await shop.collect("git.changes", "service/checkout")
    await shop.action().dry_run(*revert(shop))

    assert not trap.exists()


async def test_repository_has_no_signature_checked(shop, tmp_path):
    """A signed commit and two settings would have `git log` start a program."""
    trap = tmp_path / "sprung"
    program = tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    shop.git("config", "log.showSignature", "true")
    shop.git("config", "gpg.program", str(program))
    shop.edit("services/checkout.py", "ready", "all ready")
    shop.commit("Say it once more")
    head, _, words = shop.git("cat-file", "commit", "HEAD").partition("\n\n")
    (tmp_path / "signed").write_text(f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n\n{words}\n")
    shop.git("update-ref", "HEAD", shop.git("hash-object", "-t", "commit", "-w", str(tmp_path / "signed")))

    found = await shop.collect("git.changes", "service/checkout")

    assert found
    assert not trap.exists()


@pytest.mark.parametrize("name", ["trap", "a=trap"])
async def test_merge_driver_of_the_repository_does_not_run(shop, tmp_path, name):
    """What it would make of the file nobody has seen: the file is in conflict, and a person reverts it."""
    trap = tmp_path / "sprung"
    shop.edit("services/checkout.py", "ready", "all ready")
    shop.commit("Say it once more")
    shop.git("config", f"merge.{name}.driver", f"touch {trap}")
    shop.write(".git/info/attributes", f"*.py merge={name}\n")

    with pytest.raises(UserError, match="cannot be reverted cleanly"):
        await shop.action().dry_run(*revert(shop))

    assert not trap.exists()


def revert(shop):
    """Return target and parameters of the revert of the bad commit."""
    from fermata.domain.entity import Entity

    return Entity.parse("git:repository/shop"), {"commit": shop.bad}


async def test_hunk_of_a_yaml_file_says_whose_setting_it_changes(shop):
    """A commit to compose.yaml is about one service of several."""
    shop.write(
        "deploy/compose.yaml", "services:\n  api:\n    image: a\n    environment:\n      A: 1\n      B: 1\n      C: 1\n"
    )
    shop.commit("Compose")
    shop.edit("deploy/compose.yaml", "C: 1", "C: 2")
    shop.commit("More of C")

    evidence = await shop.collect("git.changes", "service/checkout")

    assert any(line.text.endswith("@@ services: api:") for line in evidence[0].lines)


async def test_commit_too_old_for_a_trial_is_taken_back_by_what_a_later_one_says(shop):
    """Many commits in an hour must not bring a reverted one back under suspicion."""
    shop.git("revert", "--no-edit", shop.bad)
    reverted_at = datetime.fromtimestamp(int(shop.git("log", "-1", "--format=%ct")), UTC)
    for number in range(10):
        shop.write("services/checkout.py", (shop.path / "services/checkout.py").read_text() + "# more\n")
        shop.commit(f"More {number}")

    *_, revert, bad = [
        ChangeFacts.from_json(item.facts) for item in await shop.collect("git.changes", "service/checkout")
    ]

    assert (bad.id, bad.revertible, bad.taken_back_at) == (shop.bad, None, reverted_at)
    assert revert.taken_back_at is None


def beside(shop, *names):
    """Give a scope about a service that shares a queue with others."""
    return shop.make_scope("service/checkout").model_copy(update={"beside": names})


async def test_commit_to_a_service_that_shares_a_queue_is_found_as_that_services(shop):
    """Who takes a message is broken by who sends it, and the commit touches none of its files."""
    shop.edit("services/profile.py", "500", "600")
    sent = shop.commit("Send customers in the new format")

    handed = Handed()
    with take_over(handed):
        expect("all")
        found = await shop.collector("git.changes").collect(beside(shop, "Profile", "checkout"))

    commits = [f"commit {shop.bad[:10]}", f"commit {sent[:10]}"]
    assert [*handed.parts] == ["all", *commits, *(f"what is left of {commit}" for commit in commits)]
    facts = [ChangeFacts.from_json(item.facts) for item in found]
    assert [(one.id, one.service) for one in facts] == [(shop.bad, ""), (sent, "profile")]
    assert facts[1].diff_read
    assert "+CUSTOMERS = 600" in [line.text for line in found[1].lines]


async def test_commits_beside_are_few_and_none_comes_twice(shop):
    """What fails has its own commits first; one that touches both is told as its own."""
    for number in range(8):
        shop.write("services/profile.py", f"CUSTOMERS = {number}\n")
        if number == 7:
            shop.edit("deploy/checkout.env", "250", "300")
        shop.commit(f"Change {number}")

    found = await shop.collector("git.changes").collect(beside(shop, "profile"))

    facts = [ChangeFacts.from_json(item.facts) for item in found]
    assert [(one.title, one.service) for one in facts] == [
        ("Change 7", ""), ("Speed up totals", ""), *((f"Change {number}", "profile") for number in range(6, 1, -1)),
    ]  # fmt: skip


async def test_collector_is_asked_for_what_is_beside_alone(shop):
    """The worker that fails may live in another repository."""
    scope = shop.make_scope("service/mailer").model_copy(update={"beside": ("profile",)})
    shop.edit("services/profile.py", "500", "600")
    shop.commit("Send customers in the new format")

    collector = shop.collector("git.changes")

    assert collector.wants(scope)
    (found,) = await collector.collect(scope)
    assert found.facts["service"] == "profile"


def _merge_branch(shop, *, written, merged):
    """Break the totals on a branch, and merge that so many hours ago; return the branch's commit."""
    shop.git("checkout", "--quiet", "-b", "feature", shop.first)
    shop.edit("services/checkout.py", "return sum(", "return fast_sum(")
    commit = shop.commit("Speed up on a branch", hours_ago=written)
    shop.git("checkout", "--quiet", "main")
    date = (shop.now - timedelta(hours=merged)).isoformat()
    shop.git("merge", "--quiet", "--no-ff", "feature", "--message", "Merge branch 'feature'", date=date)
    return commit


async def test_commit_of_a_branch_counts_from_its_merge(shop):
    """It was written yesterday, and runs since somebody merged it; its lines are found for a stack."""
    shop.git("reset", "--quiet", "--hard", shop.first)
    written = _merge_branch(shop, written=26, merged=0.3)

    (evidence,) = await shop.collect("git.changes", "service/checkout")

    facts = ChangeFacts.from_json(evidence.facts)
    merged_at = (shop.now - timedelta(hours=0.3)).replace(microsecond=0)
    assert (facts.id, facts.changed_at, facts.revertible) == (written, merged_at, True)
    assert [file.added for file in facts.files] == [(5,)]
    assert any(line.text.startswith("merged ") and "Merge branch 'feature'" in line.text for line in evidence.lines)


async def test_commit_that_was_merged_before_the_window_is_none_of_it(shop):
    """What ran an hour before the first sign was in it."""
    shop.git("reset", "--quiet", "--hard", shop.first)
    _merge_branch(shop, written=26, merged=2)

    assert await shop.collect("git.changes", "service/checkout") == []


async def test_commit_that_is_dated_ahead_is_there_without_a_time(shop):
    """A laptop's clock is minutes ahead: what HEAD holds was made, and nobody knows when."""
    shop.edit("deploy/checkout.env", "250", "300")
    ahead = shop.commit("Wait longer", hours_ago=-0.2)

    found = await shop.collect("git.changes", "service/checkout")

    facts = [ChangeFacts.from_json(evidence.facts) for evidence in found]
    assert [(one.id, one.is_dated) for one in facts] == [(ahead, False), (shop.bad, True)]
    assert any("ahead of this machine's clock" in line.text for line in found[0].lines)


async def test_file_beside_a_service_that_nobody_lists_is_its_own(shop):
    """A program reads what lies next to it, and the settings name the program alone."""
    shop.write("services/limits.json", '{"batch": 20}\n')
    shop.write("README.md", "A shop\n")
    shop.commit("Keep the limits in a file", hours_ago=0.1)

    found = await shop.collect("git.changes", "service/checkout")

    facts = ChangeFacts.from_json(found[0].facts)
    assert (facts.title, len(found)) == ("Keep the limits in a file", 2)
    assert facts.files[0].path == "services/limits.json"
