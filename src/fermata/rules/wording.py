"""A question put to a model: which kind it is, and an answer in words whose every sentence must stand. Pure.

Nothing of an answer is believed for being well said. A sentence is looked up as a hypothesis is: its lines exist and
hold the quoted words, its numbers stand in them, and it brings no address of its own. One that does not stand refuses
the whole answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from fermata.domain.answer import AnsweredCitation
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence
from fermata.domain.model import TaskKind
from fermata.domain.record import Record
from fermata.rules.acceptance import judge_sentence
from fermata.rules.asking import AskKind, Said
from fermata.rules.brief import show_line
from fermata.rules.brief.fences import fence, make_mark
from fermata.rules.signatures.base import Case

TASKS: Mapping[AskKind, TaskKind] = {
    AskKind.WHY: TaskKind.DIAGNOSE,
    AskKind.STATUS: TaskKind.SUMMARISE,
    AskKind.CHANGES: TaskKind.SUMMARISE,
    AskKind.HOW_TO: TaskKind.SUMMARISE,
    AskKind.FACT: TaskKind.SUMMARISE,
}
"""What a model is asked for each kind of question; of the others Fermata's own rows tell, and no model is asked."""
_MEANINGS: Mapping[AskKind, str] = {
    AskKind.WHY: "why something is wrong, slow or down",
    AskKind.STATUS: "how something is now",
    AskKind.CHANGES: "what was changed, deployed or merged, by whom, and when",
    AskKind.HOW_TO: "how something is done, by the runbooks; nothing is done",
    AskKind.HISTORY: "what was done about the incident, decided or approved, by whom, and when",
    AskKind.COSTS: "what was spent on models",
    AskKind.ACT: "to have something done: restarted, scaled, approved, deleted",
    AskKind.FACT: "anything else that can be read off what was observed",
}
KIND_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": [kind.value for kind in AskKind]}},
    "required": ["kind"],
    "additionalProperties": False,
}
"""What `read_kind` reads."""
_MOST_SENTENCES = 6
_MOST_CITATIONS = 4
_LONGEST_SENTENCE = 500
_LONGEST_REQUEST = 1_000


def _text(longest: int, about: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": about}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


WORDS_SCHEMA: Mapping[str, Any] = _object(
    answered={"type": "boolean", "description": "whether the evidence answers the question"},
    sentences={
        "type": "array",
        "maxItems": _MOST_SENTENCES,
        "items": _object(
            text=_text(_LONGEST_SENTENCE, "one sentence"),
            citations={
                "type": "array",
                "minItems": 1,
                "maxItems": _MOST_CITATIONS,
                "items": _object(
                    evidence=_text(80, "the name of a piece of evidence, such as E3"),
                    lines=_text(40, "12 or 12-14"),
                    quote=_text(1000, "words copied from these lines"),
                ),
            },
        ),
    },
)
"""What `judge_words` reads."""


class AnsweredSentence(Record):
    """One sentence, as the model wrote it."""

    text: str = Field(min_length=1, max_length=_LONGEST_SENTENCE)
    citations: tuple[AnsweredCitation, ...] = Field(min_length=1, max_length=_MOST_CITATIONS)


class AnsweredWords(Record):
    """A whole answer."""

    answered: bool
    sentences: tuple[AnsweredSentence, ...] = Field(max_length=_MOST_SENTENCES)


class Words(Record):
    """What is left of an answer."""

    said: tuple[Said, ...] = ()
    is_answer: bool = False
    """Whether the model holds the question for answered."""
    refusals: tuple[str, ...] = ()
    """Why it is not accepted, in words; empty when it is."""


def compose_request(text: str) -> str:
    """Return what a model is told of a question whose kind no word in it says."""
    kinds = "\n".join(f"- {kind.value}: {meaning}" for kind, meaning in _MEANINGS.items())
    request = show_line(text, _LONGEST_REQUEST)
    return f"Kinds of request:\n{kinds}\n\n{fence(make_mark([text]), 'whoever asks', [request])}"


def read_kind(value: Any) -> AskKind | None:
    """Return the kind a model chose, or `None` when it chose none that there is."""
    try:
        return AskKind(value["kind"])
    except (KeyError, TypeError, ValueError):
        return None


def judge_words(value: Any, case: Case, diagnosis: Diagnosis, names: Mapping[str, Evidence], *, model: str) -> Words:
    """Return what an answer says, each sentence with citations that hold, or why it is refused.

    Args:
        value: JSON types, as the gateway parsed them.
        names: The evidence by the names of the brief.
        model: Who says it.
    """
    try:
        answer = AnsweredWords.model_validate(value)
    except ValidationError as error:
        told = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:3]]
        return Words(refusals=tuple(f"The answer has not the shape that was asked for: {text}" for text in told))
    if answer.answered and not answer.sentences:
        return Words(refusals=("It says that the question is answered, and answers nothing",))
    said: list[Said] = []
    refusals: list[str] = []
    for number, sentence in enumerate(answer.sentences, start=1):
        found = _judge_sentence(sentence, case, diagnosis, names, model)
        if isinstance(found, Said):
            said.append(found)
        else:
            refusals += [f"Sentence {number}: {reason}" for reason in found]
    if refusals:
        return Words(refusals=tuple(refusals))
    return Words(said=tuple(said), is_answer=answer.answered)


def _judge_sentence(
    sentence: AnsweredSentence, case: Case, diagnosis: Diagnosis, names: Mapping[str, Evidence], model: str
) -> Said | tuple[str, ...]:
    """Judge a sentence as a claim about what it cites."""
    judgement = judge_sentence(sentence.text, sentence.citations, case, diagnosis, names, model=model)
    if not judgement.accepted:
        return judgement.refusals
    (hypothesis,) = judgement.hypotheses
    return Said(text=hypothesis.text, citations=hypothesis.citations, by=model)
