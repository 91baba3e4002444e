"""Stacks of the JVM, .NET, Go, Rust, PHP, Elixir and Perl, with the chain of what caused what.

All of them name the exception above its frames. What differs is a table: how the exception is named, how a frame is
written, what stands between, and how a cause below begins. Called by `rules.logs`, as the readers in `rules.stacks`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fermata.domain.evidence import EvidenceLine
from fermata.rules.stacks import Call

_MOST_BETWEEN = 3
"""Further lines of a message that may stand above its frames."""
_LONGEST = 2400
_NEVER = re.compile(r"(?!)")
_SET_IN = (" ", "\t", "\xa0")
_PERL_WARNS = r"(?!Use of |Argument \"|Odd number|Useless use|Subroutine |Deep recursion|Unquoted |Scalar value)"


@dataclass(frozen=True, slots=True)
class Form:
    """How a runtime writes a stack; patterns match from a line's beginning."""

    head: re.Pattern[str]
    """Names the exception: groups `type` and `message`, and where the line says it, `file` and `line`."""
    frame: re.Pattern[str]
    """A call with its place: groups `file`, `line`, and `function` unless `is_function_above`."""
    between: re.Pattern[str] = _NEVER
    """Lines of a stack that are no such call: frames without a place, rulers, what was left out."""
    cause: re.Pattern[str] = _NEVER
    """Names, as `head` does, what led to the exception above."""
    back: re.Pattern[str] = _NEVER
    """From here on stand the frames of the exception before."""
    marks: tuple[str, ...] = ()
    """One of them stands in every line that `head` matches: most lines are done with that."""
    opens: tuple[str, ...] = ("",)
    """With one of them begins the first line of a stack below a head: most lines have none there."""
    is_function_above: bool = False
    is_logged: bool = False
    """Whether loggers print it below their own line, so that a warning above is what it belongs to."""


@dataclass(slots=True)
class Link:
    """One exception of a chain."""

    type: str
    message: str
    raised: int
    """Index of the line that names it."""
    calls: list[Call] = field(default_factory=list)
    """Innermost first, as printed."""
    details: list[int] = field(default_factory=list)
    """Indices of further lines of its message."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What was raised last, and what led to it."""

    links: tuple[Link, ...]
    """The outermost first."""
    next: int
    """Index of the first line that does not belong to it."""


