"""The files of a revert are those of the path that the card names, whatever the repository says of itself."""

import shutil

import pytest
from tests.integration.git.test_actions import SHOP, plan

from fermata.domain.action import Outcome
from fermata.domain.facts import ChangeFacts
from fermata.integrations.git.actions import RevertCommitAction
from fermata.integrations.git.client import GitClient
from fermata.integrations.git.repository import Repository, RepositorySettings
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY


class TurningGit(GitClient):
    """Git of a repository whose settings are edited right after its top folder was asked for."""

    async def run(self, *arguments, **options):
        """Run a command; then aim the files elsewhere."""
        output = await super().run(*arguments, **options)
        if "--show-toplevel" in arguments:
            await super().run("config", "core.worktree", str(self.path.parent / "elsewhere"))
        return output


@pytest.mark.parametrize(("mode", "is_aside"), [("branch", True), ("working_copy", False)])
async def test_change_tells_where_its_revert_would_go(shop, mode, is_aside):
    """On a branch it changes nothing that runs, so that a restart after it would mend nothing."""
    (evidence,) = await shop.collect("git.changes", "service/checkout", mode=mode)

    assert ChangeFacts.from_json(evidence.facts).is_reverted_aside is is_aside


@pytest.mark.parametrize("place", ["elsewhere", "nowhere"])
async def test_working_copy_that_lies_elsewhere_is_left_alone(shop, tmp_path, place):
    """The repository's settings may name another folder than the card: whoever may edit them cannot aim the files."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(shop.path, elsewhere, ignore=shutil.ignore_patterns(".git"))
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    action, planned = await plan(shop)
    shop.git("config", "core.worktree", str(tmp_path / place))

    with pytest.raises((UserError, OperationalError)):
        await action.dry_run(SHOP, {"commit": shop.bad})
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before


async def test_files_are_those_of_the_path_whenever_the_settings_change(shop, tmp_path):
    """Also between the look and the write: git is told the folder."""
    (tmp_path / "elsewhere").mkdir()
    shop.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    repository = Repository(RepositorySettings(name="shop", path=shop.path), GitClient(shop.path))

    with pytest.raises(UserError, match="is not"):
        await repository.refuse_elsewhere()

    assert (await repository.copy.run("rev-parse", "--show-toplevel")).text.strip() == str(shop.path)


async def test_linked_working_copy_is_reverted_in(shop, tmp_path):
    """`git worktree add` makes folders that are working copies of their own."""
    linked = tmp_path / "linked"
    shop.git("worktree", "add", "--quiet", "-b", "hotfix", str(linked))
    action, planned = await plan(shop, path=linked)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "sum(PRICES[line] for line in lines)" in (linked / "services/checkout.py").read_text()
    assert shop.git("status", "--porcelain") == ""


async def test_settings_that_change_behind_the_look_aim_nothing(shop, tmp_path):
    """Whoever may edit them could do so between the look and the write: every command on files is told the folder."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(shop.path, elsewhere, ignore=shutil.ignore_patterns(".git"))
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    _, planned = await plan(shop)
    settings = RepositorySettings(name="shop", path=shop.path, mode="working_copy")
    repository = Repository(settings, TurningGit(shop.path))

    result = await RevertCommitAction({"shop": repository}, SystemClock()).execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "sum(PRICES[line] for line in lines)" in (shop.path / "services/checkout.py").read_text()
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("place", ["folder", "core.worktree"])
async def test_commits_are_not_looked_for_below_the_top_folder(shop, tmp_path, place):
    """There are none of such paths, and that would look like no change."""
    if place == "core.worktree":
        shop.git("config", "core.worktree", str(tmp_path))
    else:
        shop.path = shop.path / "services"
    collector = shop.collector("git.changes")

    with pytest.raises(OperationalError, match="is not the top folder of its repository"):
        await collector.collect(shop.make_scope("service/checkout"))
