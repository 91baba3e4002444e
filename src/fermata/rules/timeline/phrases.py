"""The words of incident channels: what people write when they see, guess, do, decide and end something.

Written from how incidents are handled, in general English and the words of operations; no team's or tool's spelling.
"""

from __future__ import annotations

from fermata.rules.timeline.words import Words

_THING = r"(?:[\w./`'\"#-]+ ){0,6}"
_SAID = (
    r"(?:\b(?:i|we|i'?ve|we'?ve|just|now|have|has|been|was|were|is|are|team|got|also|then|successfully|manually)\b )"
)

# What was done to a system. Past participles, irregular ones included.
_DONE_VERBS = (
    r"(?:rolled (?:it |this |that |them )?(?:back|forward|out)|revert(?:ed)|restarted|rebooted|re-?deployed|deployed|"
    r"merged|pushed|shipped|released|published|unpublished|deprecated|yanked|disabled|enabled|paused|unpaused|resumed|"
    r"stopped|started|killed|terminated|drained|cordoned|failed over|bumped|increased|decreased|raised|lowered|reduced|"
    r"doubled|tripled|halved|purged|flushed|cleared|truncated|rotated|revoked|blocked|throttled|rate.?limited|applied|"
    r"removed|deleted|dropped|added|created|provisioned|re-?ran|switched|moved|redirected|rerouted|shifted|migrated|"
    r"promoted|demoted|patched|hot-?fixed|hardcoded|paged|escalated|scaled|upgraded|downgraded|pinned|isolated|evicted|"
    r"turned (?:\w+ ){0,4}?(?:off|on)|flipped|toggled|set|changed|updated|reset|replaced|restored|recreated|"
    r"rebuilt|vacuumed|reindexed|resized|expanded|freed|detached|attached|quarantined|invalidated|renewed|reissued|"
    r"kicked off|kicked|took|taken|put|cut|shed|opened|closed|swapped|backed out|undid|undone|backfilled|replayed|"
    r"unblocked|cherry.?picked|cancelled|canceled|aborted|triggered|executed|cloned|archived|bounced|fixed|configured)"
)
_DOING_VERBS = (
    r"(?:rolling (?:\w+ ){0,4}(?:back|forward|out)|reverting|restarting|rebooting|re-?deploying|deploying|merging|"
    r"pushing|shipping|releasing|publishing|disabling|enabling|pausing|unpausing|resuming|stopping|killing|draining|"
    r"cordoning|failing over|bumping|increasing|decreasing|raising|lowering|reducing|purging|flushing|clearing|"
    r"rotating|revoking|blocking|throttling|applying|removing|deleting|dropping|adding|switching|moving|redirecting|"
    r"rerouting|shifting|migrating|promoting|patching|paging|escalating|scaling|upgrading|downgrading|pinning|"
    r"turning \w+ (?:off|on)|turning (?:off|on)|flipping|toggling|replacing|restoring|evicting|backfilling|"
    r"replaying|kicking off|taking \w+ out|cutting over)"
)
_DO_VERBS = (
    r"(?:roll(?:ing)? (?:\w+ ){0,4}(?:back|forward)|rollback|revert|restart|reboot|re-?deploy|deploy|merge|push|ship|"
    r"release|disable|enable|pause|resume|stop|kill|drain|fail ?over|bump|increase|raise|lower|reduce|purge|flush|"
    r"clear|rotate|revoke|block|throttle|apply|remove|delete|drop|add|switch|move|redirect|shift|migrate|promote|patch|"
    r"page|escalate|scale|upgrade|downgrade|turn (?:\w+ )?(?:off|on)|flip|replace|restore|hold off|keep|freeze|"
    r"wait|leave|skip|shed|cut|evict|backfill|replay|hot-?fix|open|close|go with|go for)"
)

