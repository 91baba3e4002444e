"""What a model may not tell people to do: to destroy, and to believe that somebody has approved already.

Both are what a text from outside needs in order to act through a person's hands. An approval is given here, by a person
who is known; a model cannot know of one. A duty that is dropped costs a hint, and the evidence stays.
"""

from __future__ import annotations

import re

_GIVEN = re.compile(
    r"""(?ix)
      \b (?: already | pre ) [ -]? (?:been[ ])? (?: approved | authori[sz]ed | signed[ -]off | cleared | green-?lit ) \b
    | (?<!\bbe[ ]) (?<!\bget[ ]) (?<!\bgets[ ]) (?<!\bgot[ ]) (?<!\bit[ ]) (?<!\bnot[ ])
      \b (?: approved | authori[sz]ed | signed[ ]off | green-?lit ) [ ] by \b
    | \b (?: was | were | been | has | have | had | as[ ]\w+ ) [ ] (?: approved | authori[sz]ed | signed[ ]off ) \b
    | \b (?: approvals? | permission | consent | sign-?off | authori[sz]ation | go-?ahead ) [ ] (?:\w+[ ]){0,3}?
      (?: given | granted | obtained | received | exists | waived | unnecessary | not[ ](?:needed|required|necessary) )
      \b
    | \b (?: without | no | skip | bypass | needs[ ]no ) [ ] (?: (?:any|the|further|more|your|an)[ ] )?
      (?: approvals? | confirmation | sign-?off | asking ) \b
    """
)
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
    if _GIVEN.search(text):
        return "it claims an approval, which only a person gives, here"
    return "it would have somebody destroy something" if _DESTROYS.search(text) else ""
