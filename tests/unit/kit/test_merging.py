"""Three texts become one, or nobody guesses."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.merging import merge_texts

TEN = "".join(f"{number}\n" for number in range(10))
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=12).map("".join)


def test_changes_far_apart_are_both_taken():
    """A line changed at the top, another taken back at the bottom."""
    ours, theirs = TEN.replace("1\n", "one\n"), TEN.replace("8\n", "")

    assert merge_texts(TEN, ours, theirs) == ours.replace("8\n", "")


@pytest.mark.parametrize("ours", [TEN.replace("5\n", "five\n"), TEN.replace("6\n", "six\n"), TEN.replace("5\n", "")])
def test_same_place_or_the_line_beside_it_is_a_conflict(ours):
    """Two people's words about the same lines need a third person."""
    assert merge_texts(TEN, ours, TEN.replace("5\n", "V\n")) is None


def test_same_change_is_taken_once():
    """It was made already."""
    both = TEN.replace("5\n", "V\n")

    assert merge_texts(TEN, both + "end\n", both) == both + "end\n"
    assert merge_texts(TEN, both, both) == both


def test_untouched_text_becomes_theirs_to_the_last_byte():
    """A missing line feed at the end is a part of the text."""
    assert merge_texts("a\nb", "a\nb", "a") == "a"
    assert merge_texts("a\n", "a\n", "") == ""


@given(TEXTS, TEXTS, TEXTS)
def test_side_that_changed_nothing_has_no_say(base, ours, theirs):
    """Whatever the texts: one change alone is taken as it is."""
    assert merge_texts(base, base, theirs) == theirs
    assert merge_texts(base, ours, base) == ours


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (TEN.replace("2\n", "two\nand more\n"), TEN.replace("7\n", "")),
        (TEN.replace("0\n", ""), TEN + "10\n"),
        ("top\n" + TEN, TEN.replace("4\n", "four\n").replace("9\n", "nine\n")),
    ],
)
def test_merge_is_the_one_of_git(ours, theirs, tmp_path):
    """`git merge-file` gives the same bytes."""
    for name, text in (("ours", ours), ("base", TEN), ("theirs", theirs)):
        (tmp_path / name).write_text(text)
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert merge_texts(TEN, ours, theirs) == done.stdout
