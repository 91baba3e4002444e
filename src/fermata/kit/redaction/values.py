"""Whether what is assigned to the name of a secret is a secret: a literal is, code, a reference or a sentence is not.

Three kinds of text meet here, and the same words mean other things in each: settings (`password: hunter2`), code
(`password = user.password`) and prose (`invalid token: it has expired`). Where they cannot be told apart, passwords are
taken for literals, since people choose words for them, and tokens without a digit for code or prose.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass

from fermata.kit.redaction.looks import Look, judge_look
from fermata.kit.redaction.marks import MARK, is_marked
from fermata.kit.redaction.names import Strength, is_pass, is_password_name, words
from fermata.kit.redaction.randomness import looks_random


# Not frozen: a text may hold a hundred thousand of them, and freezing doubles what one costs.
@dataclass(slots=True)
class Setting:
    """A value with where it stands. What stands around it is cut out only when somebody asks."""

    name: str
    strength: Strength
    value: str
    quoted: bool
    spaced: bool
    """There is a space before the sign, as in code, or the sign is a colon with a space behind, as in YAML."""
    colon: bool
    text: str
    start: int
    """Where the name begins in the text."""
    end: int
    """Where the value ends in the text."""

    @property
    def before(self) -> str:
        """Return some characters before the name."""
        return self.text[max(0, self.start - 24) : self.start]

    @property
    def after(self) -> str:
        """Return some characters after the value, up to the end of the line."""
        return self.text[self.end : self.end + 40].partition("\n")[0]

    @property
    def around(self) -> str:
        """Return some characters before the name and behind the value: of these lines and of their neighbours."""
        return f"{self.text[max(0, self.start - 100) : self.start]} {self.text[self.end : self.end + 100]}"

    @property
    def begins_line(self) -> bool:
        """Answer whether nothing but indentation, a list's dash or a diff's sign stands before the name."""
        before = self.text[max(0, self.start - 80) : self.start]
        return _INDENT.fullmatch(before.rpartition("\n")[2]) is not None


# A name of an account beside `pass`; of tests and of compilers there are none.
_ACCOUNT = re.compile(
    r"""(?ix) (?<![a-z]) (?: user(?:[ _-]?(?:name|id))? | login | account | e-?mail | uid )
    (?:\\?["'\]] | </?){0,2} \s{0,2} (?: => | [:=>] )"""
)
_VERDICTS = words("ok passed pass fail fails first second third last next only all both rate count pending skipped")
_PASSES = re.compile(r"(?i)\b(?:all|can|did|must|not|now|should|to|will|[a-z]+s)[ \t]+$")  # `all tests pass: ...`
# `pass=hunter2`, as people choose them; `pass=phase2` is a compiler's or a counter's.
_WORD_AND_NUMBER = re.compile(
    r"(?i)(?!(?:phase|stage|step|round|loop|level|tier|test|run|attempt|iter(?:ation)?|cycle|epoch|batch)[0-9])"
    r"[a-z]{4,}[0-9]{1,6}"
)
_CREDENTIAL = re.compile(r"(?i)(?:auth|cred|creds|credential|credentials)$")
_HUMP = re.compile(r"[a-z][A-Z]")
_LEAST_LOGIN = 3
_LEAST_CHOSEN = 6
_INDENT = re.compile(r"[-+>|#*\s\d]*(?:export\s+|set\s+|ENV\s+|ARG\s+)?['\"]?")
_NOTHING = words("true false yes no on off null nil none undefined nan na n/a default auto unset empty blank anonymous")
_TYPES = words(
    "any array bool boolean byte bytes bytearray char dict date datetime decimal double float int integer json "
    "list long map number object option optional regexp secretstr str string text tuple union unknown uuid "
    "varchar nvarchar void buffer cipher credential credentials basic bearer digest oauth oauth2 jwt apikey hmac "
    "mtls tls ssl oidc saml ldap kerberos negotiate ntlm scram sasl plain md5 sha256 sha512 aes256 base64 opaque"
)
_STATES = words(
    "absent accepted active allowed bad changed closed correct corrupt created denied deleted disabled done empty "
    "enabled end eof error expected expired expires expiring failed failure forbidden found generated granted "
    "hidden illegal inactive incorrect invalid invalidated issued malformed mandatory masked mismatch missing "
    "must needed new not obtained ok open opened optional present provided read received redacted refreshed "
    "rejected removed renewed required reset revoked rotated sent set should stale success succeeded too "
    "unauthorized unexpected unknown unset unsupported updated used valid validated verified was wrong is are and "
    "or in of for with from has have cannot could failed falsch abgelaufen vergessen requis requise incorrecte "
    "folgt unverändert invalide incorrecta incorrecto incorreta invalida obligatoria requerida onjuist verkeerd"
)
_KEYWORDS = words(
    "async await case const else except final for function if lambda let match new not return self super switch "
    "this throw typeof var when while with yield"
)
_STEM = re.compile(
    r"(?i)pass|pwd|secret|token|key|auth|cred|cookie|sess|jwt|csrf|bearer|signature|salt|login|value|param"
)
_REFERENCE = re.compile(
    r"""(?x)
    \$\{\{.*\}\} | \{\{.*\}\} | \$\{[^{}]*\}? | \$\(.*\)? | \$[A-Z_][A-Z0-9_]* | \$[a-z_]+ | \$\d | `.*`
    | %\(\w+\)s | %[sdvqr] | %[A-Za-z_]+% | \{[A-Za-z_][\w.!:'"\[\]()-]*\}? | \{\} | \#\{.*\}? | <[^<>]*>? | <%.*%>
    | @[A-Za-z_.]+@
    | (?:env|file|vault|ssm|op|aws|gcp|azure|secret|secretref|secretsmanager|keyvault|sm|ref\+\w+|arn|kms|bao):\S*
    | ENC\[.* | \{cipher\}.* | \[[A-Za-z ._-]*\]? | \([A-Za-z ._-]*\)? | [*xX•#?_.~-]{3,}\S?
    | (?i:your|insert|enter|replace|paste)[-_ ].* | \.\.\..* | [a-z][a-z0-9+.-]*://.*
    """
)
_INTERPOLATED = re.compile(
    r"\$?\{\{?[^{}\s]{1,80}\}?\}|#\{[^}]{1,80}\}|%\(\w+\)s|%[sdvq]\b|\$\([^)]{1,80}\)"
    r"|(?:(?<=\s)|^)\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+)(?!\w)"
)
# Not `0x14ede63a5a7000`, a number of 64 bits.
_KEY_MATERIAL = re.compile(r"(?!0x[0-9a-f]{1,16}$)[A-Za-z0-9+/=_.%:~-]+")
_KEBAB = re.compile(r"[a-z]+[0-9]{0,2}(?:[-_.:][a-z]+[0-9]{0,2})+")
_NUMBER = re.compile(
    r"0x[0-9a-f]{1,16}|[-+]?[0-9][0-9_,.:]*(?:e[-+]?[0-9]+)?\s?(?:ns|us|ms|s|m|h|d|w|%|[KMGT]i?B?|B)?", re.IGNORECASE
)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]*(?:Z|[+-][0-9:]+)?)?")
_THREE = re.compile(r"(?:[^\W_][\W_]*?){3}")
_DIGEST = re.compile(r"(?:sha(?:1|224|256|384|512)|md5|blake2b)[:=-][0-9A-Za-z+/=]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PATH = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@%+~ -]++[/\\]?)*+|[a-z_][a-z0-9_.-]*+(?:/[a-z_*][a-z0-9_.*:-]*+)++/?"
)
_NAME_OF_OBJECT = re.compile(r"[a-z]+(?:[-_.:/][a-z]+)+[0-9]?")
_REVERSE_DOMAIN = re.compile(r"[a-z]{2,8}(?:\.[A-Za-z]+){2,}(?:[/:@][0-9]{1,6})?")
_CHAIN = re.compile(r"[&*!@]?[A-Za-z_$][\w$]*(?:(?:\?\.|!?\.|->|::)[A-Za-z_$][\w$]*)+")
_CODE = re.compile(
    r"[&*!@-]*[A-Za-z_$][\w$.:>-]*+(?:[({]|\[(?!redacted)|<[A-Za-z]|@[0-9a-f]{5,8}\b)|\(\)|=>|->|\|\|?|&&"
)
_LOOKUP = re.compile(r"(?i)(?:os|process|env|environ|system|config|settings|import|import\.meta)\.\w|\w+\.\w+[(\[]")
_CALL = re.compile(r"\w[(\[]")
_IDENTIFIER = re.compile(r"[&*!@]?[A-Za-z_$][\w$]*[?!]?")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_SCHEMES = r"(?i:bearer|basic|token|digest|negotiate|apikey|api-key|oauth|key)"
_SCHEME = re.compile(rf"{_SCHEMES}\s*")
SCHEME_AHEAD = re.compile(rf"{_SCHEMES}[ \t]{{1,4}}(?=[^\s=,]{{8,512}}=*[\"'`]*$)", re.MULTILINE)
"""The scheme of a credential that is one word and ends its line: `Bearer ...`, not `Basic realm="shop"`."""
_PARSER = re.compile(r"(?i)(?:expected|invalid|illegal|unknown|bad|next|current|parse|syntax|lex\w*|near|stray)[ :]*$")


