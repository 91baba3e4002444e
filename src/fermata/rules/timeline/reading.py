"""What one message says: each of its sentences is read, and the most telling one names the message's kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from fermata.domain.trail import Message, MessageKind
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.causes import denies_cause, names_cause, names_cause_mended
from fermata.rules.timeline.posts import Post, State, find_post, tells_impact
from fermata.rules.timeline.tags import find_marks
from fermata.rules.timeline.weights import LEAST, SURE, weigh

LONGEST_READ = 2_000
"""Characters of a message that are read: what is longer is a pasted log."""
# What looks behind follows what it begins with: so a search goes from space to space, and not from letter to letter.
_SENTENCE = re.compile(r"\s(?<=[.!?;]\s)\s*(?=\S)|\n+|\s(?<=\w\s)\s*;\s*|;(?<=\w;)\s*")
_CODE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_QUOTE = re.compile(r"^(?:>|&gt;).*$", re.MULTILINE)
# "- 16:58 UTC: ...": the moment that a recap's line begins with is no word of its sentence.
_LEAD = re.compile(
    r"^\W*\d{1,2}:\d\d(?::\d\d)? ?(?:[ap]m\b)? ?(?:\(?(?:our|my|local) time\)?|[a-z]{1,4}\b(?=\W))?\W*", re.IGNORECASE
)
_NOTED = re.compile(r"^\W*(?:(?:note|noting|just) )?for the (?:retro|post-?mortem)\s*[,:]\s+", re.IGNORECASE)
_LESSON = re.compile(r"\b(?:too (?:late|early|soon|long)|should|must|need)\b", re.IGNORECASE)
_PART = re.compile(r",\s+|\s[-\u2013\u2014]{1,2}\s|\s+(?:and|but|so)\s+(?=(?:i|we|it|the|all|now)\b)", re.IGNORECASE)
_CLOCK = re.compile(r"\d(?<=\b\d)\d?[:h]\d\d\b")
# How monitors begin or mark what they say: a colour, a word in capitals.
_BAD_SIGN = re.compile(
    r"^\W*(?:\[[^\]]*\]\W*)?(?:\U0001F534|\U0001F6A8|\u26A0|\u274C|\U0001F525|:(?:red_circle|rotating_light|warning|"
    r"x|fire):|(?:FIRING|PROBLEM|CRIT(?:ICAL)?|DOWN|TRIGGERED|ALERT(?:ING)?|WARN(?:ING)?|OPEN|FAIL(?:ED|URE)?|ERROR|"
    r"ANOMALY)\b)|\[(?:FIRING|ALERTING|CRITICAL|WARNING|DOWN|TRIGGERED|PROBLEM|FAILED|ERROR)|^\W*\[P[1-5]\](?!\W*(?i:recover|resolv|ok\b|clos|clear))|"
    r"\b(?:NOTOK|NOT OK|FIRING|CRITICAL|DOWN)\b|"
    r"\u26A0|\U0001F534|\U0001F6A8|\u274C|\((?:warn\w*|crit\w*|threshold|limit|min|max|expected) ?[<>=]*\d?"
)
_GOOD_SIGN = re.compile(
    r"^\W*(?:\[[^\]]*\]\W*)?(?:\U0001F7E2|\u2705|\u2714|\U0001F49A|:(?:white_check_mark|large_green_circle|green_circle|"
    r"heavy_check_mark):|(?:RESOLVED|OK|RECOVERED|RECOVERY|UP|CLEARED|CLOSED|NORMAL)\b)|"
    r"\[(?:RESOLVED|OK|RECOVERED|CLEARED|CLOSED|NORMAL)|\b(?:ended OK|RECOVERED|CLOSED)\b|\u2705|\U0001F7E2"
)
# "Recovered: [P1] error rate is 0.1 % (threshold 5 %)": what it says first goes before the threshold behind it.
_LED_BY_END = re.compile(r"^\W*(?:recovered|resolved|recovery|cleared|closed)\b\W{0,2}[:|]\s", re.IGNORECASE)
# A bot that runs incidents announces one with a siren, too.
_ANNOUNCED = re.compile(
    r"^\W*(?::[a-z_]+:\W*)?[\w.-]+ declared \S|\bincident\b.{0,60}\bdeclared by\b|"
    r"^\W*(?::[a-z_]+:\W*)?new (?:(?:sev-?\d|p\d) incident\b|incident\W{1,4}inc-?\d+)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(?:so |and )*(?:do|does|is|are|was|should|shall|can|could|did) (?:we|this|it|that|i|you)\b", re.IGNORECASE
)
_SUSPECTS = re.compile(
    r"\b(?:could|might|can) (?:this|that|it) (?:all )?be (?:from |because of |due to )?(?:the |our |my |an? )?"
    r"(?!done|fixed|over|better|possible|related|that|this|it\b|rolled|re\w+ed|turned|ready|enough|worse)[\w-]{3,}\W*$",
    re.IGNORECASE,
)
_ALARM = re.compile(r"\b(?:firing|triggered|alert(?:ing|ed)?|critical|problem)\b", re.IGNORECASE)
# "Works again, thanks!": who thanks for it says it none the less.
_THANKS = re.compile(
    r"\W(?<=\w\W)\W{0,3}(?:thanks|thank you|thx|ty|merci|danke|gracias|obrigad[oa])\b[\w ]{0,12}\W*$", re.IGNORECASE
)
_LIST = 3
_PIECE = re.compile(r"[,;]\s+|\s*(?:\u2192|->|=>)\s*")
_LONGEST_TALK = 8
"""Words from which a sentence that begins with thanks goes on to something else."""
_MOST_SENTENCES = 40
_LONGEST_POST = 200
"""Characters of a quoted post that are one sentence."""
_POSTED = 4.0
"""What a post of a status page weighs: what is said to everybody is told, whatever its words are."""
_CALL = 6
"""Words within which a stage is called."""
_UNWEIGHED = (MessageKind.HYPOTHESIS, MessageKind.RETRACTION)
"""What must be known whether it tells an event or not."""
_RULES = (
    ("RULE_INTENT", phrases.INTENT),
    ("RULE_HEDGED", phrases.HEDGED),
    ("RULE_OFF_STAGE", phrases.OFF_STAGE),
    ("RULE_ELSEWHEN", phrases.ELSEWHEN),
    ("RULE_DISMISSED", phrases.DISMISSED),
    ("RULE_USUAL", phrases.USUAL),
    ("RULE_STRONG", phrases.STRONG),
    ("RULE_OBSTACLE", phrases.OBSTACLE),
)


class Stage(StrEnum):
    """Which of the key times a milestone is about."""

    DECLARED = "declared"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    ALERTED = "alerted"
    CLEARED = "cleared"


_CALLED = (Stage.DECLARED, Stage.MITIGATED, Stage.RESOLVED)


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence that says something."""

    text: str
    kind: MessageKind
    stage: Stage | None = None
    is_found: bool = False
    """It says what the cause is, without a doubt."""
    is_impact: bool = False
    """It says what users felt."""
    is_new: bool = True
    """It does not merely say that things are as they were."""
    is_recap: bool = False
    """One of the moments that a sentence lists: it has a time of its own, or is nothing."""
    is_known: bool = True
    """A rule names its kind; else it is an observation for want of anything better."""
    post: State | None = None
    """The state that a status page's post says."""
    weight: float = 0.0
    """How much its words speak for an event, as logarithm of the odds; the incident's own words add to it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says, sentence by sentence; no clause: it says nothing that a timeline could use."""

    clauses: tuple[Clause, ...]
    why_noise: str = ""
    """Why nothing of it is used, in words; empty when something is."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind of its most telling sentence."""
        return min((clause.kind for clause in self.clauses), key=_ORDER.index, default=MessageKind.NOISE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with what it is made of."""

    clause: Clause
    marks: tuple[str, ...]


_ORDER = (
    MessageKind.RETRACTION,
    MessageKind.MILESTONE,
    MessageKind.ACTION,
    MessageKind.DECISION,
    MessageKind.COMMUNICATION,
    MessageKind.OBSERVATION,
    MessageKind.HYPOTHESIS,
    MessageKind.NOISE,
)


def read_message(message: Message) -> Reading:
    """Return what a message says. An order to whoever reads it is data like all else, and says nothing."""
    read = list_sentences(message)
    if isinstance(read, str):
        return Reading((), read)
    clauses = tuple(
        replace(item.clause, weight=weight)
        for item in read
        if (weight := _weigh_sentence(item)) >= LEAST or item.clause.kind in _UNWEIGHED
    )
    return Reading(clauses) if clauses else Reading((), "it tells no event")


def _weigh_sentence(item: Sentence) -> float:
    if item.clause.post is not None:
        return _POSTED
    if item.clause.is_recap:
        return SURE
    is_sure = _is_called(item.clause) or _is_dated_back(item.clause) or _is_named_cause(item.clause)
    return max(weigh(item.marks), _POSTED) if is_sure else weigh(item.marks)


def _is_dated_back(clause: Clause) -> bool:
    """Answer whether somebody tells since when something has been wrong."""
    return clause.kind is MessageKind.OBSERVATION and phrases.DATED_BACK.search(clause.text) is not None


def _is_named_cause(clause: Clause) -> bool:
    """Answer whether somebody names in so many words what it was."""
    return clause.is_found and (names_cause(clause.text) or names_cause_mended(clause.text))


def _is_called(clause: Clause) -> bool:
    """Answer whether somebody calls a stage by its name and says little else: "mitigated", "ok closing SEV2"."""
    is_short = clause.text.count(" ") < _CALL and endings.CALLED.search(clause.text) is not None
    return clause.stage is Stage.DECLARED or (clause.stage in _CALLED and is_short)


def list_sentences(message: Message) -> list[Sentence] | str:
    """Return the sentences that may say something, or why none does."""
    if phrases.ORDERED.search(message.text[:LONGEST_READ]):
        return "it tells the reader what to write"
    text = _clean(message.text)
    if not text:
        return "it holds only a quote, code or nothing"
    post = find_post(text, is_bot=message.is_bot)
    if post is not None:
        is_silent = post.state is State.UPDATE and not post.is_new
        return "it says only that work goes on" if is_silent else [*_read_post(post)]
    around = ["IN_THREAD"] if message.thread else []
    if message.is_bot:
        clause = _read_bot(text)
        around += ["BOT", f"BOT_{clause.stage or clause.kind}".upper()]
        return [Sentence(clause, (*around, *find_marks(text.partition("\n")[0])))]
    if phrases.JOKED.search(text):
        around.append("JOKED")
    parts = _split(text)
    if len(parts) > 1:
        around.append("SENTENCES_MANY")
        if any(is_question(part) for part in parts):
            around.append("ASKS_TOO")
    told = [part for part in parts[:_MOST_SENTENCES] if not _is_small_talk(part)]
    if not told:
        return "an acknowledgement"
    sentences = [sentence for part in told for sentence in _list_clauses(part, around)]
    is_excluding = any(sentence.clause.kind is MessageKind.RETRACTION for sentence in sentences)
    return [sentence for sentence in sentences if not (is_excluding and _is_evidence(sentence.clause))]


def _read_post(post: Post) -> Iterator[Sentence]:
    for text in post.sentences:
        is_impact = tells_impact(text)
        clause = Clause(text, MessageKind.COMMUNICATION, is_impact=is_impact, is_new=post.is_new, post=post.state)
        yield Sentence(clause, ("POST",))


def _list_clauses(part: str, around: Sequence[str]) -> Iterator[Sentence]:
    clocks = len(_CLOCK.findall(part))
    if clocks >= _LIST or (clocks > 1 and phrases.RECAP.search(part)):
        yield from (Sentence(clause, ("RECAP",)) for clause in _split_recap(part))
    elif (clause := _read_clause(_THANKS.sub("", part))) is not None:
        yield Sentence(clause, (*around, *_mark_rules(clause.text, clause), *find_marks(clause.text)))


def split_sentences(message: Message) -> list[str]:
    """Return the sentences of a message, quotes and code left out."""
    return _split(_clean(message.text))


def _split(text: str) -> list[str]:
    parts = [stripped for part in _SENTENCE.split(text) if part and (stripped := part.strip())]
    return _join_posts(parts) if any(map(_opens_post, parts)) else parts


def _join_posts(parts: Sequence[str]) -> list[str]:
    """Return the sentences with those of a post that is quoted, "status page: "Resolved - ...", as one."""
    joined: list[str] = []
    for part in parts:
        if joined and _opens_post(joined[-1]):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined


def _opens_post(text: str) -> bool:
    quotes = text.count('"') if "\u201c" not in text else text.count("\u201c") - text.count("\u201d")
    return quotes % 2 == 1 and len(text) < _LONGEST_POST and phrases.TOLD_OUTSIDE.search(text) is not None


def _clean(text: str) -> str:
    text = text[:LONGEST_READ]
    text = _CODE.sub(" ", text) if "```" in text else text
    return (_QUOTE.sub(" ", text) if ">" in text or "&gt;" in text else text).strip()


def _split_recap(text: str) -> Iterator[Clause]:
    """Yield the moments that a sentence lists: those that nobody told when they happened are news."""
    for piece in _PIECE.split(text):
        if len(_CLOCK.findall(piece)) == 1:
            kind = _find_kind(piece, [piece])
            told = kind if kind in (MessageKind.ACTION, MessageKind.DECISION) else MessageKind.OBSERVATION
            yield Clause(piece.strip(), told, is_recap=True, is_new=True)


_SIGNS = (
    (_ANNOUNCED, Stage.DECLARED),
    (_LED_BY_END, Stage.CLEARED),
    (_BAD_SIGN, Stage.ALERTED),
    (_GOOD_SIGN, Stage.CLEARED),
)
"""How bots mark what they say, the surest first."""


def _read_bot(text: str) -> Clause:
    first = text.partition("\n")[0]
    for sign, stage in _SIGNS:
        if sign.search(first):
            return Clause(first, MessageKind.MILESTONE, stage)
    if phrases.STATUS_POST.search(first) and not _ALARM.search(first):
        return Clause(first, MessageKind.COMMUNICATION)
    if endings.DECLARED.search(text):
        stage = Stage.DECLARED
    elif endings.RESOLVED.search(text) and re.search(r"\b(?:incident|by)\b", text, re.IGNORECASE):
        stage = Stage.RESOLVED
    elif phrases.ALERTED.search(text) and not phrases.CLEARED.search(first):
        stage = Stage.ALERTED
    elif phrases.CLEARED.search(first):
        stage = Stage.CLEARED
    elif phrases.TOLD_OUTSIDE.search(text):
        return Clause(first, MessageKind.COMMUNICATION)
    elif phrases.DONE.search(text) or phrases.DOING.search(text):
        return Clause(first, MessageKind.ACTION)
    else:
        return Clause(first, MessageKind.OBSERVATION)
    return Clause(first, MessageKind.MILESTONE, stage)


def _is_evidence(clause: Clause) -> bool:
    """Answer whether a sentence beside an exclusion says why: "coredns is healthy, so it is not coredns"."""
    return clause.stage is Stage.MITIGATED and endings.CHANGED.search(clause.text) is None


def _is_small_talk(text: str) -> bool:
    return text.count(" ") < _LONGEST_TALK and phrases.SMALL_TALK.match(text) is not None


def is_question(text: str) -> bool:
    """Answer whether a text ends in a question mark, within brackets and quotes or not."""
    return text.rstrip(" )\"'").endswith("?")


def _read_clause(text: str) -> Clause | None:
    """Return what a sentence says, or `None`. The order of the questions is the order of their weight."""
    if is_question(text):
        before = _PART.split(text)[:-1]
        if before and endings.DECLARED_FIRST.match(before[0]):
            return Clause(", ".join(before), MessageKind.MILESTONE, Stage.DECLARED)
        is_guess = (
            phrases.CAUSE.search(text) or phrases.SHORT_GUESS.match(text) or _SUSPECTS.search(text)
        ) and not phrases.WITHDRAWN.search(text)
        return Clause(text, MessageKind.HYPOTHESIS) if is_guess else None
    if phrases.ELSEWHEN.search(_PART.split(_drop_note(text), maxsplit=1)[0]) or phrases.CONDITIONAL.search(text):
        return None
    if _is_unsaid(text):
        return None
    if endings.RELAPSED.search(text):
        return Clause(text, MessageKind.OBSERVATION)
    if phrases.WITHDRAWN.search(text) and not phrases.SEPARATE.search(text):
        return Clause(text, MessageKind.RETRACTION)
    lead = _LEAD.match(text)
    parts = _PART.split(text if lead is None else text[lead.end() :])
    stages = list(filter(None, map(_find_stage, parts)))
    if stages:
        # "The queue is empty, the incident is over" tells the end.
        stage = Stage.RESOLVED if Stage.RESOLVED in stages else stages[0]
        return Clause(text, MessageKind.MILESTONE, stage, is_found=names_cause_mended(text))
    kind = _find_kind(text, parts)
    is_known = kind is not None
    kind = kind or MessageKind.OBSERVATION
    is_seen = kind is MessageKind.OBSERVATION
    is_found = is_seen and (names_cause(text) or (phrases.FOUND.search(text) is not None and not denies_cause(text)))
    is_found = is_found or (kind is MessageKind.ACTION and names_cause_mended(text))
    return Clause(
        text,
        kind,
        is_found=is_found,
        is_impact=is_seen and phrases.REPORTED.search(text) is not None,
        is_new=is_found or not (is_seen and phrases.HOLD_ON.search(text)),
        is_known=is_known,
    )


def _drop_note(text: str) -> str:
    """Return what is noted for those who write it up, without the words that say so: it was done now."""
    note = _NOTED.match(text)
    rest = text[note.end() :] if note is not None else ""
    is_done = phrases.DONE.match(rest) is not None and phrases.INTENT.search(rest) is None
    return rest if is_done and _LESSON.search(rest) is None else text


def _is_unsaid(text: str) -> bool:
    if _is_onlooked(text) and phrases.USUAL.search(text):
        return True
    return phrases.NOT_SAID.search(text) is not None and not (
        phrases.DECIDED.search(text) or phrases.HEDGED.search(text)
    )


def _is_onlooked(text: str) -> bool:
    return endings.ONLOOKED.search(text) is not None and endings.CHANGED.search(text) is None


def _mark_rules(text: str, clause: Clause) -> Iterator[str]:
    """Yield what the phrases say of a sentence."""
    yield f"RULE_{clause.stage or clause.kind}".upper() if clause.is_known else "RULE_NONE"
    if clause.is_found:
        yield "RULE_FOUND"
    if clause.is_impact:
        yield "RULE_IMPACT"
    if not clause.is_new:
        yield "RULE_OLD"
    yield from (name for name, words in _RULES if words.search(text))


def _find_stage(text: str) -> Stage | None:
    called = endings.DECLARED.search(text)
    meant = phrases.INTENT.search(text)
    # "Making this a SEV1, I'll drive" and "yes, SEV2 please" call it first.
    if called is not None and meant is not None and called.end() <= meant.start() and not _ASKS.search(text):
        return Stage.DECLARED
    if meant or phrases.HEDGED.search(text) or (called is not None and _ASKS.search(text)):
        return None
    if called is not None:
        return Stage.DECLARED
    if endings.NOT_YET.search(text):
        return None
    if endings.RESOLVED.search(text):
        return Stage.RESOLVED
    is_better = endings.MITIGATED.search(text) and not _is_onlooked(text) and not endings.SINKS.search(text)
    return Stage.MITIGATED if is_better else None


def _find_kind(text: str, parts: Sequence[str]) -> MessageKind | None:
    if phrases.OBSTACLE.search(text):
        return MessageKind.OBSERVATION
    if phrases.HEDGED.search(text):
        return MessageKind.HYPOTHESIS
    if phrases.DECIDED.search(text):
        return MessageKind.DECISION
    if phrases.TOLD_OUTSIDE.search(text) and not phrases.INTENT.search(text):
        return MessageKind.COMMUNICATION
    if phrases.FOUND.search(text) and not phrases.INTENT.search(text):
        return MessageKind.OBSERVATION
    if phrases.TOLD_BY_USERS.match(text) and phrases.REPORTED.search(text):
        return MessageKind.OBSERVATION
    if phrases.ONSET.search(text) and not phrases.INTENT.search(text):
        return MessageKind.OBSERVATION
    # "The cluster is fine, but the index is empty": what is as usual is no news, the rest may be.
    told = [part for part in parts if not phrases.USUAL.search(part)]
    if any(_is_action(part) for part in told):
        return MessageKind.OBSERVATION if endings.SINKS.search(text) else MessageKind.ACTION
    if phrases.INTENT.search(text):
        return None
    news = " ".join(told)
    return MessageKind.OBSERVATION if phrases.SYMPTOM.search(news) or phrases.REPORTED.search(news) else None


def _is_action(part: str) -> bool:
    is_told = phrases.DONE.search(part) or phrases.DOING.search(part)
    return is_told is not None and not phrases.INTENT.search(part)
