"""How a line of the timeline reads: what was said, without who is addressed, without blame, on one line."""

from __future__ import annotations

import re
from collections.abc import Collection

from fermata.rules.timeline.mentions import blames_stranger, resolve_mentions
from fermata.rules.timeline.reproach import clear_blame

_LONGEST = 240
_LINKS = re.compile(r"<(https?://[^|>\s]+)\|([^>]+)>")
_OPENERS = re.compile(
    r"^(?:(?:ok(?:ay)?(?! to\b)|alright|so|and|hey|hi|hmm+|fyi|update|quick update|right|well|yeah|yep|yes|also|oh|ah|"
    r"wow|folks|team|"
    r"all(?=,)|but|ugh|damn|guys|btw)\b[,:.! -]*)+",
    re.IGNORECASE,
)
# What redaction by form cannot know: a word of mixed letters and digits, or what is called a password.
_CALLED = re.compile(
    r"(?i:\b(pass(?:word|phrase|wd|code)?|pwd|pw|psk|passw\w*|senha|kennwort|clave|"
    r"secret|token|api[ -]?key|creds?|credentials?|bearer)\b(?: (?:is|are|was|now|"
    r"for \w+ is))?[ :=]+[`\"']?)"
    r"(?=[^\s`\"']*\d)(?=[^\s`\"']*[A-Za-z])[^\s`\"',;]{6,}"
)
_MIXED = re.compile(r"(?<![\w/])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?:[A-Za-z_-]*\d+){3,}[\w-]*[A-Za-z][\w-]*")
# As people choose them: capitals, small letters, digits, and a sign that stands in no name of a system.
_CHOSEN = re.compile(
    r"(?<!\S)(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)(?=\S*(?:[\^&*]|\d!(?!\S)|!\w))(?!\S*[/=<>(){}`])\S{9,40}"
)
# As services issue them: a word that says whose it is, then letters among which digits stand everywhere.
_ISSUED = re.compile(r"(?<![\w/])[a-z]{2,10}_(?=(?:[a-z]*\d+){4,})(?=[a-z0-9]*[g-z])[a-z0-9]{18,}(?!\w)")
# Who logs in is no more anybody's business than the password that was hidden already.
_LOGIN = re.compile(r"(?<=://)[^\s:@/]+:(?=\[redacted)")
_SHORTEST_SECRET = 14
# A name of an emoji has a letter, and stands alone: "08:53:40" and "web:api01:8080" hold none.
_EMOJI = re.compile(
    r"(?<!\w):(?:[+-]1|(?=[0-9_+-]*[a-z])[a-z0-9_+-]{2,}):(?!\w)|[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]"
)
# As chats mark words: what stands for "in bold" is no part of them, and what stands for "any" in a path is.
_BOLD = re.compile(r"(?<![\w*`/.\\-])\*{1,2}(?=\S)([^*`]+?)(?<=\S)\*{1,2}(?![\w*`])")
# What a document would have to show as code: "back!", "50 -> 31".
_EXCLAIMS = re.compile(r"(?<=[^\W_])!+(?=\s|$)")
_ARROW = re.compile(r"(?<=\s)[-=]+>(?=\s)")
# What is said to have broken something is told as what it did.
_BROKE_ALONE = re.compile(
    r"\bbroke\b(?: down| again)?(?=\W*$|[.,;:!)]|\s+(?:at|in|on|after|before|when|while|because|for|since|with|around|"
    r"and|but|as|too|during|from|right|about|twice|here|there)\b)",
    re.IGNORECASE,
)
_BROKE = re.compile(r"\bbroke\b", re.IGNORECASE)
# What "pdf-worker" and "https://..." begin with must stay as it is: they are names.
_PLAIN_WORD = re.compile(r"[a-z]+(?:['\u2019][a-z]+)?(?=[\s,;:.!?)]+(?:\s|$)|\s|$)")
_SUBJECT = re.compile(r"^(?:i'm|i am|i've|i have|we've|we have|we're|we are|i|we)\s+(?=\w)", re.IGNORECASE)


def word_line(text: str, names: Collection[str]) -> str:
    """Return a sentence as a timeline shows it; empty when nothing blameless is left.

    Args:
        names: Handles and names of people. What somebody's change did is told of the change.
    """
    line = _LINKS.sub(r"\2", " ".join(text.split()))
    line = "" if blames_stranger(line, names) else clear_blame(line, names)
    line = _BROKE.sub("affected", _BROKE_ALONE.sub("failed", line))
    line = _MIXED.sub(_hide, _CHOSEN.sub("[redacted]", _CALLED.sub(r"\1 [redacted]", line)))
    line = _LOGIN.sub("", _ISSUED.sub("[redacted]", line))
    line = _BOLD.sub(r"\1", _EMOJI.sub("", resolve_mentions(line, names))).replace("[ ", "[")
    line = _EXCLAIMS.sub(".", _ARROW.sub("\u2192", line))
    line = line.lstrip(" -\u2013\u2014>*_").rstrip(" -\u2013\u2014*_")
    # One that stands alone quotes nothing; a pair marks a name.
    line = line.strip("`") if line.count("`") % 2 else line
    line = _drop_subject(_OPENERS.sub("", line).strip())
    line = " ".join(line.split()).strip(" ,;-\u2013\u2014")
    if len(line) > _LONGEST:
        line = line[:_LONGEST].rsplit(" ", 1)[0] + " ..."
    return line[:1].upper() + line[1:] if _PLAIN_WORD.match(line) else line


def _drop_subject(line: str) -> str:
    """Return a sentence without the "I" that its actor tells; one word left alone would say nothing."""
    bare = _SUBJECT.sub("", line)
    return bare if " " in bare else line


def _hide(match: re.Match[str]) -> str:
    return "[redacted]" if len(match[0]) >= _SHORTEST_SECRET else match[0]