def is_secret(setting: Setting) -> bool:
    """Answer whether the value is to be hidden."""
    value = setting.value
    if setting.quoted and ("{" in value or "$" in value or "%" in value):
        value = _INTERPOLATED.sub("", value)
    if "redacted" in value:
        if is_marked(value):
            return False
        value = MARK.sub("", value)
    if len(value) < 3 or _THREE.search(value) is None or _SCHEME.fullmatch(value) or _says_nothing(value, setting):
        return False
    if setting.strength is Strength.WEAK and not (_is_dense(value) or _is_chosen(value, setting)):
        return False
    return _is_quoted_literal(value, setting) if setting.quoted else _is_bare_literal(value, setting)


def _says_nothing(value: str, setting: Setting) -> bool:
    """Placeholders, references, switches, numbers, moments, places."""
    folded = value.lower()
    if folded in _NOTHING or folded in _TYPES or _REFERENCE.fullmatch(value):
        return True
    if _INSTANT.fullmatch(value) or _DIGEST.fullmatch(value) or (_PATH.fullmatch(value) and not looks_random(value)):
        return True
    # A password of digits is one; a token of a few digits is a count.
    return _NUMBER.fullmatch(value) is not None and not (is_password_name(setting.name) and len(value) > 3)


def _is_dense(value: str) -> bool:
    """Answer whether a value looks like key material by itself: long, no words, neither a UUID nor a name."""
    if len(value) < 16 or _UUID.fullmatch(value) or " " in value.strip():
        return False
    has_both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return has_both and len(set(value)) >= 8 and bool(_KEY_MATERIAL.fullmatch(value)) and not _KEBAB.fullmatch(value)


