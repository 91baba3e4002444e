"""Whether a claim stands where it says it stands.

Signatures build citations with `cite`; a model writes its own. Both are checked by the same guard before anything is
shown or planned. Nothing here judges whether the cited words support the claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.diagnosis import Citation
from fermata.domain.evidence import Evidence
from fermata.kit.errors import GuardRefused

MAX_QUOTE = 400
"""Characters quoted when nobody says which: a card is read on a phone, and one line may hold a megabyte."""


def cite(evidence: Evidence, first_line: int, last_line: int | None = None, quote: str | None = None) -> Citation:
    """Build a citation that is known to hold.

    Args:
        last_line: Inclusive; `None` cites one line.
        quote: Verbatim words from those lines; `None` takes the lines themselves, up to `MAX_QUOTE` characters.

    Raises:
        GuardRefused: `citation`: the lines do not exist or do not hold the quote.
    """
    last = first_line if last_line is None else last_line
    words = quote if quote is not None else (find_text(evidence, first_line, last) or "").strip()[:MAX_QUOTE]
    # A blank quote cannot be built into a `Citation`; a stand-in lets the guard below say what is wrong.
    citation = Citation(evidence_id=evidence.id, first_line=first_line, last_line=last, quote=words or " ")
    refuse_bad_citations([citation], [evidence])
    return citation


def refuse_bad_citations(citations: Sequence[Citation], evidence: Sequence[Evidence]) -> None:
    """Refuse a claim whose evidence is unknown, whose lines do not exist, or whose quote is not in them verbatim.

    Linear in the size of the evidence for each citation; pure.

    Args:
        evidence: All that the claim may rest on, in any order.

    Raises:
        GuardRefused: `citation`, with `evidence_id` and the line numbers as facts.
    """
    by_id = {item.id: item for item in evidence}
    for citation in citations:
        item = by_id.get(citation.evidence_id)
        if item is None:
            raise _refusal(citation, "There is no such evidence in this incident")
        text = find_text(item, citation.first_line, citation.last_line)
        if text is None:
            raise _refusal(citation, f"'{item.title}' does not hold all of these lines")
        if not citation.quote.strip():
            raise _refusal(citation, "The quote is blank")
        if citation.quote not in text:
            raise _refusal(citation, f"The quoted words do not stand in these lines of '{item.title}'")


def find_text(evidence: Evidence, first_line: int, last_line: int) -> str | None:
    """Return the lines joined with newlines, or `None` unless every one of them is there."""
    lines = [line for line in evidence.lines if first_line <= line.number <= last_line]
    # Compared by count, not by walking the range: a model may write last_line=1000000000.
    if len({line.number for line in lines}) != last_line - first_line + 1:
        return None
    return "\n".join(line.text for line in lines)


def _refusal(citation: Citation, why: str) -> GuardRefused:
    span = f"{citation.first_line}-{citation.last_line}"
    return GuardRefused(
        "citation",
        f"A claim that cites lines {span} of {citation.evidence_id} was refused",
        why=why,
        do="Cite evidence by its id, with lines that exist and words copied from them",
        evidence_id=citation.evidence_id,
        first_line=citation.first_line,
        last_line=citation.last_line,
    )
