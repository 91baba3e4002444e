"""Runbooks from real folders and real repositories, as evidence."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.runbooks import library as library_module
from fermata.integrations.runbooks.collect import RunbookCollector
from fermata.integrations.runbooks.library import Library, LibrarySettings
from fermata.integrations.runbooks.system import Runbooks, RunbooksSettings
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.collector_contract import CollectorContract, cut_off
from fermata.testing.records import make_alert, make_scope

PAGE = "# Checkout is down\nSet `DATABASE_URL`.\nThe password is password=hunter2hunter2 for now.\n"
GIT = ("git", "-c", "user.name=Dana", "-c", "user.email=dana@shop.test", "-c", "init.defaultBranch=main")


@pytest.fixture
def folder(tmp_path):
    """Give a folder with pages, and with what is none."""
    root = tmp_path / "pages"
    (root / "team").mkdir(parents=True)
    (root / ".git-like").mkdir()
    (root / "team" / "checkout.md").write_text(PAGE)
    (root / "search.md").write_text("# Search\nAsk Max about search.\n")
    (root / "notes.txt").write_text("checkout checkout checkout")
    (root / ".git-like" / "checkout.md").write_text("# Checkout hidden\nx\n")
    (root / "outside.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "secret.md").write_text("# Checkout secret\nx\n")
    return root


@pytest.fixture
def repository(folder, tmp_path):
    """Give a bare repository of the pages, and the folder as it was committed."""
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "pages")):
        subprocess.run([*GIT, "-C", folder, *command], check=True)
    subprocess.run([*GIT, "clone", "-q", "--bare", folder, tmp_path / "pages.git"], check=True)
    return tmp_path / "pages.git"


def collect_from(path, **settings):
    """Give the collector of one library."""
    return RunbookCollector(Library(LibrarySettings(path=path, **settings)), FakeClock())


async def test_passage_is_found_by_the_alerted_service(folder):
    """With its own line numbers, without secrets, and nothing from outside the folder."""
    evidence = await collect_from(folder).collect(make_scope("service/checkout"))

    assert [item.title for item in evidence] == ["team/checkout.md: Checkout is down"]
    assert [line.number for line in evidence[0].lines][:2] == [1, 2]
    assert "hunter2" not in str(evidence[0].to_json())
    assert evidence[0].redactions == 1
    assert evidence[0].entity == Entity(kind="service", name="checkout")


async def test_edited_page_is_found_as_it_is_now(folder):
    """The index follows the files."""
    collector = collect_from(folder)
    await collector.collect(make_scope("service/checkout"))
    (folder / "search.md").write_text("# Checkout again\nNew words.\n")
    (folder / "team" / "checkout.md").unlink()

    evidence = await collector.collect(make_scope("service/checkout"))

    assert [item.facts["path"] for item in evidence] == ["search.md"]


async def test_page_that_the_alert_links_to_comes_first(folder):
    """Whoever wrote the rule knew best."""
    alert = make_alert(annotations={"summary": "down", "runbook_url": "https://wiki.test/r/search.md#top"})
    scope = make_scope("service/checkout").model_copy(update={"alerts": (alert,)})

    evidence = await collect_from(folder).collect(scope)

    assert [item.facts["path"] for item in evidence] == ["search.md", "team/checkout.md"]


async def test_repository_is_read_at_its_ref(repository, folder):
    """A bare clone will do, and what lies uncommitted in a working copy is not evidence."""
    (folder / "team" / "checkout.md").write_text("# Checkout half-edited\nx\n")

    evidence = await collect_from(repository, ref="main").collect(make_scope("service/checkout"))

    assert [item.facts["heading"] for item in evidence if item.facts["path"] == "team/checkout.md"] == [
        "Checkout is down"
    ]
    assert len(evidence[0].facts["ref"]) == 40


@pytest.mark.parametrize("ref", ["gone", "--upload-pack=x"])
async def test_ref_that_is_not_there_is_a_gap(repository, ref):
    """A branch that was renamed is told with what git said."""
    with pytest.raises(OperationalError, match=r"cannot be read at.*a branch or tag in it"):
        await collect_from(repository, ref=ref).collect(make_scope("service/checkout"))


async def test_too_many_pages_are_said_to_be_left_out(folder, monkeypatch):
    """A whole wiki is not searched in silence."""
    monkeypatch.setattr(library_module, "MOST_PAGES", 1)
    monkeypatch.setattr(library_module, "LARGEST_PAGE_BYTES", 1000)
    (folder / "a.md").write_text("x" * 2000)

    evidence = await collect_from(folder).collect(make_scope("service/search"))

    assert evidence[0].cut == "2 pages were not searched: too many, or too large"


async def test_doctor_counts_the_pages(folder, repository, tmp_path):
    """Each library is looked at, and what is wrong with one is said."""
    libraries = [
        {"path": folder},
        {"path": repository, "ref": "main"},
        {"path": folder, "pattern": "*.rst"},
        {"path": tmp_path / "gone"},
    ]
    system = Runbooks(RunbooksSettings.model_validate({"libraries": libraries}), FakeClock())

    results = await system.check()

    assert [result.ok for result in results] == [True, True, False, False]
    assert "2 pages" in results[0].text
    assert "set runbooks.libraries.pattern" in results[2].text
    assert "There is no folder" in results[3].text
    assert len(system.list_collectors()) == 4


async def test_page_that_cannot_be_read_is_named_and_leaves_the_others(folder, monkeypatch):
    """It is listed, nobody may open it, and the other pages are found all the same."""
    opened, closed = os.open, {"search.md"}

    def refuse(path, *arguments, **options):
        if Path(path).name in closed:
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    collector = collect_from(folder)
    system = Runbooks(RunbooksSettings.model_validate({"libraries": [{"path": folder}]}), FakeClock())

    (result,) = await system.check()

    assert not result.ok
    assert "1 of 2 pages cannot be read, search.md first" in result.text
    (found,) = await collector.collect(make_scope("service/checkout"))
    assert found.cut == "1 pages cannot be read"

    closed.add("checkout.md")
    with pytest.raises(OperationalError, match=r"The runbook search\.md cannot be read"):
        await collect_from(folder).collect(make_scope("service/checkout"))


class TestRunbookCollector(CollectorContract):
    """The contract, on a real folder."""

    @pytest.fixture(autouse=True)
    def _place(self, folder):
        self.folder = folder

    def make_collector(self):
        """Give the collector."""
        return collect_from(self.folder)

    def give_scope(self):
        """Give a scope with a page."""
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        """Give a scope nobody wrote about."""
        scope = make_scope("service/zebra")
        return scope.model_copy(
            update={"alerts": tuple(alert.model_copy(update={"name": "Zebra"}) for alert in scope.alerts)}
        )

    def take_snapshot(self):
        """Digest every file with its times."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        marks = "".join(f"{path} {path.lstat().st_mtime_ns}" for path in files)
        return hashlib.sha256(marks.encode()).hexdigest()

    def break_system(self):
        """Take the folder away."""
        shutil.rmtree(self.folder)

    def list_secrets(self):
        """Name what stands in the page."""
        return ["hunter2hunter2"]