_CLASS = r"(?P<type>(?:[a-z_$][\w$]{0,60}\.){1,12}[A-Z][\w$]{0,100})(?:: (?P<message>.*))?$"
_NET = r"(?P<type>(?:[A-Z]\w{0,60}\.){0,8}[A-Z]\w{0,80}Exception)(?: \(0x[0-9A-Fa-f]{1,8}\))?(?:: (?P<message>.*))?$"
FORMS = {
    "java": Form(
        head=re.compile(rf"(?!\s|Caused by)(?:.{{0,400}}?[\s:])?{_CLASS}"),
        frame=re.compile(
            r"\s{1,20}at (?:[\w.@-]{1,80}/{1,2}){0,3}(?P<function>[\w.$<>-]{1,300})"
            r"\((?P<file>[\w$-]{1,120}\.(?:java|kt|scala|groovy|clj)):(?P<line>\d{1,7})\)"
        ),
        between=re.compile(r"\s{1,20}at [\w.$<>/@-]{1,400}\(|\s{1,20}\.\.\. \d{1,5} |\s{1,20}- locked "),
        cause=re.compile(rf"\s{{0,20}}Caused by: {_CLASS}"),
        opens=(*_SET_IN, "Caused by: "),
        is_logged=True,
    ),
    "dotnet": Form(
        marks=("Exception",),
        head=re.compile(rf"\s{{0,12}}(?:Unhandled exception\. |.{{0,400}}?[\s:])?{_NET}"),
        frame=re.compile(
            r"\s{1,20}at (?P<function>[^\s(]{1,400})\(.{0,400}\) in (?P<file>.{1,400}?):line (?P<line>\d{1,7})$"
        ),
        between=re.compile(r"\s{1,20}at [^\s(]{1,400}\(|\s{0,20}--- End of stack trace from previous "),
        cause=re.compile(rf"\s{{1,20}}---> (?:\(Inner Exception #\d{{1,3}}\) )?{_NET}"),
        back=re.compile(r"\s{1,20}--- End of inner exception stack trace ---"),
        opens=(*_SET_IN, "--- End of stack trace "),
        is_logged=True,
    ),
    "go": Form(
        marks=("panic", "fatal error: "),
        head=re.compile(
            r"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? )?"
            r"(?P<type>panic|fatal error|http: panic serving)(?: [\d.:\[\]a-f]{3,60})?: (?P<message>.*)"
        ),
        frame=re.compile(r"\t(?P<file>\S{1,400}\.go):(?P<line>\d{1,7})(?: \+0x[0-9a-f]{1,16})?$"),
        # What ends a stack is its blank line: the goroutines below did not fail.
        between=re.compile(
            r"goroutine \d{1,9} \[|\[signal |\tpanic: |created by |[\w./*()\[\]{}…-]{1,300}\(.{0,400}\)$"
        ),
        is_function_above=True,
    ),
    "rust": Form(
        marks=("panicked at ",),
        head=re.compile(
            r"(?:\n)?thread '.{1,100}?' (?:\(\d{1,9}\) )?(?P<type>panicked) at "
            r"(?:'(?P<message>.*)', )?(?P<file>\S{1,300}\.rs):(?P<line>\d{1,7}):\d{1,5}:?$"
        ),
        frame=re.compile(r"\s{6,20}at (?P<file>\S{1,400}\.rs):(?P<line>\d{1,7}):\d{1,5}$"),
        between=re.compile(r"stack backtrace:|\s{2,8}\d{1,4}: |note: "),
        is_function_above=True,
    ),
    # The stack that zap adds to a record, whose own line says what failed.
    "zap": Form(
        head=re.compile(r"(?P<type>)(?P<message>(?:[\w.-]{1,80}/){0,8}[a-z]\w{0,80}\.[\w.()*]{1,200})$"),
        frame=re.compile(r"\t(?P<file>\S{1,400}\.go):(?P<line>\d{1,7})$"),
        between=re.compile(r"(?:[\w.-]{1,80}/){0,8}[a-z]\w{0,80}\.[\w.()*]{1,200}$"),
        opens=("\t",),
        is_function_above=True,
        is_logged=True,
    ),
    "php": Form(
        marks=(" error: ", "[object] ("),
        # Laravel and Monolog write the exception as an object, PHP itself behind its own words; of a fatal error that
        # is no exception the message stands alone.
        head=re.compile(
            r"(?:(?:(?!\[object\]).){0,2000}\[object\] \((?=[A-Z])|.{0,60}?(?:Fatal|Parse) error:\s{1,2}(?:Uncaught )?)"
            r"(?P<type>(?:[A-Z][\w\\]{2,200}(?=\(code: |: ))?)(?:\(code: -?\w{1,12}\))?(?:: )?(?P<message>.{0,2000}?) "
            r"(?:at|in) (?P<file>/[^\s:]{1,300})(?::| on line )(?P<line>\d{1,7})[)\"} \[\]]{0,8}$"
        ),
        frame=re.compile(r"#\d{1,4} (?P<file>/[^\s(]{1,300})\((?P<line>\d{1,7})\): (?P<function>[^\s(]{1,300})"),
        between=re.compile(r"\[stacktrace\]|(?:PHP )?Stack trace:|#\d{1,4} |  thrown in |\"\}|$"),
        cause=re.compile(
            r"\[previous exception\] \[object\] \((?P<type>[\w\\]{2,200})\(code: -?\w{1,12}\): (?P<message>.{0,2000}?) "
            r"at (?P<file>/[^\s:]{1,300}):(?P<line>\d{1,7})\)$"
        ),
    ),
    "elixir": Form(
        marks=("** (",),
        head=re.compile(r"(?:.{0,200}?\s)?\*\* \((?P<type>[A-Z]\w{0,60}(?:\.[A-Z]\w{0,60}){0,6})\) (?P<message>.*)"),
        frame=re.compile(
            r"\s{4,12}(?:\([\w-]{1,60} [\w.+-]{1,40}\) )?(?P<file>[\w./-]{1,300}\.(?:exs?|erl)):(?P<line>\d{1,7}): "
            r"(?P<function>\S{1,200})"
        ),
        between=re.compile(r"\s{4,12}\([\w-]{1,60} [\w.+-]{1,40}\) "),
    ),
    "perl": Form(
        marks=(" line ",),
        head=re.compile(
            rf"{_PERL_WARNS}(?P<message>\S.{{0,2000}}?) at (?P<file>\S{{1,300}}\.(?:pm|pl|cgi|psgi|t)) "
            r"line (?P<line>\d{1,7})(?:, <\w{1,40}> line \d{1,9})?\.?$(?P<type>)"
        ),
        frame=re.compile(
            r"\t(?P<function>[\w:]{1,200})(?:\(.{0,400}\))? called at (?P<file>\S{1,300}) line (?P<line>\d{1,7})$"
        ),
    ),
}
"""Form by language."""
COMPILED = frozenset({"java", "dotnet", "go", "zap", "rust", "elixir"})
"""Languages whose programs run what was built of their source, not the source."""


