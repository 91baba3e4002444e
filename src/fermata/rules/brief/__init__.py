"""The brief: what a model is told about an incident, within a budget of tokens. Pure: the same case, the same bytes.

Everything that was not written by Fermata stands inside of a fence that names its source, one numbered line each; no
text can close a fence or look like one. A smaller brief is built smaller, never cut: each part has its share.
"""

from fermata.rules.brief.composing import (
    Brief,
    compose_brief,
    compose_dropped,
    compose_extra,
    compose_refusal,
    compose_summary,
    tell_batches,
)
from fermata.rules.brief.fences import show_line
from fermata.rules.brief.parts import name_change
from fermata.rules.brief.sizes import FIXED, PLANNING, SMALL, Size

__all__ = [
    "FIXED",
    "PLANNING",
    "SMALL",
    "Brief",
    "Size",
    "compose_brief",
    "compose_dropped",
    "compose_extra",
    "compose_refusal",
    "compose_summary",
    "name_change",
    "show_line",
    "tell_batches",
]
