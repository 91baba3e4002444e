import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.kit.diffs import list_edits
from fermata.rules.merge import Conflict, merge_texts

BASE = "# Post-mortem\n\n## Timeline\n\n| 10:00 | alert |\n| 10:05 | rollback |\n\n## Actions\n\nNone.\n"


def test_untouched_draft_becomes_the_new_one():
    """Where nobody edited there is nothing to keep."""
    theirs = BASE.replace("None.", "- [ ] Add an alert")

    merged = merge_texts(BASE, BASE, theirs)

    assert merged.text == theirs
    assert merged.conflicts == ()
    assert merged.diff == ""


def test_same_draft_again_leaves_every_edit():
    """Generating it again without news changes no byte."""
    mine = BASE.replace("None.", "Ana adds an alert.\n\nThank you all.")

    assert merge_texts(BASE, mine, BASE).text == mine


def test_new_row_comes_in_beside_an_edited_one():
    """What is generated anew joins the table although a person rewrote the row above it."""
    mine = BASE.replace("| 10:05 | rollback |", "| 10:05 | Ana rolls checkout back |")
    theirs = BASE.replace("| 10:05 | rollback |\n", "| 10:05 | rollback |\n| 10:09 | restored |\n")

    merged = merge_texts(BASE, mine, theirs)

    assert "| 10:05 | Ana rolls checkout back |\n| 10:09 | restored |\n" in merged.text
    assert merged.conflicts == ()


def test_rows_that_changed_side_by_side_are_changes_of_their_own():
    """Of two neighbouring rows that are generated otherwise, only the one that a person edited is kept."""
    mine = BASE.replace("| 10:05 | rollback |", "| 10:05 | undone |")
    theirs = BASE.replace("| 10:00 | alert |\n| 10:05 | rollback |", "| 10:00 | page |\n| 10:05 | revert |")

    merged = merge_texts(BASE, mine, theirs)

    assert "| 10:00 | page |\n| 10:05 | undone |" in merged.text
    assert merged.conflicts == (Conflict(("| 10:05 | undone |",), ("| 10:05 | revert |",)),)


def test_new_rows_come_in_beside_an_edited_one_whose_source_changed():
    """The row that rests on the same message is the same row; those around it are new, and no part of the collision."""
    row = "| 10:05 | rollback | [message](#m1) |"
    base = BASE.replace("| 10:05 | rollback |", row)
    mine = base.replace("rollback", "Ana rolls checkout back")
    news = (
        "| 10:03 | slow | [message](#m0) |",
        row.replace("rollback", "revert"),
        "| 10:09 | restored | [message](#m2) |",
    )
    theirs = base.replace(row, "\n".join(news))

    merged = merge_texts(base, mine, theirs)

    mended = row.replace("rollback", "Ana rolls checkout back")
    assert "\n".join((news[0], mended, news[2])) in merged.text
    assert merged.conflicts == (Conflict((mended,), (news[1],)),)
    assert "+| 10:09" not in merged.diff


def test_rows_that_changed_places_are_taken_as_they_come():
    """Only what keeps its order is the same row; nothing is told twice, and nothing is lost."""
    rows = [f"| {n} | [message](#m{n}) |" for n in range(3)]
    news = [row.replace("| [", "| now | [") for row in (rows[2], rows[0], rows[1])]

    assert merge_texts("\n".join(rows), "\n".join(rows), "\n".join(news)).text == "\n".join(news)


def test_collision_keeps_the_persons_words_and_shows_the_others():
    """A diff says what taking the generated line over would change."""
    mine = BASE.replace("None.", "Ana adds an alert.")
    theirs = BASE.replace("None.", "- [ ] Add an alert")

    merged = merge_texts(BASE, mine, theirs)

    assert merged.text == mine
    assert "-Ana adds an alert.\n+- [ ] Add an alert\n" in merged.diff
    assert merged.diff.startswith("diff --git a/post-mortem b/post-mortem\n")


def test_what_a_person_removed_stays_removed():
    """A row that was taken out does not come back in another wording."""
    mine = BASE.replace("| 10:05 | rollback |\n", "")
    theirs = BASE.replace("rollback", "revert")

    merged = merge_texts(BASE, mine, theirs)

    assert "10:05" not in merged.text
    assert merged.conflicts == (Conflict((), ("| 10:05 | revert |",)),)


