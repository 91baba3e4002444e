"""Secrets that are known by their names: whatever is assigned to a password, a token or a key, in any notation.

Settings files, environments, code, JSON (also escaped inside a string), YAML blocks, XML, query strings, command lines
and name/value pairs all say "this name has this value". A name is looked for first, by words that stand in every name
of a secret; only behind one is a value parsed, and judged by `values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fermata.kit.redaction.beside import BELOW, hide_beside
from fermata.kit.redaction.marks import Tally, holds_any, is_marked
from fermata.kit.redaction.names import Strength, is_pass, judge_name, words
from fermata.kit.redaction.reading import LONGEST_JUDGED, Reader, Value
from fermata.kit.redaction.values import SCHEME_AHEAD, Setting, is_secret

_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_LONGEST_NAME = 64
_LEAST_DIGITS = 6
_CLOSE = r"""(?:\\{0,7}["'`]|&quot;|&\#34;|%22|\]|\\{0,7}u0022){0,3}+"""
# `str`, `list[str]`, `str | None`, `Map<String, String>`, `*string`: one name, and more only where signs join them. Two
# words with a blank between are a value and the next name: `pass: f81d4f role="a b"`.
_TYPE = (
    r"[*&?]{0,2} (?: final[ ] | const[ ] )? [A-Za-z_][\w.]{0,40}+ (?: [\[<][\w.\[\]|\ ,<>?*]{0,40}[\]>] )?"
    r" (?: [ ]?\|[ ]? [A-Za-z_][\w.]{0,40}+ ){0,3} [?]?"
)
_HEAD = re.compile(
    rf"""(?ix)
    (?: pass | pwd | pw | psk | kennwort | contrase(?:\u00f1|n)a | senha | wachtwoord | secret | token | auth | cred
      | key | cookie | sess | sid | sig | salt | dsn | otp | jwt | bearer | connection | connstr )
    [A-Za-z0-9_.-]{{0,64}}+
    {_CLOSE} [?!]?
    (?P<gap>[ \t]{{0,16}}+)
    (?P<sign> => | := | \?= | \+= | ={{1,3}} | !={{1,2}} | :{{1,2}} | %3a | %3d | &\#61; | \\{{1,7}}u003[ad] )
    (?P<type> (?<=:) [ \t]{{0,4}} {_TYPE} [ \t]{{0,4}}
        (?<![=!<>])=(?![=>]) (?=[ \t]{{0,4}}(?:Some\()?[rbfu]{{0,2}}["'`]) )?
    (?P<space>[ \t]{{0,16}}+)
    """
)
# `password string = "x"` (Go), and a setter's bracket.
_CODE_HEAD = re.compile(
    r"""(?ix)
    (?: pass | pwd | secret | token | auth | cred | key ) [A-Za-z0-9_.-]{0,64}+
    (?P<sign> [ \t]{1,8}string[ \t]{0,8}= | \([ \t]{0,4}(?=["']) ) (?P<space>[ \t]{0,16}+)
    """
)
_OPTION_HEAD = re.compile(
    r"(?<![\w-])(?:--?|/)(?P<name>[A-Za-z][\w-]{2,64}+)(?P<sign>)(?P<space>[ \t]{1,4}+)(?=[^\s=:|<>&;-])"
)
_TAG_HEAD = re.compile(
    r"<(?:[\w-]{1,32}:)?(?P<name>[A-Za-z][\w.-]{2,64}+)(?:\s[^<>]{0,200}+)?(?P<sign>>)(?P<space>[ \t]{0,16}+)(?=[^\s<])"
)
_PAIR = re.compile(
    rf"""(?ix)
    (?<![a-z0-9_.-]) (?:parameter)?(?:name|key) {_CLOSE} [ \t]{{0,8}}+ [:=] [ \t]{{0,8}}+ (?:\\{{0,7}}["'`]|&quot;)?
    (?P<name>[A-Za-z0-9_.:/-]{{3,80}}+) {_CLOSE} [ \t]{{0,8}}+ ,? (?:[ \t]{{0,40}}+\r?\n{BELOW})? [ \t]{{0,8}}+
    (?: "(?:type|tier|description)" [ ]{{0,4}} : [ ]{{0,4}} "[^"\n]{{0,80}}" , [ ]{{0,4}} ){{0,2}}
    (?:\\{{0,7}}["'`]|&quot;)? (?:parameter)?value {_CLOSE} [ \t]{{0,8}}+ (?P<sign>[:=]) (?P<space>[ \t]{{0,16}}+)
    """
)
# The password of the vault is ..., in a sentence, with what it tells in quotes or backticks as if it were code.
_TOLD_HEAD = re.compile(
    r"""(?ix)
    (?<![\w./-]) (?P<name> password | passwd | passphrase | passcode | pwd | (?:api|access|secret)[ -]?key )
    (?: [ \t]{1,4} (?:for|of|on|to|at|in) (?: [ \t]{1,4} [\w./-]{1,40}+ ){1,4}? )?
    [ \t]{1,4} (?P<sign> is | was ) (?: [ \t]{1,4} now )? :? (?P<space> [ \t]{1,4} )
    (?= (?P<quote> \\{0,7}["'`] ) [^\s"'`\\]{3,128} (?P=quote) )
    """
)
_SAID_OF_PASSWORDS = words(
    "blank bcrypt compromised encrypted fine hashed leaked long plain plaintext public same secure short stored strong "
    "temporary weak"
)
# Of which one stands in every name that `_HEAD` finds: most lines hold none, and searching them costs a third of all.
_STEMS = (
    *("pass", "pwd", "pw", "psk", "kennwort", "secret", "token", "auth", "cred", "key", "cookie", "sess", "sid", "sig"),
    *("salt", "dsn", "otp", "jwt", "bearer", "connection", "connstr", "contrase", "senha", "wachtwoord"),
)
_COMPARES = ("==", "===", "!=", "!==")
_ARROW = re.compile(
    r"""(?:\\{0,7}["'`])?[ \t]{0,8}(?:(?:->|-&gt;|[\u2192\u21d2\u27f6\u279c])|(?P<fat>=>))[ \t]{0,8}(?=[^\s(])"""
)
_MOST_ARROWS = 2
_EMPTY = ("null", "nil", "none")
_NEXT_PAIR = re.compile(r"[\w.-]{1,64}=")
_HEADS = (
    (_HEAD, ("=", ":", "%3a", "%3d", "&#61;", "u003")),
    (_CODE_HEAD, ("(", " string")),
    (_OPTION_HEAD, (" -", " /", "--")),
    (_TAG_HEAD, ("<",)),
    (_PAIR, ("value",)),
    (_TOLD_HEAD, ("passw", "passphrase", "passcode", "pwd", "key is", "key was", "key for")),
)


@dataclass(slots=True)
class _Head:
    name: str
    strength: Strength
    start: int
    """Where the name begins."""
    end: int
    """Where its value begins."""
    sign: str
    spaced: bool


def is_named_secret(name: str, value: str) -> bool:
    """Answer whether a value is a secret by the name it stands under in a map, where no notation is left to read."""
    strength, value = judge_name(name), value.strip()
    if name.lower().endswith("authorization") and (scheme := SCHEME_AHEAD.match(value)) is not None:
        value = value[scheme.end() :]
    if strength is Strength.NONE or is_marked(value):
        return False
    if len(value) > LONGEST_JUDGED:
        return strength is Strength.STRONG and " " not in value[:LONGEST_JUDGED]
    # Of one thing: nobody counts an API key, and tokens are counted.
    is_number = value.isdecimal() and len(value) >= _LEAST_DIGITS and not name.lower().endswith("s")
    written = Setting(
        name=name, strength=strength, value=value, quoted=True, spaced=False, colon=False, text="", start=0, end=0
    )
    return (strength is Strength.STRONG and is_number) or is_secret(written)


def hide_assigned(text: str, tally: Tally) -> str:
    """Replace the literals that stand behind the names of secrets."""
    folded = text.lower()
    # Beyond ASCII a pattern that ignores case finds letters that no lower case is (the long s).
    if text.isascii() and not holds_any(folded, _STEMS):
        return text
    for pattern, markers in _HEADS:
        if holds_any(folded, markers):
            text = _hide_behind(pattern, text, tally)
    return hide_beside(text, folded, tally)


def _hide_behind(pattern: re.Pattern[str], text: str, tally: Tally) -> str:
    parts: list[str] = []
    done = 0
    reader = Reader(text)
    position = 0
    while (match := pattern.search(text, position)) is not None:
        head = _read_head(pattern, match)
        position = match.end()
        if head is None:
            continue
        for value in _list_values(reader, text, head):
            if not _is_secret(text, head, value):
                continue
            secret = text[value.start : value.end]
            parts += [text[done : value.start], tally.mark("assignment", secret)]
            done = value.end
            position = max(position, value.after)
    return "".join([*parts, text[done:]]) if parts else text


def _list_values(reader: Reader, text: str, head: _Head) -> Iterator[Value]:
    """Yield what was assigned, and what it was changed to: `password = "old" -> "new"`."""
    last: Value | None = None
    for value in reader.list_values(head.end, head.sign):
        last = value
        yield value
    for _ in range(_MOST_ARROWS):
        arrow = _ARROW.match(text, last.after) if last is not None else None
        if last is None or arrow is None or head.sign in _COMPARES or head.sign == "::":
            return
        # `key = item => "..."` is a function.
        if arrow["fat"] and not last.quoted and text[last.start : last.end].lower() not in _EMPTY:
            return
        last = next(iter(reader.list_values(arrow.end(), "->")), None)
        if last is not None:
            yield last


def _read_head(pattern: re.Pattern[str], match: re.Match[str]) -> _Head | None:
    text, sign = match.string, match["sign"].strip().lower()
    if "name" in pattern.groupindex:
        start, name = match.start("name"), match["name"]
    else:
        start = _find_name(text, match.start())
        name = text[start : match.end()]
        name = name[: next((at for at, character in enumerate(name) if character not in _NAME), len(name))]
    name = name.strip(".-")
    if name.lower() == "passe" and text[max(0, start - 7) : start].lower() == "mot de ":
        name = "mot_de_passe"
    strength = judge_name(name)
    may_be_weak = pattern is _HEAD or (pattern in (_TAG_HEAD, _PAIR) and is_pass(name))
    if strength is Strength.NONE or (strength is Strength.WEAK and not may_be_weak):
        return None
    if sign == "(" and not ("." in name or text[start - 1 : start] == "." or re.match("set|with|Set|With", name)):
        return None
    # Only what stands ahead of `_HEAD`'s sign is known: the others have no gap.
    if pattern is _HEAD and sign == "=" and match["space"] and not match["gap"] and _NEXT_PAIR.match(text, match.end()):
        return None  # `token= user=ada`: nothing was assigned.
    spaced = pattern is _HEAD and bool(match["gap"] or (sign == ":" and match["space"]) or match["type"])
    return _Head(name, strength, start, match.end(), sign, spaced)


def _find_name(text: str, start: int) -> int:
    lowest = max(0, start - _LONGEST_NAME)
    while start > lowest and text[start - 1] in _NAME:
        start -= 1
    return start


def _is_secret(text: str, head: _Head, value: Value) -> bool:
    if value.start >= value.end:
        return False
    if head.sign in ("is", "was") and text[value.start : value.end].lower() in _SAID_OF_PASSWORDS:
        return False
    if head.sign in _COMPARES and not value.quoted:
        return False
    if value.end - value.start > LONGEST_JUDGED:
        return head.strength is Strength.STRONG or " " not in text[value.start : value.start + LONGEST_JUDGED]
    return is_secret(
        Setting(
            name=head.name,
            strength=head.strength,
            value=text[value.start : value.end],
            quoted=value.quoted,
            spaced=head.spaced,
            colon=head.sign in (":", "::"),
            text=text,
            start=head.start,
            end=value.after,
        )
    )