def _is_chosen(value: str, setting: Setting) -> bool:
    """Answer whether a value under a name of two meanings can only be a credential: by its look, or by its neighbours.

    `pass: kj3h4k5jh` is a password and `pass: gcse2` a step of a compiler; `user: app, pass: sesame` is an account's,
    and `pass=hunter2` a setting: who reports a step writes a colon or a blank.
    """
    if is_pass(setting.name):
        if setting.colon and not setting.quoted and (setting.name == "PASS" or _PASSES.search(setting.before)):
            return False  # `--- PASS: TestLogin2024`
        look = judge_look(value)
        if look >= Look.NAMED or (look is Look.WORDY and not _HUMP.search(value)):
            return True
        if not (setting.colon or setting.spaced) and len(value) >= _LEAST_CHOSEN and _WORD_AND_NUMBER.fullmatch(value):
            return True
        is_setting = "." in setting.name and not setting.spaced and setting.begins_line  # `db.pass=sesame`
        return value.lower() not in _VERDICTS and (is_setting or _ACCOUNT.search(setting.around) is not None)
    if not _CREDENTIAL.search(setting.name):
        return False
    return judge_look(value) in (Look.MIXED, Look.RANDOM) or is_encoded_login(value)


def is_encoded_login(value: str) -> bool:
    """Answer whether a value is a name and a password in base 64, with a colon (RFC 7617) or zeros (RFC 4616)."""
    try:
        text = b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return len(text) > _LEAST_LOGIN and any(
        text.count(sign) >= least and text.replace(sign, "").isprintable() for sign, least in ((":", 1), ("\0", 2))
    )


def _is_quoted_literal(value: str, setting: Setting) -> bool:
    folded = value.strip().lower()
    if folded in _STATES or _is_sentence(value, setting):
        return False
    if any(map(str.isdigit, value)):
        return not (len(value) < 12 and _PARSER.search(setting.before))
    if _names_itself(folded, setting.name) or _PARSER.search(setting.before):
        return False
    # Without a digit it may be the name of one: `"token": "refresh_token"`, `secret = "db-credentials"`.
    has_parts = not value.islower() or "_" in value
    is_name = _NAME_OF_OBJECT.fullmatch(value) or (_IDENTIFIER.fullmatch(value) and has_parts)
    return not (is_name and _STEM.search(value) and not (is_password_name(setting.name) and value.isalpha()))


