"""Whether a text says that somebody agreed to something. An approval is given in Fermata, by a person who is known.

What still has to be agreed to, or was not, is told as it is: `waits for approval`, `not approved by its signer`. So is
what programs approve in the course of their work, as a payment.
"""

from __future__ import annotations

import re

_PROGRAMS = (
    "Stripe|Pay[Pp]al|Visa|Mastercard|Adyen|Klarna|Experian|Google|Git[Hh]ub|Git[Ll]ab|Kubernetes|Kyverno|Gatekeeper|Argo"
    "|Flux|Terraform|Atlantis|Vault|Okta|Redis|Postgres(?:[Qq][Ll])?|Envoy|Istio|Nginx|Docker"
)
"""What approves, allows and agrees in the course of its work, and is written as people are."""
_PERSON = (
    r"(?:leads?|owners?|managers?|management|on-?call(?:[ ](?:engineer|person))?|teams?|boss|cto|ceo|sres?|board"
    rf"|engineer|maintainers?|director|supervisor|everybody|everyone|somebody|(?-i:(?!(?:{_PROGRAMS})\b)[A-Z][a-z]+))"
)
_YES = r"(?:approved|approves|okayed|okays|ok'd|oks|consented|green-?lit|green-?lighted|signed[ -]off)"
_WORD = r"(?:approvals?|sign-?off|go-?ahead|green[ ]light|blessing)"
_NO_STATUS = (
    r"(?![ -]?(?:status(?:es)?|services?|states?|steps?|workflows?|queues?|pages?|ids?|apis?|rates?|events?|messages?"
    r"|requests?|limits?|paths?|codes?|answers?|responses?|repl(?:y|ies))\b)"
)
"""Not behind a yes: `has approval status pending`, `the ok path`."""
_DEED = (
    r"(?:it|this|that|which|these|they|plan|actions?|steps?|fix|roll-?back|revert|re?start|reboot|delet\w+|remov\w+"
    r"|scal\w+|failover|drain|mitigation|remedy|command|operation)"
)
_HOW = r"(?:(?:has|have|had|already|now|also|just)[ ]){0,3}"
_LINK = r"[ ](?:\w+[ ]){0,3}?(?:is|was|were|are|been|got|has|have|had)[ ](?:already[ ])?(?:been[ ])?"
_OPEN = re.compile(
    r"""(?ix)
      \b (?: no | not | never | nobody | without | await\w* | wait\w*[ ](?:for|until) | needs? | requires? | lack\w*
        | missing | pending | until | unless | before | once | if | to[ ]be | must[ ]be | be | get | gets | ask[ ]for
        | may[ ]be | can[ ]be ) [ ]
      (?: [\w'-]+ [ ] ){0,3}?
      (?: approv\w* | okay\w* | sign\w*[ -]off | sign-?off | go-?ahead | green[ ]light | consent\w* )
      (?: [ ] (?:by|from|of) \b )?
    """
)
"""A yes that is still to come, or was not given."""
_CLAIMED = re.compile(
    rf"""(?ix)
      \b (?: already | pre ) [ -]? (?:been[ ])? (?: {_YES} | agreed | cleared ) \b
    | \b as [ ] \w+ [ ] (?: {_YES} | agreed ) \b
    | \b {_YES} [ ]? (?: by [ ] (?:the[ ]|its[ ]|our[ ]|an?[ ])? (?:[\w-]+[ ])? {_PERSON} \b | [:(] )
    | \b {_DEED} {_LINK} {_YES} \b
    | (?<![\w-]) {_PERSON} (?: [ ] on [ ] duty )? [ ] {_HOW} {_YES} [ ] (?:\w+[ ]){{0,2}}? {_DEED} \b
    | \b (?! (?-i:[A-Z][a-z]) ) {_PERSON} (?: [ ] on [ ] duty )? [ ] {_HOW} (?: {_YES} | agreed
        | allowed (?! [ ] (?:lists?|hosts?|origins?|methods?|names?) \b ) ) \b
    | (?<![\w-]) {_PERSON} [ ] {_HOW} (?: agreed[ ](?:to|with) | said[ ](?:yes|ok|go) | is[ ](?:fine|ok(?:ay)?)[ ]with
      | confirmed[ ]that[ ]{_DEED}[ ](?:may|can) ) \b
    | \b (?: gave | got | granted | given | obtained | received | has | have | had | with | per ) [ ]
      (?: (?:[\w-]+'s|the|an?|his|her|their|our|full) [ ] ){{0,2}} {_WORD} \b {_NO_STATUS}
    | \b (?: gave | got | given | obtained | received | has | have | had | with | per ) [ ]
      (?: [\w-]+'s | the | his | her | their | our ) [ ] ok \b (?! [ ] from [ ] (?: its | each | every ) \b )
      {_NO_STATUS}
    | \b ok [ ] (?:from|by|of) [ ] (?:the[ ]|our[ ])? {_PERSON} \b
    | \b {_WORD} [ ] (?: (?:from|by|of|came) [ ] (?:from[ ])? (?:the[ ]|its[ ]|our[ ])? {_PERSON} \b
      | (?:\w+[ ]){{0,4}}? (?: given | granted | obtained | received | exists | waived ) \b )
    | \b permission [ ] (?:(?!remov|revok|drop|tak|lost|den|refus|lack)\w+[ ]){{0,2}}?
      (?:by|from) [ ] (?:the[ ]|its[ ]|our[ ])? {_PERSON} \b
    | \b (?: agreed | cleared ) [ ] with [ ] (?:the[ ]|its[ ]|our[ ])? {_PERSON} \b
    """
)


def claims_approval(text: str) -> bool:
    """Answer whether a text says that somebody agreed to something."""
    return _CLAIMED.search(_OPEN.sub(" ", text)) is not None