def test_section_that_a_person_removed_does_not_come_back_line_by_line():
    """New lines in the midst of it are shown, and stay out; what the draft removed there as well is no conflict."""
    base = "# A\n\n## Sources\n\n- m1\n- m2\n- m3\n\nEnd.\n"
    mine = "# A\n\nEnd.\n"

    more = merge_texts(base, mine, base.replace("- m2\n", "- m2\n- new\n"))
    fewer = merge_texts(base, mine, base.replace("- m2\n", ""))

    assert (more.text, fewer.text) == (mine, mine)
    assert more.conflicts == (Conflict((), ("- new",)),)
    assert "+- new\n" in more.diff
    assert "m1" not in more.diff
    assert (fewer.conflicts, fewer.diff) == ((), "")


def test_note_between_rows_that_are_generated_no_more_stays_with_them():
    """A block that is replaced by one of another size is left as it is where somebody wrote into it."""
    mine = BASE.replace("| alert |\n", "| alert |\n| 10:01 | Ana joins |\n")
    theirs = BASE.replace("| 10:00 | alert |\n| 10:05 | rollback |\n", "Nothing is told.\n")

    merged = merge_texts(BASE, mine, theirs)

    assert merged.text == mine
    assert merged.conflicts[0].theirs == ("Nothing is told.",)


def test_additions_at_one_place_are_both_made_and_the_same_once():
    """A generated row stays in its table, above the paragraph a person wrote below it."""
    row, note = "| 10:05 | rollback |\n| 10:09 | restored |\n", "| 10:05 | rollback |\n\nGraphs attached.\n"
    with_row, with_note = BASE.replace("| 10:05 | rollback |\n", row), BASE.replace("| 10:05 | rollback |\n", note)

    assert "| 10:09 | restored |\n\nGraphs attached.\n" in merge_texts(BASE, with_note, with_row).text
    assert merge_texts(BASE, with_row, with_row).text == with_row


def test_lines_of_a_form_count_as_their_plain_twins():
    """A browser ends lines with two characters: that is no edit."""
    merged = merge_texts(BASE, BASE.replace("\n", "\r\n"), BASE + "More.\n")

    assert merged.text == BASE + "More.\n"


LINES = st.lists(st.sampled_from("abcdef"), max_size=8)
OWN = st.lists(st.one_of(st.sampled_from("abcdef"), st.integers(0, 99).map("own {}".format)), max_size=10)
NEW = st.lists(st.one_of(st.sampled_from("abcdef"), st.integers(0, 99).map("new {}".format)), max_size=10)


@settings(deadline=None)
@given(LINES, OWN, NEW)
def test_no_line_that_a_person_wrote_is_ever_lost(base, mine, theirs):
    """Whatever is generated, the text holds all of a person's own lines, in their order."""
    merged = merge_texts("\n".join(base), "\n".join(mine), "\n".join(theirs))

    written = [line for line in mine if line.startswith("own")]
    assert [line for line in merged.text.split("\n") if line.startswith("own")] == written


@settings(deadline=None)
@given(LINES, OWN, NEW)
def test_every_new_line_is_in_the_text_or_in_the_diff(base, mine, theirs):
    """Nothing that is generated is swallowed: a person can take over what did not come in."""
    merged = merge_texts("\n".join(base), "\n".join(mine), "\n".join(theirs))

    shown = [*merged.text.split("\n"), *(line[1:] for line in merged.diff.split("\n") if line.startswith("+"))]
    assert {line for line in theirs if line.startswith("new")} <= set(shown)
    assert bool(merged.conflicts) == bool(merged.diff)


@settings(deadline=None)
@given(LINES, OWN)
def test_side_that_did_not_change_leaves_the_other_as_it_is(base, other):
    """With one side untouched the other is the answer, to the byte."""
    old, text = "\n".join(base), "\n".join(other)

    assert merge_texts(old, text, old).text == text
    assert merge_texts(old, old, text).text == text
    assert merge_texts(old, text, text).text == text


@settings(deadline=None)
@given(LINES, OWN, NEW)
def test_merging_again_changes_nothing(base, mine, theirs):
    """Once merged, the same draft brings neither a line nor a conflict that a person did not see."""
    new = "\n".join(theirs)
    first = merge_texts("\n".join(base), "\n".join(mine), new)

    again = merge_texts(new, first.text, new)

    assert again.text == first.text
    assert again.conflicts == ()


@pytest.mark.parametrize("size", [0, 1, 3])
def test_lines_removed_by_both_are_no_conflict(size):
    """What neither side has any more is gone without a word."""
    base = "keep\n" + "gone\n" * size + "end\n"

    merged = merge_texts(base, "keep\nend\n", "keep\nend\n")

    assert merged.text == "keep\nend\n"
    assert merged.diff == ""
    assert list_edits(["keep"], ["keep"]) == []