DONE = Words(
    rf"^(?:(?:ok|okay|alright|so|and|done|update|fyi|quick update|done)\b[,:.! ]*)*{_SAID}*{_DONE_VERBS}\b",
    rf"\b(?:i|we|i'?ve|we'?ve|has been|have been|was|were|been|got|have|has|just|is|are|now)\b "
    rf"(?:\w+ ){{0,2}}?{_DONE_VERBS}\b",
    r"\b(?:fix|patch|change|revert|rollback|hot-?fix|release|deploy\w*|pr|build|config\w*|migration|failover|restart)"
    rf"\b {_THING}(?:is|are|has|was|went|now)\b (?:\w+ )?(?:out|live|merged|deployed|done|complete[d]?|finished|"
    r"applied|shipped|released|through|rolled out)\b",
    rf"^{_THING}{_DONE_VERBS} (?:by|from|to|with|on|in|for|at|via|across|and|the|all)\b",
    r"\b(?:deploy\w*|rollout|rollback|release|failover|migration|backfill|revert|restart) (?:\S+ ){0,4}?"
    r"(?:complete[d]?|finished|succeeded|started|began|done|attempted|through|deployed|live)\b",
    r"^(?:\S+ ){1,4}?(?:(?:has|is|was|are|have) )?(?:now )?(?:finished|completed|complete|succeeded)\b",
    r"\bwent (?:live|out)\b|\bv?\d+\.\d+(?:\.\d+)?\S* (?:is|has been|was|went|now|is now)\b (?:\w+ )?(?:out|released|"
    r"live|"
    r"deployed|published|rolled out)\b",
)
DOING = Words(
    r"\b(?:i'?m|we'?re|i am|we are) (?:now )?(?!look|check|watch|try|wait|think|see|get|go|join|hav|do|be|ask|read|"
    r"investigat|"
    r"dig|work|writ|prepar|com|tak|start|mak|tell|talk|hop|guess|wonder|plann|consider|stay|leav|runn|us|miss|feel|"
    r"pull|open|"
    r"compar|test|debug|pair|lead|driv|miss|los|fail|hitt|burn|miss|record|build|call|follow|head|sitt|stand|eat|sav|"
    r"hear)"
    r"[a-z]+ing\b",
    rf"^(?:(?:ok|okay|alright|so|and|now|right|i'?m|i am|we'?re|we are|currently|just|also|update)\b[,:. ]*)*"
    rf"{_DOING_VERBS}\b",
    rf"\b(?:i'?m|i am|we'?re|we are) (?:now )?{_DOING_VERBS}\b",
    rf"{_DOING_VERBS} .{{0,60}}\b(?:now|in progress)\b",
)
INTENT = Words(
    r"\b(?:i'?ll|we'?ll|i will|we will|will|gonna|going to|about to|let me|lemme|can (?:you|someone|we|i|anyone|"
    r"somebody)"
    r"|could (?:you|someone|we|i)|should (?:we|i)|shall (?:we|i)|want me to|need(?:s)? to|have to|please|pls|plan to|"
    r"trying to|try to|try(?:ing)? and|would|todo|to-do|follow.?up|happy to|want to|ready to)\b",
)
DECIDED = Words(
    r"^\W*(?:ok(?:ay)?[, ]+|yes[, ]+|good[, ]+)*(?:do it\b|accepted\b|approved\b|agreed\b[.:,] \w+|decided\b|"
    r"do (?:[a-d]\b|option|number|the )|"
    r"go(?:ing)? (?:for|with|read-?only)|we (?:pause|stop|block|switch|fail|roll|revert|disable|keep|take|accept|"
    r"drop|move|shed|"
    r"freeze|return|wait for|restart|put|turn|run|leave|use)\b)",
    r"\bi decide\b|\b(?:approves|agrees|signs off|gives (?:the )?go|green-?lights)\b|\b(?:approval|sign-?off|"
    r"go) (?:from|by|given)\b",
    r"\bwe(?:'re going| are going| go|'ll go) (?:forward|back\b|with)",
    r"\bdeci(?:ded|sion)\b",
    r"\bagreed\b.{0,25}\b(?:to|on|that|with|we)\b",
    r"\b(?:we'?re|we are) (?:going|opting) (?:with|for|ahead)\b",
    r"\bgo(?:ing)? (?:ahead )?with (?:the |a |option|plan)",
    r"\bthe (?:plan|call) (?:is|:)",
    r"\bwe(?:'ll| will|'re going to| are going to) (?:now |just |only )?(?!see\b|need|meet|know|have|find|be\b|get\b|"
    r"update|"
    r"keep|let\b|want|look|talk|discuss|check|try|ask|think|wait|do\b|post|share|write|follow|figure|come|hear|"
    r"probably|"
    r"likely|also)\w+",
    r"^(?:plan|call|decision)\s*:",
    r"\blet'?s (?!keep|look|see|not\b|wait|talk|sync|meet|move\b|discuss|take|get|go\b|use|stay|try|have|make|check|"
    r"be\b|"
    r"focus|remember|continue|do\b|call|hope|give|start|ask|think|find|figure|assume)\w+",
    rf"\b(?:let'?s|let us|go ahead and|green light(?: to)?|approved?(?::| to)) (?:just |not |all )?{_DO_VERBS}\b",
    rf"\b(?:we'?ll|we will|we are going to|we'?re going to|we'?re gonna) (?:not |just |only )?{_DO_VERBS}\b",
    r"\b(?:holding|hold) off\b|\bfreez(?:e|ing) (?:all )?(?:deploys|deployments|merges|releases)",
    r"\bgo for (?:the )?(?:rollback|revert|failover|restart|deploy)",
)

