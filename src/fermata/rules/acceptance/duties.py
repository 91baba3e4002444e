"""What a model may not tell people: to destroy, and to believe that somebody has approved already.

Both are what a text from outside needs in order to act through a person's hands. An approval is given here, by a person
who is known; a model cannot know of one. A duty that is dropped costs a hint, and the evidence stays. A claim is told
of what happened and not of what to do, so that less of it is an order: a migration may well have dropped a table.
"""

from __future__ import annotations

import re

from fermata.rules.acceptance.approvals import claims_approval

_GIVEN = re.compile(
    r"""(?ix)
      \b (?: already | pre ) [ -]? (?:been[ ])? authori[sz]ed \b
    | (?<!\bbe[ ]) (?<!\bget[ ]) (?<!\bgets[ ]) (?<!\bgot[ ]) (?<!\bit[ ]) (?<!\bnot[ ]) \b authori[sz]ed [ ] by \b
    | \b (?: was | were | been | has | have | had | as[ ]\w+ ) [ ] authori[sz]ed \b
    | \b (?: permission | authori[sz]ation ) [ ] (?:\w+[ ]){0,3}?
      (?: given | granted | obtained | received | exists | waived | unnecessary | not[ ](?:needed|required|necessary) )
      \b
    | \b (?: approvals? | consent | sign-?off | go-?ahead ) [ ] (?:\w+[ ]){0,3}?
      (?: unnecessary | not[ ](?:needed|required|necessary) ) \b
    | \b (?: without | no | skip | bypass | needs[ ]no ) [ ] (?: (?:any|the|further|more|your|an)[ ] )?
      (?: approvals? | confirmation | sign-?off | asking ) \b
    """
)
"""Of a duty, what systems of rights say of themselves, too: `permission was not granted` is a cause, and no duty."""
_COMMANDS = re.compile(
    r"""(?ix)
      (?: ^ | [.;:!?,][ ] ) (?: (?: now | then | please | so | and | next | first | just | to[ ]\w+,? ) [ ] ){0,2}
      (?: run | execute | apply | issue | use | do | kubectl | helm | terraform | tofu | docker | git | rm | dd | delete
        | destroy | drop | wipe | purge | erase | truncate | flush\w* ) \b
    | \b (?: must | should | shall | needs?[ ]to | ha(?:s|ve)[ ]to | ought[ ]to | you[ ](?:can|may) | let[ ]us ) \b
    """
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+")
_DESTROYS = re.compile(
    r"""(?ix)
      \b kubectl [ ] (?:-\S+[ ](?:(?!delete[ ])[\w.]+[ ])?)* delete [ ]
        (?! (?:pods?|jobs?)[ /] (?! .* --(?:force|all|grace-period) ) )
    | \b rm [ ] -\w*[rf]
    | \b (?: drop | truncate ) [ ] (?: table | database | schema | keyspace | topic ) \b
    | \b delete [ ] from \b | \b flush (?:all|db) \b | \b mkfs | \b dd [ ] (?:\S+[ ])* of=
    | \b (?: terraform | tofu | pulumi | cdk ) [ ] (?:\S+[ ])? destroy \b
    | \b helm [ ] (?: uninstall | delete ) \b | \b docker [ ] (?:\w+[ ])? prune \b
    | \b git [ ] push [ ] (?:\S+[ ])* (?: --force | -f ) \b | (?<!\S) --force \b
    | \b (?: delete | destroy | drop | wipe | purge | erase | truncate ) [ ] (?:\S+[ ]){0,2}?
      (?: namespaces? | ns | databases? | schemas? | tables? | volumes? | pvcs? | buckets? | clusters? | disks?
        | backups? | repositor(?:y|ies) | (?:all|the)[ ]data ) \b
    """
)


def find_order(text: str) -> str:
    """Return why a model's words are kept from people, in words; empty when they are none of these.

    Args:
        text: On one line.
    """
    if _GIVEN.search(text) or claims_approval(text):
        return "it claims an approval, which only a person gives, here"
    return "it would have somebody destroy something" if _DESTROYS.search(text) else ""


def find_false_word(text: str) -> str:
    """Return what a model's claim says that is no claim, in words; empty when it is one.

    Args:
        text: What it says of a cause or of what was observed, on one line.
    """
    if claims_approval(text):
        return "It claims an approval, which only a person gives, here: leave that out"
    if any(_COMMANDS.search(part) and _DESTROYS.search(part) for part in _SENTENCE.split(text)):
        return "It would have somebody destroy something: say what is wrong, not what to do"
    return ""
