"""What a service's own log says that it got no answer from is looked at, too, where the service graph knows the call.

An alert is about who is seen to fail. Where that one only passes on what another does to it, the cause stands in the
other's log. All that it calls would be much to ask for at every alert: it is those that its log names, and few.
"""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.evidence import EvidenceKind, Gap, Gathering
from fermata.domain.scope import Scope
from fermata.flows.context import FlowContext
from fermata.flows.known_graph import read_known
from fermata.flows.unnamed import find_words, look_also
from fermata.rules.servicegraph.recalling import list_callees

COLLECTOR = "fermata.callees"
MOST_CALLEES = 3
"""Looked at besides. A guess: a request fails at one of its calls, seldom at several."""


async def add_callees(context: FlowContext, scope: Scope, found: Gathering, deadline: timedelta) -> Gathering:
    """Return a gathering with what is true about the callees that its logs name; the same one where they name none.

    Raises:
        OperationalError: The store cannot be asked.
    """
    told = [line.text for item in found.evidence if item.kind is EvidenceKind.LOGS for line in item.lines]
    kept = await read_known(context) if told else None
    if kept is None:
        return found
    known = {item.entity.name for item in found.evidence if item.kind is EvidenceKind.LOGS}
    callees = {
        name: names
        for name, names in list_callees(kept, set(scope.list_names())).items()
        if not known.intersection(names) and find_words(told, names)
    }
    if not callees:
        return found
    looked = tuple(callees)[:MOST_CALLEES]
    reason = f"the log names {', '.join(looked)}, which is called from here: looked at, too"
    if left := tuple(callees)[MOST_CALLEES:]:
        reason += f". Named and not looked at: {', '.join(left)}; see `fermata context {left[0]}`"
    found = await look_also(context, scope, found, looked, deadline)
    return found.model_copy(update={"gaps": (*found.gaps, Gap(collector=COLLECTOR, reason=reason))})
