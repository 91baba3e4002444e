"""Tables that come packed with the program."""

import lzma
import sys
import zipfile
from itertools import count

import pytest
from structlog.testing import capture_logs

from fermata.kit.packed import read_packed

_numbers = count()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Give a function that makes a package with one table, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(content):
        folder = tmp_path / f"tables_{next(_numbers)}"  # Python remembers a package by its name.
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "table.xz").write_bytes(content)
        return folder.name

    yield make
    for name in [name for name in sys.modules if name.startswith("tables_")]:
        del sys.modules[name]


def test_packed_table_is_read_as_text():
    """It is a file of a package."""
    assert "\t" in read_packed("fermata.rules.changes", "written.txt.xz")


def test_table_of_a_zipped_package_is_read(tmp_path, monkeypatch):
    """A program may be run from an archive."""
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("tables_zipped/__init__.py", "")
        archive.writestr("tables_zipped/table.xz", lzma.compress("größer".encode()))
    monkeypatch.syspath_prepend(tmp_path / "app.zip")

    assert read_packed("tables_zipped", "table.xz") == "größer"


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", lzma.compress(b"a table")[:-9], lzma.compress(b"\xff\xfe")],
    ids=["empty", "of another kind", "cut", "no text"],
)
def test_broken_table_is_empty_and_the_log_says_so(package, content):
    """What can do without it goes on."""
    with capture_logs() as lines:
        text = read_packed(package(content), "table.xz")

    assert text == ""
    assert [(line["event"], line["table"]) for line in lines] == [("table.not_read", "table.xz")]


def test_table_that_is_not_there_is_empty_and_the_log_says_so():
    """A package without its data is broken, and no diagnosis fails for it."""
    with capture_logs() as lines:
        text = read_packed("fermata.rules.changes", "no-such-table.xz")

    assert text == ""
    assert [(line["event"], line["table"]) for line in lines] == [("table.not_read", "no-such-table.xz")]


def test_python_that_cannot_unpack_gives_an_empty_table(monkeypatch):
    """Built where liblzma was not, it has no `lzma`: Fermata starts, and does without."""
    monkeypatch.setitem(sys.modules, "lzma", None)
    with capture_logs() as lines:
        text = read_packed("fermata.rules.changes", "written.txt.xz")

    assert text == ""
    assert [line["event"] for line in lines] == ["table.not_read"]
