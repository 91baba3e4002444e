"""What a rehearsal showed: from a watcher's answers to a verdict, with the prediction beside the measurement. Pure.

`flows/rehearse` collects the answers and asks; nothing here knows how a fault is injected. Where the machine may have
been at fault, or too little was seen, the verdict is that there is none.
"""

from __future__ import annotations

from fermata.rules.rehearsal.abort import find_breach
from fermata.rules.rehearsal.answers import Answer, list_samples, measure, sum_up
from fermata.rules.rehearsal.comparison import compare, describe_fix, is_handled, list_failing
from fermata.rules.rehearsal.contents import is_as_agreed
from fermata.rules.rehearsal.incidents import find_hindering
from fermata.rules.rehearsal.prediction import predict_call
from fermata.rules.rehearsal.steadiness import Holding, Standing, find_noise, has_recovered, judge_baseline, judge_check
from fermata.rules.rehearsal.verdict import Evidence, Judgement, find_unreached, judge

__all__ = [
    "Answer",
    "Evidence",
    "Holding",
    "Judgement",
    "Standing",
    "compare",
    "describe_fix",
    "find_breach",
    "find_hindering",
    "find_noise",
    "find_unreached",
    "has_recovered",
    "is_as_agreed",
    "is_handled",
    "judge",
    "judge_baseline",
    "judge_check",
    "list_failing",
    "list_samples",
    "measure",
    "predict_call",
    "sum_up",
]
