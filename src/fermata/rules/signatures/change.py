"""Failures that a change brought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, FileChange
from fermata.kit.redaction.marks import MARK
from fermata.kit.units import format_duration
from fermata.rules.chained_stacks import COMPILED
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.judge import judge_changes
from fermata.rules.changes.library_lines import is_library_line
from fermata.rules.citations import cite
from fermata.rules.logs import Frame, LoggedError
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.brought_along import find_brought
from fermata.rules.signatures.gone import IMAGE_SYSTEMS, brings_release, has_left, list_signs, removes_failing
from fermata.rules.signatures.kubernetes_cures import suggest_rollback
from fermata.rules.signatures.reach import is_passed_on, is_unreachable, is_unresolved
from fermata.rules.signatures.releases import go_back
from fermata.rules.signatures.remedies import FORGES, Intent, find_repository, propose, propose_request
from fermata.rules.signatures.resources import is_out_of_memory
from fermata.rules.signatures.taken_away import find_taken_away
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip, contains_word, is_same_file

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far a committer's clock may be off: a change dated this long after the onset may still lie before it."""
# Launchers of languages that are compiled elsewhere: JEP 330 and the build tools' own.
_FROM_SOURCE = re.compile(
    r"\bjava(?: (?!-jar\b)\S{1,300}){0,40}? \S{1,300}\.java\b|\bjbang \S|\b(?:go|cargo|dotnet) run\b|\bdotnet watch\b"
    r"|\belixir (?:\S{1,300} ){0,20}?\S{1,300}\.exs?\b|\bmix (?:run|phx\.server)\b"
    r"|\b(?:gradlew?|mvnw?)(?: \S{1,300}){0,20}? (?:\S{1,60}:)?(?:bootRun|run|java)(?!\S)"
)
_DEPTH = 3
_LEAST_CODE = 6
"""Characters of a source line that tell it from others: `pass` and `})` stand everywhere."""
_LONGEST = 2000
# A file with a line: `/etc/nginx/nginx.conf:6`, `file "/etc/postgresql.conf" line 12`, `[haproxy.cfg:12]`.
_REFERENCE = re.compile(r"([\w./-]{0,200}[\w-])\"?(?::|,? (?:on |at )?line )(\d{1,6})\b")
_QUOTED = re.compile(r"[\"'`]([\w.$@-]{3,80})[\"'`]")
_LIBRARY_FILES = ("<string>", "node:")
# A function of compiled languages as stacks name it: what the compiler made of closures, arities, state machines.
_MADE = re.compile(r"(?:\.func\d+(?:\.\d+)*|::\{\{?closure\}?\}|/\d+)+$")
_WITHOUT_WORD = (".java", ".groovy", ".cs")
"""Of languages without a word for a function: its type stands before its name."""
_TYPED = (
    r"|^[+ -]\s*(?:(?!(?:return|new|throw|await|else|assert|yield|case|and|or|not|is|in|from|select|where)\b)"
    r"[\w<>\[\],.?@]{1,80}\s+){1,6}"
)
_DECLARES = r"\b(?:def|defp|fun|func|fn|function|sub|async)\s+(?:\([^)]{0,80}\)\s*)?"
_ANY_DECLARED = re.compile(rf"{_DECLARES}\w+\s?[(<]")
_ANY_TYPED = re.compile(rf"(?:{_DECLARES}{_TYPED})\w+\s?\(")
_WITHIN = re.compile(r"(?:<|lambda\$)(\w+)[>$]")
# A disk, a cache or a database's connections are used up, or a certificate's time is: code is where it shows, not what
# is wrong.
_EXHAUSTION = (
    *("no space left on device", "enospc", "too many open files", "can't start new thread", "certificate has expired"),
    *("used memory > 'maxmemory'", "too many clients already", "remaining connection slots"),
)


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """A change, the frame that leads to it, and how closely it does."""

    change: Sighting[ChangeFacts]
    occurrence: Occurrence
    link: LoggedError
    """The failure of the occurrence's chain that the frame is of."""
    frame: Frame
    path: str
    """The file, as the repository names it."""
    words: str
    confidence: float
    is_line: bool = True
    """False when it did not write the line itself."""
    is_close: bool = True
    """False when no more than the file fits: no reason to revert anything."""


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads for found in _judge(case, workload)]


