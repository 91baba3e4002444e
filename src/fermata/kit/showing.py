"""What a card can show of a change. Secrets are hidden in it, and somebody could hide more than secrets behind that.

A change is refused where a line of it is hidden whole, or where more than one value is hidden in a line: nobody could
tell what they approve. A value that is hidden by its name leaves a digest, which differs when it does. It is short, as
people compare it, and can be met on purpose within a second: two values that would look the same are refused.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from fermata.kit.errors import UserError
from fermata.kit.redaction.marks import MARK, is_marked, mark_secret

_LOST = "[redacted:covered:"
_KEY = "[redacted:pem"
_SEVERAL = re.compile(r"[`;|&]|\$\(|<\(|>\(|\{\{|\{%|<%|!!\w|[:=]\s{0,8}\{[^{}\n]{0,200}:")
"""What ends a value for a shell, makes a command or a template of it, or several values."""
_PROGRAM = (
    r"(?:command|cmd|executable|helper|(?<!web)hook|program|script"
    r"|ld_preload|bash_env|node_options|pythonstartup|perl5opt|rubyopt|java_tool_options)"
)
"""How a name ends whose value is run or loaded, whatever else it names: `RESTIC_PASSWORD_COMMAND`, `LD_PRELOAD`."""
_NAMES_PROGRAM = re.compile(rf"{_PROGRAM}$", re.IGNORECASE)
_RUN = re.compile(
    rf"""(?:[`;|&]|[$<>]\(|{_PROGRAM}["']?\s{{0,8}}[:=])[\s"'(\[]{{0,8}}(?:\[redacted:|<redacted )""", re.IGNORECASE
)
"""A mark where a command begins, by a shell's signs or by the name it stands under: what is run is hidden."""
_AIM = re.compile(
    r"""(?:(?<![\w.-])(?:exec\w{0,12}|eval|source|sudo|nohup|xargs|(?:ba|da|k|z)?sh|if|then|do|run|call|import|require|from|"""
    r"""add|copy|install|uses|system|entrypoint|args?|image|user|workdir|(?:host|mount|sub)?path|environmentfile|"""
    r"""serviceaccount(?:name)?|secretname)["']?(?:\s{0,8}[:=(]|\s)[\s"'(\[]{0,8}"""
    r"""|\.(?:exec|spawn|check_|system|popen|run|call|eval)\w{0,12}\([\["'\s]{0,4}|(?:decode|atob|fromhex)\(["']?"""
    r"""|(?<![\w.-])-[cem]["']?,?\s{0,8}["']?|^\s{0,80}\.\s{1,8})(?:\[redacted:|<redacted )"""
    r"""|^[\s@-]{0,80}\[redacted:[^\]]{1,40}\]\s{1,8}\S""",
    re.IGNORECASE,
)
"""A mark in place of what is run, of whom it runs as, or of where something lies; or a line that begins with one."""
_FETCHED = re.compile(
    r"[`;]|\|\s|&&|[$<>]\(|(?<![\w.-])(?:add|copy|install|clone|pull|uses|source|image|import|require)\b", re.IGNORECASE
)
"""What is done with what an address leads to: it is run or taken in, so that the path there decides what that is."""
_GRANTED = re.compile(
    r"""\b(?:grant|revoke|deny)\b[^;\n]{0,300}?\b(?:to|from|on)\s{1,8}["'`]?(?:\[redacted:|<redacted )"""
    r"""|\brole\s{1,8}["'`]?(?:\[redacted:|<redacted )""",
    re.IGNORECASE,
)
"""A mark in place of whom a right is given to, or on what."""
_BREAKS = " \t\"'`=(,<>|;&[]{}"
"""What stands before a word."""
_LONGEST_WORD = 300
"""Characters of it that are looked at: a line may hold thousands of marks."""
_HOST_END = re.compile(r"[\s/\"']")
_UNREADABLE = "\ufffd"


def cover(written: str, shown: str, *, is_value: bool = False) -> str:
    """Return a line as it is shown; one of which more than a value is hidden becomes a mark that `refuse_lost` knows.

    Args:
        written: The line.
        shown: The same with its secrets hidden.
        is_value: It is one value, named by the field it stands in, and may be hidden whole.
    """
    return lose(written) if hides_more_than_values(written, shown, is_value=is_value) else shown


def names_program(name: str) -> bool:
    """Answer whether a name says that its value is run: hidden as one value, nobody could tell what."""
    return _NAMES_PROGRAM.search(name) is not None


def lose(written: str) -> str:
    """Return the mark that `refuse_lost` knows, in place of what nobody could approve unseen."""
    return mark_secret("covered", written)


def hides_more_than_values(written: str, shown: str, *, is_value: bool = False) -> bool:
    """Answer whether a line's hiding takes more from it than single values: a key's line, all of it, or what is run.

    Args:
        is_value: As for `cover`.
    """
    if written == shown:
        return False
    text = shown.strip(" \t+-@\"',")
    if _KEY in shown or (not is_value and text.startswith("[redacted:") and is_marked(text)):
        return True
    if (
        _RUN.search(shown)
        or _AIM.search(shown[shown[:1] in ("+", "-") :])
        or _GRANTED.search(shown)
        or _hides_place(shown)
    ):
        return True
    return len(_SEVERAL.findall(written)) > len(_SEVERAL.findall(MARK.sub("?", shown)))


def _hides_place(shown: str) -> bool:
    """Answer whether a mark stands for a part of a path, of the host of an address, or of the way to what is run."""
    is_fetched = _FETCHED.search(shown) is not None
    for mark in MARK.finditer(shown):
        before = shown[max(mark.start() - _LONGEST_WORD, 0) : mark.start()]
        word = before[max(before.rfind(sign) for sign in _BREAKS) + 1 :]
        scheme, found, rest = word.partition("://")
        if not found:
            if "/" in scheme:
                return True
        elif "/" in rest:
            if is_fetched and not any(sign in rest for sign in "?#"):
                return True
        elif (
            not any(sign in rest for sign in "@?#")
            and "@" not in _HOST_END.split(shown[mark.end() :][:_LONGEST_WORD], 1)[0]
        ):
            return True
    return False


def refuse_hidden(written: Sequence[str], shown: Sequence[str]) -> None:
    """Refuse a diff of which a changed line is hidden so that nobody can tell what it does.

    Args:
        written: The lines of the diff.
        shown: As many, with their secrets hidden.

    Raises:
        UserError: The change would be approved unseen.
    """
    for before, after in zip(written, shown, strict=True):
        # As it is written: hiding may have taken the sign along, and what shows none would pass for context.
        if not _is_changed(before):
            continue
        if _UNREADABLE in after:
            raise _refuse("A line that changes is no UTF-8 text")
        if after[:1] != before[:1] or hides_more_than_values(before, after):
            raise _refuse()


def refuse_lost(diff: str) -> None:
    """Refuse a diff between texts whose lines went through `cover`.

    Raises:
        UserError: The change would be approved unseen.
    """
    if any(_is_changed(line) and (_LOST in line or _KEY in line) for line in diff.split("\n")):
        raise _refuse()


def refuse_alike(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> None:
    """Refuse two states of which a difference would not show, as values that differ are hidden behind the same text.

    Args:
        before: What is written and how it is shown, of each text of a state of which something is hidden.
        after: The same of the other state.

    Raises:
        UserError: The change would be approved unseen.
    """
    old, new = _list_by_look(before), _list_by_look(after)
    if any(old[shown] != new[shown] for shown in old.keys() & new.keys()):
        raise _refuse("Values that differ would be hidden behind the same digest")


def _list_by_look(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for written, shown in pairs:
        found[shown].add(written)
    return found


def _is_changed(line: str) -> bool:
    return line.startswith(("+", "-"))


def _refuse(why: str = "A line that changes would be hidden whole, or more than a value of it") -> UserError:
    return UserError(
        "The change cannot be shown",
        why=f"{why}, so that nobody could tell what is approved",
        do="Make the change by hand",
    )
