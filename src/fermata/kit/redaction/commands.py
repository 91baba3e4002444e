"""Passwords that programs take on their command lines and in their protocols, where no name and no sign says so.

Each is read only behind the name of its program or the word of its protocol: `-p` is a port for most. The forms are
from the programs' own manuals (read 2026-11-26).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fermata.kit.redaction.looks import Look, judge_look
from fermata.kit.redaction.names import Strength, judge_name
from fermata.kit.redaction.values import is_encoded_login
from fermata.kit.redaction.vendors import Shape

REFERENCE = re.compile(
    r"(?!\$\{(?:[\w.]{1,64}:?[-=]|[A-Z][A-Z0-9_]{0,63}:(?![?+=-]))[^${}\s]|(?:\$\([\w.-]{1,64}\))+[^$\s])"
    r"(?:\$\{?\w+[^{}]*\}?|\$\(.*|<[\w -]+>|\{\{?[^{}]*\}?\}|%\(\w+\)s|%s|\*+|[xX]{3,}|\.{3}|…)"
)
"""A variable, a place to fill in, a mask: what stands for a secret and is none.

One that brings its own default (`${PW:-hunter2}`), or more than variables of Kubernetes (`$(A)$(B)hunter2`), is none.
"""
_WORD_OF_SENTENCE = re.compile(r"(?i)failed|failure|failing|commands?|attempts?|user|yes|no|not|is|was|set|must")
_KNOWN_COMMUNITIES = frozenset({"public"})


def _is_literal(match: re.Match[str]) -> bool:
    return not (REFERENCE.fullmatch(match["secret"]) or _WORD_OF_SENTENCE.fullmatch(match["secret"]))


def _is_login(match: re.Match[str]) -> bool:
    """Tell `curl -u alice:secret` from `docker run -u 1000:1000`, and a literal from a variable."""
    return _follows("curl", "wget", "http")(match) and not re.match(r"[0-9]+$|\$|<|\{", match["secret"])


def _follows(*commands: str) -> Callable[[re.Match[str]], bool]:
    """Return a check that one of the commands stands before the option, on the same line."""

    def check(match: re.Match[str]) -> bool:
        line = match.string[max(0, match.start() - 300) : match.start()].rpartition("\n")[2]
        return any(command in line for command in commands)

    return check


def _option(marker: str, before: str, *commands: str) -> Shape:
    """Build the shape of an option's argument after one of the commands, bare or in quotes."""
    pattern = re.compile(
        before + r"""[\"']?(?P<secret>(?<=[\"'])[^\"'$\n][^\"'\n]{2,128}(?=[\"'])|[^\s"'$-][^\s"']{2,128})"""
    )
    return Shape("option", (marker,), pattern, accept=_follows(*commands))


def _command(markers: str, pattern: str, accept: Callable[[re.Match[str]], bool] = _is_literal) -> Shape:
    """Build the shape of an argument by its place. Markers are in lower case, the pattern ignores case."""
    return Shape("option", tuple(markers.split("|")), re.compile(f"(?i){pattern}"), folded=True, accept=accept)


def _looks_given(match: re.Match[str]) -> bool:
    """Tell a password from the next word of a sentence by its look alone."""
    return judge_look(match["secret"].rstrip(".,;:")) is not Look.NONE


def _is_community(match: re.Match[str]) -> bool:
    is_snmp = _follows("snmpget", "snmpwalk", "snmpbulk", "snmpset", "snmptable", "snmptrap", "snmpstatus")(match)
    return is_snmp and match["secret"] not in _KNOWN_COMMUNITIES and _is_literal(match)


def _is_of_htpasswd(match: re.Match[str]) -> bool:
    """Tell by `-b` that the password follows, and by `-n` that no file stands before the user."""
    letters = "".join(option for option in match["options"].split() if option.startswith("-"))
    return "b" in letters and ("n" in letters) is not ("file" in match.re.groupindex) and _is_literal(match)


def _is_configured(match: re.Match[str]) -> bool:
    return judge_name(match["name"]) is Strength.STRONG and _is_literal(match)


def _is_stored(match: re.Match[str]) -> bool:
    name = match["name"].rstrip("/").rpartition("/")[2]
    return judge_name(name) is Strength.STRONG and _is_literal(match)


