"""Condense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fermata.rules.condense.reading import cut_line, decode_line
from fermata.rules.condense.scoring import Candidate, score
from fermata.rules.condense.selecting import select
from fermata.rules.condense.survey import Survey
from fermata.rules.condense.tokens import count_tokens


def prefilter(lines: Sequence[bytes | str], budget: int, hint: Mapping[str, str]) -> list[str]:
    survey = Survey()
    survey.add_all(lines)
    candidates = score(survey.close(), hint)
    longest = max(240, budget // 2)

    def cut(candidate: Candidate) -> str:
        return cut_line(decode_line(lines[candidate.line]), longest).text

    chosen = select(candidates, budget, lambda candidate: count_tokens(cut(candidate)) + 1)
    return [cut(candidate) for candidate in chosen]
