"""The last look at what leaves: secrets that only show once markup is gone are hidden in the words themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fermata.kit.redaction import redact
from fermata.ports.publisher import Document
from fermata.ports.publishing.blocks import Block, BlockKind, map_runs, parse_document, take_title
from fermata.ports.publishing.inline import Run, read_text


def make_blocks(document: Document) -> tuple[Block, ...]:
    """Return a document's blocks as a page shows them below its title, without secrets."""
    return hide_blocks(take_title(parse_document(document.markdown)))


def hide_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return blocks without secrets: a word that emphasis or a link parts in Markdown is whole on a page."""
    return tuple(replace(block, text=redact(block.text).text) for block in map_runs(blocks, _hide))


def list_left_out(blocks: Sequence[Block], *, drawings: bool) -> tuple[str, ...]:
    """Return what a page cannot show of a document, in words.

    Args:
        drawings: The page shows them.
    """
    count = sum(block.kind is BlockKind.IMAGE for block in blocks)
    if drawings or not count:
        return ()
    return (f"{count} drawing{'s' * (count > 1)} left out; what each shows is told in words beside it",)


def _hide(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    runs = tuple(replace(run, url=redact(run.url).text) if run.url else run for run in runs)
    hidden = tuple(replace(run, text=redact(run.text).text) for run in runs)
    found = redact(read_text(hidden))
    return hidden if not found.count else (Run(found.text), *(run for run in hidden if run.anchor))
