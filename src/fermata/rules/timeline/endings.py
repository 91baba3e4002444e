"""How people and bots say that an incident was declared, mitigated, resolved, or is back after all."""

from __future__ import annotations

import re

from fermata.rules.timeline.words import Words

_GRADE = (
    r"(?:incident|inc[- ]?\d+|sev(?:erity)?[- ]?\d|p[0-2]\b|priority (?:1|one)|major (?:incident|outage)|mim\b|"
    r"code red|crisis)"
)
# "AJ from the vendor's support, P1 owner", "the P1 stays open": of a ticket that somebody has with somebody.
_TICKET = r"(?!\W*(?:\w+ )?(?:stays?|remains?|still|owner|holder|filed|ticket|case)\b)"
_COMMAND = (
    r" (?:the |as |over )*(?:ic|incident commander|incident lead|incident manager|commander|command|"
    r"major incident manager|incident command|mim)\b"
)
# Who keeps an incident open declares none.
_KEPT_OPEN = r"(?<!keep the )(?<!keeping the )(?<!keep this )(?<!keeping this )"
DECLARED = Words(
    r"^\W*declar(?:e|ed|ing)\b(?! (?:bankruptcy|victory|war|defeat)\b)(?!.{0,20}\b(?:resolved|over|closed))|"
    rf"{_KEPT_OPEN}\binc(?:ident)? (?:is )?(?:opened|open|created|"
    r"declared)\b",
    r"\b(?:declar\w*|open(?:s|ed|ing)?|rais(?:e|es|ed|ing)|creat(?:e|ed|ing)|start(?:ed|ing)|call(?:ed|ing)?|"
    r"mak(?:ing|e)|"
    r"turn(?:ed|ing)|fil(?:ed|ing)|treat(?:ed|ing)?|escalat(?:ed|ing)|upgrad(?:ed|ing)|promot(?:ed|ing)|bump(?:ed|ing)|"
    rf"classif\w+|logg?(?:ed|ing)|consider(?:ed|ing))\b (?:\S+ ){{0,5}}?(?:an? |the )?(?:\w+ )?{_GRADE}"
    r"(?! (?:is |as )?(?:now )?(?:resolved|closed|over)\b)",
    rf"{_KEPT_OPEN}{_GRADE}{_TICKET} (?:\S+ ){{0,3}}?(?:is |has been |was |now )?(?:declared|opened|open|created|"
    r"started|raised|announced|called|active|invoked)\b",
    rf"\b(?:bump|rais|upgrad|escalat|promot)\w*\W{{1,3}}(?:(?:it|this|us) )?(?:to )?{_GRADE}|"
    r"^\W*(?:yes|yep|ok|do)\W+(?:\w+ )?sev-?\d\b|\bwe do now\b.{0,12}\bsev-?\d|^\W*(?:ok(?:ay)?|right|so)\W+incident\b"
    r"(?=\W*$|[,.:;!])|\bincident\b[,:;.] (?:and )?i(?:'?ll| will|'?m)? (?:take|lead|run|drive|have|own)\b|"
    r"\bcall(?:ing|ed)? (?:it|this)(?: an?|:|,)? (?:\w+ )?(?:outage|major|emergency)\b|"
    r"\btreat(?:ing|ed)? (?:it|this|that) as an? (?:\w+ ){0,2}(?:outage|breach|exposure|emergency|leak)\b",
    r"^\W*(?:ok(?:ay)?\W+)?(?:an )?incident it is\b|"
    r"^\W*(?:major )?incident: "
    r"(?!.{0,60}\b(?:resolved|closed|over|mitigated|updates?|status|done|none|false alarm)\b)\S|"
    r"^\W*(?:major )?incident\W*$|\b(?:this|it|that)(?:'?s| is) (?:now )?an? major(?=\W*$|[.,;!])|"
    r"\bincident #?\d+\W+i(?:'?m|'?ll| am| will)? (?:lead|run|take|drive|command)\b|"
    r"^\W*(?:(?:we'?re|we are|it'?s) )?(?:(?:on|at|going to|now) )?(?:red|orange|black) (?:level|alert)\W*$",
    rf"^\W*{_GRADE} (?:as of|from|since) (?:now|here|\d)|\bformali[sz]e\b.{{0,40}}{_GRADE}|"
    r"\btak(?:e|ing) (?:over )?(?:the )?command\b",
    r"^/(?:incident|inc|sev)\b",
    r"\b(?:i'?m|i am|i'?ll be|i will be|me|acting as|taking|taking over(?: as)?|i take|i have|i'?ve got|i'?ll take|"
    rf"i will take|assuming|running as){_COMMAND}",
    rf"(?<=\w)={_COMMAND}",
    rf"\b(?:this is|that(?:'?s| is)|it(?:'?s| is)|we'?re at|we are at|we have|going|now|officially) "
    rf"(?:\w+ ){{0,2}}?(?:an? )?(?:\w+ ){{0,1}}?{_GRADE}(?! (?:room|channel|call|bridge|doc|template|process|review))",
    # In a group of its own: it takes in the whole text, and goes last.
    rf"(?:^\W*(?:ok(?:ay)?[, ]+)?(?!clos|resol|end)(?:\w+ )?(?:sev[- ]?\d|p[01])\b{_TICKET}"
    r"(?!.{0,12}\b(?:closed|resolved|over)\b)\W*(?:\w+ ?){0,4}\W*$)",
)