def _judge(case: Case, workload: Workload) -> Iterator[Hypothesis]:
    """Blame one change for each kind of failure: the one that leads to it most closely, then the latest."""
    latest = {occurrence.error.type: occurrence for occurrence in workload.errors if occurrence.error.frames}
    # Of a change of nobody's, the record does not tell whether it ran here.
    ranked = judge_changes(case).ranked if latest else ()
    idle = {one.id for one in ranked if one.effect.at is None and one.effect.services}
    # What it says still goes before what it said once: between equals the first one leads.
    for occurrence in sorted(latest.values(), key=_when_written, reverse=True):
        if _is_exhaustion(occurrence.error):
            continue
        suspicions = [
            suspicion
            for change in case.changes
            if _could_bring(change, case, workload, occurrence)
            for wrapped, link in enumerate(reversed(occurrence.error.links))
            for suspicion in _list_suspicions(change, occurrence, link, wrapped)
            if (change.facts.id not in idle or _is_quoted(suspicion)) and not _is_old_guess(suspicion, case)
        ]
        suspicions = [one for one in suspicions if not _came_after(one, suspicions, workload)]
        if suspicions:
            # max keeps the first of equals, and changes come newest first.
            yield _propose(case, workload, max(suspicions, key=lambda suspicion: suspicion.confidence))
    yield from _judge_last_words(case, workload)


def _came_after(one: _Suspicion, suspicions: Sequence[_Suspicion], workload: Workload) -> bool:
    """Answer whether a change took back another suspect after the start: of the two what was started had the other.

    Clocks may differ, so that alone it would be suspect, too.
    """
    at, started_at = one.change.facts.changed_at, workload.state.facts.started_at if workload.state else None
    taken = (other.change.facts.taken_back_at for other in suspicions)
    return started_at is not None and started_at < at and any(back == at for back in taken)


def _is_quoted(suspicion: _Suspicion) -> bool:
    """Answer whether a stack quotes a line that the change wrote: then it runs, whatever is on record of releases."""
    return bool(suspicion.frame.code) and "+" in list_signs(suspicion.change, suspicion.frame.code)


def _is_old_guess(suspicion: _Suspicion, case: Case) -> bool:
    """Answer whether a change from before the window, which a release brought, wrote another line than the failing one.

    A release brings much that is old, and most of it touches some function that fails.
    """
    is_old = suspicion.change.facts.changed_at < case.scope.window_start
    return is_old and not suspicion.is_line


def _when_written(occurrence: Occurrence) -> datetime:
    return occurrence.written_by or datetime.min.replace(tzinfo=UTC)


def _judge_last_words(case: Case, workload: Workload) -> Iterator[Hypothesis]:
    """Blame the change that wrote the line of a file of settings which a program refuses, and does not stay up for."""
    ends = {occurrence.evidence_id: occurrence for occurrence in workload.errors} if workload.is_failing else {}
    for occurrence in ends.values():
        if occurrence.error.frames or is_unreachable(occurrence) or is_unresolved(occurrence):
            continue
        written = occurrence.written_by
        places = _REFERENCE.findall(occurrence.error.raised.text[:_LONGEST])
        for change in case.changes if places else ():
            is_late = written is not None and written < change.facts.changed_at - CLOCK_TOLERANCE
            if is_late or not _is_in_time(change, case, workload):
                continue
            if (found := _find_refused(change, occurrence, places)) is not None:
                yield _propose(case, workload, found)
                break


