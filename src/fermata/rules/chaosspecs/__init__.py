"""How a rehearsal's fault is written for each system, and what is wrong with one that somebody wrote. Pure."""

from fermata.rules.chaosspecs.crd import validate_against_crd
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.validation import validate_spec
from fermata.rules.chaosspecs.writing import Form, write_spec

__all__ = ["Form", "SpecLimits", "validate_against_crd", "validate_spec", "write_spec"]