_MEASURE = (
    r"(?:errors?|error rates?|latenc(?:y|ies)|5xx\w*|[45]\d\d'?s|failures?|failure rate|timeouts?|exceptions?|"
    r"crashes|stalls?|"
    r"rejections?|declines?|(?:queue|wait|response|load) times?|lag|queues?|p\d\d|cpu|load|connections|"
    r"success(?: rate)?|"
    r"approvals?(?: rate)?|traffic|throughput|graphs?|metrics?|it|things|everything|backlog|depth|utili[sz]ation|"
    r"memory|"
    r"packet loss|loss|jitter|drops?|numbers?|volumes?|rates?|rps|qps|disk|retries)"
)
MITIGATED = Words(
    r"\b(?:queue|backlog|lag)s? (?:is|are|has been) (?:now |finally )?(?:empty|drained|gone|at (?:zero|0)|zero)\b",
    r"\b(?:mitigated|mitigation (?:is )?(?:in place|complete|applied|confirmed|worked)|bleeding (?:has |is )?stopp\w+|"
    r"stopped the bleeding|impact (?:is |has )?(?:over|stopped|ended|contained)|contained|stabili[sz](?:ed|ing)|"
    r"no (?:longer|more|new|further) (?:\w+ )?(?:affect\w+|seeing|impact\w+|failing|failures|users?|customers?|"
    r"errors|timeouts|"
    r"tickets|declines|complaints|reports|drops)|zero (?:errors|failures|timeouts)|"
    r"(?:users|customers|requests|checkouts?|logins?|payments?|orders|events|traffic|devices|players|clients|builds|"
    r"jobs|"
    r"calls|uploads|messages|transactions) (?:\w+ ){0,4}?(?:ok|fine|again|"
    r"succeed\w*|going through|going out|flowing|recover\w+|working|moving|coming back|reconnecting|passing))\b",
    rf"\b{_MEASURE}\b (?:\S+ ){{0,4}}?"
    r"(?:drop(?:ped|ping)|fall(?:ing)|fell|recover(?:ing|ed)|com(?:ing|e) (?:back )?down|came (?:back )?down|going "
    r"down|went down|down to|back (?:to|at|down|under|below|up|in)|normali[sz]\w+|improv\w+|cleared|draining|"
    r"drained|to (?:zero|normal|baseline)|at (?:zero|baseline|normal)|subsid\w+|returned to|gone)",
    r"\b(?:recover(?:ing|ed|s)|back to (?:normal|baseline|green|usual|where)|back (?:in|within) (?:range|slo|bounds)|"
    r"within slo|"
    r"healthy again|back up|back online|(?:is|are) (?:\w+ )?(?:accepted|processed|delivered|succeeding|answered|"
    r"green|served|"
    r"written|up|back|working|normal|ok|fine|fast|stable) again|coming back|came back|come back|"
    r"(?:service|access|traffic|functionality|everything|availability|connectivity) (?:\w+ ){0,2}?restored|"
    r"work(?:s|ing)? again|works? (?:now|from here now|for (?:me|us) now)|serving again|flowing again|"
    r"is healthy|are healthy|pods healthy|caught up|are back|is back(?! (?:up )?with)\b|all green|"
    r"succeed(?:s|ing)? again|load(?:s|ing)? again|normal service|service (?:is )?(?:back|normal))\b",
    r"\bback (?:down )?(?:to|at|under|below|above|over|up to) (?:~|about |around )?\d+(?:\.\d+)? ?(?:%|ms\b|s\b|"
    r"k\b|rps|/s|req|errors)|\b(?:success|availability|uptime|hit ratio|approval|"
    r"hit rate|deliver\w+|completion)\b.{0,25}\b(?:9\d(?:\.\d+)?|100) ?%",
    r"\b(?:5xx|errors?|error rate|loss|failure rate|declines?) (?:is |are |at |now |= ?)*(?:0|0\.\d+) ?%",
    r"\b(?:errors|failures|timeouts|waits|drops|rejects|queue|backlog|lag|pending) (?:is |are |at |now |= ?)*(?:0|"
    r"zero)\b(?![.:])|"
    r"\b(?:all|every|\d+) (?:\S+ ){1,4}?[a-z]+ again\b|\b(?:everything|all \w+) (?:works?|is (?:ok|fine|good|green|"
    r"normal))\b|"
    r"\b(?:good|ok|okay|green|clean|fine) (?:now|again)\b|\bbleeding\b.{0,12}\bstop|\bback to \w+ levels?\b|"
    r"\b(?:normal|usual) level\b|\ball fresh\b|\b(?:at|near|close to|nearly|almost) baseline\b",
)
SINKS = Words(
    r"\b(?:success|availability|uptime|approvals?|conversions?|completion|hit[ -]?(?:rate|ratio))"
    r"(?: (?:rate|ratio))?\b (?:(?!errors?\b|failures?\b|but\b|and\b)\S+ ){0,4}?"
    r"(?:drop(?:s|ped|ping)?|fall(?:s|ing)?|fell|down|sank|sinking|declin(?:es|ed|ing)|crater\w*|tank\w*)\b"
    r"(?!.*\b(?:back|again|recover\w*|before|earlier)\b)"
)
"""What serves people falls: of errors the same words would tell relief."""
# "Declaring SEV2, lena can you take comms?" asks for something else than whether it is one.
DECLARED_FIRST = Words(
    r"^\W*(?:(?:ok|okay|so|then|right)\W+)?(?:(?:i|we)(?:'?m|'?re| am| are) )?(?:now )?"
    rf"declaring (?:\S+ ){{0,3}}?{_GRADE}"
)
# What one sees from where one sits tells no change: "payments look fine from here".
ONLOOKED = Words(r"\bfwiw\b|\bfrom here\b|\b(?:for|to) me\b|\b(?:on|from|at) (?:my|our) (?:side|end)\b")
CHANGED = Words(
    r"\b(?:again|now|back|recover\w*|restored|no longer|fixed|mitigated|stabili[sz]\w+|drained|cleared|drop\w*|down|"
    r"normali[sz]\w+|improv\w+|caught up|reconnect\w*|succeed\w*|contained)\b"
)
_CASE = (
    r"(?:incident|crisis|issue|outage|sev(?:erity)?[- ]?\d|p[0-2]|inc[- ]?\d+|[a-z]+(?:-\d+)+|case|problem|ticket|"
    r"this|it)"
)
RESOLVED = Words(
    rf"\b{_CASE}(?: \S+)? (?:(?:is|has been|now|was|as|marked|can be|considered|officially|finally) )*"
    r"(?:fully )?(?:resolved|over|closed)\b",
    r"\b(?:incident|outage|sev-? ?\d) (?:\w+ ){0,2}?(?:done|finished|ended|terminated)\b",
    r"\b(?:mark(?:ed|ing)?|call(?:ed|ing)?|consider\w*|declar(?:e|ed|ing)) (?:\w+ ){0,4}?"
    r"(?:resolved|all.?clear|closed|done|over|fixed|solved)\b",
    r"\ball[ -]clear\b|\bwe(?:'re| are) (?:all )?(?:good|clear|done here|done)\b",
    rf"\bclos(?:e|ing|ed) (?:out )?(?:(?:\w+ ){{0,2}}?{_CASE}|(?:the|this) (?:page|alert))\b|"
    r"\bclosing (?:out|now|up)\b|^\W*(?:ok |and |"
    rf"ok, )?closing\b\W*"
    r"(?:\w+ ?){0,2}\W*$",
    r"\b(?:fully|completely) (?:recovered|restored|resolved|operational|back|fixed)\b",
    r"^\W*(?:and |ok(?:ay)? |so )*(?:this is |we'?re |we are |it'?s |that'?s |incident )?(?:now )?(?:resolved|"
    r"resolving|solved|"
    r"closed)\b",
    r"\bwe(?:'re| are) (?:(?:all|fully|now|finally) )?(?:back (?:for (?:real|good)|in business)|open (?:again|for "
    r"business))\b",
    r"^\W*(?:#?\d{2,6} is over|(?:back to |now )?green level|that'?s us (?:resolved|done|clear|closed))\b|"
    r"(?<!nearly )(?<!almost )(?<!not )\bdone here\W*$|"
    r"^\W*over\W*$|\b(?:really|properly|finally|now) (?:closed|over|resolved)\b",
    r"\bthat'?s a wrap\b|\bcalling it (?:done|here|a day|a night|off)\b|\bwrapp(?:ing|ed) (?:this|it) up\b",
    r"^/(?:incident|inc) (?:resolve|close)|\bstand(?:ing)? down\b|\b(?:state|status) (?:\w+ )?(?:to|=|:) (?:resolved|"
    r"closed)\b",
    rf"\b{_CASE}(?: \S+)? (?:is |was |has been |got )?(?:set|moved|put|switched|flipped) (?:back )?to (?:resolved|"
    r"closed|solved)\b",
    r"\bresol(?:ved|ving):? (?:inc|sev|the incident|as of|(?:at )?\d)|: resolved\b|^\W*(?:done|ok)[.,!] resolved\b|"
    r"\bincident (?:is )?(?:closed|over|finish(?:ed)?)\b|\bending (?:the |this )?incident\b",
)

