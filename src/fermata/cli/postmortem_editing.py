"""`fermata postmortem show | edit | keep | tick`: what people make of a draft. An edit is never overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fermata.cli.output import say

if TYPE_CHECKING:
    from fermata.flows.postmortem.draft_files import DraftAgain
    from fermata.flows.postmortem.drafting import Drafted


def write_draft(path: Path, draft: DraftAgain, *, is_update: bool) -> Drafted:
    """Write a draft to a file, or merge it into one, and say what became of it.

    Raises:
        UserError: The file exists and is not to be updated, or cannot be.
    """
    from fermata.flows.postmortem.draft_files import update, write_new

    if not is_update or not path.exists():
        drafted = write_new(path, draft)
        say(f"Written to {path}.", err=True)
        return drafted
    updated = update(path, draft)
    say(f"Merged into {path}." if updated.has_changed else f"{path} stays as it is: nothing new.", err=True)
    tell_conflicts(len(updated.conflicts), updated.diff, say_line=lambda line: say(line, err=True))
    return updated.drafted


def tell_conflicts(count: int, diff: str, *, say_line: Callable[[str], None]) -> None:
    """Say where edits stand in the way of what was generated, with the diff that would take it over."""
    if not count:
        return
    places = "1 place that you edited is" if count == 1 else f"{count} places that you edited are"
    say_line(f"{places} generated otherwise now; your words stay. Take over what you want of this:")
    say_line(diff.rstrip("\n"))
