"""Merges among the commits that were read: what they brought is judged by itself, and is there since the merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fermata.ports.forge.records import Commit, Event


def drop_repeated(commits: Sequence[Commit]) -> list[Commit]:
    """Return commits without the merges of which each line is of another one here: they are the same change twice."""
    plain = {line for one in commits if len(one.parents) < 2 for line in _list_lines(one)}
    return [
        one for one in commits if len(one.parents) < 2 or not one.is_whole or not plain.issuperset(_list_lines(one))
    ]


def name_brought(events: Sequence[Event], commits: Sequence[Commit]) -> list[Event]:
    """Return events, the merged requests among them with the last commit of the branch that a merge brought."""
    tips = {one.sha: one.parents[1] for one in commits if len(one.parents) > 1}
    return [
        replace(one, commits=(tips[one.sha],)) if one.kind == "pull_request_merged" and one.sha in tips else one
        for one in events
    ]


def _list_lines(commit: Commit) -> set[tuple[str, str]]:
    """Return the path and the text of each line that a commit takes or brings; its id for a file without a diff."""
    return {
        (file.path, text)
        for file in commit.files
        for text in ([commit.sha] if file.patch is None else file.patch.split("\n"))
        if text[:1] in ("+", "-") or file.patch is None
    }