CALLED = Words(r"\b(?:mitigated|resolved|resolving|all[ -]clear|closing|declar\w+|stand(?:ing)? down)\b")
"""The names of stages, by which they are called."""
NOT_YET = Words(
    r"\b(?:not|n'?t|no|never|until|once|when|if|before|after|still|isn'?t|hasn'?t|haven'?t|yet|hope\w*|should|close to|"
    r"will|wait\w*|can we|eta|unresolved|any)\b(?! longer| more| errors| new| user| customer)"
)

RELAPSED = Words(
    r"\b(?:is|are|it'?s|we'?re|still)?(?: \w+)? ?not (?:really |fully |yet )?(?:resolved|over|fixed|done|gone)\b|"
    r"\bun-?resolv\w+|"
    r"\b(?:take|taking|took) .{0,14}(?:resolved|all.?clear|mitigated|that).{0,3} back\b|\bpremature\w*|"
    r"\btoo (?:early|soon)\b|"
    r"\b(?:that|this) was (?:just |only )?(?:the|an?|our) (?:auto\w*|bot|workflow|script)\b|\b(?:resolved|"
    r"closed) (?:itself )?by "
    r"(?:mistake|accident)|\b(?:and )?(?:it'?s|they'?re) back\W*$",
    r"\bspoke too soon\b",
    r"\b(?:it'?s|they'?re|errors? (?:are|is)|issue is|problem is|alerts? (?:are|is)|\d+s? (?:are|is)) (?:\w+ "
    r")?(?:back|"
    r"failing again|down again|climbing again|rising again|spiking again)"
    r"(?! (?:to|at|under|below|up|on|online|in|within)\b)",
    r"\bwe'?re (?:\w+ )?(?:failing again|down again|climbing again|rising again|spiking again)",
    r"\brelaps\w+|\bregress(?:ed|ing)\b|\b(?:climb|ris|fail|spik|error|crash|degrad|increas|grow)ing again\b|"
    r"\bgoing up again\b|\bnot (?:fixed|resolved) after all\b|\bre-?open(?:ed|ing)\b|\bgot worse\b|\bgetting worse\b",
)

