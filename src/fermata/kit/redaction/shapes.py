"""Secrets that are known by their shape: private keys, vendors' tokens, passwords in URLs and in commands, credentials.

Each pattern runs only on texts that hold its marker: finding a fixed word is a hundred times cheaper than running a
pattern. No pattern repeats a group that can match in two ways; repetitions are possessive or bounded.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

from fermata.kit.redaction.commands import COMMANDS, REFERENCE
from fermata.kit.redaction.hashes import HASHES
from fermata.kit.redaction.looks import has_digit_and_letter
from fermata.kit.redaction.marks import Tally, is_marked
from fermata.kit.redaction.names import is_secret_name
from fermata.kit.redaction.randomness import looks_random
from fermata.kit.redaction.values import has_many_humps, is_told_secret, is_word_about
from fermata.kit.redaction.vendors import TOKENS, Shape

_PORT_AND_PATH = re.compile(r"[0-9]{1,5}/")
_PEM_BEGIN = re.compile(r"-----? ?BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-----?")
_PEM_END = re.compile(r"-----? ?END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-----?")
# Lines of base 64 and headers (`Proc-Type: 4,ENCRYPTED`), with what a diff, a list or a quotation puts before them.
_PEM_BODY = re.compile(
    r"(?:(?:\\[nr]|[\s>|\"'+,-]){0,16}+(?:[A-Za-z-]{1,24}: [^\n\\]{1,80}|[A-Za-z0-9+/]{16,}+={0,2})){1,400}+"
    r"(?:(?:\\[nr]|[\s>|\"'+,-]){1,16}+[A-Za-z0-9+/]{1,64}={1,2})?"
)
# Versions, and names of things in several parts: `1:4.8.1`, `db-credentials-75`.
_VERSION_OR_NAME = re.compile(r"v?[0-9]+[.:][0-9].*|[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+")
_LONGEST_PEM = 32_768  # RSA of 16,384 bits has 12.5 KB in base 64; every line may carry a log's prefix.
_SQL_WORDS = frozenset({"password", "values", "value", "externally", "globally", "random", "null"})
_NO_DEFAULT = frozenset({"none", "null", "nil", "true", "false"})
_KEY_MATERIAL = re.compile(r"[A-Za-z0-9+/]{20}")


def _is_credential(match: re.Match[str]) -> bool:
    """Tell `Basic YWxpY2U6c2VjcmV0` and `Bearer 8xLOxBtZp8` from the words of a sentence."""
    secret = match["secret"]
    if match["scheme"].lower() == "basic":
        try:
            return b":" in b64decode(secret + "=" * (-len(secret) % 4), validate=True)
        except binascii.Error:
            return looks_random(secret)
    if REFERENCE.fullmatch(secret):
        return False
    # No word that follows `bearer` in a sentence has sixteen letters.
    return any(map(str.isdigit, secret)) or has_many_humps(secret) or (len(secret) >= 16 and secret.isalpha())


def _is_told(match: re.Match[str]) -> bool:
    """Tell `the password is hunter2` from `the password is expired`; without `is` the value must look like one."""
    secret = match["secret"].rstrip(".!?")
    if not is_told_secret(secret) or _VERSION_OR_NAME.fullmatch(secret):
        return False
    if not match["verb"] and match["name"].lower() in ("secret", "token"):
        return False
    kinds = any(map(str.islower, secret)), any(map(str.isupper, secret)), any(map(str.isdigit, secret))
    return bool(match["verb"]) or has_many_humps(secret) or (len(secret) >= 8 and all(kinds))


def _is_literal(match: re.Match[str]) -> bool:
    """Tell a password from a reference to one, and from a port with a path: `http://host:8080/path@v1`."""
    return not (REFERENCE.fullmatch(match["secret"]) or _PORT_AND_PATH.match(match["secret"]))


def _is_presented(match: re.Match[str]) -> bool:
    """Tell a credential from a word of a sentence: `authorization: basic authentication`, `... bearer required`."""
    secret = match["secret"]
    return not (REFERENCE.fullmatch(secret) or (secret.isalpha() and is_word_about(secret)))


def _is_mixed(match: re.Match[str]) -> bool:
    """Tell hexadecimal digits from a number of an account and from short words."""
    return has_digit_and_letter(match["secret"])


def _is_grant(match: re.Match[str]) -> bool:
    """Tell `4/0AX4XfWh_abc9` from the name of a failure: `invalid-request-parameter`, `ERR_HTTP2_STREAM_CANCEL`."""
    secret = match["secret"]
    digits = sum(map(str.isdigit, secret))
    # Identifiers are names by their shape; no name is for a fifth made of digits.
    is_name = digits * 5 < len(secret) and _VERSION_OR_NAME.fullmatch(secret)
    return digits >= 2 and any(map(str.islower, secret)) and not is_name


def _is_token_alone(match: re.Match[str]) -> bool:
    """Tell `d3adb33fcafe0123` from the name of an account with a number behind it: `deployservice2024`."""
    inner = match["secret"].rstrip("0123456789")
    return sum(map(str.isdigit, inner)) >= 2 and sum(map(str.isalpha, inner)) >= 2


def _is_word_of_sql(match: re.Match[str]) -> bool:
    """Tell a password without quotes from what else may stand there."""
    return match["secret"].lower() not in _SQL_WORDS and not REFERENCE.fullmatch(match["secret"])


def _is_own_default(match: re.Match[str]) -> bool:
    """Tell the password that `${PW:-hunter2}` falls back to from that of another variable's, and from none."""
    is_named = match["name"] is None or is_secret_name(match["name"])
    return is_named and match["secret"].lower() not in _NO_DEFAULT


