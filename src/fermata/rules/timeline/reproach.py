"""Who is said to have done what: a sentence that lays a fault at a person's or a team's door is not told.

Fails closed: what may be a reproach is left out, and whoever edits pulls the message back. Machines may have faults:
"the load balancer ignored the health check" stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from fermata.rules.timeline.blame import BLAME
from fermata.rules.timeline.lexicon import TAGS
from fermata.rules.timeline.words import Words

_PRODUCTS = (
    r"(?:change|deploy\w*|pr|commit|migration|fix|release|patch|config|branch|code|script|query|revert|work|upgrade|"
    r"rollout|job|merge|update)"
)

_TEAM = r"(?:team|folks|people|guys?|crew|lads|dep(?:t|artment)|devs?|engineers?)"
_TEAMS = rf"(?:the |our |your |their |his |her |that |this |those |these )?(?:[\w-]+(?: on the [\w-]+)? )?{_TEAM}"
_SOMEBODY = (
    r"you|he|she|they|some(?:one|body)|any(?:one|body)|"
    r"some(?:one|body) (?:in|on|at|from) (?:the )?[\w-]+(?: team)?|"
    r"(?:the |an? |our |their |your |some )?(?:new )?(?:on-?call|contractors?|consultants?|admins|dbas?|ops|sres?|"
    r"developers?|management|managers?|bosses|colleagues?|juniors?|seniors?|freelancers?|technicians?|electricians?|"
    r"hires?)"
)
"""Whoever acts besides those that have a handle: people and teams, never systems, and never those who use them."""
_SAYS = (
    r"says?|said|saying|sees?|saw|seeing|reports?|reported|reporting|thinks?|found|finds|confirm(?:s|ed)|noticed|"
    r"tells?|told|asks?|asked|shows?|showed|that|because|if|and|when|while|after|before|since|but|as|so|until|where|"
    r"for|has to|is to|paged|called|rolled|reverted|restarted|fixed|reports"
)
"""Words after which somebody else's deed may follow: "bob says redis crashed"."""
_LEADS = rf"(?: (?!(?:{_SAYS})\b)[\w'\u2019-]+,?){{0,3}}?"
_OMITS = (
    r"test|check|read|review|look|think|ask|tell|care|bother|follow|notice|watch|warn|announce|listen|validate|verify|"
    r"inform|communicate|learn|know|consider|document|understand|pay|coordinate|own|clean|maintain|monitor|wait|try|"
    r"talk"
)
_FAULTS = (
    r"forgot(?:ten)?|forgets?|ignor(?:ed|es|ing)|neglect(?:ed|s)|skip(?:ped|s)|overlook(?:ed|s)|screw(?:ed|s)|"
    r"mess(?:ed|es)|botch(?:ed|es)|bork(?:ed|s)|fat-?finger(?:ed|s)|mistyped|misconfigured|misread|misjudged|"
    r"misunderstood|misclicked|panic(?:ked|s)|rush(?:ed|es)|slept|dropped the ball|let (?:us|me|everyone|everybody) "
    r"down|made (?:a|an|the|this|another) (?:\w+ )?(?:mess|mistake|error|blunder)|got (?:it|that|this) wrong|"
    r"fucked|fubar\w*|sabotaged?|gambled|cut corners|"
    r"br(?:oke|eaks)|wreck(?:ed|s)|nuk(?:ed|es)|ruin(?:ed|s)|tank(?:ed|s)|trash(?:ed|es)|crash(?:ed|es)|caus(?:ed|es)|"
    r"kill(?:ed|s) (?:us|it|prod\w*|every\w+|the (?:site|cluster|platform|service|business|launch|whole)|my|our)|"
    r"(?:took|takes|brought|brings|knocked|pulled) (?:us|(?:\S+ ){0,4}?(?:down|offline))|took out (?!of)|"
    r"double[- ]charged|"
    r"miss(?:ed|es) (?:it|that|this|the (?:alert|page|alarm|ticket|mail|warning|call|sign)\w*)|"
    r"(?:was|were|is|are) (?:asleep|sleeping|careless|drunk|absent|useless|nowhere|at lunch|on holiday|not (?:watching|"
    r"paying|looking|listening|around))|(?:wasn|weren|isn|aren)['\u2019]?t (?:watching|paying|looking|listening|there)|"
    r"left (?:\S+ ){1,4}?(?:on|open|in|running|enabled|behind|unattended|lying|unlocked)\b|"
    rf"failed to (?:{_OMITS})|(?:did|do|does)(?: not|n['\u2019]?t|nt) (?:even |ever |bother to )?"
    rf"(?:{_OMITS})\b|(?:never|hardly|rarely) (?:even )?(?:{_OMITS})(?:s|es|ed)?\b|(?:always|never|constantly) \w+|"
    r"without (?:asking|telling|testing|checking|reading|thinking|a (?:review|test|word|second))|"
    r"(?:straight|directly) (?:to|into|on) (?:main|master|prod\w*)\b|has no idea|have no idea|had no idea|"
    r"\w+ (?:\w+ )?the wrong \w+|knew (?:this|that|it|about|better|exactly)|"
    r"(?:can|could)(?:not| not|n?['\u2019]?t) (?:even )?(?:label|spell|count|type|be (?:bothered|trusted|arsed)|"
    r"do (?:one|a single|their|his|her|anything|the simplest)|read an?|write an?|use an?)\b|"
    r"accidentally|by (?:mistake|accident)|of all (?:people|teams)|untested"
)
"""What is a fault in whoever does it, and mostly none in a machine."""
_NAMED = (
    r"(?<![\w'\u2019-])@?(?:{who})(?!['\u2019]s\b|[\w-]){leads} (?:{faults})(?![\w-])",
    (
        r"\b(?:this|that|it|all|one|outage|incident)(?:['\u2019]s| (?:one )?(?:is|was)) (?:all |entirely |"
        r"totally )?(?:on|"
        r"down to|because of) @?(?:{named})(?:\W*$|[,.;!])"
    ),
    (
        r"\b(?:caused|broken|wrecked|ruined|nuked|killed|mistake|error|fault|screw-?up|brought down|taken down) by "
        r"@?(?:{named})(?![\w-])"
    ),
    r"\b(?:because of|due to|courtesy of|thanks to|down to) @?(?:{named})(?:\W*$|[,.;!]|['\u2019]s\b)",
    (
        r"\b(?:it|that|this)(?:['\u2019]s| is| was) (?:\w+ )?@?(?:{who}) (?:who|that|which)\b(?! (?:report|say|see|"
        r"notic|spot|found|fix))"
    ),
    (
        r"(?<![\w-])@?(?:{who}) (?:is|are|was|were) (?:\w+ )?(?:responsible for (?:this|it|that|the (?:\w+ )?(?:outage|"
        r"incident|mess|failure|downtime))|the (?:reason|cause|problem|culprit|one who)|useless|hopeless|guilty|"
        r"wrong to)"
    ),
    (
        r"\bif (?:only )?@?(?:{who}) (?:had|ever|actually|would(?:'ve| have)?|just|did|ran|read|tested|asked|knew|"
        r"could (?:read|learn|think))\b"
    ),
    (
        r"(?:^|[,;.!] )(?:and |but |so )?(?:why|how) (?:the \w+ )?(?:would|did|does|do|is|was|are|were|could|can|"
        r"wasn|isn|"
        r"didn|doesn|weren)(?:'t|t)? (?:{who}|nobody|no[ -]one|people|this|that|it)\b"
    ),
    (
        r"(?:^|[,;.!] )(?:and |but |so )?(?:did|does|do|has|have|is|was|could|can|should|would|are)(?:n'?t)? "
        r"(?:{who}|nobody|no[ -]one|none of \w+) (?:\w+ ){{0,2}}?(?:test|check|read|review|look|bother|notice|watch|"
        r"allowed|asleep)"
    ),
    r"\bwhat (?:was|were|is) (?:{who}) (?:thinking|doing|on)\b",
    (
        r"(?:^|[,;.!] )(?:{who}) (?:really |just |seriously )?(?:should|"
        r"ought)(?:n'?t)?\b(?! (?:\w+ )?(?:be (?:able|good|"
        r"fine|ok|back|seeing)|see|get|now|recover))"
    ),
    (
        r"(?<![\w-])(?:{who}) (?:was|were|had been|got) (?:told|warned|asked) (?:\w+ )?(?:not|twice|again|before|about|"
        r"repeatedly|many|several|so)\b"
    ),
    (
        r"\b(?:i|we) (?:told|warned|asked|begged) (?:{who}|them|you|her|him)(?: (?:not|that|this|so|twice|before|again|"
        r"about|repeatedly|many)|\W*$)"
    ),
    (
        r"\bthank(?:s| you)(?: (?:a lot|so much|very much|for nothing)),? (?:{named})(?![\w-])|"
        r"\b(?:great|good|nice|excellent|brilliant|amazing|fantastic|lovely|well|superb|classy|smooth|bold|"
        r"brave) (?:job|"
        r"one|work|done|going|move|engineering|timing|stuff),? (?:there )?@?(?:{named})(?![\w-])"
    ),
    r"\b(?:have|has|got) (?:{who}) to thank\b|\bblame (?:{who})\b",
    (
        r"(?<![\w-])(?:{named})['\u2019]s (?:\w+ ){{0,2}}?(?:mistake|fault|mess|screw-?ups?|carelessness|sloppiness|"
        r"ignorance|laziness|sloppy|lazy|careless|fuck-?up|blunder|brilliant|idea)"
    ),
    (
        r"\bnext time\b(?:.* )?(?:{who}|pls|please|maybe|read|ask|check|test|think|look|open|try)\b|"
        r"\b(?:{who}|maybe|please|pls) next time\b|(?<!until )(?<!the )\bnext time(?:,? {named})?\W*$"
    ),
)
_CONTEMPT = Words(
    r"\b(?:negligence|clown\w*|noobs?|rookie (?:mistake|error)|childish|laughable|common sense|"
    r"(?:no|got a|a) (?:brain|clue)s?\b|dropped the ball|let us down|owes? (?:me|us)\b|must be proud|so proud|"
    r"(?:user|operator|pilot|driver) error|pebkac|layer ?8|over the fence|yolo'?d|pathetic\w*|"
    r"(?:always|never) (?:the same|with|\w+ with) (?:people|team|person|guys|folks|\w+)|"
    r"same (?:people|team|person|guys|story) (?:again|every|who|with|that)|guess (?:who|whose)|"
    r"nobody'?s surprised|(?:all|and we) (?:suffer|eat it|pay for it)|we eat it\b|"
    r"interns?|trainees?|apprentices?|new (?:guy|girl|hire|kid)|cleaning (?:lady|crew|staff)|"
    r"how (?:is|was|did|does|could|can|come) (?:this|that|it|any(?:one|body)|nobody) (?:\w+ )?(?:pass|happen|possible|"
    r"allowed|approv|slip|get through|merge|ship|reach)\w*|"
    r"what a (?:mess|joke|disaster|shame)|(?:were|was) warned\b(?! that)|(?:which|what) (?:individual|person|"
    r"fool|team)|"
    r"(?:never|rarely) (?:clean|tell|check|read|ask|test|announce|listen|think|learn|care|review|communicate)s?|"
    r"(?:did|does|do|had)(?: not|n'?t) even (?:run|test|try|check|read|look|ask|tell|think)|told no ?one|"
    r"is a joke\b|thanks for nothing)\b"
    # Who neither asks, tests nor tells is meant, though a machine may notice nothing either.
    r"|\b(?:nobody|no[ -]one|not (?:one|a single) (?:person|of))(?: (?!else)[\w-]+){0,4}? (?:bothered|tests|tested|"
    r"checks|checked|reads?|reviews|reviewed|watch(?:es|ed)|watching|asks|asked|tells|told|thinks|thought|noticed|"
    r"looks|looked|cares|cared|listens|listened|warned|learns)\b",
)
_YOURS = re.compile(
    rf"\b(?:your|his|her|their|(?:the )?[\w-]+ team['\u2019]s|[\w-]+ folks['\u2019]) (?=(?:\w+ ){{0,2}}{_PRODUCTS}\b)",
    re.IGNORECASE,
)
# Whoever takes the blame is not told to have it either: "reverted, my fault".
_SORRY = re.compile(
    # Of a run of marks only the first can begin it: each would look to the end of the run again.
    r"(?:^|(?<![\s,;:(\u2013\u2014-])[\s,;:(\u2013\u2014-]+)"
    r"(?:(?:so |really |very )?sorry(?: (?:all|everyone|everybody|folks|team|about (?:that|"
    r"this|it)|for (?:that|this|the \w+)))?|apologies|mea culpa|(?:(?:it|that|this)(?:'s| is| was) )?(?:all |totally |"
    r"entirely |completely |clearly |partly )?(?:my (?:own )?(?:fault|bad|mistake)|on me))(?=\W*$|"
    r"\s*[,;:)\u2013\u2014-]+\s)[\s,;:)\u2013\u2014-]*",
    re.IGNORECASE,
)
_OWN_FAULT = re.compile(
    r"\s*[,;(\u2013\u2014-]+\s*(?:i|we) (?:should(?:'ve| have)|forgot|ought to have)\b[^.;]*", re.IGNORECASE
)
_MINE = re.compile(r"\bmy (?:own )?(?:fault|mistake|bad)\b|\bon me\W*$|\bmea culpa\b", re.IGNORECASE)
_SLIP = re.compile(r"\b(?:accidentally|mistakenly|stupidly|by (?:mistake|accident)) ?", re.IGNORECASE)

