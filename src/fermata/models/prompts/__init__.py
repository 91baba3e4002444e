"""The instructions of each task, as files: trusted, ours, the same for every request, so that providers can cache them.

What a request is about never stands in them; it comes fenced, as the content. A changed file is another prompt: its
digest is in the ledger and in the journal of each run.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from fermata.domain.analysis import Prompt

NAMES = ("answer", "classify", "codefacts", "diagnose", "label", "plan", "rehearse", "summarise")
"""The tasks that have instructions."""


def load_prompts() -> Mapping[str, Prompt]:
    """Return all instructions by name, read from the package."""
    folder = files(__name__)
    return {name: Prompt(name=name, text=folder.joinpath(f"{name}.md").read_text(encoding="utf-8")) for name in NAMES}