def _find_refused(
    change: Sighting[ChangeFacts], occurrence: Occurrence, places: Sequence[tuple[str, str]]
) -> _Suspicion | None:
    """Return the suspicion where file, line and a quoted word of a refusal are all what the change wrote.

    `unknown directive "proxy_conect_timeout" in /etc/nginx/nginx.conf:6`: such a file has another folder in the
    repository, and other files have its name.

    Args:
        places: Each file that the refusal names, with its line.
    """
    for file, number in places:
        name = file.rpartition("/")[2]
        for touched in change.facts.files:
            if name != touched.path.rpartition("/")[2] or int(number) not in touched.added:
                continue
            # Words last: each is looked for in every line that the change added.
            if word := _find_quoted(change, occurrence.error.raised.text[:_LONGEST]):
                frame = Frame(file=file, line=int(number), code=word)
                return _Suspicion(
                    change, occurrence, occurrence.error, frame, touched.path, f"wrote {touched.path}:{number}", 0.9
                )
    return None


def _find_quoted(change: Sighting[ChangeFacts], text: str) -> str:
    """Return the first word that a text quotes and a change added; empty for none."""
    added = [line.text for line in change.evidence.lines if line.text.startswith("+") and line.text[1:2] != "+"]
    words = dict.fromkeys(_QUOTED.findall(text))
    return next((word for word in words if any(contains_word(line, word) for line in added)), "")


def _is_exhaustion(error: LoggedError) -> bool:
    if is_out_of_memory(error):
        return True
    return any(words in line.text[:2000].lower() for line in error.lines for words in _EXHAUSTION)


def _could_bring(change: Sighting[ChangeFacts], case: Case, workload: Workload, occurrence: Occurrence) -> bool:
    """Answer whether a change was there in time, is what runs, and is not younger than the failure itself."""
    facts = change.facts
    if not _is_in_time(change, case, workload) or removes_failing(change, occurrence.error):
        return False
    known = (past for past in (occurrence, *workload.past) if _is_same_failure(past.error, occurrence.error))
    return not any(
        written is not None and written < facts.changed_at - CLOCK_TOLERANCE
        for written in (past.written_by for past in known)
    )


def _is_in_time(change: Sighting[ChangeFacts], case: Case, workload: Workload) -> bool:
    """Answer whether a change was there when it began, and what runs was started with it."""
    facts = change.facts
    if facts.changed_at > case.scope.onset + CLOCK_TOLERANCE:
        return False
    if facts.changed_at < case.scope.window_start and _find_release(change, case) < case.scope.window_start:
        return False
    if facts.is_own or has_left(workload, facts, case.known_changes):
        return False
    started_at = workload.state.facts.started_at if workload.state else None
    return started_at is None or started_at >= facts.changed_at - CLOCK_TOLERANCE


def _find_release(change: Sighting[ChangeFacts], case: Case) -> datetime:
    """Return when a release brought a change, else when it was written: what is deployed today may be a week old."""
    ranked = judge_changes(case).ranked
    effect = next((one.effect for one in ranked if one.id == change.facts.id), None)
    return effect.at if effect is not None and effect.times and effect.at is not None else change.facts.changed_at


def _is_same_failure(one: LoggedError, other: LoggedError) -> bool:
    """Answer whether two failures are of one type and one function; the other one has frames."""
    return one.type == other.type and any(frame.function == other.frames[-1].function for frame in one.frames[-1:])


def _may_have_written(change: Sighting[ChangeFacts], code: str) -> bool:
    """Answer whether a source line is among what a change wrote, as far as its diff shows that."""
    added = [line.text for line in change.evidence.lines if line.text.startswith("+") and line.text[1:2] != "+"]
    is_open = not code or not added or any(MARK.search(text) for text in added)
    return is_open or "+" in list_signs(change, code)


