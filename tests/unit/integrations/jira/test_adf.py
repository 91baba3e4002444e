"""Atlassian's documents, read into plain text and written from it."""

import pytest

from fermata.integrations.jira.adf import DEEPEST, read_document, write_document


def text(value):
    """Give a text node."""
    return {"type": "text", "text": value}


def block(kind, *content):
    """Give a node with children."""
    return {"type": kind, "content": list(content)}


@pytest.mark.parametrize("said", ["one", "one\ntwo", "one\n\ntwo\nthree", "- a\n- b\n\nc", ""])
def test_what_is_written_reads_the_same(said):
    """Paragraphs and line breaks survive."""
    document = write_document(said)

    assert read_document(document) == said
    assert all(node.get("text") != "" for part in document["content"] for node in part["content"])


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        (block("doc", block("paragraph", text("Look: "), {"type": "mention", "attrs": {"id": "1", "text": "@Ada"}})),
         "Look: @Ada"),
        (block("doc", block("bulletList", block("listItem", block("paragraph", text("a"))),
                            block("listItem", block("paragraph", text("b"))))), "- a\n- b"),
        (block("doc", block("heading", text("H")), block("codeBlock", text("x = 1\ny"))), "H\n\nx = 1\ny"),
        (block("doc", block("paragraph", {"type": "inlineCard", "attrs": {"url": "https://x"}})), "https://x"),
        (block("doc", block("paragraph", {"type": "emoji", "attrs": {"shortName": ":fire:"}})), ":fire:"),
        ({"type": "doc", "content": "broken"}, ""),
        ("  plain text\n", "plain text"),
        (None, ""),
    ],
)  # fmt: skip
def test_documents_of_people_read_as_text(document, lines):
    """Mentions, lists, code and links are what a person would read; what is no document is empty."""
    assert read_document(document) == lines


def test_document_without_a_bottom_is_not_followed():
    """A nesting that nobody writes is cut, not a crash."""
    node = text("deep")
    for _ in range(DEEPEST + 5):
        node = block("blockquote", node)

    assert read_document(block("doc", node)) == ""