def _is_of_secret_option(match: re.Match[str]) -> bool:
    """Tell `[--password, hunter2]` from `[--port, 8080]` and from a list of names."""
    return is_secret_name(match["name"])


_SHAPES = (
    # An option and its value in a list of YAML, where neither needs quotes.
    Shape(
        "assignment",
        ("-",),
        re.compile(
            r"""(?<=[\[, ])--?(?P<name>[A-Za-z][\w-]{1,64}),[ \t]{0,4}"""
            r"""(?P<secret>[^\s,\[\]"'$-][^\s,\[\]"'$]{2,128})(?=[,\]])"""
        ),
        accept=_is_of_secret_option,
    ),
    # A default of several words, by the name of the variable itself.
    Shape(
        "default",
        ("${",),
        re.compile(r"""\$\{(?P<name>[\w.-]{1,64}):?[-=](?P<secret>[^\s${}"']{1,128}[ ][^\n${}"']{1,128})\}"""),
        accept=_is_own_default,
    ),
    # Spring's way: `password: ${DB_PASSWORD:hunter2}`. What a shell takes for a part of a value is no default.
    Shape(
        "default",
        ("${",),
        re.compile(
            r"""(?i)(?P<name>[A-Za-z][\w.-]{1,64})["']?[ \t]{0,3}[:=][ \t]{0,3}["']?"""
            r"""\$\{[\w.-]{1,64}:(?![-+?=]|[0-9: -]{1,16}\})(?P<secret>[^${}\s"']{3,128})\}"""
        ),
        accept=_is_own_default,
    ),
    # A shell's variable that brings its own default, behind what says that it is a secret.
    Shape(
        "default",
        ("${",),
        re.compile(
            r"""(?i)(?:(?P<name>[A-Za-z][\w.-]{1,64})["']?[ \t]{0,3}[:= ][ \t]{0,3}["']?|bearer[ \t]{1,4})"""
            r"""\$\{[\w.]{1,64}:?[-=](?P<secret>[^${}\n"']{3,128})\}"""
        ),
        accept=_is_own_default,
    ),
    Shape(
        "url",
        ("://",),
        # A slash or an at-sign that nobody encoded belongs to the password if the host's at-sign comes soon after.
        re.compile(
            r"""://[^\s/@:?#\[\]"'<>\\]{0,128}:"""
            r"""(?P<secret>(?:[^\s/@"'<>\\]|/(?=[^\s"'<>\\]{0,64}@)|@(?=[^\s/@"'<>\\]{0,64}@)){1,256})@"""
        ),
        accept=_is_literal,
    ),
    # The same as JSON of some languages and query strings write it.
    Shape(
        "url",
        (":\\/\\/",),
        re.compile(
            r""":\\/\\/[^\s/@:?#\[\]"'<>\\]{0,128}:(?P<secret>(?:[^\s/@"'<>\\]|\\[^\s"'])"""
            r"""(?:[^\s/@"'<>\\]|\\[^\s"']){0,255})@"""
        ),
        accept=_is_literal,
    ),
    Shape(
        "url",
        ("%3a%2f%2f",),
        re.compile(
            r"""(?i)%3a%2f%2f(?:(?!%(?:2f|40|3a))[^\s/@:&"'<>]){0,128}(?::|%3a)"""
            r"""(?P<secret>(?:(?!%(?:2f|40))[^\s/@&"'<>]){1,256})(?:@|%40)"""
        ),
        folded=True,
        accept=_is_literal,
    ),
    Shape("url", ("/api/webhooks/",), re.compile(r"""/api/webhooks/[0-9]{5,25}/(?P<secret>[^\s"'<>/?]{8,128})""")),
    # A token alone before the host: `https://TOKEN@host`, a DSN.
    Shape("url", ("://",), re.compile(r"://(?P<secret>(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20,128})@")),
    # A shorter one that is mixed as no account's name is.
    Shape(
        "url",
        ("://",),
        re.compile(r"(?i)(?<![a-z])https?://(?P<secret>[A-Za-z0-9_]{12,128})@"),
        accept=_is_token_alone,
    ),
    # A code that a login hands back through the browser (RFC 6749, 4.1.2): until it is redeemed it is a token.
    Shape(
        "url",
        ("?code=", "&code="),
        re.compile(r"[?&]code=(?P<secret>[A-Za-z0-9._~/%+-]{16,512}+)"),
        accept=_is_grant,
    ),
    Shape(
        "dsn",
        ("@tcp(", "@unix("),
        re.compile(
            r"(?<![\w/])[\w.-]{1,64}:(?P<secret>\[redacted:[a-z]+:[0-9a-f]{4}\]|[^\s:@/\[\]]{1,128})@(?:tcp|unix)\("
        ),
        accept=_is_literal,
    ),
    Shape(
        "dsn",
        ("jdbc:oracle:",),
        re.compile(r"jdbc:oracle:(?:thin|oci8?):[\w.-]{1,64}/(?P<secret>[^\s@/]{1,128})@"),
        accept=_is_literal,
    ),
    # A line of .pgpass.
    Shape(
        "dsn",
        (":5432:", ":5433:", ":6432:"),
        re.compile(r"(?m)^[^\s:]{1,128}:(?:543[23]|6432):[^\s:]{1,64}:[^\s:]{1,64}:(?P<secret>[^\s]{3,128})$"),
    ),
    Shape(
        "header",
        ("bearer", "basic", "negotiate"),
        re.compile(
            r"(?i)(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))(?P<scheme>bearer|basic|negotiate)[ \t+]{1,4}[\"'\\]{0,3}"
            r"(?P<secret>[A-Za-z0-9._~+/=-]{8,}+)"
        ),
        folded=True,
        accept=_is_credential,
    ),
    # Behind the header's name, and alone there, whatever it looks like.
    Shape(
        "header",
        ("authorization",),
        re.compile(
            r"""(?im)authorization(?:["'\]\\]|&quot;){0,4}[ \t]{0,4}[:=][ \t]{0,4}["'\\]{0,4}"""
            r"""(?:basic|bearer|negotiate)[ \t]{1,4}(?P<secret>[^\s"'\\$<{=,;]{8,512}={0,2})(?=["'\\]|[ \t]*\r?$)"""
        ),
        folded=True,
        accept=_is_presented,
    ),
    # Other schemes, behind the header's name only; some have a list of quoted parts.
    Shape(
        "header",
        ("authorization",),
        re.compile(
            r"""(?ix) authorization (?:["'\]\\]|&quot;){0,4} [ \t]{0,4} [:=] [ \t]{0,4} ["'\\]{0,4}
            (?:token|api-?key|sharedkey(?:lite)?|key|genie-?key|hawk|oauth|digest|aws4-hmac-sha256|ntlm|splunk|bot)
            [ \t]{1,4}
            (?P<secret> [^\s"'\\$<{]{4,}+
                (?: (?<=[=,]) ["\\]{0,3} [^\n"'\\]{0,512} ["\\]{0,3} [ ,]{0,2}
                    (?: [A-Za-z]{1,24} ="? [^\n"'\\]{0,512} "? [ ,]{0,2} ){0,12} )? )"""
        ),
        folded=True,
    ),
    Shape(
        "header",
        ("cookie",),
        re.compile(
            r"""(?i)(?<![a-z])(?:set-)?cookie["'\]\\]{0,4}[ \t]{0,4}[:=][ \t]{0,4}["'\\]{0,3}"""
            r"""(?P<secret>[^\s=;"'\\,(){}<>$]{1,64}=[^\s;"'\\<>${}]{3,}+(?:;[^\n"'\\<>]*+)?)"""
        ),
        folded=True,
    ),
    # Headers as pairs: `["Cookie", "sid=..."]` of Sentry and HAR tools, `(b'x-api-key', b'...')` of ASGI.
    Shape(
        "header",
        ("cookie",),
        re.compile(
            r"""(?i)["'](?:set-)?cookie\\?["'][ \t]{0,4},[ \t]{0,4}b?\\?["']"""
            r"""(?P<secret>[^\s=;"'\\,(){}<>$]{1,64}=[^"'\\<>${}]{3,4096}+)"""
        ),
        folded=True,
    ),
    Shape(
        "header",
        ("key", "token", "secret", "authorization"),
        re.compile(
            r"""(?i)["'](?:(?:x-[a-z-]{0,32}|(?:api|auth|access|private|proxy)-)(?:key|token|secret)|authorization)\\?["']"""
            r"""[ \t]{0,4},[ \t]{0,4}b?\\?["'](?P<secret>[^\s"'\\,:=<>${}\[\]]{8,4096}+={0,2})\\?["']"""
        ),
        folded=True,
        accept=lambda match: has_digit_and_letter(match["secret"]),
    ),
    # What .netrc writes without a sign between.
    Shape(
        "option",
        ("login ",),
        re.compile(r"(?i)\blogin\s+\S{1,128}\s+password\s+(?P<secret>[^\s\"']{3,128})"),
        folded=True,
    ),
    # A component of a key as key ceremonies write it; a fingerprint in the same groups is public, and called one.
    Shape(
        "key",
        ("comp", "key", "share"),
        re.compile(
            r"""(?ix) (?<![a-z0-9]) (?:key|comp|component|share) [ _-]? [0-9]{0,2} ["'`]? [ \t]{0,4}
            (?: [:=] | (?:is|was)(?=[ \t]) ) [ \t]{0,4} ["'`]?
            (?P<secret> (?:[0-9a-f]{4}[ -]){3,15} [0-9a-f]{4} ) (?![0-9a-z])"""
        ),
        folded=True,
        accept=_is_mixed,
    ),
    # What people write to each other. A `secret` without a verb is mostly the name of one.
    Shape(
        "told",
        ("passw", "passphrase", "passcode", "secret is", "secret was", "token is", "token was"),
        re.compile(
            r"(?i)(?<![\w./-])(?P<name>password|passwd|passphrase|passcode|secret|token)"
            r"(?P<verb>[ \t]{1,4}(?:is|was|to)(?:[ \t]{1,4}now)?)?[ \t]{1,4}[\"'`]?"
            r"(?P<secret>[A-Za-z0-9!#$%^&*+_@~?.-]{6,128})(?![\w/=:(\[-])"
        ),
        folded=True,
        accept=_is_told,
    ),
    Shape(
        "sql",
        ("password", "identified"),
        re.compile(
            r"(?i)\b(?:identified\s+(?:with\s+[\w'\"]{1,40}\s+)?by|password)(?:\s{1,8}(?:password\s{1,8})?"
            r"|\s{0,8}\(\s{0,4})'(?P<secret>[^'\n]{3,256})'"
        ),
        folded=True,
        accept=_is_literal,
    ),
    # Without quotes, as Oracle takes it, behind what makes a statement of it.
    Shape(
        "sql",
        ("identified by",),
        re.compile(
            r"(?i)\b(?:(?:create|alter)\s{1,8}user|grant\b[^;\n]{1,200}?\bto)\s{1,8}[^\s;]{1,128}"
            r"\s{1,8}identified by\s{1,8}(?P<secret>[^\s;'\"(),]{3,128})"
        ),
        folded=True,
        accept=_is_word_of_sql,
    ),
    Shape(
        "sql",
        ("identified by",),
        re.compile(r"(?i)\bidentified by\s{1,8}(?:values?\s{1,8})?\"(?P<secret>[^\"\n]{3,256})\""),
        folded=True,
        accept=_is_literal,
    ),
)


