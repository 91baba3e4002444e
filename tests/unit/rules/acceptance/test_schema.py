"""The schema that models are given is the shape that is read."""

import copy
import json

import pytest
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

from fermata.domain.answer import Answer, AnsweredPlan
from fermata.rules.acceptance import DIAGNOSIS_SCHEMA, PLAN_SCHEMA
from fermata.rules.acceptance.schema import DIAGNOSIS_SCHEMA as SAME
from fermata.rules.answers import list_mismatches


def test_schema_asks_for_every_field_of_an_answer():
    """What is read is asked for, and nothing else may come."""
    assert SAME is DIAGNOSIS_SCHEMA
    assert list(DIAGNOSIS_SCHEMA["properties"]) == list(Answer.model_fields)
    assert DIAGNOSIS_SCHEMA["additionalProperties"] is False


def test_answer_of_the_schema_is_read():
    """A value without mismatches builds a record."""
    value = {
        "verdict": "identified",
        "hypotheses": [
            {
                "cause": "other: x",
                "text": "x",
                "confidence": 1,
                "entity": "service/x",
                "citations": [{"evidence": "E1", "lines": "1", "quote": "x"}],
                "suggestion": {"action": "a.b", "target": "service/x", "parameters": {"n": 1}},
            }
        ],
        "guilty_change": None,
        "checks": ["look"],
        "requests": [{"what": "lines", "of": "E1:1-9"}],
    }

    assert list_mismatches(value, DIAGNOSIS_SCHEMA) == []
    assert Answer.model_validate(value).requests[0].of == "E1:1-9"


def test_plan_of_the_schema_is_read():
    """What is asked for builds a record, and nothing else may come."""
    value = {"actions": [{"action": "a.b", "target": "service/x", "parameters": {"n": 1}}]}

    assert list_mismatches(value, PLAN_SCHEMA) == []
    assert AnsweredPlan.model_validate(value).actions[0].parameters == {"n": 1}
    assert list_mismatches({"actions": [], "approved": True}, PLAN_SCHEMA)


@pytest.mark.parametrize("schema", [DIAGNOSIS_SCHEMA, PLAN_SCHEMA])
@pytest.mark.parametrize("strict", [None, False])
def test_parameters_stay_open_on_their_way_to_a_provider(schema, strict):
    """A server that keeps to the schema has to be able to name a parameter."""
    sent = OpenAIJsonSchemaTransformer(copy.deepcopy(dict(schema)), strict=strict).walk()

    assert '"parameters": {"type": "object", "additionalProperties": true' in json.dumps(sent)
