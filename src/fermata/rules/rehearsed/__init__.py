"""A rehearsal as a case with a known answer: what it measured, what it did, and whether a diagnosis names it. Pure."""

from __future__ import annotations

from fermata.rules.rehearsed.case import FEWEST_BEFORE, Point, RehearsedCase, compose_case
from fermata.rules.rehearsed.known import name_known
from fermata.rules.rehearsed.naming import Naming, NamingVerdict, judge_naming

__all__ = [
    "FEWEST_BEFORE",
    "Naming",
    "NamingVerdict",
    "Point",
    "RehearsedCase",
    "compose_case",
    "judge_naming",
    "name_known",
]
