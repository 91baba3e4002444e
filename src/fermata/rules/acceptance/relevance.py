"""Whether a claim speaks of what it cites at all: a true quote under words about something else proves nothing.

Words are not weighed: the disk is full where no space is left on the device. So it is a doubt for whoever reads the
claim, and refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import Evidence
from fermata.rules.acceptance.grounding import list_cited

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d{2,}|[^\W\d_a-zA-Z]+")
_STEM = 5
"""Letters by which two forms of a word are one: `refused`, `refusal`."""
_LEAST = 3
_PLAIN = re.compile(
    r"""(?x)
    about | after | again | all | also | and | any | are | because | been | before | both | but | cause | caused |
    causes | code | does | down | each | error | every | fail | failed | failing | fails | failure | for | from |
    get | has | have | into | its | line | lines | log | logs | more | most | next | not | now | off | old | once |
    one | only | other | out | over | pod | request | same | see | seen | server | service | set | since | some |
    state | still | system | than | that | the | their | them | then | there | these | they | this | time | too |
    two | under | until | upon | use | used | uses | using | very | was | were | what | when | where | which | while
    | who | why | will | with | within | without | wrong
    """
)


def shares_words(hypothesis: Hypothesis, evidence: Mapping[str, Evidence]) -> bool:
    """Answer whether any telling word of a claim stands in the lines that it cites.

    The name of where the cause sits does not count: it stands beside every claim.

    Args:
        evidence: By its id.
    """
    named = _list_stems(hypothesis.entity.name)
    said = _list_stems(f"{hypothesis.text} {hypothesis.cause.replace('_', ' ')}") - named
    lines = (
        f"{item.title} {line}"
        for citation in hypothesis.citations
        if (item := evidence.get(citation.evidence_id)) is not None
        for line in list_cited(citation, item)
    )
    return not said or any(said & _list_stems(line) for line in lines)


def _list_stems(text: str) -> set[str]:
    words = (word.lower() for word in _TOKEN.findall(text))
    return {word[:_STEM] for word in words if (len(word) >= _LEAST and not _PLAIN.fullmatch(word)) or word.isdigit()}
