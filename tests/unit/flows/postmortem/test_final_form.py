"""A post-mortem as it leaves: without what only its editors need."""

import pytest

from fermata.flows.postmortem.final_form import drop_left_out, find_case, read_document, read_text
from fermata.kit.errors import UserError

LISTED = """# T

## Actions

- [ ] Alert <!-- action m1 -->

## Left out

<details>
<summary>1 message is not.</summary>

- [ ] 12:00 mei *(no line of its own)* <!-- keep m2 -->
- 3 more have no box here: `--dropped` lists them all

</details>

## Sources

None.
"""


def test_list_of_left_out_messages_does_not_leave():
    """With its fold, and with its heading, which would stand alone."""
    assert drop_left_out(LISTED) == "# T\n\n## Actions\n\n- [ ] Alert <!-- action m1 -->\n\n## Sources\n\nNone.\n"


def test_what_people_wrote_beside_that_list_stays():
    """Then the heading stays, too."""
    text = LISTED.replace("<details>", "We left out lunch.\n\n<details>")

    left = drop_left_out(text)

    assert "## Left out\n\nWe left out lunch." in left
    assert "keep m2" not in left


def test_list_without_a_fold_goes_line_by_line():
    """A team's own template may show it otherwise; other lines and folds stay as they are."""
    text = "## Dropped\n\n- [ ] a <!-- keep m1 -->\n- [x] b <!-- keep m2 -->\n"

    assert drop_left_out(f"# T\n\n{text}") == "# T\n"
    assert drop_left_out(f"{text}\nBut why?\n") == "## Dropped\n\n\nBut why?\n"
    assert drop_left_out("# T\n\nplain\n") == "# T\n\nplain\n"


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ('---\ncase: "inc-1"\ntitle: x\n---\n', "inc-1"),
        ("---\ncase: inc-1\n---\n", "inc-1"),
        ("---\ncase: 12\n---\n", "12"),
        ("---\ntitle: x\n---\n", ""),
        ("case: inc-1\n", ""),
        ("", ""),
    ],
)
def test_case_is_what_the_front_matter_says(text, case):
    """Whoever wrote it, quoted or not; elsewhere it means nothing."""
    assert find_case(text) == case


def test_file_without_a_heading_has_a_title(tmp_path):
    """And a file that is none, or is too long, is said."""
    document = read_document(tmp_path / "a.md", "text\n")

    assert (document.key, document.title) == ("a", "Post-mortem (a)")
    with pytest.raises(UserError, match="cannot be read"):
        read_text(tmp_path / "none.md")
    (tmp_path / "long.md").write_text("x" * 400_001)
    with pytest.raises(UserError, match="longer than 400,000"):
        read_text(tmp_path / "long.md")


def test_drawing_beside_a_file_is_bounded(tmp_path):
    """One that is huge, or no text, is not taken along."""
    (tmp_path / "huge.svg").write_text("<svg>" + " " * (1024 * 1024))
    (tmp_path / "bytes.svg").write_bytes(b"<svg>\xff\xfe")

    document = read_document(tmp_path / "a.md", "![x](huge.svg)\n\n![y](bytes.svg)\n")

    assert document.drawings == {}
