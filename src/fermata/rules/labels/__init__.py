"""A model's labels on a draft that rules made: what it is shown, and what of its answer stands. Pure.

The model names numbers of items that it was shown, and may word them. Times and actors stay those of what is cited;
what does not stand is refused item by item, and there the rules' own line stays.
"""

from fermata.rules.labels.answer import LABEL_SCHEMA, Labels, read_labels
from fermata.rules.labels.applying import Labelled, apply_labels
from fermata.rules.labels.listing import Brief, compose_briefs

__all__ = ["LABEL_SCHEMA", "Brief", "Labelled", "Labels", "apply_labels", "compose_briefs", "read_labels"]
