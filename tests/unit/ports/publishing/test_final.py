"""Secrets that only show once markup is gone."""

from fermata.ports.publishing.blocks import parse_document, read_words
from fermata.ports.publishing.final import hide_blocks, list_left_out
from fermata.ports.publishing.inline import Run

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"


def test_secret_in_two_halves_is_hidden():
    """In paragraphs, tables, folds and code; anchors stay."""
    halves = f"{SECRET[:9]}**{SECRET[9:14]}**{SECRET[14:]}"
    parts = (
        f'<a id="src-1"></a>{halves}',
        f"| {halves} |",
        f"<details>\n<summary>{halves}</summary>\n\n- {halves}\n\n</details>",
        f"```\n{SECRET}\n```",
        f"[a](https://x.example/?token={SECRET})",
    )
    blocks = hide_blocks(parse_document("\n\n".join(parts)))

    assert SECRET[14:] not in read_words(blocks)
    assert SECRET not in str(blocks)
    assert Run(anchor="src-1") in blocks[0].runs


def test_words_without_secrets_keep_their_looks():
    """Nothing is lost where there is nothing to hide."""
    blocks = parse_document("a **b** [c](https://x.example)")

    assert hide_blocks(blocks) == blocks


def test_drawings_that_are_left_out_are_counted():
    """One, several, none; or all are shown."""
    one, two = parse_document("![a](a.svg)"), parse_document("![a](a.svg)\n\n![b](b.svg)")

    assert list_left_out(one, drawings=False)[0].startswith("1 drawing left out")
    assert list_left_out(two, drawings=False)[0].startswith("2 drawings left out")
    assert list_left_out(two, drawings=True) == list_left_out((), drawings=False) == ()