_ALL = (*TOKENS, *_SHAPES, *COMMANDS, *HASHES)
_RARE = "_~@&?AEGHMSCIPNRKO:.-/"
_RARE_FOLDED = '<%}$|"/-qwkpu'
"""Characters by which markers are grouped, the rarest of plain text first."""


def _group_markers(signs: str, *, folded: bool) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    """Return markers by a character that each holds; those without a rare one under what every text holds."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for number, one in enumerate(_ALL):
        for marker in one.markers if one.folded is folded else ():
            groups.setdefault(next((sign for sign in signs if sign in marker), ""), []).append((marker, number))
    return tuple((sign, tuple(found)) for sign, found in groups.items())


_MARKED = _group_markers(_RARE, folded=False)
_MARKED_FOLDED = _group_markers(_RARE_FOLDED, folded=True)


def hide_shapes(text: str, tally: Tally) -> str:
    """Replace what has the shape of a secret."""
    if "PRIVATE KEY" in text:
        text = _hide_pem(text, tally)
    folded = text.lower()
    # Flat lists, since this is asked of every text: a call for each shape would take as long as the search itself.
    numbers = {number for sign, group in _MARKED if sign in text for marker, number in group if marker in text}
    numbers.update(
        [number for sign, group in _MARKED_FOLDED if sign in folded for marker, number in group if marker in folded]
    )
    for number in sorted(numbers):
        text = _apply(_ALL[number], text, tally)
    return text


def _apply(shape: Shape, text: str, tally: Tally) -> str:
    group: str | int = "secret" if "secret" in shape.pattern.groupindex else 0

    def replace(match: re.Match[str]) -> str:
        secret = match[group]
        if is_marked(secret) or (shape.accept is not None and not shape.accept(match)):
            return match[0]
        first, last = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:first] + tally.mark(shape.kind, secret) + match[0][last:]

    return shape.pattern.sub(replace, text)


def _hide_pem(text: str, tally: Tally) -> str:
    """Replace private keys, whole or cut off; a beginning without key material behind it is a word in some code."""
    parts, done = [], 0
    for begin in _PEM_BEGIN.finditer(text):
        if begin.start() < done:
            continue
        end = _find_pem_end(text, begin.end())
        if _KEY_MATERIAL.search(text, begin.end(), end):
            parts += [text[done : begin.start()], tally.mark("pem", text[begin.start() : end])]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _find_pem_end(text: str, start: int) -> int:
    # Another key's beginning bounds the search, so that a thousand beginnings do not cost a thousand searches.
    following = _PEM_BEGIN.search(text, start, start + _LONGEST_PEM)
    end = _PEM_END.search(text, start, following.start() if following else start + _LONGEST_PEM)
    if end is not None:
        return end.end()
    body = _PEM_BODY.match(text, start)
    return body.end() if body else start
