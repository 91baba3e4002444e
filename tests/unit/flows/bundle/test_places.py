"""A citation names the line of the file where its words stand, or no line at all."""

import pytest

from fermata.domain.diagnosis import Citation
from fermata.flows.bundle.places import Places


@pytest.fixture
def find(folder):
    """Give a function that finds where a line of a bundle's only evidence of a kind stands, by a part of it."""

    def find(kind, part):
        bundle = folder.read()
        pairs = [(item, line) for item in bundle.evidence if item.kind == kind for line in item.lines]
        item, line = next((item, line) for item, line in pairs if part in line.text)
        citation = Citation(evidence_id=item.id, first_line=line.number, last_line=line.number, quote=line.text)
        return Places(bundle.files).find(citation, item)

    return find


CHANGES = """\
[
 {"id": "one", "kind": "flag", "time": "2026-11-23T11:00:00Z",
  "state": "off->on",
  "title": "same"},
 {"id": "two", "kind": "commit", "time": "2026-11-23T11:10:00Z", "title": "same",
  "diff": "--- a/x\\n+++ b/x\\n@@ -1 +1 @@\\n-say(\\"no\\")\\n+say(\\"yes\\")"},
 {"id": "three", "kind": "commit", "time": "2026-11-23T11:20:00Z", "title": "password=f81d4fae7dec"}
]
"""


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("off->on", "changes/c.json:3"),
        ('+say("yes")', "changes/c.json:6"),
        ("commit two", "changes/c.json:5"),
        ("commit three", "changes/c.json:7"),
        ("password=", "changes/c.json:7"),
    ],
)
def test_line_of_a_record_is_looked_up_in_its_file(folder, find, part, place):
    """The value stands somewhere in the file: that line is named, and of what stands twice the record's own."""
    folder.write("changes/c.json", CHANGES)

    assert find("change", part) == place


def test_line_of_a_diff_file_is_its_own(folder, find):
    """The record stands elsewhere."""
    folder.write("changes/c.json", [{"id": "9f1c2ab", "kind": "commit", "title": "x", "time": "2026-11-23T11:00:00Z"}])
    folder.write("changes/9f1c2ab.diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-aaaa\n+bbbb\n")

    assert find("change", "+bbbb") == "changes/9f1c2ab.diff:5"
    assert find("change", "commit 9f1c2ab") == "changes/c.json:1"


def test_line_that_cannot_be_told_is_not_named(folder, find):
    """A sum over a table stands nowhere in it."""
    folder.write("metrics/m.csv", "time,cart:errors\n2026-11-23T11:58:00Z,0.1\n2026-11-23T12:00:00Z,9.5\n")

    assert find("metrics", "cart") == "metrics/m.csv"


def test_lines_of_logs_objects_and_printed_text_are_the_files_own(folder, find):
    """What a command printed has it behind the line."""
    folder.write("logs/cart.log", "same\nsame\n")
    folder.write("objects/t.txt", "$ kubectl get ns\nNAME  STATUS  AGE\na  Active  3h\n")

    assert find("logs", "same") == "logs/cart.log:1"
    assert find("objects", "Active") == "objects/t.txt:3 (kubectl get ns)"


def test_line_of_an_exported_log_is_looked_up(folder, find):
    """Its numbers count records."""
    folder.write("logs/cart.json", '[\n\n{"msg": "first"},\n{"msg": "second"}\n]\n')

    assert find("logs", "second") == "logs/cart.json:4"


def test_line_that_a_command_of_a_support_bundle_printed_is_the_commands(folder, find):
    """The same words under two commands are told apart by them."""
    folder.write(
        "kubectl.json",
        '{"kubectl get ns":\n "NAME  STATUS\\na  Active",\n"kubectl get ns -o wide": "NAME  STATUS\\nb  Active"}',
    )

    assert find("objects", "a  Active") == "kubectl.json:2 (kubectl get ns)"
    assert find("objects", "b  Active") == "kubectl.json:3 (kubectl get ns -o wide)"


def test_file_that_is_gone_is_named_without_a_line(folder, find):
    """It changed after it was read."""
    path = folder.write("changes/c.json", CHANGES)
    bundle = folder.read()
    item = next(item for item in bundle.evidence if item.kind == "change")
    path.unlink()

    citation = Citation(evidence_id=item.id, first_line=1, last_line=1, quote="off->on")

    assert Places(bundle.files).find(citation, item) == "changes/c.json"


def test_line_of_a_plan_is_looked_up_without_the_mark_that_was_moved(folder, find):
    """In the file it stands behind the margin, with what it becomes behind it."""
    folder.write("changes/c.json", [{"id": "tf-1", "kind": "terraform", "time": "2026-11-23T11:00:00Z"}])
    block = "      ~ size = 1000 -> 2000\n      - old  = 3000 -> null\n    }\n"
    plan = f'  # a.b will be updated in-place\n  ~ resource "a" "b" {{\n{block}'
    folder.write("terraform/apply.txt", f"{plan}Apply complete!\n")

    assert find("change", "-        size = 1000") == "terraform/apply.txt:3"
    assert find("change", "old  = 3000") == "terraform/apply.txt:4"
