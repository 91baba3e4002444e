"""The words by which a sentence says that something in it is a secret, in the languages people write at work.

A word for a password is one almost wherever it stands. `key` and `token` are words of many things: what stands before
them and right behind them decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from fermata.kit.redaction.marks import holds_any
from fermata.kit.redaction.names import PLAIN_KEYS, PLAIN_TOKENS, words


class Kind(Enum):
    """What a word is a name for."""

    PASSWORD = "password"  # noqa: S105 - the name of a group of the pattern
    KEY = "key"
    CREDENTIAL = "credential"
    """An API key, an access token: of keys and tokens, those that open something."""
    LOGIN = "login"
    PIN = "pin"


PASSWORD_MARKERS = (
    *("pass", "pw", "psw", "p/w", "login", "log in", "logged in", "sign in", "cred"),
    *("senha", "contrase", "nnwort", "woord", "mdp", "haslo", "heslo", "kode", "zugang", "identifiant", "acesso"),
    *("acceso", "sifre", "parola"),
)
"""Of which one stands in each name of a password or a login, at its beginning or in its first word; in lower case."""
MARKERS = (
    *PASSWORD_MARKERS,
    *("key", "token", "secret", "pin", "otp", " code", "-code", "clave", "chave", "sleutel"),
    *("jeton", "chiave", "klucz", "nyckel"),
)
"""Those of every name."""
WIDE_PASSWORD_MARKERS = (
    *("has\u0142o", "l\u00f6senord", "\u015fifre", "\u043f\u0430\u0440\u043e\u043b"),
    *("\u5bc6\u7801", "\u53e3\u4ee4", "\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00"),
)
WIDE_MARKERS = (
    *WIDE_PASSWORD_MARKERS,
    *("cl\u00e9", "schl\u00fcssel", "\u0442\u043e\u043a\u0435\u043d", "\u043a\u043b\u044e\u0447"),
)
"""Those that stand in no text of ASCII."""

_OPENS = re.compile(
    r"(?i)(?:api|access|auth|bearer|bot|client|deploy|encryption|master|private|refresh|root|service|session|shared|signing"
    r"|webhook)[ _-]?(?:key|token|secret)$"
)
REACH = 110
"""Characters of a sentence between a name and its value, at most."""
_DIGIT = re.compile(r"[0-9]")
_LONGEST_PREFIX = 32
_NAME = re.compile(
    r"""(?ix)
    (?:
      (?P<pin> pin(?:[ -]?code|[ -](?:number|no|nr)\.?)? | code[ ]pin | otp | one[ -]time[ -](?:code|password)
        | (?:2fa|mfa|totp|sms|door|alarm|gate|unlock|access|entry|recovery|backup|verification)[ -]codes? | passcode )
    | (?P<password> [\w-]{0,24}? (?: pass[ -]?word | passwd | passwort | kennwort | wachtwoord | passord | l\u00f6senord
          | adgangskode | kodeord ) s?
        | (?:[A-Za-z0-9_-]{0,16}[a-z0-9_-])?? (?<![odhl]) pw | pwd | psw | pswd | p/w | pass[ -]?phrase
        | mot[ ]de[ ]passe | mdp
        | senha | contrase(?:\u00f1|n)a | has\u0142o | haslo | heslo | lozinka | \u015fifre(?:si)? | sifre(?:si)?
        | parola(?:[ ]d'ordine)? | \u043f\u0430\u0440\u043e\u043b\u044c )
    | (?P<key> (?:[a-z0-9]{1,16}[-_]){0,2} (?: [a-z]{0,12}?(?:key|token)s? | secrets? )
        | schl\u00fcssel | cl\u00e9 | clave | chave
        | jeton | chiave | sleutel | klucz | nyckel | \u043a\u043b\u044e\u0447 | \u0442\u043e\u043a\u0435\u043d | pass )
    | (?P<login> log-?in[s]? | (?:log|sign|logged)[ ]in | cred(?:ential)?s? | zugangsdaten | zugang | identifiants
        | credenciales | credenciais | acesso | acceso | user(?:name)?[ ]?/[ ]?pass(?:word|wd)? )
    ) (?![A-Za-z0-9_@/-]|\.\w)
    | (?P<cjk> \u5bc6\u7801 | \u53e3\u4ee4 | \u30d1\u30b9\u30ef\u30fc\u30c9 | \ube44\ubc00\ubc88\ud638 )
    """
)
_CODE_BEFORE = re.compile(
    r"(?i)(?<![a-z0-9])"
    r"(?:one[ -]time|2fa|mfa|totp|sms|door|alarm|gate|unlock|access|entry|recovery|backup|verification)$"
)
_BEFORE_PASS_TEXT = re.compile(r"(?i)(?<![a-z0-9])(?:mot de |user(?:name)? ?/ ?)$")
_WORD_END = re.compile(r"[A-Za-z0-9_-]*+")
_BEFORE_NAME = frozenset("./\\#@$[:")


def fold(text: str) -> str:
    """Return a text in lower case and as long as it was: a letter that grows in lower case stays as it is."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def list_names(text: str, folded: str) -> Iterator[tuple[Kind, int, int]]:
    """Yield the words that name a secret and have a digit near, in order: kind, where it begins, where it ends.

    Args:
        folded: The text as `fold` returns it.
    """
    markers = MARKERS if folded.isascii() else (*MARKERS, *WIDE_MARKERS)
    return _list_names(text, folded, markers, has_digits=True)


def list_logins(text: str, folded: str) -> Iterator[tuple[Kind, int, int]]:
    """Yield the words that name a password or a login, as `list_names` does, also where no digit is near."""
    markers = PASSWORD_MARKERS if folded.isascii() else (*PASSWORD_MARKERS, *WIDE_PASSWORD_MARKERS)
    if holds_any(folded, markers):
        yield from _list_names(text, folded, markers, has_digits=False)


def _list_names(
    text: str, folded: str, markers: tuple[str, ...], *, has_digits: bool
) -> Iterator[tuple[Kind, int, int]]:
    found: dict[int, tuple[Kind, int, int]] = {}
    for marker in markers:
        position = folded.find(marker)
        while position >= 0:
            start = _find_start(text, position, marker)
            if start not in found and (name := _read_name(text, start, has_digits=has_digits)) is not None:
                found[start] = name
            end = _WORD_END.match(text, position + len(marker.rstrip()))
            position = folded.find(marker, end.end() if end else position + 1)
    for _, name in sorted(found.items()):
        yield name


def _find_start(text: str, position: int, marker: str) -> int:
    if marker.endswith("code") and (code := _CODE_BEFORE.search(text, max(0, position - 16), position)) is not None:
        return code.start()
    if marker == "pass" and (before := _BEFORE_PASS_TEXT.search(text, max(0, position - 12), position)) is not None:
        return before.start()
    lowest = max(0, position - _LONGEST_PREFIX)
    while position > lowest and (
        text[position - 1].isascii() and (text[position - 1].isalnum() or text[position - 1] in "_-")
    ):
        position -= 1
    return position


def _read_name(text: str, start: int, *, has_digits: bool) -> tuple[Kind, int, int] | None:
    if start and text[start - 1] in _BEFORE_NAME:
        return None
    match = _NAME.match(text, start)
    if match is None:
        return None
    if has_digits and _DIGIT.search(text, max(0, start - REACH), match.end() + REACH) is None:
        return None
    kind = Kind.PASSWORD if match.lastgroup == "cjk" else Kind(match.lastgroup)
    if not _is_telling(text, match, kind):
        return None
    if match[0].lower() == "pass":
        kind = Kind.PASSWORD
    if kind is Kind.KEY and _OPENS.search(text[max(0, match.start() - 24) : match.end()]):
        kind = Kind.CREDENTIAL
    return kind, match.start(), match.end()


_LINK = (
    r"is|was|are|were|be|c.est|ist|war|lautet|hei\u00dft|heisst|est|\u00e9|\u00e8|es|era|sera|ser\u00e1|jest|\u00e4r|er|je|hai"
    r"|looks?[ ]like|looked[ ]like|like|reads?|begins[ ]with|starts[ ]with|started[ ]with|set[ ]to|reset[ ]to"
    r"|changed[ ]to|becomes?|became|equals|called|type|enter|try|use|'s|\u2019s|\u662f|\u306f|\ub294"
)
_ADVERB = (
    r"now|still|currently|again|just|always|literally|only|temporarily|probably|actually|jetzt|noch|nun|aktuell|ahora"
    r"|agora|maintenant|toujours|aun|ainda|nu|teraz|btw|atm|the|a|this|that|this[ ]one|something|sth"
)
LINK = re.compile(
    rf"(?ix) (?: (?<![^\W\d_])(?:{_LINK})(?:[ ]+(?:{_ADVERB})){{0,3}} [ ]*:? | [:=\uff1a] | [-=]{{1,2}}> | \u2192"
    r" | ~ | \( ) \s* [\"'`\u201c\u201d\u201e\u00ab(*_]*\s?\Z"
)
"""What ends a text right before the value it leads to."""
VERB = re.compile(rf"(?i)(?<![^\W\d_])(?:{_LINK.replace('[ ]', ' ')})(?![^\W\d_])")
BESIDE = re.compile(r"[ \t\"'`\u201c\u201d\u201e\u00ab(*_\u2013\u2014~-]{0,6}")
"""What may stand between a name and a value that follows at once."""
BACK = re.compile(
    rf"""(?ix) [\"'`\u201c\u201d\u00bb)*_]* \s* (?:
      (?P<said> (?:(?:,?[ ]*(?:that|this|it|which|das))?[ ]*(?:{_LINK}|as|als|comme|como|for|f\u00fcr|pour|para)|=) [ ]+
        (?:(?:{_ADVERB}|your|our|my|his|her|their|new|old|current|today'?s|tonight'?s|das|der|die|le|la|el|o|um|une?|il
          |het|den|det|w|[\w.-]{{2,20}}(?:'s)?)[ ]+){{0,4}} )
    | (?P<arrow> (?:<[-=]+|\u2190|<<|\u2014|\u2013|--?|//|\#) [ ]* (?:[\w.-]{{2,20}}[ ]+){{0,3}} )
    | (?P<bracket> \( [ ]? (?:[\w.-]{{1,20}}[ ]+){{0,4}} )
    | (?P<next> (?:(?:the|db|root|admin|vpn|our|my|new|old)[ ]+)? )
    )"""
)
"""What may stand between a value and the name behind it."""

_ABOUT = words(
    "age alert alerts attempt attempts auth authentication backend bucket budget cache change changes check checks "
    "column complexity count dialog doc docs email emails error errors expiration expiry failure failures field fields "
    "file files flow folder form generator grant hash hashes hashing hint history id ids input issue issues leak "
    "leaks length limit limits link links login logins mail mails manager managers mask max maximum min minimum mode "
    "name names page pages path policies policy prompt prompts protection provider rate refresh request requests reset "
    "resets retries review rotation rotations rule rules screen server service size spray spraying spread storage "
    "store stuffing sync table test tests ticket tickets type types update updates usage validation vault version "
    "warning zurücksetzen reuse failed hashed rotated expired protected"
)
# What may follow a key or a token that somebody tells: `key finding`, `token bucket` and `secret name` are others.
_FOLLOWS = words(
    "for from of on to in at by with via if that which we i u you they he she it this is was are were be 's ist war "
    "lautet est es era jest hai looks looked like reads now still currently again just set changed starts begins "
    "started goes ends should would might may can for für von vom zum zur aus auf bei im am der die das pour du de "
    "des sur dans para do da del en na no dla z od av för til and or und oder et y e a here hier ici aqui aquí btw fyi "
    "again below above the our my your his her their used worked works in"
)
_ENDS = _FOLLOWS | words(
    "but so until till as ok okay lol please pls bitte though tonight today tomorrow anyway please not dont don't use "
    "guys folks everyone all mate only then because since after before when where und aber falls wenn mais si pero "
    "mas porque then"
)
_BEFORE_KEY = PLAIN_KEYS | words(
    "answer arrow base break cloud compound deciding dedupe delete escape function host issue jira json major "
    "main most only other parent project redis schema search sharding ssh story tab tag tenant ticket "
    "track value public publish distribution shuffle cluster clustering natural candidate super alternate hashed "
    "consistent bucket object kafka rowkey ordering grouping fingerprint"
) - words("any no get put other only the")
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")
_LAST_WORD = re.compile(r"([^\W_][\w']*)[ -]$")
_USER_BEFORE = re.compile(r"(?i)\b(?:user(?:name)?|login|acc(?:ount)?)[ \t]*[:= ][^\n]{1,32}$")
_BEFORE_PASS = words(
    "db root admin user ssh vpn wifi smtp the its new old his her my bastion jump jumpbox jumphost vault sudo ftp sftp "
    "database mysql postgres redis wlan portal console router switch grafana jenkins keystore ldap imap shared temp "
    "temporary default master"
)
# `to pin 4411`: a message is pinned.
_BEFORE_PIN = words(
    "to please pls we you i ll let lets let's should must can could will they and then just re gonna id"
)


def _is_telling(text: str, match: re.Match[str], kind: Kind) -> bool:
    """Answer whether the word names a secret here, and not something of one."""
    following = _WORD.match(text, _skip_spaces(text, match.end()))
    after = following[0].lower() if following is not None and following.start() > match.end() else ""
    if kind in (Kind.PASSWORD, Kind.LOGIN):
        return after not in _ABOUT
    last = _LAST_WORD.search(text, max(0, match.start() - 24), match.start())
    before = last[1].lower() if last is not None else ""
    if kind is Kind.PIN:
        is_noun = match[0].lower() != "pin" or before not in _BEFORE_PIN
        return is_noun and (not after or after in _FOLLOWS or any(map(str.isdigit, _read_word(text, following))))
    own = re.split(r"[-_ ]", match[0].lower())
    if own == ["pass"]:
        return after not in _ABOUT and (
            before in _BEFORE_PASS or _USER_BEFORE.search(text, max(0, match.start() - 48), match.start()) is not None
        )
    qualifier = own[-2] if len(own) > 1 else before
    if qualifier in (PLAIN_TOKENS if own[-1].startswith("token") else _BEFORE_KEY):
        return False
    # A value may follow at once: `token zX81kkPq02`.
    return not after or after in _FOLLOWS or any(map(str.isdigit, _read_word(text, following)))


def ends_clause(text: str, end: int) -> bool:
    """Answer whether nothing is said of the name any more: `is the password` and not `is the password ticket`."""
    following = _WORD.match(text, _skip_spaces(text, end))
    return following is None or following.start() == end or following[0].lower() in _ENDS


def _skip_spaces(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t":
        start += 1
    return start


def _read_word(text: str, match: re.Match[str] | None) -> str:
    """Return the whole of what begins there, up to a space."""
    return text[match.start() : match.start() + 160].split(maxsplit=1)[0] if match is not None else ""