def _is_put(match: re.Match[str]) -> bool:
    """Tell a parameter that is kept secret, by its name or its type, from the others."""
    name = re.search(r"--name[ \t=]{1,4}[\"']?([^\s\"']{1,200})", match.string[match.start() : match.end() + 200])
    is_named = name is not None and judge_name(name[1].rpartition("/")[2]) is Strength.STRONG
    is_parameter = "put-parameter" in match[0]
    line = match.string[match.start() : match.end() + 200].partition("\n")[0]
    return (is_named or not is_parameter or "SecureString" in line) and _is_literal(match)


def _is_initial_response(match: re.Match[str]) -> bool:
    return is_encoded_login(match["secret"])


_BLANK = r"[ \t]{1,4}"
_ARGUMENT = r"""["']?(?P<secret>(?<=["'])[^"'\n]{1,128}(?=["'])|[^\s"'|;&$<-][^\s"'|;&]{0,128})"""
_OTHER_RULE = (
    r"on|off|nopass|reset\w{0,8}|all(?:keys|commands|channels)|(?:skip-)?sanitize-payload|clearselectors"
    r"|[~&+%@<#>-]\S{0,100}|\([^()\n]{0,100}\)|\[redacted:\S{1,40}"
)
"""What may stand before a password that is added to a user of Redis (`ACL SETUSER`, redis.io, read 2026-11)."""
_HTPASSWD = rf"\bhtpasswd{_BLANK}(?P<options>(?:-[a-z]{{1,8}}{_BLANK}(?:[0-9]{{1,7}}{_BLANK})?){{1,4}})"

_ASKS = (
    r"(?:--(?:password|token|secret)-stdin|\bchpasswd\b|\bsudo[ \t]{1,4}(?:-\w{1,4}[ \t]{1,4}){0,4}-\w{0,4}S\b"
    r"|\bpasswd[^\n|]{0,40}--stdin|--with-token|\bvault[ \t]login\b[^\n|]{0,80}[ \t]-(?=\s|$)"
    r"|--pass(?:word|phrase)-fd[ =]0|-pass(?:in|out)?[ \t]stdin)"
)
"""By which a command says that it reads a secret from its input."""