SYMPTOM = Words(
    r"\bwent (?:\w+ )?from \S+ to\b|\b(?:pegged|no more than|times out|aren'?t (?:getting|arriving|loading|working)|"
    r"isn'?t (?:loading|working|responding|arriving)|oldest)\b",
    r"\b[45]\d\d(?:'?s| errors?| responses?)?\b(?! ?(?:ms|mb|gb|pods|replicas|users|connections|rows|events|req))",
    r"\b5xx|4xx\b",
    r"\b(?:errors?|exceptions?|failures?|timeouts?|latency|p9[059]|lag|backlog|queue depth|saturat\w+|exhaust\w+|"
    r"crash\w*|panic\w*|oom\w*|restart(?:s|ing) (?:constantly|every|over)|deadlock\w*|throttl\w+|degrad\w+|outage|"
    r"corrupt\w*|stale|stall\w*|buffering|bounc\w+|los(?:e|ing)|unavailable|unreachable|unresponsive|unhealthy|"
    r"overload\w*|evicted|"
    r"spik\w+|surg\w+|climb\w+|piling up|stuck|frozen|hung|hanging|broken|down|offline|disk full|out of (?:memory|disk|"
    r"space)|maxed out|at capacity|dropp(?:ed|ing)|fail(?:s|ed|ing)?|evicting|tim(?:ed|ing|es) out|refus\w+|denied|"
    r"rejected|"
    r"slow\w*|flapping|missing|lost|duplicate\w*|malicious|compromised|suspicious|unauthori[sz]ed|leaked|mismatch\w*|"
    r"blank|white (?:page|screen)s?|goes (?:white|blank|black)|page[s]? goes?|can'?t (?:log ?in|load|connect|reach|"
    r"access|check ?out|sign)|cannot (?:log ?in|load|connect|reach|access)|"
    r"unable to|not (?:loading|working|responding|processing|receiving|serving|reachable)|wrong|throwing|erroring)\b",
    r"\b\d+(?:\.\d+)? ?%|\b\d+x\b|\b(?:unknown|unexpected\w*|nobody (?:\w+ )?(?:released|deployed|published|approved|"
    r"changed|merged|created)|nothing (?:is|was|gets|got)? ?(?:being )?(?:processed|coming|going|arriving|written|sent|"
    r"delivered)|zero (?:traffic|requests|events|messages)|copycat|attack\w*)\b|\b0 \w+/s\b",
    r"\b(?:dead|starv\w+|amplif\w+|collaps\w+|tank(?:ed|ing)|plummet\w*|crater\w*|pending|insufficient|out of "
    r"(?!(?:the|my|it|office))"
    r"\w+|not enough|nothing at all|empty|instead of|no longer|halfway|twice|loop\w*|deleted|come(?:s)? from|only "
    r"(?:on|in|for|"
    r"affects?|happens?|from)|none)\b",
)
DISMISSED = Words(
    r"\bby design\b|\b(?:also|just|only) means\b|\bpreparing\b",
    r"\b(?:harmless|nothing special|no big deal|known issue|ignore (?:the|my|this)\b|not a concern|not an issue|"
    r"cosmetic|"
    r"can be ignored|safe to ignore|unrelated noise|expected (?:behaviou?r|noise))\b",
)
USUAL = Words(
    r"\b(?:(?:nothing|nobody|no one|none of us) (?:has |have |had "
    r")?(?:changed|"
    r"deployed|touched|shipped|merged|released|restarted)(?! (?:here|in)\b))\b",
    r"\b(?:looks?|is|are|was|were|seems?|all) (?:(?:all|totally|"
    r"completely|perfectly|still|looking|pretty|quite|very) )?(?:fine|normal|ok|okay|healthy|clean|good|green|flat|"
    r"stable|unchanged|"
    r"idle|quiet|expected|boring)\b",
    r"\bas (?:usual|always|expected)\b|\bnothing (?:\w+ )?(?:in|on|unusual|obvious|new|there|suspicious)\b",
)
OFF_STAGE = Words(
    r"\b(?:thanks|thank(?:ed|ing)?|happy|grateful)\b",
    r"\b(?:follow.?ups?|thread|zoom|huddle|bridge|meet(?:ing)?|standup|stand-up|calendar|notes?|wiki|laptop|vpn|"
    r"(?:this|the|our) channel|timesheets?|ci|wifi|internet|screenshot\w*|screen|ticket for|(?:the|a|our|api) docs?|"
    r"runbook|backlog item|"
    r"jira|reminder|schedule|1:1|office|phone|zoom link|recording|invite[ds]?|agenda|sampling|local(?:ly)?|"
    r"yesterday(?!'s)|by default|terminal|notifications?|typo\w*|readme|flaky|lint|just me|for me|muted|my (?!(?:\w+ "
    r")?(?:\w+ )?(?:time|change|deploy\w*|"
    r"release|pr|commit|fix|config|patch|migration|flag|upgrade|rollout))|"
    r"staging|dev env\w*|sandbox|on topic|review(?:er|ing)?|dashboard|panel|the graphs?)\b",
)
ALERTED = Words(
    r"\b(?:firing|triggered|alerting|down|unreachable|failing|problem|incident|error|\w+error|exceptions?|new issue|"
    r"alert(?:ed)?|critical|paged|"
    r"pagerduty|sev-?\d|p[0-2]\b|warning|breach\w*)\b|🔥|🚨"
)
CLEARED = Words(r"\b(?:resolved|recovered|ok|cleared|closed|back to normal|up|back (?:up|online)|healthy)\b|✅|💚")
OBSTACLE = Words(
    r"\b(?:rollback|revert|deploy\w*|restart|failover|fix|patch|migration|release|build|pipeline|sync|it|that|this)\b "
    r"(?:\w+ ){0,4}?(?:fail(?:ed|s|ing)|didn'?t (?:work|help|take|stick|fix)|did not (?:work|help|take|fix)|"
    r"(?:is|was|got|are) (?:stuck|blocked|denied|rejected|refused|hanging)|isn'?t working|is not working|had no "
    r"effect)",
    r"\b(?:permission denied|no (?:change|improvement|effect|difference)\b|made no difference|not effective|"
    r"ineffective)",
)
HOLD_ON = Words(r"^(?:\w+ ){0,3}?(?:still|same)\b|\bcontinu(?:es|ing) to\b|\bsame (?:here|for|in|errors?|on)\b")

