from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fermata.integrations.git.history import (
    Commit,
    find_brought,
    find_said_back,
    parse_blame,
    parse_blobs,
    parse_log,
)


def test_commits_are_read_with_empty_bodies_and_many_parents():
    """The separators are ones that no message holds."""
    text = "a\x00b c\x00Mei\x001700000000\x00Title\x00\x1e\nd\x00\x00Noor\x000\x00T\x00Body\nmore\n\x1e\n"

    merge, first = parse_log(text)

    assert merge.parents == ("b", "c")
    assert merge.committed_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (first.parents, first.body) == ((), "Body\nmore")
    assert parse_log("") == ()


def test_blame_tells_headers_from_content():
    """Lines of the file begin with a tab, whatever they hold."""
    sha, other = "a" * 40, "b" * 40
    raw = f"{sha} 1 1 1\nauthor x\n\t{other} 7 7\n{other} 2 2 2\n\tx\n{sha} 9 3\n\ty\n".encode()

    assert parse_blame(raw) == {sha: (1, 3), other: (2,)}


@given(st.binary(max_size=200))
def test_any_output_is_read_without_harm(raw):
    """What git never says must not break the reader either."""
    parse_blame(raw)


def test_revert_says_which_commit_it_takes_back_unless_it_was_taken_back_itself():
    """A revert of the revert puts the first commit into effect again."""
    at = datetime(2026, 11, 28, tzinfo=UTC)
    bad, revert, again = ("a" * 40, "b" * 40, "c" * 40)

    def say(sha, body=""):
        return Commit(sha, ("p",), "Mei", at, "A title", body)

    first = say(revert, f"Too many rows.\n\nThis reverts commit {bad}.")
    second = say(again, f"This reverts commit {revert}.")

    assert find_said_back((first, say(bad))) == {bad: at}
    assert find_said_back((second, first, say(bad))) == {revert: at}
    assert find_said_back((say(revert, f"After this reverts commit {bad} nothing works"),)) == {}


def test_line_that_is_older_than_blame_looked_is_nobodys():
    """The commit at the boundary stands for all that was there already."""
    sha, older = "a" * 40, "b" * 40
    raw = (
        f"{older} 1 1 1\nauthor Mei\nboundary\nfilename f\n\tboundary\n{sha} 1 2 1\nfilename f\n\tx\n{older} 2 3\n\ty\n"
    )

    assert parse_blame(raw.encode()) == {sha: (2,)}


def test_commit_belongs_to_the_first_merge_that_brought_it():
    """A branch of a branch came with the merge to HEAD's line; what was on the line came by none."""
    at = datetime(2026, 11, 28, tzinfo=UTC)
    older = Commit("m1", ("base", "b"), "Mei", at, "Merge b", "")
    newer = Commit("m2", ("line", "c"), "Mei", at, "Merge c", "")
    graph = {
        "head": ("m2",),
        "m2": ("line", "c"),
        "c": ("inner",),
        "inner": ("b", "d"),
        "d": ("base",),
        "line": ("m1",),
        "m1": ("base", "b"),
        "b": ("base",),
    }

    found = find_brought(graph, (newer, older))

    assert found == {"b": older, "c": newer, "inner": newer, "d": newer}
    assert find_brought({}, (newer, older)) == {}


def test_files_of_a_batch_are_told_from_what_is_missing_or_cut():
    """One that a commit has not, that is a folder, or whose end is not there is left out; the others stay."""
    oid = b"a" * 40
    raw = oid + b" blob 4\na\nb\n\n" + b"s:gone.yml missing\n" + oid + b" tree 2\nxx\n" + oid + b" blob 1\nz\n"
    asked = [("s", "a.yml"), ("s", "gone.yml"), ("s", "folder.yml"), ("s", "z.yml")]

    assert parse_blobs(raw, asked) == {("s", "a.yml"): "a\nb\n", ("s", "z.yml"): "z"}
    assert parse_blobs(raw[:-2], asked) == {("s", "a.yml"): "a\nb\n"}
    assert parse_blobs(b"", asked) == {}