def _is_bare_literal(value: str, setting: Setting) -> bool:
    if setting.colon and (_is_prose(value, setting) if setting.spaced else setting.before.endswith(":")):
        return False  # `arn:aws:...:secret:shop/db` is a name of several parts.
    if not setting.spaced and setting.name.isupper():  # `DB_PASSWORD=...`: a shell or an env file, not code.
        is_word = value.lower() in _STATES or _names_itself(value.lower(), setting.name)
        return not (is_word or _LOOKUP.match(value))
    if (
        _REVERSE_DOMAIN.fullmatch(value)
        or _CODE.match(value)
        or (setting.spaced and _CALL.search(value))
        or (_CHAIN.fullmatch(value) and not any(map(looks_random, value.split("."))))
    ):
        return False
    if _IDENTIFIER.fullmatch(value):
        return not _is_variable(value, setting)
    return is_password_name(setting.name) or not (_NAME_OF_OBJECT.fullmatch(value) and _STEM.search(value))


def _is_variable(value: str, setting: Setting) -> bool:
    """Answer whether an unquoted identifier is a variable, a type or a word, and no literal."""
    folded = value.lower()
    if folded in _KEYWORDS or folded in _STATES or _names_itself(folded, setting.name):
        return True
    speaks = _STEM.search(value) is not None
    if any(map(str.isdigit, value)):
        # `token2`: a word with a number. `hunter2` is one too, but speaks of no secret.
        return speaks and setting.spaced and re.fullmatch(r"[A-Za-z_]+[0-9]{1,2}", value) is not None
    # `connect(password=given)`, `{token: given, ...}`: handed on.
    is_handed_on = setting.after.startswith(")") or (setting.after.startswith((",", "}")) and not setting.begins_line)
    ends_line = setting.begins_line and not setting.after.strip(" \t;")
    has_hump = re.search(r"[a-z][A-Z]", value) is not None
    if is_handed_on or not value[0].isalpha() or not value[-1].isalpha():
        return True
    if is_password_name(setting.name):
        if setting.colon:
            return setting.spaced and ((has_hump and speaks) or not (ends_line or has_many_humps(value)))
        return setting.spaced and (has_hump or speaks or "_" in value)
    if has_hump or "_" in value:
        return setting.spaced or speaks
    if setting.spaced:
        return len(value) < (6 if setting.colon and ends_line else 24)
    return len(value) < 6 or speaks


def _is_prose(value: str, setting: Setting) -> bool:
    """Answer whether a sentence follows the colon: words, and more words behind them."""
    word = value.rstrip(".,;:!?)]}'\"")
    if not word.replace("'", "").replace("-", "").isalpha():
        return len(value) < 12 and bool(_PARSER.search(setting.before))
    if word.lower() in _STATES or _PARSER.search(setting.before):
        return True
    return re.match(r"[.,;:!?]?\s+[A-Za-z(\[\"']", setting.after) is not None


def _is_sentence(value: str, setting: Setting) -> bool:
    """Answer whether a quoted text is for people: `Enter your password`, `token is expired`."""
    parts = value.split()
    if len(parts) < 2 or any(map(looks_random, parts)):
        return False
    if value.rstrip().endswith((".", "?", "!", ":", "…")) or _STEM.search(value):
        return True
    if is_password_name(setting.name):  # `correct horse battery staple`
        return False
    begins = parts[0].lower() in _STATES | _KEYWORDS or (parts[0].istitle() and len(parts) > 2)
    return begins and not any(map(str.isdigit, value))


def is_word_about(word: str) -> bool:
    """Answer whether a word is said of credentials: `authentication`, `required`, `mytoken`."""
    return word.lower() in _STATES | _TYPES or _STEM.search(word) is not None


def is_state(word: str) -> bool:
    """Answer whether a word is a state or a type of a credential: `expired`, `uuid`, not `monkey`."""
    return word.lower() in _STATES | _TYPES | _NOTHING


def has_many_humps(text: str) -> bool:
    """Tell `aBcDeFgH` from `accessDenied`."""
    humps = len(re.findall(r"[a-z][A-Z]", text))
    return humps >= 3 and humps * 8 > len(text)


def is_told_secret(value: str) -> bool:
    """Answer whether what a sentence tells (`the password is ...`) is a secret, and no word of the sentence."""
    folded = value.lower()
    if len(value) < 6 or folded in _TYPES or _UUID.fullmatch(value) or _KEBAB.fullmatch(folded):
        return False
    if _NUMBER.fullmatch(value) or _INSTANT.fullmatch(value) or _DIGEST.fullmatch(value) or _PATH.fullmatch(value):
        return False
    return (any(map(str.isdigit, value)) and any(map(str.isalpha, value))) or has_many_humps(value)


def _names_itself(folded: str, name: str) -> bool:
    """Answer whether the value is the name again: `password=password` hands a variable on."""
    plain = _NO_WORD.sub("", folded)
    return bool(plain) and _NO_WORD.sub("", name.lower()).endswith(plain)