UNMITIGATED = Words(
    r"\bnot (?:really |fully |yet )?mitigated\b|"
    r"\b(?:revert|set|mov|put|chang)\w* (?:the )?status (?:back\b|to (?:started|open|active|investigating)\b)"
)
"""How somebody takes a stage back that was called, in words that tell nothing else."""

PROGRESS = Words(
    r"\b(?:recovering|falling|dropping|going down|coming down|climbing|rising|improving|draining|coming back|"
    r"stabili[sz]ing|"
    r"subsiding|some|partly|partially|slowly|starting to)\b"
)
RESOLVED_POST = Words(r"\b(?:resolved|closed)\b")
# "Maybe we can replay it, 20 min and we are done": what is only thought of ends nothing.
_SUPPOSED = Words(r"\b(?:maybe|perhaps|possibly|hopefully|i guess|what if)\b")
_CONDITION = Words(r"\b(?:if|once|when|until|unless|could|might|should|would)\b")
# "Queue 122, all good here, closing our side": the end of one's own part.
_OWN_PART = Words(
    r"\bclos(?:ing|ed) (?:out )?(?:mine|ours|(?:my|our) (?:\w+ )?(?:side|part|one|thing|ticket|end))\b",
    r"\b(?:my|our) (?:\w+ )?(?:side|part|one|thing|end) (?:is|'s) (?:\w+ )?(?:over|closed|done|resolved|fixed)\b",
    r"\b(?:stays?|remains?|keep(?:s|ing)?|left|leav(?:e|es|ing)) (?:\w+ )?open\b",
    # One customer's ticket, by whose it is or by its number.
    r"\b(?:their|his|her|(?:customer|client|merchant|tenant|vendor|user)(?:'?s|s'?)) (?:\w+ )?"
    r"(?:case|ticket|request) (?:is |was |has been |got )?(?:now )?(?:closed|resolved|solved|over|done)\b",
    r"(?:(?<!\w)#|\b(?:cases?|tickets?|requests?|orders?|conversations?|threads?) ?#?)\d{3,}\b"
    r"(?!.{0,80}\b(?:incident|sev)\b)",
)
_SENTENCES = re.compile(r"[.!?\n]\s")