@pytest.mark.parametrize("swap", ["pipe", "link"])
async def test_page_that_is_a_pipe_or_became_one_is_not_waited_for(folder, tmp_path, swap):
    """A pipe that nobody writes to holds a thread for ever, and there are few; a link leads anywhere."""
    os.mkfifo(folder / "pipe.md")
    library = Library(LibrarySettings(path=folder))
    listing = await library.list_pages()
    (page,) = (page for page in listing.pages if page.path == "search.md")
    (folder / "search.md").unlink()
    if swap == "pipe":
        os.mkfifo(folder / "search.md")
    else:
        (folder / "search.md").symlink_to(tmp_path / "secret.md")

    with pytest.raises(OperationalError, match=r"search\.md cannot be read"):
        await asyncio.wait_for(library.read_page(page), 5)

    assert sorted(page.path for page in listing.pages) == ["search.md", "team/checkout.md"]
    assert await library.list_unreadable(listing) == ("search.md",)


async def test_page_that_is_slow_costs_none_of_the_others(repository, tmp_path, monkeypatch):
    """Git waits for the disk as long as it takes; what the other pages say is there, and that it is not all."""
    shown = await Library(LibrarySettings(path=repository, ref="main")).list_pages()
    slow = next(page.version for page in shown.pages if page.path == "team/checkout.md")
    program = tmp_path / "programs/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase $* in *{slow}*) exec sleep 60;; esac\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setitem(library_module._ENVIRONMENT, "PATH", f"{program.parent}:/usr/bin:/bin")

    handed = await cut_off(collect_from(repository, ref="main"), make_scope("service/search"), "team/checkout.md")

    first = handed.evidence[0]
    assert (first.title, first.cut) == ("search.md: Search", "1 pages were not read in time")