FOUND = Words(
    r"\b(?:i see it:|i see what|i know why|here it is|this is it|that'?s it\b|since (?:the|my|our|this|that) (?:\S+ "
    r"){0,4}?(?:change|"
    r"deploy\w*|upgrade|release|migration|rollout|update|rotation|switch))\b",
    r"^(?=(?:\S+ ){6}).{0,200}?(?<![\w])[#!]\d{3,}\b.*\b(?:made|makes|means|so|and|which|that|while|opens?|set|sets|"
    r"with)\b",
    r"\b(?:found (?:it|the|that|out|a|what)|root cause|turns out|confirm(?:ed|s|ing)|identified|caused by|"
    r"(?:is|was) the cause|the (?:cause|culprit|trigger|reason|problem|issue) (?:is|was)|that'?s (?:the|our) (?:cause|"
    r"culprit|problem)|because|due to|reproduced|reproduces|traced (?:it|this|that|to|back)|explains|smoking gun|"
    r"came in with|introduced (?:in|by|with)|regression (?:in|from)|after (?:the|my|our|that|this) (?:\S+ "
    r"){0,4}?(?:change|"
    r"deploy\w*|upgrade|release|migration|rollout|update|rotation|switch)|(?:profiles?|traces?|logs?|heap dump|flame "
    r"?graph|"
    r"explain|strace|history|bisect\w*|diff|audit log|tcpdump|metrics) (?:\w+ )?(?:shows?|says?|confirms?|points? "
    r"(?:to|at))|"
    r"(?:shows?|showed|showing) that|culprit|as a result of|resulting in|pinpointed|correlates|lines up|responsible)\b",
)
HEDGED = Words(
    r"\b(?:prob|prolly|my bets?|i am told|i'?m told|i (?:heard|hear)|they say it|apparently|supposedly|to me it|"
    r"in my opinion|"
    r"imo)\b",
    r"\b(?:start(?:ed|ing)? to (?:believe|think|suspect)|believes?(?! (?:it|you)(?:[.!,;]|$))|"
    r"reckon\w*|i'?d say|it will be that|gotta|"
    r"timing is (?:\w+ )?(?:unfortunate|suspicious|odd|bad|interesting)|suspiciously|coincidence|in doubt|unclear|"
    r"can only be|surely|tend to think|leaning)\b",
    r"\b(?:(?:fairly|quite|almost) (?:sure|certain)|i'?m (?:\w+ )?sure (?:it'?s?|that'?s?|this|the))\b|"
    r"\b(?:that|this|it)(?:'?d| would|'?ll| will) (?:be|explain) (?:it\b|the\b|my\b|our\b|that\b|why\b)|"
    r"\bmust'?ve\b|\bcan be\W*$",
    r"\b(?:(?:first|initial) thought|gut feeling|my gut|may (?:just|also|not|only|as well)?)\b",
    r"\b(?:as far as i (?:can (?:tell|see)|know)|pretty sure|from memory|if i read|maybe|might|may be|may have|could "
    r"(?:be|have|it|this|that)|perhaps|probably|possibly|presumably|i think|"
    r"i suspect|suspect\w*|(?:my )?guess\w*|wonder\w*|smells (?:like|of)|theory|hypothes\w+|hunch|(?:i|i'?d|my "
    r"money'?s?) "
    r"(?:bet|on)|betting|what if|thinking|likely|not (?:100% )?(?:sure|certain)|afaict|iirc|assum\w+|potentially|"
    r"i believe(?! (?:it|you)(?:[.!,;]|$))|"
    r"feels like|seems? (?:like|related|to be|that)|appears? to|has to be|must be|gotta be|could've|"
    r"speculat\w+|candidate|suspicio(?:us of|n)|sounds like|worth (?:checking|a look)|related to)\b",
    r"\blooks like (?:it'?s |it is |this is |that'?s )?(?:the|a|an|because|due|from|something|someone|related|our|"
    r"that)\b",
)
CAUSE = Words(
    r"\b(?:caus\w+|related|because|due to|from|culprit|deploy\w*|release|upgrade|migration|change|config\w*|pr|commit|"
    r"flag|cron|job|dns|network|cache|redis|kafka|postgres|database|db|aws|gcp|azure|provider|cert\w*|traffic|ddos|"
    r"attack|leak|disk|cpu|memory|node|rollout|bug|query|index|lock|pool|cdn|proxy|gateway|token|secret|vendor)\b"
)
WITHDRAWN = Words(
    r"^\W*(?:so |ok |and |it'?s |its )*not (?:the |my |our |your |this |that )(?:[\w-]+ ){0,2}?[\w-]+\s*[:,.;]|"
    r"\b(?:css|docs?|text|logging|cosmetic) only\b|"
    r"\bonly (?:css|text|docs?|logging|a typo)\b",
    r"\b(?:does ?n[o']t|did ?n[o']t|do ?n[o']t) (?:even )?(?:touch|run|use|go through|talk to|reach|share|call)\b|"
    r"\b(?:is ?n[o']t|not) (?:even )?in (?:the|that|this) (?:\w+ )?path\b|\bnot involved\b|\bnot guilty\b|"
    r"\bhas nothing to do\b",
    r"\bdoubt (?:it|that)\b|\b(?:exclud(?:ed|ing)|ruling|ruled) (?:\S+ ){0,4}?(?:out|as (?:a |the )?(?:cause|"
    r"factor))\b",
    r"\bso (?:\w+ ){0,3}?(?:not|isn'?t|wasn'?t) (?:the |my |our |a )?[\w./#-]+\W*(?:\w+ ?){0,3}\W*$|"
    r"\b(?:is|was) not (?:the )?[\w./-]+ then\b|"
    # "No new duplicates, looks good" counts, and answers nobody.
    r"^(?:nope|no)(?! (?:new|more|further|longer|other)\b)[,. ]+.{0,40}\b(?:fine|clean|ok|healthy|normal|good)\b",
    r"\bnot (?:caused by|because of|due to|from) |\bno (?:relation|connection|correlation) (?:to|with|between)|"
    r"\b(?:do|does|did) ?n[o']t (?:see|have|contribute|matter)(?: \w+){0,3} (?:contribution|relation|effect on)|"
    r"\b(?:i|we) (?:was|were) wrong\b|\btheory\b.{0,20}\b(?:dead|out|wrong|dies|busted|falsified)",
    r"\b(?:scratch that|never ?mind|nvm|false alarm|red herring|ignore (?:that|me|my|what i)|disregard|my bad|"
    r"i was wrong|was wrong about|i take (?:that|it) back|retract\w*|ruled? (?:it |that |this |them |\w+ ){0,4}out|"
    r"ruling (?:\w+ ){0,4}out|dead end|strike that|barking up|debunk\w*|jumped the gun|i stand corrected|"
    r"doesn'?t (?:hold|add up|line up|explain|match)|does not (?:hold|explain|match|line up)|"
    r"theory (?:is|was) (?:dead|out|wrong)|coincidence|off the (?:hook|table)|in the clear)\b",
    r"\bwithdrawn\b|\bwithdraw (?:that|this|it|my)\b|\bi (?:misread|misspoke|mixed (?:it|that|them|this) up)\b|"
    r"^\W*(?:so |ok |ah )*(?:no|nope)\W+not that(?: one)?\b|\bso no\W+not that\b|\bthen, not (?:the )?[\w.-]+\W*$",
    r"\b(?:it'?s|it is|it was|this is|that'?s|that is|was|is|are|were|this) (?:definitely |clearly |actually |"
    r"probably )?"
    r"not (?:the|an?|our|related|caused|due|because|from|it|dns|redis|kafka|aws|us|network)\b",
    r"\b(?:it'?s|this is|that'?s|it is|it was) (?:definitely |clearly |actually )?not (?!\w+(?:ing|able|ed)\b|just|"
    r"only|yet|"
    r"clear|sure|possible|enough|great|good|bad|that|about|too|so|as|like|all|even|really|fully|going|in\b|on\b|at\b|"
    r"worth|"
    r"fun|ideal|pretty|nice|ready|safe|here|there|my|your|his|her|their|easy|obvious|urgent|new|much|us\b|what)"
    r"[\w./-]+(?=\s*(?:[,.;!]|$|and\b|either\b|itself\b|-))",
    r"\b(?:isn'?t|wasn'?t|aren'?t|weren'?t|ain'?t) (?!its own\b|their own\b|a separate\b)"
    r"(?:the |our |a |an )?(?:\w+ ){0,3}?(?:cause|culprit|related|issue|"
    r"problem|it\b|reason|to blame|involved|deploy\w*|change|release|upgrade|migration|query)",
    r"\b(?:nothing to do with|innocent|not guilty|exonerated|unrelated to (?:this|it|the|our)|not related to|not the "
    r"(?:cause|culprit|issue|problem|"
    r"reason|deploy\w*|trigger)|(?:is|looks?|are|was|were|all) (?:fine|clean|healthy|innocent|ok|okay|normal|"
    r"green)[, ]+"
    r"(?:so|not|and)\b.{0,20}\b(?:not|isn'?t|wasn'?t|rule)|so (?:it'?s |that'?s )?not\b|not it\b|"
    r"can'?t be (?:the|it|that))",
)

