"""A diff's lines keep every character, and get their kind from the hunk header, not from their looks."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web import story

from fermata.web.diffs import DiffKind, parse_diff


def test_unified_diff_is_numbered_on_both_sides():
    """Removed lines carry the number before, added lines the number after, context both."""
    lines = parse_diff(story.DIFF)

    assert [line.kind for line in lines[:6]] == [
        DiffKind.META,
        DiffKind.META,
        DiffKind.HUNK,
        DiffKind.CONTEXT,
        DiffKind.REMOVED,
        DiffKind.ADDED,
    ]
    assert [(line.old, line.new) for line in lines[3:7]] == [(1, 1), (2, None), (None, 2), (3, 3)]


def test_removed_comment_is_no_file_name():
    """A removed line that reads `--- note` inside a hunk is a removed line."""
    (_, _, _, removed, added) = parse_diff("--- a.sql\n+++ a.sql\n@@ -1 +1 @@\n--- note\n+++ note\n")

    assert (removed.kind, removed.text) == (DiffKind.REMOVED, "--- note")
    assert (added.kind, added.text) == (DiffKind.ADDED, "+++ note")


def test_lines_beyond_the_hunk_are_not_coloured():
    """Text after a hunk's counted lines was not computed by the target system, and does not look as if it were."""
    lines = parse_diff("@@ -1 +1 @@\n-a\n+b\n+smuggled\n")

    assert lines[-1].kind is DiffKind.META


def test_second_file_and_missing_newline_are_understood():
    """A missing newline at the end of a file ends no hunk, and a second file begins a new one."""
    lines = parse_diff(
        "@@ -1,2 +1,2 @@\n-a\n\\ No newline at end of file\n+b\n c\n--- x\n+++ y\n@@ -9 +9,0 @@\n-gone\n"
    )

    assert [line.kind.value for line in lines] == [
        "hunk", "removed", "meta", "added", "context", "meta", "meta", "hunk", "removed",
    ]  # fmt: skip
    assert lines[-1].old == 9


@given(st.text())
def test_no_character_is_lost(text):
    """Whatever is given comes back when the lines are put together again."""
    joined = "\n".join(line.text for line in parse_diff(text))

    assert joined == text.removesuffix("\n")
