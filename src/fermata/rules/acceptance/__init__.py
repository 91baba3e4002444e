"""Whether a model's answer may be believed: code looks up everything in it that can be looked up. Pure.

An answer is accepted as a whole or not at all, but for runners-up that fail, which are left out. What cannot be checked
here (the dry run, the policy) is asked by the flow. Each refusal is in words that a model can act on.
"""

from fermata.rules.acceptance.judging import Judgement, judge_answer, refuse_widened_targets
from fermata.rules.acceptance.reading import read_answer
from fermata.rules.acceptance.schema import DIAGNOSIS_SCHEMA

__all__ = ["DIAGNOSIS_SCHEMA", "Judgement", "judge_answer", "read_answer", "refuse_widened_targets"]