def is_end_of_it(clause: str, text: str) -> bool:
    """Answer whether words of an end mean that it is over: not a thought of it, nor the end of somebody's own part.

    Args:
        clause: The part of a message that says so.
        text: The whole message: what it says before the clause may make it a thought.
    """
    start = max(0, text.find(clause))
    sentence = _SENTENCES.split(text[:start])[-1]
    is_thought = _SUPPOSED.search(text[:start] + clause) is not None or _CONDITION.search(sentence) is not None
    return not is_thought and _OWN_PART.search(clause) is None


_COMMANDED = Words(r"\btak(?:e|ing) (?:over )?(?:the )?command\b", rf"\b(?:i'?m|i am|me|as|taking|take|be){_COMMAND}")
_LEADS = re.compile(_COMMAND, re.IGNORECASE)
_GIVES_GRADE = Words(rf"{_GRADE}|declar")


def only_commands(text: str) -> bool:
    """Answer whether words that count as a declaration only say who leads: a declaration may follow."""
    return _COMMANDED.search(text) is not None and _GIVES_GRADE.search(_LEADS.sub("", text)) is None


_GRADED = re.compile(r"\b(?:sev(?:erity)?|p|prio(?:rity)?)[ :-]{0,2}([0-5])\b", re.IGNORECASE)


def find_grade(text: str) -> int | None:
    """Return how grave a text calls something at last, 0 the gravest: "P3 -> P1" is 1; `None` where it does not."""
    found = _GRADED.findall(text)
    return int(found[-1]) if found else None
