"""Writes docs/signatures.md from the catalogue of signatures: `PYTHONPATH=src python tools/write_signatures.py`.

The page is what a signature says of itself, so nothing is added here. A test compares the page with this text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fermata.rules.signatures import CATALOGUE, Signature

PAGE = Path(__file__).resolve().parents[1] / "docs" / "signatures.md"

_HEAD = """\
# Signatures

A signature is one published pattern of failure: what it looks at, what it concludes, and what would rule it out. All of
them run on every investigation, offline and for free; the same evidence gives the same diagnosis.

The hypothesis that explains most of what was observed leads. Between equals: the more exact one, then the one with more
evidence about its own object, then confidence. Each other one says why it lost. A symptom never leads: when only a
symptom is left, the diagnosis is `undetermined` and names one or two checks. A hypothesis without citations does not
exist. Confidence is for people; it opens no gate.

`fermata signatures` lists them, `fermata signatures disk_full` shows one. `fermata signatures test` holds them against
rehearsals of your own: [signature-cases.md](signature-cases.md).

This page is written by `tools/write_signatures.py` from the catalogue.
"""


def describe_signatures(catalogue: Sequence[Signature] = CATALOGUE) -> str:
    """Return the page: a table of all signatures, then a section for each, under its id."""
    rows = [f"| [`{item.id}`](#{item.id}) | {item.title} | {item.specificity.words} |" for item in catalogue]
    table = "\n".join(["| id | title | names |", "|---|---|---|", *rows])
    return "\n".join([_HEAD, table, *(_describe(item) for item in catalogue)]) + "\n"


def _describe(item: Signature) -> str:
    looks_at = ", ".join(f"`{kind.value}`" for kind in item.looks_at)
    blames = "\n- **Blames a change:** the one it cites is named as the guilty change." if item.blames_change else ""
    return f"""
## {item.id}
{item.title}.

- **Looks at:** {looks_at}
- **Ruled out by:** {item.ruled_out_by}
- **Confidence:** {item.confidence_note}
- **Action:** {item.action.replace("<", "&lt;")}{blames}"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(describe_signatures(), encoding="utf-8")


if __name__ == "__main__":
    main()
