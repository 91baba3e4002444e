"""What ran before a container that was created, as the title of its deployment tells it: a commit in that is not new.

A supervisor's deployments of a service begin somewhere in the middle. What the first one that is known replaced held
commits already, and what is created anew from the same image brings none at all, but for the settings it is made with.
"""

from __future__ import annotations

import re

from fermata.domain.facts import ChangeFacts

_ANEW = "was created anew from"
_CONTAINER = re.compile(r" was created (?:anew )?from | took the place of ")
_FORMER = re.compile(r" took the place of \S*?(?::([\w.-]+))?(?:@\S+)?$")


def is_anew(facts: ChangeFacts) -> bool:
    """Answer whether a deployment is a container whose image ran before it, too."""
    return facts.kind == "deployment" and _ANEW in facts.title


def is_container(facts: ChangeFacts) -> bool:
    """Answer whether a deployment is a container that was created, whose settings are of that moment."""
    return facts.kind == "deployment" and _CONTAINER.search(facts.title) is not None


def find_former_tag(facts: ChangeFacts) -> str:
    """Return the tag of the image that a deployment replaced, which may name a commit; empty when it does not say."""
    found = _FORMER.search(facts.title) if facts.kind == "deployment" else None
    return (found[1] or "") if found else ""
