"""How much one word of a sentence looks like a credential, whatever is said of it.

People choose passwords of a word and a number, and programs draw them at random; names of hosts, pods, tickets,
versions, files and moments have letters and digits, too, and are none.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from fermata.kit.redaction.names import words


class Look(IntEnum):
    """What a word looks like; the higher, the less has to be said of it."""

    NONE = 0
    """A name, a version, a number, a moment, or a word."""
    PLAIN = 1
    """Hexadecimal or a UUID: an id as well as a secret."""
    WORDY = 2
    """`hunter2x7`, `tomato-4411`: as a host's name looks, too."""
    NAMED = 3
    """`Tomato-4411`: a word and a number of three digits or more."""
    MIXED = 4
    """`Winter2024`, `Passw0rd`: capitals, small letters and digits."""
    SIGNED = 5
    """`Winter2024!`, `p@ss9word`: letters, digits and a sign that no name has."""
    RANDOM = 6
    """`zX81kkPq02`: what only chance would write."""


_SHORTEST, _LONGEST = 6, 160
_UUID_OR_HEX = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?!ed25519$)[0-9a-f]{6,}|[0-9A-F]{6,}")
_ORDINARY = re.compile(
    r"""(?x)
      [#@/~.].* | .*(?:://|\*\*|\.\.|…|x{4}|X{4}|\\).*                # A channel, a person, a path, a link, a mask.
    | [$%].* | 0[xX][0-9A-Fa-f]+                                                          # A variable.
    | [\w.+-]+@(?=[\w-]*[A-Za-z])[\w-]+(?:\.[\w-]+)*                              # An address.
    | [A-Z]{2,12}(?:[-_:.][A-Z]{2,12}){0,3}[-_#:.]?[0-9]{1,10}[a-z]?  # A ticket, an algorithm: PAY-4411, SHA256.
    | (?i:sha|md|aes|rsa|ed|rs|hs|es|utf|base|argon|pbkdf|blake2b|oauth|tls|ipv|x|crc|log4j|win|amd|arm|http)
      [0-9]{1,5}\w{0,4}                                               # An algorithm, a protocol.
    | (?i:sha|md)[0-9]+[:=-].*                                        # A digest, a fingerprint.
    | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+                                   # A constant.
    | [A-Za-z][a-z]*(?:V|v|-|_)?[0-9]{1,2}                            # A word with a number: Android14, node-2.
    | [A-Za-z]{1,24}[-_/v]{0,2}[0-9]{1,4}(?:\.(?:[0-9]{1,6}|x))+(?:[-+][\w.]*)?          # TLSv1.3, openssl-3.0.2.
    | [vV]?[0-9]+(?:[.:][0-9]+)+\S*                                   # A version, an address, a time of the day.
    | [+~±≈<>-]?[0-9][0-9.,_:/x-]*(?:[a-zA-Z%µ]{1,5}(?:/[a-z]{1,6})?)?[.+]?  # An amount with its unit.
    | (?:[0-9]{1,5}[a-zA-Z]{1,3}){1,4}                                # 5m30s, 3xx, 14h02m, 1st
    | [0-9]{4}-?[0-9]{2}-?[0-9]{2}[T_-].*                             # A moment.
    | (?:[0-9]{1,2}[-_.]?)?(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Mm]ay|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)
      [a-z]*[-_.]?[0-9]{1,2}(?:[-_.T]?[0-9:]{2,8})?Z?
    | .*\.(?:bak|bin|cer|cfg|cnf|com|conf|crt|css|csv|dev|dump|env|example|git|go|gz|html?|ini|internal|io|jar|java|jks
        |jpe?g|js|json|kdbx|key|kts?|local|lock|log|md|net|org|p12|pcap|pdf|pem|pfx|php|png|properties|py|rb|rs|sh|sql
        |svc|svg|tar|tf|tgz|toml|tsx?|txt|war|xlsx?|xml|ya?ml|zip)
    | (?!.*(?:^|-)[a-z]+-[0-9]{3,}$)[a-z][a-z0-9]*(?:[-_.:/+][a-z0-9]+)+   # A host, a pod, a table, a key of a map.
    | [a-z]+(?:-[a-z0-9]+){2,} | [a-z]+(?:[_.:/+][a-z0-9_-]+)+
    | :[\w+-]+:                                                       # An emoji.
    """
)
_WORDY = re.compile(r"[a-z]+[0-9][a-z0-9]*|[0-9]+[a-z]{2}[a-z0-9]*|[a-z]+-[0-9]{3,}")
_NAMED = re.compile(r"(?:[A-Z][a-z]{2,}[-_.]?){1,4}[0-9]{3,8}")
# Not the dot, the dash and the underscore, which stand in names, nor the question mark that ends a sentence.
_SIGN = re.compile(r"[!$%^&*+~#=?@§](?=.)|[!$%^&*+~#§]$")
_STRONG_SIGN = re.compile(r"[!#$%^&*@§]")
_SNAKE = re.compile(r"[a-z]+(?:_[a-z]+)*_(?P<drawn>[a-z0-9]{10,})")
_JOIN_TOKEN = re.compile(r"(?=.*[0-9].*[a-z]|.*[a-z].*[0-9])[a-z0-9]{6}\.[a-z0-9]{16}")  # Of kubeadm.
_CASED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_.-]{8,}")
_PART = re.compile(r"[-_.:/!$%^&*+~#=?@§]+")
_LEET = re.compile(r"[A-Za-z][0-9][a-z]")
_CLASSES = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "U" * 26 + "l" * 26 + "d" * 10
)
_CAPITALISED = re.compile(r"(?<!U)Ul")
_PHRASE = re.compile(
    r"(?i)(?=(?:[^a-z]*[a-z]+[^a-z]+)[a-z])(?:[a-z]{3,16}[-_.]){1,4}[0-9]{2,6}(?:[-_.][a-z]{3,16}){0,4}"
)
PLACES = words(
    "api app apps application auth backend backup bastion batch branch broker bucket build cache canary cart "
    "central cert checkout cluster client code consumer core cron data database deploy dev disk east edge error eng "
    "env event events feature file fix frontend gateway grid group host image index ingress instance internal "
    "issue job jobs kafka lab lambda leader linux live load local log logs loop mail main master member metrics model "
    "monitor mongo mysql namespace network nginx node nodes north orders part partition patch payments pod pods pool "
    "port postgres preprod primary private prod production proxy public pull queue rack read redis region release "
    "replica reset role rule run runner sandbox search server service services shard shop site slot south spare sql "
    "srv stage staging stable standby step storage store switch table task team tenant test tests ticket topic "
    "uat unit user users version virtual volume web west windows worker workers write zone "
    "aes argon base crc des ecdsa hmac md pbkdf rsa sha tls utf tcp udp http https jan feb mar apr may jun jul aug sep "
    "oct nov dec day days hour hours min mins minute minutes sec secs week weeks year years char chars bit bits byte "
    "bytes conf cfg csv env gz html ini json jpg key pem png sh sql tar tgz tmp toml txt xml yaml yml zip com net org"
)
_ENDING = r".*(?:ed|ing|able|only|based|long|old)"
_SHORTEST_PART = 7
# Changes between classes, a capital and its small letters counted as one. `PaymentsV2Key` has 3 of 12 possible ones,
# `IPv6Addr` 3 of 7, `zX81kkPq02` 4 of 9.
_LEAST_CHANGES = 4
_LEAST_SHARE = 0.3