def _list_suspicions(
    change: Sighting[ChangeFacts], occurrence: Occurrence, link: LoggedError, wrapped: int
) -> Iterator[_Suspicion]:
    """Compare the innermost frames of the program's own code with what the change touched.

    Args:
        wrapped: How many exceptions were raised before it: it fails where the first was, and only says so elsewhere.
    """
    own = [frame for frame in reversed(link.frames) if not _is_library(frame)]
    away = find_taken_away(change, link) if own else None
    if away is not None:
        frame = own[0].model_copy(update={"code": away.code})
        words = f"took {away.word!r} out of {away.path}"
        confidence = round(0.8 - 0.05 * wrapped, 2)
        yield _Suspicion(change, occurrence, link, frame, away.path, words, confidence, is_line=False)
    for depth, frame in enumerate(own[:_DEPTH]):
        for touched in change.facts.files:
            if not is_same_file(frame.file, touched.path) and not _is_copied(change, frame, touched):
                continue
            lead = _Suspicion(change, occurrence, link, frame, touched.path, f"wrote {touched.path}:{frame.line}", 0.9)
            if frame.line not in touched.added or not _may_have_written(change, frame.code):
                words = f"changed {frame.function} in {touched.path}"
                lead = replace(lead, words=words, confidence=0.6, is_line=False)
                if not _touches_function(change, frame):
                    if is_passed_on(link):  # The file that calls is where it shows.
                        continue
                    lead = replace(lead, words=f"touched {touched.path}", confidence=0.4, is_close=False)
            # A call further out may fail through no fault of its own.
            yield replace(lead, confidence=round(lead.confidence - 0.05 * (depth + wrapped), 2))


def _is_library(frame: Frame) -> bool:
    return frame.file.startswith(_LIBRARY_FILES) or any(
        is_library_line(text) for text in (f" at {frame.function}", frame.file)
    )


def _is_copied(change: Sighting[ChangeFacts], frame: Frame, touched: FileChange) -> bool:
    """Answer whether a stack and a repository know one file by two folders, as an image's `COPY api /app` makes of it.

    One base name stands in many folders, so everything else has to agree: the number of the failing line is one that
    the change wrote, and the line itself is among those that its diff adds.
    """
    names = [path.replace("\\", "/").rpartition("/")[2] for path in (frame.file, touched.path)]
    is_alike = names[0] == names[1] and frame.line in touched.added and len(frame.code) >= _LEAST_CODE
    return is_alike and "+" in list_signs(change, frame.code)


def _touches_function(change: Sighting[ChangeFacts], frame: Frame) -> bool:
    """Answer whether the diff changes the function: below its declaration or git's hunk heading, or right above it.

    Three lines around a change often show the declaration of the next function, which is as it was.
    """
    if not (name := _name_plainly(frame.function)):
        return False
    is_typed = frame.file.endswith(_WITHOUT_WORD)
    typed, any_declared = (_TYPED, _ANY_TYPED) if is_typed else ("", _ANY_DECLARED)
    declares = re.compile(rf"(?:{_DECLARES}|^@@.{{0,200}}\W{typed}){name}\s?[(<]")
    is_within = is_changed = is_told = False
    for text in (line.text[:_LONGEST] for line in change.evidence.lines):
        if not text.startswith(("@@", "+", "-", " ")) or text.startswith(("+++ ", "--- ")):
            is_within = is_changed = is_told = False
            continue
        if declares.search(text) is not None:
            is_within = True
            if is_changed:  # Its decorator or its annotation.
                return True
        elif text.startswith("@@") or any_declared.search(text) is not None:
            is_within = False
        is_told = is_told and not text.startswith("@@")
        is_changed = text[0] in "+-" and bool(text[1:].strip())
        is_told = is_told or is_changed
        if is_within and is_changed:
            return True
    return is_within and not is_told  # Cut off before the lines that changed.


def _name_plainly(function: str) -> str:
    """Return a function's own name without its class and package; empty where a stack names none."""
    if function.startswith("<"):
        return ""
    within = _WITHIN.search(function)
    words = re.findall(r"\w+", within[1] if within else _MADE.sub("", function))
    return words[-1] if words else ""


