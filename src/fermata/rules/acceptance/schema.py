"""The JSON Schema of an answer, as it is given to models: plain, without references, so that weak servers follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.answer import Wanted
from fermata.domain.diagnosis import Verdict


def _text(longest: int, about: str = "") -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest} | ({"description": about} if about else {})


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _optional(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_CITATION = _object(
    evidence=_text(80, "the name of a piece of evidence, such as E3"),
    lines=_text(40, "12 or 12-14"),
    quote=_text(1000, "words copied from these lines"),
)
_SUGGESTION = _object(
    action=_text(120, "from the list of the catalogue"),
    target=_text(300, "system:kind/namespace/name"),
    # Said aloud: adapters close an object that does not say that it is open, and then nothing could be answered in it.
    parameters={"type": "object", "additionalProperties": True},
)
_HYPOTHESIS = _object(
    cause=_text(120, "a signature's id, or other: and a few words"),
    text=_text(800, "one or two sentences"),
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    entity=_text(300, "where the cause sits: system:kind/namespace/name"),
    citations={"type": "array", "minItems": 1, "maxItems": 8, "items": _CITATION},
    suggestion=_optional(_SUGGESTION),
)
# Not required: a weak server may leave it out, and old answers can be read again.
_HYPOTHESIS["properties"]["person_must"] = {"type": "string", "maxLength": 300}
PLAN_SCHEMA: Mapping[str, Any] = _object(actions={"type": "array", "maxItems": 2, "items": _SUGGESTION})
"""What `judge_plan` reads."""
DIAGNOSIS_SCHEMA: Mapping[str, Any] = _object(
    verdict={"type": "string", "enum": [verdict.value for verdict in Verdict]},
    hypotheses={"type": "array", "maxItems": 3, "items": _HYPOTHESIS},
    guilty_change=_optional(_text(200, "the id of a change that was shown")),
    checks={"type": "array", "maxItems": 4, "items": _text(300)},
    requests={
        "type": "array",
        "maxItems": 6,
        "items": _object(
            what={"type": "string", "enum": [wanted.value for wanted in Wanted]},
            of=_text(200, "a name from the brief; for lines: E3:120-180"),
        ),
    },
)
"""What `read_answer` reads."""