@lru_cache(maxsize=4096)
def judge_look(value: str) -> Look:
    """Say what a word looks like. It is given without quotes and the full stop behind it."""
    if not _SHORTEST <= len(value) <= _LONGEST or not has_digit_and_letter(value):
        return Look.NONE
    if _UUID_OR_HEX.fullmatch(value):
        return Look.PLAIN
    if (snake := _SNAKE.fullmatch(value)) is not None:
        return Look.MIXED if count_changes(snake["drawn"]) >= _LEAST_CHANGES else Look.NONE
    if _JOIN_TOKEN.fullmatch(value):
        return Look.MIXED
    if _ORDINARY.fullmatch(value):
        return Look.NONE
    if _is_drawn(value):
        return Look.RANDOM
    if _SIGN.search(value):
        return Look.SIGNED
    if _NAMED.fullmatch(value):
        return Look.NAMED
    if _is_mixed(value):
        return Look.MIXED
    return Look.WORDY if _WORDY.fullmatch(value) or _CASED.fullmatch(value) else Look.NONE


def is_password(value: str) -> bool:
    """Answer whether a word can hardly be anything else: capitals, small letters, digits and a sign of no name."""
    kinds = any(map(str.isupper, value)), any(map(str.islower, value)), any(map(str.isdigit, value))
    return all(kinds) and len(value) >= 8 and bool(_STRONG_SIGN.search(value)) and judge_look(value) >= Look.SIGNED


def is_phrase(value: str) -> bool:
    """Answer whether it is words with a number between or behind them (`blue-42-otter`), and none that names a place.

    Hosts and pods are called alike, so a sentence must have said that it is a password.
    """
    if _PHRASE.fullmatch(value) is None or not _SHORTEST <= len(value) <= _LONGEST:
        return False
    parts = [part for part in re.split(r"[-_.]", value.lower()) if not part.isdecimal()]
    return not PLACES.intersection(parts) and re.fullmatch(_ENDING, parts[-1]) is None


def has_digit_and_letter(text: str) -> bool:
    """Tell what is drawn from an alphabet of both from a number and from words."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def count_changes(text: str) -> int:
    """Count where capitals, small letters and digits take turns; a capital and its small letters are one class."""
    classes = _CAPITALISED.sub("ll", text.translate(_CLASSES))
    return sum(map(str.__ne__, classes, classes[1:]))


def _is_drawn(value: str) -> bool:
    """Answer whether a part, or all parts together, change between classes as only chance does."""
    parts = _PART.split(value)
    return any(_is_random(part) for part in parts) or (len(parts) > 1 and _is_random("".join(parts)))


def _is_random(part: str) -> bool:
    if len(part) < _SHORTEST_PART or _UUID_OR_HEX.fullmatch(part):
        return False
    classes = part.translate(_CLASSES)
    if not {"U", "d"} <= set(classes):
        return False
    changes = count_changes(part)
    least = _LEAST_CHANGES if len(part) > _SHORTEST_PART else _LEAST_CHANGES - 1
    return changes >= least and changes >= _LEAST_SHARE * (len(part) - 1) and classes.count("d") > 1


def _is_mixed(value: str) -> bool:
    has_case = any(map(str.isupper, value)) and any(map(str.islower, value))
    digits = sum(map(str.isdigit, value))
    return has_case and len(value) >= 8 and (digits > 1 or _LEET.search(value) is not None)