def _propose(case: Case, workload: Workload, suspicion: _Suspicion) -> Hypothesis:
    facts, error = suspicion.change.facts, suspicion.occurrence.error
    late = facts.changed_at - case.scope.onset
    doubt = "clocks differ, or the alert began for another reason"
    dated = f" It is dated {format_duration(late)} after the onset: {doubt}." if late > timedelta() else ""
    citations: tuple[Citation, ...] = (
        suspicion.occurrence.cite(suspicion.link.raised),
        *_cite_diff(suspicion),
    )
    author = f" by {facts.author}" if facts.author else ""
    back = facts.taken_back_at
    since = f" It was taken back at {back:%H:%M:%S} UTC, after what runs was started." if back is not None else ""
    name = facts.id[:7] if facts.kind == "commit" else facts.id
    text = (
        f"{name} ({clip(facts.title, 80)}){author} {suspicion.words}, where "
        f"{workload.entity.name} fails: {clip(_say(suspicion.link))}.{dated}{since}"
    )
    suggestions = _suggest_way_back(case, workload, suspicion, text)
    first = ""
    if (brought := find_brought(suspicion.change, error)) is not None:
        first = f"{brought.what}: the same commit brings it. "
        text += f" First: {first}Take the commit back only where that cannot be done."
        citations = (*citations, brought.citation)
    person_must = first + (
        f"Read {facts.kind} {name}{author} and take back what breaks {workload.entity.name}, or mend it."
    )
    if _is_built(workload, suspicion) and workload.entity.system not in IMAGE_SYSTEMS:
        person_must += " Then build it anew and start that: a restart alone runs what was built before."
    if declared := _find_declaration(workload, facts):
        program = workload.entity.name
        person_must += (
            f" It also changes {declared}, which says how {program} is started: a restart does not read that anew "
            f"(supervisord: `supervisorctl update {program}`)."
        )
    return Hypothesis(
        cause="faulty_commit",
        text=text,
        confidence=suspicion.confidence,
        entity=workload.entity,
        citations=citations,
        suggestions=suggestions,
        person_must="" if suggestions else person_must,
    )


def _is_built(workload: Workload, suspicion: _Suspicion) -> bool:
    """Answer whether what runs was built before it was started; `java Api.java` and `go run` build it anew."""
    command = workload.state.facts.command if workload.state is not None else ""
    return suspicion.link.language in COMPILED and _FROM_SOURCE.search(command) is None


def _say(link: LoggedError) -> str:
    """Return the exception as its type and message: its line may hold a logger's record, or a place alone."""
    return f"{link.type}: {link.message}" if link.type and link.message else link.raised.text.strip()


def _cite_diff(suspicion: _Suspicion) -> tuple[Citation, ...]:
    """Cite of the diff, best first: the failing code, the line that it wrote there, the function, the file's header."""
    change, frame = suspicion.change, suspicion.frame
    if not frame.code and (number := _find_written(change, suspicion.path, frame.line)) is not None:
        return (cite(change.evidence, number),)
    words = (frame.code, f"def {frame.function}(", f"{_name_plainly(frame.function)}(", f"+++ b/{suspicion.path}")
    return cite_words(change, *(word for word in words if len(word) > 1))


def _find_written(change: Sighting[ChangeFacts], path: str, line: int) -> int | None:
    """Return the number of the evidence's line that a change wrote there; `None` where its diff does not show it."""
    for hunk in parse_diff(change.evidence.lines, [path]).hunks:
        at = hunk.span[0] if hunk.path == path and hunk.span is not None else line + 1
        for written in hunk.lines:
            if at == line and written.sign == "+":
                return written.number
            at += written.sign != "-"
    return None