CLAIMED = Words(
    r"\b(?:root cause|culprit|caused by|(?:is|was) the (?:cause|problem|issue|reason)|the (?:cause|culprit|trigger|"
    r"reason|"
    r"problem|issue) (?:is|was)|because of|due to|found (?:it|the (?:cause|problem|issue|reason))|it'?s (?:the|our|a)|"
    r"it is (?:the|our|a)|this is (?:the|our)|that'?s (?:the|our|it\b)|definitely|for sure|must be|has to be|blam\w+)\b"
)
TOLD_OUTSIDE = Words(
    r"\bstatus ?page\b",
    r"\b(?:posted|sent|emailed|tweeted|published|wrote|notified|informed|updated|told|messaged|replied|announced|"
    r"published|"
    r"contacted|let)\b .{0,60}\b(?:customers?|users?|support|clients?|stakeholders|status|community|twitter|"
    r"partners?|merchants?|accounts?|sellers?|tenants?|"
    r"leadership|subscribers|everyone|legal|security team|vendor|aws)\b",
    r"\b(?:tweeted|banner|in-app (?:message|notice)|help ?cent(?:er|re)|blog ?post|press|announcement|public update)\b",
    r"\b(?:customers?|users?|support|legal|finance|stakeholders|partners?|leadership|regulators?|schemes?|vendors?|"
    r"merchants?)\b "
    r"(?:\w+ ){0,3}?(?:informed|notified|told|emailed|updated|briefed)\b",
    r"\bcomms\b.{0,20}\b(?:out|sent|posted)\b",
)
REPORTED = Words(
    r"\b(?:calls?|called|calling|rings?|ringing|phones?|phoned) (?:me|us|in|the (?:lab|desk|hotline|helpdesk))\b|"
    r"\bon the phone\b|"
    r"\b\d+ (?:calls|tickets|complaints|reports)\b|\b(?:students?|users?|customers?|clients?|players?|people|riders?|"
    r"nobody|"
    r"no one|everyone|nurses|staff|stores?) (?:\w+ )?can ?(?:not|t|'t)\b",
    r"\b(?:customers?|users?|people|players?|viewers?|clients?|members|merchants?)\b (?:\w+ ){0,2}?(?:aren'?t|don'?t|"
    r"can'?t|won'?t|"
    r"do not|are not|no longer) \w+",
    r"\b(?:twitter|reddit|discord|social media|forums?|hacker news|hn|inbox|phones?|downdetector)\b (?:\w+ "
    r"){0,3}?(?:full of|"
    r"on fire|explod\w+|light\w+ up|blow\w+ up|ringing|flooded|spik\w+)",
    # A secret store and a config agent are machines.
    r"\b(?:customers?|users?|clients?|people|support|tickets?|merchants?|partners?|someone|players?|viewers?|"
    r"subscribers?|shoppers?|visitors?|guests?|drivers?|students?|patients?|developers?|members|"
    r"(?<!config )(?<!node )(?<!log )(?<!backup )agents?|"
    r"(?<!secret )(?<!object )(?<!session )(?<!feature )(?<!key )stores?|"
    r"shops?|sellers?)\b (?:\w+ ){0,4}?"
    r"(?:report\w*|complain\w*|see(?:s|ing)?|saying|says?|said|told|reached out|flagged|coming in|say|can'?t|cannot|"
    r"getting|"
    r"unable|informed|opened|submitted|wrote|contact\w*|calling|affected|impacted|without|lost|losing|wait(?:ing)?|"
    r"stuck|dropped|kicked|fail\w*)\b",
    r"\b(?:reports?|tickets?|complaints?) (?:\w+ ){0,3}?(?:from|of|about|in|coming|that)\b",
)
TOLD_BY_USERS = Words(
    r"^(?:(?:an?|the|some|several|many|more|most|our|lots of|at least|multiple|few|other|another|one|two|three|four|"
    r"five|"
    r"four|five|affected|big|enterprise|eu|us|\d+)\b ?){0,4}(?:customers?|users?|clients?|merchants?|partners?|"
    r"tenants?|people|support|shops?|players?|"
    r"tickets?|reports?|accounts?)\b"
)
STARTED = Words(
    # What is read "at start" is read when a program starts.
    r"\b(?:start(?:ed|s|ing)|(?<!\bat )(?<!\bon )start|began|begin(?:s|ning)?|since|onset|"
    r"kicked in|first (?:\w+ ){0,2}(?:error|failure|seen|saw|"
    r"occurr\w+|was|were|at|time|\d\d\d\w*|one|timeout|alert|spike)\w*|going back to|goes back to|earliest|from|as "
    r"of|dates? back|"
    r"took off|collapsed|tanked|plummeted|cratered|died|jump\w*|spiked|went (?:up|bad|down|red|sideways)|dropped|"
    r"fell)\b"
)

