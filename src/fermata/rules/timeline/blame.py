"""How people put the blame on each other: what no timeline tells.

Reproach and contempt in general English, with and without a name; no team's and nobody's spelling.
"""

from __future__ import annotations

from fermata.rules.timeline.words import Words

BLAME = Words(
    r"\b(?:(?:your|his|her|their|whose|\w+'s) (?:fault|mess|screw.?up|mistake)|at fault|to blame|blam\w+|idiot\w*|"
    r"stupid\w*|"
    r"careless\w*|incompeten\w*|negligen\w*|sloppy|clueless|dumb\w*|moron\w*|reckless\w*|irresponsib\w+|"
    r"unprofessional|lazy|"
    r"not (?:very |really |at all )?professional|unbelievable|ridiculous|embarrassing|shame\w*|disgrace\w*|genius\w*|"
    r"hero of|"
    r"who (?:the hell|on earth|broke|pushed|approved|did|merged)|screwed (?:up|this|it)|messed (?:up|this|it)|"
    r"f[u*]cked|wtf|should(?:n'?t)? have|should'?ve|could have|could'?ve|must(?:n'?t| not) have|forgot(?:ten)?|"
    r"didn'?t bother|human error|failed to (?:test|check|review|notice|tell|think)|neglected|"
    r"never (?:tests?|checks?|reviews?|reads?|tells?|asks?|thinks?|learns?)|did(?:n'?t| not) (?:even )?(?:think|care|"
    r"bother|look|read)|"
    r"without (?:\w+ )?(?:testing|checking|reading|asking|thinking|reviewing|understanding|looking|telling|warning)|"
    r"without (?:a|any) (?:\w+ ){0,2}?(?:check|test|review|thought|warning)|eyes closed|known better|happy hour|yolo|"
    r"cowboy\w*|amateur\w*|pathetic|unacceptable|incapable|inexcusable|how hard (?:is|can)|i (?:told|warned) you|"
    r"nobody listen\w*|(?:do|doing|did) (?:your|their|his|her) jobs?|pay attention|asleep at|what (?:were|was) (?:you|"
    r"they|he|she) thinking|thanks to (?:your|their|his|her)\b|(?:you|"
    r"they|he|she|some(?:one|body)|\bteam|guys|folks) (?:just |really )?(?:broke|killed|crashed|nuked|ruined)|"
    r"whoever|(?:which|what) (?:genius|clown|hero)|(?:those|these|you|such) (?:people|guys|clowns)\b(?! (?:who|"
    r"report|see))|"
    r"this is what (?:you get|happens)|who'?s (?:idea|fault)|whose (?:idea|fault)|(?:just|has|have) cost us|"
    r"cost us (?:\w+ )?"
    r"(?:minutes|hours|customers)|\bagain (?:changes?|broke|breaks|pushe[sd]|deploy\w*)|as always|typical (?:of|for|"
    r"\w+ team)|again with (?:your|his|her|their|this|these|those))\b",
    r"^\W*(?:typical|classic) \w+|\bevery (?:single (?:time|week|day)|time \w+'s)\b|\bas ever\b|"
    r"\b(?:had|have|your) one job\b|\bone job\W*$|\bcan'?t be trusted\b|"
    r"\bshould(?:n'?t| not)? be (?:let|allowed|trusted) (?:near|to)\b|"
    r"\bopen your eyes\b|\bfire (?:her|him|them)\b|\blose (?:his|her|their) (?:account|access|rights)\b",
    r"\b(?:he|she|they|(?:\w+ )?(?:folks|people|team|guys)) (?:never|always) [a-z]+|\btook us down\b|\bdid us in\b|"
    r"\bslept on (?:it|this)\b|\b(?:was|were) (?:asleep|sleeping)\b(?! (?:pods|jobs|until))|"
    r"\b[a-z]+ (?:broke|killed|nuked) (?:prod|production|everything|everybody|the whole)\b|"
    r"\bwhy (?:do|does) (?:developers|people|devs|nobody|everybody)\b|"
    r"\bwho (?:reviewed|retires|approves|does|runs|wrote|reviews|releases) (?!(?:it|this|that)?\W*\?)",
)