_SHORTEST_PART = 3
_MOST_KEPT = 32
_PART = re.compile(r"[\W_]+")


def clear_blame(text: str, names: Collection[str]) -> str:
    """Return a sentence without who is to blame; empty when nothing blameless is left of it.

    Args:
        names: Handles of people. What somebody's change did is told of the change.
    """
    rules = _compile(tuple(sorted(names)))
    plain = _SORRY.sub(" ", text).strip() if _SORRY.search(text) else text
    plain = _OWN_FAULT.sub("", plain)
    plain = _YOURS.sub("the ", rules.owned.sub("the ", plain))
    is_blaming = BLAME.search(plain) or _CONTEMPT.search(plain) or _MINE.search(plain) or rules.blaming.search(plain)
    return "" if is_blaming else _SLIP.sub("", plain)


class _Rules:
    """Patterns that know who takes part.

    Args:
        names: Handles, sorted.
    """

    def __init__(self, names: Sequence[str]) -> None:
        known = [re.escape(name) for name in sorted(_list_known(names), key=len, reverse=True)]
        named = "|".join([*known, _TEAMS])
        parts = (
            part.format(who=f"{named}|{_SOMEBODY}", named=named, leads=_LEADS, faults=_FAULTS, omits=_OMITS)
            for part in _NAMED
        )
        self.blaming = Words(*parts)
        people = "|".join([*known, r"(?!)"])
        self.owned = re.compile(rf"(?<!\w)@?(?:{people})['\u2019]s (?=(?:\w+ ){{0,2}}?{_PRODUCTS}\b)", re.IGNORECASE)


@lru_cache(maxsize=_MOST_KEPT)
def _compile(names: tuple[str, ...]) -> _Rules:
    return _Rules(names)


def _list_known(names: Sequence[str]) -> set[str]:
    """Return the handles, and those of their parts that are no common words: "ruben.k" is called Ruben."""
    parts = {part for name in names for part in _PART.split(name.lower()) if len(part) >= _SHORTEST_PART}
    return {name.lower() for name in names} | {part for part in parts if part not in TAGS and not part.isdigit()}
