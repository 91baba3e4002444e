"""The page about bundles is one: every block under a file's name is a file that is read."""

import re
from pathlib import Path

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.answer import compose_answer
from fermata.flows.bundle.diagnose import diagnose_bundle

PAGE = Path(__file__).parents[4] / "docs" / "bundle.md"
BLOCK = re.compile(r"^\*\*`([\w./-]+)`\*\*\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
UNUSED = {EvidenceKind.ALERT, EvidenceKind.RESOURCES, EvidenceKind.DESIRED}


@pytest.fixture
def written(folder):
    """Give the page's bundle, written out."""
    files = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    assert len(files) == PAGE.read_text(encoding="utf-8").count("\n**`") > 20
    for name, content in files.items():
        folder.write(name, content)
    return folder


def test_bundle_of_the_page_is_read_whole(written):
    """Nothing of it is left out, nothing is unknown, and every kind of file becomes evidence."""
    bundle = written.read()

    assert bundle.warnings == ()
    assert bundle.unknown_files == ()
    assert {item.kind for item in bundle.evidence} == set(EvidenceKind) - UNUSED
    assert bundle.id == "shop-1"
    assert [alert.name for alert in bundle.alerts] == ["CheckoutErrors"]


def test_every_file_of_the_page_is_used(written):
    """Each file is where some evidence says it comes from, but for those that only describe others."""
    bundle = written.read()

    said = " ".join(f"{item.title} {item.query} {item.cut}" for item in bundle.evidence)
    files = {path.relative_to(written.path).as_posix() for path in written.path.rglob("*") if path.is_file()}
    silent = {name for name in files if name not in said}
    assert silent == {"bundle.yaml", "alerts/checkout.json", "logs/all.meta.json", "terraform/11.tfstate"}


def test_secrets_of_the_page_are_not_kept(written):
    """A password in the environment is a digest in the evidence."""
    bundle = written.read()

    assert all("hunter2" not in str(item.to_json()) for item in bundle.evidence)


def test_table_of_the_answer_names_its_fields(written):
    """The page lists exactly the fields that the answer has."""
    answer = compose_answer(diagnose_bundle(written.read()), 0.1)

    table = PAGE.read_text(encoding="utf-8").partition("## The answer\n")[2].partition("\n## ")[0]
    named = {
        name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(answer)


def test_page_names_every_folder_that_is_read():
    """A folder with a reader stands on the page."""
    from fermata.flows.bundle.folders import READERS, SHARED

    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*READERS, *SHARED) if f"`{name}" not in page] == []
