"""Whether a model's answer may be believed: code looks up everything in it that can be looked up. Pure.

An answer is accepted as a whole or not at all, but for what the rest can do without: a runner-up that fails, and an
action that is not of the catalogue, not on what was observed, or with other parameters. What cannot be checked
here (the dry run, the policy) is asked by the flow. Each refusal is in words that a model can act on.
"""

from fermata.rules.acceptance.judging import Judgement, drop_widened_targets, judge_answer, judge_plan, judge_sentence
from fermata.rules.acceptance.reading import read_answer
from fermata.rules.acceptance.schema import DIAGNOSIS_SCHEMA, PLAN_SCHEMA

__all__ = [
    "DIAGNOSIS_SCHEMA",
    "PLAN_SCHEMA",
    "Judgement",
    "drop_widened_targets",
    "judge_answer",
    "judge_plan",
    "judge_sentence",
    "read_answer",
]
