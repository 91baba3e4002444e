import io
import zipfile

import pytest
from tests.unit.flows.postmortem.export_samples import write_zip

from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem import archive
from fermata.flows.postmortem.archive import open_files, open_zip


@pytest.fixture
def opened(tmp_path):
    """Give an opener of a zip's bytes: the archive and the warnings."""

    def run(content):
        path = tmp_path / "e.zip"
        path.write_bytes(content)
        haul = Haul()
        return open_zip(path, "e.zip", haul), haul.warnings

    return run


def pack(files, method=zipfile.ZIP_DEFLATED):
    """Return a zip's bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as whole:
        for name, text in files.items():
            whole.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_files_are_read_by_name(opened, method):
    """However they are packed."""
    found, warnings = opened(pack({"b/c.json": "[1]", "a.json": "ü"}, method))

    assert (list(found.names), warnings) == (["a.json", "b/c.json"], [])
    assert (found.read("a.json"), found.read("b/c.json")) == ("ü", "[1]")


@pytest.mark.parametrize(
    "name", ["../x.json", "/etc/x.json", "a/../../x.json", "C:/x.json", "..\\x.json", "a\x1b.json"]
)
def test_names_that_lead_elsewhere_are_refused(opened, name):
    """And named; the others are read."""
    found, warnings = opened(pack({name: "[]", "a.json": "[]"}))

    assert list(found.names) == ["a.json"]
    assert "leads out of it" in warnings[0]


def test_leavings_of_other_systems_are_passed_over(opened):
    """Nobody asked for them, and nobody misses them."""
    found, warnings = opened(pack({"__MACOSX/._a.json": "x", ".DS_Store": "x", "a.json": "[]"}))

    assert (list(found.names), warnings) == (["a.json"], [])


def test_bomb_is_cut_off_at_what_is_read(opened, monkeypatch):
    """A few kilobytes that unfold into gigabytes."""
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 1000)  # A real one would cost seconds.
    found, _ = opened(pack({"bomb.json": "0" * 10_000_000, "a.json": "[]"}))

    with pytest.raises(Unreadable, match="unfolds into more than the 1,000 bytes"):
        found.read("bomb.json")

    assert found.read("a.json") == "[]"


def test_many_files_have_one_limit_together(opened, monkeypatch):
    """Each of them small, and all of them too much."""
    monkeypatch.setattr(archive, "LARGEST_WHOLE", 1500)
    found, _ = opened(pack({f"{n}.json": "x" * 1000 for n in range(3)}))

    assert len(found.read("0.json")) == 1000
    with pytest.raises(Unreadable, match="more than the 500 bytes"):
        found.read("1.json")


def test_more_files_than_are_read_are_counted(opened, monkeypatch):
    """Twenty thousand days are enough."""
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)

    found, warnings = opened(pack({f"{n}.json": "[]" for n in range(5)}))

    assert (len(found.names), warnings) == (2, ["e.zip: 3 more files: 2 are read"])


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_zip_that_breaks_off_is_read_up_to_there(opened, method):
    """Half a download has no list of contents: each file's own header says what it is."""
    noise = "".join(chr(33 + (n * 7919) % 90) for n in range(20_000))
    whole = pack({"a.json": "[1]", "b.json": f"[2] {noise}", "c.json": f"[3] {noise}"}, method)

    found, warnings = opened(whole[: len(whole) * 3 // 4])

    assert "it breaks off" in warnings[0]
    assert (found.read("a.json"), found.read("b.json")) == ("[1]", f"[2] {noise}")
    assert found.read("c.json").startswith("[3]")


def test_streamed_zip_that_breaks_off_is_read_up_to_there(opened):
    """Written to a pipe, its sizes follow the content."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, data):
            self.parts.append(bytes(data))
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("a.json", "[1]")
        whole.writestr("b.json", "[2]" * 1000)
    content = b"".join(pipe.parts)

    found, _ = opened(content[: content.index(b"PK\x01\x02")])

    assert (found.read("a.json"), found.read("b.json")) == ("[1]", "[2]" * 1000)


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"PK\x03\x04", b"PK\x05\x06" + b"\x00" * 10, b"PK\x03\x04" + b"\xff" * 40]
)
def test_what_is_no_zip_is_refused(opened, content):
    """A text, a torn header, nothing."""
    with pytest.raises(Unreadable):
        opened(content)


def test_damaged_and_encrypted_files_are_refused_one_by_one(opened):
    """The others are read."""
    content = bytearray(pack({"a.json": "[1]" * 100, "b.json": "[2]"}))
    start = content.index(b"a.json") + 6
    content[start : start + 8] = b"\xff" * 8
    found, _ = opened(bytes(content))
    with pytest.raises(Unreadable, match="damaged"):
        found.read("a.json")
    assert found.read("b.json") == "[2]"

    locked = bytearray(pack({"a.json": "[1]"}))
    entry = locked.index(b"PK\x01\x02")
    locked[entry + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        opened(bytes(locked))[0].read("a.json")


def test_heads_of_json_files_are_shown_and_unreadable_ones_passed_over(tmp_path):
    """To see what a file is, without reading it whole."""
    path = tmp_path / "a.json"
    path.write_text("x" * 10_000)
    files = [
        SourceFile("a.json", path, 1),
        SourceFile("b.json", tmp_path / "gone.json", 1),
        SourceFile("c.txt", path, 1),
    ]

    heads = dict(open_files(files).find_heads(10))

    assert heads == {"a.json": "x" * 10}


def test_missing_zip_is_refused(tmp_path):
    """It was there a moment ago."""
    with pytest.raises(Unreadable, match="cannot be opened"):
        open_zip(tmp_path / "gone.zip", "gone.zip", Haul())


def test_zip_in_a_bundle_is_opened(tmp_path):
    """As it was downloaded."""
    path = write_zip(tmp_path / "e.zip", {"a.json": "[]"})

    assert open_zip(path, "e.zip", Haul()).read("a.json") == "[]"


def test_file_in_a_packing_that_is_not_read_is_refused(opened):
    """Its method is none that Python knows; of a zip that breaks off, too."""
    content = bytearray(pack({"a.json": "[1]", "b.json": "[2]"}))
    for mark, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        start = content.index(mark)
        content[start + offset : start + offset + 2] = (99).to_bytes(2, "little")

    for part in (content, content[: content.index(b"PK\x01\x02")]):
        found, _ = opened(bytes(part))
        with pytest.raises(Unreadable, match="packed in a way"):
            found.read("a.json")
        assert found.read("b.json") == "[2]"


def test_damaged_file_of_a_zip_that_breaks_off_is_refused(opened):
    """What stands before it is read."""
    content = pack({"a.json": "[1]", "b.json": "[2]" * 100})
    torn = bytearray(content[: content.index(b"PK\x01\x02")])
    start = torn.index(b"b.json") + 6
    torn[start : start + 8] = b"\xff" * 8

    found, _ = opened(bytes(torn))

    assert found.read("a.json") == "[1]"
    with pytest.raises(Unreadable, match="damaged"):
        found.read("b.json")