DATED_BACK = Words(
    r"\b(?:first|earliest) (?:[\w.=%-]+ ){0,8}?(?:came |was |is |at |from |seen |around )*\d\d?:\d\d|"
    r"\b(?:begins?|began|starts?|started|sets? in|kicked in|fell|dropped|went|stops?|stopped|ends?|ended|died|rose|"
    r"jumped|spiked|climbed) (?:\w+ )?(?:at|from) \d\d?:\d\d|"
    r"\b(?:standing|stuck|hanging|down|dead|gone|failing|running|waiting|frozen|silent|empty) since \d\d?:\d\d"
)
"""How somebody who has looked dates trouble back."""
ONSET = Words(
    r"\b(?:errors?|failures?|timeouts?|symptoms?|it|this|incident|outage|drops?|spikes?|lag|alerts?|trouble|"
    r"degradation|"
    r"issues?|problems?|latency|traffic|[45]\d\d'?s?|crashes|restarts) (?:\w+ ){0,3}?(?:started|starts|began|begins|"
    r"kicked in|"
    r"took off|first appeared|appeared)\b(?! (?:the|a|an|to)\b)"
)
CONDITIONAL = Words(r"^\W*(?:\w+ ){0,2}?(?:if|unless|in case|worst case|options?\b|either)\b(?! you see)")
NOT_SAID = Words(
    r"^\W*(?:we |i |you |one )?could\b|"
    r"^\W*(?:i |we )?(?:will|would|won'?t|can|may|might)\b|^\W*(?:no way|imagine|wish|hope\w*)\b",
    r"\bmy (?:notebook|laptop|phone|router|browser|vpn|mac|pc|computer|internet|wifi|screen|battery|dog|cat|kids?|"
    r"wife|husband|"
    r"lunch|dinner|coffee|headset|mic|camera|keyboard|bad|fault)\b|\bcoffee machine\b",
    r"\bin (?:19|20)\d\d\b",
)
JOKED = Words(
    r"\b(?:lol|lmao|rofl|haha+|hehe+|jk|kidding|popcorn|coffee|lunch|dinner|beer|pizza|tgif|good times|yay|"
    r"famous last words|what could (?:possibly )?go wrong|works on my machine|it'?s always dns|classic|obviously "
    r"perfect|love (?:it|this|that|when|how)|great,? (?:another|just|now|so)|of course it|just what (?:we|i) needed|"
    r"this is fine|perfect timing|fantastic,|wonderful,|brilliant,|what a (?:day|night|time|week)|never fails|"
    r"plot twist|tried turning|turn(?:ed|ing)? (?:it|everything|\w+ \w+) off and on|it is always (?:dns|the)|"
    r"friends we made along|gremlins?|hamsters?|national holiday|in retrograde|"
    r"for my (?:motivation|sanity|patience|brain|soul|sleep|weekend|therapist)|"
    r"(?:cause|culprit)(?: found)?: (?:mondays?|fridays?|humans|users|computers|dns|life|me|us)\b|"
    r"who needs|totally fine|happy (?:monday|friday|birthday)|weekend|gif|meme|mercury|blame the|friday deploy|"
    r"sure,? (?:because|that)|shocking|surprise,? surprise|said no one|clearly the (?:gods|moon))\b",
    r"\((?:i|we|it was|he|she|they) [^()]{5,60}\)\W*$|"
    r"(?:^|\s)/s\b|🙃|😂|🤣|😅|🙄|☕|🍿|🍕|:(?:joy|rofl|upside_down_face|facepalm|popcorn|coffee|eyes|sweat_smile|roll_eyes|"
    r"face_palm|shrug|this-is-fine|thisisfine|fire|parrot|party\w*|clown\w*|skull)\w*:",
)
ELSEWHEN = Words(
    r"\b(?:last (?:week|month|year|time|quarter|sprint|incident|summer|winter|spring|night)|(?:i )?remember\b|in "
    r"(?:january|february|march|april|june|july|august|september|october|november|december)\b|"
    r"for (?:days|weeks|months|years)\b|"
    r"remind(?:s)? me|"
    r"back in (?:20\d\d|the|january|february|march|april|may|june|july|august|september|october|november|december)|"
    r"(?<!even )(?:if|unless) (?:we|i|you|they|it|this|that|he|she|nobody|anyone|only)\b|should(?:n'?t)? have|"
    r"would(?:n'?t)? have|could have "
    r"been|next (?:week|time|sprint|quarter|month)|tomorrow|retro\b|a while ago|in theory|years? ago|months? ago|"
    r"weeks? ago|used to|hypothetical\w*|for the (?:retro|post-?mortem)|action item|long.?term|eventually|someday)\b"
)
ORDERED = Words(
    r"^\W*(?:@[\w.-]+[ ,:]+)?(?:assistant|system|ai|bot|fermata|model|llm|chatgpt|claude|gpt|copilot|summari[sz]er|"
    r"user|developer)\s*[:>\]]",
    r"\bignore (?:all |any |the |your |every )*(?:previous|prior|above|earlier)",
    r"\b(?:ignore|disregard|forget|override) (?:(?:all|any|your|every|of|the) )*?(?:your|all|any|every|system) "
    r"(?:\w+ ){0,2}?(?:instructions?|prompts?|guidelines)\b|\b(?:ignore|disregard|forget) your (?:\w+ )?rules\b|"
    r"(?:^|\W)system (?:message|prompt|note|instructions?|override)s? ?:|"
    r"\b(?:polic(?:y|ies)|instructions?|orders?|rules?|prompts?) from (?:the )?(?:system|admins?|root|developers?|"
    r"operators?) ?:",
    r"\b(?:dear|hey|attention|note to|to the|instructions? (?:to|for)(?: the| any)?|reminder for|"
    r"@?\b(?:the )?)(?: any| the)? ?(?:ai|llm|assistant|language model|timeline (?:bot|generator)|"
    r"post-?mortem (?:bot|generator|tool|writer)|summari[sz]er)\b.{0,80}\b(?:must|should|please|write|mark|record|put|"
    r"add|omit|report|say|set|do not|don'?t|include|use|list|treat|generat\w+|drafting|reading)\b",
    r"<\|?(?:im_start|system|assistant)|\[/?inst\]|you are (?:now )?(?:an?|the) (?:ai|assistant|language)",
    # Whoever writes the report, in whatever words, and wherever it stands: a form relays what strangers send.
    r"\b(?:notes?|memos?|messages?|reminders?|instructions?) (?:to|for) (?:(?:any|every|all|the) )?"
    r"(?:ai|llms?|assistants?|summari[sz]ers?|note-?takers?|bots?)\b[^.:\n]{0,40}:\s*(?:please )?"
    r"(?:state|write|mark|record|put|add|omit|report|say|set|include|list|treat|note|claim|conclude|print|paste|reveal|"
    r"output|credit|delete|remove|skip|ignore)\b",
    r"\b(?:ai|llms?|gpts?|assistants?|ai agents?|language models?|summari[sz]ers?|note-?takers?|scribe bots?|"
    r"(?:summary|report\w*|timeline|post-?mortem|incident|recap|notes?) (?:bots?|tools?|generators?|writers?|agents?|"
    r"assistants?|software)|(?:any|every|all|the) bots?|bots? (?:that|who|which) (?:write|read|draft|summar|"
    r"generat)\w*)\b.{0,80}\b(?:must|should|shall|ha(?:ve|s) to|please|needs? to|(?:is|are) "
    r"(?:to|asked to|told to|required to|instructed to))\b (?!be\b)"
    r"(?:[\w'-]+ ){0,3}?(?:state|write|mark|record|put|add|omit|report|say|set|include|"
    r"list|treat|note|claim|conclude|print|paste|reveal|output|credit|name|delete|remove|log|tell|skip|ignore|"
    r"leave out)\b",
    r"(?:^|[\"'\u201c\u201d(>|:;.-]\s*)(?:system|assistant|ai|instructions?|prompt)\s*[:>].{0,120}\b(?:must (?:state|"
    r"write|say|record|report|mark|claim|note|tell)|ignore|disregard|override|state that|"
    r"write that|record that|mark (?:it|this|the|as)|say that|set (?:the )?\w+ (?:time )?(?:to|=)|print the|reveal)\b",
    r"\b(?:mark|record|set|write|log|list|report)\b .{0,40}\b(?:outage|incident|timeline|post-?mortem|resolved|root "
    r"cause"
    r")\b .{0,30}\b(?:as|at|to)\b .{0,20}(?:resolved|\d\d?:\d\d|human error)",
)
SMALL_TALK = Words(
    r"^\W*(?:on it|looking|looking into it|taking a look|checking|ack\w*|got it|thanks?\b.*|thank you\b.*|ty|thx|nice|"
    r"great(?: work| job| news)?|awesome|cool|ok|okay|k|yes|yep|yeah|yup|no|nope|sure|\+1|same|same here|hi|hello|hey|"
    r"here|joining|i'?m here|agree|agreed|sounds good|sgtm|lgtm|will do|done|good catch|good call|wow|oof|ugh|omg|damn|"
    r"yikes|hmm+|huh|interesting|ouch|right|perfect|brb|back|afk|sorry.*|welcome.*|hugops.*|well done.*|good job.*|"
    r"kudos.*|morning.*|good morning.*|nice work.*|one sec|sec|1 sec|gimme a sec|np|no worries)\W*$"
)
STRONG = Words(
    r"\b(?:roll(?:ed|ing|back)? ?(?:\w+ ){0,4}(?:back|forward)|rollback|revert\w*|restart\w*|reboot\w*|re-?deploy\w*|"
    r"deploy\w*|"
    r"scal(?:ed|ing)|fail(?:ed|ing)? ?over|disabl\w+|enabl\w+|kill\w*|terminat\w+|drain\w*|cordon\w*|flush\w*|"
    r"purg\w+|revok\w+|"
    r"rotat\w+|block(?:ed|ing)|hot-?fix\w*|patch(?:ed|ing)|promot\w+|publish\w*|unpublish\w*|deprecat\w+|rerout\w+|"
    r"redirect\w+|"
    r"throttl\w+|rate.?limit\w*|paus(?:ed|ing)|resum(?:ed|ing)|evict\w*|quarantin\w+|isolat\w+|reissu\w+|renew\w*|"
    r"pinn(?:ed|ing)|"
    r"upgrad\w+|downgrad\w+|bump\w*|rais(?:ed|ing)|increas\w+|lower(?:ed|ing)|doubl\w+|migrat\w+|backfill\w*|replay\w*|"
    r"ship(?:ped|ping)|restor\w+|rebuil\w+|truncat\w+|vacuum\w*|provision\w*|resiz\w+|expand\w*|clear(?:ed|ing)|"
    r"paged|paging|"
    r"escalat\w+|freez\w+|turn(?:ed|ing) (?:\w+ ){0,3}(?:off|on)|shed|went live|went out|is live|is out|cut(?:ting)? "
    r"over|"
    r"merged|pushed|released|undo\w*|undid|swapped|failover|bounced|reset the|took .{0,30}out of|stopped|reduced|"
    r"decid\w+|decision|plan:|hold(?:ing)? off|go(?:ing)? with)\b"
)
SEPARATE = Words(
    r"\b(?:separate|different|another|second|unrelated|other|side|new(?= (?:incident|matter|question))) (?:\w+ )?"
    r"(?:issue|incident|problem|outage|alert|thing|topic|matter|question|ticket|page|story|post-?mortem|"
    r"retro)\b"
    r"(?! (?:in the same|here|is|was|caused|with (?:the same|this)))",
    r"\b(?:wrong channel|not (?:this|our|the|part of the|about the) incident|not related to this|"
    r"nothing to do with this|"
    r"unrelated(?: to (?:this|that|the (?:incident|outage|above|main)))?(?: (?:incident|outage|issue|one|thread))?[,:]|"
    r"unrelated but|(?:probably|likely|totally|completely|also) unrelated|not for this|for another channel)",
    r"^(?:btw|by the way|fyi|fwiw|ps)\b.{0,100}\b(?:too|also|as well|separate\w*|unrelated|different|other)\b",
    r"\b(?:that|this|it)(?:'?s| is) (?:\S+ ){1,5}?(?:different|separate|unrelated|something else|another story)\W*$",
    r"^\W*no\b.{0,50}, (?:that'?s |that is )?(?:different|separate|unrelated)(?:[.,;]|\W*$)",
    r"^\W*(?:yes|yep|yeah)?,? ?(?:other|different|separate)(?: (?:one|thing))?\b,|\bunrelated to (?:the|our) \w+|"
    r"\bthread for (?!(?:the |all |our )?(?:findings?|facts|ideas|notes|debug\w*|updates?|this|details|logs?|"
    r"questions?|theor(?:y|ies)|discussion|investigation|comms?|communications?)\b)|"
    r"\b(?:not the|isn'?t the) \w+ thing\b.{0,20}\bthread\b",
    r"\b(?:looks?|seems?|appears?|feels?|sounds?) (?:like )?(?:quite |very |totally |completely )?(?:separate|"
    r"unrelated|different|independent) (?:from|to|of)\b",
    r"\b(?:unrelated|not (?:related|connected)) to (?:your|yours|all (?:this|that|of (?:this|that)))\b",
    r"\b(?:is|are) (?:mine|ours|with (?:me|us)),? .{0,10}\bnot (?:related|connected) to (?:the|this|that|your)\b",
    r"^\W*(?:unrelated(?! \w*(?:deploy|change|release|to ))|separately|separate|off.?topic|ot\b|side ?note|"
    r"btw unrelated|"
    r"meanwhile (?:in|on|over)|(?:totally |completely )?(?:different|other|another) (?:thing|question|topic|issue|"
    r"one(?! (?:from|of|in|on|at|here|down|gone|reports?)\b))|"
    r"not (?:this|related|about this)\b.{0,15}\bbut|on another note|while (?:we'?re|you'?re|i have you))\b",
)
SEPARATELY = Words(
    r"^\W*(?:an?)? ?(?:other|another|different|separate|unrelated|side|off.?topic|quick other)\b",
)
RECAP = Words(
    r"\b(?:recap\w*|summary|tl;?dr|timeline|to sum (?:it )?up|summari[sz]ing|for the (?:record|log|write-?up|history|"
    r"minutes|doc|"
    r"report)|for later|order of events|so far)\b"
)
STATUS_POST = Words(
    r"\b(?:status ?page|incident .{0,60}(?:updated|posted|created)|degraded performance|partial outage|major outage|"
    r"(?:investigating|identified|monitoring)\b(?! alert))"
)
OWNED = Words(
    r"\bmy (?:[\w-]+ ){0,3}(?:change\w*|deploy\w*|release|bump|migration|pr|mr|commit|upgrade|rollout|rotation|patch|"
    r"config\w*|"
    r"setting|profile|merge|flag|script|job|update|cleanup|refactor\w*)\b|\b(?:that|this|it)(?:'s| is|s| was) (?:me|"
    r"mine|my|on me)\b|"
    r"\b(?:since|because|when|after) (?:\S+ ){0,4}?i (?:\w+ )?(?:deployed|set|changed|rolled|released|shipped|merged|"
    r"moved|upgraded|"
    r"enabled|disabled|rotated|removed|added|ran|applied|pushed)\b"
)
FOLLOW_UP = Words(
    r"^\W*(?:\w+ )?(?:action ?(?:items?|points?)?|ai|todos?|to-?do|follow[- ]?ups?|next steps?|task|next)\b ?(?::|-|"
    r"for\b|is\b)",
    r"\b(?:action items?|todo|follow-?up)\b.{0,4}\b(?:add|write|fix|move|remove|document|alert|create|review|test|"
    r"on (?:me|us))\b",
    r"\bwe (?:really )?(?:should|need to|must|have to|ought to) (?:\w+ )?(?:add|write|have an? (?:alert|test|runbook|"
    r"check)|alert on|"
    r"document|automate|monitor|test|review|pin|limit|cap|protect|validate|replace|remove|migrate|upgrade|stop using|"
    r"split|"
    r"make sure|never)\b",
    r"\b(?:ticket|issue|jira) (?:filed |opened |created )?(?:for|to) (?:the|that|this|an?|add|fix|alert)|"
    r"\bfor the (?:backlog|retro)\b|"
    r"\b(?:adding|added) (?:that |this |it )?to the (?:follow-?ups|backlog|action items|retro)\b",
)
SHORT_GUESS = Words(
    r"^(?!\W*<?@)\W*(?!(?:who|what|why|where|when|how|which|whose|is|are|was|were|do|does|did|can|could|shall|should|will|"
    r"would|has|have|"
    r"any|anyone|anybody|better|ok|okay|really|thoughts|sure|right|eta|still|and|again|same|done|roll|restart|revert|"
    r"go|ready|you|"
    r"we|i|wdyt|huh|seriously|now|yet|all|good|thanks|sorry)\b)(?:[\w./'-]+ ?){1,4}\?"
)
