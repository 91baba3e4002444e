"""Which names are names of secrets: `DB_PASSWORD` and `apiKey` are, `TOKEN_COUNT` and `secretName` are not."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


_LONGEST = 200  # Longer names are no names; their end says what they are.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Any of these, also at the end of a longer word (`dbpassword`), and in the plural.
_STRONG_END = re.compile(
    r"(?:password|passwd|passphrase|passcode|passwort|kennwort|wachtwoord|contrase(?:na)?|senha|secret|token|apikey|authkey|accesskey|secretkey|privatekey|masterkey|"
    r"accountkey|licensekey|signingkey|encryptionkey|connectionstring|connstr|"
    r"(?:admin|auth|db|dest|ftp|key|login|mail|my|new|old|pg|require|root|smtp|sql|src|ssh|store|user)pass)s?$"
)
_STRONG = frozenset({"pwd", "pw", "psk", "pgpass", "authorization", "bearer", "jwt", "htpasswd", "masterauth"})
_PASSWORD_STEMS = ("pass", "pwd", "kennwort", "wachtwoord", "contrase", "senha")
# `DB_PW`, `bindpw`; not `httpw`.
_PW_END = re.compile(r"(?:admin|bind|db|ftp|login|mail|my|pg|root|smtp|sql|ssh|user)pw$")
# With a `key` behind them; a key alone may be one of a map, a table or a cache.
_BEFORE_KEY = words(
    "access account admin api app application auth aws azure client cipher crypto deploy ec ecdsa ed25519 encrypt "
    "encryption eth gpg hmac ingest ingestion instrumentation jwt license licence master openai pgp private root "
    "rsa secret sendgrid service session shared sign signing ssh ssl stripe subscription symmetric tls wallet "
    "webhook write"
)
# Tokens that are counted have no such word before them: `prompt_tokens`, `max_tokens`.
_BEFORE_TOKENS = words("access api auth bearer bot device id push refresh secret session user valid")
# Tokens of a parser, a model or a list that is read page by page.
PLAIN_TOKENS = words(
    "bos cls continuation current cursor end eof eos first last lexer mask next pad page pagination parser prev "
    "previous sep special start stop sync unk"
)
PLAIN_KEYS = words(
    "any by cache composite config dedup dedupe dict field first foreign for get group has hash hot i18n "
    "idempotency index join label last lookup map message metric natural next no object order partition prev "
    "primary pub public put record registry row routing s3 set shard sort sorting surrogate translation unique"
)
# A value under these is a secret only when it looks like one: `session: closed`, `auth=basic`, `pass: 12, fail: 1`.
_WEAK = words(
    "auth cookie cookies cred creds credential credentials otp pass salt session sessionid jsessionid phpsessid "
    "sid sig signature"
)
# Names that end so speak about a secret, and are none: a limit, a place, a kind, a moment, a name.
_ABOUT = words(
    "age alg algo algorithm allowed arn at attempts audience backend bucket budget builder by changed class "
    "client column config configuration controller cost count counts created date day days delay dir directory "
    "disabled domain duration enable enabled endpoint endpoints engine error errors exp expiration expire expired "
    "expires expiry factory failed failure failures field fields file filename files folder format generator "
    "handler header headers hint host hosts hour hours id ids index interval invalid issuer kind label len length "
    "lifetime limit limits line location manager max maximum message method methods middleware min mins minimum "
    "minute minutes missing mode mount ms msg name names namespace no num number offset optional options param "
    "parameter params path paths placeholder plugin policies policy port position prefix present prompt provider "
    "providers rate ref refs request requests required reset response result retries review role roles rotation "
    "rounds rule rules s scheme scope scopes sec second seconds secs server service settings size source start "
    "state status store strategy style suffix supported time timeout timestamp title total ttl type types updated "
    "uri uris url urls usage use user username valid validator verified version volume"
)
_IDS = ("id", "ids")
# The few of them that say so whatever the value is, for a name alone: numbers, switches and places.
_MEASURES = words(
    "age alg algorithm attempts count counts day days delay dir disabled duration enabled endpoint expiration expires "
    "expiry file hour hours interval length lifetime limit limits max min minutes mode ms name path paths port retries "
    "rounds s seconds size timeout total ttl type uri url version"
)
# Names that begin so are answered by yes, no or a number.
_QUESTIONS = words(
    "allow allows can disable enable has hide is max min needs no num requires require show skip total use uses"
)
# What an attribute of a secret is called when it is the secret itself.
_CONTENTS = words("content contents data default key literal raw string text val value")


class Strength(IntEnum):
    """How much a name says of its value."""

    NONE = 0
    WEAK = 1
    """The value is a secret if it looks like one."""
    STRONG = 2
    """The value is a secret unless it is no literal."""


def is_secret_name(name: str) -> bool:
    """Answer whether a variable or key of this name is treated as a secret whatever its value.

    Wider than what decides in a text: a variable hidden without need costs a comparison, one shown costs a secret.
    """
    parts = _list_words(name[-_LONGEST:])
    if not parts or parts[-1] in _MEASURES or (parts[-1] == "tokens" and _speaks_about(parts)):
        return False
    return any(_judge_word(*pair) or pair[0] == "dsn" for pair in zip(parts, ["", *parts], strict=False))


def speaks_about(name: str) -> bool:
    """Answer whether a name says something about a secret (its limit, its place, its own name), or nothing of one."""
    return _speaks_about(_list_words(name[-_LONGEST:]))


def is_password_name(name: str) -> bool:
    """Answer whether its value is chosen by people, and may so be a word or a number."""
    folded = name.lower()
    if any(stem in folded for stem in _PASSWORD_STEMS):
        return True
    parts = _list_words(name[-_LONGEST:])
    return bool(parts) and (parts[-1] == "pw" or _PW_END.search(parts[-1]) is not None) and len(name) > 2


def is_pass(name: str) -> bool:
    """Answer whether the name is `pass` and no more: of a password, or of a run, a compiler, a test that passed."""
    return name.rpartition(".")[2].strip("_-").lower() == "pass"


@lru_cache(maxsize=4096)
def judge_name(name: str) -> Strength:
    """Say how much a name tells, by its words in whatever case or style they are joined."""
    parts = _list_words(name)
    if "." in name:  # `jwt.secret` is one, `token.markup` is something of a token.
        last = _list_words(name.rpartition(".")[2])
        parts = parts if last and last[-1] in _CONTENTS else last
    if _speaks_about(parts):
        return Strength.NONE
    if len(parts) > 1 and parts[-1] in _IDS:  # Of a session or a secret; `_speaks_about`.
        parts.pop()
    *others, own = (_judge_word(*pair) for pair in zip(parts, ["", *parts], strict=False))
    # `SessionTracker`, `auth_backend`: a weak word says something of the value only at the end.
    return Strength.STRONG if Strength.STRONG in others else own


def _list_words(name: str) -> list[str]:
    found = [word.lower() for word in _WORD.findall(name)]
    while len(found) > 1 and found[-1].isdigit():
        found.pop()
    return found


def _speaks_about(parts: list[str]) -> bool:
    """Answer whether a name says something about a secret, or nothing at all."""
    if not parts or (len(parts) > 1 and parts[0] in _QUESTIONS):
        return True
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if last == "tokens":
        return bool(before) and before not in _BEFORE_TOKENS
    if last == "token" and before in PLAIN_TOKENS:
        return True
    # The id of a session or a secret opens doors by itself (cookies, Vault's AppRole).
    return last in _ABOUT and not (last in _IDS and before in ("session", "secret"))


def _judge_word(word: str, before: str) -> Strength:
    if word in _STRONG or _STRONG_END.search(word) or _PW_END.search(word) or (word == "pass" and before):
        return Strength.STRONG
    if (word == "auth" and before == "rediscli") or (word == "passe" and before == "de"):
        return Strength.STRONG
    if word in ("key", "keys") and before:
        if before in _BEFORE_KEY:
            return Strength.STRONG
        return Strength.NONE if before in PLAIN_KEYS else Strength.WEAK
    if word == "string" and before in ("connection", "conn"):
        return Strength.STRONG
    return Strength.WEAK if word in _WEAK else Strength.NONE