def _suggest_way_back(case: Case, workload: Workload, suspicion: _Suspicion, text: str) -> tuple[ActionSuggestion, ...]:
    """Return how to run without the commit, or nothing: a file is no proof."""
    facts = suspicion.change.facts
    if facts.kind != "commit" or not suspicion.is_close:
        return ()
    if facts.taken_back_at is not None and workload.entity.system not in IMAGE_SYSTEMS:
        # The repository is right again; what was started before that still runs it.
        return propose(case, workload.entity, Intent.RESTART)
    if workload.entity.system in IMAGE_SYSTEMS:
        found = _suggest_previous_release(case, workload, facts)
    elif _is_built(workload, suspicion):
        found = ()  # What runs is started from what was built: it would fail on.
    else:
        found = _suggest_revert(case, workload, facts)
    return found or propose_request(case, facts, text)


def _suggest_previous_release(case: Case, workload: Workload, commit: ChangeFacts) -> tuple[ActionSuggestion, ...]:
    """Return the way back to what ran before the deployment that can have brought the commit."""
    if workload.entity.system == "kubernetes":
        # There the way back has a number, which the history of rollouts tells.
        return suggest_rollback(case, commit, workload.entity.name).suggestions
    for change in case.changes:
        is_own = brings_release(change.facts) and change.evidence.entity == workload.entity
        if is_own and change.facts.changed_at >= commit.changed_at - CLOCK_TOLERANCE:
            return go_back(case, workload)
    return ()


def _find_declaration(workload: Workload, facts: ChangeFacts) -> str:
    """Return the file of a commit that declares how the workload is started; empty where it has none."""
    declared_in = workload.state.facts.declared_in if workload.state is not None else ""
    paths = (touched.path for touched in facts.files)
    return next((path for path in paths if declared_in and is_same_file(declared_in, path)), "")


def _suggest_revert(case: Case, workload: Workload, facts: ChangeFacts) -> tuple[ActionSuggestion, ...]:
    """Return revert and restart, or nothing: a revert that is not started has no effect.

    Where a person merges the revert first, a restart goes on with what fails, and is left out.
    """
    repository = find_repository(facts)
    if repository is None or repository.system in FORGES or _find_declaration(workload, facts):
        # A restart goes on with the declaration that the system holds, not with the one that is taken back.
        return ()
    revert = propose(case, repository, Intent.REVERT_COMMIT, {"commit": facts.id})
    if facts.is_reverted_aside:
        return revert
    restart = propose(case, workload.entity, Intent.RESTART)
    return (*revert, *restart) if revert and restart else ()


FAULTY_COMMIT = Signature(
    id="faulty_commit",
    title="A recent commit wrote the lines that fail",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.CHANGE, EvidenceKind.STATE),
    ruled_out_by="The change came after the onset (clocks may differ by two minutes), after the running process was "
    "started, or after the same failure was logged; it took away the line that the stack quotes; it was taken back "
    "before the running process was started; no release on record had brought it, and the stack quotes no line that it "
    "wrote; Fermata made it; its diff was not read; only the file fits, and "
    "what fails there is that something else does not answer; or memory, disk, files or threads ran out.",
    confidence_note="0.9 when it wrote the failing line, 0.05 less for each call further out, or the line of a file of "
    "settings that a program ends on, with a word that it quotes; 0.8 when it took out what the failure misses by its "
    "name (`KeyError: 'tea'`) of a file of the stack or of settings; 0.6 for the same function, 0.4 for the same file.",
    action="<repository's system>.revert_commit, then <system>.restart where that changes the files that run; where "
    "images run, what ran before the latest deployment; of one that is taken back already, <system>.restart alone; of "
    "a forge's commit, a request to take it back; before all of these, the migration or the packages that it brings "
    "itself, where those are what is missing; none when it does not revert cleanly, only the file fits, or it changes "
    "how the process is started: a person must read it",
    specificity=Specificity.ORIGIN,
    match=_match,
    blames_change=True,
)
"""A stack that ends in lines of a change that was there before the onset."""
