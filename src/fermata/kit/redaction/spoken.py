"""Passwords that nothing in them gives away: `the pw is swordfish`, `use ops_ro: secret`, `ssh root@db03 with ...`.

`told` and `pairs` ask what a value looks like; a word of the language looks like nothing. So the sentence alone has to
say it: a name of a password with a verb behind it, an account behind `use`, or a command that logs in, and then a word
that ends its clause. What is said of passwords stays (`is expired`, `is read-only`, `is in the vault`), and so do pairs
that nobody calls a login (`root cause: cache`, `deploy:prod1`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.kit.redaction.looks import PLACES, Look, judge_look
from fermata.kit.redaction.marks import Tally, holds_any
from fermata.kit.redaction.names import words
from fermata.kit.redaction.telling import Kind, fold, list_logins
from fermata.kit.redaction.values import is_state

_BARE = r"[^\W\d_][^\s\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb<>()\[\]{}|,;:=?/\\]{2,40}(?<![.!*])"
# In backticks stands one word; several are a command.
_WORD = (
    r"(?: [\"'\u201c\u201e\u00ab] (?P<shown>[^\n\"'`\u201c\u201d\u00bb]{3,60}) [\"'\u201d\u201c\u00bb]"
    rf" | `?(?P<word>{_BARE})`? )"
)
_END = (
    r"(?: [ \t]* (?: [.!;)]+ (?=\s|\Z) | , (?=\s) | \r?\n | \Z )"
    r" | [ \t]+ (?: for | on | until | till | btw | if | and | but | please | pls | works? | worked | still | don.?t"
    r" | now | today | tonight | everywhere | f\u00fcr | auf | bis | bitte | dann | gehts? | klappt | funktioniert"
    r" | pour | sur | para | en | et | und | y | e ) (?!\w) )"
)
_IS = (
    r"(?: is | was | lautet | hei(?:\u00df|ss)t | ist | war | est | c.est | es | era | \u00e9 | \u00e8 | jest | \u00e4r"
    r" | er | reads? | remains ) (?: [ ](?: now | still | currently | again | just | always | noch | jetzt | toujours"
    r" | ahora | literally | only | probably ) ){0,2}"
)
_OF = (
    r"(?: [ \t]+ (?: for | of | on | to | at | in | from | f\u00fcr | von | vom | zum | zur | auf | pour | de | du"
    r" | del | da | do | der | para ) (?: [ \t]+ [\w./@-]{1,40} ){1,5}? )"
)
_SAID = re.compile(rf"(?ix) {_OF}? [ \t]+ {_IS} (?: [ \t]*+ : )? [ \t]++ {_WORD} (?={_END})")
_NOTED = re.compile(rf"(?ix) {_OF} [ \t]* : [ \t]+ {_WORD} (?={_END})")
_LABELLED = re.compile(rf"(?ix) [ \t]* : [ \t]+ {_WORD} (?={_END})")
_CHANGED = re.compile(
    rf"(?ix) {_OF}? [ \t]+ (?P<said> (?:(?:is|was|has[ ]been|got)[ ] (?:now[ ])?)? (?:set|changed|reset|rotated) [ ] )?"
    rf" to [ \t]+ {_WORD} (?={_END})"
)
_CHANGES = re.compile(r"(?i)\b(?:set|changed?|reset|put|rotated)(?: back)?(?: [\w'-]{1,24}){0,4} $")
_NEXT = re.compile(r"(?ix) [ \t]+ (?P<word>[^\s\"'`<>()\[\]{}|,;:=?/\\]{4,40}(?<![.!*])) (?=" + _END + "|[ ][/|][ ])")
_COLON = re.compile(r"[ \t]?:(?=[ \t])")
_ACCOUNT_BEFORE = re.compile(
    r"(?i)(?<![\w-])(?:user(?:name)?|login|account|as|su(?: -l?)?|ssh|sftp|psql|mysql|konto|benutzer(?:name)?)[ :]{1,2}"
    r"(?!(?:and|or|for|with|to|in|of|is|und|mit|f\u00fcr|ist)\b)[^\s,;]{1,60}(?:[,;]| [/|])?[ ]"
    r"(?:and |with |und |mit )?(?:the |das )?$"
)
# `password ..., user anna`: the account is given behind it.
_ACCOUNT_BEHIND = re.compile(
    r"(?i)[ \t]?[,;/|][ \t](?:and |und )?(?:for |f\u00fcr )?(?:the )?"
    r"(?:user(?:name)?|login|account|konto|benutzer(?:name)?)(?: is| ist)?[ :=]{1,2}"
    r"(?!(?:and|or|is|was|has|ist|hat)\b)[\w.@-]{2,60}(?=[,;.!)]?(?:\s|\Z))"
)
_OPENING = re.compile(
    r"(?i)(?:^|[.,;:!?(/|])[ \t]*"
    r"(?:(?:the|our|my|new|use|using|with|try|it[\u2019']?s|das|dem|mit|neues|nimm)[ \t]){0,3}$"
)
# What stands behind such a password is an account, or a try that failed.
_TRIED = re.compile(
    r"(?i)\b(?:bad|change[ds]?|fail(?:ed|s|ing)?|forgot(?:ten)?|incorrect|invalid|lost|missing|no|reset|rotated?|rotating|without"
    r"|wrong|expired|falsches|ohne|kein)[ \t](?:[\w-]{1,20}[ \t]){0,2}$"
)
_BACK = re.compile(
    r"(?ix) (?:^|[.,;!(\n]) [ \t]* [\"'`]? (?P<word>[a-z][\w.!#$%&*+-]{3,40}) [\"'`]? [ ] (?:is|was|ist|war|est|es)"
    r" [ ] (?:still[ ]|now[ ])? (?:the|das|le|la|el|our|their|my) [ ] (?:[\w-]{1,20}[ ]){0,2} $"
)
_AS = re.compile(
    r"(?i)(?<![\w-])(?:use|using|try|type|enter|with|nimm|mit) [\"'`]?(?P<word>[a-z][^\s\"'`<>()\[\]{}|,;:=?/\\]{4,40})"
    r"[\"'`]? (?:as|for|als) (?:(?:a|the|das|db|root|admin) ){0,2}$"
)
_STRICT_END = re.compile(r"[ \t]*(?:[.!;,)]+(?=\s|\Z)|\r?\n|\Z)|[ \t]+(?:for|on|btw|until|till)\b")
_TROUBLE = re.compile(
    r"(?i)\b(?:problem|issue|trouble|question|point|reason|thing|news|cause|catch|risk|concern|difference|matter|worry)s?"
    r"\b[^.;!?\n]{0,24}$"
)
_HAS_LETTERS = re.compile(r"(?:[^\W\d_][^\s]*?){4}")

_ACCOUNT = (
    r"(?P<account> admin(?:istrator)? | root | sysadmin | superuser | readonly | read_only | guest"
    r" | [a-z][\w.]{0,30}[_-](?:ro|rw|adm|admin|usr|readonly|login) )"
)
_ANY_ACCOUNT = (
    rf"(?: {_ACCOUNT} | (?P<other> postgres | deploy(?:er)? | ops | oracle | sa | ubuntu | svc[_-][\w-]{{1,24}}"
    r" | [a-z][\w.]{0,30}[_-](?:user|svc|reader|writer) ) )"
)
_USED = re.compile(
    rf"(?ix) (?<![\w'-]) (?: use | using | try | it[\u2019']?s | nimm ) [ ]{{1,2}} [\"'`]? {_ACCOUNT} [\"'`]?"
    rf" (?: [ ]?:[ ]{{0,2}} | [ ]/[ ] | (?<=[_-]r[ow])/ ) {_WORD} (?={_END})"
)
_SHOWN_OF = rf"[\"'`]? (?P<word>[a-z][^\s\"'`<>()\[\]{{}}|,;:=?/\\]{{4,40}}(?<![.!*])) (?=[\"'`]?{_END})"
# With a number in it, what stands behind an account and a slash, or `and`, is no page and no second account.
_TRYING = re.compile(
    rf"(?ix) (?<![\w'-]) (?: use | using | try | it[\u2019']?s | nimm | mit | with | login | creds? ) [ ]{{1,2}}"
    rf" [\"'`]? {_ACCOUNT} [\"'`]?"
    rf" (?: [ ]?/[ ]? | ,?[ ](?:(?:and|und)[ ])?(?:then[ ]|dann[ ])? | [ ](?:with|mit)[ ] ) {_SHOWN_OF}"
)
_ROLES = "admin|root|viewer|editor|operator|owner|reader|guest"
"""Of which a sentence counts several: `logins are admin and viewer`."""
_DEEDS = (
    "analy[sz]e|apply|check|click|close|compare|copy|create|delete|disable|drop|dump|enable|execute|explain|export|flush"
    "|go|grant|grep|import|install|kill|list|look|open|pause|promote|query|read|reboot|reindex|reload|remove|repeat|restart"
    "|resume|revoke|roll|run|scale|search|see|select|start|stop|switch|tail|test|trigger|truncate|try|unlock|update|upgrade"
    "|vacuum|verify|wait|watch"
)
"""What somebody does who has logged in: `login as postgres and vacuum`."""
_LOGIN = re.compile(
    rf"(?ix) (?: [ \t]+ (?:for|on|of|to) (?:[ \t]+[\w./@-]{{1,40}}){{1,4}}? )?"
    rf" [ \t]* (?: :[ \t]+ | [ \t](?:is|are|was|were|with|as)[ \t]+ (?:still[ ]|now[ ])? ) [\"'`]? {_ANY_ACCOUNT}"
    rf" [\"'`]? (?: [ ]?[:/|][ ]? | [ ](?:and|with|und)[ ] (?! (?:{_ROLES}|{_DEEDS}) \b ) ) {_WORD} (?={_END})"
)
# Neither a step nor a second account: `log in as root and then tr0ub4dor`, `creds anna/hunter2x`.
_LOGIN_BARE = re.compile(
    rf"(?ix) (?: [ \t]*: | [ \t]+(?:is|are|was|were|with|as|ist|lautet) )? [ \t]+"
    r" [\"'`]? (?P<account> [a-z][\w.@-]{1,40} ) [\"'`]?"
    r" (?: [ ]?[:/|][ ]? | ,?[ ](?:(?:and|with|und|mit)[ ])?(?:then|dann)[ ]"
    r" | (?P<gap>[ ](?:(?:and|und|mit)[ ])?) )"
    rf" {_SHOWN_OF}"
)
_SETS = ("cred", "zugang", "identif", "user")
"""Beginnings of names of a login that is written as an account, a space and a password."""
# A name that is given twice: with a number behind it it is neither an owner's group nor an image.
_TWICE = re.compile(
    r"(?ix) (?<![\w./@:-]) (?P<account> admin(?:istrator)? | root | postgres | deploy(?:er)? | guest | oracle | grafana"
    r" | [a-z][\w.]{0,30}_(?:ro|rw|adm|admin|user) ) (?: : | [ ]/[ ] ) (?P<word> (?P=account) [0-9!#$_.-]{1,6} )"
    rf" (?= [\"'`]? {_END} )"
)
_ENTERED = re.compile(
    r"(?ix) (?<![\w-]) (?: ssh | sftp | scp | rdp | telnet | psql | mysql | rlogin | vnc | log(?:ged)?[ ]in[ ]as )"
    r" (?=[ ]) (?: [ ][^\s,;]{1,60} ){1,6}? [ ] (?: with | using | mit | avec ) [ ]"
    r" [\"'`]? (?P<word>[a-z][^\s\"'`<>()\[\]{}|,;:=?/\\@]{4,40}(?<![.!*])) (?=[\"'`]?" + _END + ")"
)
_CHOSEN = re.compile(
    r"(?i)[a-z]{3,}[.]?[0-9]{2,8}|[a-z]{3,}(?:[!#$%^&*+~]+[a-z0-9]*)+|[a-z]{3,}[0-9]+[!#$%^&*+~.]*[a-z0-9]*"
)
_TOOL = re.compile(
    r"(?i)(?:sha|md|aes|rsa|ed|tls|ssl|ssh|ip|ipv|utf|python|py|java|node|openssh|openssl|key|agent|port|v|tmux|psql"
    r"|postgres|mysql|ubuntu|debian|kerberos|krb|oauth|http|nvme|eth|db|web|gw|host|bastion|jump|rsync|strace|gdb|level"
    r"|debug|verbose|timeout)[-_.]?[0-9].*"
)

_STATES = words(
    "about above accessible again alive all almost already always annoying another any anywhere attached automatic "
    "available awful back bad basic because below better between big bitwarden blank blocked blocking bogus both "
    "broken capital chosen clean clear cleartext complex common compliant confidential consistent constant convenient "
    "cool correct corrupt crap critical current crazy dead default different difficult documented done down dumb "
    "dynamic easy either else elsewhere empty encrypted enough equal essential everywhere evident exact exposed "
    "external false fine first forgotten fresh frozen fails full fun funny garbage generic given gone good great "
    "green half hard hash hashes harmless here hers hidden his hilarious history horrible huge human identical "
    "immutable important impossible incomplete inconsistent incorrect independent infinite inherent inside insecure "
    "internal invalid invisible irrelevant just kaput keepass keepassxc kerberos known lastpass late later ldap least "
    "legacy less like live local locked long longer lookup lost lower made mandatory manual matches maybe medium mine "
    "minimal mismatch missing more needed neither never next nice nobody none nonsense normal nothing null obsolete "
    "obvious ok okay old onepassword optional other ours outdated over overdue part pending perfect perhaps permanent "
    "personal plain plaintext pointless present private probably public read ready real really recent recoverable red "
    "redundant reliable resent right rotten safe same secret secure sent separate sets shared short shown silly "
    "simple single some somewhere soon special stale standard static still stolen strange strong stuck stupid such "
    "sufficient super taken temporary terrible text that theirs them then there these they this those tight tiny "
    "together tomorrow too toast trash tricky trivial true truncated typo ugly unavailable unclear unique unknown "
    "unreadable unsafe until unusable upper urgent useless usual vacant vague valid vault visible vital void weak "
    "weird will works well what when where which whatever whose wide wired within without wrong written yellow yes "
    "yours alt neu gleich anders leer richtig kaputt bekannt unbekannt sicher hier weg da dort schwach stark kurz "
    "lang vide bon mauvais faux juste nouveau ancien ici court faible fort vieux pareil bloqueada bloqueado borrada "
    "caducada caducado cambiada equivocada expirada expirado guardada mudada revocada rotada trocada vieja nueva "
    "g\u00fcltig ung\u00fcltig identisch uralt egal lesbar sichtbar n\u00f6tig einheitlich ancient nowhere "
    "igual aqui mala buena debil fuerte corta nuevo viejo vazia errada correta velha nova fraca forte afgelopen fout "
    "juist leeg"
)
"""What is said of a password besides `values`' own list."""
_WANTED = words(
    "access avoid check comply connect continue expire fix force get help login make match migrate prevent proceed "
    "recover restore rotate see stop test unblock unlock verify work something production prod staging vault keepass "
    "mara"
)
"""What a password is changed for, or to, and is none."""
_NO_SUBJECT = words(
    "that this it what which there here problem issue cause culprit reason blocker question only missing everything "
    "nothing something login auth authentication rotation vault root first last next step wrong das dies was wie cela "
    "quoi esto eso"
)
_ENDING = re.compile(
    r"(?i).{2,}(?:ed|ing|able|ible|ly|less|ful|ous|ised|ized|iert|\u00e9e?)|(?:ge|ver|ent|ab|zur\u00fcck)\w{2,}(?:t|d|en)"
    r"|(?:an|auf|aus|ein|frei|los|mit|nach|um|unter|vor|weg|zu)ge\w{2,}(?:t|en)|(?:hinter|miss|\u00fcber|zer)\w{3,}(?:t|en)"
)
"""Of what was done to a password, in English, French, German and Dutch."""
_ABOUT = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|keys?\Z|auth|cred|cookie|session|login|values?\Z|param|b?s?crypt|argon)"
)
_COMPOUND = words(
    "auto base bi case clear cross double hard half high ill long low multi non one out over per plain pre re read "
    "self semi short single so time too two un under up us user user's via well world write"
)
_COMPOUND_END = re.compile(
    r"(?i).*(?:ed|ing|able|only|based|sensitive|specific|wide|free|less|long|old|like|proof|side)"
)
_PHRASE = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)+")
_PARTS = words(
    "admin bug bugs case change changes chart console dashboard docs editor entry export field form guest guide item "
    "login manager menu metrics mode operator option owner page pages panel policy query reader reboot report reports "
    "reset restart retry root screen section seite sev settings sprint start step stop tab testing ticket tickets view "
    "viewer week wechsel richtlinie schritt"
)
"""What is numbered in talk of passwords and logins, besides `PLACES`: second accounts, pages, steps, tickets."""
_STEM = re.compile(r"[^\W\d_]+")
_SHORTEST_BARE = 6
_LEAST_PHRASE = 4
"""Words of a passphrase that may begin with one of them: `correct horse battery staple`."""
_MARKERS = ("use ", "using ", "try ", "it's ", "nimm ")
_TRYING_SIGNS = (*_MARKERS, "mit ", "with ", "login ", "cred")
_BY = (" with ", " using ", " mit ", " avec ")
_ENTERING = ("ssh ", "sftp ", "scp ", "rdp ", "telnet ", "psql ", "mysql ", "rlogin ", "vnc ", "in as ")
_ACCOUNT_SIGNS = (
    "admin",
    "root",
    "postgres",
    "deploy",
    "guest",
    "oracle",
    "grafana",
    "_r",
    "_adm",
    "_user",
)
_LABELS = re.compile(r"(?i)(?:mot de passe|mdp|has\u0142o|haslo|heslo|l\u00f6senord|passord|adgangskode|parola)\Z")
# Tests and requests pass, too: it opens its clause, and nothing follows what is said of it.
_PASS = re.compile(
    r"(?ix) (?:^|[\n.,;!?(/|]) [ \t]* (?: (?:use|using|with|try|mit|nimm) [ ] )? pass (?:[ ]is)? [ ]"
    r" [\"'`]? (?P<word>[a-z][^\s\"'`<>()\[\]{}|,;:=?/\\]{5,40}(?<![.!*]))"
    r" (?=[\"'`]? [ \t]* (?: [.!;)]+(?=\s|\Z) | \r?\n | \Z ))"
)
_CERTAIN = re.compile(r"(?i)(?<![\w-])(?:the|our|my|new|old|current|temp|temporary)(?: [\w-]{1,20}){0,2} \Z")
"""Before a name that a colon follows: a certain password, and no heading or prompt."""


