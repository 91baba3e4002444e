"""What a look at commits costs, and what is left of it when it is cut off."""

import asyncio
import os
import subprocess
from collections import Counter

import pytest

from fermata.domain.evidence import Evidence
from fermata.integrations.git import showing
from fermata.integrations.git.client import GitClient
from fermata.integrations.git.showing import Show, show_diffs, show_files, split_names
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.handing import Handed, take_over
from fermata.testing.collector_contract import cut_off, hold_up


class _Diary(dict):
    """The parts of a `Handed`, with each time that one is set."""

    def __init__(self):
        super().__init__()
        self.set: list[tuple[str, tuple[Evidence, ...]]] = []

    def __setitem__(self, part, brought):
        self.set.append((part, brought))
        super().__setitem__(part, brought)


@pytest.fixture
def commands(monkeypatch):
    """Count the processes that are started, by git's command; each runs as ever."""
    counted = Counter()
    start = asyncio.create_subprocess_exec

    async def count(*arguments, **options):
        words = {"log", "show", "rev-list", "ls-tree", "cat-file", "blame", "rev-parse", "config", "read-tree", "apply"}
        counted[next((word for word in arguments if word in words), "other")] += 1
        return await start(*arguments, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", count)
    return counted


def _commit_often(shop, times):
    for turn in range(times):
        shop.write("services/checkout.py", f"TURN = {turn}\n")
        shop.write("tools/other.py", f"TURN = {turn}\n")
        shop.write("deploy/checkout.yaml", f"turn: {turn}\n")
        shop.commit(f"Turn {turn}", hours_ago=0.5 - turn / 100)


async def test_commits_are_read_by_few_processes(shop, commands):
    """One process shows all commits; only what git cannot say of several at once is asked of each."""
    _commit_often(shop, 12)
    collector = shop.collector("git.changes", services={"checkout": ["services/checkout.py", "deploy"]})

    found = await collector.collect(shop.make_scope("service/checkout"))

    assert len(found) == 13
    assert commands["show"] == 4  # Names, the service's diffs, the other files' diffs, the patches of the trials.
    assert (commands["log"], commands["rev-list"], commands["cat-file"]) == (2, 0, 1)
    assert (commands["read-tree"], commands["config"], commands["rev-parse"]) == (1, 1, 2)
    assert commands["apply"] == 10


async def test_merges_are_asked_for_once(shop, commands):
    """Whatever they brought: services beside the scope's are served by the same answer."""
    for turn in range(3):
        shop.git("switch", "--quiet", "--create", f"branch{turn}")
        shop.write("services/profile.py", f"CUSTOMERS = {turn}\n")
        shop.commit("On a branch", hours_ago=20)
        shop.git("switch", "--quiet", "main")
        shop.git("merge", "--quiet", "--no-ff", "--no-edit", f"branch{turn}")

    scope = shop.make_scope("service/checkout").model_copy(update={"beside": ("profile",)})
    found = await shop.collector("git.changes").collect(scope)

    assert [item.facts["service"] for item in found] == ["", "profile", "profile", "profile"]
    # The merges, and of the own and the other services what is recent and what merges brought.
    assert (commands["log"], commands["rev-list"]) == (5, 1)


async def test_all_commits_are_there_before_what_takes_long(shop):
    """A look that is cut off then knows what each changed, and says of each what it does not know."""
    _commit_often(shop, 3)
    handed = Handed(_Diary())

    with take_over(handed):
        found = await shop.collector("git.changes").collect(shop.make_scope("service/checkout"))

    names = [f"commit {item.facts['id'][:10]}" for item in found]
    soon, late = handed.parts.set[: len(found)], handed.parts.set[len(found) :]
    assert [part for part, _ in soon] == names
    assert all(item.cut.endswith("how it reverts was not read in time") for _, (item,) in soon)
    assert all(item.facts["files"] and item.facts["diff_read"] for _, (item,) in soon)
    assert [part for part, _ in late] == [part for name in names for part in (name, f"what is left of {name}")]
    assert list(handed.evidence) == found
    assert not handed.list_missing()


async def test_commit_beyond_the_limit_is_cut_and_the_next_is_whole(shop, monkeypatch):
    """Git would first have to say all of the long one."""
    monkeypatch.setattr(showing, "OUTPUT_LIMIT_BYTES", 200_000)
    shop.write("services/checkout.py", "x" * 99 + "\n")
    small = shop.commit("Short")
    shop.write("services/checkout.py", ("x" * 99 + "\n") * 50_000)
    shop.commit("Long")
    long = shop.head()
    git = GitClient(shop.path)

    async with show_diffs(git, [long, small], ()) as shown:
        cut, whole = await shown.read(long), await shown.read(small)

    assert (cut.is_cut, len(cut.raw)) == (True, 199_999)  # The empty line above it is git's.
    assert cut.text.startswith("diff --git a/services/checkout.py")
    assert whole.text == (await git.run("show", "--format=", small)).text


async def test_git_that_still_has_much_to_say_is_left_at_once(shop):
    """What nobody read would hide that it has ended."""
    small = shop.commit("Short")
    shop.write("services/checkout.py", ("x" * 99 + "\n") * 50_000)
    shop.commit("Long")

    async with asyncio.timeout(10):
        async with show_diffs(GitClient(shop.path), [small, shop.head()], ()) as shown:
            await shown.read(small)
            unread = shown._process._process.stdout._buffer
            # As much as asyncio takes before it lets git wait.
            while len(unread) <= 128 * 1024:  # noqa: ASYNC110 - asyncio tells nobody
                await asyncio.sleep(0.01)


async def test_commit_is_found_behind_those_that_nobody_reads(shop):
    """Some are left out by who reads, some by git: they touch none of the paths."""
    shop.write("services/profile.py", "CUSTOMERS = 1\n")
    one = shop.commit("One")
    shop.write("services/checkout.py", "TURN = 1\n")
    two = shop.commit("Two")
    empty = shop.commit("Nothing")
    git = GitClient(shop.path)

    async with show_diffs(git, [empty, two, one], ["services/profile.py"]) as shown:
        assert [(await shown.read(sha)).raw for sha in (empty, two)] == [b"", b""]
        assert "CUSTOMERS = 1" in (await shown.read(one)).text
    async with show_files(git, [empty, two, one]) as names:
        assert split_names(await names.read(one)) == ("services/profile.py",)


async def test_failure_of_git_is_none_of_silence(shop):
    """A commit that is not there is no commit without a diff."""
    async with show_diffs(GitClient(shop.path), ["0" * 40], ()) as shown:
        with pytest.raises(OperationalError, match="git show failed"):
            await shown.read("0" * 40)


async def test_git_that_says_nothing_in_time_is_given_up(shop):
    """It ends with the block that asked it."""
    fifo = shop.path / ".git" / "hang"
    os.mkfifo(fifo)
    git = GitClient(shop.path, timeout_s=0.3)

    with pytest.raises(TransientError, match=r"git show did not end within 0\.3 s"):
        async with Show(git, [shop.bad], f"-O{fifo}") as shown:
            await shown.read(shop.bad)

    running = await asyncio.to_thread(
        subprocess.run, ["pgrep", "-f", str(fifo)], capture_output=True, text=True, check=False
    )
    assert running.stdout == ""


@pytest.mark.parametrize("depth", [1, 2])
async def test_clone_that_ends_within_the_window_says_what_is_not_known(shop, tmp_path, depth):
    """The commit where it ends may be the cause: to say nothing of it would say that nothing changed."""
    shop.edit("services/checkout.py", "ready", "here")
    shop.commit("Say where", hours_ago=0.1)
    end = shop.git("rev-parse", f"HEAD~{depth - 1}")
    clone = tmp_path / "clone"
    shop.git("clone", "--quiet", f"--depth={depth}", f"file://{shop.path}", str(clone))
    shop.path = clone

    if depth == 1:
        with pytest.raises(OperationalError, match=f"What commit {end[:10]} changed is not known"):
            await shop.collect("git.changes", "service/checkout")
    else:
        (item,) = await shop.collect("git.changes", "service/checkout")
        assert item.cut == f"what commit {end[:10]} changed is not known: the clone ends there"


async def test_clone_that_ends_at_a_services_own_commit_hides_no_commit_beside(shop, tmp_path):
    """What is known of a service that shares a queue is evidence; that the own is not known is said at it."""
    shop.edit("services/checkout.py", "ready", "here")
    end = shop.commit("Say where", hours_ago=0.2)
    shop.write("services/profile.py", "CUSTOMERS = 1\n")
    sent = shop.commit("Send less", hours_ago=0.1)
    clone = tmp_path / "clone"
    shop.git("clone", "--quiet", "--depth=2", f"file://{shop.path}", str(clone))
    shop.path = clone

    scope = shop.make_scope("service/checkout").model_copy(update={"beside": ("profile",)})
    (item,) = await shop.collector("git.changes").collect(scope)

    assert (item.facts["id"], item.facts["service"]) == (sent, "profile")
    assert item.cut == f"what commit {end[:10]} changed is not known: the clone ends there"


async def test_declaration_that_is_slow_costs_none_of_the_others(shop):
    """Git waits for the disk as long as it takes; what was read by the deadline is there."""
    shop.write("deploy/profile.env", "LIMIT=500\n")
    shop.commit("Declare the profile")
    blob = shop.git("rev-parse", "HEAD:deploy/profile.env")
    stored = shop.path / ".git/objects" / blob[:2] / blob[2:]
    stored.unlink()
    files = {"profile": "deploy/profile.env", "checkout": "deploy/checkout.env"}
    collector = shop.collector("git.desired", env_files=files)

    with hold_up(stored):
        scope = shop.make_scope("service/profile", "service/checkout")
        handed = await cut_off(collector, scope, "variables of profile")

    assert [item.entity.name for item in handed.evidence] == ["checkout"]


async def test_end_of_a_shallow_clone_is_told_of_the_services_beside_too(shop, tmp_path):
    """Whoever sends the messages may have changed there, and no change of theirs would look like none."""
    shop.write("services/profile.py", "CUSTOMERS = 600\n")
    end = shop.commit("Send customers in the new format")
    clone = tmp_path / "clone"
    shop.git("clone", "--quiet", "--depth=1", f"file://{shop.path}", str(clone))
    scope = shop.make_scope("service/mailer").model_copy(update={"beside": ("profile",)})

    shop.path = clone

    with pytest.raises(OperationalError, match=f"What commit {end[:10]} changed is not known"):
        await shop.collector("git.changes").collect(scope)
    shop.write("services/profile.py", "CUSTOMERS = 700\n")
    shop.commit("More of them", hours_ago=0.1)
    (item,) = await shop.collector("git.changes").collect(scope)

    assert item.cut == f"what commit {end[:10]} changed is not known: the clone ends there"


@pytest.mark.parametrize("name", ["git.changes", "git.desired"])
async def test_repository_without_a_commit_is_told_as_that(shop, tmp_path, name):
    """Git's own words for it are about a bad revision."""
    shop.git("init", "--quiet", str(tmp_path / "new"))

    with pytest.raises(OperationalError, match="has no commit at HEAD"):
        await shop.collector(name, path=tmp_path / "new").collect(shop.make_scope("service/checkout"))
