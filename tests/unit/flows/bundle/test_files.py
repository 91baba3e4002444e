"""Files of a stranger's folder: found, bounded, decoded, and never anything outside of it."""

import gzip
import os

import pytest

from fermata.flows.bundle import files
from fermata.flows.bundle.files import SourceFile, Unreadable, guess_encoding, list_files, read_text
from fermata.kit.errors import UserError


def open_file(path, content):
    """Give a file of a bundle with this content."""
    path.write_bytes(content)
    return SourceFile(path.name, path, len(content))


def test_files_are_listed_by_their_place(folder):
    """Names are relative with forward slashes, in order; hidden files and folders are no part of a bundle."""
    folder.write("logs/a/b.log", "x")
    folder.write(".git/config", "x")
    folder.write("logs/.hidden", "x")

    listed = list_files(folder.path)

    assert [(file.name, file.top, file.stem, file.suffix) for file in listed.files] == [
        ("bundle.yaml", "", "bundle", ".yaml"),
        ("logs/a/b.log", "logs", "b", ".log"),
    ]
    assert listed.refused == {}


def test_link_out_of_the_folder_is_refused(folder, tmp_path):
    """Nothing outside is opened, by a link to a file, to a folder, or to nowhere; a link within is a file."""
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    (folder.path / "logs").mkdir()
    (folder.path / "logs" / "out.log").symlink_to(secret)
    (folder.path / "logs" / "nowhere.log").symlink_to(folder.path / "none")
    (folder.path / "changes").symlink_to(tmp_path)
    (folder.path / "logs" / "in.log").symlink_to(folder.path / "bundle.yaml")

    listed = list_files(folder.path)

    assert [file.name for file in listed.files] == ["bundle.yaml", "logs/in.log"]
    assert set(listed.refused) == {"logs/out.log", "logs/nowhere.log", "changes"}
    assert "leads out" in listed.refused["logs/out.log"]


def test_pipe_is_refused_and_does_not_wait(folder):
    """A pipe would keep a reader waiting for ever."""
    os.mkfifo(folder.path / "logs.log")

    assert list_files(folder.path).refused == {"logs.log": "it is no regular file"}


def test_name_that_is_no_utf8_is_refused(folder):
    """It could be neither shown nor cited."""
    (folder.path / "logs").mkdir()
    (folder.path / "logs" / os.fsdecode(b"caf\xe9.log")).write_text("x")
    folder.write("logs/a.log", "x\n")

    bundle = folder.read()

    assert [item.title for item in bundle.evidence] == ["logs/a.log"]
    assert bundle.warnings == ("logs/caf?.log: its name is no UTF-8",)


def test_too_many_files_are_cut_and_said(folder, monkeypatch):
    """A folder of a million files costs the first of them."""
    monkeypatch.setattr(files, "MOST_FILES", 2)  # A constant: writing 20,001 files would take a second.
    for name in "abc":
        folder.write(f"logs/{name}.log", "x")

    listed = list_files(folder.path)

    assert len(listed.files) == 2
    assert "first 2 files" in listed.refused["..."]


@pytest.mark.parametrize("name", ["file", "none"])
def test_what_is_no_folder_is_no_bundle(tmp_path, name):
    """A file, or nothing, is an error that names the page."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match=r"docs/bundle\.md"):
        list_files(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings_are_guessed(tmp_path, encoding):
    """A mark at the beginning, zeros between the letters, or bytes that are no UTF-8 say which it is."""
    text = "größe: 3 MiB of the disk\nnext"
    mark = "\ufeff" if encoding == "utf-16-be" else ""

    file = open_file(tmp_path / "f.txt", (mark + text).encode(encoding))

    assert read_text(file) == text


def test_character_cut_at_the_sample_is_still_utf8():
    """The end of the first bytes may lie within a character, unless they are all there is."""
    cut = "größe".encode()[:3]

    assert guess_encoding(cut) == "utf-8"
    assert guess_encoding(cut, is_whole=True) == "latin-1"


def test_line_ends_and_nuls_are_cleaned(tmp_path):
    """Windows' line ends become line feeds; NUL is no text."""
    assert read_text(open_file(tmp_path / "f", b"a\r\nb\x00c\r\n")) == "a\nbc\n"


@pytest.mark.parametrize("content", [gzip.compress(b"x"), b"PK\x03\x04rest"])
def test_packed_file_is_refused(tmp_path, content):
    """Nothing is unpacked: a bomb is a small file."""
    with pytest.raises(Unreadable, match="packed"):
        read_text(open_file(tmp_path / "f.gz", content))


def test_huge_file_is_refused_unopened(tmp_path):
    """Its size is enough to know."""
    with pytest.raises(Unreadable, match="bytes are more"):
        read_text(SourceFile("f", tmp_path / "none", files.LARGEST_FILE + 1))


def test_file_that_cannot_be_opened_is_unreadable(tmp_path):
    """The reason is the system's."""
    with pytest.raises(Unreadable, match="No such file"):
        read_text(SourceFile("f", tmp_path / "none", 1))


def test_name_of_a_file_is_shown_without_secrets_and_on_one_line(folder):
    """A name may hold a token, or lines that look like a report's; what it ends on still says what it is."""
    folder.write("logs/a\nWhat is wrong\x1b[31m.log", "x")
    folder.write("logs/password=f81d4fae7dec.log", "x")

    names = [file.name for file in list_files(folder.path).files]

    assert names[1] == "logs/a\\x0aWhat is wrong\\x1b[31m.log"
    assert names[2].startswith("logs/password=[redacted:")
    assert [file.suffix for file in list_files(folder.path).files][1:] == [".log", ".log"]


def test_folder_in_the_place_of_a_file_is_named(folder):
    """Nobody need wonder why the alert is not there."""
    (folder.path / "alerts" / "a.json").mkdir(parents=True)

    assert list_files(folder.path).refused == {"alerts/a.json": "it is a folder, where a file is expected"}