def read_chain(form: Form, lines: Sequence[EvidenceLine], index: int) -> Chain | None:
    """Read the stack whose exception is named at an index; `None` when none begins there."""
    text = lines[index].text[:_LONGEST]
    if form.marks and not any(mark in text for mark in form.marks):
        return None
    first = _find_stack(form, lines, index)
    if first is None and "file" not in form.head.groupindex:
        return None
    head = None if form.frame.match(text) else form.head.match(text)
    if head is None or (form.is_logged and _is_named_below(form, lines[index + 1 : first])):
        return None
    links = [_begin(head, index)]
    if first is None:
        return Chain(tuple(links), index + 1)
    links[0].details = [at for at in range(index + 1, first) if lines[at].text.strip()]
    return _follow(form, lines, links, first)


def _follow(form: Form, lines: Sequence[EvidenceLine], links: list[Link], first: int) -> Chain | None:
    """Read frames and causes from `first` on; `None` where no frame says its place."""
    current, position = 0, first
    while position < len(lines):
        text = lines[position].text[:_LONGEST]
        if (frame := form.frame.match(text)) is not None:
            links[current].calls.append(_read_call(form, frame, lines[position - 1].text))
        elif (cause := form.cause.match(text)) is not None:
            links.append(_begin(cause, position))
            current = len(links) - 1
        elif form.back.match(text):
            current = max(0, current - 1)
        elif form.between.match(text) is None and not _is_message(form, lines, position, links[-1]):
            break
        position += 1
    return Chain(tuple(links), position) if any(link.calls for link in links) else None


def _find_stack(form: Form, lines: Sequence[EvidenceLine], index: int) -> int | None:
    """Return the index of the first line of the stack below a head; `None` where none is near."""
    for position in range(index + 1, min(len(lines), index + 2 + _MOST_BETWEEN)):
        text = lines[position].text
        if not text.startswith(form.opens):
            continue
        text = text[:_LONGEST]
        if form.frame.match(text) or form.between.match(text) or form.cause.match(text):
            return position
    return None


def _is_named_below(form: Form, between: Sequence[EvidenceLine]) -> bool:
    """Answer whether a later line names the exception: a record may speak of one before its stack begins."""
    return any(form.head.match(line.text[:_LONGEST]) for line in between)


def _begin(named: re.Match[str], index: int) -> Link:
    groups = named.groupdict()
    link = Link(named["type"].replace("\\\\", "\\").replace("\\", "."), groups["message"] or "", index)
    if groups.get("file"):
        link.calls.append(Call(named["file"], int(named["line"]), ""))
    return link


def _read_call(form: Form, frame: re.Match[str], above: str) -> Call:
    file, line = frame["file"], int(frame["line"])
    if form.is_function_above:
        return Call(file, line, _name_above(above))
    function = frame["function"]
    # The JVM names the file alone; its folders are the package, which stands before the class.
    if "/" not in file and "\\" not in file and function.count(".") > 1:
        file = "/".join((*function.split(".")[:-2], file))
    return Call(file, line, function)


def _name_above(above: str) -> str:
    """Return the function that stands above its place: `  2: shop::total`, `main.(*Shop).total(0xc0, 0x1)`."""
    text = re.sub(r"^\s*\d+: ", "", above.strip())
    return re.sub(r"\([^()]*\)$", "", text)[:300]


def _is_message(form: Form, lines: Sequence[EvidenceLine], position: int, link: Link) -> bool:
    """Answer whether a line goes on with the message of an exception whose frames stand right below, and note it."""
    if link.calls or position - link.raised > _MOST_BETWEEN or _find_stack(form, lines, position) is None:
        return False
    if lines[position].text.strip():
        link.details.append(position)
    return True
