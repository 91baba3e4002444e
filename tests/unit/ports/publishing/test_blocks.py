"""A document as blocks."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.integrations.confluence.storage import write_storage
from fermata.integrations.googledocs.html import write_html
from fermata.integrations.notion.blocks import split_portions, write_blocks
from fermata.ports.publishing.blocks import Block, BlockKind, parse_document, read_words, take_title
from fermata.ports.publishing.inline import Run, read_text
from fermata.testing.publishing.confluence import check_storage
from fermata.testing.publishing.googledocs import check_html
from fermata.testing.publishing.notion import find_fault

HOSTILE = st.lists(
    st.sampled_from(
        [
            "---", "```", "~~~", "# a", "####### b", "| a | b |", "|---|---|", "| \\| |", "> q", "- [ ] box",
            "- [x] box", "- item", "  more", "1. one", "<details>", "</details>", "<summary>s</summary>", "<!-- c -->",
            "<!--", "-->", "![a](b.svg)", "]]>", "<script>alert(1)</script>", "&lt;b&gt;", "**b** *i* `c`",
            "[l](https://x.example/?a=1&b=2)", "[l](#src-a.b)", "[l](javascript:x)", '<a id="src-a"></a>', "",
            "\x00\x1b[31m\u202e", "\ud800", "a<br>b", "\U0001f525",
        ]
    )
    | st.text(max_size=40),
    max_size=25,
).map("\n".join)  # fmt: skip


def list_kinds(text):
    """Give kind and words of each block."""
    return [(block.kind.value, read_text(block.runs) or block.text) for block in parse_document(text)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("---\na: b\n---\n\n# T\n", [("heading", "T")]),
        ("a\nb\n\nc", [("paragraph", "a b"), ("paragraph", "c")]),
        ("a\n# h\nb", [("paragraph", "a"), ("heading", "h"), ("paragraph", "b")]),
        ("- a\n  more\n- b\n1. c", [("bullet", "a more"), ("bullet", "b"), ("numbered", "c")]),
        ("- [x] a\n- [ ] b", [("box", "a"), ("box", "b")]),
        ("> a\n> b\nc", [("quote", "a b"), ("paragraph", "c")]),
        ("```py\na\n# b\n```\nc", [("code", "a\n# b"), ("paragraph", "c")]),
        ("~~~~\n~~~\n~~~~", [("code", "~~~")]),
        ("```\nopen", [("code", "open")]),
        ("a\n\n---\n\nb", [("paragraph", "a"), ("rule", ""), ("paragraph", "b")]),
        ("![what](p/a.svg)", [("image", "what")]),
        ("a <!-- x --> b\n<!-- y\n\nz -->\nc", [("paragraph", "a  b"), ("paragraph", "c")]),
        ("```\n<!-- kept -->\n```", [("code", "<!-- kept -->")]),
        ("</details>\na", [("paragraph", "a")]),
        ("", []),
    ],
)
def test_blocks_are_those_that_people_see(text, kinds):
    """Comments and front matter are not among them."""
    assert list_kinds(text) == kinds


def test_table_has_rows_of_one_width():
    """Cells that are missing are empty, and a bar that is escaped is text."""
    (table,) = parse_document("| a | b |\n|---|---|\n| 1 \\| 2 |\n| 3 | 4 |")
    (bare,) = parse_document("| a | b |")

    assert table.has_head
    assert [[read_text(cell) for cell in row] for row in table.rows] == [["a", "b"], ["1 | 2", ""], ["3", "4"]]
    assert not bare.has_head


def test_fold_holds_its_blocks():
    """Folds may lie in folds, and one that is not closed ends with the document."""
    outer, after = parse_document(
        "<details>\n<summary>S</summary>\n\na\n\n<details>\n\nb\n\n</details>\n\n</details>\n\nc"
    )
    (open_,) = parse_document("<details>\n\na")

    assert (outer.kind, read_text(outer.runs)) == (BlockKind.FOLD, "S")
    assert [block.kind for block in outer.blocks] == [BlockKind.PARAGRAPH, BlockKind.FOLD]
    assert read_text(after.runs) == "c"
    assert open_.blocks == (Block(BlockKind.PARAGRAPH, (Run("a"),)),)


@pytest.mark.parametrize(
    "text",
    [
        "`" * 400_000,
        "<details>\n" * 40_000,
        "<!--" * 100_000,
        "~~~" * 100_000,
        "[a](" * 60_000,
        "![](" * 60_000,
        "# a" + " " * 60_000 + "x",
        "a|b\n|---" + " " * 60_000 + "x|",
    ],
    ids=["code", "folds", "comments", "fences", "links", "images", "heading", "divider"],
)
def test_text_that_opens_without_end_is_read_at_once(text):
    """Neither recursion nor time without bounds."""
    started = time.process_time()
    assert "x" in read_words(parse_document(f"{text}\n\nx"))
    assert time.process_time() - started < 5


def test_title_is_taken_off_once():
    """Only a heading of the first level at the top is one."""
    assert list_kinds("# T\n\na")[1:] == [(block.kind.value, "a") for block in take_title(parse_document("# T\n\na"))]
    assert len(take_title(parse_document("## T\n\na"))) == 2
    assert take_title(()) == ()


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_every_text_becomes_what_services_take(text):
    """Whatever people wrote: well-formed XML and HTML without markup of theirs, and Notion's limits kept."""
    blocks = parse_document(text)

    check_storage(write_storage(blocks, "fermata-x", {"b.svg": "b.svg"}))
    check_html(write_html("t", blocks))
    for portion in split_portions(write_blocks(blocks)):
        assert find_fault(portion, 1) == ""
    assert "src-a" not in read_words(blocks) or "src-a" in text
