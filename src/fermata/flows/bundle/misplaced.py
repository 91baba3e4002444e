"""Files of a bundle that nobody reads, most likely because they lie beside the folder whose reader would take them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from fermata.flows.bundle.folders import ENDINGS
from fermata.kit.listing import write_some

_MOST_NAMED = 20
_MOST_SOURCES = 3
# Other words for the folders, and words of one thing for a folder of many, in lower case.
_WORDS = {
    "alarm": "alerts",
    "commit": "changes",
    "deploy": "changes",
    "deployment": "changes",
    "diff": "changes",
    "environment": "env",
    "issue": "tickets",
    "journal": "logs",
    "log": "logs",
    "logfile": "logs",
    "logging": "logs",
    "prometheus": "metrics",
    "release": "changes",
    "tfstate": "terraform",
    "tf": "terraform",
}
_BY_ENDING = {
    ".csv": "metrics",
    ".diff": "changes",
    ".env": "env",
    ".log": "logs",
    ".md": "runbooks",
    ".patch": "changes",
    ".prom": "metrics",
    ".tfstate": "terraform",
}


def describe_unread(names: Sequence[str]) -> str:
    """Return which files nobody reads, and for those that only lie wrong where they belong; empty for none.

    Args:
        names: As the bundle lists them, with `/` between folders.
    """
    if not names:
        return ""
    advice = [*_list_moves(names), *_list_endings(names)]
    return f"files nobody reads: {write_some(names, _MOST_NAMED)}" + "".join(f"; {one}" for one in advice)


def _list_moves(names: Sequence[str]) -> list[str]:
    sources: dict[str, dict[str, None]] = {}
    for name in names:
        top = name.partition("/")[0] if "/" in name else ""
        folder = _find_folder(top) if top else _find_by_ending(name)
        if folder and folder != top:
            sources.setdefault(folder, {})[f"{top}/" if top else name] = None
    return [f"{_join_some(list(found))} would be read under {folder}/" for folder, found in sources.items()]


def _list_endings(names: Sequence[str]) -> list[str]:
    tops = dict.fromkeys(name.partition("/")[0] for name in names if "/" in name)
    # All of them: the one that is left out would be the one that is wanted.
    return [f"files in {top}/ end in {_join(list(ENDINGS[top]))}" for top in tops if top in ENDINGS]


def _join_some(words: Sequence[str]) -> str:
    if len(words) > _MOST_SOURCES + 1:
        return write_some(words, _MOST_SOURCES)
    return _join(words)


def _join(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _find_folder(top: str) -> str:
    """Return the folder that a name means: `Logs`, `log`, `metric`; empty when it means none."""
    folded = top.lower()
    for word in (folded, folded.removesuffix("s"), f"{folded}s"):
        if word in ENDINGS:
            return word
        if word in _WORDS:
            return _WORDS[word]
    return ""


def _find_by_ending(name: str) -> str:
    suffix = ".log" if ".log." in name.lower() else PurePosixPath(name.lower()).suffix
    return _BY_ENDING.get(suffix, "")