def hide_spoken(text: str, tally: Tally) -> str:
    """Replace the passwords that only what is said around them gives away."""
    folded = fold(text)
    found = dict(_list_named(text, folded))
    has_pairs = ":" in text or "/" in text
    if has_pairs and holds_any(folded, _MARKERS):
        found.update(_list_matches(text, _USED))
    if holds_any(folded, _BY) and holds_any(folded, _ENTERING):
        found.update(match.span("word") for match in _ENTERED.finditer(text) if _is_chosen(match["word"]))
    if "pass " in folded:
        found.update(match.span("word") for match in _PASS.finditer(text) if _is_bare(match["word"]))
    has_account = holds_any(folded, _ACCOUNT_SIGNS)
    if has_account and holds_any(folded, _TRYING_SIGNS):
        found.update(match.span("word") for match in _TRYING.finditer(text) if _is_bare(match["word"]))
    if has_pairs and has_account:
        found.update(match.span("word") for match in _TWICE.finditer(text) if match["word"] != match["account"])
    parts, done = [], 0
    for start, end in sorted(found.items()):
        if start >= done and "redacted:" not in text[max(0, start - 1) : end]:
            parts += [text[done:start], tally.mark("told", text[start:end])]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _list_named(text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield the words that a sentence calls a password, or the second half of what it calls a login."""
    for kind, start, end in list_logins(text, folded):
        if kind is Kind.LOGIN:
            match = _LOGIN.match(text, end)
            if match is not None and not _is_said_of(match["word"] or match["shown"]):
                yield _span(match)
            elif (match := _LOGIN_BARE.match(text, end)) is not None and _is_pair(folded[start:end], match):
                yield match.span("word")
        elif kind is Kind.PASSWORD:
            yield from _list_of_password(text, start, end)


def _list_of_password(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    match = _SAID.match(text, end) or _NOTED.match(text, end)
    if match is None and (_LABELS.search(text, start, end) or _CERTAIN.search(before)):
        match = _LABELLED.match(text, end)
    if match is None and (changed := _CHANGED.match(text, end)) is not None:
        # Whom a password is sent to is nobody's password.
        is_changed = changed["said"] is not None or _CHANGES.search(before) is not None
        if not is_changed or (changed["word"] or "").lower() in _WANTED:
            return
        match = changed
    if match is not None:
        if not _is_said_of(match["word"] or match["shown"]) and _TROUBLE.search(before) is None:
            yield _span(match)
    elif (following := _find_next(text, before, end)) is not None:
        yield following
    elif (used := _AS.search(before)) is not None and _is_bare(used["word"]):
        offset = start - len(before)
        yield offset + used.start("word"), offset + used.end("word")
    elif (back := _BACK.search(before)) is not None and _STRICT_END.match(text, end) is not None:
        offset = start - len(before)
        if back["word"].lower() not in _NO_SUBJECT and not _is_said_of(back["word"]):
            yield offset + back.start("word"), offset + back.end("word")


def _is_pair(name: str, match: re.Match[str]) -> bool:
    """Answer whether two words behind the name of a login are an account and its password."""
    if match["gap"] and not name.startswith(_SETS):
        return False  # `login fails android14`
    account = match["account"].lower()
    return _is_bare(match["word"]) and not (account in PLACES or _is_state(account))


def _find_next(text: str, before: str, end: int) -> tuple[int, int] | None:
    """Find a password right behind its name: beside an account whatever it is, and else one with a number in it."""
    is_behind = _ACCOUNT_BEFORE.search(before) is not None
    colon = _COLON.match(text, end) if is_behind else None
    match = _NEXT.match(text, colon.end() if colon is not None else end)
    if match is None:
        return None
    is_beside = is_behind or (_OPENING.search(before) is not None and _ACCOUNT_BEHIND.match(text, match.end()))
    if _is_said_of(match["word"]) if is_beside else not _is_bare(match["word"]) or _TRIED.search(before):
        return None
    return match.span("word")


def _list_matches(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        word = match["word"] or match["shown"]
        # An account's name again, or what else is said of it: `use db_ro/db_rw`, `use read_only: true`.
        if word.lower() == "secret" or not (_is_said_of(word) or re.search(r"(?i)[_-]r[ow]$", word)):
            yield _span(match)


def _span(match: re.Match[str]) -> tuple[int, int]:
    return match.span("word") if match["word"] is not None else match.span("shown")


def _is_said_of(word: str) -> bool:
    """Answer whether a word, or several in quotes, tells something about a password and is none."""
    folded = word.lower().rstrip(".")
    if " " in folded:
        parts = folded.split()
        if _PHRASE.fullmatch(folded) is None:
            return True
        told = parts if len(parts) < _LEAST_PHRASE else parts[1:]
        return any(_is_state(part) for part in told)
    if _is_state(folded) or _HAS_LETTERS.match(folded) is None:
        return True
    if folded.endswith(("'s", "\u2019s")) or _ENDING.fullmatch(folded) or (word.isupper() and len(word) < 6):
        return True
    if any(map(str.isdigit, folded)):
        return judge_look(word) is Look.NONE and not _is_chosen(word)
    parts = re.split(r"[-._]", folded)
    if len(parts) == 1:
        return False
    # The name of one: `DB_PASSWORD`, `shop-token`.
    if word.isupper() or any(map(_ABOUT.match, parts)):
        return True
    return parts[0] in _COMPOUND or _COMPOUND_END.fullmatch(parts[-1]) is not None or not PLACES.isdisjoint(parts)


def _is_state(word: str) -> bool:
    return word in _STATES or is_state(word) or _ABOUT.match(word) is not None


def _is_chosen(word: str) -> bool:
    """Answer whether a word with a number or a sign is hardly a tool, an option, a file or a version."""
    if _TOOL.fullmatch(word):
        return False
    return _CHOSEN.fullmatch(word) is not None or judge_look(word) >= Look.NAMED


def _is_bare(word: str) -> bool:
    """Answer whether a word with a number is hardly a page, a step or a tool: `tr0ub4dor`, and not `users2`."""
    if _TOOL.fullmatch(word) or not any(map(str.isdigit, word)):
        return False
    stem = _STEM.match(word)
    if stem is not None and ((folded := stem[0].lower()) in PLACES or folded in _PARTS or _is_state(folded)):
        return False
    return len(word) >= _SHORTEST_BARE and (judge_look(word) >= Look.WORDY or _CHOSEN.fullmatch(word) is not None)