COMMANDS = (
    Shape(
        "option",
        (" -u", " --user"),
        re.compile(r"""\s(?:-u|--user)[ =]{0,2}["']?[^\s:"'$]{1,64}:(?P<secret>[^\s"']{1,128})"""),
        accept=_is_login,
    ),
    _option(" -p", r"\s-p", "mysql", "mariadb", "sshpass"),
    _option(
        " -p ",
        r"\s-p\s",
        *("sshpass", "docker login", "podman login", "oc login", "az login", "registry login", "cf login", "mongo"),
    ),
    _option(" -P ", r"\s-P\s", "sqlcmd", "bcp ", "isql", "zip"),
    _command("7z|rar ", r"\b(?:7z[ar]?|(?:un)?rar)[ \t][^\n|;&]{0,120}?[ \t]-h?p(?P<secret>[^\s\"'$-][^\s\"']{2,128})"),
    _option(" -a ", r"\s-a\s", "redis-cli"),
    # Users of Redis, in its own commands and files: `>` stands before a password that is added.
    _command("auth-pass", rf"(?<![\w-])auth-pass{_BLANK}[\w.-]{{1,64}}{_BLANK}{_ARGUMENT}"),
    _command("setuser|user ",
             r"(?m)(?:\bacl[ \t]{1,4}setuser|^[ +-]?user)[ \t]{1,4}[\w.-]{1,64}"
             rf"(?:{_BLANK}(?:{_OTHER_RULE})){{0,20}}?"
             r"[ \t\"']{1,4}>(?P<secret>[^\s\"'$<>\[][^\s\"'$<>]{2,128})"),
    _option(" -w ", r"\s-w\s", "ldap"),
    _option(" -k ", r"\s-k\s", "openssl enc"),
    Shape(
        "option",
        (" -c ", " -A ", " -X "),
        re.compile(r"""\s-[cAX]\s["']?(?P<secret>[^\s"'$-][^\s"']{2,128})"""),
        accept=_is_community,
    ),
    # `-passin pass:...`, `-passout`, `-pass`, `-password`: of openssl; `env:` and `file:` are references.
    _command(
        "pass:",
        r"""(?<![\w-])--?pass(?:in|out|word)?[ \t=]{1,4}"""
        r"""(?:["']pass:(?P<quoted>)|pass:)(?P<secret>(?(quoted)[^"'\n]{1,128}|[^\s"']{1,128}))""",
    ),
    _command("htpasswd", rf"{_HTPASSWD}[^\s-]\S{{0,64}}{_BLANK}{_ARGUMENT}", _is_of_htpasswd),
    _command("htpasswd", rf"{_HTPASSWD}(?P<file>[^\s-]\S{{0,128}}){_BLANK}\S{{1,64}}{_BLANK}{_ARGUMENT}",
             _is_of_htpasswd),
    _command("rabbitmqctl",
             rf"\brabbitmqctl{_BLANK}(?:-\S{{1,40}}{_BLANK}){{0,4}}(?:add_user|change_password|authenticate_user)"
             rf"{_BLANK}\S{{1,64}}{_BLANK}{_ARGUMENT}"),
    _command("sqlplus|sqlldr|expdp|impdp|rman ",
             r"\b(?:sqlplus|sqlldr|expdp|impdp|rman)[ \t][^\n]{0,60}?(?<=[\s\"'=])[\w.$#]{1,64}/"
             r"(?P<secret>[^\s@/\"']{1,128})@"),
    _command("smbclient|rpcclient", r"\b(?:smb|rpc)client\b[^\n]{0,120}?\s-U[ \t]{0,2}[\"']?[\w\\.@-]{1,64}%"
             r"(?P<secret>[^\s\"']{1,128})"),
    _command("/user:", rf"\bnet{_BLANK}use\b[^\n]{{0,80}}?\\\\\S{{1,128}}{_BLANK}"
             rf"(?P<secret>[^\s/*]\S{{0,128}}){_BLANK}/user:"),
    _command("/user:", rf"\bnet{_BLANK}use\b[^\n]{{0,200}}?/user:\S{{1,64}}{_BLANK}(?P<secret>[^\s/*]\S{{0,128}})"),
    _command("http", r"\bhttps?[ \t](?:[^\n]{0,80}[ \t])?(?:-a|--auth)[ \t=]{1,2}[\"']?[\w.@-]{1,64}:"
             r"(?P<secret>[^\s\"']{1,128})"),
    # What is handed on by a here-string or a document of one line.
    _command("<<<", rf"{_ASKS}[^\n|]{{0,160}}<<<[ \t]{{0,4}}(?:\$?(?P<quote>[\"']))?"
             r"(?P<secret>(?(quote)[^\"'$\n][^\"'\n]{0,255}|[^\s\"'$;&|][^\s\"';&|]{0,255}))"),
    _command("<<", rf"{_ASKS}[^\n|]{{0,160}}<<-?[ \t]{{0,4}}[\"'\\]{{0,2}}(?P<end>[A-Za-z_]\w{{0,32}})[\"']?"
             r"[^\n]{0,80}?(?:\n|\\n)[ \t]{0,32}"
             r"(?P<secret>[^\s$][^\n\\]{0,255}?(?=(?:\n|\\n)[ \t]{0,32}(?P=end)\b)"
             r"|[^\s$][^\s\\]{0,255}(?=[ \t]*(?:\n|$)))"),
    # What is piped into a program that asks for a password.
    _command("password-stdin|chpasswd|sudo -s|--stdin|--with-token|vault login",
             r"\b(?:echo|printf)[ \t]{1,4}(?:-\w{1,3}[ \t]{1,4}|[\"']%s(?:\\n)?[\"'][ \t]{1,4})?[\"']?"
             r"(?P<secret>[^\s\"'|$<][^\n\"'|]{0,127}?)[\"']?[ \t]{0,4}\|[^\n|]{0,120}"
             + _ASKS),
    _command("--from-literal", r"\bsecret\b[^\n]{0,400}?--from-literal[ =][\"']?[\w.-]{1,128}=" + _ARGUMENT),
    _command(" set ", rf"\bconfig(?:ure)?{_BLANK}set{_BLANK}(?:--?\S{{1,40}}{_BLANK}){{0,4}}"
             rf"(?P<name>[\w.-]{{3,80}}){_BLANK}"
             + _ARGUMENT, _is_configured),
    # Redis: its settings, and its command.
    _command("requirepass |masterauth ", rf"(?m)(?:^|\bset{_BLANK})[ \t]{{0,8}}"
             rf"(?:requirepass|masterauth){_BLANK}{_ARGUMENT}"
             r"(?=[\"']?[ \t]*(?:$|[;|&]))"),
    _command("requirepass |masterauth ", rf"\b(?:requirepass|masterauth){_BLANK}{_ARGUMENT}", _looks_given),
    Shape(
        "header",
        ("AUTH ", 'AUTH" '),
        re.compile(r"""(?<![\w-])AUTH["']?[ \t]{1,4}(?:["']?default["']?[ \t]{1,4})?["']?(?P<secret>[^\s"']{6,128})"""),
        accept=lambda match: judge_look(match["secret"].rstrip(".,;:")) >= Look.NAMED,
    ),
    # What mail and file servers are told: RFC 4616, 4954, 1939, 959 and 3501.
    Shape(
        "header",
        ("plain",),
        re.compile(r"""(?i)\bplain["':=]{0,3}[ \t]{1,4}["']?(?P<secret>[A-Za-z0-9+/]{6,512}={0,2})(?![\w=])"""),
        folded=True,
        accept=_is_initial_response,
    ),
    # The answer to `Password:`, which servers ask in base 64.
    Shape(
        "header",
        ("UGFzc3dvcmQ6",),
        re.compile(r"334 UGFzc3dvcmQ6[^\S\n]{0,8}(?:\n[^\n]{0,80}?)?(?<![A-Za-z0-9+/=])"
                   r"(?P<secret>[A-Za-z0-9+/]{4,512}={0,2})[ \t]*(?:$|\n)"),
    ),
    Shape(
        "header",
        ("PASS ",),
        re.compile(r"(?:-{0,3}>|\bC:|\bUSER[ \t]{1,4}\S{1,64}\s{1,4})[ \t]{0,4}PASS[ \t]{1,4}"
                   r"(?P<secret>[^\s/]{3,128})(?![^\s])"),
        accept=_is_literal,
    ),
    Shape(
        "header",
        (" LOGIN ",),
        re.compile(r"""(?<!\S)[A-Za-z]{0,4}[0-9]{1,6}[ \t]LOGIN[ \t]["']?[^\s"']{1,64}["']?"""
                   r"""[ \t]["']?(?P<secret>[^\s"']{3,128})"""),
        accept=_looks_given,
    ),
    # As MONITOR shows it, also with a user.
    _command('"auth" "', r'"AUTH"[ \t](?:"[^"\n]{1,64}"[ \t])?"(?P<secret>[^"\n]{1,256})"'),
    # LDAP's settings: name, blank, value.
    _command("bindpw|rootpw", r"(?m)(?<![\w.-])(?:bindpw|(?:olc)?rootpw):{0,2}[ \t]{1,16}[\"']?"
             r"(?P<secret>[^\s\"'$<#][^\s\"']{0,127})(?=[\"']?[ \t]*(?:$|#))"),
    # Stores of settings: the last part of a path names the secret.
    _command("consul kv put|etcdctl ", rf"\b(?:consul{_BLANK}kv{_BLANK}put|etcdctl{_BLANK}(?:put|set|mk|update))"
             rf"{_BLANK}(?:--?\S{{1,64}}{_BLANK}){{0,4}}[\"']?(?P<name>[^\s\"'-][^\s\"']{{2,200}})[\"']?{_BLANK}(?!@)"
             + _ARGUMENT, _is_stored),
    _command("put-parameter|secret set|secrets set|secret-string",
             r"\b(?:put-parameter|secrets?[ \t]set|(?:create|put|update)-secret(?:-value)?)\b[^\n]{0,300}?"
             rf"[ \t]--(?:value|secret-string)[ \t=]{{1,4}}{_ARGUMENT}", _is_put),
    # What somebody, or a platform, tells of a variable that was set.
    _command(" to ", r"\b(?:set|changed?|updated?|rotated?|reset)[ \t]{1,4}[\"'`]?(?P<name>[a-z][a-z0-9]{0,40}"
             r"(?:_[a-z0-9]{1,40}){1,8})[\"'`]?[ \t]{1,4}to[ \t]{1,4}[\"'`]?(?P<secret>(?=[^\s\"'`]{0,40}[0-9])"
             r"[^\s\"'`]{8,128})", _is_stored),
    # Network devices: `password 7 0822...`, `username x secret y`, `snmp-server community y RO`.
    _command("password |secret ", r"\b(?:password|secret)[ \t](?:0|[4-9])[ \t](?P<secret>[^\s\"']{4,128})",
             _looks_given),
    _command("username ", r"\busername[ \t]\S{1,64}[ \t](?:privilege[ \t][0-9]{1,2}[ \t])?(?:secret|password)[ \t]"
             r"(?P<secret>[^\s\"']{4,128})", _looks_given),
    _command("community ", r"\bcommunity[ \t](?P<secret>(?!public\b)[^\s\"']{3,64})[ \t](?:ro|rw)\b"),
)  # fmt: skip
"""Arguments, and words of protocols."""
